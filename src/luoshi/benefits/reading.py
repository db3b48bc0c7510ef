"""A register file as records: columns matched, every cell read, every fault named by row, column and reason. Pure.

What is wrong in a row leaves that row out, never the others; what a person must know about it is in `Reading.faults`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from luoshi.benefits import cells, gathering
from luoshi.benefits.register_rows import spelt
from luoshi.benefits.registers import Column, Register
from luoshi.benefits.sheet import Sheet
from luoshi.kernel import sheets
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput

FAULTS = {"line": pl.Int64, "column": pl.String, "reason": pl.String, "sort": pl.String}
WRONG, TWICE = "wrong", "duplicate"
# What a row says besides facts. All are there in every reading, null where the register has no such column.
BESIDE = ("key", "name", "kind", "area", "bank_name", "bank_account", "employer", "employer_name")
_PLAIN_NUMBER = r"^(0|[1-9]\d{0,11})(\.\d{1,2})?$"
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(slots=True)
class Reading:
    """`records`: one row per record: `line`, BESIDE, `matter_kind`, `matter_key`, `title`, `day`, `part`, `said` (JSON
    of {fact: value}) and `digest`. `faults`: line, column, reason, sort (wrong | duplicate)."""

    register: Register
    rows: int
    records: pl.DataFrame
    faults: pl.DataFrame
    unused: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many rows are left out because something in them cannot be used."""
        return self.faults.filter(pl.col("sort") == WRONG)["line"].n_unique()

    @property
    def duplicates(self) -> int:
        return self.faults.filter(pl.col("sort") == TWICE)["line"].n_unique()


def known(register: Register) -> frozenset[str]:
    """Every heading the register understands, as `spelt` compares them."""
    return frozenset(spelt(head) for column in register.columns for head in (column.head, *column.also))


def propose(heads: tuple[str, ...], register: Register, remembered: Mapping[str, str] | None = None) -> dict[str, str]:
    """Heading → column for a file: what a person chose before, then headings, then what others call them."""
    names = {column.name for column in register.columns}
    found = {head: name for head, name in (remembered or {}).items() if head in heads and (name in names or not name)}
    taken = set(found.values())
    words = {head: spelt(head) for head in heads if head not in found}
    tiers = max((len(column.also) for column in register.columns), default=0)
    for tier in range(-1, tiers):
        for column in register.columns:
            if column.name in taken or tier >= len(column.also):
                continue
            wanted = spelt(column.head if tier < 0 else column.also[tier])
            head = next((head for head, word in words.items() if head not in found and word == wanted), None)
            if head is not None:
                found[head] = column.name
                taken.add(column.name)
    return {head: name for head, name in found.items() if name}


def settle(heads: tuple[str, ...], register: Register, mapping: Mapping[str, str], *, file: str = "") -> dict[str, str]:
    """The mapping, checked against file and register. BadInput names what is missing or given twice."""
    chosen = {head: name for head, name in mapping.items() if name}
    names = [column.name for column in register.columns]
    for head, name in chosen.items():
        if head not in heads:
            raise BadInput("文件里没有这一列", file=file, field=head)
        if name not in names:
            raise BadInput(f"名册里没有“{name}”这一项", file=file, field=head)
    for name in dict.fromkeys(chosen.values()):
        same = [head for head, other in chosen.items() if other == name]
        if len(same) > 1:
            raise BadInput(f"“{'”“'.join(same)}”都对应“{register.column(name).head}”，只能选一列", file=file)
    missing = [column.head for column in register.needed if column.name not in chosen.values()]
    if missing:
        raise BadInput(
            f"缺少“{'”“'.join(missing)}”列", file=file, line=1, hint="在“核对列”里指定文件中对应的列，或补上这一列"
        )
    return chosen


def read(sheet: Sheet, register: Register, mapping: Mapping[str, str]) -> Reading:
    """Every usable record of the sheet, and everything wrong with the others. BadInput when the columns do not do."""
    chosen = settle(sheet.heads, register, mapping, file=sheet.name)
    typed, faults = [sheet.frame.get_column("line")], list[pl.DataFrame]()
    for head, name in chosen.items():
        column = register.column(name)
        values, wrong = _column(sheet.frame, head, column, personal=register.about == "person")
        typed.append(values.alias(name))
        faults.append(wrong)
    frame = pl.DataFrame(typed)
    for role in BESIDE:
        if role not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(role))
    if register.about == "person":  # the number itself is not kept
        frame = _hidden(frame)
    found = pl.concat([pl.DataFrame(schema=FAULTS), *faults])
    records, more = gathering.records(frame, found, register, list(chosen.values()))
    everything = pl.concat([found, more]).sort("line", maintain_order=True)
    unused = [head for head in sheet.heads if head not in chosen]
    return Reading(register, sheet.rows, records, everything, unused)


def person_key(number: str) -> str:
    """The key of a person: a digest, so that no identity number need be kept."""
    return sm3(f"person:{number}")


def _hidden(frame: pl.DataFrame) -> pl.DataFrame:
    keys = [None if number is None else person_key(number) for number in frame.get_column("key").to_list()]
    return frame.with_columns(pl.Series("key", keys, dtype=pl.String))


def _column(frame: pl.DataFrame, head: str, column: Column, *, personal: bool) -> tuple[pl.Series, pl.DataFrame]:
    """A column's values (null unknown) and its faults."""
    texts = frame.get_column(head)
    fast = _fast(texts, column, head, personal)
    slow = texts.unique() if fast is None else texts.filter(fast.is_null()).unique()
    read, reasons = _one_by_one(slow, column, head, personal)
    dtype = _dtype(column)
    known_ = pl.DataFrame({"text": slow, "value": pl.Series(read, dtype=dtype), "reason": reasons})
    joined = pl.DataFrame({"text": texts}).join(known_, on="text", how="left", maintain_order="left")
    values = joined.get_column("value") if fast is None else fast.fill_null(joined.get_column("value"))
    blank = pl.lit("没有填") if column.needed else pl.lit(None, dtype=pl.String)
    reason = pl.when(pl.col("reason").is_null() & pl.col("value").is_null()).then(blank).otherwise(pl.col("reason"))
    wrong = pl.DataFrame([frame.get_column("line"), values.alias("value"), joined.get_column("reason")])
    wrong = wrong.select("line", pl.lit(head).alias("column"), reason.alias("reason"), pl.lit(WRONG).alias("sort"))
    return values, wrong.filter(pl.col("reason").is_not_null())


def _dtype(column: Column) -> pl.DataType:
    kind = column.type
    if column.listed and not column.part and kind is not None and kind.kind == "text":
        return pl.List(pl.String)
    if kind is not None and kind.kind == "bool":
        return pl.Boolean()
    return pl.Int64() if kind is not None and kind.kind == "number" and kind.scale == 0 else pl.String()


def _one_by_one(texts: pl.Series, column: Column, head: str, personal: bool) -> tuple[list[object], pl.Series]:
    """Each different cell once."""
    read = cells.reader(column, cells.unit_of(head), personal=personal)
    listed = _dtype(column).is_nested()
    values: list[object] = []
    reasons: list[str | None] = []
    for text in texts.to_list():
        reason, value = sheets.broken(text) or None, None
        if reason is None:
            try:
                value = read(text)
            except ValueError as error:
                reason = str(error)
        values.append(cells.several(value) if listed else value)
        reasons.append(reason)
    return values, pl.Series(reasons, dtype=pl.String)


def _fast(texts: pl.Series, column: Column, head: str, personal: bool) -> pl.Series | None:
    """Values of the cells that need no thinking, null for the others; None when each must be read by itself."""
    if column.role in ("key", "employer") and not (personal and column.role == "key"):
        return _codes(texts)
    kind = column.type
    if (
        kind is None
        or kind.kind != "number"
        or kind.scale != 2
        or column.words
        or cells.unit_of(head) not in ("", "元")
    ):
        return None
    plain = texts.str.contains(_PLAIN_NUMBER)
    whole = pl.when(plain).then(texts).cast(pl.Decimal(20, 2), strict=False)
    scaled = pl.col("n").cast(pl.String).str.replace(".", "", literal=True).cast(pl.Int64)
    found = pl.DataFrame({"t": texts}).select(whole.alias("n"))
    inside = (scaled >= kind.lo) & (scaled <= kind.hi)
    return found.select(pl.when(inside).then(pl.col("n").cast(pl.String))).to_series()


def _codes(texts: pl.Series) -> pl.Series:
    """The credit codes whose check letter is right."""
    values = {letter: number for number, letter in enumerate(_CODE)}
    shaped = pl.DataFrame({"t": texts}).select(
        pl.when(pl.col("t").str.contains(f"^[{_CODE}]{{18}}$")).then(pl.col("t")).alias("t")
    )
    total = pl.lit(0, dtype=pl.Int64)
    for place in range(17):
        digit = pl.col("t").str.slice(place, 1).replace_strict(values, default=None, return_dtype=pl.Int64)
        total = total + digit * pow(3, place, 31)
    check = pl.col("t").str.slice(17, 1).replace_strict(values, default=None, return_dtype=pl.Int64)
    right = (total + check) % 31 == 0
    return shaped.select(pl.when(right).then(pl.col("t"))).to_series()
