"""No link a page shows to somebody ends at a closed door, an empty place or a fault."""

from __future__ import annotations

import logging
import logging.config
from collections import Counter, deque
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from tests.journeys import scenery
from tests.journeys.pages import links_of
from tests.notices.conftest import NOTE, words

from luoshi.accounts.models import Grant, User
from luoshi.accounts.roles import ROLES
from luoshi.clocks import actions as clocks
from luoshi.directory.models import Body
from luoshi.faces.reach import opens
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM
from luoshi.norms.models import Finding, Instrument
from luoshi.notices import actions as notices
from luoshi.supervision.models import Conflict, Duty, Target

STARTS = ("/console/", "/", "/console/search/?q=演示", "/d/1/")
DEPTH, EACH, MOST = 2, 2, 260  # how far from a start, how many addresses of one screen, how many pages per role
ENDS_SESSION = ("accounts:sign-out", "accounts:end-sessions")
pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def district(db: None) -> dict[str, User]:
    """A small district in which every room has something to link to, and an account for each role."""
    scenery.build()
    instrument, duty = Instrument.objects.get(slug="1"), Duty.objects.order_by("pk")[0]
    Finding.objects.create(
        instrument=instrument, code="two_dates", path="二(一)", message="演示：两个日期", found_at=when.now()
    )
    conflict = Conflict.objects.create(indicator="演示指标", found_at=when.now())
    conflict.members.add(Target.objects.create(duty=duty, citation="1:二(一)", indicator="演示指标", op="="))
    about = {"subject": duty.subject, "name": "办理期限", "data": {"duty": duty.pk}}
    clocks.start("supervision.deadline", minutes=5, by=SYSTEM, **about)  # type: ignore[arg-type]
    people = {role: _account(role) for role in ROLES}
    notices.send(NOTE, to=list(people.values()), subject=duty.subject, fields=words("演示"), link=duty_page(duty))
    return people


def duty_page(duty: Duty) -> str:
    return f"/supervision/duties/{duty.pk}/"


def _account(role: str) -> User:
    user = User.objects.create_user(role)
    body = Body.objects.get(name="演示民政局") if role in ("handler", "chief") else None
    Grant.objects.create(user=user, role=role, body=body)
    return user


@pytest.mark.parametrize("role", list(ROLES))
def test_every_link_a_role_is_shown_opens(role: str, district: dict[str, User]) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(district[role])
    dead, seen, shown = [], set[str](), Counter[str]()
    waiting = deque((start, 0, "") for start in STARTS)
    while waiting and len(seen) < MOST:
        address, depth, on = waiting.popleft()
        name = _screen(address)
        if address in seen or name in ENDS_SESSION or shown[name] >= EACH:
            continue
        seen.add(address)
        shown[name] += 1
        answer = client.get(address)
        if answer.status_code in (403, 404, 409) or answer.status_code >= 500:
            dead.append(f"{answer.status_code} {address} (shown on {on})")
        if answer.status_code == 302:
            waiting.append((urljoin(address, answer["Location"]), depth, f"{on} by way of {address}"))
        if depth < DEPTH and answer.status_code == 200 and "html" in answer["Content-Type"]:
            targets = [urljoin(address, link).split("#")[0] for link in links_of(answer.content.decode())]
            waiting.extend((t, depth + 1, address) for t in targets if not urlsplit(t).netloc)
    assert dead == [] and len(seen) > 20


def _screen(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return f"nothing at {address}"


def test_whether_a_link_leads_anywhere_is_asked_of_the_page_it_leads_to(district: dict[str, User]) -> None:
    page = duty_page(Duty.objects.order_by("pk")[0])
    assert opens(district["supervisor"], page) and not opens(district["sysadmin"], page)
    assert opens(district["sysadmin"], "/d/1/") and opens(district["sysadmin"], "https://example.org/a")
    assert not opens(district["supervisor"], "")


def test_a_closed_door_is_one_line_in_the_log(district: dict[str, User], caplog: pytest.LogCaptureFixture) -> None:
    from django.conf import settings

    names = settings.LOGGING["handlers"]["stderr"]["filters"]
    made = logging.config.DictConfigurator(settings.LOGGING)  # type: ignore[attr-defined]
    filters = [made.configure_filter(settings.LOGGING["filters"][name]) for name in names]
    client = Client()
    client.force_login(district["enterprise"])
    with caplog.at_level(logging.WARNING):
        assert client.get("/supervision/proposals/").status_code == 403
    (record,) = [r for r in caplog.records if r.name == "django.request"]
    assert all(one.filter(record) for one in filters)
    line = logging.Formatter("%(message)s").format(record)
    assert "/supervision/proposals/" in line and "\n" not in line
