"""The functions of the language: rounding, smallest and largest, known, dates, parts of a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from luoshi.rules import days, joining
from luoshi.rules.tree import BOOL, DATE, Node, Place, number

_Build = Callable[[Sequence[Node], Place], Node]


def build(name: str, args: Sequence[Node], place: Place) -> Node:
    maker = _CALLS.get(name)
    if maker is None:
        raise place.error(
            f"没有这个函数：{name}", "可用：" + "、".join([*_CALLS, "any", "all", "count", "sum", "lookup"])
        )
    return maker(args, place)


def _known(args: Sequence[Node], place: Place) -> Node:
    if len(args) != 1:
        raise place.error("known 只能有一个参数")
    return Node("known", BOOL, tuple(args))


def _first_known(args: Sequence[Node], place: Place) -> Node:
    if len(args) < 2:
        raise place.error("first_known 至少要两个值")
    return joining.first_known(args, place)


def _div(args: Sequence[Node], place: Place) -> Node:
    if len(args) != 3 or args[2].op != "const" or not 0 <= args[2].value <= 8:
        raise place.error("写法：div(被除数, 除数, 小数位)")
    return joining.divide(args[0], args[1], args[2].value, place)


def _round(args: Sequence[Node], place: Place) -> Node:
    if len(args) != 2 or args[1].op != "const" or not 0 <= args[1].value <= 8:
        raise place.error("写法：round(数, 小数位)")
    return joining.divide(args[0], Node("const", number(1, 1), value=1), args[1].value, place)


def _contains(args: Sequence[Node], place: Place) -> Node:
    if len(args) != 2 or args[0].type.kind != "text" or args[1].op != "text" or not args[1].value:
        raise place.error("写法：contains(文字事实, '常量')")
    return Node("contains", BOOL, (args[0],), args[1].value)


def _moved(op: str, most: int) -> _Build:
    def make(args: Sequence[Node], place: Place) -> Node:
        if len(args) != 2 or args[0].type.kind != "date" or args[1].type.kind != "number" or args[1].type.scale:
            raise place.error(f"写法：{op}(日期, 整数)")
        by = args[1].type
        if by.lo < -most or by.hi > most:
            raise place.error(f"{op} 的位移应在 ±{most} 之内")
        move = getattr(days, op)
        return Node(op, replace(DATE, lo=move(args[0].type.lo, by.lo), hi=move(args[0].type.hi, by.hi)), tuple(args))

    return make


def _between(op: str, most: int) -> _Build:
    def make(args: Sequence[Node], place: Place) -> Node:
        if len(args) != 2 or any(arg.type.kind != "date" for arg in args):
            raise place.error(f"写法：{op}(起, 止)")
        return Node(op, number(0 if op == "months_between" else -most, most), tuple(args))

    return make


def _year(args: Sequence[Node], place: Place) -> Node:
    if len(args) != 1 or args[0].type.kind != "date":
        raise place.error("写法：year(日期)")
    return Node("year", number(args[0].type.lo // 10000, args[0].type.hi // 10000), tuple(args))


def _extreme(op: str) -> _Build:
    return lambda args, place: joining.extreme(op, args, place)


_CALLS: dict[str, _Build] = {
    "known": _known,
    "first_known": _first_known,
    "div": _div,
    "round": _round,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "contains": _contains,
    "years_after": _moved("years_after", 200),
    "months_after": _moved("months_after", 2400),
    "days_after": _moved("days_after", 40000),
    "months_between": _between("months_between", 12000),
    "days_between": _between("days_between", 400000),
    "year": _year,
}
