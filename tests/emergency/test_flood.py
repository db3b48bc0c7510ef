"""Alarms come faster than they can be joined one by one: stored first, joined a moment later, none lost."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emergency.test_channel_screens import page, sign_in
from tests.emergency.test_intake import alert, call, post

from luoshi.emergency import feeds, flood
from luoshi.emergency.models import Feed, Incident, Signal, Unjoined

pytestmark = pytest.mark.django_db


@pytest.fixture
def noc(night: Any) -> tuple[Feed, str]:
    return feeds.open_feed("移动网管（虚构）", night.duty, body=night.bodies["移动城区分公司"])


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "_pace", flood.Pace(calm=0))


def test_an_alarm_that_comes_while_another_is_joined_is_accepted_and_joined_after_it(noc: tuple[Feed, str]) -> None:
    with flood._turn:
        answer = post(noc[1], call(alert(1), alert(2)))
        assert (answer.status_code, answer.json()["accepted"], answer.json()["waiting"]) == (202, 2, 2)
    assert (Signal.objects.count(), flood.gauge().waiting) == (0, 2)
    assert post(noc[1], call(alert(3))).status_code == 202, "it does not overtake those that wait"
    assert flood.join_some() == 3 and flood.join_some() == 0
    assert Signal.objects.filter(incident=Incident.objects.get()).count() == 3
    assert (flood.gauge().waiting, Feed.objects.get().received) == (0, 3)
    answer = post(noc[1], call(alert(4)))
    assert (answer.status_code, answer.json()["new"]) == (200, 1)


def test_alarms_that_come_fast_are_joined_many_at_a_time_in_their_order(noc: tuple[Feed, str], hurried: None) -> None:
    for one in (alert(1), alert(2), alert(1, "resolved", endsAt="2026-03-02T02:55:00+08:00"), alert(2)):
        assert post(noc[1], call(one)).status_code == 202
    assert flood.join_some() == 4
    found = dict(Signal.objects.values_list("external_id", "status"))
    assert found == {f"{1:016x}": "resolved", f"{2:016x}": "firing"}
    assert Signal.objects.get(status="firing").repeats == 1


def test_a_process_joins_at_once_only_as_much_as_leaves_room() -> None:
    pace = flood.Pace(calm=0.001)  # next to nothing drains away while this runs
    assert pace.calm(1) and not pace.calm(1)


def test_a_call_that_cannot_be_joined_is_kept_and_does_not_hold_up_the_others(
    noc: tuple[Feed, str], hurried: None, night: Any
) -> None:
    post(noc[1], call(alert(1)))
    Unjoined.objects.create(
        feed=noc[0], kind=flood.ALERTS, body=b"{", reports=1, received_at=Unjoined.objects.get().received_at
    )
    post(noc[1], call(alert(2)))
    while flood.join_some():
        pass
    assert (Signal.objects.count(), flood.gauge().waiting, flood.gauge().stuck) == (2, 0, 1)
    assert "JSON" in Unjoined.objects.get().problem
    post(noc[1], call(alert(3)))
    officer = sign_in(night.duty)
    for screen in ("desk", "signals", "feeds"):
        told = page(officer, screen)
        assert "1 条已收下，正在归并" in told and "1 次来报归并失败" in told, screen
    assert flood.join_some() == 1
    flood.try_again()
    assert (flood.gauge().waiting, flood.gauge().stuck) == (1, 0)


def test_the_key_of_a_system_that_was_stopped_stores_nothing(noc: tuple[Feed, str], hurried: None, night: Any) -> None:
    assert post(noc[1], call(alert(1))).status_code == 202
    feeds.close_feed(noc[0], "换了网管", night.duty)
    assert post(noc[1], call(alert(2))).status_code == 401
    flood._pace = flood.Pace(calm=10**9)
    assert post(noc[1], call(alert(2))).status_code == 401
    assert Unjoined.objects.count() == 1
