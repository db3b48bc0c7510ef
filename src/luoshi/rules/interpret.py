"""The traced execution: a tree becomes nested closures over one subject's facts. None is unknown, never false.

Logic is Kleene's. While it runs, `Env.miss` collects the facts whose absence left a value unknown (and only those: what
another part has already decided is dropped), and `Env.used` the settings it leaned on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from luoshi.rules import days
from luoshi.rules.joining import TESTS, half_up
from luoshi.rules.tree import Node, Term

Run = Callable[["Env"], Any]
_UNSET = object()


class Env:
    """One subject: facts in internal form, and what was found on the way."""

    __slots__ = ("facts", "it", "miss", "terms", "used")

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self.miss: list[str] = []
        self.used: dict[str, None] = {}
        self.terms: dict[str, tuple[Any, list[str]]] = {}
        self.it: Mapping[str, Any] = {}


class Maker:
    """Builds closures. `settings` maps a key to its internal value, `ruled` holds the keys somebody has answered."""

    def __init__(self, terms: Mapping[str, Term], settings: Mapping[str, Any], ruled: frozenset[str]) -> None:
        self.terms, self.settings, self.ruled = terms, settings, ruled
        self._made: dict[str, Run] = {}

    def make(self, node: Node) -> Run:
        build: Callable[[Node], Run] | None = getattr(self, "_" + node.op, None)
        if build is not None:
            return build(node)
        return self._strict(node, _STRICT[node.op])

    def _const(self, node: Node) -> Run:
        value = node.value
        return lambda e: value

    _text = _const

    def _fact(self, node: Node) -> Run:
        name = node.value

        def run(e: Env) -> Any:
            value = e.facts.get(name)
            if value is None:
                e.miss.append(name)
            return value

        return run

    def _field(self, node: Node) -> Run:
        name = node.value

        def run(e: Env) -> Any:
            value = e.it.get(name)
            if value is None:
                e.miss.append(e.it["$list"])
            return value

        return run

    def _unknown(self, node: Node) -> Run:
        key = node.value

        def run(e: Env) -> Any:
            e.miss.append(key)
            return None

        return run

    def _setting(self, node: Node) -> Run:
        key, value = node.value, self.settings[node.value]

        def run(e: Env) -> Any:
            e.used[key] = None
            return value

        return run

    def _ruled(self, node: Node) -> Run:
        key, value = node.value, node.value in self.ruled

        def run(e: Env) -> Any:
            e.used[key] = None
            return value

        return run

    def _term(self, node: Node) -> Run:
        name = node.value
        if name not in self._made:
            self._made[name] = self._remembered(name, self.make(self.terms[name].node))
        return self._made[name]

    def _remembered(self, name: str, inner: Run) -> Run:
        def run(e: Env) -> Any:
            kept = e.terms.get(name)
            if kept is None:
                start = len(e.miss)
                kept = e.terms[name] = (inner(e), e.miss[start:])
            elif kept[0] is None:
                e.miss.extend(kept[1])
            return kept[0]

        return run

    def _not(self, node: Node) -> Run:
        inner = self.make(node.args[0])

        def run(e: Env) -> Any:
            value = inner(e)
            return None if value is None else not value

        return run

    def _and(self, node: Node) -> Run:
        return self._junction(node, False)

    def _or(self, node: Node) -> Run:
        return self._junction(node, True)

    def _junction(self, node: Node, decisive: bool) -> Run:
        parts = tuple(self.make(arg) for arg in node.args)

        def run(e: Env) -> Any:
            start, result = len(e.miss), not decisive
            answer: bool | None = result
            for part in parts:
                value = part(e)
                if value is decisive:
                    del e.miss[start:]
                    return decisive
                if value is None:
                    answer = None
            return answer

        return run

    def _if(self, node: Node) -> Run:
        test, yes, no = (self.make(arg) for arg in node.args)

        def run(e: Env) -> Any:
            value = test(e)
            if value is None:
                return None
            return yes(e) if value else no(e)

        return run

    def _known(self, node: Node) -> Run:
        inner = self.make(node.args[0])

        def run(e: Env) -> bool:
            start = len(e.miss)
            value = inner(e)
            del e.miss[start:]
            return value is not None

        return run

    def _first_known(self, node: Node) -> Run:
        first, second = self.make(node.args[0]), self.make(node.args[1])

        def run(e: Env) -> Any:
            start = len(e.miss)
            value = first(e)
            if value is not None:
                return value
            value = second(e)
            if value is not None:
                del e.miss[start:]
            return value

        return run

    def _in(self, node: Node) -> Run:
        inner, values = self.make(node.args[0]), node.value

        def run(e: Env) -> Any:
            value = inner(e)
            return None if value is None else value in values

        return run

    _text_in = _in

    def _in_setting(self, node: Node) -> Run:
        inner, key, values = self.make(node.args[0]), node.value, self.settings[node.value]

        def run(e: Env) -> Any:
            e.used[key] = None
            value = inner(e)
            return None if value is None else value in values

        return run

    def _contains(self, node: Node) -> Run:
        inner, part = self.make(node.args[0]), node.value

        def run(e: Env) -> Any:
            value = inner(e)
            return None if value is None else part in value

        return run

    def _lookup(self, node: Node) -> Run:
        parts, key, table = tuple(self.make(arg) for arg in node.args), node.value, self.settings[node.value]

        def run(e: Env) -> Any:
            e.used[key] = None
            found = tuple(part(e) for part in parts)
            if None in found:
                return None
            value = table.get(found)
            if value is None:
                e.miss.append(key)
            return value

        return run

    def _table(self, node: Node) -> Run:
        key, *parts = (self.make(arg) for arg in node.args)
        tests: tuple[Callable[[int], bool], ...] = node.value

        def run(e: Env) -> Any:
            value = key(e)
            if value is None:
                return None
            for test, part in zip(tests, parts, strict=True):
                if test(value):
                    return part(e)
            return None

        return run

    def _strict(self, node: Node, work: Callable[..., Any]) -> Run:
        """Unknown when any argument is."""
        if len(node.args) == 2 and node.args[1].op == "const" and node.args[0].op == "fact":
            return _with_constant(node.args[0].value, node.args[1].value, work)
        parts = tuple(self.make(arg) for arg in node.args)
        if len(parts) == 2:
            return _pair(parts[0], parts[1], work)

        def run(e: Env) -> Any:
            values = [part(e) for part in parts]
            return None if None in values else work(*values)

        return run

    def _count(self, node: Node) -> Run:
        counted = Node("sum", node.type, (*node.args, Node("const", node.type, value=1)))
        return self._sum(counted)

    def _sum(self, node: Node) -> Run:
        owner, test, value = (self.make(arg) for arg in node.args)

        def run(e: Env) -> Any:
            records = owner(e)
            if records is None:
                return None
            total: int = 0
            unknown = False
            for e.it in records:
                chosen = test(e)
                amount: Any = value(e) if chosen else None
                if chosen is None or (chosen and amount is None):
                    unknown = True
                elif chosen:
                    total += amount
            return None if unknown else total

        return run

    def _any(self, node: Node) -> Run:
        return self._some(node, True)

    def _all(self, node: Node) -> Run:
        return self._some(node, False)

    def _some(self, node: Node, decisive: bool) -> Run:
        owner, test = self.make(node.args[0]), self.make(node.args[1])

        def run(e: Env) -> Any:
            start, records = len(e.miss), owner(e)
            if records is None:
                return None
            answer: bool | None = not decisive
            for e.it in records:
                value = test(e)
                if value is decisive:
                    del e.miss[start:]
                    return decisive
                if value is None:
                    answer = None
            return answer

        return run


def _with_constant(name: str, constant: Any, work: Callable[..., Any]) -> Run:
    def run(e: Env) -> Any:
        value = e.facts.get(name)
        if value is None:
            e.miss.append(name)
            return None
        return work(value, constant)

    return run


def _pair(left: Run, right: Run, work: Callable[..., Any]) -> Run:
    def run(e: Env) -> Any:
        one, two = left(e), right(e)
        return None if one is None or two is None else work(one, two)

    return run


_STRICT: dict[str, Callable[..., Any]] = {
    **TESTS,
    "add": operator.add,
    "mul": operator.mul,
    "neg": operator.neg,
    "min": min,
    "max": max,
    "div": half_up,
    "year": lambda day: day // 10000,
    "years_after": days.years_after,
    "months_after": days.months_after,
    "days_after": days.days_after,
    "months_between": days.months_between,
    "days_between": days.days_between,
}
