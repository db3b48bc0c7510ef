"""A plan's defects, found on any plan: what makes it unusable, and what a careful reader would question.

A defect is a question to whoever wrote the plan, with the clauses it concerns and the reading in use meanwhile.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from luoshi.emergency import plans as plans_
from luoshi.emergency.grading import Grader
from luoshi.emergency.plans import Plan, Plans
from luoshi.emergency.rows import LevelRow, PlanFactRow
from luoshi.emergency.vocabulary import MANY, Vocabulary
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Problem
from luoshi.norms.pack import FindingRow
from luoshi.rules import values
from luoshi.rules.answers import answers
from luoshi.rules.reading import read
from luoshi.rules.tree import BOOL, Node, Place

SAMPLES = 600
SHOWN = 3  # examples of gaps per kind


def unusable(plans: Plans, plan: Plan) -> Iterator[Problem]:
    """Expressions that cannot be read; readings nobody asks; posts nobody is."""
    try:
        Grader(plan, answers(plans.settings, {}))
    except BadInput as error:
        yield Problem(error.file, error.line or 0, error.field, error.reason)
    for entry in plan.entries.get(LevelRow, []):
        for i, title in enumerate(entry.row.starters):
            if plan.post(title) is None:
                yield entry.problem(f"启动人“{title}”不在职务表 posts 中", "starters", i)
    for key in _readings(plan):
        if key not in plans.readings:
            yield plan.entry.problem(f"没有这项解释：{key}", "reading")


def _readings(value: Any) -> set[str]:
    """Every reading named anywhere in a plan's rows."""
    found: set[str] = set()
    if isinstance(value, Plan):
        rows_ = [value.row, *value.members, *value.groups, *value.levels, *value.clocks, *value.steps]
        return {key for row in rows_ for key in _readings(row.model_dump())}
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("reading") and isinstance(inner, str) and inner:
                found.add(inner)
            found |= _readings(inner)
    elif isinstance(value, list):
        for inner in value:
            found |= _readings(inner)
    return found


def defects(which: str) -> list[dict[str, Any]]:
    """The defects of one plan (`21` of the shipped pack) or of every plan of a pack or folder."""
    pack, slug = (which, "") if _is_pack(which) else ("jccq", which)
    found = plans_.survey(pack)
    if slug and slug not in found.by_slug:
        raise BadInput(f"没有预案 {slug}", field="--plan", hint="现有：" + "、".join(found.by_slug))
    chosen = [found.by_slug[slug]] if slug else list(found.by_slug.values())
    return [of_plan(found, plan) for plan in chosen]


def _is_pack(which: str) -> bool:
    return any(place.is_dir() for place in (Path(which), plans_.SHIPPED / which)) and not which.isdigit()


def of_plan(found: Plans, plan: Plan) -> dict[str, Any]:
    """The defects of one plan already read: of a pack, a folder, or the edition an installation works with."""
    slips = plans_.finding_rows(found.folder / plan.slug) if found.folder != Path() else []
    open_ = [row for row in found.readings.values() if any(cite.startswith(f"{plan.slug}:") for cite in row.cites)]
    grave = [
        _defect("unusable", problem.reason, [], where=f"{problem.file}:{problem.line}", field=problem.field)
        for problem in sorted([*found.problems, *unusable(found, plan)])
    ]
    return {
        "plan": plan.slug,
        "title": plan.row.title,
        "defects": [*grave, *({} if grave else _all(found, plan))],
        "open_questions": [{"key": row.key, "question": row.question, "cites": row.cites} for row in open_],
        "slips": [_slip(row) for row in slips],
    }


def _slip(row: FindingRow) -> dict[str, Any]:
    return {"key": row.key, "code": row.code, "message": row.message, "raw": row.raw, "reading": row.reading,
            "cites": row.cites}  # fmt: skip


def _defect(code: str, message: str, cites: list[str], **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "cites": list(dict.fromkeys(filter(None, cites))), **more}


def _all(found: Plans, plan: Plan) -> Iterator[dict[str, Any]]:
    yield from _posts(plan)
    yield from _levels(plan)
    yield from _members(plan)
    yield from _actors(plan)
    yield from _clocks(plan)
    yield from _course(plan)
    yield from _others(found, plan)
    for kind in ("warning", "response"):
        yield from _coverage(found, plan, kind)


def _posts(plan: Plan) -> Iterator[dict[str, Any]]:
    for level in plan.of_kind("response"):
        for title in level.starters:
            post = plan.post(title)
            if post is None or post.meaning or post.count == 0:
                told = f"{level.level}级由“{title}”启动，组织体系中没有这个职务"
                reading = post.reading if post else ""
                yield _defect("undefined_starter", told, [level.procedure, post.cite if post else ""], reading=reading)
        if not level.starters:
            yield _defect("no_starter", f"{level.level}级没有写明由谁启动", [level.cite])
    for name in (name for name in [plan.row.warning_issuer] if plan.of_kind("warning") and not name):
        yield _defect("no_issuer", f"没有写明预警由谁发布{name}", [plan.row.hq.cite])


def _levels(plan: Plan) -> Iterator[dict[str, Any]]:
    for kind, told in (("warning", "预警"), ("response", "响应")):
        levels = plan.of_kind(kind)
        seen: dict[str, LevelRow] = {}
        for level in levels:
            if level.level in seen:
                cites = [seen[level.level].cite, level.cite]
                yield _defect("repeated_level", f"{told}级别名“{level.level}”重复", cites)
            seen[level.level] = level
        for high, low in pairwise(levels):
            if kind == "response" and len(high.measures) < len(low.measures):
                message = f"{high.level}级只列{len(high.measures)}项措施，少于{low.level}级的{len(low.measures)}项"
                reading = next((carry.reading for carry in high.carry), "")
                yield _defect("fewer_measures", message, [high.cite, low.cite], reading=reading)
    warned, answered = (len(plan.of_kind(kind)) for kind in ("warning", "response"))
    if warned and answered and warned != answered:
        yield _defect(
            "levels_differ", f"预警{warned}档而响应{answered}级，没有写明如何对应", [plan.of_kind("warning")[0].cite]
        )


def _members(plan: Plan) -> Iterator[dict[str, Any]]:
    known = {name for member in plan.members for name in (member.name, *member.names)}
    for group in plan.groups:
        for name in (group.lead, *group.members):
            if name not in known:
                yield _defect("missing_member", f"{group.name}的“{name}”不在成员单位名单中", [group.cite])
        if group.optional_members:
            told = f"{group.name}由{group.lead}牵头而不含{'、'.join(group.optional_members)}"
            yield _defect("group_roster", told, [group.cite], reading=group.optional_reading)
    for member in plan.members:
        if not member.duties:
            yield _defect("no_duty", f"成员单位“{member.name}”没有职责", [member.cite])
        if member.reading and member.names:
            told = f"“{member.name}”在文中又作“{'、'.join(member.names)}”"
            yield _defect("two_names", told, [member.cite], reading=member.reading)
    for what, count, declared in (("成员单位", len(plan.members), plan.row.member_count),
                                  ("工作组", len(plan.groups), plan.row.group_count)):  # fmt: skip
        if declared and count != declared:
            yield _defect("count_differs", f"写明{declared}个{what}，列出{count}个", [plan.row.hq.cite])
    yield from _same_duty(plan)


def _same_duty(plan: Plan) -> Iterator[dict[str, Any]]:
    seen: dict[str, tuple[str, str]] = {}
    common = {"交办协同工作"}
    for member in plan.members:
        for duty in member.duties:
            first = seen.get(duty.what)
            same_entry = first is not None and first[1] == duty.cite
            if first and not same_entry and duty.what not in common:
                yield _defect("same_duty", f"{first[0]}与{member.name}职责相同：{duty.what}", [first[1], duty.cite])
            seen.setdefault(duty.what, (member.name, duty.cite))


_VAGUE = ("相关", "有关", "上级", "各单位", "主管部门")


def _actors(plan: Plan) -> Iterator[dict[str, Any]]:
    """Who is told or must act without being named."""
    seen: dict[str, list[str]] = {}
    for level in plan.levels:
        for row in level.notify:
            seen.setdefault(row.who, []).append(row.cite)
        for measure in level.measures:
            seen.setdefault(measure.by, []).append(measure.cite)
    for step in plan.steps:
        seen.setdefault(step.by, []).append(step.cite)
    for name, cites in seen.items():
        if any(word in name for word in _VAGUE):
            yield _defect("unnamed_body", f"“{name}”没有写明是哪个单位", cites)


def _clocks(plan: Plan) -> Iterator[dict[str, Any]]:
    for clock in plan.clocks:
        if clock.minutes is None and clock.years is None:
            told = f"“{clock.name}”只写“{clock.word}”，没有数字：只计量，不判超时"
            yield _defect("clock_without_number", told, [clock.cite], target=clock.target or None)


def _course(plan: Plan) -> Iterator[dict[str, Any]]:
    row = plan.row
    for what, missing, cite in (
        ("结束条件", not row.end, row.hq.cite),
        ("由谁结束", row.end_by is None, row.hq.cite),
        ("预警解除条件", bool(plan.of_kind("warning")) and not row.lift, row.hq.cite),
        ("报告内容", not row.report_parts, row.office.cite),
    ):
        if missing:
            yield _defect("not_stated", f"没有写明{what}", [cite])
    if not any(step.act == "lower" for step in plan.steps) and len(plan.of_kind("response")) > 1:
        reading = next((key for key in row.readings.get("response", []) if key == "A29"), "")
        yield _defect("no_lowering", "没有响应升级、降级的规定", [plan.of_kind("response")[0].cite], reading=reading)
    for end in row.end:
        if not end.blocking:
            yield _defect("end_question", end.text, [end.cite], reading=end.reading)


def _others(found: Plans, plan: Plan) -> Iterator[dict[str, Any]]:
    """Where plans of one pack differ in what bears one name."""
    for other in found.by_slug.values():
        if other.slug <= plan.slug:
            continue
        for group in plan.groups:
            twin = next((g for g in other.groups if g.name == group.name), None)
            if twin and set(twin.members) != set(group.members):
                odd = sorted(set(twin.members) ^ set(group.members))
                told = f"{group.name}组成与{other.slug}号不同：{'、'.join(odd)}"
                yield _defect("plans_differ", told, [group.cite, twin.cite])


def _coverage(found: Plans, plan: Plan, kind: str) -> Iterator[dict[str, Any]]:
    """Events with every fact known that fit no level though they come near one; and events that fit several."""
    levels = plan.of_kind(kind)
    if not levels:
        return
    grader = Grader(plan, answers(found.settings, {}), found.vocabulary.counted_by, found.vocabulary.counts)
    gaps: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
    overlaps: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
    for facts, shown in _events(found, plan):
        grade = grader.grade(kind, facts)
        held = tuple(level.row.level for level in grade.levels if level.value)
        near = tuple(level.row.level for level, _ in grade.near())
        weight = len(shown)
        if not held and near and not grade.gap and weight < gaps.get(near, (MANY, {}))[0]:
            gaps[near] = (weight, shown)
        if len(held) > 1 and weight < overlaps.get(held, (MANY, {}))[0]:
            overlaps[held] = (weight, shown)
    word = "预警" if kind == "warning" else "响应"
    readings = [gap.reading for gap in getattr(plan.row, f"{kind}_gaps")]
    by_level = {level.level: level.cite for level in levels}
    for near, (_, shown) in sorted(gaps.items(), key=lambda item: item[1][0])[:SHOWN]:
        cites = [by_level[name] for name in near]
        told = f"{word}：事实齐全而不合任何级别，接近{'、'.join(near)}：{_told(found, shown)}"
        yield _defect("gap", told, cites, example=shown, reading="、".join(readings))
    for held, (_, shown) in sorted(overlaps.items(), key=lambda item: item[1][0])[:SHOWN]:
        told = f"{word}：同一事实合于{'、'.join(held)}（取最高）：{_told(found, shown)}"
        yield _defect("overlap", told, [by_level[name] for name in held], example=shown)


def _told(found: Plans, shown: dict[str, Any]) -> str:
    words = found.vocabulary
    return "；".join(f"{words.label(name)}：{words.shown(name, value)}" for name, value in shown.items()) or "全部为否"


def _events(found: Plans, plan: Plan) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Synthetic events with every fact known, drawn the same way each time. `shown`: what is not plainly no or none."""
    chance = random.Random(20240704)  # noqa: S311 - examples, not secrets
    words, limits = found.vocabulary, _limits(plan)
    rows = [row for row in words.facts.values() if row.type != "text" and row.name != "triage"]
    for _ in range(SAMPLES):
        drawn: dict[str, Any] = {}
        busy = chance.choice((0.1, 0.2, 0.4))
        for row in rows:
            drawn[row.name] = _drawn(row, chance.random() < busy, limits.get(row.name, (1, 2, 3)), chance)
        for row in rows:
            if row.part_of and drawn[row.name] > drawn.get(row.part_of, MANY):
                drawn[row.part_of] = drawn[row.name]
        yield (
            _internal(words, rows, drawn),
            {row.name: _shown(words, row, drawn[row.name]) for row in rows if row.type == "word" or drawn[row.name]},
        )


def _drawn(row: PlanFactRow, on: bool, numbers: Sequence[int], chance: random.Random) -> Any:
    """A value; of a list how many are in it, of a number one that lies at a limit the plan sets."""
    if row.fields:
        return False
    if row.type == "word":
        return chance.randrange(len(row.values))
    if row.type == "list":
        return chance.choice((1, 2, 3)) if on else 0
    if row.type == "bool":
        return on
    return chance.choice(numbers) if on else 0


def _internal(words: Vocabulary, rows: list[PlanFactRow], drawn: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if "triage" in words.internal:
        facts["triage"] = words.internal["triage"].type.values.index("true")
    for row in rows:
        parts = ("_exact", "_least", "_most") if row.type == "list" else ("",)
        facts |= {row.name + part: drawn[row.name] for part in parts}
    return facts


def _shown(words: Vocabulary, row: PlanFactRow, value: Any) -> Any:
    return value if row.type == "list" or row.fields else values.show(words.internal[row.name].type, value)


def _limits(plan: Plan) -> dict[str, list[int]]:
    """By fact, the numbers its levels compare it with, and those beside them."""
    found: dict[str, set[int]] = {}
    place = Place("", 0, "")
    nodes = [read(part.test, plan.scope, place, BOOL) for level in plan.levels for condition in level.conditions
             for part in condition.parts]  # fmt: skip
    for node in (inner for outer in nodes for inner in _through(outer, plan)):
        names = [arg.value for arg in node.args if arg.op == "fact"]
        numbers = [arg.value for arg in node.args if arg.op == "const" and isinstance(arg.value, int)]
        for name in names:
            found.setdefault(name, set()).update(near for n in numbers for near in (n - 1, n, n + 1) if near >= 0)
    return {name: sorted(numbers) for name, numbers in found.items() if numbers}


def _through(node: Node, plan: Plan) -> Iterator[Node]:
    """A node's parts, and those of the terms it names."""
    for inner in node.walk():
        yield inner
        if inner.op == "term":
            yield from _through(plan.scope.terms[inner.value].node, plan)
