"""What each operation becomes when lowered: one function per operation, shared by Polars and all SQL dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from luoshi.rules import lowered_days
from luoshi.rules.lowering import Cell, Lowering, Tri, Value
from luoshi.rules.tree import Node

X = TypeVar("X")
_Case = Callable[[Lowering[Any], Node], Any]


def _const(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    if node.type.kind == "bool":
        return Tri(low.yes, low.nope) if node.value else Tri(low.nope, low.yes)
    return Value(low.whole(node.value), low.yes)


def _fact(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    name, ops = node.value, low.ops
    if name == "as_of" and low.as_of is not None:
        return Value(low.whole(low.as_of), low.yes)
    low.facts[name] = node.type
    value = Cell(ops.column(f"{name}.v"), 0, True)
    if node.type.kind == "bool":  # the value is false where unknown, so it is "surely true" as it stands
        return Tri(value, Cell(ops.column(f"{name}.f"), 0, True))
    return Value(value, Cell(ops.column(f"{name}.k"), 0, True))


def _field(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    value, known = Cell(low.ops.element(f"{node.value}.v"), 0, True), Cell(low.ops.element(f"{node.value}.k"), 0, True)
    if node.type.kind == "bool":
        return Tri(low.both(known, value), low.both(known, low.no(value)))
    return Value(value, known)


def _unknown(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    if node.type.kind == "bool":
        return Tri(low.nope, low.nope)
    return Value(low.whole(max(node.type.lo, min(0, node.type.hi))), low.nope)


def _setting(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    return _const(low, Node("const", node.type, value=low.settings[node.value]))


def _ruled(low: Lowering[X], node: Node) -> Tri[X]:
    return Tri(low.yes, low.nope) if node.value in low.ruled else Tri(low.nope, low.yes)


def _term(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    return low.term(node.value)


def _not(low: Lowering[X], node: Node) -> Tri[X]:
    inner = low.tri(node.args[0])
    return Tri(inner.f, inner.t)


def _and(low: Lowering[X], node: Node) -> Tri[X]:
    result = low.tri(node.args[0])
    for arg in node.args[1:]:
        other = low.tri(arg)
        result = Tri(low.both(result.t, other.t), low.either(result.f, other.f))
    return result


def _or(low: Lowering[X], node: Node) -> Tri[X]:
    result = low.tri(node.args[0])
    for arg in node.args[1:]:
        other = low.tri(arg)
        result = Tri(low.either(result.t, other.t), low.both(result.f, other.f))
    return result


def _known_test(low: Lowering[X], true: Cell[X], known: Cell[X], cheap: bool = False) -> Tri[X]:
    if not cheap:
        true = low.keep(true)
    return Tri(low.both(known, true), low.both(known, low.no(true)))


def _compare(low: Lowering[X], node: Node) -> Tri[X]:
    a, b = low.value(node.args[0]), low.value(node.args[1])
    return _known_test(low, low.test(node.op, a.v, b.v), low.both(a.known, b.known), a.v.simple and b.v.simple)


def _in(low: Lowering[X], node: Node) -> Tri[X]:
    a = low.value(node.args[0])
    return _known_test(low, low.among(a.v, node.value), a.known, a.v.simple)


def _text_in(low: Lowering[X], node: Node) -> Tri[X]:
    a = low.value(node.args[0])
    return _known_test(low, low.from_one(low.ops.text_among(a.v.x, sorted(node.value)), a.v), a.known)


def _in_setting(low: Lowering[X], node: Node) -> Tri[X]:
    chosen = low.settings[node.value]
    if not chosen:
        return Tri(low.nope, _knowing(low, node.args[0]))
    op = "in" if node.args[0].type.kind == "word" else "text_in"
    return CASES[op](low, Node(op, node.type, node.args, chosen))  # type: ignore[no-any-return]


def _contains(low: Lowering[X], node: Node) -> Tri[X]:
    a = low.value(node.args[0])
    return _known_test(low, low.from_one(low.ops.contains(a.v.x, node.value), a.v), a.known)


def _if(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    test = low.tri(node.args[0])
    if node.type.kind == "bool":
        yes, no = low.tri(node.args[1]), low.tri(node.args[2])
        return Tri(
            low.either(low.both(test.t, yes.t), low.both(test.f, no.t)),
            low.either(low.both(test.t, yes.f), low.both(test.f, no.f)),
        )
    a, b = low.value(node.args[1]), low.value(node.args[2])
    known = low.either(low.both(test.t, a.known), low.both(test.f, b.known))
    return Value(low.pick(test.t, a.v, b.v), known)


def _knowing(low: Lowering[X], node: Node) -> Cell[X]:
    if node.type.kind == "list":
        return Cell(low.ops.column(f"{_list(low, node)}.k"), 0, True)
    found = low.node(node)
    return low.either(found.t, found.f) if isinstance(found, Tri) else found.known


def _known(low: Lowering[X], node: Node) -> Tri[X]:
    known = _knowing(low, node.args[0])
    return Tri(known, low.no(known))


def _first_known(low: Lowering[X], node: Node) -> Value[X] | Tri[X]:
    if node.type.kind == "bool":
        one, two = low.tri(node.args[0]), low.tri(node.args[1])
        open_ = low.no(low.either(one.t, one.f))
        return Tri(low.either(one.t, low.both(open_, two.t)), low.either(one.f, low.both(open_, two.f)))
    a, b = low.value(node.args[0]), low.value(node.args[1])
    return Value(low.pick(a.known, a.v, b.v), low.either(a.known, b.known))


def _math(name: str) -> _Case:
    def case(low: Lowering[X], node: Node) -> Value[X]:
        a, b = low.value(node.args[0]), low.value(node.args[1])
        return Value(low.math(name, a.v, b.v), low.both(a.known, b.known))

    return case


def _neg(low: Lowering[X], node: Node) -> Value[X]:
    a = low.value(node.args[0])
    return Value(low.math("sub", low.whole(0), a.v), a.known)


def _extreme(op: str) -> _Case:
    def case(low: Lowering[X], node: Node) -> Value[X]:
        result = low.value(node.args[0])
        for arg in node.args[1:]:
            other = low.value(arg)
            a, b = low.keep(result.v), low.keep(other.v)
            result = Value(low.pick(low.test(op, a, b), a, b), low.both(result.known, other.known))
        return result

    return case


def _div(low: Lowering[X], node: Node) -> Value[X]:
    top, bottom = low.value(node.args[0]), low.value(node.args[1])
    t, b, two = low.keep(top.v), low.keep(bottom.v), low.whole(2)
    lower = low.whole(max(1, node.args[1].type.lo))
    b = b if bottom.known.fixed is True else low.keep(low.pick(bottom.known, b, lower))
    negative = low.test("lt", t, low.whole(0))
    size = low.keep(low.pick(negative, low.math("sub", low.whole(0), t), t))
    part = low.math("over", low.math("add", low.math("mul", size, two), b), low.math("mul", b, two))
    part = low.keep(part)
    signed = low.pick(negative, low.math("sub", low.whole(0), part), part)
    return Value(signed, low.both(top.known, bottom.known))


def _lookup(low: Lowering[X], node: Node) -> Value[X]:
    keys = [low.value(arg) for arg in node.args]
    value, found = low.whole(0), low.nope
    for wanted, amount in sorted(low.settings[node.value].items()):
        here = low.yes
        for key, want in zip(keys, wanted, strict=True):
            here = low.both(here, low.both(key.known, low.test("eq", key.v, low.whole(want))))
        here = low.keep(here)
        value, found = low.pick(here, low.whole(amount), value), low.either(found, here)
    return Value(value, found)


def _table(low: Lowering[X], node: Node) -> Value[X]:
    from luoshi.rules.tables import Match

    key = low.value(node.args[0])
    v = low.keep(key.v)
    value, known, matches = low.whole(0), low.nope, list(zip(node.value, node.args[1:], strict=True))
    for test, part in reversed(matches):
        assert isinstance(test, Match)
        here = low.keep(test.cell(low, v))
        give = low.value(part)
        value, known = low.pick(here, give.v, value), low.pick_bool(here, give.known, known)
    return Value(value, low.both(key.known, known))


def _list(low: Lowering[X], node: Node) -> str:
    name: str = node.value
    low.facts[name] = node.type
    return name


def _some(low: Lowering[X], node: Node) -> Tri[X]:
    """any: some record surely true / every record surely false; all: the other way round."""
    owner, known = _list(low, node.args[0]), _knowing(low, node.args[0])
    with low.inside(owner):
        test = low.tri(node.args[1])
        one = low.whole(1)
        hit = test.t if node.op == "any" else test.f
        miss = test.f if node.op == "any" else test.t
        hits, rest = low.pick(hit, one, low.whole(0)), low.pick(miss, low.whole(0), one)
    some = low.test("gt", low.total(owner, hits), low.whole(0))
    none = low.test("eq", low.total(owner, rest), low.whole(0))
    decided, settled = low.both(known, some), low.both(known, none)
    return Tri(decided, settled) if node.op == "any" else Tri(settled, decided)


def _count(low: Lowering[X], node: Node) -> Value[X]:
    return _sum(low, Node("sum", node.type, (*node.args, Node("const", node.type, value=1))))


def _sum(low: Lowering[X], node: Node) -> Value[X]:
    owner, known = _list(low, node.args[0]), _knowing(low, node.args[0])
    with low.inside(owner):
        test, value = low.tri(node.args[1]), low.value(node.args[2])
        zero, one = low.whole(0), low.whole(1)
        each = low.pick(low.both(test.t, value.known), value.v, zero)
        sure = low.either(test.f, low.both(test.t, value.known))
        doubts = low.pick(sure, zero, one)
    total = low.total(owner, each)
    if doubts.fixed == 0:
        return Value(total, known)
    return Value(total, low.both(known, low.test("eq", low.total(owner, doubts), low.whole(0))))


CASES: dict[str, _Case] = {
    "const": _const, "fact": _fact, "field": _field, "unknown": _unknown, "setting": _setting, "ruled": _ruled,
    "term": _term, "not": _not, "and": _and, "or": _or, "in": _in, "text_in": _text_in, "in_setting": _in_setting,
    "contains": _contains, "if": _if, "known": _known, "first_known": _first_known,
    "add": _math("add"), "mul": _math("mul"), "neg": _neg, "min": _extreme("lt"), "max": _extreme("gt"), "div": _div,
    "lookup": _lookup, "table": _table, "any": _some, "all": _some, "count": _count, "sum": _sum,
    **lowered_days.CASES,
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), _compare),
}  # fmt: skip
