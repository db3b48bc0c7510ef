"""A stipend by the month: not a sum on the day it begins, but its monthly amount in every month it runs. Pure.

The pack says from which day a stipend runs and for how many months (`starts`, `months_max` beside a limb's amount), so
the answers to open questions move both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from luoshi.rules.answers import Answers
from luoshi.rules.interpret import Env, Maker
from luoshi.rules.rule import Rule

STARTS, MONTHS = "starts", "months_max"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Side:
    """One way to decide, and what it gives: `paying` has a row per subject with `sure` and `most` in fen a month."""

    rule: Rule
    in_force: Answers
    as_of: int
    paying: pl.DataFrame


def spelt(month: int | None) -> str:
    """202503 as `2025-03`; empty when unknown."""
    return f"{month // 100}-{month % 100:02d}" if month else ""


def by_month(
    internal: pl.DataFrame, sides: Sequence[Side], total: Callable[[pl.DataFrame], T]
) -> list[tuple[str, T, T]]:
    """(YYYY-MM, before, after) of every month in which either side pays; "" holds those whose months are unknown."""
    spans = [_spans(internal, side) for side in sides]
    known = [span.drop_nulls("from") for span in spans]
    first = min((int(one.get_column("from").min()) for one in known if one.height), default=0)  # type: ignore[arg-type]
    last = max((int(one.get_column("until").max()) for one in known if one.height), default=0)  # type: ignore[arg-type]
    found = []
    for month in range(first, last):
        running = (pl.col("from") <= month) & (pl.col("until") > month)
        before, after = (one.filter(running) for one in known)
        if before.height or after.height:
            found.append((spelt(month // 12 * 100 + month % 12 + 1), total(before), total(after)))
    open_ = [span.filter(pl.col("from").is_null()) for span in spans]
    if any(one.height for one in open_):
        found.append(("", total(open_[0]), total(open_[1])))
    return found


def _spans(internal: pl.DataFrame, side: Side) -> pl.DataFrame:
    """The rows that pay, each with its first month and the month after its last, counted from the year 0."""
    pays = side.paying.get_column("most") > 0
    rows = internal.filter(pays).to_dicts()
    extras = next((limb.extras for limb in side.rule.limbs if {STARTS, MONTHS} <= set(limb.extras)), {})
    maker = Maker(side.rule.scope.terms, side.in_force.values, side.in_force.ruled)
    runs = [maker.make(extras[name]) for name in (STARTS, MONTHS)] if extras else []
    ends = [_span(runs, {**row, "as_of": side.as_of}) for row in rows]
    columns = {name: pl.Series(name, [end[at] for end in ends], pl.Int64) for at, name in enumerate(("from", "until"))}
    return side.paying.filter(pays).with_columns(**columns)


def _span(runs: Sequence[Callable[[Env], object]], facts: Mapping[str, object]) -> tuple[int | None, int | None]:
    values = [run(Env(facts)) for run in runs]
    if len(values) < 2 or not all(isinstance(value, int) for value in values):
        return None, None
    day, months = (int(value) for value in values)  # type: ignore[call-overload]
    first = day // 10000 * 12 + day // 100 % 100 - 1
    return first, first + months
