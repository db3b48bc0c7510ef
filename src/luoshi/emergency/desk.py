"""The plans of a pack under one set of answers: what a service keeps between events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from luoshi.emergency import vocabulary
from luoshi.emergency.grading import Grader
from luoshi.emergency.plans import Plan, Plans, read
from luoshi.emergency.vocabulary import Given
from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput
from luoshi.rules.answers import Answers, answers

BESIDE = ("operators", "targets", "bodies")  # settings that are not answers to readings


@dataclass(slots=True)
class Desk:
    """Plans, answers, a grader for each plan, operators added by the user, target minutes set by the user."""

    plans: Plans
    answers: Answers
    graders: dict[str, Grader]
    operators: dict[str, bool | None]
    targets: dict[str, int]

    def words(self) -> dict[str, str]:
        return {key: str(answer.shown) for key, answer in self.answers.by_key.items()}

    def given(self, facts: Mapping[str, Any], file: str = "") -> Given:
        """Facts as read. May raise BadInput."""
        return vocabulary.read(
            self.plans.vocabulary, facts, self.words(), self.operators, self.plans.by_slug, file=file
        )

    def facts_for(self, plan: Plan, given: Given) -> dict[str, Any]:
        if plan.slug not in given.triage:
            return given.internal
        outcome = given.triage[plan.slug]
        kind = self.plans.vocabulary.internal["triage"].type
        code = None if outcome is None else kind.values.index(outcome)
        return {**given.internal, "triage": code}


def desk(settings: Mapping[str, Any] | None = None, pack: str = "jccq", *, file: str = "") -> Desk:
    """The plans of a pack under `settings`. Raises BadInput for an answer nobody offers."""
    given = dict(settings or {})
    try:
        return _desk(pack, dumps(_plain(given)), file)
    except TypeError as error:
        raise BadInput(str(error), file=file, field="settings") from None


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


@lru_cache(maxsize=64)
def _desk(pack: str, spelt: str, file: str) -> Desk:
    return of(read(pack), json.loads(spelt), file=file)


def of(plans: Plans, given: Mapping[str, Any], *, file: str = "") -> Desk:
    """A desk of plans already read (a snapshot, an imported pack). Raises BadInput for an answer nobody offers."""
    in_force = answers(plans.settings, {k: v for k, v in given.items() if k not in BESIDE}, file=file)
    graders = {slug: grader_of(plans, plan, in_force) for slug, plan in plans.by_slug.items()}
    operators = _flags(given.get("operators"), file)
    targets = _targets(given.get("targets"), plans, file)
    return Desk(plans, in_force, graders, operators, targets)


def grader_of(plans: Plans, plan: Plan, in_force: Answers) -> Grader:
    words = plans.vocabulary
    acts = [name for name, given in words.origin.items() if words.facts[given].act]
    return Grader(plan, in_force, words.counted_by, words.counts, acts)


def _flags(raw: Any, file: str) -> dict[str, bool | None]:
    """`operators`: a mapping name → counts, or a list of names that count."""
    if raw is None:
        return {}
    if isinstance(raw, list) and all(isinstance(name, str) for name in raw):
        return dict.fromkeys(raw, True)
    if isinstance(raw, Mapping) and all(isinstance(v, bool) or v is None for v in raw.values()):
        return dict(raw)
    raise BadInput("应为 企业名称: true 或 false", file=file, field="operators")


def _targets(raw: Any, plans: Plans, file: str) -> dict[str, int]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise BadInput("应为 时限名称: 分钟数", file=file, field="targets")
    known = {clock.target for plan in plans.by_slug.values() for clock in plan.clocks if clock.target}
    for name, minutes in raw.items():
        if name not in known:
            raise BadInput(
                "没有这个目标值", file=file, field=f"targets.{name}", hint="现有：" + "、".join(sorted(known))
            )
        if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes <= 0:
            raise BadInput("应为正整数（分钟）", file=file, field=f"targets.{name}")
    return dict(raw)
