"""Reading clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from luoshi.clocks.models import EVENTS, STATES, Clock
from luoshi.kernel import when
from luoshi.ledger import queries as ledger
from luoshi.ledger import words

SOON = 3 * 86400  # seconds before due from which an open clock is shown yellow


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a clock's history."""

    at: datetime
    what: str
    who: str = ""
    note: str = ""
    seq: int = 0


def of(subject: str) -> list[Clock]:
    """Every clock of `subject`, earliest due first. One query."""
    return list(Clock.objects.filter(subject=subject).order_by("due_at", "id"))


def light(clock: Clock, now: datetime | None = None) -> tuple[str, str]:
    """(light, words) of a clock: what a person sees first."""
    if clock.state == "cancelled":
        return "grey", STATES["cancelled"]
    if clock.state == "finished":
        return ("red", "超时后办结") if clock.late else ("green", "按时办结")
    if clock.state == "suspended":
        return "grey", STATES["suspended"]
    left = (clock.due_at - (now or when.now())).total_seconds()
    if clock.state == "broken" or left < 0:
        return "red", STATES["broken"]
    return ("yellow", "临期") if left < SOON else ("green", STATES["running"])


def history(clock: Clock) -> list[Step]:
    """What happened to a clock: its ledger entries and firings, oldest first. Two queries."""
    steps = [
        Step(when.aware(e.at), words.named(e.kind), e.actor, _note(e.data), e.seq) for e in ledger.history(clock.ref)
    ]
    steps += [
        Step(when.aware(f.fired_at), f"{EVENTS[f.event]}触发", "时限服务", f"滞后 {f.late_ms} 毫秒")
        for f in clock.firings.all()
    ]
    return sorted(steps, key=lambda step: (step.at, step.seq))


def _note(data: dict[str, object]) -> str:
    parts = []
    if data.get("reason"):
        parts.append(str(data["reason"]))
    for key, label in (("was", "原到期"), ("due", "到期")):
        if data.get(key):
            parts.append(f"{label} {str(data[key])[:16].replace('T', ' ')}")
    return "；".join(parts)
