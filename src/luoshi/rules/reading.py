"""Reads expressions. The grammar is a small part of Python's, read with Python's own parser and never run as Python.

    star in {4, 5} and turnover >= turnover_min          facts, parameters, terms by name
    s1.upgrade_policy == "full"                           settings by key
    any(prior_awards, it.limb == "star" and it.star < star)      records: `it` is the one looked at
    base - refund if refund > 0 else base                 a choice

Every name, type, bound and constant comparison is checked while reading.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from luoshi.kernel.errors import quoted
from luoshi.rules import calls, contradictions, days, joining
from luoshi.rules.tree import BOOL, DATE, TEXT, Fact, Node, Parameter, Place, Setting, Term, Type, const, decimal, truth

DEEPEST = 60
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Macro:
    """A term with parameters: expanded where it is used."""

    name: str
    params: tuple[str, ...]
    source: str
    place: Place


@dataclass(slots=True)
class Scope:
    """The names an expression may use."""

    facts: dict[str, Fact] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    macros: dict[str, Macro] = field(default_factory=dict)
    bound: Mapping[str, Node] = field(default_factory=dict)
    element: Type | None = None

    def __post_init__(self) -> None:
        self.facts.setdefault("as_of", Fact("as_of", DATE, "决定日期"))

    def inside(self, element: Type) -> Scope:
        return replace(self, element=element)

    def taken(self, name: str) -> bool:
        return any(name in names for names in (self.facts, self.parameters, self.terms, self.macros, self.settings))


def read(source: Any, scope: Scope, place: Place, want: Type | None = None) -> Node:
    """The expression `source` as a checked tree. `want` names the type expected. Raises BadInput with the place."""
    text = source if isinstance(source, str) else ("true" if source is True else str(source))
    try:
        parsed = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise place.error(f"表达式写法有误：{quoted(text)}", str(getattr(error, "msg", error))) from None
    node = _Reader(text.strip(), scope, place).node(parsed, 0)
    if want is not None and want.kind != node.type.kind:
        raise place.error(f"类型不符：应为{want}，现为{node.type}", text.strip()[:60])
    contradictions.refuse(node, scope.terms, place)
    return node


class _Reader:
    def __init__(self, source: str, scope: Scope, place: Place) -> None:
        self.source, self.scope, self.place = source, scope, place

    def node(self, tree: ast.expr, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.place.error("表达式嵌套过深")
        name = "_" + type(tree).__name__.lower()
        method = getattr(self, name, None)
        if method is None:
            raise self.place.error(f"不支持的写法：{ast.get_source_segment(self.source, tree) or name}")
        result: Node = method(tree, depth + 1)
        return result

    def _constant(self, tree: ast.Constant, depth: int) -> Node:
        value = tree.value
        if isinstance(value, bool):
            return truth(value)
        if isinstance(value, int):
            return const(value)
        if isinstance(value, float):  # the written digits, not the float Python made of them
            text = ast.get_source_segment(self.source, tree) or ""
            if not text.replace("_", "").replace(".", "").isdigit():
                raise self.place.error(f"数字写法有误：{text}")
            return decimal(Decimal(text.replace("_", "")))
        if isinstance(value, str):
            return Node("text", TEXT, value=value)
        raise self.place.error(f"不支持的常量：{quoted(value)}")

    def _name(self, tree: ast.Name, depth: int) -> Node:
        return self.look_up(tree.id)

    def look_up(self, name: str) -> Node:
        scope = self.scope
        if name in ("true", "false"):
            return truth(name == "true")
        if name == "it" and scope.element is not None and (only := scope.element.field("it")):
            return Node("field", only, value="it")
        if name in scope.bound:
            return scope.bound[name]
        if fact := scope.facts.get(name):
            return Node("fact", fact.type, value=name)
        if term := scope.terms.get(name):
            return Node("term", term.node.type, value=name)
        if parameter := scope.parameters.get(name):
            return joining.parameter(parameter, Node("fact", DATE, value="as_of"))
        if setting := scope.settings.get(name):
            return Node("setting", setting.type, value=name)
        raise self.place.error(f"没有这个名称：{name}", self._near(name))

    def _near(self, name: str) -> str:
        import difflib

        known = [*self.scope.facts, *self.scope.terms, *self.scope.parameters, *self.scope.settings]
        close = difflib.get_close_matches(name, known, 1)
        return f"是否应为 {close[0]}" if close else ""

    def _attribute(self, tree: ast.Attribute, depth: int) -> Node:
        if not isinstance(tree.value, ast.Name):
            raise self.place.error("不支持多级的“.”")
        owner, name = tree.value.id, tree.attr
        if owner == "it" and self.scope.element is not None:
            kind = self.scope.element.field(name)
            if kind is None:
                raise self.place.error(f"记录没有字段：it.{name}")
            return Node("field", kind, value=name)
        return self.look_up(f"{owner}.{name}")

    def _boolop(self, tree: ast.BoolOp, depth: int) -> Node:
        parts = [self._bool(value, depth) for value in tree.values]
        for i, part in enumerate(parts):
            if part in parts[:i]:
                raise self.place.error("同一条件写了两次", ast.get_source_segment(self.source, tree.values[i]) or "")
        return Node("and" if isinstance(tree.op, ast.And) else "or", BOOL, tuple(parts))

    def _bool(self, tree: ast.expr, depth: int) -> Node:
        node = self.node(tree, depth)
        if node.type.kind != "bool":
            raise self.place.error(f"此处应为条件，现为{node.type}", ast.get_source_segment(self.source, tree) or "")
        return node

    def _unaryop(self, tree: ast.UnaryOp, depth: int) -> Node:
        if isinstance(tree.op, ast.Not):
            return Node("not", BOOL, (self._bool(tree.operand, depth),))
        if isinstance(tree.op, ast.USub):
            return joining.negate(self.node(tree.operand, depth), self.place)
        raise self.place.error("不支持的运算符")

    def _binop(self, tree: ast.BinOp, depth: int) -> Node:
        left, right = self.node(tree.left, depth), self.node(tree.right, depth)
        if isinstance(tree.op, ast.Add):
            return joining.add(left, right, self.place)
        if isinstance(tree.op, ast.Sub):
            return joining.add(left, joining.negate(right, self.place), self.place)
        if isinstance(tree.op, ast.Mult):
            return joining.multiply(left, right, self.place)
        raise self.place.error("不支持的运算符；除法请用 div(被除数, 除数, 小数位)，四舍五入")

    def _compare(self, tree: ast.Compare, depth: int) -> Node:
        left = self.node(tree.left, depth)
        parts: list[Node] = []
        for op, right in zip(tree.ops, tree.comparators, strict=True):
            if isinstance(op, ast.In | ast.NotIn):
                test = self._among(left, right, depth)
                parts.append(Node("not", BOOL, (test,)) if isinstance(op, ast.NotIn) else test)
            elif type(op) in _COMPARE:
                other = self.node(right, depth)
                parts.append(joining.compare(_COMPARE[type(op)], left, other, self.place))
                left = other
            else:
                raise self.place.error("不支持的比较")
        return parts[0] if len(parts) == 1 else Node("and", BOOL, tuple(parts))

    def _among(self, left: Node, right: ast.expr, depth: int) -> Node:
        if isinstance(right, ast.Set | ast.List | ast.Tuple):
            items = [self.node(item, depth) for item in right.elts]
            return joining.among(left, items, self.place)
        key = ast.get_source_segment(self.source, right) or ""
        setting = self.scope.settings.get(key)
        if setting is None or setting.kind != "words":
            raise self.place.error(f"in 的右边应为集合或列表型的口径：{key}")
        if left.type.kind == "word" and left.type.values != setting.options:
            raise self.place.error(f"选项不同，不能比较：{key}")
        if left.type.kind not in ("word", "text"):
            raise self.place.error(f"类型不符：{left.type}不能与{key}比较")
        return Node("in_setting", BOOL, (left,), key)

    def _ifexp(self, tree: ast.IfExp, depth: int) -> Node:
        test, tests = self._bool(tree.test, depth), set[Node]()
        other: ast.expr = tree.orelse
        while isinstance(other, ast.IfExp):  # the same test further down can never be reached
            tests.add(self._bool(other.test, depth))
            other = other.orelse
        if test in tests:
            raise self.place.error(
                "分支永远走不到：条件与前面相同", ast.get_source_segment(self.source, tree.test) or ""
            )
        return joining.choose(test, self.node(tree.body, depth), self.node(tree.orelse, depth), self.place)

    def _call(self, tree: ast.Call, depth: int) -> Node:
        if not isinstance(tree.func, ast.Name) or tree.keywords:
            raise self.place.error("不支持的调用写法")
        name = tree.func.id
        if macro := self.scope.macros.get(name):
            return self._expand(macro, tree, depth)
        if name == "date":
            return self._date(tree)
        if name in ("ruled", "lookup"):
            return self._about_setting(name, tree, depth)
        if name in ("any", "all", "count", "sum"):
            return self._over(name, tree, depth)
        if name == "at":
            return self._at(tree, depth)
        return calls.build(name, [self.node(arg, depth) for arg in tree.args], self.place)

    def _expand(self, macro: Macro, tree: ast.Call, depth: int) -> Node:
        if len(tree.args) != len(macro.params):
            raise self.place.error(f"{macro.name} 应有 {len(macro.params)} 个参数")
        bound = {name: self.node(arg, depth) for name, arg in zip(macro.params, tree.args, strict=True)}
        inner = _Reader(macro.source, replace(self.scope, bound=bound, element=None), macro.place)
        return inner.node(ast.parse(macro.source, mode="eval").body, depth)

    def _date(self, tree: ast.Call) -> Node:
        try:
            (arg,) = tree.args
            day = days.to_int(date.fromisoformat(ast.literal_eval(arg)))
        except (ValueError, TypeError):
            raise self.place.error("日期应写作 date('2024-07-19')") from None
        return Node("const", Type("date", lo=day, hi=day), value=day)

    def _setting(self, tree: ast.expr) -> Setting:
        key = ast.get_source_segment(self.source, tree) or ""
        if key not in self.scope.settings:
            raise self.place.error(f"没有这个口径：{key}")
        return self.scope.settings[key]

    def _about_setting(self, name: str, tree: ast.Call, depth: int) -> Node:
        if not tree.args:
            raise self.place.error(f"{name} 缺少口径")
        setting = self._setting(tree.args[0])
        if name == "ruled":
            return Node("ruled", BOOL, value=setting.key)
        args = tuple(self.node(arg, depth) for arg in tree.args[1:])
        if setting.kind != "table" or tuple(arg.type.values for arg in args) != setting.keys:
            raise self.place.error(f"{setting.key} 的表头与参数不符")
        return Node("lookup", setting.type, args, setting.key)

    def _over(self, name: str, tree: ast.Call, depth: int) -> Node:
        if not tree.args:
            raise self.place.error(f"{name} 缺少列表")
        if self.scope.element is not None:
            raise self.place.error(f"{name} 不能套在另一个列表的条件里", "先用一个名称算好")
        owner = self.node(tree.args[0], depth)
        if owner.type.kind != "list":
            raise self.place.error(f"{name} 的第一个参数应为列表，现为{owner.type}")
        inner = _Reader(self.source, self.scope.inside(owner.type), self.place)
        return joining.over(name, owner, [inner.node(arg, depth) for arg in tree.args[1:]], self.place)

    def _at(self, tree: ast.Call, depth: int) -> Node:
        if (
            len(tree.args) != 2
            or not isinstance(tree.args[0], ast.Name)
            or tree.args[0].id not in self.scope.parameters
        ):
            raise self.place.error("写法：at(参数, 日期)")
        on = self.node(tree.args[1], depth)
        if on.type.kind != "date":
            raise self.place.error("at 的第二个参数应为日期")
        return joining.parameter(self.scope.parameters[tree.args[0].id], on)
