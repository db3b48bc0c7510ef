"""Who acts, and who may. Rooms declare permissions; `accounts` maps roles to them; views carry the rule."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

PUBLIC = "public"  # anyone, signed in or not
SIGNED_IN = "signed-in"  # any person with an account


@dataclass(frozen=True, slots=True)
class Actor:
    """The named person (or machine) behind an act, as the ledger keeps it."""

    name: str
    user_id: int | None = None
    post: str = ""
    via: str = "system"  # web | api | cli | clock | system


SYSTEM = Actor("系统")


@dataclass(frozen=True, slots=True)
class Permission:
    """A thing a role may be allowed to do. `roles` are the role codes that hold it by default."""

    label: str
    roles: frozenset[str]


def may(label: str, *roles: str) -> Permission:
    return Permission(label, frozenset(roles))


class RoomConfig(AppConfig):
    """A room. `permissions` maps `room.verb` to who holds it; a system test finds a route without a rule."""

    default = False
    permissions: dict[str, Permission] = {}


class SignInNeeded(PermissionDenied):
    """Nobody is signed in; over HTTP the answer is 401 and not 403."""


def require(request: HttpRequest, permission: str, *, body: Any = None, area: Any = None) -> Any:
    """The user of `request`, who must hold `permission` for `body` in `area`; raises SignInNeeded, PermissionDenied."""
    user: Any = request.user
    if not user.is_authenticated:
        raise SignInNeeded(permission)
    if not user.may(permission, body=body, area=area):
        raise PermissionDenied(permission)
    return user


View = Callable[..., HttpResponse]


def access(permission: str) -> Callable[[View], View]:
    """The access rule of a view. Anonymous users are sent to sign in; others without the permission get 403."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user: Any = request.user
            if permission != PUBLIC and not user.is_authenticated:
                from django.contrib.auth.views import redirect_to_login  # needs a loaded app registry

                return redirect_to_login(request.get_full_path())
            if permission not in (PUBLIC, SIGNED_IN) and not user.may(permission):
                raise PermissionDenied(permission)
            return view(request, *args, **kwargs)

        guarded.access = permission  # type: ignore[attr-defined]
        return guarded

    return wrap
