"""Calendar arithmetic in integer columns, the same as `days` step by step, so that no engine's own dates matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from luoshi.rules.lowering import Cell, Lowering, Value
from luoshi.rules.tree import Node

X = TypeVar("X")
_Case = Callable[[Lowering[Any], Node], Value[Any]]


class _Whole:
    """Integers of one lowering, written as arithmetic. Everything here is ≥ 0 where it is divided."""

    __slots__ = ("cell", "low")

    def __init__(self, low: Lowering[Any], cell: Cell[Any]) -> None:
        self.low, self.cell = low, cell

    def _with(self, name: str, other: _Whole | int, turned: bool = False) -> _Whole:
        right = other.cell if isinstance(other, _Whole) else self.low.whole(other)
        left, right = (right, self.cell) if turned else (self.cell, right)
        return _Whole(self.low, self.low.math(name, left, right))

    def __add__(self, other: _Whole | int) -> _Whole:
        return self._with("add", other)

    def __sub__(self, other: _Whole | int) -> _Whole:
        return self._with("sub", other)

    def __mul__(self, other: _Whole | int) -> _Whole:
        return self._with("mul", other)

    def __floordiv__(self, other: int) -> _Whole:
        return self._with("over", other)

    def __mod__(self, other: int) -> _Whole:
        kept = self.kept()
        return (kept - (kept // other).kept() * other).kept()

    def under(self, other: int) -> _Whole:
        """`other - self`"""
        return self._with("sub", other, turned=True)

    def kept(self) -> _Whole:
        return _Whole(self.low, self.low.keep(self.cell))

    def test(self, op: str, other: _Whole | int) -> Cell[Any]:
        return self.low.test(op, self.cell, other.cell if isinstance(other, _Whole) else self.low.whole(other))

    def chosen(self, test: Cell[Any], yes: _Whole | int) -> _Whole:
        """`yes` where the test holds, else this."""
        cell = yes.cell if isinstance(yes, _Whole) else self.low.whole(yes)
        return _Whole(self.low, self.low.pick(test, cell, self.cell)).kept()


def _leap(year: _Whole) -> Cell[Any]:
    low = year.low
    by_four, by_hundred, by_four_hundred = ((year % n).test("eq", 0) for n in (4, 100, 400))
    return low.keep(low.both(by_four, low.either(low.no(by_hundred), by_four_hundred)))


def _month_length(year: _Whole, month: _Whole) -> _Whole:
    low = month.low
    short = low.among(month.cell, (4, 6, 9, 11))
    length = _Whole(low, low.pick(short, low.whole(30), low.whole(31))).kept()
    february = low.keep(month.test("eq", 2))
    length = length.chosen(february, 28)
    return length.chosen(low.keep(low.both(february, _leap(year))), 29)


def _later_years(day: _Whole, years: _Whole) -> _Whole:
    moved = (day + years * 10000).kept()
    gone = day.low.both((moved % 10000).test("eq", 229), day.low.no(_leap((moved // 10000).kept())))
    return moved.chosen(gone, moved - 1)


def _later_months(day: _Whole, months: _Whole) -> _Whole:
    count = ((day // 10000).kept() * 12 + (day // 100) % 100 - 1 + months).kept()
    year, month = (count // 12).kept(), (count % 12 + 1).kept()
    wanted, length = day % 100, _month_length(year, month)
    return (year * 10000 + month * 100 + wanted.chosen(day.low.keep(wanted.test("gt", length)), length)).kept()


def _ordinal(day: _Whole) -> _Whole:
    month = (day // 100) % 100
    shift = (month.under(14) // 12).kept()
    y, m = ((day // 10000).kept() + 4800 - shift).kept(), (month + shift * 12 - 3).kept()
    whole = day % 100 + (m * 153 + 2) // 5 + y * 365 + y // 4
    return (whole - y // 100 + y // 400 - 32045).kept()


def _from_ordinal(number: _Whole) -> _Whole:
    a = (number + 32044).kept()
    b = ((a * 4 + 3) // 146097).kept()
    c = (a - (b * 146097) // 4).kept()
    d = ((c * 4 + 3) // 1461).kept()
    e = (c - (d * 1461) // 4).kept()
    m = ((e * 5 + 2) // 153).kept()
    tens = (m // 10).kept()
    year = b * 100 + d - 4800 + tens
    return (year * 10000 + (m + 3 - tens * 12) * 100 + e - (m * 153 + 2) // 5 + 1).kept()


def _months_between(first: _Whole, last: _Whole) -> _Whole:
    low = first.low
    before = low.keep(last.test("lt", first))
    months = ((last // 10000).kept() - (first // 10000).kept()) * 12
    months = (months + (last // 100) % 100 - (first // 100) % 100).kept().chosen(before, 0)
    short = low.keep(_later_months(first, months).test("gt", last))
    return months.chosen(low.keep(low.both(short, low.no(before))), months - 1)


def _two(work: Callable[[_Whole, _Whole], _Whole]) -> _Case:
    def case(low: Lowering[Any], node: Node) -> Value[Any]:
        a, b = low.value(node.args[0]), low.value(node.args[1])
        result = work(_Whole(low, a.v).kept(), _Whole(low, b.v).kept())
        return Value(result.cell, low.both(a.known, b.known))

    return case


def _year(low: Lowering[Any], node: Node) -> Value[Any]:
    day = low.value(node.args[0])
    return Value((_Whole(low, day.v) // 10000).cell, day.known)


CASES: dict[str, _Case] = {
    "year": _year,
    "years_after": _two(_later_years),
    "months_after": _two(_later_months),
    "days_after": _two(lambda day, days: _from_ordinal((_ordinal(day) + days).kept())),
    "days_between": _two(lambda first, last: _ordinal(last) - _ordinal(first)),
    "months_between": _two(_months_between),
}
