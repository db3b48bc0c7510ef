"""Reporting periods of duties that go on: month, quarter, half year, year. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from luoshi.kernel.errors import BadInput

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PERIOD_LABELS = {"month": "每月", "quarter": "每季度", "half": "每半年", "year": "每年"}


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar period: first and last day, both included."""

    kind: str
    first: date
    last: date

    @property
    def label(self) -> str:
        """`2024年第4季度`, `2024年12月`, `2024年下半年`, `2024年`."""
        year, month = self.first.year, self.first.month
        return {
            "month": f"{year}年{month}月",
            "quarter": f"{year}年第{(month + 2) // 3}季度",
            "half": f"{year}年{'上' if month == 1 else '下'}半年",
            "year": f"{year}年",
        }[self.kind]


def period_of(kind: str, day: date) -> Period:
    """The period that holds `day`."""
    if kind not in MONTHS:
        raise BadInput(f"没有“{kind}”这种报送周期", field="period")
    length = MONTHS[kind]
    start = (day.month - 1) // length * length + 1
    first = date(day.year, start, 1)
    return Period(kind, first, _month_start(first, length) - timedelta(days=1))


def previous(period: Period) -> Period:
    return period_of(period.kind, period.first - timedelta(days=1))


def following(period: Period) -> Period:
    return period_of(period.kind, period.last + timedelta(days=1))


def _month_start(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
