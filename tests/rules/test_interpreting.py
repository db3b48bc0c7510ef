"""Unknown is neither yes nor no; figures are exact; the calendar is the civil code's."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.rules import days
from luoshi.rules.answers import answers
from luoshi.rules.interpret import Env, Maker
from luoshi.rules.reading import read
from luoshi.rules.tree import Place


@pytest.fixture
def ask(executions: Any) -> Any:
    def run(source: str, **facts: Any) -> tuple[Any, list[str]]:
        scope = executions.scope
        given = answers(scope.settings, {})
        e = Env({"as_of": 20250601, **facts})
        return Maker(scope.terms, given.values, given.ruled).make(read(source, scope, Place()))(e), e.miss

    return run


@pytest.mark.parametrize(
    ("source", "facts", "value", "missing"),
    [
        ("a and b", {"a": False}, False, []),
        ("a and b", {"a": True}, None, ["b"]),
        ("b and a", {"a": False}, False, []),
        ("a or b", {"b": True}, True, []),
        ("a or b", {"b": False}, None, ["a"]),
        ("not a", {}, None, ["a"]),
        ("(a or b) and known(m)", {"b": True}, False, []),
        ("(a or b) and n > 3", {"b": True}, None, ["n"]),
        ("b if a else b", {"b": True}, None, ["a"]),
        ("first_known(a, b)", {"b": True}, True, []),
        ("min(m, 5) == 0", {"m": 0}, True, []),
        ("min(m, 5) == 0", {}, None, ["m"]),
        ("any(ms, it > 5)", {"ms": ({"it": 600, "$list": "ms"}, {"it": None, "$list": "ms"})}, True, []),
        ("any(ms, it > 5)", {"ms": ({"it": 100, "$list": "ms"}, {"it": None, "$list": "ms"})}, None, ["ms"]),
        ("all(ms, it > 5)", {"ms": ()}, True, []),
        ("all(ms, it > 5)", {}, None, ["ms"]),
    ],
)
def test_unknown_is_dropped_only_when_the_rest_decides(
    ask: Any, source: str, facts: Any, value: Any, missing: list[str]
) -> None:
    assert ask(source, **facts) == (value, missing)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("div(5, 2, 0)", 3),
        ("div(-5, 2, 0)", -3),
        ("div(7, 3, 2)", 233),
        ("round(0.125, 2)", 13),
        ("round(2.5, 0)", 3),
        ("div(-1, 3, 0)", 0),
    ],
)
def test_rounding_is_half_away_from_zero(ask: Any, source: str, value: int) -> None:
    assert ask(source)[0] == value


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [(20240229, 1, 20250228), (20240229, 4, 20280229), (20240901, 3, 20270901), (20000229, 100, 21000228)],
)
def test_years_end_on_the_same_day_or_the_last_of_february(start: int, years: int, end: int) -> None:
    assert days.years_after(start, years) == end


def test_months_and_days_follow_the_calendar() -> None:
    assert days.months_after(20240131, 1) == 20240229
    assert days.months_after(20240131, -2) == 20231130
    assert days.days_after(20240228, 2) == 20240301
    assert days.days_after(20250101, -1) == 20241231
    assert days.months_between(20240131, 20240229) == 1
    assert days.months_between(20240131, 20240228) == 0
    for number in range(days.ordinal(19991225), days.ordinal(20040305)):
        assert days.ordinal(days.from_ordinal(number)) == number


def test_a_dated_figure_is_unknown_outside_its_spans(ask: Any) -> None:
    assert ask("at(limit, d)", d=20241231)[0] == 5000
    assert ask("at(limit, d)", d=20250101)[0] == 70000
    assert ask("at(limit, d)", d=20231231) == (None, ["limit"])
