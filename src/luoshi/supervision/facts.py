"""From stored duties to the plain facts the pure rules decide on, today or as of an earlier day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from luoshi.kernel import when
from luoshi.supervision.engine import ActorFacts, DutyFacts, State
from luoshi.supervision.lights import Light, LightFacts, light
from luoshi.supervision.models import Duty, Event, Reading, Target
from luoshi.supervision.rulebook import Rules
from luoshi.supervision.rulings import Ruling, ruling_on
from luoshi.supervision.verdicts import Aim, Instead, Judgement, Measured, Verdict, judge, plain


def aim_of(target: Target, since: date | None, as_of: date | None = None) -> Aim:
    """A stored target as the verdict rules see it. A value set after `as_of` was not yet known then."""
    unset = bool(as_of and target.value_set_on and target.value_set_on > as_of)
    return Aim(
        indicator=target.indicator,
        op=target.op,
        value=None if unset else target.value,
        high=target.value_high,
        unit=target.unit if not target.awaited_from or target.value is not None else "",
        due=target.due,
        baseline=target.baseline,
        baseline_missing=target.baseline_missing,
        relative_to=target.relative_to,
        fuzzy=target.fuzzy,
        binding=target.binding,
        stable=target.stable,
        awaited_from=target.awaited_from,
        since=since,
    )


def measured(reading: Reading) -> Measured:
    return Measured(
        value=reading.value,
        period_end=reading.period_end,
        reference=reading.reference,
        source=reading.source,
        document=reading.document,
        verified=reading.verified_at is not None,
    )


def judged(target: Target, since: date | None, as_of: date, rules: Rules) -> Judgement:
    """The verdict on a target from its readings (as prefetched) whose period has ended by `as_of`.

    A target that lost a settled conflict is judged by the chosen value, from the readings of both: they measure the
    same indicator. Where the chosen sentence prints no date, the target keeps its own.
    """
    ruling = ruling_on(target, as_of)
    aim, rows = aim_of(target, since, as_of), list(target.readings.all())
    instead = None
    if ruling is not None:
        chosen = ruling.chosen
        aim = replace(aim_of(chosen, chosen.duty.instrument.date, as_of), due=chosen.due or target.due)
        rows += chosen.readings.all()
        instead = _instead(ruling)
    known = [measured(r) for r in sorted(rows, key=lambda r: (r.entered_at, r.pk))]
    return replace(judge(aim, known, as_of, rules.leanings), binding=aim.binding, instead=instead)


def _instead(ruling: Ruling) -> Instead:
    chosen, decided = ruling.chosen, ruling.conflict.decided_at
    assert decided is not None  # a ruling is a decided conflict
    day = when.aware(decided).date()
    public = chosen.duty.instrument.public
    return Instead(ruling.conflict.pk, chosen.citation, target_words(chosen), chosen.value, day, public)


def judgements(duty: Duty, as_of: date, rules: Rules) -> list[tuple[Target, Judgement]]:
    since = duty.instrument.date
    return [(t, judged(t, since, as_of, rules)) for t in duty.targets.all() if t.stands(as_of)]


def duty_facts(duty: Duty, rules: Rules | None = None) -> DutyFacts:
    """What the state machine needs. Uses prefetched bodies, targets and events where they are there."""
    bodies = [b for b in duty.bodies.all() if b.body_id is not None]
    events = list(duty.events.all())
    open_targets: tuple[str, ...] = ()
    if rules is not None:
        found = judgements(duty, when.today(), rules)
        open_targets = tuple(
            f"{t.indicator}（{j.label}）" for t, j in found if j.binding and j.verdict is not Verdict.MET
        )
    return DutyFacts(
        state=State(duty.state),
        confirmed=duty.status == Duty.Status.CONFIRMED,
        leads=frozenset(b.body_id for b in bodies if b.role == "lead" and b.body_id),
        cooperating=frozenset(b.body_id for b in bodies if b.role != "lead" and b.body_id),
        received=frozenset(b.body_id for b in bodies if b.received_at and b.body_id),
        doers=frozenset(e.user_id for e in events if e.act in DOING and e.user_id),
        continuous=duty.continuous,
        stage_result=duty.stage_result,
        stage_done=duty.stage_done_on is not None,
        deadline=duty.deadline,
        evidence=len(duty.evidence.all()),
        returned_without_answer=duty.returned,
        open_targets=open_targets,
        resume_to=State(duty.resume_to) if duty.resume_to else None,
    )


DOING = ("receive", "feedback", "request_completion")


def actor_facts(user: Any, duty: Duty) -> ActorFacts:
    """What `user` is to this duty. No query once the user's grants are known."""
    ids = [b.body_id for b in duty.bodies.all() if b.body_id is not None]
    return ActorFacts(
        user=user.pk,
        supervises=user.may("supervision.supervise"),
        handles=frozenset(i for i in ids if user.may("supervision.handle", body=i)),
        belongs=frozenset(b.pk for b in user.bodies()),
    )


def light_of(duty: Duty, as_of: date, rules: Rules, events: Sequence[Event] | None = None) -> Light:
    """The light on `as_of`. With `events`, everything is taken as it stood on that day."""
    found = judgements(duty, as_of, rules)
    past = as_at(duty, events, as_of) if events is not None else _now(duty)
    late = [b for b in duty.broken if b["on"] <= as_of.isoformat()]
    return light(
        LightFacts(
            confirmed=duty.status == Duty.Status.CONFIRMED,
            goal=duty.goal,
            deadline=past.pop("deadline"),
            continuous=duty.continuous,
            period=duty.period,
            broken=tuple(b["label"] for b in late),
            broken_on=min((date.fromisoformat(b["on"]) for b in late), default=None),
            unset=tuple(dict.fromkeys(t.indicator for t, j in found if j.awaited)),
            missed=tuple(t.indicator for t, j in found if j.verdict is Verdict.MISSED and j.binding),
            unjudged=tuple(
                t.indicator
                for t, j in found
                if j.verdict is Verdict.UNKNOWN and not j.awaited and (j.binding or duty.goal)
            ),
            met=tuple(t.indicator for t, j in found if j.verdict is Verdict.MET),
            **past,
        ),
        as_of,
        rules.light,
    )


def _now(duty: Duty) -> dict[str, Any]:
    return {
        "state": State(duty.state),
        "deadline": duty.deadline,
        "stage_done": duty.stage_done_on,
        "closed_on": duty.closed_on if duty.state == State.CLOSED else None,
        "started_on": duty.assigned_on,
        "reported_until": duty.reported_until,
    }


def as_at(duty: Duty, events: Sequence[Event], as_of: date) -> dict[str, Any]:
    """The duty's course replayed from its events up to and including `as_of`, from the printed deadline on."""
    past: dict[str, Any] = {
        "state": State.ESTABLISHED,
        "deadline": duty.deadline_printed or duty.deadline,
        "stage_done": None,
        "closed_on": None,
        "started_on": None,
        "reported_until": None,
    }
    for event in sorted(events, key=lambda e: (e.at, e.pk)):
        day = when.aware(event.at).date()
        if day > as_of:
            break
        _replay(past, event, day)
    return past


def _replay(past: dict[str, Any], event: Event, day: date) -> None:
    if event.to_state:
        past["state"] = State(event.to_state)
    if event.data.get("deadline"):
        past["deadline"] = date.fromisoformat(event.data["deadline"])
    if event.act == "assign":
        past["started_on"] = day
    elif event.act in ("feedback", "feedback_for") and event.covers_until and not event.returned:
        past["reported_until"] = max(past["reported_until"] or event.covers_until, event.covers_until)
    elif event.act == "accept":
        past["closed_on" if event.to_state == State.CLOSED else "stage_done"] = day
    elif event.act == "reopen":
        past["closed_on"] = None


def verdict_words(judgement: Judgement) -> str:
    """Why, with the decision that replaced the target's own value where there is one."""
    return f"{judgement.instead.text}：{judgement.why}" if judgement.instead else judgement.why


def target_words(target: Target) -> str:
    """A target in one line of plain Chinese: `≥ 98.5%`, `待下达`, `左右 80%`."""
    if target.op == "done":
        return "完成"
    if target.value is None:
        return "待下达" if target.awaited_from else (target.fuzzy or target.baseline or "未写数值")
    signs = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "=", "between": ""}
    high = f"—{plain(target.value_high)}" if target.value_high is not None else ""
    words = f"{signs[target.op]}{plain(target.value)}{high}{target.unit}"
    return f"{words}（{target.fuzzy}）" if target.fuzzy else words
