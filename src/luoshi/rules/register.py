"""Turns a register's columns, as they come from files, into columns of internal values; the first bad cell is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from luoshi.kernel.errors import BadInput, quoted
from luoshi.rules import values
from luoshi.rules.tree import Fact, Type

_DTYPES: dict[str, Any] = {
    "bool": pl.Boolean,
    "text": pl.String,
    "number": pl.Int64,
    "date": pl.Int64,
    "word": pl.Int64,
}

_WORDS = 64  # different texts of a column that is kept as numbers of a list of words


def internal(frame: pl.DataFrame, facts: Mapping[str, Fact], *, file: str = "", first_line: int = 1) -> pl.DataFrame:
    """The facts among the columns of `frame`, in internal form, null unknown. Presumed facts nobody mentions are added.

    `first_line` is the line of the first row, for messages.
    """
    result: list[pl.Series] = []
    for name, fact in facts.items():
        if name in frame.columns:
            try:
                result.append(_worded(_column(frame.get_column(name), fact.type, fact.spellings)).alias(name))
            except _Bad as bad:
                raise BadInput(bad.reason, file=file, line=first_line + bad.row, field=name) from None
        elif fact.presumed:
            result.append(_constant(fact, frame.height))
    return pl.DataFrame(result) if result else pl.DataFrame({"": [None] * frame.height})


def _worded(column: pl.Series) -> pl.Series:
    """Texts of a few different words, also in records, as numbers of a list of words: each is looked at once."""
    dtype = column.dtype
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        texts = [field.name for field in dtype.inner.fields if field.dtype == pl.String]
        flat = column.drop_nulls().explode(empty_as_null=False).struct.unnest() if texts else None
        kinds = {name: _worded(flat.get_column(name)).dtype for name in texts} if flat is not None else {}
        inner = {field.name: kinds.get(field.name, field.dtype) for field in dtype.inner.fields}
        return column.cast(pl.List(pl.Struct(inner))) if any(kind != pl.String for kind in kinds.values()) else column
    if dtype != pl.String or column.head(1000).n_unique() > _WORDS:
        return column
    words = column.unique().drop_nulls().sort()
    return column.cast(pl.Enum(words)) if 0 < len(words) <= _WORDS else column


class _Bad(Exception):
    def __init__(self, row: int, reason: str) -> None:
        self.row, self.reason = row, reason


def _constant(fact: Fact, height: int) -> pl.Series:
    value = values.convert(fact.type, fact.absent, fact.spellings)
    dtype = _dtype(fact.type)
    plain = [dict(record) for record in value] if fact.type.kind == "list" else value
    return pl.Series(fact.name, [plain], dtype=dtype).new_from_index(0, height)


def _dtype(kind: Type) -> Any:
    if kind.kind == "list":
        return pl.List(pl.Struct({name: _DTYPES[inner.kind] for name, inner in kind.fields}))
    return _DTYPES[kind.kind]


def _column(column: pl.Series, kind: Type, spellings: Mapping[str, str]) -> pl.Series:
    dtype = column.dtype
    if dtype == pl.Null:
        return pl.Series([None], dtype=_dtype(kind)).new_from_index(0, len(column))
    if kind.kind == "list" and isinstance(dtype, pl.List):
        return _lists(column, kind, spellings)
    if kind.kind == "bool" and dtype == pl.Boolean:
        return column
    if kind.kind == "number" and dtype.is_numeric():
        return _numbers(column, kind)
    if kind.kind == "date" and isinstance(dtype, pl.Date | pl.Datetime):
        day = pl.col("d")
        whole = day.dt.year().cast(pl.Int64) * 10000 + day.dt.month().cast(pl.Int64) * 100 + day.dt.day().cast(pl.Int64)
        return _bounded(pl.DataFrame({"d": column}).select(whole).to_series(), kind, column)
    return _one_by_one(column, kind, spellings)


def _numbers(column: pl.Series, kind: Type) -> pl.Series:
    factor = 10**kind.scale
    if column.dtype.is_integer():
        if len(column) and column.drop_nulls().cast(pl.Int128).abs().max() is not None:
            _within(column, -(10**15) // factor, 10**17 // factor, kind)
        return _bounded(column.cast(pl.Int64) * factor, kind, column)
    if isinstance(column.dtype, pl.Decimal):
        return _decimals(column, column.dtype, kind)
    exact = column.cast(pl.Float64).fill_nan(None)
    scaled = exact * factor
    whole = scaled.round()
    rough = ((scaled - whole).abs() > 1e-6 * whole.abs().clip(1.0, 1e9)) | scaled.is_infinite()
    if rough.any():
        row = int(rough.fill_null(False).arg_max() or 0)
        raise _Bad(row, f"应为最多 {kind.scale} 位小数的数字，现为 {quoted(column[row])}")
    _within(exact, -(10**15), 10**16, kind)
    return _bounded(whole.cast(pl.Int64), kind, column)


def _decimals(column: pl.Series, dtype: pl.Decimal, kind: Type) -> pl.Series:
    """Exact numbers of at most the fact's decimals as they are; others are looked at one by one, to name the first."""
    if dtype.scale > kind.scale or not column.len():
        return _one_by_one(column, kind, {})
    scaled = column.cast(pl.Decimal(38, kind.scale)).to_physical()
    inside = ((scaled >= kind.lo) & (scaled <= kind.hi)).fill_null(True)
    return scaled.cast(pl.Int64) if inside.all() else _one_by_one(column, kind, {})


def _within(column: pl.Series, low: int, high: int, kind: Type) -> None:
    """Before scaling: a figure so large that scaling would leave 64 bits."""
    bad = ((column < low) | (column > high)).fill_null(False)
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise _Bad(row, f"超出允许范围：{quoted(column[row])}")


def _bounded(whole: pl.Series, kind: Type, shown: pl.Series) -> pl.Series:
    bad = ((whole < kind.lo) | (whole > kind.hi)).fill_null(False)
    if bad.any():
        row = int(bad.arg_max() or 0)
        _convert(kind, shown[row], {}, row)
        raise _Bad(row, f"超出允许范围：{quoted(shown[row])}")
    return whole


def _one_by_one(column: pl.Series, kind: Type, spellings: Mapping[str, str]) -> pl.Series:
    """Each different value once: the same reading as a single decision."""
    different = column.unique(maintain_order=True)
    read = []
    for raw in different.to_list():
        try:
            read.append(values.convert(kind, raw, spellings))
        except ValueError as error:
            row = int((column == raw).fill_null(False).arg_max() or 0)
            raise _Bad(row, str(error)) from None
    known = pl.DataFrame({"raw": different, "read": pl.Series(_plain(read), dtype=_dtype(kind))})
    joined = pl.DataFrame({"raw": column}).join(known, on="raw", how="left", maintain_order="left", nulls_equal=True)
    return joined.get_column("read")


def _plain(read: list[Any]) -> list[Any]:
    return [[dict(record) for record in value] if isinstance(value, tuple) else value for value in read]


def _convert(kind: Type, raw: Any, spellings: Mapping[str, str], row: int) -> Any:
    try:
        return values.convert(kind, raw, spellings)
    except ValueError as error:
        raise _Bad(row, str(error)) from None


def _lists(column: pl.Series, kind: Type, spellings: Mapping[str, str]) -> pl.Series:
    """Every record's fields as columns of their own, read, and put back where they were."""
    work = pl.DataFrame({"row": pl.int_range(len(column), eager=True), "list": column})
    sizes = work.select(pl.col("list").list.len()).to_series()
    if (sizes > kind.most).any():
        row = int((sizes > kind.most).fill_null(False).arg_max() or 0)
        raise _Bad(row, f"最多 {kind.most} 项，现有 {sizes[row]} 项")
    flat = work.filter(pl.col("list").list.len() > 0).explode("list")
    inner = flat.schema["list"]
    rows = flat.get_column("row")
    if isinstance(inner, pl.Struct):
        flat = flat.unnest("list")
        strange = [field.name for field in inner.fields if field.name not in dict(kind.fields)]
        if strange and not flat.get_column(strange[0]).is_null().all():
            raise _Bad(0, f"列表的记录有未知字段 {strange[0]}")
    else:
        flat = flat.rename({"list": "it"})
    fields = []
    for name, field in kind.fields:
        source = (
            flat.get_column(name)
            if name in flat.columns
            else pl.Series([None], dtype=pl.Null).new_from_index(0, flat.height)
        )
        try:
            fields.append(_column(source, field, spellings if name == "it" else {}).alias(name))
        except _Bad as bad:
            raise _Bad(int(rows[bad.row]), f"{name}:{bad.reason}") from None
    records = pl.DataFrame({"row": rows, "record": pl.DataFrame(fields).to_struct("record")})
    grouped = records.group_by("row", maintain_order=True).agg("record")
    joined = work.join(grouped, on="row", how="left", maintain_order="left")
    empty = pl.Series([[]], dtype=_dtype(kind)).new_from_index(0, len(column))
    filled = joined.with_columns(e=empty).select(
        pl.when(pl.col("list").is_null()).then(None).otherwise(pl.coalesce("record", "e")).alias("list")
    )
    return filled.get_column("list")
