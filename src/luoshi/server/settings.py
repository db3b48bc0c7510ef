"""Django settings. Every value a district may set comes from the environment and is listed in docs/settings.md."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from luoshi.accounts.engine import second_factor_roles
from luoshi.kernel.limits import UPLOAD

PACKAGE = Path(__file__).resolve().parent.parent
ENV = os.environ.get("LUOSHI_ENV", "development")
PRODUCTION = ENV == "production"
DATA = Path(os.environ.get("LUOSHI_DATA", "var")).resolve()
DEMO = os.environ.get("LUOSHI_DEMO", "") not in ("", "0")
DEBUG = False
if PRODUCTION and os.environ.get("LUOSHI_NOW"):
    raise ImproperlyConfigured("LUOSHI_NOW is refused when LUOSHI_ENV=production")


def _secret_key() -> str:
    """The signing key: from the environment, else made once and kept beside the data, readable by its owner only."""
    if given := os.environ.get("LUOSHI_SECRET_KEY"):
        return given
    kept = DATA / "secret.key"
    if kept.exists():
        return kept.read_text().strip()
    DATA.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(48)
    try:
        with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(key)
    except FileExistsError:  # another process was faster
        return kept.read_text().strip()
    return key


SECRET_KEY = _secret_key()


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip()
    if text and not text.isdigit():
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}")
    return int(text) if text else default


ALLOWED_HOSTS = os.environ.get("LUOSHI_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("LUOSHI_ORIGINS", "").split(",") if o]

ROOMS = [
    "ledger",
    "directory",
    "accounts",
    "norms",
    "clocks",
    "notices",
    "faces",
    "supervision",
    "benefits",
    "emergency",
    "portal",
    "console",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_filters",
    "ninja",  # so that the API's own documentation page loads nothing from elsewhere
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    *[f"luoshi.{room}" for room in ROOMS],
]
MIDDLEWARE = [
    "luoshi.server.middleware.Requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "luoshi.accounts.middleware.Gate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "luoshi.faces.middleware.Faces",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_USER_MODEL = "accounts.User"
CSRF_FAILURE_VIEW = "luoshi.faces.errors.csrf_failure"
LOGIN_URL = "/accounts/sign-in/"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/"
ROOT_URLCONF = "luoshi.server.urls"
WSGI_APPLICATION = "luoshi.server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "luoshi.faces.context.faces",
            ],
        },
    }
]

DATABASE_URL = os.environ.get("LUOSHI_DATABASE_URL", f"sqlite:///{DATA / 'luoshi.sqlite3'}")
DATABASES = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True))}
_database = DATABASES["default"]
if "sqlite" in str(_database["ENGINE"]):
    # No acknowledged write is lost: synchronous=FULL. Writers queue instead of failing: BEGIN IMMEDIATE.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
    }
else:
    _database["TEST"] = {"NAME": f"test_luoshi_{os.getpid()}"}

LANGUAGE_CODE = "zh-hans"
FORMAT_MODULE_PATH = ["luoshi.faces.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MEDIA_ROOT = DATA / "uploads"
UPLOAD_LIMIT = _whole("LUOSHI_UPLOAD_LIMIT", UPLOAD)  # bytes of one file
WORKERS = _whole("LUOSHI_WORKERS", min(4, os.cpu_count() or 1))
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
# TLS ends at the proxy in front (LUOSHI_PROXIES: how many). LUOSHI_TLS=off is for a trial inside one network.
TLS = PRODUCTION and os.environ.get("LUOSHI_TLS", "on") != "off"
TRUSTED_PROXIES = _whole("LUOSHI_PROXIES", 0)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = TLS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name")},
    },
]
SECOND_FACTOR_ROLES = second_factor_roles(os.environ.get("LUOSHI_SECOND_FACTOR", ""), DEMO)
OTP_TOTP_ISSUER = "落实 luoshi"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "luoshi.accounts.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "luoshi.accounts.auth.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request": {"()": "luoshi.server.logs.RequestId"},
        "doors": {"()": "luoshi.server.logs.ClosedDoors"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["request", "doors"], "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LUOSHI_LOG", "WARNING")},
}
