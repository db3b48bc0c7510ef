"""Grades an event against a plan's levels: three-valued, traced, cited. Highest match wins; unknown never rounds.

A condition holds when every part of it holds and the event has been triaged as true (the plan's gate). A level is
reached when any of its conditions holds. The arithmetic is Kleene's: learning more can never undo a definite verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from luoshi.emergency.plans import Plan
from luoshi.emergency.rows import GapRow, LevelConditionRow, LevelRow
from luoshi.kernel.packing import Entry
from luoshi.rules.answers import Answers
from luoshi.rules.interpret import Env, Maker, Run
from luoshi.rules.reading import Scope, read
from luoshi.rules.rule import named
from luoshi.rules.tree import BOOL, Node, Place


@dataclass(slots=True)
class Part:
    text: str
    value: bool | None
    missing: list[str]
    facts: tuple[str, ...]
    reading: str = ""
    context: bool = False


@dataclass(slots=True)
class Met:
    """One condition as found. `missing`: the facts that keep it open, in order of mention."""

    row: LevelConditionRow
    value: bool | None
    parts: list[Part]
    missing: list[str] = field(default_factory=list)

    @property
    def partly(self) -> bool:
        return self.value is not True and any(part.value and not part.context for part in self.parts)

    @property
    def lacking(self) -> list[Part]:
        return [part for part in self.parts if part.value is not True]


@dataclass(slots=True)
class Level:
    row: LevelRow
    value: bool | None
    conditions: list[Met]


@dataclass(slots=True)
class Grade:
    """`level`: the highest that surely holds. `gap`: it was taken as the nearest one, under that reading."""

    kind: str
    level: Level | None
    levels: list[Level]
    readings: list[str]
    gap: str = ""
    away: bool = False  # triaged away: nothing is graded, nothing is near
    held: str = ""  # the reading under which conditions alone give no level

    @property
    def name(self) -> str | None:
        return None if self.level is None else self.level.row.level

    @property
    def open(self) -> list[Level]:
        """Levels above the one reached: what more knowledge could still bring."""
        if self.level is None:
            return self.levels
        return self.levels[: self.levels.index(self.level)]

    def near(self) -> list[tuple[Level, list[Met]]]:
        """Levels not reached of which some condition holds in part, highest first."""
        if self.away:
            return []
        found = [(level, [met for met in level.conditions if met.partly or (self.held and met.value)])
                 for level in self.open]  # fmt: skip
        return [(level, mets) for level, mets in found if mets]


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    run: Run
    facts: tuple[str, ...]
    reading: str
    context: bool


@dataclass(frozen=True, slots=True)
class _Level:
    row: LevelRow
    conditions: tuple[tuple[LevelConditionRow, tuple[_Part, ...]], ...]


class Grader:
    """A plan under one set of answers, ready to grade one event after another."""

    def __init__(
        self, plan: Plan, answers: Answers, counted_by: Iterable[str] = (), counts: Iterable[str] = (),
        acts: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """`counted_by`: readings on which the counting of operators rests; `counts`: the names of such counts; `acts`:
        facts that are somebody's decision."""
        self.plan, self.answers = plan, answers
        self.counted_by, self.counts, self.acts = tuple(counted_by), frozenset(counts), frozenset(acts)
        self.waits = self._answered(plan.row.standard_reading, plan.row.standard_wait)
        self.paired = self._answered(plan.row.independent_reading, plan.row.pair_answer)
        self.maker = Maker(plan.scope.terms, answers.values, answers.ruled)
        self.gate = self.expression(plan.row.gate, "gate")
        self.scope = [(row, self.expression(row.test, "scope")) for row in plan.row.scope]
        self.ends = {row.key: self.expression(row.when, "end") for row in plan.row.end if row.when}
        self.leans: dict[int, frozenset[str]] = {}
        self.levels = {kind: tuple(self._level(row) for row in plan.of_kind(kind)) for kind in ("warning", "response")}

    @property
    def moving(self) -> frozenset[str]:
        """The readings that can move a level to another. Whether to grade at all (`standard_reading`) is not one."""
        gaps = [gap.reading for gap in (*self.plan.row.warning_gaps, *self.plan.row.response_gaps)]
        pairs = [self.plan.row.independent_reading] if self.plan.row.pairs else []
        return frozenset(self.counted_by) | frozenset([*gaps, *pairs]).union(*self.leans.values())

    def _answered(self, reading: str, answer: str) -> bool:
        found = self.answers.by_key.get(reading)
        return bool(answer) and found is not None and found.shown == answer

    def expression(self, source: str, field_: str = "", entry: Entry[Any] | None = None) -> Run:
        entry = entry or self.plan.entry
        return self.maker.make(read(source, self.plan.scope, Place(entry.file, entry.line(), field_), BOOL))

    def _level(self, row: LevelRow) -> _Level:
        entry = next(e for e in self.plan.entries[LevelRow] if e.row is row)
        made = []
        for i, condition in enumerate(row.conditions):
            parts, leans = [], {condition.reading} if condition.reading else set[str]()
            for j, part in enumerate(condition.parts):
                loc = ("conditions", i, "parts", j, "test")
                place = Place(entry.file, entry.line(*loc), "test")
                node = read(part.test, self.plan.scope, place, BOOL)
                parts.append(
                    _Part(part.text, self.maker.make(node), named(node, self.plan.scope), part.reading, part.context)
                )
                leans |= settings_in(node, self.plan.scope) | self._counting(parts[-1].facts)
                leans |= {part.reading} if part.reading else set()
            made.append((condition, tuple(parts)))
            self.leans[id(condition)] = frozenset(leans)
        return _Level(row, tuple(made))

    def _counting(self, facts: tuple[str, ...]) -> set[str]:
        """The readings that say who is counted, when a count is looked at."""
        return set(self.counted_by) if any(name in self.counts for name in facts) else set()

    def grade(self, kind: str, facts: Mapping[str, Any]) -> Grade:
        """The grade with every part's value and the facts it waits for."""
        env = Env(facts)
        gate = self._gate(env)
        levels = [self._weigh(level, env, gate) for level in self.levels[kind]]
        held = kind == "response" and self.waits
        reached = next((level for level in levels if (self._decided(level) if held else level.value)), None)
        result = Grade(kind, reached, levels, list(env.used), away=gate.value is False,
                       held=self.plan.row.standard_reading if held else "")  # fmt: skip
        if reached is None and gate.value and not held:
            self._gap(result)
        return result

    def both(self, facts: Mapping[str, Any]) -> tuple[Grade, Grade]:
        """Warning and response, each by its own conditions; under the answer that pairs them, one brings the other."""
        warning, response = self.grade("warning", facts), self.grade("response", facts)
        if self.paired:
            told = self._pair(warning.name, response.name)
            for grade, name in zip((warning, response), told, strict=True):
                if name and grade.level is None and not grade.away:
                    grade.level = next(level for level in grade.levels if level.row.level == name)
                    grade.gap = self.plan.row.independent_reading
        return warning, response

    def _pair(self, warning: str | None, response: str | None) -> tuple[str | None, str | None]:
        """The level one kind brings the other, where the plan pairs it with exactly one."""
        pairs = self.plan.row.pairs
        if warning and not response:
            return warning, pairs.get(warning)
        if response and not warning:
            back = [one for one, other in pairs.items() if other == response]
            return (back[0] if len(back) == 1 else None), response
        return warning, response

    def _decided(self, level: Level) -> bool:
        """Whether a decision of somebody entitled, not a condition of the event, reaches this level."""
        return any(met.value and all(set(part.facts) <= self.acts for part in met.parts) for met in level.conditions)

    def _gate(self, env: Env) -> Part:
        env.miss.clear()
        value = self.gate(env)
        return Part("已分流为真实事件", value, list(dict.fromkeys(env.miss)) if value is None else [], ())

    def _weigh(self, level: _Level, env: Env, gate: Part) -> Level:
        mets = [self._condition(row, parts, env, gate) for row, parts in level.conditions]
        return Level(level.row, _any([met.value for met in mets]), mets)

    def _condition(self, row: LevelConditionRow, parts: tuple[_Part, ...], env: Env, gate: Part) -> Met:
        found: list[Part] = []
        miss = env.miss
        for part in parts:
            miss.clear()
            value = part.run(env)
            missing = list(dict.fromkeys(miss)) if value is None else []
            found.append(Part(part.text, value, missing, part.facts, part.reading, part.context))
        value = _all([gate.value, *(part.value for part in found)])
        met = Met(row, value, found)
        if value is None:
            met.missing = list(dict.fromkeys(n for part in (gate, *found) for n in part.missing))
        return met

    def _gap(self, grade: Grade) -> None:
        """Under an answer that says so, the nearest level; never while a fact that could decide is unknown."""
        gaps: list[GapRow] = getattr(self.plan.row, f"{grade.kind}_gaps")
        for gap in gaps:
            answer = self.answers.by_key[gap.reading].shown if gap.reading in self.answers.by_key else ""
            near = [level for level, mets in grade.near() if all(met.value is False for met in mets)]
            if answer in (gap.up, gap.down) and answer and near and not _undecided(grade):
                grade.level = near[0] if answer == gap.up else near[-1]
                grade.gap = gap.reading
                return

    def verdict(self, kind: str, facts: Mapping[str, Any]) -> str | None:
        """The level alone, quickly: for asking what each unknown fact could change."""
        env = Env(facts)
        if self.gate(env) is not True:
            return None
        held = kind == "response" and self.waits
        for level in self.levels[kind]:
            for _, parts in level.conditions:
                if held and not all(set(part.facts) <= self.acts for part in parts):
                    continue
                if all(part.run(env) is True for part in parts):
                    return level.row.level
        return None

    def verdicts(self, facts: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The levels alone of warning and response, quickly."""
        told = self.verdict("warning", facts), self.verdict("response", facts)
        return self._pair(*told) if self.paired else told


def settings_in(node: Node, scope: Scope, seen: frozenset[str] = frozenset()) -> set[str]:
    """Every reading an expression may look at, through its terms."""
    found: set[str] = set()
    for part in node.walk():
        if part.op in ("setting", "in_setting"):
            found.add(part.value)
        elif part.op == "term" and part.value not in seen:
            found |= settings_in(scope.terms[part.value].node, scope, seen | {part.value})
    return found


def _undecided(grade: Grade) -> bool:
    """Whether a condition that holds in part waits for a fact."""
    return any(met.value is None and met.partly for level in grade.levels for met in level.conditions)


def _all(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def _any(values: list[bool | None]) -> bool | None:
    if True in values:
        return True
    return None if None in values else False
