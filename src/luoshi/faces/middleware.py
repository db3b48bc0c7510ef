"""Errors that are the caller's to mend become pages that say what to do; every page says what it may load."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from luoshi.faces import errors
from luoshi.kernel.errors import BadInput, Refused

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class Faces:
    """Turns BadInput into 422 and Refused into 409, in Chinese, keeping what was typed; adds the content policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/"):  # the API's own documentation page brings its own scripts
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, BadInput):
            return errors.bad_input(request, exception)
        if isinstance(exception, Refused):
            return errors.refused(request, exception)
        return None
