"""What a plan prints for a level: who starts, who is told, what is done, which clocks run, what must not be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from luoshi.emergency.grading import Grade, Grader, Level
from luoshi.emergency.plans import Plan, Plans
from luoshi.emergency.rows import CarryRow, CitedRow, ConfirmRow, LevelRow, MeasureRow, NotifyRow, PostRow
from luoshi.rules.answers import Answers


@dataclass(frozen=True, slots=True)
class Context:
    """A plan, the answers in force and the facts of the moment. `targets`: minutes set by the user, not by the plan."""

    plan: Plan
    answers: Answers
    plans: Plans
    facts: Mapping[str, Any]
    shown: Mapping[str, Any]
    targets: Mapping[str, int]

    def answer(self, key: str) -> str:
        found = self.answers.by_key.get(key)
        return "" if found is None else str(found.shown)

    def origin(self, name: str) -> str:
        return self.plans.vocabulary.origin.get(name, name)

    def shown_of(self, names: Iterable[str]) -> dict[str, Any]:
        given = dict.fromkeys(self.origin(name) for name in names)
        return {name: self.shown[name] for name in given if name in self.shown}

    @property
    def stage(self) -> str:
        code = self.facts.get("stage")
        return "" if code is None else self.plan.scope.facts["stage"].type.values[code]


def marked(row: CitedRow, told: dict[str, Any]) -> dict[str, Any]:
    """An item with its citation, and whether the text says it or a reading does."""
    item = told | {"cite": row.cite, "source": row.source}
    return item | ({"interpretation": row.reading} if row.reading else {})


def posts_of(ctx: Context, title: str) -> list[str]:
    """The posts a printed word stands for under the answers in force."""
    post = ctx.plan.post(title)
    if post is None or not post.meaning:
        return [title]
    return list(post.meaning.get(ctx.answer(post.reading), []))


def printed(ctx: Context, title: str) -> str:
    """How a post is shown on the start form: a word without a definition says how it is understood."""
    post = ctx.plan.post(title)
    if post is None or not post.meaning or not post.printed:
        return title
    told = post.printed.format(meaning="或".join(posts_of(ctx, title)))
    if ctx.answers.by_key[post.reading].status == "confirmed":
        told = told.replace("，待确认", "")
    return told


def entitled(ctx: Context, level: LevelRow) -> list[str]:
    return list(dict.fromkeys(post for title in level.starters for post in posts_of(ctx, title)))


def starter_reading(ctx: Context, level: LevelRow) -> str | None:
    """The reading on which it rests who may start, when the text prints a word it does not define."""
    posts = (ctx.plan.post(title) for title in level.starters)
    return next((post.reading for post in posts if post is not None and post.meaning), None)


def confirms(ctx: Context, level: LevelRow) -> ConfirmRow | None:
    """Who must confirm between proposal and start, if anybody."""
    for row in ctx.plan.row.confirms:
        if row.answer and ctx.answer(row.reading) == row.answer:
            return row
        if not row.answer and level.confirm:
            return row
    return None


def condition_readings(grader: Grader, level: Level) -> set[str]:
    """Readings in the conditions of a level that hold, or hold in part."""
    return {key for met in level.conditions if met.value or met.partly for key in grader.leans[id(met.row)]}


def level_readings(plan: Plan, warning: Grade, response: Grade, stage: str) -> list[str]:
    keys: list[str] = []
    if warning.level:
        keys += [row.reading for row in (*plan.row.warning_notify, *plan.row.warning_measures)]
    if response.level:
        row = response.level.row
        posts: list[PostRow | None] = [plan.post(title) for title in (*row.starters, row.reports_to)]
        keys += [post.reading for post in posts if post and post.meaning]
        keys += [item.reading for item in (*row.measures, *row.notify)]
        keys += [carry.reading for carry in row.carry]
        keys += plan.row.readings.get("start", []) + plan.row.readings.get(f"response {row.level}", [])
        keys += [plan.row.threat_reading] if stage == "threat" else []
    if warning.level and response.level:
        keys.append(plan.row.independent_reading)
    for grade in (warning, response):
        if grade.level is None and any(met.value is False for _, mets in grade.near() for met in mets):
            keys += [gap.reading for gap in getattr(plan.row, f"{grade.kind}_gaps")]
    return [key for key in keys if key]


def warning(ctx: Context, grade: Grade) -> dict[str, Any]:
    row = ctx.plan.row
    issued = grade.level is not None
    return {
        "issuer": row.warning_issuer,
        "proposer": row.warning_proposer,
        "confirms": row.warning_confirms.by if row.warning_confirms else None,
        "notify": [_notify(item) for item in row.warning_notify] if issued else [],
        "measures": [_measure(item, "条文措施") for item in row.warning_measures] if issued else [],
        "clocks": clocks(ctx, "warning", "") if issued else [],
        "lift": [marked(item, {"key": item.key, "text": item.text}) for item in row.lift] if issued else [],
        "first": bool(issued and ctx.stage == "threat"),
    }


def _notify(row: NotifyRow) -> dict[str, Any]:
    return marked(
        row,
        {
            "who": row.who,
            "to": row.to or None,
            "members": row.members,
            "when": row.when,
            "at": row.at,
            "timing": row.timing,
        },
    )


def _measure(row: MeasureRow, column: str) -> dict[str, Any]:
    told = {"what": row.what, "by": row.by, "column": column, "timing": row.timing, "on": row.on or None}
    return marked(row, told)


def response(ctx: Context, grade: Grade) -> dict[str, Any]:
    level = grade.level.row if grade.level else None
    if level is None:
        return {"starters": [], "proposer": _proposer(ctx.plan), "confirms": None, "notify": [], "measures": [],
                "clocks": [], "optional": False}  # fmt: skip
    confirm = confirms(ctx, level)
    return {
        "starters": [printed(ctx, title) for title in level.starters],
        "starter_posts": entitled(ctx, level),
        "starter_cite": level.procedure,
        "starter_reading": starter_reading(ctx, level),
        "proposer": level.proposer,
        "reports_to": printed(ctx, level.reports_to) if level.reports_to else None,
        "confirms": confirm.by if confirm else None,
        "confirm_cite": confirm.cite if confirm else None,
        "notify": [_notify(item) for item in level.notify],
        "measures": measures(ctx, level),
        "clocks": clocks(ctx, "response", level.level),
        "mechanisms": {"what": ctx.plan.row.mechanisms, "cite": ctx.plan.row.mechanisms_cite},
        "end": ends(ctx),
        "optional": ctx.stage == "threat" and ctx.answer(ctx.plan.row.threat_reading) != "response",
    }


def _proposer(plan: Plan) -> str:
    return next((level.proposer for level in plan.of_kind("response")), "")


def measures(ctx: Context, level: LevelRow) -> list[dict[str, Any]]:
    """The level's own measures, then those carried over under a reading: recommended, never the text of this level."""
    own = [_measure(item, "条文措施") for item in level.measures]
    return own + [item for carry in level.carry for item in _carried(ctx, carry)]


def _carried(ctx: Context, carry: CarryRow) -> list[dict[str, Any]]:
    answer = ctx.answer(carry.reading)
    if answer not in (carry.apply, carry.recommend):
        return []
    column = "建议沿用" if answer == carry.recommend else "按解释适用"
    other = ctx.plan.level("response", carry.level)
    own = {item.cite: (item.what, item.by) for item in (other.measures if other else [])}
    own |= {duty.cite: (duty.what, ctx.plan.row.hq.short) for duty in ctx.plan.row.hq.duties}
    return [
        {"what": own[cite][0], "by": own[cite][1], "column": column, "timing": None, "on": None, "cite": cite,
         "source": "reading", "interpretation": carry.reading, "note": f"非本级条文（{carry.level}级或总则）"}
        for cite in carry.measures if cite in own
    ]  # fmt: skip


def clocks(ctx: Context, kind: str, level: str) -> list[dict[str, Any]]:
    """Only `minutes` may give a verdict of late; a word (立即) is measured, a target is shown as not from the plan."""
    return [
        marked(row, {
            "name": row.name, "minutes": row.minutes, "from": row.starts, "to": row.stops, "word": row.word or None,
            "from_label": row.from_label,
            "target_minutes": ctx.targets.get(row.target),
            "target_note": "目标值，非预案规定" if row.target in ctx.targets else None,
        })
        for row in ctx.plan.clocks
        if row.applies in (kind, "always") and not row.years and (not row.levels or level in row.levels)
    ]  # fmt: skip


def ends(ctx: Context) -> list[dict[str, Any]]:
    return [
        marked(row, {"key": row.key, "text": row.text, "blocking": row.blocking, "when": row.when or None})
        for row in ctx.plan.row.end
    ]


def must_not(ctx: Context, triage: str | None, warned: str | None, level: str | None) -> list[dict[str, Any]]:
    here = {"always", *(["warning"] if warned else []), *(["response", "before_start", "running"] if level else [])}
    here |= {"not_true"} if triage in ("false_alarm", "unrelated") else set()
    return [marked(row, {"what": row.what}) for row in ctx.plan.row.forbids if row.when in here]
