"""A duty as JSON: one shape for the command line and for HTTP. Numbers are exact, dates ISO, codes stable."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from luoshi.supervision.facts import as_at, judgements, light_of, verdict_words
from luoshi.supervision.models import Duty, DutyBody, Event, Reading, Target
from luoshi.supervision.rulebook import Rules
from luoshi.supervision.rulings import open_conflict
from luoshi.supervision.verdicts import Judgement

Json = dict[str, Any]


def duty_json(duty: Duty, as_of: date, rules: Rules, *, replay: bool = False) -> Json:
    """The duty on `as_of`. With `replay` its state is taken from its (prefetched) events up to that day."""
    events = list(duty.events.all()) if replay else None
    light = light_of(duty, as_of, rules, events)
    state = as_at(duty, events, as_of)["state"] if events is not None else duty.state
    bodies = list(duty.bodies.all())
    return {
        "key": duty.key,
        "citation": duty.citation,
        "clauses": duty.clauses,
        "document": duty.instrument.number,
        "document_title": duty.instrument.title,
        "title": duty.title,
        "gist": duty.gist,
        "group": duty.group,
        "goal": duty.goal,
        "lead": [_name(b) for b in bodies if b.role == "lead"],
        "cooperate": [_name(b) for b in bodies if b.role != "lead"],
        "printed": {
            "lead": [b.printed for b in bodies if b.role == "lead"],
            "cooperate": [b.printed for b in bodies if b.role != "lead"],
        },
        "lead_marked": not duty.no_lead_marked,
        "joint_lead": duty.joint_lead,
        "open_list": duty.open_list,
        "division": duty.division,
        "deadline": {
            "date": duty.deadline.isoformat() if duty.deadline else None,
            "stage_result": duty.stage_result,
            "continuous": duty.continuous,
            "printed": duty.deadline_words,
            "printed_date": duty.deadline_printed.isoformat() if duty.deadline_printed else None,
            "note": duty.deadline_note,
        },
        "source": duty.source,
        "status": duty.status,
        "state": str(state),
        "light": light.colour,
        "light_reason": light.why,
        "due": light.due.isoformat() if light.due else None,
        "progress": duty.progress,
        "targets": [target_json(t, j) for t, j in judgements(duty, as_of, rules)],
        "note": duty.note,
        "demo": duty.demo,
    }


def _name(row: DutyBody) -> str:
    return row.body.name if row.body is not None else row.printed


def target_json(target: Target, judgement: Judgement) -> Json:
    latest = judgement.latest
    return {
        "id": target.pk,
        "citation": target.citation,
        "indicator": target.indicator,
        "op": target.op,
        "value": _value(target),
        "unit": target.unit,
        "due": target.due.isoformat() if target.due else None,
        "baseline": target.baseline or None,
        "fuzzy": target.fuzzy or None,
        "binding": target.binding,
        "stable": target.stable,
        "implied": target.implied,
        "awaited": judgement.awaited,
        "awaited_from": target.awaited_from or None,
        "verdict": str(judgement.verdict),
        "verdict_reason": verdict_words(judgement),
        "superseded": _superseded(judgement),
        "open_conflict": waiting.pk if (waiting := open_conflict(target)) is not None else None,
        "interpretations": [{"key": x.key, "value": x.value, "status": x.status} for x in judgement.leanings],
        "latest": None
        if latest is None
        else {
            "value": exact(latest.value),
            "period_end": latest.period_end.isoformat(),
            "source": latest.source,
            "document": latest.document,
            "verified": latest.verified,
        },
    }


def _superseded(judgement: Judgement) -> Json | None:
    """The decision a target lost by and the value it is judged by since; None for a target that stands."""
    found = judgement.instead
    if found is None:
        return None
    return {
        "conflict": found.conflict,
        "url": f"/supervision/conflicts/{found.conflict}/",
        "citation": found.citation,
        "value": exact(found.value),
        "words": found.words,
        "decided_on": found.on.isoformat(),
    }


def _value(target: Target) -> Any:
    if target.value_high is not None and target.value is not None:
        return [exact(target.value), exact(target.value_high)]
    return exact(target.value)


def exact(value: Decimal | None) -> Any:
    """A JSON number printing the very digits; a string when no float does."""
    if value is None:
        return None
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else format(value.normalize(), "f")


def event_json(event: Event) -> Json:
    return {
        "id": event.pk,
        "at": event.at.isoformat(),
        "act": event.act,
        "label": event.label,
        "from": event.from_state,
        "to": event.to_state,
        "by": event.by,
        "body": event.body.name if event.body else None,
        "words": event.words,
        "progress": event.progress,
        "covers_until": event.covers_until.isoformat() if event.covers_until else None,
        "returned": event.returned,
        "evidence": [{"id": e.pk, "name": e.name, "size": e.size, "sm3": e.sm3} for e in event.evidence.all()],
        "entry": event.entry,
    }


def reading_json(reading: Reading) -> Json:
    return {
        "id": reading.pk,
        "target": reading.target_id,
        "value": exact(reading.value),
        "reference": exact(reading.reference),
        "period_start": reading.period_start.isoformat() if reading.period_start else None,
        "period_end": reading.period_end.isoformat(),
        "source": reading.source,
        "document": reading.document,
        "verified": reading.verified_at is not None,
    }
