"""Reports come in: repeats joined, floods grouped, conflicts kept, drills apart, what is accepted is stored."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from luoshi.emergency import feeds, heard, intake
from luoshi.emergency.heard import Heard
from luoshi.emergency.models import Feed, Incident, Signal
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "emergency" / "intake"
NIGHT = datetime(2026, 3, 2, 3, 0)


@pytest.fixture
def noc(night: Any) -> tuple[Feed, str]:
    return feeds.open_feed("移动网管（虚构）", night.duty, body=night.bodies["移动城区分公司"])


def alert(
    n: int = 1, status: str = "firing", town: str = "北石店镇", began: str = "2026-03-02T02:50:00+08:00", **more: Any
):  # type: ignore[no-untyped-def]
    labels = {"alertname": "BaseStationDown", "site": f"s{n}", "operator": "移动城区分公司", **more}
    labels |= {"town": town} if town else {}
    return {"status": status, "labels": labels, "startsAt": began, "fingerprint": f"{n:016x}"}


def call(*alerts: Any, group: str = "g") -> bytes:
    told = {"version": "4", "groupKey": group, "status": "firing", "receiver": "luoshi", "alerts": alerts}
    return json.dumps(told).encode()


def later(minutes: float) -> Any:
    return when.at(NIGHT + timedelta(minutes=minutes))


def test_a_repeated_alarm_is_one_report_that_counts(noc: tuple[Feed, str]) -> None:
    for _ in range(3):
        feeds.alertmanager(noc[0], call(alert(1)))
    signal = Signal.objects.get()
    assert (signal.repeats, signal.incident is not None, signal.reporter) == (2, True, "移动城区分公司")
    assert Incident.objects.get().title.startswith("移动城区分公司来报")
    feed = Feed.objects.get()
    assert (feed.received, feed.refused) == (3, 0)


def test_a_flood_becomes_few_incidents_and_no_report_is_lost(noc: tuple[Feed, str]) -> None:
    taken, _ = feeds.alertmanager(noc[0], call(*[alert(n, town=f"镇{n % 40}") for n in range(400)]))
    assert (len(taken.new), Signal.objects.filter(state="joined").count()) == (400, 400)
    assert Incident.objects.count() == 20  # the setting `flood_incidents`: the rest joins the last one
    assert Entry.objects.filter(kind="emergency.heard").count() == 1


def test_one_place_is_one_incident_within_the_window_and_another_after_it(noc: tuple[Feed, str]) -> None:
    feeds.alertmanager(noc[0], call(alert(1)))
    with later(20):
        feeds.alertmanager(noc[0], call(alert(2)))
    assert Incident.objects.count() == 1
    with later(90):
        feeds.alertmanager(noc[0], call(alert(3)))
    assert Incident.objects.count() == 2


def test_a_thing_that_is_over_and_begins_anew_is_another_report(noc: tuple[Feed, str]) -> None:
    feeds.alertmanager(noc[0], call(alert(1)))
    feeds.alertmanager(noc[0], call(alert(1, status="resolved")))
    signal = Signal.objects.get()
    assert signal.status == "resolved" and signal.resolved_at is not None and len(signal.changes) == 1
    with later(120):
        feeds.alertmanager(noc[0], call(alert(1, began="2026-03-02T05:00:00+08:00")))
    assert Signal.objects.count() == 2


def test_late_post_is_counted_and_does_not_bring_back_what_is_over(noc: tuple[Feed, str]) -> None:
    feeds.alertmanager(noc[0], call(alert(1)))
    feeds.alertmanager(noc[0], call(alert(1, status="resolved")))
    with later(5):
        feeds.alertmanager(noc[0], call(alert(1)))
    signal = Signal.objects.get()
    assert (signal.status, signal.repeats) == ("resolved", 2)


def test_a_sender_whose_clock_is_ahead_is_marked_and_the_incident_is_not_in_the_future(noc: tuple[Feed, str]) -> None:
    feeds.alertmanager(noc[0], call(alert(1, began="2026-03-02T03:20:00+08:00")))
    signal = Signal.objects.get()
    assert signal.skewed and signal.occurred_at == when.aware(datetime(2026, 3, 2, 3, 20))
    assert Incident.objects.get().occurred_at == when.aware(NIGHT)


def test_an_alert_nobody_can_read_is_kept_beside_the_good_ones(noc: tuple[Feed, str]) -> None:
    feeds.alertmanager(noc[0], (FOLDER / "partly-unreadable.json").read_bytes())
    assert Signal.objects.count() == 4
    assert Signal.objects.filter(text__contains="not an alert").get().problems


def test_two_systems_do_not_share_names_for_things(night: Any, noc: tuple[Feed, str]) -> None:
    other, _ = feeds.open_feed("联通网管（虚构）", night.duty)
    feeds.alertmanager(noc[0], call(alert(1)))
    feeds.alertmanager(other, call(alert(1)))
    assert Signal.objects.count() == 2 and Incident.objects.count() == 1  # one town: one incident, two reports


def test_cap_messages_of_drills_and_tests_never_touch_the_real(noc: tuple[Feed, str]) -> None:
    for name in ("alert.xml", "exercise.xml", "test-message.xml"):
        feeds.cap(noc[0], (FOLDER / name).read_bytes())
    real = Incident.objects.get(exercise=False)
    drill = Incident.objects.get(exercise=True)
    assert real.signals.count() == drill.signals.count() == 1 and drill.number.startswith("演")
    aside = Signal.objects.get(state="dismissed")
    assert aside.incident is None and "测试" in aside.dismissed_reason


def test_a_cap_cancellation_ends_the_message_it_names(noc: tuple[Feed, str]) -> None:
    feeds.cap(noc[0], (FOLDER / "alert.xml").read_bytes())
    feeds.cap(noc[0], (FOLDER / "cancel.xml").read_bytes())
    first = Signal.objects.get(external_id__endswith="0001")
    assert first.status == "cancelled" and Incident.objects.count() == 1
    assert first.incident is not None and first.incident.signals.count() == 2


def test_what_is_refused_is_counted_with_its_reason(noc: tuple[Feed, str]) -> None:
    with pytest.raises(BadInput, match="JSON"):
        feeds.alertmanager(noc[0], b"{")
    feed = Feed.objects.get()
    assert feed.refused == 1 and feed.last_error.startswith("body")


def test_two_callers_who_contradict_each_other_are_both_kept(night: Any) -> None:
    incident = night.opens()
    for who, text in (("王某", "全镇都没有信号"), ("李某", "只有一个村没有信号")):
        intake.record(Heard("phone", text, reporter=who), night.duty, incident=incident)
    assert sorted(incident.signals.values_list("reporter", flat=True)) == ["李某", "王某"]


def test_the_same_form_sent_twice_is_one_report(night: Any) -> None:
    for _ in range(2):
        intake.record(Heard("hotline", "无信号", key="12345-1", reporter="热线"), night.duty, clause="21:3.1.2(3)")
    signal = Signal.objects.get()
    assert (signal.repeats, signal.state, signal.clause, signal.by) == (1, "new", "21:3.1.2(3)", str(night.duty))
    intake.record(Heard("hotline", "已恢复一半", key="12345-1", reporter="热线"), night.duty)
    assert Signal.objects.count() == 2  # one ticket, another word: both stay


def test_a_report_needs_words_a_reporter_and_a_time_that_has_come(night: Any) -> None:
    for field, told in (
        ("text", Heard("phone", " ", reporter="王某")),
        ("reporter", Heard("phone", "x", reporter=" ")),
        ("occurred_at", Heard("phone", "x", reporter="王某", occurred_at=when.now() + timedelta(hours=1))),
    ):
        with pytest.raises(BadInput) as caught:
            intake.record(told, night.duty)
        assert caught.value.field == field
    assert set(heard.SOURCES) >= {"form", "phone", "hotline"}


def test_a_report_that_needs_no_incident_is_set_aside_with_a_reason(night: Any) -> None:
    signal = intake.record(Heard("phone", "问路", reporter="匿名"), night.duty)
    with pytest.raises(BadInput):
        intake.dismiss(signal, " ", night.duty)
    intake.dismiss(signal, "与通信无关的来电", night.duty)
    signal.refresh_from_db()
    assert signal.state == "dismissed"
    joined = intake.record(Heard("phone", "断网", reporter="匿名"), night.duty, incident=night.opens())
    with pytest.raises(Refused):
        intake.dismiss(joined, "x", night.duty)


def post(key: str, body: bytes, where: str = "alerts", kind: str = "application/json") -> Any:
    return Client().post(
        f"/api/v1/emergency/{where}", body, content_type=kind, headers={"Authorization": f"Bearer {key}"}
    )


def test_the_webhook_takes_a_feeds_key_and_nothing_else(night: Any, noc: tuple[Feed, str]) -> None:
    told = post(noc[1], call(alert(1), alert(2)))
    assert told.status_code == 200 and told.json()["accepted"] == 2 and told.json()["incidents"] == ["2026-0001"]
    assert post("lf_wrong", call(alert(1))).status_code == 401
    assert post(noc[1], b"[]").status_code == 422 and post(noc[1], b"[]").json()["field"] == "body"
    assert post(noc[1], (FOLDER / "alert.xml").read_bytes(), "cap", "application/cap+xml").json()["new"] == 1
    refused = post(noc[1], (FOLDER / "no-sender.xml").read_bytes(), "cap", "application/cap+xml")
    assert (refused.status_code, refused.json()["field"], refused.json()["line"]) == (422, "alert.sender", 2)
    feeds.close_feed(noc[0], "检修", night.duty)
    assert post(noc[1], call(alert(1))).status_code == 401


def test_a_feed_that_calls_too_often_is_asked_to_come_again(noc: tuple[Feed, str], monkeypatch: Any) -> None:
    monkeypatch.setattr(feeds, "_meter", feeds.Meter())
    monkeypatch.setattr(feeds, "_known", {"at": 10.0**12, "most": 1.0})
    assert post(noc[1], call(alert(1))).status_code == 200
    again = post(noc[1], call(alert(2)))
    assert (again.status_code, again["Retry-After"]) == (503, "5") and Signal.objects.count() == 1
