"""Reads and writes the files of the benefits commands; what is unusable is named by file, place and reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from luoshi.kernel.errors import BadInput, system_reason
from luoshi.norms import factfile


def table(name: str) -> tuple[pl.DataFrame, int]:
    """A register, and the line of its first row. CSV cells are read as they are written."""
    path = Path(name)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path), 1
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema=False, encoding="utf8"), 2
    except OSError as error:
        raise BadInput(f"读不了文件：{system_reason(error)}", file=name) from None
    except pl.exceptions.NoDataError:
        raise BadInput("名册是空的", file=name) from None
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"读不了名册：{str(error).splitlines()[0]}", file=name) from None
    raise BadInput("名册应为 .parquet 或 .csv", file=name)


def table_writer(name: str) -> Callable[[pl.DataFrame], None]:
    """How to write `name`; asked for before the work, so that a wrong name costs nothing."""
    path = Path(name)
    if path.suffix not in (".parquet", ".csv"):
        raise BadInput("结果文件应为 .parquet 或 .csv", file=name, field="--out")
    if not path.parent.is_dir():
        raise BadInput("没有这个文件夹", file=name, field="--out")

    def work(frame: pl.DataFrame) -> None:
        partial = path.with_name(path.name + ".part")
        try:
            if path.suffix == ".parquet":
                frame.write_parquet(partial)
            else:
                _flat(frame).write_csv(partial)
            partial.replace(path)
        except OSError as error:
            raise BadInput(f"写不了文件：{system_reason(error)}", file=name, field="--out") from None

    return work


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    return frame.with_columns([_spelt(frame.get_column(name)) for name in nested])


def _spelt(column: pl.Series) -> pl.Series:
    texts = [None if value is None else factfile.to_json(value) for value in column.to_list()]
    return pl.Series(column.name, texts, dtype=pl.String)


def write(name: str, text: str) -> None:
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"写不了文件：{system_reason(error)}", file=name) from None
