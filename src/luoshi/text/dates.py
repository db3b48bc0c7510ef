"""Dates as printed, in Arabic and Chinese figures."""

from __future__ import annotations

import re
from datetime import date

from luoshi.text.lines import DATE
from luoshi.text.marks import cn_int

_ANY = re.compile(DATE)
_YEAR_FIGURES = str.maketrans("〇○零OoО一二三四五六七八九", "000000123456789")


def find_date(text: str) -> tuple[date | None, str]:
    """(the date, as printed) of the last date in a folded text; the date is None when no calendar has it."""
    found = None
    for found in _ANY.finditer(text):  # noqa: B007 - the last one counts
        pass
    if found is None:
        return None, ""
    raw = found.group()
    return parse(raw), raw


def parse(raw: str) -> date | None:
    """`2024年7月5日`, `二〇二四年七月五日` → date; None when it is not a day of the calendar."""
    year, _, rest = raw.replace(" ", "").partition("年")
    month, _, day = rest.rstrip("日").partition("月")
    numbers = int(year.translate(_YEAR_FIGURES)), cn_int(month) or 0, cn_int(day) or 0
    try:
        return date(*numbers)
    except ValueError:
        return None
