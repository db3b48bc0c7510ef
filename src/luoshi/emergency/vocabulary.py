"""The facts plans are decided on: how they are given, counted and named. Unknown stays unknown at every step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from luoshi.emergency.rows import OperatorRow, PlanFactRow, PlanTermRow
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Entry, Problem
from luoshi.rules import values
from luoshi.rules.assemble import Assembly
from luoshi.rules.reading import Scope
from luoshi.rules.rows import FactRow, TermRow
from luoshi.rules.tree import Fact, Setting

MANY = 100_000
_NO = {"false", "no", "否", "无"}


@dataclass(slots=True)
class Vocabulary:
    """`facts` as people give them; `internal`: names a condition may use; `origin`: the given fact each is from."""

    facts: dict[str, PlanFactRow] = field(default_factory=dict)
    internal: dict[str, Fact] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    operators: list[OperatorRow] = field(default_factory=list)

    @property
    def counted_by(self) -> list[str]:
        """The readings that say which operators count."""
        return list(dict.fromkeys(row.reading for row in self.operators if row.reading))

    @property
    def counts(self) -> list[str]:
        lists = [name for name, row in self.facts.items() if row.holds == "operators"]
        return [f"{name}_{part}" for name in lists for part in ("exact", "least", "most")]

    @property
    def order(self) -> list[str]:
        return list(self.facts)

    def label(self, name: str) -> str:
        row = self.facts.get(name)
        return row.label if row and row.label else name

    def shown(self, name: str, value: Any) -> str:
        """A value as people read it."""
        if isinstance(value, bool) or value is None:
            return {True: "是", False: "否", None: "不知道"}[value]
        if isinstance(value, list):
            return "、".join(str(item) for item in value) or "没有"
        row = self.facts.get(name)
        say = row.say if row else str
        if isinstance(value, dict):
            return "，".join(say(str(item)) for item in value.values() if item)
        return say(str(value))


@dataclass(slots=True)
class Given:
    """Facts as read: `internal` for the rules, `shown` as given, `counted` operators by list, `notes` for a person."""

    internal: dict[str, Any]
    shown: dict[str, Any]
    counted: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    triage: dict[str, str | None] = field(default_factory=dict)


def make(
    facts: Sequence[Entry[PlanFactRow]], operators: Sequence[Entry[OperatorRow]], problems: list[Problem]
) -> Vocabulary:
    words = Vocabulary(operators=[entry.row for entry in operators])
    for entry in facts:
        row = entry.row
        if row.name in words.facts:
            problems.append(entry.problem(f"“{row.name}”写了两次", "name"))
            continue
        words.facts[row.name] = row
        for fact in _internal(entry, problems):
            words.internal[fact.name] = fact
            words.origin[fact.name] = row.name
    return words


def _internal(entry: Entry[PlanFactRow], problems: list[Problem]) -> list[Fact]:
    """A fact as the rules know it: a list as three counts, a record as one fact for each field."""
    row = entry.row
    same: dict[str, Any] = {"label": row.label, "cite": row.cite}
    if row.type == "list":
        parts = ("exact", "least", "most")
        made = [FactRow(name=f"{row.name}_{part}", type="int", max=MANY, **same) for part in parts]
    elif row.fields:
        made = [FactRow(name=row.name, type="bool", **same)]
        made += [
            FactRow(
                name=f"{row.name}_{name}", spellings=row.spellings, **same, type=kind.type, min=kind.min, max=kind.max,
                values=kind.values, ordered=kind.ordered,
            )
            for name, kind in row.fields.items()
        ]  # fmt: skip
    else:
        made = [row]
    read_ = Assembly().declare([Entry(one, entry.file, entry.lines, entry.slug) for one in made], [], [], [], [], [])
    problems.extend(read_.problems)
    return [read_.scope.facts[one.name] for one in made if one.name in read_.scope.facts]


def scope(
    words: Vocabulary,
    settings: Mapping[str, Setting],
    terms: Sequence[Entry[PlanTermRow]],
    problems: list[Problem],
) -> Scope:
    made = Assembly()
    made.scope.facts.update(words.internal)
    made.scope.settings.update(settings)
    made.declare([], [], [], [_as_term(entry) for entry in terms], [], [])
    problems.extend(made.problems)
    return made.scope


def _as_term(entry: Entry[PlanTermRow]) -> Entry[TermRow]:
    return Entry(entry.row, entry.file, entry.lines, entry.slug)


def read(
    words: Vocabulary,
    raw: Mapping[str, Any],
    answers: Mapping[str, str],
    extra: Mapping[str, Any],
    plans: Iterable[str],
    *,
    file: str = "",
) -> Given:
    """What was given, in internal form. A name or value nobody can read is an error with file, field and reason.

    `answers`: the words of the readings in force (A27 decides who counts); `extra`: operators added by the user,
    name → counts.
    """
    given = Given({}, {})
    for name, value in raw.items():
        row = words.facts.get(str(name))
        if row is None:
            raise BadInput("没有这个事实名", file=file, field=str(name), hint=_near(str(name), words.facts))
        try:
            _one(words, row, value, given, list(plans))
        except ValueError as error:
            raise BadInput(str(error), file=file, field=str(name)) from None
    _count(words, given, answers, extra)
    _contradictions(words, given)
    undecided = dict.fromkeys(name for found in given.counted.values() for name in found["undecided"])
    if undecided:
        told, why = "、".join(undecided), "、".join(words.counted_by)
        given.notes.append(f"未列入企业名单：{told}；是否计入基础电信运营企业，在口径 operators 中写明（{why}）")
    return given


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"是否应为 {close[0]}" if close else ""


def _one(words: Vocabulary, row: PlanFactRow, value: Any, given: Given, plans: list[str]) -> None:
    if row.type == "list":
        given.shown[row.name] = _names(value, row)
    elif row.fields:
        _record(words, row, value, given)
    elif row.name == "triage" and isinstance(value, Mapping):
        _triage_by_plan(words, value, given, plans)
    else:
        fact = words.internal[row.name]
        read_ = values.convert(fact.type, value, row.spellings)
        given.internal[row.name] = read_
        given.shown[row.name] = values.show(fact.type, read_)


def _triage_by_plan(words: Vocabulary, value: Mapping[str, Any], given: Given, plans: list[str]) -> None:
    """`{"21": "unrelated", "22": "true"}`: the same call may be unrelated to one plan and belong to the other."""
    fact = words.internal["triage"]
    for plan, one in value.items():
        if str(plan) not in plans:
            raise ValueError(f"没有预案 {plan}")
        code = values.convert(fact.type, one, words.facts["triage"].spellings)
        given.triage[str(plan)] = None if code is None else fact.type.values[code]
    given.shown["triage"] = dict(given.triage)


def _names(value: Any, row: PlanFactRow) -> list[str] | None:
    """A list of names without repetition, or None when unknown."""
    if value is None or (isinstance(value, str) and value.strip().lower() in values.UNKNOWN):
        return None
    if not isinstance(value, list | tuple):
        raise ValueError(f"应为列表（如 [“移动城区分公司”]）或 unknown，现为 {value!r}")
    names: dict[str, None] = {}
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise ValueError(f"列表中应为名称，现为 {item!r}")
        names[item.strip()] = None
    return list(names)


def _record(words: Vocabulary, row: PlanFactRow, value: Any, given: Given) -> None:
    """`{from, level}` and the like; false: there is none; absent or null: not known whether there is one."""
    if isinstance(value, Mapping):
        for name in value:
            if name not in row.fields:
                raise ValueError(f"没有字段 {name}；可用的有：{'、'.join(row.fields)}")
        given.internal[row.name] = True
        shown: dict[str, Any] = {}
        for name in row.fields:
            raw = value[name] if name in value else row.unstated.get(name)
            fact = words.internal[f"{row.name}_{name}"]
            try:
                code = values.convert(fact.type, raw, row.spellings)
            except ValueError as error:
                raise ValueError(f"{name}:{error}") from None
            given.internal[fact.name] = code
            if name in value:
                shown[name] = values.show(fact.type, code)
            elif name in ("by", "reason"):
                given.notes.append(
                    f"{row.label}：没有写明{'由谁作出' if name == 'by' else '理由'}（{row.name}.{name}）"
                )
        given.shown[row.name] = shown
        return
    if value is None or (isinstance(value, str) and value.strip().lower() in values.UNKNOWN):
        given.shown[row.name] = None
        return
    if value is False or (isinstance(value, str) and value.strip().lower() in _NO):
        given.internal[row.name], given.shown[row.name] = False, False
        return
    raise ValueError(f"应为一组字段（{'、'.join(row.fields)}）、false 或 unknown，现为 {value!r}")


def _count(words: Vocabulary, given: Given, answers: Mapping[str, str], extra: Mapping[str, Any]) -> None:
    """Each list as exact, least and most; they differ when an operator that nobody has entered may or may not count."""
    register = _register(words, answers, extra)
    lists = {name: row for name, row in words.facts.items() if row.type == "list"}
    for name, row in sorted(lists.items(), key=lambda item: bool(item[1].part_of)):
        names = given.shown.get(name)
        inside = [n for part, other in lists.items() if other.part_of == name for n in given.shown.get(part) or []]
        known = list(dict.fromkeys([*(names or []), *inside]))
        least, most = len(known), len(known)
        if row.holds == "operators":
            sorted_out = _sort(known, register)
            given.counted[name] = sorted_out
            least = len(sorted_out["counted"])
            most = least + len(sorted_out["undecided"])
        if names is None:  # no more than the list it is part of, when that one is complete
            whole = given.shown.get(row.part_of) is not None
            most = given.internal[f"{row.part_of}_most"] if whole else MANY
        given.internal |= {f"{name}_least": least, f"{name}_most": most}
        given.internal[f"{name}_exact"] = least if least == most else None


def _contradictions(words: Vocabulary, given: Given) -> None:
    """A list that names somebody the complete list it is part of does not: both are kept, and a person is told."""
    for name, row in words.facts.items():
        whole = given.counted.get(row.part_of)
        told = given.shown.get(row.part_of)
        if whole is None or told is None:
            continue
        mine, listed = given.shown.get(name) or [], set(told)
        odd = [n for n in mine if n not in listed and not listed & _same_names(words, n)]
        if odd:
            given.notes.append(f"{name} 有 {row.part_of} 没有的：{'、'.join(odd)}；两说都留，请核实")


def _same_names(words: Vocabulary, name: str) -> set[str]:
    groups = [{row.name, *row.aliases} for row in words.operators]
    return next((group for group in groups if name in group), {name})


def recount(words: Vocabulary, given: Given, answers: Mapping[str, str], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The internal facts if operators were counted under other answers."""
    other = Given(dict(given.internal), given.shown)
    _count(words, other, answers, extra)
    return other.internal


def _register(words: Vocabulary, answers: Mapping[str, str], extra: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    register: dict[str, tuple[str, Any]] = {}
    for row in words.operators:
        counts: bool = answers.get(row.reading) == row.when if row.reading else row.counts
        for name in (row.name, *row.aliases):
            register[name] = (row.name, counts)
    for name, counts in extra.items():
        register[str(name)] = (register.get(str(name), (str(name), None))[0], counts)
    return register


def _sort(names: list[str], register: Mapping[str, tuple[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"counted": [], "not_counted": [], "undecided": []}
    for name in names:
        canonical, counts = register.get(name, (name, None))
        group = found["undecided" if counts is None else "counted" if counts else "not_counted"]
        if canonical not in group:
            group.append(canonical)
    return found
