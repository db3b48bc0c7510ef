"""The arithmetic of deadlines, tried on whatever hypothesis can think of."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.clocks import engine
from luoshi.directory.engine import WorkingCalendar
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.when import SHANGHAI

CALENDAR = WorkingCalendar(
    years=frozenset({2025, 2026, 2027}),
    off=frozenset({date(2026, 10, d) for d in range(1, 8)} | {date(2026, 1, 1)}),
    worked=frozenset({date(2026, 9, 27), date(2026, 10, 10)}),
)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(lambda m: m.replace(tzinfo=SHANGHAI))
seconds = st.integers(0, 40 * 86400)


@given(moments, st.integers(0, 10**5), seconds, seconds)
def test_suspended_time_is_given_back_to_the_microsecond(
    start: datetime, minutes: int, before: int, pause: int
) -> None:
    timing = engine.begin(start, minutes=minutes)
    stopped = min(start + timedelta(seconds=before), timing.due)
    again = stopped + timedelta(seconds=pause)
    resumed = engine.resume(engine.suspend(timing, stopped), again)
    assert resumed.due - timing.due == again - stopped
    assert resumed.suspended is None and resumed.remaining is None


@given(moments, st.integers(0, 60), st.integers(0, 40), st.integers(0, 40))
def test_suspended_working_days_are_given_back(start: datetime, days: int, before: int, pause: int) -> None:
    timing = engine.begin(start, working_days=days, calendar=CALENDAR)
    stopped = min(start + timedelta(days=before), timing.due)
    again = stopped + timedelta(days=pause)
    resumed = engine.resume(engine.suspend(timing, stopped, CALENDAR), again, CALENDAR)
    used_before = CALENDAR.working_days_between(start.date(), stopped.date())
    used_after = CALENDAR.working_days_between(again.date(), resumed.due.date())
    assert used_before is not None and used_after is not None
    if CALENDAR.is_working(again.date()) or used_before < days:
        assert used_before + used_after == max(days, used_before)
    assert resumed.due >= timing.due or resumed.due >= again  # a pause never costs time
    if pause == 0:
        assert resumed.due >= timing.due


@given(moments, st.integers(1, 60), st.integers(0, 30))
def test_a_pause_within_one_day_changes_nothing(start: datetime, days: int, before: int) -> None:
    timing = engine.begin(start, working_days=days, calendar=CALENDAR)
    stopped = min(start + timedelta(days=before), timing.due)
    assert engine.resume(engine.suspend(timing, stopped, CALENDAR), stopped, CALENDAR).due == timing.due or (
        CALENDAR.is_working(stopped.date()) is False
    )


@given(moments, st.lists(st.integers(1, 90 * 86400).map(lambda s: timedelta(seconds=s)), max_size=6), seconds)
def test_every_warning_comes_before_the_break_and_the_break_always_comes(
    start: datetime, warn_before: list[timedelta], length: int
) -> None:
    due, after, seen = start + timedelta(seconds=length), start, []
    for _ in range(len(warn_before) + 1):
        coming = engine.next_event(due, warn_before, after)
        assert coming is not None
        seen.append(coming)
        after = coming[1]
        if coming[0] == "break":
            break
    assert [event for event, _ in seen] == ["warn"] * (len(seen) - 1) + ["break"]
    assert [moment for _, moment in seen] == sorted({moment for _, moment in seen})
    assert seen[-1][1] > due and all(start < moment < due for event, moment in seen if event == "warn")


def test_exactly_at_due_is_on_time() -> None:
    due = datetime(2026, 11, 23, 15, 4, tzinfo=SHANGHAI)
    coming = engine.next_event(due, (), due - timedelta(hours=1))
    assert coming is not None and coming[1] == due + timedelta(microseconds=1)


def test_working_days_end_with_their_last_day_and_skip_the_holiday() -> None:
    timing = engine.begin(datetime(2026, 9, 30, 9, tzinfo=SHANGHAI), working_days=2, calendar=CALENDAR)
    assert timing.due == datetime(2026, 10, 9, 23, 59, 59, tzinfo=SHANGHAI) and not timing.provisional


def test_a_make_up_saturday_counts() -> None:
    timing = engine.begin(datetime(2026, 10, 9, 9, tzinfo=SHANGHAI), working_days=1, calendar=CALENDAR)
    assert timing.due.date() == date(2026, 10, 10)


def test_a_deadline_in_an_unpublished_year_is_provisional_and_settles_later() -> None:
    start = datetime(2027, 12, 30, 9, tzinfo=SHANGHAI)
    timing = engine.begin(start, working_days=3, calendar=CALENDAR)
    assert timing.provisional
    newer = WorkingCalendar(years=CALENDAR.years | {2028}, off=frozenset({date(2028, 1, 3)}), worked=frozenset())
    settled = engine.recount(timing, newer)
    assert not settled.provisional and settled.due.date() == date(2028, 1, 5) > timing.due.date()


def test_a_suspension_through_an_unpublished_year_stays_marked_until_it_is_known() -> None:
    start = datetime(2027, 12, 30, 9, tzinfo=SHANGHAI)
    stopped = engine.suspend(
        engine.begin(start, working_days=9, calendar=CALENDAR), start + timedelta(days=9), CALENDAR
    )
    assert engine.resume(stopped, start + timedelta(days=20), CALENDAR).provisional
    known = WorkingCalendar(years=CALENDAR.years | {2028}, off=CALENDAR.off, worked=CALENDAR.worked)
    assert not engine.resume(stopped, start + timedelta(days=20), known).provisional


def test_the_night_the_clocks_changed_in_1986_is_as_long_as_any_other() -> None:
    """China kept summer time from 1986 to 1991: a deadline across the change must be counted, not read off a dial."""
    start = datetime(1986, 5, 3, 20, tzinfo=SHANGHAI)
    timing = engine.begin(start, minutes=24 * 60)
    assert timing.due.timestamp() - start.timestamp() == 24 * 3600


def test_an_extension_counts_from_then_on_and_survives_a_suspension() -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
    timing = engine.begin(start, working_days=5, calendar=CALENDAR)
    stopped = engine.suspend(timing, start + timedelta(days=1), CALENDAR)
    longer = engine.extend(stopped, start + timedelta(days=30))
    again = engine.resume(longer, start + timedelta(days=3))
    assert again.due == start + timedelta(days=32)


@pytest.mark.parametrize("given_", [{}, {"minutes": 1, "working_days": 1}])
def test_a_deadline_has_exactly_one_length(given_: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        engine.begin(datetime(2026, 1, 5, tzinfo=SHANGHAI), calendar=CALENDAR, **given_)  # type: ignore[arg-type]


def test_what_makes_no_sense_is_refused() -> None:
    start = datetime(2026, 1, 5, tzinfo=SHANGHAI)
    timing = engine.begin(start, minutes=60)
    with pytest.raises(BadInput):
        engine.begin(start, minutes=-1)
    with pytest.raises(Refused):
        engine.suspend(timing, start + timedelta(minutes=61))
    with pytest.raises(Refused):
        engine.resume(timing, start)
    stopped = engine.suspend(timing, start + timedelta(minutes=60))
    with pytest.raises(Refused):
        engine.suspend(stopped, start)
    with pytest.raises(BadInput):
        engine.resume(stopped, start)


@given(st.integers(1, 40000))
def test_a_failing_handler_is_tried_again_ever_later_but_at_least_hourly(attempts: int) -> None:
    assert timedelta(seconds=5) <= engine.backoff(attempts) <= engine.backoff(attempts + 1) <= timedelta(hours=1)
