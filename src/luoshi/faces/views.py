"""How a person wants pages shown: remembered in a cookie, set by an ordinary form post."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from luoshi.faces.context import ELDER_COOKIE, THEME_COOKIE, THEMES
from luoshi.kernel.acting import PUBLIC, access

YEAR = 365 * 24 * 3600


@require_POST
@access(PUBLIC)
def preferences(request: HttpRequest) -> HttpResponse:
    """`theme` auto|light|dark, `elder` 1|0, back to `next`."""
    response = HttpResponseRedirect(_back(request))
    theme, elder = request.POST.get("theme"), request.POST.get("elder")
    secure = request.is_secure()
    if theme in THEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=YEAR, samesite="Lax", secure=secure, httponly=True)
    if elder in ("0", "1"):
        response.set_cookie(ELDER_COOKIE, elder, max_age=YEAR, samesite="Lax", secure=secure, httponly=True)
    return response


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
