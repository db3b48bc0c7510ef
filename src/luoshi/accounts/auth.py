"""How a request proves who it comes from: a session, or a token in the Authorization header."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from luoshi.accounts.engine import digest
from luoshi.accounts.models import ApiToken, User
from luoshi.kernel import when
from luoshi.kernel.acting import SignInNeeded, require

__all__ = ["SignInNeeded", "api_auth", "client_address", "require", "second_factor_missing", "second_factor_required"]

SAFE = ("GET", "HEAD", "OPTIONS")


class TokenAuth(HttpBearer):
    """`Authorization: Bearer ls_…`. The request then acts as the token's user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        now = when.now()
        found = (
            ApiToken.objects.select_related("user")
            .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), digest=digest(token), revoked_at__isnull=True)
            .first()
        )
        if found is None or not found.user.is_active or (found.read_only and request.method not in SAFE):
            return None
        if found.last_used_at is None or now - found.last_used_at > timedelta(minutes=5):  # not a write per request
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        request.user = found.user
        return found.user


class Session(SessionAuth):
    """The signed-in browser. Writing needs the CSRF token, and the second factor where the account has one."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user: Any = request.user
        if not user.is_authenticated or second_factor_missing(request) or user.must_change_password:
            return None
        return user


class Anyone(TokenAuth):
    """What everyone may read. Who brings a token acts as its user, and a token that is not good is said to be so."""

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if brings_token(request) else request.user


def brings_token(request: HttpRequest) -> bool:
    """Whether the request names a token as its proof: then no session behind it counts."""
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


api_auth = [TokenAuth(), Session()]
public_auth = Anyone()


def second_factor_required(user: User) -> bool:
    """Whether one of the user's roles needs a second factor (`LUOSHI_SECOND_FACTOR`)."""
    needed: frozenset[str] = settings.SECOND_FACTOR_ROLES
    return bool(needed) and bool(needed & user.roles())


def second_factor_missing(request: HttpRequest) -> bool:
    """Whether this session still has to prove a second factor: one is required, or the account has set one up."""
    from django_otp import user_has_device

    user: Any = request.user
    if not user.is_authenticated or user.is_verified():
        return False
    return second_factor_required(user) or bool(user_has_device(user))


def client_address(request: HttpRequest) -> str:
    """The address of the person, counting back the proxies named by `LUOSHI_PROXIES` (0: none, nothing is believed)."""
    proxies: int = settings.TRUSTED_PROXIES
    if proxies:
        chain = [a.strip() for a in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if a.strip()]
        if len(chain) >= proxies:
            return str(chain[-proxies])
    return str(request.META.get("REMOTE_ADDR", ""))
