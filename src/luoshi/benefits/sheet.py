"""A file as a table of text: .xlsx, .csv (UTF-8, GB18030) or .parquet, its headings found, its rows numbered. Pure."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

import polars as pl

from luoshi.kernel import sheets
from luoshi.kernel.errors import BadInput
from luoshi.kernel.limits import check_size

LOOKED = 10  # rows among which the headings are looked for: a title and who filled it in may stand above
MOST_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """`frame`: `line` (as a spreadsheet counts) and one text column per heading, "" where nothing stands."""

    name: str
    heads: tuple[str, ...]
    frame: pl.DataFrame

    @property
    def rows(self) -> int:
        return self.frame.height


def read(data: bytes, name: str, *, limit: int, known: Callable[[str], bool] = lambda head: False) -> Sheet:
    """The table in a file. `known` says whether a text is a heading somebody expects. Raises BadInput only."""
    if data[:4] == b"PAR1" or name.lower().endswith(".parquet"):
        heads, frame, first = *_parquet(data, name, limit), 1
    else:
        heads, frame, first = _table(data, name, limit, known)
    if not any(heads):
        raise BadInput("第一行没有列名", file=name, line=1)
    if len(heads) > MOST_COLUMNS:
        raise BadInput(f"有 {len(heads)} 列，超过 {MOST_COLUMNS} 列", file=name)
    heads = _different(heads)
    lines = pl.int_range(first + 1, first + 1 + frame.height, dtype=pl.Int64, eager=True).alias("line")
    filled = frame.rename(dict(zip(frame.columns, heads, strict=True)))
    whole = pl.concat([pl.DataFrame([lines]), filled], how="horizontal")
    whole = whole.filter(pl.any_horizontal([pl.col(head) != "" for head in heads]))
    return Sheet(name, tuple(heads), whole)


def _different(heads: list[str]) -> list[str]:
    """Headings as names that no two columns share."""
    found: list[str] = []
    for number, head in enumerate(heads, 1):
        word = " ".join(sheets.plain(head).split())[:60] or f"第{number}列"
        taken = word in found or word == "line"
        found.append(f"{word}（第{number}列）" if taken else word)
    return found


def _table(data: bytes, name: str, limit: int, known: Callable[[str], bool]) -> tuple[list[str], pl.DataFrame, int]:
    fast = _fast_csv(data, name, limit)
    if fast is not None:
        top = [[cell or "" for cell in row] for row in fast.head(LOOKED).rows()]
        at = _heading(top, known)
        return top[at], fast.slice(at + 1).with_columns(_clean(pl.all())), at + 1
    rows = sheets.rows(data, name, limit=limit)
    first = [list(row) for row in islice(rows, LOOKED)]
    at = _heading([[sheets.plain(cell) for cell in row] for row in first], known)
    heads = [sheets.plain(cell) for cell in (first[at] if first else [])]
    while heads and not heads[-1]:
        heads.pop()
    body = chain(first[at + 1 :], rows)
    return heads, _frame(heads, body, name, at + 2), at + 1


def _heading(top: list[list[str]], known: Callable[[str], bool]) -> int:
    """The row with most headings one knows; without any, the first that is not empty."""
    scores = [sum(known(cell) for cell in row if cell) for row in top]
    if scores and max(scores) > 1:
        return scores.index(max(scores))
    return next((number for number, row in enumerate(top) if any(row)), 0)


def _frame(heads: list[str], body: Iterator[Any], name: str, first: int) -> pl.DataFrame:
    width = len(heads)
    made: list[tuple[str, ...]] = []
    for line, row in enumerate(body, first):
        cells = [sheets.plain(cell) for cell in row[:width]]
        if any(sheets.plain(cell) for cell in row[width:]):
            raise BadInput(f"这一行比第一行的列名多出 {len(row) - width} 格，请核对分隔符", file=name, line=line)
        made.append(tuple(cells + [""] * (width - len(cells))))
    return pl.DataFrame(made, schema=[(f"c{i}", pl.String) for i in range(width)], orient="row")


def _fast_csv(data: bytes, name: str, limit: int) -> pl.DataFrame | None:
    """A well-formed .csv at full speed; None when it must be read row by row to say what is wrong with it."""
    sheets.refuse(data, name, limit=limit)
    if data[:2] == b"PK" or b"\0" in data[:4096]:
        return None
    text = sheets.text_of(data, name)
    if '"' in text or "\r" in text.replace("\r\n", "\n"):
        return None  # a cell may span lines: only the slow reader counts those as a spreadsheet does
    try:
        found = pl.read_csv(io.BytesIO(text.encode()), has_header=False, infer_schema=False, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    return found


def _clean(cell: pl.Expr) -> pl.Expr:
    """The same as `sheets.plain` for cells that are text."""
    narrow = cell.fill_null("").str.replace_many(list(sheets.WIDE), list(sheets.WIDE.values()))
    return narrow.str.strip_chars().str.strip_prefix("'")


def _parquet(data: bytes, name: str, limit: int) -> tuple[list[str], pl.DataFrame]:
    check_size(len(data), name, limit)
    try:
        found = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise BadInput("不是可以打开的 .parquet 文件", file=name) from None
    columns = [_spelt(found.get_column(head), head, name).alias(f"c{i}") for i, head in enumerate(found.columns)]
    return list(found.columns), pl.DataFrame(columns).with_columns(_clean(pl.all())) if columns else pl.DataFrame()


def _spelt(column: pl.Series, head: str, name: str) -> pl.Series:
    kind = column.dtype
    if kind == pl.String:
        return column
    if kind == pl.Boolean:
        return column.replace_strict({True: "是", False: "否"}, default=None, return_dtype=pl.String)
    if kind == pl.Date or kind == pl.Datetime:
        return column.cast(pl.Date).cast(pl.String)
    if kind.is_integer() or kind.is_decimal() or kind == pl.Null or kind in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    if kind.is_float():
        texts = [sheets.plain(value) if value == value else "" for value in column.to_list()]
        return pl.Series(texts, dtype=pl.String)
    if kind == pl.List and not kind.inner.is_nested():  # type: ignore[attr-defined]
        return pl.Series(["；".join(_one(item) for item in cell or []) for cell in column.to_list()], dtype=pl.String)
    raise BadInput("这一列不是文字、数字或日期", file=name, field=head)


def _one(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else sheets.plain(value)
