"""Joins checked nodes: aligns scales, keeps units apart, works out bounds, refuses what can never matter."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from luoshi.rules.tree import BOOL, Node, Parameter, Place, Type, const, fits, number, rescale, truth

TESTS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
FLIP = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


def _numbers(nodes: Sequence[Node], place: Place) -> list[Node]:
    """The nodes at one scale and with one unit; a bare constant takes the unit of its company."""
    for node in nodes:
        if node.type.kind != "number":
            raise place.error(f"此处应为数，现为{node.type}")
    units = {node.type.unit for node in nodes if node.type.unit}
    bare = [node for node in nodes if not node.type.unit and not _written(node)]
    if len(units) > 1 or (units and bare):
        raise place.error("单位不同，不能相加或比较", "、".join(sorted(units)))
    scale = max(node.type.scale for node in nodes)
    unit = next(iter(units), "")
    aligned = [rescale(node, scale, place) for node in nodes]
    return [replace(node, type=replace(node.type, unit=unit)) for node in aligned]


def _written(node: Node) -> bool:
    """Whether every figure it may give is written in the rule itself, and so takes the unit of its company."""
    if node.op in ("if", "table"):
        return all(_written(arg) for arg in node.args[1:])
    return node.op == "const" or (node.op in ("mul", "neg") and all(_written(arg) for arg in node.args))


def negate(node: Node, place: Place) -> Node:
    (node,) = _numbers([node], place)
    kind = replace(node.type, lo=-node.type.hi, hi=-node.type.lo)
    return Node("const", kind, value=-node.value) if node.op == "const" else Node("neg", kind, (node,))


def add(left: Node, right: Node, place: Place) -> Node:
    left, right = _numbers([left, right], place)
    kind = replace(left.type, lo=left.type.lo + right.type.lo, hi=left.type.hi + right.type.hi)
    return Node("add", fits(kind, place), (left, right))


def multiply(left: Node, right: Node, place: Place) -> Node:
    for node in (left, right):
        if node.type.kind != "number":
            raise place.error(f"此处应为数，现为{node.type}")
    if left.type.unit and right.type.unit:
        raise place.error("两个带单位的数不能相乘")
    corners = [a * b for a in (left.type.lo, left.type.hi) for b in (right.type.lo, right.type.hi)]
    unit = left.type.unit or right.type.unit
    kind = number(min(corners), max(corners), scale=left.type.scale + right.type.scale, unit=unit)
    return Node("mul", fits(kind, place), (left, right))


def divide(top: Node, bottom: Node, scale: int, place: Place) -> Node:
    """`top / bottom` at `scale` decimals, half away from zero. `bottom` must be positive by its bounds."""
    if top.type.kind != "number" or bottom.type.kind != "number":
        raise place.error("div 的前两个参数应为数")
    if bottom.type.unit:
        raise place.error("除数不应带单位")
    if bottom.type.lo <= 0:
        raise place.error("除数的下限应大于 0")
    shift = scale + bottom.type.scale - top.type.scale
    up, down = 10 ** max(0, shift), 10 ** max(0, -shift)
    top = rescale(top, top.type.scale + max(0, shift), place) if up > 1 else top
    bottom = rescale(bottom, bottom.type.scale + max(0, -shift), place) if down > 1 else bottom
    most = max(abs(top.type.lo), abs(top.type.hi))
    fits(number(0, 2 * most + bottom.type.hi), place)  # the largest thing computed on the way
    ends = [half_up(a, b) for a in (top.type.lo, top.type.hi) for b in (bottom.type.lo, bottom.type.hi)]
    return Node("div", number(min(ends), max(ends), scale=scale, unit=top.type.unit), (top, bottom))


def half_up(top: int, bottom: int) -> int:
    """Rounded quotient, half away from zero; `bottom` > 0."""
    size = (2 * abs(top) + bottom) // (2 * bottom)
    return -size if top < 0 else size


def extreme(op: str, nodes: Sequence[Node], place: Place) -> Node:
    """The smallest or largest of numbers, or of dates."""
    if len(nodes) < 2:
        raise place.error(f"{op} 至少要两个值")
    if all(node.type.kind == "date" for node in nodes):
        aligned = list(nodes)
    else:
        aligned = _numbers(nodes, place)
    pick = min if op == "min" else max
    kind = replace(aligned[0].type, lo=pick(n.type.lo for n in aligned), hi=pick(n.type.hi for n in aligned))
    return Node(op, kind, tuple(aligned))


def same(left: Node, right: Node, place: Place) -> tuple[Node, Node]:
    """Two nodes made comparable: numbers aligned, a written word turned into the option it names."""
    if left.type.kind == "number" and right.type.kind == "number":
        one, two = _numbers([left, right], place)
        return one, two
    if left.op == "text" and right.type.kind == "word":
        return word(left, right.type, place), right
    if right.op == "text" and left.type.kind == "word":
        return left, word(right, left.type, place)
    if left.type.kind != right.type.kind:
        raise place.error(f"类型不符：{left.type}与{right.type}")
    if left.type.kind == "word" and left.type.values != right.type.values:
        raise place.error("选项不同，不能比较")
    return left, right


def word(text: Node, kind: Type, place: Place) -> Node:
    if text.value not in kind.values:
        raise place.error(f"没有选项“{text.value}”", "可选：" + "、".join(kind.values))
    index = kind.values.index(text.value)
    return Node("const", kind, value=index)


def compare(op: str, left: Node, right: Node, place: Place) -> Node:
    left, right = same(left, right, place)
    kind = left.type.kind
    if kind in ("bool", "list") or (kind == "text" and (op not in ("eq", "ne") or "text" not in (left.op, right.op))):
        raise place.error(f"{left.type}不能这样比较")
    if kind == "word" and op not in ("eq", "ne") and not left.type.ordered:
        raise place.error("选项没有先后，不能比较大小")
    if kind == "text":
        fact, text = (left, right) if right.op == "text" else (right, left)
        test = Node("text_in", BOOL, (fact,), frozenset([text.value]))
        return test if op == "eq" else Node("not", BOOL, (test,))
    if kind in ("number", "date"):
        _can_differ(op, left.type, right.type, place)
    return Node(op, BOOL, (left, right))


def _can_differ(op: str, left: Type, right: Type, place: Place) -> None:
    """A comparison whose bounds already decide it makes a branch unreachable."""
    always = {
        "lt": (left.hi < right.lo, left.lo >= right.hi),
        "le": (left.hi <= right.lo, left.lo > right.hi),
        "gt": (left.lo > right.hi, left.hi <= right.lo),
        "ge": (left.lo >= right.hi, left.hi < right.lo),
        "eq": (left.lo == left.hi == right.lo == right.hi, left.hi < right.lo or left.lo > right.hi),
        "ne": (left.hi < right.lo or left.lo > right.hi, left.lo == left.hi == right.lo == right.hi),
    }[op]
    if any(always):
        raise place.error("条件永远成立" if always[0] else "条件永远不成立，分支走不到")


def among(left: Node, items: Sequence[Node], place: Place) -> Node:
    if not items:
        raise place.error("集合是空的，条件永远不成立")
    if left.type.kind == "text":
        texts = [item.value for item in items if item.op == "text"]
        if len(texts) != len(items) or len(set(texts)) != len(texts):
            raise place.error("集合应为不重复的文字")
        return Node("text_in", BOOL, (left,), frozenset(texts))
    pairs = [same(left, item, place) for item in items]
    left = max((pair[0] for pair in pairs), key=lambda node: node.type.scale)
    values = [pair[1].value for pair in pairs]
    if any(pair[1].op != "const" for pair in pairs) or len(set(values)) != len(values):
        raise place.error("集合应为不重复的常量")
    if any(pair[0].type.scale != left.type.scale for pair in pairs):
        raise place.error("集合中的小数位数应一致")
    if left.type.kind == "number" and any(not left.type.lo <= value <= left.type.hi for value in values):
        raise place.error("集合中有永远取不到的值")
    return Node("in", BOOL, (left,), frozenset(values))


def choose(test: Node, yes: Node, no: Node, place: Place) -> Node:
    if test.op == "const":
        raise place.error("分支永远走不到：条件是常量")
    if yes.type.kind == "bool" and no.type.kind == "bool":
        return Node("if", BOOL, (test, yes, no))
    yes, no = same(yes, no, place)
    if yes.type.kind in ("text", "list"):
        raise place.error(f"{yes.type}不能作为分支的结果")
    kind = replace(yes.type, lo=min(yes.type.lo, no.type.lo), hi=max(yes.type.hi, no.type.hi))
    return Node("if", kind, (test, yes, no))


def first_known(nodes: Sequence[Node], place: Place) -> Node:
    result = nodes[-1]
    for node in reversed(nodes[:-1]):
        if node.type.kind == result.type.kind == "bool":
            result = Node("first_known", BOOL, (node, result))
            continue
        one, two = same(node, result, place)
        kind = replace(one.type, lo=min(one.type.lo, two.type.lo), hi=max(one.type.hi, two.type.hi))
        result = Node("first_known", kind, (one, two))
    return result


def over(name: str, owner: Node, inner: Sequence[Node], place: Place) -> Node:
    """A question about the records of a list: any, all, count (with a condition) or sum (of a number, with one)."""
    most = owner.type.most
    if name == "sum":
        value = inner[0] if inner else Node("field", owner.type.field("it") or BOOL, value="it")
        test = inner[1] if len(inner) > 1 else truth(True)
        if value.type.kind != "number" or test.type.kind != "bool" or len(inner) > 2:
            raise place.error("写法：sum(列表, 数, 条件)")
        kind = replace(value.type, lo=min(0, value.type.lo * most), hi=max(0, value.type.hi * most))
        return Node("sum", fits(kind, place), (owner, test, value))
    test = inner[0] if inner else truth(True)
    if len(inner) > 1 or test.type.kind != "bool" or (name in ("any", "all") and not inner):
        raise place.error(f"写法：{name}(列表, 条件)")
    return Node(name, number(0, most) if name == "count" else BOOL, (owner, test))


def parameter(found: Parameter, on: Node) -> Node:
    """The value in force on a day, as a chain of choices; outside every span it is not configured: unknown."""
    result = Node("unknown", found.type, value=found.key)
    for first, last, value in sorted(found.spans):
        inside = Node("ge", BOOL, (on, const(first, replace(on.type, lo=first, hi=first))))
        if last is not None:
            inside = Node(
                "and", BOOL, (inside, Node("le", BOOL, (on, const(last, replace(on.type, lo=last, hi=last)))))
            )
        result = Node("if", found.type, (inside, const(value, replace(found.type, lo=value, hi=value)), result))
    return result
