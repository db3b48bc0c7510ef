"""What a pack of a district's documents is made of: typed rows that know the file and line they came from.

A room that reads something from packs has a `pack.py` with `SECTIONS` (file → model of one row), and, as it needs
them, `index(pack)`, `check(pack)`, `compare(one, two)`, `load(pack, context)` and `runs(pack)`. Reading, checking and
loading are in `luoshi.norms.packs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a pack, in plain words, with its place. `line` counts from 1; 0 = the file as a whole.

    `grave` false: worth saying, but the pack can be loaded.
    """

    file: str
    line: int
    field: str
    reason: str
    grave: bool = True

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.field, self.reason) if part)


class Row(BaseModel):
    """One row of a section. Strict: a number is not read as text, an unknown field is a mistake."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    # True for a file that holds one mapping (pack.yaml) instead of a list of rows.
    SINGLE: ClassVar[bool] = False


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Entry(Generic[R]):
    """A row with its place. `slug` is the instrument whose folder it lies in, "" at pack level."""

    row: R
    file: str
    lines: Mapping[Loc, int]
    slug: str = ""

    def line(self, *loc: str | int) -> int:
        """The line of a field; of the nearest field around it when it has none of its own."""
        for end in range(len(loc), -1, -1):
            if loc[:end] in self.lines:
                return self.lines[loc[:end]]
        return 0

    def problem(self, reason: str, *loc: str | int) -> Problem:
        return Problem(self.file, self.line(*loc), spell(loc), reason)


@dataclass(slots=True)
class Pack:
    """A pack as read from disk, before or after checking. Rows that failed their model are not in it."""

    id: str
    folder: Path
    digest: str = ""
    entries: dict[type[Row], list[Entry[Any]]] = field(default_factory=dict)
    # Everything a citation may point to; what a printed name may mean, by (name, slug of the document that prints it).
    cites: set[str] = field(default_factory=set)
    resolve: Callable[[str, str], list[str]] = lambda name, slug: []
    # The documents' own text without blanks, when a file was given to compare with.
    text: str = ""

    def of(self, model: type[R]) -> list[Entry[R]]:
        """The rows of one model, in file order."""
        return self.entries.get(model, [])

    def in_instrument(self, model: type[R], slug: str) -> list[Entry[R]]:
        return [entry for entry in self.of(model) if entry.slug == slug]


@dataclass(slots=True)
class Context:
    """What `load` gets besides the pack: who loads, and the counts that the ledger entry and the command report."""

    by: Any
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, number: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + number


def spell(loc: Loc) -> str:
    """`("targets", 0, "value")` → `targets[1].value`: places are counted from 1, as people do."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def repeated(entries: list[Entry[R]], key: Callable[[R], str], name: str) -> Iterator[Problem]:
    """A problem for each row whose key an earlier row has already used."""
    seen: dict[str, Entry[R]] = {}
    for entry in entries:
        value = key(entry.row)
        if first := seen.get(value):
            yield entry.problem(f"“{value}”重复：{first.file} 第{first.line(name)}行已有", name)
        else:
            seen[value] = entry


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"日历上没有“{value}”这一天") from None
    raise ValueError(f"应为日期，如 2024-12-31，现为“{value}”")


def _exact(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"应为数字，现为“{value}”")
    if not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        raise ValueError(f"应为数字（不带单位、不带千分号），现为“{value}”")
    return Decimal(str(value))


def _plain(value: Any) -> Any:
    """Facts as JSON without floats: an exact number with a fraction travels as its text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


Day = Annotated[date, BeforeValidator(_day)]
Exact = Annotated[Decimal, BeforeValidator(_exact)]
Facts = Annotated[dict[str, Any], BeforeValidator(_plain)]
Plain = Annotated[Any, BeforeValidator(_plain)]
