"""One HTTP API under /api/v1/: the same verbs as the commands, described at /api/v1/openapi.json."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from luoshi import __version__
from luoshi.accounts.auth import api_auth
from luoshi.faces import errors
from luoshi.kernel.acting import SignInNeeded
from luoshi.kernel.errors import BadInput, Refused

# Every operation needs a session or a token unless it says `auth=None`: forgetting the rule shuts the door.
api = NinjaAPI(title="luoshi 落实", version=__version__, urls_namespace="api", auth=api_auth)


@api.exception_handler(BadInput)
def _bad_input(request: HttpRequest, error: BadInput) -> HttpResponse:
    body = {
        "error": "bad_input",
        "reason": error.reason,
        "file": error.file,
        "line": error.line,
        "field": error.field,
    }
    return api.create_response(request, body, status=422)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return api.create_response(request, {"error": "refused", "reason": error.reason, "cite": error.cite}, status=409)


@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    if isinstance(error, SignInNeeded):
        return api.create_response(request, {"error": "sign_in_needed", "permission": str(error)}, status=401)
    return api.create_response(request, {"error": "forbidden", "permission": str(error)}, status=403)


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return api.create_response(request, {"error": "sign_in_needed", "permission": ""}, status=401)


@api.exception_handler(ValidationError)
def _misshapen(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The first thing wrong with the request, in the shape of every other unusable input; `detail` has them all."""
    first: dict[str, Any] = error.errors[0] if error.errors else {}
    field = ".".join(str(part) for part in first.get("loc", ())[1:])
    body = {"error": "bad_input", "reason": first.get("msg", ""), "file": "", "line": None, "field": field}
    return api.create_response(request, {**body, "detail": error.errors}, status=422)


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return api.create_response(request, {"error": "not_found"}, status=404)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself cannot read, such as a body that is no JSON."""
    body = {"error": "bad_input", "reason": error.message, "file": "", "line": None, "field": ""}
    return api.create_response(request, body, status=error.status_code)


@api.exception_handler(Exception)
def _defect(request: HttpRequest, error: Exception) -> HttpResponse:
    """Our fault: the details go to the log under the request's id, which the caller can quote.

    A database that went away is nobody's, and passes: 503, to be asked again.
    """
    if errors.away(error):
        gone = {"error": "unavailable", "reason": errors.PAGES[503][0], "request_id": getattr(request, "id", "")}
        response = api.create_response(request, gone, status=503)
        response["Retry-After"] = str(errors.AGAIN)
        return response
    logging.getLogger("luoshi.api").exception("%s %s", request.method, request.path, exc_info=error)
    body = {"error": "internal", "request_id": getattr(request, "id", "")}
    return api.create_response(request, body, status=500)


for _room in settings.ROOMS:
    if importlib.util.find_spec(f"luoshi.{_room}.api"):
        api.add_router("", importlib.import_module(f"luoshi.{_room}.api").router)
