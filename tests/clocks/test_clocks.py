"""What a supervisor sees a deadline do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.clocks.conftest import Seen

from luoshi.clocks import actions, queries
from luoshi.clocks.models import Clock, Firing
from luoshi.directory.models import CalendarDay, CalendarYear
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import queries as ledger

pytestmark = pytest.mark.django_db
WANG = Actor("王督查", user_id=7, via="web")
T0 = datetime(2026, 3, 2, 9, tzinfo=when.SHANGHAI)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)


def start(kind: str = "test.one", **more: object) -> Clock:
    facts: dict[str, object] = {"subject": "duty:17", "name": "签收", "cite": "13710", "minutes": 60, "started_at": T0}
    if {"due_at", "working_days"} & set(more):
        del facts["minutes"]
    with when.at(T0):
        return actions.start(kind, by=WANG, **{**facts, **more})  # type: ignore[arg-type]


def kinds(clock: Clock) -> list[str]:
    return [entry.kind for entry in ledger.history(clock.ref)]


def test_exactly_at_due_nothing_breaks_and_a_moment_later_it_does(seen: Seen) -> None:
    clock = start()
    assert actions.tick(T0 + 60 * MINUTE) == 0 and seen == []
    assert actions.tick(T0 + 60 * MINUTE + TICK) == 1
    clock.refresh_from_db()
    assert (clock.state, clock.broke_at, clock.next_at) == ("broken", clock.due_at, None)
    assert seen == [("test.one", "break", clock.pk, T0 + 60 * MINUTE + TICK)]
    assert kinds(clock) == ["clocks.started", "clocks.broke"]


def test_it_fires_once_however_often_it_is_looked_at(seen: Seen) -> None:
    start()
    assert [actions.tick(T0 + 61 * MINUTE) for _ in range(3)] == [1, 0, 0]
    assert len(seen) == Firing.objects.count() == 1


def test_it_warns_before_it_breaks_even_when_both_are_found_late(seen: Seen) -> None:
    clock = start(warn_before=[10 * MINUTE, 30 * MINUTE, 90 * MINUTE])
    for _ in range(5):
        actions.tick(T0 + 61 * MINUTE)
    assert [(event, moment) for _, event, _, moment in seen] == [
        ("warn", T0 + 30 * MINUTE),
        ("warn", T0 + 50 * MINUTE),
        ("break", T0 + 60 * MINUTE + TICK),
    ]
    assert [f.late_ms for f in clock.firings.all()] == [31 * 60000, 11 * 60000, 60000 - 1]


def test_a_clock_nobody_would_act_on_cannot_be_started(seen: Seen) -> None:
    with pytest.raises(LookupError, match="handlers"):
        start("test.nobody")


def test_the_time_of_a_suspension_is_given_back(seen: Seen) -> None:
    clock = start()
    with when.at(T0 + 20 * MINUTE):
        actions.suspend(clock, "等待市级文件", WANG)
    assert actions.tick(T0 + 300 * MINUTE) == 0
    with when.at(T0 + 320 * MINUTE):
        actions.resume(clock, WANG)
    assert clock.due_at == T0 + 360 * MINUTE and clock.state == "running"
    assert actions.tick(T0 + 360 * MINUTE) == 0 and actions.tick(T0 + 361 * MINUTE) == 1
    assert kinds(clock) == ["clocks.started", "clocks.suspended", "clocks.resumed", "clocks.broke"]
    assert ledger.history(clock.ref)[1].data["reason"] == "等待市级文件"


def test_a_suspension_and_an_extension_need_a_reason(seen: Seen) -> None:
    clock = start()
    for act in (
        lambda: actions.suspend(clock, " ", WANG),
        lambda: actions.extend(clock, T0 + 99 * MINUTE, "", WANG),
        lambda: actions.cancel(clock, "", WANG),
    ):
        with when.at(T0), pytest.raises(BadInput):
            act()
    clock.refresh_from_db()
    assert clock.state == "running" and kinds(clock) == ["clocks.started"]


def test_a_broken_clock_can_be_extended_and_stays_marked_late(seen: Seen) -> None:
    clock = start(warn_before=[10 * MINUTE])
    actions.tick(T0 + 61 * MINUTE)
    actions.tick(T0 + 61 * MINUTE)
    with when.at(T0 + 61 * MINUTE):
        actions.extend(clock, T0 + 120 * MINUTE, "经批准延期", WANG)
    assert clock.state == "running" and clock.late
    for _ in range(2):
        actions.tick(T0 + 121 * MINUTE)
    assert [event for _, event, _, _ in seen] == ["warn", "break", "warn", "break"]


def test_an_extension_into_the_past_is_refused(seen: Seen) -> None:
    with when.at(T0 + 30 * MINUTE), pytest.raises(BadInput):
        actions.extend(start(), T0 + 10 * MINUTE, "误", WANG)


def test_what_is_done_in_time_never_breaks(seen: Seen) -> None:
    clock = start()
    with when.at(T0 + 60 * MINUTE):
        actions.finish(clock, WANG)
    assert actions.tick(T0 + 999 * MINUTE) == 0 and (clock.state, clock.late) == ("finished", False)
    with pytest.raises(Refused):
        actions.finish(clock, WANG)


def test_what_is_done_late_has_broken_first_even_if_no_worker_looked(seen: Seen) -> None:
    clock = start(warn_before=[5 * MINUTE])
    with when.at(T0 + 61 * MINUTE):
        actions.finish(clock, WANG)
    assert clock.state == "finished" and clock.late
    assert [event for _, event, _, _ in seen] == ["break"]
    assert kinds(clock) == ["clocks.started", "clocks.broke", "clocks.finished"]
    assert actions.tick(T0 + 99 * MINUTE) == 0


def test_a_failing_handler_does_not_hold_up_the_others_and_is_seen(seen: Seen) -> None:
    bad = start(data={"fails": True})
    good = [start() for _ in range(3)]
    assert actions.tick(T0 + 61 * MINUTE) == 3
    assert [pk for _, _, pk, _ in seen if pk != bad.pk][-3:] == [c.pk for c in good]
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == ("running", 1) and "没有指定负责人" in bad.error
    assert not bad.firings.exists() and kinds(bad) == ["clocks.started"]
    assert actions.tick(T0 + 61 * MINUTE + timedelta(seconds=4)) == 0
    Clock.objects.filter(pk=bad.pk).update(data={})
    assert actions.tick(T0 + 62 * MINUTE) == 1
    bad.refresh_from_db()
    assert (bad.state, bad.error) == ("broken", "")
    assert seen[-1] == ("test.one", "break", bad.pk, T0 + 60 * MINUTE + TICK)


def test_a_clock_started_by_a_handler_of_another_version_is_not_lost(seen: Seen) -> None:
    clock = start()
    Clock.objects.filter(pk=clock.pk).update(kind="test.removed")
    assert actions.tick(T0 + 61 * MINUTE) == 0
    clock.refresh_from_db()
    assert clock.state == "running" and "test.removed" in clock.error


def test_batch_handlers_get_all_of_their_kind_in_one_call(seen: Seen, django_assert_max_num_queries: object) -> None:
    for _ in range(40):
        start("test.batch")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        assert actions.tick(T0 + 61 * MINUTE) == 40
    assert len(seen) == 40


def test_a_drill_runs_on_its_own_time_in_order(seen: Seen) -> None:
    lane = actions.open_lane("通信保障桌面推演", by=WANG, start_at=T0)
    late = start(lane=lane, minutes=40, warn_before=[30 * MINUTE])
    early = start(lane=lane, minutes=20)
    assert actions.tick(T0 + timedelta(days=9)) == 0
    assert actions.advance(lane, T0 + 30 * MINUTE) == 2
    assert [(event, pk) for _, event, pk, _ in seen] == [("warn", late.pk), ("break", early.pk)]
    assert lane.now == T0 + 30 * MINUTE
    assert ledger.history(early.ref)[-1].at == T0 + 20 * MINUTE + TICK
    actions.suspend(late, "暂停推演", WANG)
    assert actions.advance(lane, T0 + 90 * MINUTE) == 0
    actions.resume(late, WANG)
    assert late.due_at == T0 + 100 * MINUTE
    actions.close_lane(lane, WANG)
    late.refresh_from_db()
    assert late.state == "cancelled"


def test_a_provisional_deadline_moves_when_the_calendar_is_published(seen: Seen) -> None:
    CalendarYear.objects.create(year=2026, source="演示数据")
    with when.at(T0):
        clock = start(working_days=300)
    assert clock.provisional
    CalendarYear.objects.create(year=2027, source="演示数据")
    CalendarDay.objects.create(date=datetime(2027, 1, 1).date(), sort="holiday", source="演示数据")
    was = clock.due_at
    assert actions.recount(WANG) == 1
    clock.refresh_from_db()
    assert not clock.provisional and clock.due_at > was


def test_the_clocks_of_a_thing_are_found_by_its_name(seen: Seen) -> None:
    second, first = start(minutes=9), start(minutes=5)
    start(subject="duty:18")
    assert queries.of("duty:17") == [first, second]
