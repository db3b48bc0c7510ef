"""What to ask first: of the missing facts, those whose answer would most often settle the matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from luoshi.rules import days
from luoshi.rules.answers import Answers
from luoshi.rules.reading import Scope
from luoshi.rules.rule import PENDING, Rule
from luoshi.rules.tree import Node, Type

_SAMPLES = 6


def rank(
    missing: Iterable[str],
    facts: Mapping[str, Any],
    rule: Rule,
    answers: Answers,
    status: Callable[[Mapping[str, Any]], int],
) -> list[str]:
    """`missing`, those first whose possible answers leave the fewest ways open; ties keep the text's order."""
    names, points = list(missing), _points(rule, answers.values)

    def weight(name: str) -> float:
        samples = list(_samples(rule.scope, name, points.get(name, [])))
        settled = sum(status({**facts, name: value}) != PENDING for value in samples)
        return settled / len(samples) if samples else 0.0

    weights = {name: weight(name) for name in names}
    return sorted(names, key=lambda name: -weights[name])


def decisive(
    missing: Iterable[str], samples: Callable[[str], Iterable[Any]], answer: Callable[[str, Any], bool]
) -> list[str]:
    """The same for any other question: `answer(fact, value)` says whether knowing so would settle it."""
    names = list(missing)

    def weight(name: str) -> float:
        tried = [answer(name, value) for value in samples(name)]
        return sum(tried) / len(tried) if tried else 0.0

    weights = {name: weight(name) for name in names}
    return sorted(names, key=lambda name: -weights[name])


def samples(scope: Scope, name: str) -> list[Any]:
    """A few values a fact may take."""
    return list(_samples(scope, name, []))


def _samples(scope: Scope, name: str, points: list[Any]) -> Iterator[Any]:
    fact = scope.facts.get(name)
    if fact is None:
        return
    kind = fact.type
    if kind.kind == "bool":
        yield from (True, False)
    elif kind.kind == "word":
        yield from range(len(kind.values))
    elif kind.kind == "list":
        yield ()
    elif kind.kind == "text":
        yield from [*points[:_SAMPLES], "\u0000"]
    else:
        yield from _around(kind, points)


def _around(kind: Type, points: list[int]) -> list[int]:
    if kind.kind == "number" and kind.hi - kind.lo < 10:
        return list(range(kind.lo, kind.hi + 1))
    move = days.days_after if kind.kind == "date" else int.__add__
    near = {move(point, step) for point in points[:_SAMPLES] for step in (-1, 0) if kind.lo < point <= kind.hi}
    if not near:
        near = {20250101} if kind.kind == "date" else {kind.lo, kind.hi}
    return sorted(near)


def _points(rule: Rule, settings: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values each fact is compared with, as far as they are constants."""
    cached = _CACHE.get(id(rule))
    if cached is not None and cached[0] is rule:
        return cached[1]
    found: dict[str, list[Any]] = {}
    roots = [condition.node for limb in rule.limbs for condition in rule.conditions(limb)]
    roots += [limb.amount for limb in rule.limbs if limb.amount] + [term.node for term in rule.scope.terms.values()]
    for node in (part for root in roots for part in root.walk()):
        if node.op in ("text_in", "in") and node.args[0].op == "fact":
            found.setdefault(node.args[0].value, []).extend(sorted(node.value))
        elif node.op == "contains" and node.args[0].op == "fact":
            found.setdefault(node.args[0].value, []).append(node.value)
        elif len(node.args) == 2 and node.op in ("eq", "ne", "lt", "le", "gt", "ge"):
            for one, other in (node.args, node.args[::-1]):
                value = _constant(other, settings)
                if one.op == "fact" and value is not None:
                    found.setdefault(one.value, []).append(value)
    _CACHE[id(rule)] = (rule, found)
    return found


def _constant(node: Node, settings: Mapping[str, Any]) -> Any:
    if node.op == "const":
        return node.value
    if node.op == "setting" and node.type.kind in ("number", "date"):
        return settings[node.value]
    return node.args[1].value if node.op == "if" and node.args[1].op == "const" else None


_CACHE: dict[int, tuple[Rule, dict[str, list[Any]]]] = {}
