"""What a reading does outside the levels: who early reports go to (A37), who an unnamed body is (A41, A42), the grade
standard that is not there (A26), an event that has no trigger in plan 22 (A40). Each says on which reading it rests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from luoshi.emergency import live
from luoshi.emergency.items import Context
from luoshi.emergency.live import Table
from luoshi.emergency.plans import Plan
from luoshi.kernel import when
from luoshi.norms import queries as norms

UNNAMED = "（未指定，须先在口径中填写）"


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody to be told. `named`: whom the words stand for on this installation; empty = not settled."""

    plan: str
    who: str
    cite: str
    reading: str = ""
    named: tuple[str, ...] = ()


def early_reports(table: Table) -> list[Told]:
    """先期处置的报告对象. With both plans in play their recipients are united (A37), else those of the plan run."""
    slugs = [slug for slug, case in table.cases.items() if case.triage == "true" and case.chosen is not False]
    running = [slug for slug in slugs if slug in table.running]
    union = all(table.context(slug).answer("A37") in ("union", "") for slug in slugs)
    wanted = slugs if union or not running else running
    found = [one for slug in wanted for one in _early(table.plan(slug), table.context(slug))]
    seen: set[str] = set()
    return [one for one in found if not (one.who in seen or seen.add(one.who))]  # type: ignore[func-returns-value]


def _early(plan: Plan, ctx: Context) -> Iterable[Told]:
    for step in plan.steps:
        if step.phase == "first_response" and step.to:
            for who in step.to.split("、"):
                yield Told(plan.slug, who, step.cite, step.reading, tuple(stands_for(who, ctx)))


def stands_for(who: str, ctx: Context) -> list[str]:
    """The bodies that an unnamed one stands for under the settings (A41); empty when nobody has said."""
    key = live.SUPERIOR_AUTHORITY if "主管部门" in who and "上级" in who else live.SUPERIOR_COMMAND
    if "上级" not in who:
        local = "主管部门" in who and ctx.answer("A41") == "gongxin_only"
        return ["区工信局"] if local else []
    value: Any = norms.parameter(key, when.today())
    return [str(item) for item in value] if isinstance(value, list) else [str(value)] if value else []


def power(ctx: Context) -> Told:
    """Who coordinates power and fuel. Plan 22 names nobody (A42)."""
    step = next((s for s in ctx.plan.steps if s.cite.endswith(":6.5/s2")), None)
    cite = step.cite if step else f"{ctx.plan.slug}:6.5/s2"
    if step is not None and not step.reading:
        return Told(ctx.plan.slug, step.by, cite, "", (step.by,))
    named = ctx.plan.row.office.short if ctx.answer("A42") != "fagai" else "区发改局"
    return Told(ctx.plan.slug, step.by if step else "", cite, "A42", (named,))


def without_trigger(table: Table, clause: str) -> dict[str, Any] | None:
    """Plan 22 takes reports of major events but has no trigger for them: offer plan 21 as a task (A40)."""
    for slug in table.cases:
        source = next((row for row in table.plan(slug).row.sources if row.cite == clause), None)
        if source is not None and source.reading == "A40" and table.context(slug).answer("A40") != "ignore":
            others = [other for other in table.cases if other != slug]
            return {"plan": slug, "cite": clause, "interpretation": "A40", "offer": others, "what": source.what}
    return None
