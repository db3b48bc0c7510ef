"""What to propose: both plans judged separately, warning and response separately. A person decides; this only says.

Everything a plan prints is `source: text`; everything that rests on a reading names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.emergency import asking, items, leaning
from luoshi.emergency.desk import Desk, desk
from luoshi.emergency.grading import Grade, Grader, Met
from luoshi.emergency.plans import Plan
from luoshi.emergency.vocabulary import Given
from luoshi.kernel.errors import BadInput
from luoshi.rules.interpret import Env


def propose(
    facts: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    *,
    plan: str = "",
    pack: str = "jccq",
    file: str = "",
) -> dict[str, Any]:
    """The proposal as in the stable interface. `facts["settings"]` overrides `settings`. May raise BadInput."""
    facts = dict(facts)
    inner = facts.pop("settings", None) or {}
    if not isinstance(inner, Mapping):
        raise BadInput("settings 应写作 名称: 值", file=file, field="settings")
    return propose_on(desk({**(settings or {}), **inner}, pack, file=file), facts, plan=plan, file=file)


def propose_on(at: Desk, facts: Mapping[str, Any], *, plan: str = "", file: str = "") -> dict[str, Any]:
    """The same on a desk that is already set. May raise BadInput."""
    if plan and plan not in at.plans.by_slug:
        raise BadInput(f"没有预案 {plan}", field="--plan", hint="现有：" + "、".join(at.plans.by_slug))
    given = at.given(facts, file)
    chosen = [at.plans.by_slug[plan]] if plan else list(at.plans.by_slug.values())
    return {
        "plans": [one(at, p, given) for p in chosen],
        "facts": given.shown,
        "notes": given.notes,
        "decides": "软件只提建议；分流、启动、变更、结束由有权的人决定",
    }


def one(at: Desk, plan: Plan, given: Given, *, weighed: bool = True) -> dict[str, Any]:
    """One plan's card. `weighed` false: readings are not tried under their other answers (`readings` stays empty)."""
    grader, facts = at.graders[plan.slug], at.facts_for(plan, given)
    env = Env(facts)
    applies, why, scope_readings = _applies(grader, env)
    warning, response = grader.both(facts)
    ctx = items.Context(plan, at.answers, at.plans, facts, given.shown, at.targets)
    triage = _triage(at, facts)
    ask = asking.ask(at.plans.vocabulary, grader, facts, warning, response, _scope_missing(grader, facts))
    besides = [*scope_readings, *(leaning.counting(at, given) if grader.gate(Env(facts)) is not False else [])]
    keys = leaning.keys(plan, at, warning, response, besides, ctx.stage)
    leaned = leaning.lean(at, plan, keys if weighed else [], facts, given, (warning.name, response.name))
    return {
        "plan": plan.slug,
        "title": plan.row.title,
        "applies": applies,
        "why": why,
        "triage": triage,
        "next": _next(plan, triage),
        "warning": _grade(ctx, warning, given, leaned) | items.warning(ctx, warning),
        "response": _grade(ctx, response, given, leaned) | items.response(ctx, response),
        "must_not": items.must_not(ctx, triage, warning.name, response.name),
        "interpretations": keys,
        "readings": leaned.told,
        "ask": ask,
    }


def _triage(at: Desk, facts: Mapping[str, Any]) -> str | None:
    code = facts.get("triage")
    return None if code is None else at.plans.vocabulary.internal["triage"].type.values[code]


def _next(plan: Plan, triage: str | None) -> list[dict[str, Any]]:
    """What the triage asks for; nothing is graded before it."""
    rows = [row for row in plan.row.triage if triage is None or row.outcome == triage]
    return [
        {"outcome": row.outcome, "what": row.what, "by": row.by, "cite": row.cite, "source": "text"}
        | ({"needs_transferee": True} if row.needs_transferee else {})
        | ({"interpretation": row.reading} if row.reading else {})
        for row in rows
    ]


def _applies(grader: Grader, env: Env) -> tuple[bool | str, str, list[str]]:
    """Whether the plan's scope covers the event; levels are judged either way, and a person chooses the plan."""
    if (outcome := _gate_says_no(grader, env)) is not None:
        return False, outcome, []
    found = [(row, run(env)) for row, run in grader.scope]
    held = [row for row, value in found if value]
    if held:
        told = "；".join(f"{row.text}（{row.cite}{'，按' + row.reading if row.reading else ''}）" for row in held)
        readings = [held[0].reading] if all(row.reading for row in held) else []
        return True, told, readings
    if any(value is None for _, value in found):
        return "unknown", "还不清楚是否属于适用范围：" + "；".join(r.text for r, v in found if v is None), []
    cites = "、".join(dict.fromkeys(row.cite for row, _ in found if not row.reading))
    return False, f"不在适用范围内（{cites}）；两份预案分别判断，由人选择", []


def _gate_says_no(grader: Grader, env: Env) -> str | None:
    env.miss.clear()
    if grader.gate(env) is not False:
        return None
    kind = grader.plan.scope.facts["triage"].type
    outcome = kind.values[env.facts["triage"]]
    row = next((row for row in grader.plan.row.triage if row.outcome == outcome), None)
    return f"{row.what}（{row.cite}）" if row else "不是真实事件"


def _scope_missing(grader: Grader, facts: Mapping[str, Any]) -> list[str]:
    env = Env(facts)
    missing: list[str] = []
    for _, run in grader.scope:
        env.miss.clear()
        value = run(env)
        if value:
            return []
        missing += env.miss if value is None else []
    return missing


def _near(ctx: items.Context, grade: Grade) -> list[dict[str, Any]]:
    return [_near_level(ctx, level.row.level, mets) for level, mets in grade.near()]


def _near_level(ctx: items.Context, level: str, mets: list[Met]) -> dict[str, Any]:
    """What is lacking, of the condition that comes nearest: facts unknown, and facts known to be otherwise."""
    nearest = min(mets, key=lambda met: (met.value is False, len(met.lacking)))
    contrary = [n for part in nearest.lacking if part.value is False for n in part.facts]
    unknown = [*nearest.missing, *(n for part in nearest.lacking for n in part.missing)]
    told = {name: list(dict.fromkeys(map(ctx.origin, names))) for name, names in
            (("missing", [*contrary, *unknown]), ("unknown", unknown), ("contrary", contrary))}  # fmt: skip
    verdict = "unknown" if nearest.value is None else "no"
    return {"level": level, **told, "verdict": verdict, "conditions": [_condition(ctx, met) for met in mets]}


def _condition(ctx: items.Context, met: Met) -> dict[str, Any]:
    return {
        "cite": met.row.cite,
        "condition": met.row.text,
        "value": _told(met.value),
        "parts": [
            {"text": part.text, "value": _told(part.value), "source": "reading" if part.reading else "text"}
            | ({"interpretation": part.reading} if part.reading else {})
            | {"facts": ctx.shown_of(part.facts)}
            | ({"missing": list(dict.fromkeys(map(ctx.origin, part.missing)))} if part.missing else {})
            for part in met.parts
        ],
    }


def _told(value: bool | None) -> bool | str:
    return "unknown" if value is None else value


def _trace(ctx: items.Context, grade: Grade) -> list[dict[str, Any]]:
    return [{"level": level.row.level} | _condition(ctx, met) for level in grade.levels for met in level.conditions]


def _grade(ctx: items.Context, grade: Grade, given: Given, leaned: leaning.Leaned) -> dict[str, Any]:
    """A level is `text` only when no reading decides it."""
    level = grade.level
    told: dict[str, Any] = {
        "level": grade.name,
        "cites": [met.row.cite for met in level.conditions if met.value] if level else [],
        "near": _near(ctx, grade),
        "trace": _trace(ctx, grade),
    }
    if grade.held:
        told |= {"held": grade.held, "held_why": "等级判断标准尚未下发，不据条件提出级别"}
    if level:
        deciding = sorted({grade.gap} if grade.gap else leaned.deciding[grade.kind])
        told |= {"source": "reading", "interpretation": "、".join(deciding)} if deciding else {"source": "text"}
        told["cites"] = told["cites"] or [level.row.cite]
    counted = {name: found for name, found in given.counted.items() if any(found.values())}
    return told | ({"counted": counted} if counted else {})
