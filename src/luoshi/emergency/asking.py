"""What to ask next: the unknown facts that could still change the answer, most decisive first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from luoshi.emergency.grading import Grade, Grader
from luoshi.emergency.vocabulary import MANY, Vocabulary
from luoshi.rules.interpret import Env

GATE_FIRST = 1_000_000


def ask(
    words: Vocabulary, grader: Grader, facts: Mapping[str, Any], warning: Grade, response: Grade, scope: Iterable[str]
) -> list[str]:
    """Given facts by how often an answer to them alone changes a level, then by how close their conditions are."""
    if grader.gate(Env(facts)) is False:
        return []  # triaged away: nothing is graded, whatever else is known
    near = _closeness(words, (warning, response))
    for name in scope:
        near.setdefault(words.origin.get(name, name), 0)
    now = (warning.name, response.name)
    order = {name: i for i, name in enumerate(words.order)}
    changes = {name: _changes(words, grader, facts, name, now) for name in near}

    def rank(name: str) -> tuple[bool, int, int, int]:
        row = words.facts.get(name)
        return (row is not None and row.act, -changes[name], -near[name], order.get(name, 999))

    return sorted(near, key=rank)


def _closeness(words: Vocabulary, grades: Iterable[Grade]) -> dict[str, int]:
    """Each missing fact with a weight: it is the larger, the less its condition lacks and the more of it holds."""
    weight: dict[str, int] = {}
    for grade in grades:
        for level in grade.open:
            for met in level.conditions:
                if met.value is not None:
                    continue
                names = dict.fromkeys(words.origin.get(n, n) for n in met.missing)
                lacking = max(1, len(met.lacking))
                closeness = 100 // lacking + (1000 // lacking if met.partly else 0)
                for name in names:
                    weight[name] = weight.get(name, 0) + closeness
    if "triage" in weight:
        weight["triage"] += GATE_FIRST
    return weight


def _changes(
    words: Vocabulary, grader: Grader, facts: Mapping[str, Any], name: str, now: tuple[str | None, str | None]
) -> int:
    """In thousandths: of the answers this fact may have, how many change a level. The gate comes before everything."""
    if name == "triage":
        return GATE_FIRST
    tried = list(_samples(words, name))
    changed = 0
    for sample in tried:
        having = {**facts, **sample}
        changed += grader.verdicts(having) != now
    return changed * 1000 // len(tried) if tried else 0


def _samples(words: Vocabulary, name: str) -> Iterator[dict[str, Any]]:
    row = words.facts.get(name)
    if row is None:
        return
    if row.type == "list":
        for count in (0, 1, 2, 3):
            yield {f"{name}_exact": count, f"{name}_least": count, f"{name}_most": count}
    elif row.fields:
        kinds = {field: words.internal[f"{name}_{field}"].type for field in row.fields}
        closed = {field: kind for field, kind in kinds.items() if kind.kind == "word"}
        first = next(iter(closed), "")
        rest = {f"{name}_{field}": _default(kind) for field, kind in kinds.items() if field != first}
        rest |= {f"{name}_plan": 2} if "plan" in kinds else {}
        for code in range(len(closed[first].values) if first else 0):
            yield {name: True, f"{name}_{first}": code, **rest}
        yield {name: False}
    elif row.type == "bool":
        yield from ({name: True}, {name: False})
    elif row.type == "word":
        yield from ({name: code} for code in range(len(row.values)))
    elif row.type == "int":
        yield from ({name: count} for count in (0, 1, 2, 3, MANY))


def _default(kind: Any) -> Any:
    return "某单位" if kind.kind == "text" else 0
