"""Counting working days: what officials do by hand with the published arrangement beside them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.directory.engine import DAY, WorkingCalendar

SPRING = WorkingCalendar(
    years=frozenset({2026}),
    off=frozenset(date(2026, 2, 15) + timedelta(n) for n in range(9)),
    worked=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
)
YEARS = st.frozensets(st.integers(2020, 2030), max_size=6)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def calendars() -> st.SearchStrategy[WorkingCalendar]:
    return st.builds(
        WorkingCalendar, years=YEARS, off=st.frozensets(DAYS, max_size=30), worked=st.frozensets(DAYS, max_size=10)
    )


def test_clerk_counts_over_the_spring_festival() -> None:
    # Friday the 13th, three working days on: make-up Saturday 14th, then 24th and 25th after nine days off.
    assert SPRING.add_working_days(date(2026, 2, 13), 3) == (date(2026, 2, 25), False)


def test_makeup_saturday_is_worked_and_an_ordinary_one_is_not() -> None:
    assert SPRING.is_working(date(2026, 2, 28)) is True
    assert SPRING.is_working(date(2026, 3, 7)) is False


def test_year_without_data_is_unknown_not_ordinary() -> None:
    assert SPRING.is_working(date(2027, 3, 3)) is None
    assert SPRING.working_days_between(date(2026, 12, 30), date(2027, 1, 5)) is None


def test_deadline_past_the_last_published_year_is_provisional() -> None:
    due, provisional = SPRING.add_working_days(date(2026, 12, 30), 3)
    assert (due, provisional) == (date(2027, 1, 4), True)


def test_deadline_ending_on_the_last_known_day_is_certain() -> None:
    assert SPRING.add_working_days(date(2026, 12, 30), 1) == (date(2026, 12, 31), False)


def test_days_left_count_the_due_day_and_not_today() -> None:
    assert SPRING.working_days_between(date(2026, 3, 2), date(2026, 3, 3)) == 1
    assert SPRING.working_days_between(date(2026, 3, 3), date(2026, 3, 2)) == -1
    assert SPRING.working_days_between(date(2026, 3, 2), date(2026, 3, 2)) == 0


@pytest.mark.parametrize("n", [0, 1, 5, -5])
def test_zero_stays_and_negative_goes_back(n: int) -> None:
    due, _ = SPRING.add_working_days(date(2026, 6, 17), n)
    assert (due > date(2026, 6, 17)) == (n > 0) and (due == date(2026, 6, 17)) == (n == 0)


@given(calendars(), DAYS, st.integers(1, 60))
def test_counting_forward_and_between_agree(calendar: WorkingCalendar, start: date, n: int) -> None:
    due, provisional = calendar.add_working_days(start, n)
    between = calendar.working_days_between(start, due)
    assert (between is None) == provisional
    if between is not None:
        assert between == n
        assert calendar.is_working(due) is True


@given(calendars(), DAYS, DAYS)
def test_between_counts_each_worked_day_once(calendar: WorkingCalendar, a: date, b: date) -> None:
    low, high = min(a, b), min(max(a, b), min(a, b) + timedelta(400))
    got = calendar.working_days_between(low, high)
    told = [calendar.is_working(low + DAY * n) for n in range(1, (high - low).days + 1)]
    assert got == (None if None in told else sum(map(bool, told)))


@given(calendars(), DAYS, st.integers(0, 40), st.integers(0, 40))
def test_more_days_never_end_earlier(calendar: WorkingCalendar, start: date, a: int, b: int) -> None:
    assert calendar.add_working_days(start, a)[0] <= calendar.add_working_days(start, a + b)[0]
