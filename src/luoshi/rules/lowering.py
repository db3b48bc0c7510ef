"""Lowers a tree to integer columns: for a whole register in Polars, or for any of four SQL dialects.

NULL is not our unknown (engines differ on it), so unknown travels beside the value: a condition is the pair
(surely true, surely false), every other value the pair (value, known). Each step is staged: a column of stage n uses
columns of stages before n only. Bounds from the tree keep every intermediate in 64 bits, fillers included.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from luoshi.rules.tree import Node, Term, Type

X = TypeVar("X")
DEEPEST = 12


class Ops(Protocol[X]):
    """What an execution must offer: 64-bit integers, conditions without null, columns."""

    def column(self, name: str) -> X: ...
    def element(self, name: str) -> X: ...
    def integer(self, value: int) -> X: ...
    def small(self, value: int) -> X: ...  # of a few hundred: a status or a reason, never computed with
    def boolean(self, value: bool) -> X: ...
    def add(self, a: X, b: X) -> X: ...
    def sub(self, a: X, b: X) -> X: ...
    def mul(self, a: X, b: X) -> X: ...
    def over(self, a: X, b: X) -> X:
        """Quotient of `a` ≥ 0 and `b` > 0, rounded down."""
        ...

    def compare(self, op: str, a: X, b: X) -> X: ...
    def both(self, a: X, b: X) -> X: ...
    def either(self, a: X, b: X) -> X: ...
    def no(self, a: X) -> X: ...
    def choose(self, test: X, a: X, b: X) -> X: ...
    def among(self, a: X, values: list[int]) -> X: ...
    def text_among(self, a: X, values: list[str]) -> X: ...
    def contains(self, a: X, part: str) -> X: ...


@dataclass(frozen=True, slots=True)
class Cell(Generic[X]):
    """An expression, the first stage it may stand in, whether repeating it is free. `fixed`: its constant."""

    x: X
    stage: int = 0
    simple: bool = False
    fixed: Any = None
    inner: int = 0  # the same, among the columns of one record
    depth: int = 0  # of the written expression: parsers of SQL have limits


@dataclass(frozen=True, slots=True)
class Value(Generic[X]):
    v: Cell[X]
    known: Cell[X]


@dataclass(frozen=True, slots=True)
class Tri(Generic[X]):
    t: Cell[X]
    f: Cell[X]


@dataclass(slots=True)
class Stage(Generic[X]):
    """Totals over a list's records (list, column, expression), then columns."""

    totals: list[tuple[str, str, X]] = field(default_factory=list)
    columns: list[tuple[str, X]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Inner(Generic[X]):
    """A column of a list's records: usable once the subject's stage is reached, after columns of lower `level`."""

    name: str
    x: X
    stage: int
    level: int


class Lowering(Generic[X]):
    """Lowers nodes against one set of settings."""

    def __init__(
        self,
        ops: Ops[X],
        terms: Mapping[str, Term],
        settings: Mapping[str, Any],
        ruled: frozenset[str],
        as_of: int | None = None,
    ) -> None:
        self.ops, self.terms, self.settings, self.ruled = ops, terms, settings, ruled
        self.as_of = as_of
        self.stages: list[Stage[X]] = []
        self.facts: dict[str, Type] = {}
        self.inner: dict[str, list[Inner[X]]] = {}
        self._terms: dict[str, Value[X] | Tri[X]] = {}
        self._count = 0
        self._element = ""
        self.yes, self.nope = (
            Cell(ops.boolean(True), 0, True, True),
            Cell(ops.boolean(False), 0, True, False),
        )

    # cells

    def stage(self, number: int) -> Stage[X]:
        while len(self.stages) <= number:
            self.stages.append(Stage())
        return self.stages[number]

    def keep(self, cell: Cell[X], name: str = "") -> Cell[X]:
        """`cell` as a column, so that repeating it is free."""
        if cell.simple and not name:
            return cell
        self._count += 1
        name = name or f"c{self._count}"
        if self._element:
            column = Inner(name, cell.x, cell.stage, cell.inner)
            self.inner.setdefault(self._element, []).append(column)
            return Cell(self.ops.column(name), cell.stage, True, inner=cell.inner + 1)
        self.stage(cell.stage).columns.append((name, cell.x))
        return Cell(self.ops.column(name), cell.stage + 1, True)

    def _join(self, x: X, *cells: Cell[X]) -> Cell[X]:
        stage, inner = max(cell.stage for cell in cells), max(cell.inner for cell in cells)
        depth = 1 + max(cell.depth for cell in cells)
        made = Cell(x, stage, inner=inner, depth=depth)
        return self.keep(made) if depth >= DEEPEST else made

    def from_one(self, x: X, cell: Cell[X]) -> Cell[X]:
        """What an operation makes of one cell."""
        return self._join(x, cell)

    def whole(self, value: int) -> Cell[X]:
        return Cell(self.ops.integer(value), 0, True, value)

    def code(self, value: int) -> Cell[X]:
        return Cell(self.ops.small(value), 0, True, value)

    def both(self, a: Cell[X], b: Cell[X]) -> Cell[X]:
        if a.fixed is False or b.fixed is False:
            return self.nope
        if a.fixed is True:
            return b
        return a if b.fixed is True else self._join(self.ops.both(a.x, b.x), a, b)

    def either(self, a: Cell[X], b: Cell[X]) -> Cell[X]:
        if a.fixed is True or b.fixed is True:
            return self.yes
        if a.fixed is False:
            return b
        return a if b.fixed is False else self._join(self.ops.either(a.x, b.x), a, b)

    def no(self, a: Cell[X]) -> Cell[X]:
        if a.fixed is not None:
            return self.nope if a.fixed else self.yes
        return self._join(self.ops.no(a.x), a)

    def pick(self, test: Cell[X], a: Cell[X], b: Cell[X]) -> Cell[X]:
        if test.fixed is not None:
            return a if test.fixed else b
        return self._join(self.ops.choose(test.x, a.x, b.x), test, a, b)

    def pick_bool(self, test: Cell[X], a: Cell[X], b: Cell[X]) -> Cell[X]:
        return self.either(self.both(test, a), self.both(self.no(test), b))

    def math(self, name: str, a: Cell[X], b: Cell[X]) -> Cell[X]:
        if a.fixed is not None and b.fixed is not None:
            return self.whole(_MATH[name](a.fixed, b.fixed))
        work: Callable[[X, X], X] = getattr(self.ops, name)
        return self._join(work(a.x, b.x), a, b)

    def test(self, op: str, a: Cell[X], b: Cell[X]) -> Cell[X]:
        if a.fixed is not None and b.fixed is not None:
            return self.yes if getattr(operator, op)(a.fixed, b.fixed) else self.nope
        return self._join(self.ops.compare(op, a.x, b.x), a, b)

    def among(self, a: Cell[X], values: Iterable[int]) -> Cell[X]:
        if a.fixed is not None:
            return self.yes if a.fixed in set(values) else self.nope
        return self._join(self.ops.among(a.x, sorted(values)), a)

    # nodes

    def tri(self, node: Node) -> Tri[X]:
        result = self.node(node)
        assert isinstance(result, Tri)
        return result

    def value(self, node: Node) -> Value[X]:
        result = self.node(node)
        assert isinstance(result, Value)
        return result

    def node(self, node: Node) -> Value[X] | Tri[X]:
        from luoshi.rules import lowered  # the cases, one function each

        found: Value[X] | Tri[X] = lowered.CASES[node.op](self, node)
        return found

    def term(self, name: str) -> Value[X] | Tri[X]:
        """A term is worked out once and kept as columns."""
        if name not in self._terms:
            outside, self._element = self._element, ""
            found = self.node(self.terms[name].node)
            if isinstance(found, Tri):
                self._terms[name] = Tri(self.keep(found.t), self.keep(found.f))
            else:
                self._terms[name] = Value(self.keep(found.v), self.keep(found.known))
            self._element = outside
        return self._terms[name]

    def settle(self, name: str, node: Node) -> None:
        """Name a result's columns: `name.t`/`name.f`, or `name.v`/`name.k`."""
        found = self.node(node)
        if isinstance(found, Tri):
            self.keep(found.t, f"{name}.t")
            self.keep(found.f, f"{name}.f")
        else:
            self.keep(self.pick(found.known, found.v, self.whole(0)), f"{name}.v")
            self.keep(found.known, f"{name}.k")

    def records(self, owner: str, stage: int) -> list[list[Inner[X]]]:
        """The columns of a list's records that a stage's totals may use, level by level."""
        ready = [column for column in self.inner.get(owner, []) if column.stage <= stage]
        levels = sorted({column.level for column in ready})
        return [[column for column in ready if column.level == level] for level in levels]

    def inside(self, owner: str) -> _Inside[X]:
        return _Inside(self, owner)

    def total(self, owner: str, each: Cell[X]) -> Cell[X]:
        self._count += 1
        name = f"s{self._count}"
        self.stage(each.stage).totals.append((owner, name, each.x))
        return Cell(self.ops.column(name), each.stage + 1, True)

    @property
    def element(self) -> str:
        return self._element


class _Inside(Generic[X]):
    """While looking at a list's records, what is kept becomes a column of the record."""

    def __init__(self, lowering: Lowering[X], owner: str) -> None:
        self.lowering, self.owner, self.outer = lowering, owner, ""

    def __enter__(self) -> None:
        self.outer, self.lowering._element = self.lowering._element, self.owner

    def __exit__(self, *exc: object) -> None:
        self.lowering._element = self.outer


_MATH: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "over": lambda a, b: a // b,
}
