"""What every page knows about how it is to be shown: theme, 长辈版, demo, navigation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from luoshi.faces import nav

THEME_COOKIE, ELDER_COOKIE = "luoshi_theme", "luoshi_elder"
THEMES = ("auto", "light", "dark")


def faces(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Navigation is lazy: a page that shows none asks no permission."""
    user = getattr(request, "user", None)
    theme = request.COOKIES.get(THEME_COOKIE) or getattr(user, "theme", "")
    elder = request.COOKIES.get(ELDER_COOKIE)
    return {
        "theme": theme if theme in THEMES else "auto",
        "elder": elder == "1" if elder else bool(getattr(user, "elder", False)),
        "demo": bool(getattr(settings, "DEMO", False)),
        "portal_nav": SimpleLazyObject(lambda: nav.groups(user, request.path, portal=True)),
        "console_nav": SimpleLazyObject(lambda: nav.groups(user, request.path, portal=False)),
    }
