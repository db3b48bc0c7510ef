"""The evidence package of an incident verifies offline: chain, texts, and every decision decided again."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.emergency import actions, replays
from luoshi.emergency.actions import Asked
from luoshi.ledger import evidence, package
from luoshi.ledger import replays as ledger_replays

pytestmark = pytest.mark.django_db
DONE = {"controlled": "监控恢复", "secondary_cleared": "已排查", "stable": "平稳"}


def _night(night: Any) -> str:
    night.runs()
    actions.end(night.at, "21", night.commander, Asked(), evidence=DONE)
    return str(night.at.subject)


def test_a_package_from_call_to_end_is_decided_again_without_a_database(night: Any) -> None:
    data = evidence.build(_night(night))
    replays._editions.clear()
    found = package.check(data, replayers=ledger_replays.load())
    assert found.ok, found.problems
    assert "4 个决定复算一致" in found.checks


def test_a_package_whose_decision_was_changed_is_found_out(night: Any) -> None:
    from luoshi.ledger.models import Entry

    subject = _night(night)
    entry = Entry.objects.get(kind="emergency.proposed")
    data = entry.data
    for facts in ({"multi_point_operators": []}, {"triage": {"21": "false_alarm"}}):
        changed = dict(data) | {"facts": dict(data["facts"]) | {"given": dict(data["facts"]["given"]) | facts}}
        replays.edition(Entry.objects.get(kind="emergency.edition").data)
        assert replays.proposed(data) == data["decision"]
        assert replays.proposed(changed) != data["decision"]
    assert subject


def test_a_start_by_a_post_that_may_not_start_is_found_out(night: Any) -> None:
    from luoshi.ledger.models import Entry

    _night(night)
    replays.edition(Entry.objects.get(kind="emergency.edition").data)
    data = Entry.objects.get(kind="emergency.started").data
    assert replays.started(data) == data["decision"]
    forged = dict(data) | {"decision": dict(data["decision"]) | {"by": "副总指挥"}}
    assert replays.started(forged) != forged["decision"]


def test_an_end_with_a_condition_that_nobody_showed_is_found_out(night: Any) -> None:
    from luoshi.ledger.models import Entry

    _night(night)
    replays.edition(Entry.objects.get(kind="emergency.edition").data)
    data = Entry.objects.get(kind="emergency.ended").data
    assert replays.ended(data) == data["decision"] and data["decision"]["allowed"]
    shown = {key: text for key, text in DONE.items() if key != "stable"}
    forged = dict(data) | {"decision": dict(data["decision"]) | {"shown": shown}}
    assert replays.ended(forged) != forged["decision"]


def test_the_package_is_taken_from_its_screen_and_the_taking_is_recorded(night: Any, client: Any) -> None:
    from luoshi.ledger.models import Entry

    _night(night)
    url = f"/emergency/incidents/{night.at.pk}/evidence/"
    client.force_login(night.duty)
    page = client.get(url).content.decode()
    assert "3 个（建议、启动、结束）" in page and "luoshi ledger verify" in page
    answer = client.post(f"{url}file/")
    replays._editions.clear()
    found = package.check(answer.content, replayers=ledger_replays.load())
    assert found.ok, found.problems
    assert Entry.objects.filter(kind="ledger.evidence", subject=night.at.subject).count() == 1
    assert client.get(f"{url}file/").status_code == 405
