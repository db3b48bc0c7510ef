"""Rows of a register as records: the event each tells of, rows that repeat one, rows that contradict. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from luoshi.benefits.registers import Column, Register
from luoshi.kernel.canonical import sm3

_GROUP = ["key", "matter_key", "part"]
_DIGEST = "sm3" if "sm3" in hashlib.algorithms_available else ""


def records(
    frame: pl.DataFrame, faults: pl.DataFrame, register: Register, mapped: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records of the typed rows, and what only shows when rows are seen together."""
    marked = _events(frame, register).with_columns(
        wrong=pl.col("line").is_in(faults.get_column("line").unique().implode())
    )
    facts = [register.column(name) for name in mapped if register.column(name).fact]
    if register.listed:
        return _gathered(marked, facts, register)
    return _single(marked, facts, register)


def _events(frame: pl.DataFrame, register: Register) -> pl.DataFrame:
    """`matter_kind`, `matter_key`, `title`, `day` and `part` of every row."""
    none = pl.lit(None, dtype=pl.String)
    dated = register.dated
    day = pl.col(dated.name) if dated is not None and dated.name in frame.columns else none
    year = pl.col("year") if "year" in frame.columns else none
    part = pl.when(year.is_null()).then(pl.lit(register.key)).otherwise(pl.format(f"{register.key}/{{}}", year))
    kind = none
    if register.by and register.by in frame.columns:
        kind = pl.col(register.by).replace_strict(dict(register.matters), default=None, return_dtype=pl.String)
    elif register.matter:
        kind = pl.lit(register.matter)
    pieces = [day.str.slice(0, 4)] if register.yearly else []
    pieces += [pl.col("matter")] if "matter" in frame.columns else []
    pieces += [pl.col("employer")] if register.about == "person" else []
    title = pl.concat_str(pieces, separator=" ") if pieces else pl.lit("")
    if register.about == "person":
        title = day.str.slice(0, 4)
    key = pl.concat_str([pl.col("key"), pl.lit("/"), kind, *[pl.concat_str([pl.lit("/"), piece]) for piece in pieces]])
    return frame.with_columns(
        matter_kind=kind, matter_key=key if register.has_matter else none, title=title, day=day, part=part
    )


def _single(frame: pl.DataFrame, facts: Sequence[Column], register: Register) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row is one record. Rows that repeat one are told of; rows that contradict each other are all left out."""
    said = _said([(column.name, pl.col(column.name)) for column in facts])
    usable = frame.filter(~pl.col("wrong")).with_columns(said=said)
    told = ["name", "kind", "area", "bank_name", "bank_account", "employer"]
    usable = usable.with_columns(
        all=pl.concat_str(["said", *(pl.col(name).fill_null("") for name in told)], separator="\n")
    )
    usable = usable.with_columns(
        first=pl.col("line").min().over(_GROUP), versions=pl.col("all").n_unique().over(_GROUP)
    )
    repeats = usable.filter((pl.col("versions") == 1) & (pl.col("line") != pl.col("first")))
    torn = usable.filter(pl.col("versions") > 1)
    kept = usable.filter((pl.col("versions") == 1) & (pl.col("line") == pl.col("first")))
    head = register.column("key").head
    later = pl.when(pl.col("line") == pl.col("first"))
    second = pl.col("line").filter(pl.col("line") != pl.col("first")).min().over(_GROUP)
    other = later.then(second).otherwise(pl.col("first"))
    why = "与第 {} 行是同一主体{}，内容却不同，两行都没有采用".replace("{}", "\0", 1)
    why = why.replace("{}", "同一事项" if register.has_matter else "").replace("\0", "{}")
    faults = pl.concat(
        [
            _faults(repeats, head, pl.format("与第 {} 行重复，只采用一次", pl.col("first")), "duplicate"),
            _faults(torn, head, pl.format(why, other), "wrong"),
        ]
    )
    return _finish(kept), faults


def _gathered(frame: pl.DataFrame, facts: Sequence[Column], register: Register) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Several rows are one record. One bad row leaves out its whole record: a list that is present is complete."""
    head = register.column("key").head
    names = [column.name for column in facts]
    row = ["row"] if "row" in frame.columns else []
    keyed = frame.filter(pl.col("key").is_not_null())
    spoilt = keyed.with_columns(spoilt=pl.col("wrong").any().over(_GROUP))
    left = spoilt.filter(pl.col("spoilt") & ~pl.col("wrong"))
    usable = spoilt.filter(~pl.col("spoilt"))
    told = pl.struct([*names, *row]).struct.json_encode()
    usable = usable.with_columns(all=told).with_columns(first=pl.col("line").min().over([*_GROUP, "all"]))
    again = usable.filter(pl.col("line") != pl.col("first"))
    asks = any(column.role == "row" for column in register.columns)
    unclear = again.filter(pl.col("row").is_null() if row else pl.lit(asks))
    repeats = again.join(unclear.select("line"), on="line", how="anti")
    usable = usable.join(again.select("line"), on="line", how="anti")
    doubtful = unclear.select(_GROUP).unique()
    beside = usable.join(doubtful, on=_GROUP, how="semi", nulls_equal=True)
    usable = usable.join(doubtful, on=_GROUP, how="anti", nulls_equal=True)
    single = [column for column in facts if not column.listed and not column.total]
    torn = usable
    for column in single:
        torn = torn.with_columns(pl.col(column.name).n_unique().over(_GROUP).alias(f"{column.name}.n"))
    differs = pl.any_horizontal([pl.col(f"{c.name}.n") > 1 for c in single]) if single else pl.lit(False)
    torn = torn.filter(differs)
    usable = usable.join(torn.select("line"), on="line", how="anti")
    faults = pl.concat(
        [
            _faults(
                pl.concat([left.select("line"), beside.select("line")]),
                head,
                pl.lit("同一事项有别的行出错，整个事项没有采用"),
                "wrong",
            ),
            _faults(repeats, head, pl.format("与第 {} 行重复，只采用一次", pl.col("first")), "duplicate"),
            _faults(
                unclear,
                head,
                pl.format("与第 {} 行完全相同：若是两笔，请填编号；若是重复，请删去一行", pl.col("first")),
                "wrong",
            ),
            _faults(torn, head, pl.lit("同一事项的几行写得不一样，整个事项没有采用"), "wrong"),
        ]
    )
    return _finish(_aggregated(usable, facts)), faults


def _aggregated(usable: pl.DataFrame, facts: Sequence[Column]) -> pl.DataFrame:
    made: list[tuple[str, pl.Expr]] = []
    lists = dict.fromkeys(column.fact for column in facts if column.listed)
    for fact in lists:
        parts = sorted((column for column in facts if column.fact == fact), key=lambda column: column.part)
        if parts[0].part:
            record = pl.struct([pl.col(column.name).alias(column.part) for column in parts])
            made.append((fact, record))
        else:
            made.append((fact, pl.col(fact).explode() if usable.schema[fact] == pl.List else pl.col(fact)))
    for column in facts:
        if column.total:
            whole = pl.col(column.name).cast(pl.Decimal(20, 2)).sum().cast(pl.String)
            made.append((column.name, pl.when(pl.col(column.name).is_null().any()).then(None).otherwise(whole)))
        elif not column.listed:
            made.append((column.name, pl.col(column.name).first()))
    beside = [name for name in usable.columns if name not in {*_GROUP, "line"} and "." not in name]
    facts_named = {name for name, _ in made}
    grouped = (
        usable.sort("line")
        .group_by(_GROUP, maintain_order=True)
        .agg(
            pl.col("line").first(),
            *[pl.col(name).first() for name in beside if name not in facts_named],
            *[expr.alias(f"={name}") for name, expr in made],
        )
    )
    return grouped.with_columns(said=_said([(name, pl.col(f"={name}")) for name, _ in made]))


def _said(facts: Sequence[tuple[str, pl.Expr]]) -> pl.Expr:
    """The facts as one JSON text with sorted names: the same facts always spell the same."""
    if not facts:
        return pl.lit("{}")
    ordered = sorted(facts, key=lambda fact: fact[0])
    return pl.struct([expr.alias(name) for name, expr in ordered]).struct.json_encode()


def _faults(rows: pl.DataFrame, head: str, reason: pl.Expr, sort: str) -> pl.DataFrame:
    return rows.select("line", pl.lit(head).alias("column"), reason.alias("reason"), pl.lit(sort).alias("sort"))


def _finish(kept: pl.DataFrame) -> pl.DataFrame:
    columns = [
        "line", "key", "name", "kind", "area", "bank_name", "bank_account", "employer", "employer_name",
        "matter_kind", "matter_key", "title", "day", "part", "said",
    ]  # fmt: skip
    frame = kept.select(columns).sort("line")
    digests = [_digest(text) for text in frame.get_column("said").to_list()]
    return frame.with_columns(digest=pl.Series(digests, dtype=pl.String))


def _digest(text: str) -> str:
    return hashlib.new(_DIGEST, text.encode()).hexdigest() if _DIGEST else sm3(text)
