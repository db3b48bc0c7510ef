"""The expression tree: one node class, its types, and the errors that name a place. Everything is exact.

A number is an integer at a fixed `scale` (yuan at scale 2 are fen), a date the integer yyyymmdd, a word of a closed
list its index, so that every execution computes with 64-bit integers and gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from luoshi.kernel.errors import BadInput

INT64 = 2**63 - 1
FIRST_DAY, LAST_DAY = 19000101, 21991231


@dataclass(frozen=True, slots=True)
class Type:
    """What a value may be. `lo`/`hi` bound a number (at its scale) or a date; `values` close a list of words."""

    kind: str  # bool | number | date | word | text | list
    scale: int = 0
    unit: str = ""
    lo: int = 0
    hi: int = 0
    values: tuple[str, ...] = ()
    ordered: bool = False
    fields: tuple[tuple[str, Type], ...] = ()
    most: int = 0  # a list: how many records at most

    def field(self, name: str) -> Type | None:
        return dict(self.fields).get(name)

    def __str__(self) -> str:
        names = {"bool": "是否", "number": "数", "date": "日期", "word": "选项", "text": "文字", "list": "列表"}
        return names[self.kind] + (f"（{self.unit}）" if self.unit else "")


BOOL, TEXT = Type("bool"), Type("text")
DATE = Type("date", lo=FIRST_DAY, hi=LAST_DAY)


def number(lo: int, hi: int, *, scale: int = 0, unit: str = "") -> Type:
    return Type("number", scale=scale, unit=unit, lo=lo, hi=hi)


@dataclass(frozen=True, slots=True)
class Node:
    """One step of an expression. `op` says which; `value` holds its constant, name or table."""

    op: str
    type: Type
    args: tuple[Node, ...] = ()
    value: Any = None

    def walk(self) -> Iterator[Node]:
        yield self
        for arg in self.args:
            yield from arg.walk()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression was written."""

    file: str = ""
    line: int | None = None
    field: str = ""

    def error(self, reason: str, hint: str = "") -> BadInput:
        return BadInput(reason, file=self.file, line=self.line, field=self.field, hint=hint)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that may be known of a subject. `absent`: what is presumed when nobody mentions it (never for null)."""

    name: str
    type: Type
    label: str = ""
    cite: str = ""
    absent: Any = None
    presumed: bool = False
    spellings: Mapping[str, str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.spellings is None:
            object.__setattr__(self, "spellings", {})


@dataclass(frozen=True, slots=True)
class Setting:
    """A named question the text leaves open. `type` bool | number | date | word | words | table."""

    key: str
    kind: str
    type: Type
    default: Any
    options: tuple[str, ...] = ()
    label: str = ""
    cite: str = ""
    spellings: Mapping[str, Any] = None  # type: ignore[assignment]
    keys: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.spellings is None:
            object.__setattr__(self, "spellings", {})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated, sourced value. Between `spans` (first day, last day or None, value) it is not configured: unknown."""

    key: str
    type: Type
    spans: tuple[tuple[int, int | None, int], ...]
    label: str = ""
    cite: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A named part of a rule. With `params` it is expanded where it is used."""

    name: str
    node: Node
    cite: str = ""
    text: str = ""
    source: str = ""


def const(value: int, type: Type | None = None) -> Node:
    return Node("const", type or number(value, value), value=value)


def truth(value: bool) -> Node:
    return Node("const", BOOL, value=value)


def decimal(value: Decimal) -> Node:
    """A literal with a fraction: the scale is the number of its decimals."""
    exponent = value.as_tuple().exponent
    scale = max(0, -exponent) if isinstance(exponent, int) else 0
    whole = int(value.scaleb(scale))
    return Node("const", number(whole, whole, scale=scale), value=whole)


def rescale(node: Node, scale: int, place: Place) -> Node:
    """The same number at a larger scale."""
    step = scale - node.type.scale
    if step == 0:
        return node
    factor = 10**step
    kind = replace(node.type, scale=scale, lo=node.type.lo * factor, hi=node.type.hi * factor)
    if node.op == "const":
        return Node("const", fits(kind, place), value=node.value * factor)
    return Node("mul", fits(kind, place), (node, const(factor)))


def fits(kind: Type, place: Place) -> Type:
    """`kind`, or an error when a value of it may leave 64 bits: bounds make overflow impossible, not unlikely."""
    if kind.kind == "number" and not (kind.lo >= -INT64 and kind.hi <= INT64):
        raise place.error("结果可能超出 64 位整数，请收紧所用事实的上下限", f"{kind.lo} … {kind.hi}")
    return kind
