"""Dates as the integer yyyymmdd: the calendar arithmetic of the traced interpreter."""

from __future__ import annotations

from datetime import date


def to_int(day: date) -> int:
    return day.year * 10000 + day.month * 100 + day.day


def to_date(day: int) -> date:
    return date(day // 10000, day // 100 % 100, day % 100)


def spell(day: int) -> str:
    return f"{day // 10000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def years_after(day: int, years: int) -> int:
    """The same calendar day `years` later; 29 February falls on the last day of February (民法典 202)."""
    moved = day + 10000 * years
    return moved - 1 if moved % 10000 == 229 and not leap(moved // 10000) else moved


def months_after(day: int, months: int) -> int:
    """The same day of the month `months` later, or the last day of that month."""
    count = day // 10000 * 12 + day // 100 % 100 - 1 + months
    year, month = count // 12, count % 12 + 1
    return year * 10000 + month * 100 + min(day % 100, month_length(year, month))


def ordinal(day: int) -> int:
    """Julian day number."""
    year, month = day // 10000, day // 100 % 100
    shift = (14 - month) // 12
    y, m = year + 4800 - shift, month + 12 * shift - 3
    return day % 100 + (153 * m + 2) // 5 + 365 * y + y // 4 - y // 100 + y // 400 - 32045


def from_ordinal(number: int) -> int:
    a = number + 32044
    b = (4 * a + 3) // 146097
    c = a - 146097 * b // 4
    d = (4 * c + 3) // 1461
    e = c - 1461 * d // 4
    m = (5 * e + 2) // 153
    year, month = 100 * b + d - 4800 + m // 10, m + 3 - 12 * (m // 10)
    return year * 10000 + month * 100 + e - (153 * m + 2) // 5 + 1


def days_after(day: int, days: int) -> int:
    return from_ordinal(ordinal(day) + days)


def days_between(first: int, last: int) -> int:
    return ordinal(last) - ordinal(first)


def months_between(first: int, last: int) -> int:
    """Complete months from `first` to `last`; 0 when `last` lies before."""
    if last < first:
        return 0
    months = (last // 10000 - first // 10000) * 12 + last // 100 % 100 - first // 100 % 100
    return months - (months_after(first, months) > last)
