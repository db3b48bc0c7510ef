"""What a decision says, from facts, plans and answers alone. Pure: the live act records it, a verifier repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.emergency import course, items, proposing
from luoshi.emergency.desk import Desk
from luoshi.kernel.errors import BadInput, Refused
from luoshi.rules.interpret import Env


def card(at: Desk, plan: str, given: Mapping[str, Any], *, weighed: bool = True) -> dict[str, Any]:
    """The proposal card for facts as shown. BadInput for a plan the edition does not have."""
    if plan not in at.plans.by_slug:
        raise BadInput(f"没有预案 {plan}")
    return proposing.one(at, at.plans.by_slug[plan], at.given(known(given)), weighed=weighed)


def known(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def context(at: Desk, plan: str, given: Mapping[str, Any]) -> items.Context:
    rules, told = at.plans.by_slug[plan], at.given(known(given))
    return items.Context(rules, at.answers, at.plans, at.facts_for(rules, told), told.shown, at.targets)


def gist(card: Mapping[str, Any]) -> dict[str, Any]:
    """A card without what can be had again from facts and plan: levels, clauses, what was near, what was unknown."""

    def part(told: Mapping[str, Any]) -> dict[str, Any]:
        near = [{"level": n["level"], "missing": n["missing"]} for n in told["near"]]
        source = {name: told[name] for name in ("source", "interpretation") if name in told}
        return {"level": told["level"], "cites": told["cites"], "near": near, **source}

    return {
        "plan": card["plan"],
        "applies": card["applies"],
        "triage": card["triage"],
        "warning": part(card["warning"]),
        "response": part(card["response"]) | {"starters": card["response"]["starters"]},
        "interpretations": card["interpretations"],
        "ask": card["ask"],
    }


def start(at: Desk, plan: str, given: Mapping[str, Any], level: str, by: str) -> dict[str, Any]:
    """What a start says of itself. `allowed`: the post may start this level."""
    ctx = context(at, plan, given)
    row = ctx.plan.level("response", level)
    if row is None:
        raise BadInput(f"{plan}号没有响应级别 {level}")
    entitled = items.entitled(ctx, row)
    return gist(card(at, plan, given, weighed=False)) | {
        "started": level,
        "by": by,
        "entitled": entitled,
        "allowed": by in entitled,
        "confirmed_first": bool(items.confirms(ctx, row)),
    }


def end(at: Desk, plan: str, given: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What an end says of itself: conditions standing, each shown or acknowledged, by a post that may end it."""
    ctx = context(at, plan, given)
    holds = {key: run(Env(ctx.facts)) for key, run in at.graders[plan].ends.items()}
    standing = course.end_conditions(ctx, holds)
    asked = course.End(
        str(said["by"]), str(said["started_by"]), dict(said["shown"]), list(said["acknowledged"]),
        list(said["stricter"]), bool(said["assisting"]), bool(said["superior_agreed"]), bool(said["same_person"]),
    )  # fmt: skip
    try:
        course.end(ctx, asked, standing)
        allowed = True
    except Refused:
        allowed = False
    return dict(said) | {"conditions": [row.key for row in standing], "allowed": allowed}
