"""How long is left, in the words of an office: working days when the calendar knows them, else plain days, said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from luoshi.kernel import when

Counter = Callable[[date, date], int | None]
_counters: list[Counter] = []


def register(counter: Counter) -> Counter:
    """`counter(a, b)`: working days after `a` up to and including `b`; None when a year has no calendar."""
    if counter not in _counters:
        _counters.append(counter)
    return counter


def left(due: date | datetime | None, today: date | None = None) -> str:
    """还剩 6 个工作日 · 今天到期 · 逾期 3 天; empty without a deadline."""
    if due is None:
        return ""
    today = today or when.today()
    on = when.aware(due).date() if isinstance(due, datetime) else due
    if on < today:
        return f"逾期 {(today - on).days} 天"
    if on == today:
        return "今天到期"
    working = next((n for counter in _counters if (n := counter(today, on)) is not None), None)
    return f"还剩 {working} 个工作日" if working is not None else f"还剩 {(on - today).days} 天"
