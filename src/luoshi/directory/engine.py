"""Pure thinking about days and names: the working calendar, and one spelling for the names of bodies."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from luoshi.kernel.errors import BadInput

DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """The working days of the years that are known.

    `years` have data; `off` are weekdays (or any days) without work, `worked` are weekend days worked in exchange.
    A day of any other year is unknown: `is_working` says None, and deadlines that pass through one are provisional.
    """

    years: frozenset[int] = frozenset()
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool | None:
        return None if day.year not in self.years else self._works(day)

    def add_working_days(self, start: date, n: int) -> tuple[date, bool]:
        """The `n`-th working day after `start` (before it for a negative `n`; `start` itself for 0), and whether it
        is provisional because a day of a year without data was counted by the week alone."""
        step, left, day, provisional = (DAY if n >= 0 else -DAY), abs(n), start, False
        while left:
            day += step
            provisional = provisional or day.year not in self.years
            left -= self._works(day)
        return day, provisional

    def working_days_between(self, a: date, b: date) -> int | None:
        """Working days after `a` up to and including `b`; negative when `b` is earlier; None when one is unknown."""
        if b < a:
            back = self.working_days_between(b, a)
            return None if back is None else -back
        if a == b:
            return 0
        if not self.years.issuperset(range((a + DAY).year, b.year + 1)):
            return None
        return bisect_right(self._days, b) - bisect_right(self._days, a)

    def _works(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < 5 and day not in self.off)

    @cached_property
    def _days(self) -> list[date]:
        return [day for year in sorted(self.years) for day in days_of(year) if self._works(day)]


def days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += DAY


@dataclass(frozen=True, slots=True)
class Day:
    """A row of a calendar file. `sort` is holiday or makeup."""

    date: date
    sort: str
    name: str = ""


SORT_WORDS = {
    "holiday": "holiday",
    "放假": "holiday",
    "休": "holiday",
    "makeup": "makeup",
    "调休上班": "makeup",
    "班": "makeup",
}


def read_calendar_csv(text: str, file: str = "") -> list[Day]:
    """Rows `date,sort,name` (日期,性质,名称) with a header line. Names file, line and field of what it cannot use."""
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise BadInput("文件是空的，应有表头“日期,性质,名称”", file=file, line=1)
    header = [_HEADER.get(cell.strip().lower(), "") for cell in rows[0]]
    for needed in ("date", "sort"):
        if needed not in header:
            raise BadInput("缺少这一列，表头应为“日期,性质,名称”", file=file, line=1, field=_SHOWN[needed])
    found: dict[date, Day] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        day = _row(dict(zip(header, (cell.strip() for cell in row), strict=False)), file, number)
        if day.date in found and found[day.date] != day:
            raise BadInput(f"{day.date} 出现两次且不一致", file=file, line=number, field="日期")
        found[day.date] = day
    if not found:
        raise BadInput("表头之后没有任何一天", file=file, line=2)
    return sorted(found.values(), key=lambda day: day.date)


_HEADER = {"date": "date", "日期": "date", "sort": "sort", "性质": "sort", "name": "name", "名称": "name"}
_SHOWN = {"date": "日期", "sort": "性质"}


def _row(cells: dict[str, str], file: str, number: int) -> Day:
    try:
        day = date.fromisoformat(cells.get("date", "").replace("/", "-"))
    except ValueError:
        raise BadInput("日期应写成 2026-10-01", file=file, line=number, field="日期") from None
    sort = SORT_WORDS.get(cells.get("sort", "").lower())
    if sort is None:
        raise BadInput("性质应为“放假”或“调休上班”", file=file, line=number, field="性质")
    if sort == "makeup" and day.weekday() < 5:
        raise BadInput(f"{day} 是工作日，不需要调休上班", file=file, line=number, field="性质")
    return Day(day, sort, cells.get("name", "")[:40])


def spellings(name: str) -> list[str]:
    """The ways one printed name may be stored: without spaces, with either kind of brackets."""
    plain = re.sub(r"\s+", "", name)
    return list(
        dict.fromkeys([plain, plain.translate(_HALF), plain.translate(_FULL)]),
    )


_HALF = str.maketrans("\uff08\uff09", "()")
_FULL = str.maketrans("()", "\uff08\uff09")


def in_force(valid_from: date | None, valid_until: date | None, on: date | None) -> bool:
    """Whether a period covers a day; no day asked = no question of time."""
    return on is None or ((valid_from is None or valid_from <= on) and (valid_until is None or on <= valid_until))


def one(candidates: Iterable[int]) -> int | None:
    """The only distinct value; None when there is none or the name is ambiguous."""
    distinct = set(candidates)
    return distinct.pop() if len(distinct) == 1 else None


def check_digit(first: str) -> str:
    """The eighteenth character of an identity number from its first seventeen digits (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def age(born: date, on: date) -> int:
    """Full years on a day; someone born on 29 February turns a year older on 1 March of other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def born_until(years: int, on: date) -> date:
    """The latest birthday of those who are at least `years` old on a day."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:  # 29 February, and the other year has none: its last birthday by then is the 28th
        return on.replace(year=on.year - years, day=28)
