"""The arithmetic of a deadline. Pure: no database, no present time; everything it needs is handed in.

Time counted in working days ends at the last second of its last day (23:59:59, Asia/Shanghai); the first day is not
counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.when import SHANGHAI, aware

TICK = timedelta(microseconds=1)  # the smallest step both databases keep: a break is due this long after `due`
END_OF_DAY = time(23, 59, 59, tzinfo=SHANGHAI)


class Calendar(Protocol):
    """What is asked of a working calendar; `directory.engine.WorkingCalendar` is one."""

    def is_working(self, day: date, /) -> bool | None: ...

    def add_working_days(self, start: date, n: int, /) -> tuple[date, bool]: ...

    def working_days_between(self, a: date, b: date, /) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Where a deadline stands. `basis` moment|minutes|working_days; `allowance` in that unit from `counted_from`.

    `remaining` is set while suspended: microseconds left, or working days after the day of suspension.
    """

    counted_from: datetime
    due: datetime
    basis: str = "moment"
    allowance: int | None = None
    provisional: bool = False
    suspended: datetime | None = None
    remaining: int | None = None


def begin(
    started: datetime,
    *,
    due: datetime | None = None,
    minutes: int | None = None,
    working_days: int | None = None,
    calendar: Calendar | None = None,
) -> Timing:
    """A new deadline: exactly one of a moment, minutes of calendar time, or working days on `calendar`."""
    if sum(value is not None for value in (due, minutes, working_days)) != 1:
        raise ValueError("a clock needs exactly one of due_at, minutes, working_days")
    started = aware(started)
    if due is not None:
        return Timing(started, aware(due))
    if minutes is not None:
        _positive(minutes, "minutes")
        return Timing(started, _later(started, timedelta(minutes=minutes)), "minutes", minutes)
    assert working_days is not None
    _positive(working_days, "working_days")
    return _counted(started, working_days, _need(calendar))


def recount(timing: Timing, calendar: Calendar) -> Timing:
    """The same deadline on a newer calendar: what was provisional may become settled."""
    if timing.basis != "working_days" or timing.suspended or timing.allowance is None:
        return timing
    return _counted(timing.counted_from, timing.allowance, calendar)


def suspend(timing: Timing, at: datetime, calendar: Calendar | None = None) -> Timing:
    """Stop counting at `at`. Refused when it is suspended already or past due."""
    at = aware(at)
    if timing.suspended:
        raise Refused("时限已经中止")
    if at > timing.due:
        raise Refused("时限已过，不能中止")
    if timing.basis == "working_days":
        return replace(timing, suspended=at, remaining=_days_left(timing, at, _need(calendar))[0])
    return replace(timing, suspended=at, remaining=(timing.due.astimezone(UTC) - at.astimezone(UTC)) // TICK)


def resume(timing: Timing, at: datetime, calendar: Calendar | None = None) -> Timing:
    """Count again from `at`: the time that was left at the suspension is left now."""
    at = aware(at)
    if not timing.suspended or timing.remaining is None:
        raise Refused("时限没有中止")
    if at < timing.suspended:
        raise BadInput("恢复时间早于中止时间", field="at")
    if timing.basis == "working_days":
        left, guessed = _days_left(timing, timing.suspended, _need(calendar))  # the calendar may know more by now
        counted = _counted(at, left, _need(calendar))
        return replace(counted, provisional=counted.provisional or guessed)
    due = _later(at, timing.remaining * TICK)
    return replace(timing, due=due, suspended=None, remaining=None)


def extend(timing: Timing, due: datetime, calendar: Calendar | None = None) -> Timing:
    """A new due moment, later or earlier, set by a person; from now on it is that moment that counts."""
    moved = Timing(timing.counted_from, aware(due), provisional=False)
    if timing.suspended is None:
        return moved
    if moved.due < timing.suspended:
        raise BadInput("新的到期时间早于中止时间", field="due_at")
    return suspend(moved, timing.suspended)


def next_event(
    due: datetime, warn_before: Iterable[timedelta], after: datetime, *, broken: bool = False
) -> tuple[str, datetime] | None:
    """What happens next, strictly later than `after`: ("warn"|"break", moment), or None when all has happened.

    A warning whose moment had passed when the deadline was set says nothing new and is left out. The break always
    comes.
    """
    if broken:
        return None
    warnings = sorted({_later(due, -before) for before in warn_before if before > timedelta(0)})
    for moment in warnings:
        if moment > after:
            return "warn", moment
    return "break", due + TICK


def backoff(attempts: int) -> timedelta:
    """How long to wait after the nth failure: 5 s, 10 s, 20 s … at most one hour."""
    return timedelta(seconds=min(5 * 2 ** max(0, attempts - 1), 3600)) if attempts < 12 else timedelta(hours=1)


def as_seconds(warn_before: Sequence[timedelta]) -> list[int]:
    """Warnings as stored: whole seconds before due, longest first, each once."""
    return sorted({int(w.total_seconds()) for w in warn_before if w > timedelta(0)}, reverse=True)


def _later(moment: datetime, by: timedelta) -> datetime:
    """Elapsed time, not dial time: a zone whose offset changes (China until 1991) neither gives nor takes an hour."""
    return aware(moment.astimezone(UTC) + by)


def _counted(start: datetime, days: int, calendar: Calendar) -> Timing:
    day, provisional = calendar.add_working_days(start.date(), days)
    if days == 0 and calendar.is_working(day) is False:  # the rest of a day cannot be worked off on a holiday
        day, provisional = calendar.add_working_days(start.date(), 1)
    return Timing(start, datetime.combine(day, END_OF_DAY), "working_days", days, provisional)


def _days_left(timing: Timing, at: datetime, calendar: Calendar) -> tuple[int, bool]:
    """The allowance less the working days gone by at `at`; on an unpublished year weekdays count, marked as a guess."""
    start, today = timing.counted_from.date(), at.date()
    allowance = timing.allowance or 0
    if today <= start:
        return allowance, False
    gone = calendar.working_days_between(start, today)
    if gone is not None:
        return max(0, allowance - gone), False
    days = (start + timedelta(days=n) for n in range(1, (today - start).days + 1))
    return max(0, allowance - sum(day.weekday() < 5 for day in days)), True


def _need(calendar: Calendar | None) -> Calendar:
    if calendar is None:
        raise ValueError("working days need a calendar")
    return calendar


def _positive(value: int, name: str) -> None:
    if value < 0:
        raise BadInput("时限不能为负数", field=name)
