"""Tables: one value looked at, rows that together cover everything it may be, each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from luoshi.rules import joining
from luoshi.rules.lowering import Cell, Lowering
from luoshi.rules.tree import Node, Place, Type


@dataclass(frozen=True, slots=True)
class Match:
    """What a row answers to: listed values, or a half-open span (`first` included, `end` not)."""

    values: frozenset[int] = frozenset()
    first: int | None = None
    end: int | None = None

    def __call__(self, value: int) -> bool:
        if self.values:
            return value in self.values
        return (self.first is None or value >= self.first) and (self.end is None or value < self.end)

    def cell(self, low: Lowering[Any], v: Cell[Any]) -> Cell[Any]:
        if self.values:
            return low.among(v, self.values)
        above = low.yes if self.first is None else low.test("ge", v, low.whole(self.first))
        return above if self.end is None else low.both(above, low.test("lt", v, low.whole(self.end)))

    def span(self, kind: Type) -> tuple[int, int]:
        return (kind.lo if self.first is None else self.first, kind.hi + 1 if self.end is None else self.end)


@dataclass(frozen=True, slots=True)
class Line:
    """One row as read: what it answers to (constants, already nodes), what it gives, where it stands."""

    given: Node
    place: Place
    listed: tuple[Node, ...] = ()
    first: Node | None = None
    end: Node | None = None
    rest: bool = False


def build(key: Node, lines: Sequence[Line], place: Place) -> Node:
    """The table as one node. A value no row answers to, or two do, is an error that names the rows."""
    if key.type.kind not in ("number", "date", "word"):
        raise place.error(f"表不能按{key.type}查")
    matches = [_match(key, line) for line in lines]
    _check(key.type, matches, lines, place)
    given = _aligned([line.given for line in lines], place)
    low, high = min(node.type.lo for node in given), max(node.type.hi for node in given)
    return Node("table", replace(given[0].type, lo=low, hi=high), (key, *given), tuple(matches))


def _aligned(nodes: list[Node], place: Place) -> list[Node]:
    for i in range(1, len(nodes)):
        nodes[0], nodes[i] = joining.same(nodes[0], nodes[i], place)
    return [joining.same(nodes[0], node, place)[1] for node in nodes]


def _constant(key: Node, node: Node, place: Place) -> int:
    one, other = joining.same(key, node, place)
    if other.op != "const" or one.type.scale != key.type.scale:
        raise place.error("表中的条件应为常量，小数位不超过所查的值")
    return int(other.value)


def _match(key: Node, line: Line) -> Match:
    if line.rest:
        return Match()
    if line.listed:
        return Match(values=frozenset(_constant(key, node, line.place) for node in line.listed))
    first = None if line.first is None else _constant(key, line.first, line.place)
    end = None if line.end is None else _constant(key, line.end, line.place)
    if first is not None and end is not None and first >= end:
        raise line.place.error("空的区间：起点不小于终点")
    return Match(first=first, end=end)


def _check(kind: Type, matches: list[Match], lines: Sequence[Line], place: Place) -> None:
    for i, line in enumerate(lines[:-1]):
        if line.rest:
            raise lines[i + 1].place.error("分支永远走不到：前一行已是其余全部")
    if kind.kind == "word" or any(match.values for match in matches):
        _check_listed(kind, matches, lines, place)
    else:
        _check_spans(kind, matches, lines, place)


def _check_listed(kind: Type, matches: list[Match], lines: Sequence[Line], place: Place) -> None:
    seen: set[int] = set()
    for match, line in zip(matches, lines, strict=True):
        if line.rest:
            continue
        if not match.values:
            raise line.place.error("同一张表不要混用列举和区间")
        for value in sorted(match.values):
            if value in seen:
                raise line.place.error(f"表有重叠：{_show(kind, value)} 出现在两行")
            if kind.kind != "word" and not kind.lo <= value <= kind.hi:
                raise line.place.error(f"分支走不到：{_show(kind, value)} 不在允许范围内")
            seen.add(value)
    everything = range(len(kind.values)) if kind.kind == "word" else range(kind.lo, kind.hi + 1)
    missing = next((value for value in everything if value not in seen), None)
    closed = bool(lines) and lines[-1].rest
    if missing is None and closed:
        raise lines[-1].place.error("分支永远走不到：其余情况已列全")
    if missing is not None and not closed:
        raise place.error(f"表有缺口：没有写明 {_show(kind, missing)} 时如何", "用 rest: 写明其余情况")


def _check_spans(kind: Type, matches: list[Match], lines: Sequence[Line], place: Place) -> None:
    rows = [(match.span(kind), line) for match, line in zip(matches, lines, strict=True) if not line.rest]
    rows.sort(key=lambda row: row[0])
    at, closed = kind.lo, bool(lines) and lines[-1].rest
    gap: int | None = None
    for (first, end), line in rows:
        if first < at:
            raise line.place.error(f"表有重叠：{_show(kind, first)} 起与前一段相交")
        if first > kind.hi or end <= kind.lo:
            raise line.place.error("分支走不到：区间在允许范围之外")
        gap = at if first > at and gap is None else gap
        at = end
    gap = at if at <= kind.hi and gap is None else gap
    if gap is not None and not closed:
        raise place.error(f"表有缺口：没有写明 {_show(kind, gap)} 时如何", "用 rest: 写明其余情况")
    if gap is None and closed:
        raise lines[-1].place.error("分支永远走不到：其余情况已列全")


def _show(kind: Type, value: int) -> str:
    if kind.kind == "word":
        return f"“{kind.values[value]}”"
    if kind.kind == "date":
        return f"{value // 10000}-{value // 100 % 100:02d}-{value % 100:02d}"
    return f"{value / 10**kind.scale:g}{kind.unit}"
