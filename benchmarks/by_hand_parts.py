"""What the hotel measures by hand in numpy are put together from: conditions, where a limb stands, what it pays.

Every field is an array of values beside an array of truth values that says where it is known; a condition is a pair:
surely true, surely false. Lists (awards so far, labels, loan contracts) are fields of their own, one set per place in
the list. Texts are numbers of a list of words. `Given.field` reads a field, so that the same lines serve numpy's
exact integers (fen, millionths) and openfisca's 32-bit floats (yuan, fractions).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

REFUSED, PENDING, REFERRED, HUMAN, ELIGIBLE = 1, 2, 3, 4, 5
FROM, TO, BOUNDARY = 20240719, 20270718, 20270719
STAR, REVIEW, GREEN, BRAND, HOMESTAY, INTEREST = range(6)  # the words of an award's limb, in the pack's order
AWARDS, LABELS, CONTRACTS = 2, 2, 3  # places in each list

Pair = tuple[Any, Any]  # surely true, surely false
Test = tuple[Pair, int, int]  # a condition; the status when it fails; when unknown, -1 where that does not matter
Found = tuple[Any, Any, Any]  # status, least and most amount


@dataclass(frozen=True, slots=True)
class Given:
    """How the formulas see a register: a field's values and where they are known; one yuan; words of the texts."""

    field: Callable[[str], tuple[Any, Any]]
    words: dict[str, list[str]]
    as_of: int
    yuan: int = 100
    exact: bool = True

    def flag(self, name: str) -> Pair:
        value, known = self.field(name)
        return known & value, known & ~value

    def where(self, name: str, test: Callable[[Any], Any]) -> Pair:
        value, known = self.field(name)
        true = test(value)
        return known & true, known & ~true

    def text(self, name: str, test: Callable[[str], bool]) -> Pair:
        answers = np.array([test(word) for word in self.words[name]])
        return self.where(name, lambda codes: answers[codes])

    def awards(self, test: Callable[[str], Pair]) -> Pair:
        """Whether some award meets `test`: surely so; surely none does."""
        known = self.field("prior_awards")[1]
        some: Any = False
        none: Any = True
        for place in range(AWARDS):
            there = self.field(f"award{place}")[0]
            true, false = test(f"award{place}.")
            some, none = some | (there & true), none & (~there | false)
        return known & some, known & none


def no(a: Pair) -> Pair:
    return a[1], a[0]


def both(a: Pair, b: Pair) -> Pair:
    return a[0] & b[0], a[1] | b[1]


def either(a: Pair, b: Pair) -> Pair:
    return a[0] | b[0], a[1] & b[1]


def must(test: Pair) -> Test:
    return test, REFUSED, PENDING


def asked(test: Pair) -> Test:
    """Where it fails, a person decides."""
    return test, HUMAN, PENDING


def limb_of(g: Given, limb: int) -> Pair:
    return g.awards(lambda at: g.where(f"{at}limb", lambda v: v == limb))


def in_window(day: Any) -> Any:
    return ((day >= FROM) & (day <= TO)) | (day == BOUNDARY)


def window(g: Given, day: tuple[Any, Any]) -> list[Test]:
    value, known = day
    inside, edge, past = in_window(value), value == BOUNDARY, value <= g.as_of
    return [
        must((known & inside, known & ~inside)),
        asked((known & ~edge, known & edge)),
        ((known & past, known & ~past), PENDING, PENDING),
    ]


def gate(g: Given) -> list[Test]:
    lawful, licence = g.flag("lawful_operation"), g.flag("licence_registered")
    return [must(g.flag("in_district")), must((lawful[0] & ~licence[1], lawful[1] | licence[1]))]


def settled(claimed: Any, tests: Sequence[Test], passed: int, lenient: int = 0) -> dict[int, Any]:
    """Where a limb stands. `lenient`: so many conditions at the start do not hold it up when unknown."""
    refused: Any = False
    for (_, false), fails, _ in tests:
        if fails == REFUSED:
            refused = refused | false
    status: dict[int, Any] = {REFUSED: claimed & refused}
    still = claimed & ~status[REFUSED]

    def fall(code: int, where: Any) -> None:
        status[code] = status[code] | where if code in status else where

    for (true, false), fails, unknown in tests[lenient:]:
        if unknown >= 0:
            fall(unknown, still & ~true & ~false)
        if fails != REFUSED:
            fall(fails, still & false)
        still = still & (true if unknown >= 0 else ~false)
    fall(passed, still)
    return status


def paid(status: dict[int, Any], least: Any, most: Any, known: Any) -> tuple[dict[int, Any], Any, Any]:
    """Amounts; where one is unknown the limb waits."""
    pays = status.get(HUMAN, False) | status[ELIGIBLE]
    status[PENDING] = status.get(PENDING, False) | (pays & ~known)
    status[ELIGIBLE] = status[ELIGIBLE] & known
    status[HUMAN] = status.get(HUMAN, False) & known
    pays = pays & known
    lo = np.where(pays, least, 0)
    return status, lo, lo if most is least else np.where(pays, most, 0)


def whole(opening: Sequence[Test], *limbs: tuple[dict[int, Any], Any, Any]) -> Found:
    """The measure: a person's question first, then what is given, then what is missing; amounts added."""
    shut: Any = False
    for (_, false), _, _ in opening:
        shut = shut | false
    status = np.where(shut, REFUSED, PENDING).astype(np.int16)
    for code in (REFUSED, REFERRED, PENDING, ELIGIBLE, HUMAN):
        for found, _, _ in limbs:
            if code in found:
                status[found[code]] = code
    lo, hi = limbs[0][1], limbs[0][2]
    for _, least, most in limbs[1:]:
        hi = hi + most
        lo = lo + least
    return status, lo, hi


def by(value: Any, rows: dict[int, int]) -> Any:
    amount = 0
    for key, given in rows.items():
        amount = np.where(value == key, given, amount)
    return amount


def _next_days() -> Any:
    """The day after each day, by yyyymmdd − 19000101, so that nobody pays for a calendar."""
    from luoshi.rules import days

    table = np.zeros(22000000 - 19000101, dtype=np.int64)
    for number in range(days.ordinal(19000101), days.ordinal(21991231)):
        table[days.from_ordinal(number) - 19000101] = days.from_ordinal(number + 1)
    return table


NEXT_DAY = _next_days()
