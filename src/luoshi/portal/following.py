"""What a resident follows, without an account: a signed list of citations in the visitor's own browser."""

from __future__ import annotations

from collections.abc import Sequence

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

COOKIE, SALT, MOST = "luoshi_follow", "portal.follow", 40
YEAR = 365 * 24 * 3600


def read(request: HttpRequest) -> list[str]:
    """The citations followed, newest first. A list somebody tampered with is no list."""
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except signing.BadSignature:
        return []
    return [c for c in kept if isinstance(c, str)][:MOST] if isinstance(kept, list) else []


def button(request: HttpRequest, *, citation: str) -> str:
    """The form beside a provision that follows it, or stops."""
    context = {"citation": citation, "followed": citation in read(request)}
    return render_to_string("portal/_follow.html", context, request=request)


def write(response: HttpResponse, citations: Sequence[str], *, secure: bool) -> None:
    """Keeps `citations` (at most MOST) for a year; an empty list takes the cookie away."""
    if not citations:
        response.delete_cookie(COOKIE)
        return
    value = signing.dumps(list(citations)[:MOST], salt=SALT, compress=True)
    response.set_cookie(COOKIE, value, max_age=YEAR, samesite="Lax", httponly=True, secure=secure)
