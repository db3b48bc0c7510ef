"""A calendar of deadlines: weeks as rows, days as cells, a real table that reads aloud as one."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from luoshi.kernel import when


@dataclass(frozen=True, slots=True)
class Day:
    """What falls on one day: how many, how many of them late, where to read more, and whether it is a rest day
    (None: the year has no calendar)."""

    count: int = 0
    late: int = 0
    url: str = ""
    rest: bool | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    date: date
    day: Day
    inside: bool
    strength: int  # 0 nothing … 3 most
    today: bool


def heat(days: Mapping[date, Day], first: date, months: int = 3, *, title: str, what: str = "项") -> SafeString:
    """`months` months from the one of `first`, each a table of weeks beginning on Monday."""
    most = max((d.count for d in days.values()), default=0)
    start, shown = first.replace(day=1), []
    for _ in range(months):
        weeks = calendar.Calendar(0).monthdatescalendar(start.year, start.month)
        rows = [[_cell(d, start.month, days.get(d, Day()), most) for d in week] for week in weeks]
        shown.append((f"{start.year} 年 {start.month} 月", rows))
        start = (start + timedelta(days=32)).replace(day=1)
    context = {"months": shown, "title": title, "what": what, "weekdays": "一二三四五六日"}
    return mark_safe(render_to_string("faces/_heat.html", context))  # noqa: S308 a template of ours, escaped


def _cell(on: date, month: int, day: Day, most: int) -> Cell:
    strength = 0 if not day.count else 1 + (2 * day.count > most) + (day.count == most and most > 2)
    return Cell(on, day, on.month == month, strength, on == when.today())
