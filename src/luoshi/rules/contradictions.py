"""Conditions that contradict one another: found when a rule is read, because nothing behind them can be reached.

Looked at are comparisons of one value (a fact, a field of a record, a setting, a term) with constants. What they leave
of its values is exact for `and`, for `or` of the same value and for `not`; anything else leaves everything possible, so
that nothing is refused that could hold. `x >= 6 or x < 6` is left alone: it asks whether x is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from luoshi.rules import days
from luoshi.rules.joining import FLIP
from luoshi.rules.tree import Node, Place, Term, Type

NOT = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
_NAMED = ("fact", "field", "setting", "term")
Key = tuple[str, str]  # which value: its kind of name, its name


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts a value may be: those listed, or all but those."""

    listed: frozenset[str]
    others: bool = False

    def meet(self, other: Texts) -> Texts:
        if self.others and other.others:
            return Texts(self.listed | other.listed, True)
        if self.others or other.others:
            some, out = (other, self) if self.others else (self, other)
            return Texts(some.listed - out.listed)
        return Texts(self.listed & other.listed)

    def join(self, other: Texts) -> Texts:
        met = self.turned().meet(other.turned())
        return met.turned()

    def turned(self) -> Texts:
        return Texts(self.listed, not self.others)

    def empty(self) -> bool:
        return not self.listed and not self.others


@dataclass(frozen=True, slots=True)
class Spans:
    """Whole numbers a value may be: closed spans in order, apart from one another. Days are counted, words numbered."""

    spans: tuple[tuple[int, int], ...]

    def meet(self, other: Spans) -> Spans:
        met = [(max(a, c), min(b, d)) for a, b in self.spans for c, d in other.spans]
        return Spans(tuple(sorted((a, b) for a, b in met if a <= b)))

    def join(self, other: Spans) -> Spans:
        made: list[tuple[int, int]] = []
        for a, b in sorted(self.spans + other.spans):
            if made and a <= made[-1][1] + 1:
                made[-1] = (made[-1][0], max(made[-1][1], b))
            else:
                made.append((a, b))
        return Spans(tuple(made))

    def empty(self) -> bool:
        return not self.spans


Left = dict[Key, Texts | Spans]  # what is left of each value; one not named may be anything


def refuse(node: Node, terms: Mapping[str, Term], place: Place) -> None:
    """BadInput when some part of `node` can never hold, or a branch of it can never be reached."""
    for part in node.walk():
        if part.op in ("and", "or"):
            if name := empty(left(part, terms)):
                raise place.error("条件互相矛盾，永远不成立，分支走不到", name)
        elif part.op == "if":
            _chain(part, terms, place)


def _chain(node: Node, terms: Mapping[str, Term], place: Place) -> None:
    """`a if x > 6 else b if x > 8 else c`: b can never be reached."""
    before: Left = {}
    while node.op == "if":
        if name := empty(meet(before, left(node.args[0], terms))):
            raise place.error("分支永远走不到：前面的条件已经包括它", name)
        before = meet(before, left(node.args[0], terms, turned=True))
        node = node.args[2]


def empty(found: Left) -> str:
    """The name of a value of which nothing is left."""
    return next((name for (_, name), values in found.items() if values.empty()), "")


def left(node: Node, terms: Mapping[str, Term], turned: bool = False) -> Left:
    """What is left of each value where the condition holds; `turned`: where it does not."""
    if node.op == "not":
        return left(node.args[0], terms, not turned)
    if node.op == "term" and node.type.kind == "bool":
        return left(terms[node.value].node, terms, turned) if node.value in terms else {}
    if node.op in ("and", "or"):
        parts = [left(arg, terms, turned) for arg in node.args]
        return _all(parts) if (node.op == "and") is not turned else _any(parts)
    return _one(node, turned)


def meet(one: Left, other: Left) -> Left:
    made = dict(one)
    for key, values in other.items():
        made[key] = made[key].meet(values) if key in made else values  # type: ignore[arg-type]
    return made


def _all(parts: Iterable[Left]) -> Left:
    made: Left = {}
    for part in parts:
        made = meet(made, part)
    return made


def _any(parts: list[Left]) -> Left:
    """Only what every part speaks of is narrowed."""
    made = dict(parts[0])
    for part in parts[1:]:
        made = {key: values.join(part[key]) for key, values in made.items() if key in part}  # type: ignore[arg-type]
    return made


def _one(node: Node, turned: bool) -> Left:
    if node.op in _NAMED and node.type.kind == "bool":
        held = int(not turned)
        return {(node.op, node.value): Spans(((held, held),))}
    if node.op == "text_in" and node.args[0].op in _NAMED:
        return {(node.args[0].op, node.args[0].value): Texts(node.value, turned)}
    if node.op == "in":
        return _numbers("ne" if turned else "eq", node.args[0], sorted(node.value))
    if node.op in NOT:
        op, value, constant = node.op, node.args[0], node.args[1]
        if value.op == "const":
            op, value, constant = FLIP[op], constant, value
        if constant.op == "const":
            return _numbers(NOT[op] if turned else op, value, [constant.value])
    return {}


def _numbers(op: str, node: Node, constants: list[int]) -> Left:
    """`node op constant`, for one of several constants when op is eq, for none of them when it is ne."""
    factor = 1
    if node.op == "mul" and node.args[1].op == "const" and node.args[1].value > 0:  # the value at a larger scale
        node, factor = node.args[0], node.args[1].value
    ends = _ends(node.type)
    if node.op not in _NAMED or ends is None:
        return {}
    made = Spans(()) if op == "eq" else Spans((ends,))
    for constant in constants:
        known = days.ordinal(constant) if node.type.kind == "date" else constant
        spans = Spans(_spans(op, known, factor, ends))
        made = made.join(spans) if op == "eq" else made.meet(spans)
    return {(node.op, node.value): made}


def _ends(kind: Type) -> tuple[int, int] | None:
    if kind.kind == "word":
        return 0, len(kind.values) - 1
    if kind.kind == "date":
        return days.ordinal(kind.lo), days.ordinal(kind.hi)
    return (kind.lo, kind.hi) if kind.kind == "number" else None


def _spans(op: str, constant: int, factor: int, ends: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The whole numbers v between the ends with `v * factor op constant`."""
    lo, hi = ends
    floor, ceiling = constant // factor, -(-constant // factor)
    whole = floor == ceiling
    spans = {
        "lt": [(lo, ceiling - 1)],
        "le": [(lo, floor)],
        "gt": [(floor + 1, hi)],
        "ge": [(ceiling, hi)],
        "eq": [(floor, floor)] if whole else [],
        "ne": [(lo, floor - 1), (floor + 1, hi)] if whole else [(lo, hi)],
    }[op]
    return tuple((max(a, lo), min(b, hi)) for a, b in spans if max(a, lo) <= min(b, hi))
