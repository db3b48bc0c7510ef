"""A whole register at once, in Polars."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from luoshi.rules.lowering import Lowering
from luoshi.rules.tree import Type

_ROW = "row.number"
_COMPARE = {"eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}


class PolarsOps:
    """Integers are Int64; booleans hold no nulls; a closed word is its index."""

    def column(self, name: str) -> pl.Expr:
        return pl.col(name)

    def element(self, name: str) -> pl.Expr:
        return pl.col(f"it.{name}")

    def integer(self, value: int) -> pl.Expr:
        return pl.lit(value, dtype=pl.Int64)

    def small(self, value: int) -> pl.Expr:
        return pl.lit(value, dtype=pl.Int16)

    def boolean(self, value: bool) -> pl.Expr:
        return pl.lit(value)

    def add(self, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return a + b

    def sub(self, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return a - b

    def mul(self, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return a * b

    def over(self, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return a // b

    def compare(self, op: str, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        result: pl.Expr = getattr(a, _COMPARE[op])(b)
        return result

    def both(self, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return a & b

    def either(self, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return a | b

    def no(self, a: pl.Expr) -> pl.Expr:
        return ~a

    def choose(self, test: pl.Expr, a: pl.Expr, b: pl.Expr) -> pl.Expr:
        return pl.when(test).then(a).otherwise(b)

    def among(self, a: pl.Expr, values: list[int]) -> pl.Expr:
        tests = [a == pl.lit(value, dtype=pl.Int64) for value in values]
        return pl.any_horizontal(tests) if len(tests) > 1 else tests[0]

    def text_among(self, a: pl.Expr, values: list[str]) -> pl.Expr:
        return a.is_in(values)

    def contains(self, a: pl.Expr, part: str) -> pl.Expr:
        return a.str.contains(part, literal=True)


def sure(frame: pl.DataFrame, facts: Mapping[str, Type]) -> frozenset[str]:
    """Facts that are known in every row, so that nothing need be computed about whether they are."""
    return frozenset(name for name in facts if name in frame.columns and frame[name].null_count() == 0)


def _split(name: str, kind: Type, source: pl.Expr, prefix: str, known: bool) -> list[pl.Expr]:
    """A column of internal values with nulls as the value and known columns that expressions read."""
    out = f"{prefix}{name}"
    if kind.kind == "bool":
        value = source if known else source.fill_null(False)
        extra = [] if known else [(~source).fill_null(False).alias(f"{out}.f")]
    elif kind.kind == "text":
        value, extra = source if known else source.fill_null(""), []
    else:
        filler = 0 if kind.kind == "word" else max(kind.lo, min(0, kind.hi))
        value, extra = source if known else source.fill_null(filler), []
        value = value.cast(pl.Int64)
    result = [value.alias(f"{out}.v"), *extra]
    return result if known else [*result, source.is_not_null().alias(f"{out}.k")]


def run(frame: pl.DataFrame, low: Lowering[pl.Expr], keep: list[str]) -> pl.DataFrame:
    """The columns `keep` of `low`, one row per row of `frame` (facts in internal form, null = unknown)."""
    base: list[pl.Expr] = []
    lists: dict[str, Type] = {}
    for name, kind in low.facts.items():
        present = name in frame.columns
        source = pl.col(name) if present else pl.lit(None, dtype=_empty(kind))
        if kind.kind == "list":
            lists[name] = kind
            base.append(source.is_not_null().alias(f"{name}.k"))
        else:
            base += _split(name, kind, source, "", name in low.sure)
    height = pl.DataFrame({_ROW: pl.int_range(frame.height, eager=True)})
    work = pl.concat([height, frame.select(base)], how="horizontal") if base else height
    flat = {name: _records(frame, name, kind) for name, kind in lists.items()}
    for number, stage in enumerate(low.stages):
        work = _totals(work, flat, low, number)
        work = work.lazy().with_columns([x.alias(name) for name, x in stage.columns]).collect()
    return work.select(keep)


def _empty(kind: Type) -> pl.DataType:
    return {"bool": pl.Boolean(), "text": pl.String()}.get(kind.kind, pl.Int64())


def _totals(work: pl.DataFrame, flat: dict[str, pl.DataFrame], low: Lowering[pl.Expr], number: int) -> pl.DataFrame:
    """Add a stage's totals: records beside what they need of their subject, summed, put back by row."""
    totals = low.stages[number].totals
    for owner in dict.fromkeys(name for name, _, _ in totals):
        wanted = [x.cast(pl.Int64).alias(column) for name, column, x in totals if name == owner]
        names = [column for name, column, _ in totals if name == owner]
        levels = low.records(owner, number)
        own = flat[owner]
        needed = {name for x in [*wanted, *(c.x for level in levels for c in level)] for name in x.meta.root_names()}
        outer = [name for name in work.columns if name in needed and name not in own.columns]
        records = own
        if outer:
            records = pl.concat([own, work.select(pl.col(outer).gather(own[_ROW]))], how="horizontal")
        for level in levels:
            records = records.with_columns([column.x.alias(column.name) for column in level])
        sums = records.select(_ROW, *wanted).group_by(_ROW).agg(pl.col(names).sum())
        none = pl.zeros(work.height, dtype=pl.Int64, eager=True)
        work = work.with_columns([none.clone().scatter(sums[_ROW], sums[name]).alias(name) for name in names])
    return work


def _records(frame: pl.DataFrame, owner: str, kind: Type) -> pl.DataFrame:
    """One row per record, its fields as `it.*`, with the number of its subject's row."""
    if owner not in frame.columns:
        flat = pl.DataFrame({_ROW: [], "it": []}, schema={_ROW: pl.Int64, "it": pl.Null})
    else:
        rows = pl.int_range(frame.height, eager=True)
        work = pl.DataFrame({_ROW: rows, "list": frame.get_column(owner)})
        flat = work.filter(pl.col("list").list.len() > 0).explode("list")
        flat = flat.unnest("list") if isinstance(flat.schema["list"], pl.Struct) else flat.rename({"list": "it"})
    fields = []
    for name, inner in kind.fields:
        source = pl.col(name) if name in flat.columns else pl.lit(None, dtype=_empty(inner))
        fields += _split(name, inner, source.cast(_empty(inner)), "it.", False)
    return flat.select(_ROW, *fields)
