"""Which readings a proposal leans on, and which of them decide it: another answer would give another level."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from luoshi.emergency import items, vocabulary
from luoshi.emergency.desk import Desk, grader_of
from luoshi.emergency.grading import Grade, Grader
from luoshi.emergency.plans import Plan, Plans
from luoshi.emergency.vocabulary import Given
from luoshi.kernel.canonical import dumps
from luoshi.rules.answers import answers

Levels = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Leaned:
    """`told`: each reading with its answer. `deciding`: by kind, those under whose other answers the level differs."""

    told: list[dict[str, Any]]
    deciding: dict[str, set[str]]


def keys(plan: Plan, at: Desk, warning: Grade, response: Grade, besides: list[str], stage: str) -> list[str]:
    """The readings a card names: those `besides`, of the levels held or near, and of what follows from them."""
    found: dict[str, None] = dict.fromkeys(besides)
    always = plan.row.readings
    for grade in (warning, response):
        shown = [grade.level] if grade.level else []
        shown += [level for level, _ in grade.near()]
        if not shown:
            continue
        used = {key for level in shown for key in items.condition_readings(at.graders[plan.slug], level)}
        found |= dict.fromkeys(key for key in at.answers.by_key if key in used)
        found |= dict.fromkeys(always.get(grade.kind, []))
        if grade.gap:
            found[grade.gap] = None
    found |= dict.fromkeys(items.level_readings(plan, warning, response, stage))
    return sorted(key for key in found if key in at.answers.by_key)


def counting(at: Desk, given: Given) -> list[str]:
    """The readings that say whether an operator named in the facts counts: left out, it may leave no level at all."""
    named = {name for lists in given.counted.values() for names in lists.values() for name in names}
    words = at.plans.vocabulary
    found = [row.reading for row in words.operators if row.reading and row.name in named]
    undecided = any(lists["undecided"] for lists in given.counted.values())
    return [*found, *(words.counted_by if undecided else [])]


def lean(at: Desk, plan: Plan, found: list[str], facts: Mapping[str, Any], given: Given, now: Levels) -> Leaned:
    """Every reading of `found` tried under its other answers."""
    leaned = Leaned([], {"warning": set(), "response": set()})
    for key in found:
        row = at.plans.readings[key]
        others = [option.value for option in row.options if option.value != at.answers.by_key[key].shown]
        others = others if key in at.graders[plan.slug].moving else []
        got = {other: _under(at, plan, key, other, facts, given) for other in others}
        changes = {other: levels for other, levels in got.items() if levels != now}
        for i, kind in enumerate(("warning", "response")):
            if any(levels[i] != now[i] for levels in changes.values()):
                leaned.deciding[kind].add(key)
        leaned.told.append(
            at.answers.spell(key)
            | {"question": row.question, "body": row.body, "decides": bool(changes)}
            | {"otherwise": [{"value": other, "warning": w, "response": r} for other, (w, r) in changes.items()]}
        )
    return leaned


def _under(
    at: Desk, plan: Plan, key: str, other: str, facts: Mapping[str, Any], given: Given
) -> tuple[str | None, str | None]:
    words = at.words() | {key: other}
    if key in at.plans.vocabulary.counted_by:
        counted = vocabulary.recount(at.plans.vocabulary, given, words, at.operators)
        facts = counted | ({"triage": facts["triage"]} if "triage" in facts else {})
    grader = _other_grader(at.plans, plan.slug, dumps(words))
    warning, response = grader.both(facts)
    return warning.name, response.name


@lru_cache(maxsize=512)
def _other_grader(plans: Plans, slug: str, spelt: str) -> Grader:
    return grader_of(plans, plans.by_slug[slug], answers(plans.settings, json.loads(spelt)))
