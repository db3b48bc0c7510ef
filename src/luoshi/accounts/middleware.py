"""The gate after sign-in: a first password is changed and the second factor proved before anything else opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from luoshi.accounts.auth import brings_token, second_factor_missing
from luoshi.kernel.acting import PUBLIC

OPEN = ("accounts:sign-out", "accounts:verify", "accounts:second-factor", "accounts:recovery", "accounts:password")


class Gate:
    """Sends a half signed-in session to the step it owes. Public pages stay open; tokens are not sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        user: Any = request.user
        here = request.resolver_match.view_name if request.resolver_match else ""
        if not user.is_authenticated or here in OPEN or getattr(view, "access", "") == PUBLIC:
            return None
        step = self._owed(request, user)
        if step is None or (request.path.startswith("/api/") and brings_token(request)):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"error": "sign_in_incomplete", "next": reverse(step)}, status=401)
        return redirect(f"{reverse(step)}?{urlencode({'next': request.get_full_path()})}")

    def _owed(self, request: HttpRequest, user: Any) -> str | None:
        """The step this session still owes. The second factor first: a stolen password must not set a new one."""
        if second_factor_missing(request):
            from django_otp import user_has_device

            return "accounts:verify" if user_has_device(user) else "accounts:second-factor"
        return "accounts:password" if user.must_change_password else None
