"""Who may reach what: every address has a rule, every rule a meaning, and every role gets what its rule says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import luoshi
from luoshi.accounts.models import Grant, User
from luoshi.accounts.queries import permissions, permissions_of
from luoshi.accounts.roles import ROLES
from luoshi.directory.models import Body
from luoshi.kernel.acting import PUBLIC, SIGNED_IN

from .routes import Route, is_public, operations, routes

SOURCES = sorted(Path(luoshi.__file__).parent.rglob("*.py"))
# Operations open to everyone, each on purpose: what residents read. They may only read.
OPEN_LISTS = ("measures", "published", "decide")  # what is granted, what is published for objection, 自检
PUBLIC_ROOMS = ("/api/v1/documents", "/api/v1/search", *(f"/api/v1/benefits/{name}" for name in OPEN_LISTS))
CLOSED = (403, 404)  # 404: a page that does not even say that the thing exists


def test_every_address_has_a_rule() -> None:
    assert [f"{r.path} ({r.name})" for r in routes() if r.access is None] == []


def test_every_rule_is_a_declared_permission() -> None:
    known = {PUBLIC, SIGNED_IN, *permissions()}
    assert [f"{r.path}: {r.access}" for r in routes() if r.access is not None and r.access not in known] == []


@pytest.mark.parametrize(
    "pattern", [r"\.may\(\s*f?[\"']([a-z_]+\.[a-z_]+)[\"']", r"require\(\s*request,\s*[\"']([a-z_]+\.[a-z_]+)[\"']"]
)
def test_every_permission_asked_in_code_is_declared(pattern: str) -> None:
    asked = {(p.name, code) for p in SOURCES for code in re.findall(pattern, p.read_text())}
    assert [one for one in sorted(asked) if one[1] not in permissions()] == []


def test_every_declared_permission_is_held_by_a_role_there_is() -> None:
    assert [code for code, permission in permissions().items() if not permission.roles] == []
    assert [code for code, permission in permissions().items() if permission.roles - set(ROLES)] == []


def test_every_declared_permission_is_asked_somewhere() -> None:
    """A permission nobody asks promises a protection there is not."""
    code = "\n".join(p.read_text() for p in SOURCES if p.name != "apps.py")
    assert [name for name in permissions() if f'"{name}"' not in code] == []


def test_every_screen_in_the_navigation_exists_under_its_own_rule() -> None:
    from luoshi.faces import nav

    rules = {r.name: r.access for r in routes()}
    wrong = [
        (e.url_name, e.permission, rules.get(e.url_name))
        for e in nav.entries()
        if rules.get(e.url_name) != e.permission
    ]
    # A link may ask for more than the page does (shown to fewer), never for less.
    assert [one for one in wrong if one[2] is None or one[1] in (PUBLIC, SIGNED_IN)] == []


def test_every_api_operation_is_closed_or_public_on_purpose() -> None:
    opened = [(method, path) for method, path, operation in operations() if is_public(operation)]
    deciding = ("POST", "/api/v1/benefits/decide")  # 自检 takes its facts in a body and stores nothing
    assert [one for one in opened if one[0] != "GET" and one != deciding] == []
    assert [path for _, path in opened if not path.startswith(PUBLIC_ROOMS)] == []


def test_every_api_operation_says_what_it_does() -> None:
    assert [f"{method} {path}" for method, path, operation in operations() if not operation.summary] == []


@pytest.fixture
def people(db: None) -> dict[str, Client]:
    """A signed-in browser for each role; roles that act for a body have one."""
    body = Body.objects.create(name="区甲局", kind="department")
    found = {}
    for role in ROLES:
        user = User.objects.create_user(role)
        Grant.objects.create(user=user, role=role, body=body if role in ("handler", "chief") else None)
        found[role] = Client(raise_request_exception=False)
        found[role].force_login(user)
    return found


def plain_routes() -> list[Route]:
    skipped = ("accounts:sign-out", "accounts:end-sessions")  # would end the session the next request needs
    return [r for r in routes() if not r.has_arguments and r.name not in skipped]


ROOMS = sorted({r.path.split("/")[1] for r in plain_routes()})


def of_room(room: str) -> list[Route]:
    return [r for r in plain_routes() if r.path.split("/")[1] == room]


def asked(client: Client, path: str) -> Any:
    answer = client.get(path)
    return client.post(path) if answer.status_code == 405 else answer


@pytest.mark.once
@pytest.mark.parametrize("room", ROOMS)
def test_every_role_gets_from_every_screen_what_its_rule_says(room: str, people: dict[str, Client]) -> None:
    wrong = []
    for route in of_room(room):
        for role, client in people.items():
            expected = route.access in (PUBLIC, SIGNED_IN) or route.access in permissions_of(role)
            status = asked(client, route.path).status_code
            if status >= 500 or (status in CLOSED) == expected:
                wrong.append((route.path, role, "allowed" if expected else "denied", status))
    assert wrong == []


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("room", ROOMS)
def test_stranger_is_sent_to_sign_in(room: str) -> None:
    wrong = []
    for route in of_room(room):
        answer = asked(Client(raise_request_exception=False), route.path)
        to_sign_in = answer.get("Location", "").startswith("/accounts/sign-in/")
        fine = answer.status_code < 500 and not to_sign_in if route.access == PUBLIC else to_sign_in
        if not fine:
            wrong.append((route.path, answer.status_code, answer.get("Location")))
    assert wrong == []


@pytest.mark.once
@pytest.mark.django_db
def test_stranger_gets_nothing_from_the_api() -> None:
    wrong = []
    for method, path in [(m, p) for m, p, o in operations() if not is_public(o)]:
        address = re.sub(r"{[^}]*}", "1", path)
        client = Client(raise_request_exception=False)
        answer = client.generic(method, address, b"{}", content_type="application/json")
        if answer.status_code not in (401, 403):
            wrong.append((method, path, answer.status_code, answer.content[:200]))
    assert wrong == []
