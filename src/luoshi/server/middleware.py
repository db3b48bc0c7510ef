"""What happens around every request: an id for the logs, a memo for names and days, headers no view has to think of."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from luoshi.directory import queries as directory
from luoshi.server.logs import request_id

_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")
# The API's documentation page sets styles from its own script; it still loads nothing from elsewhere.
API_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; frame-ancestors 'none'"
)
FEATURES = "accelerometer=(), camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class Requests:
    """Outermost: gives the request an id (a proxy's is kept), and every response its last headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        request.id = name  # type: ignore[attr-defined]
        token = request_id.set(name)
        try:
            with directory.memo():
                response = self.get_response(request)
        finally:
            request_id.reset(token)
        self._seal(request, response, name)
        return response

    def _seal(self, request: HttpRequest, response: HttpResponse, name: str) -> None:
        headers = response.headers
        headers["X-Request-ID"] = name
        headers.setdefault("Permissions-Policy", FEATURES)
        if request.path.startswith("/api/"):
            headers.setdefault("Content-Security-Policy", API_POLICY)
        user = getattr(request, "user", None)
        if user is not None and "Cache-Control" not in headers and user.is_authenticated:
            headers["Cache-Control"] = "private, no-store"  # a shared computer's back button shows nobody's data
