"""自检: the questions of a measure as a form, made from the facts its conditions look at. Pure; it stores nothing.

Only what matters under the answers in force is asked: a condition that depends on a setting asks for the facts of the
branch that setting chooses. Facts presumed when nobody mentions them are asked apart, as "only if it applies"; a list
of records (what was given before) is a few rows to fill, and left empty it is what the measure presumes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from luoshi.rules.answers import Answers
from luoshi.rules.interpret import Env, Maker
from luoshi.rules.rule import Rule
from luoshi.rules.tree import Fact, Node
from luoshi.rules.values import spoken

_BETWEEN = re.compile(r"[;；\n]+")
# Codes that a rule file uses for a word, as people say it.
WORDS = {"new": "新评定", "review": "星级复核", "pass": "通过", "fail": "未通过"}

PARTS = {"limb": "哪一项", "star": "星级", "grade": "等级", "amount_yuan": "金额", "date": "发放日期"}  # of a record
ROWS = 3  # records a person may fill in


@dataclass(frozen=True, slots=True)
class Question:
    """One fact to be asked. `sort`: bool, word, number, money, rate, date, text, list (parts between ；) or records,
    whose `parts` are asked for each of ROWS."""

    name: str
    label: str
    sort: str
    cite: str
    options: tuple[tuple[str, str], ...] = ()
    presumed: bool = False
    help: str = ""
    parts: tuple[Question, ...] = ()

    def of_row(self, row: int, part: Question) -> str:
        """The name of one part of one record on a form."""
        return f"{self.name}-{row}-{part.name}"


@dataclass(frozen=True, slots=True)
class Group:
    """The questions of one limb, or those every limb shares (`key` empty)."""

    key: str
    title: str
    questions: tuple[Question, ...]


def groups(rule: Rule, in_force: Answers) -> list[Group]:
    """What to ask, in the text's order: common conditions first, then each limb's own, each fact once."""
    look = _Looking(rule, in_force)
    seen: set[str] = set()
    parts: list[tuple[str, str, list[Question]]] = [("", "共同条件", [])]
    _ask(parts[0][2], [condition.node for condition in rule.gate], look, seen)
    for limb in rule.limbs:
        parts.append((limb.key, limb.name, []))
        _ask(parts[-1][2], [*(condition.node for condition in limb.conditions), limb.amount, limb.upto], look, seen)
    for (_, _, questions), limb in zip(parts[1:], rule.limbs, strict=True):
        _ask(questions, [limb.claimed], look, seen)  # what only says whether a limb is meant, after its conditions
    return [Group(key, title, tuple(questions)) for key, title, questions in parts if questions]


def _ask(into: list[Question], nodes: list[Node | None], look: _Looking, seen: set[str]) -> None:
    for node in nodes:
        for name in look.facts(node) if node is not None else ():
            question = None if name in seen else question_of(look.scope.facts[name])
            seen.add(name)
            if question is not None:
                into.append(question)


def question_of(fact: Fact) -> Question | None:
    """How a fact is asked; None for a list of records of unnamed parts."""
    kind = fact.type
    sort, options, help_ = kind.kind, tuple[tuple[str, str], ...](), ""
    if sort == "word":
        options = tuple((value, WORDS.get(value) or spoken(value, fact.spellings)) for value in kind.values)
    elif sort == "number":
        share = kind.scale > 2 and kind.hi <= 10**kind.scale
        sort = "money" if fact.name.endswith("_yuan") else "rate" if share else "number"
        help_ = {"money": "单位：元", "rate": "写成小数，如 3.1% 写 0.031"}.get(sort, "")
    elif sort == "list":
        if kind.field("it") is None:
            return _records(fact)
        help_ = "有几项就写几项，用分号隔开"
    return Question(fact.name, fact.label, sort, fact.cite, options, fact.presumed, help_)


def _records(fact: Fact) -> Question | None:
    made = [
        question_of(Fact(name, kind, PARTS.get(name, name), fact.cite, spellings=fact.spellings))
        for name, kind in fact.type.fields
    ]
    parts = tuple(part for part in made if part is not None)
    return Question(fact.name, fact.label, "records", fact.cite, (), fact.presumed, "", parts) if parts else None


class _Looking:
    """Which facts an expression may look at under the settings in force."""

    def __init__(self, rule: Rule, in_force: Answers) -> None:
        self.scope = rule.scope
        self.maker = Maker(rule.scope.terms, in_force.values, in_force.ruled)
        self._bare: dict[str, bool] = {}

    def facts(self, node: Node, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        if node.op == "fact" and node.value != "as_of":
            yield node.value
        elif node.op == "term" and node.value not in seen:
            yield from self.facts(self.scope.terms[node.value].node, seen | {node.value})
        for arg in self._open(node):
            yield from self.facts(arg, seen)

    def _open(self, node: Node) -> tuple[Node, ...]:
        """The parts of a node that the settings leave open."""
        if node.op in ("and", "or"):
            return () if any(self.settled(arg) is (node.op == "or") for arg in node.args) else node.args
        if node.op == "if" and (answer := self.settled(node.args[0])) is not None:
            return (node.args[1 if answer else 2],)
        return node.args

    def settled(self, node: Node) -> bool | None:
        """What the settings alone make of a condition; None when it looks at a fact."""
        if self._looks_at_facts(node):
            return None
        value = self.maker.make(node)(Env({}))
        return value if isinstance(value, bool) else None

    def _looks_at_facts(self, node: Node) -> bool:
        for part in node.walk():
            if part.op in ("fact", "field", "unknown"):
                return True
            if part.op == "term":
                if part.value not in self._bare:
                    self._bare[part.value] = True  # a term within itself cannot be; until known, it looks
                    self._bare[part.value] = self._looks_at_facts(self.scope.terms[part.value].node)
                if self._bare[part.value]:
                    return True
        return False


def facts_given(asked: list[Group], typed: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of what was typed; blank is unknown, and a presumed fact left blank is not mentioned at all."""
    given: dict[str, Any] = {}
    for question in (question for group in asked for question in group.questions):
        raw = str(typed.get(question.name) or "").strip()
        if question.sort == "records":
            if records := _rows(question, typed):
                given[question.name] = records
        elif not raw:
            if not question.presumed:
                given[question.name] = None
        elif question.sort == "list":
            given[question.name] = [part.strip() for part in _BETWEEN.split(raw) if part.strip()]
        else:
            given[question.name] = raw
    return given


def _rows(question: Question, typed: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """The records of which anything was typed; a part left blank is unknown."""
    found = []
    for row in range(ROWS):
        said = {part.name: str(typed.get(question.of_row(row, part)) or "").strip() or None for part in question.parts}
        found += [said] if any(said.values()) else []
    return found
