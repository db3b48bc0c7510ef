"""The stage of a drill: virtual time, what was said, clocks that events start and stop, notices that stay inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from luoshi.emergency import items, proposing
from luoshi.emergency.case import Case, Clock
from luoshi.emergency.desk import Desk
from luoshi.emergency.rows import ClockRow, NotifyRow

STATUS = "Exercise"


@dataclass(slots=True)
class Drill:
    """A scenario being run. `facts` as given so far; `cases` by plan; `log` in order of virtual time."""

    desk: Desk
    name: str
    date: datetime
    places: list[str]
    plans: list[str]
    file: str
    now: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    told: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)  # by plan, the list that told them last
    lists: dict[tuple[str, str], int] = field(default_factory=dict)  # a plan's last list of a purpose

    def say(self, kind: str, at: datetime | None = None, **told: Any) -> dict[str, Any]:
        moment = at or self.now
        event = {"at": moment.isoformat(), "time": clock_time(self.date, moment), "kind": kind, "status": STATUS}
        self.log.append(event | told)
        return event

    def context(self, case: Case) -> items.Context:
        desk = self.desk
        return items.Context(case.plan, desk.answers, desk.plans, case.facts, case.shown, desk.targets)


def clock_time(start: datetime, moment: datetime) -> str:
    seconds = int((moment - start).total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def grade(drill: Drill) -> None:
    """Grades anew and says so where something has changed."""
    given = drill.desk.given(drill.facts)
    for slug, case in drill.cases.items():
        case.facts, case.shown = drill.desk.facts_for(case.plan, given), given.shown
        if case.response.state == "ended":
            continue
        card = proposing.one(drill.desk, case.plan, given, weighed=False)
        case.remember(card, drill.now)
        changed = case.card is None or _gist(card) != _gist(case.card)
        case.card = card
        if changed:
            drill.say("proposal", **_brief(card))
        _stage_events(drill, slug, case, card)


def _stage_events(drill: Drill, slug: str, case: Case, card: Mapping[str, Any]) -> None:
    """What the facts themselves say has happened: a triage told as a fact, an event that has occurred."""
    if card["triage"] is not None and case.outcome != card["triage"]:
        case.outcome = card["triage"]
        if not case.done.get("triage"):
            case.note("triage", drill.now, "")
        if case.outcome == "true":
            emit(drill, slug, case, "triaged_true")
    if drill.facts.get("stage") == "occurred" and not case.done.get("happened"):
        case.note("happened", drill.now, "")
        emit(drill, slug, case, "happened")


def _gist(card: Mapping[str, Any]) -> tuple[Any, ...]:
    w, r = card["warning"], card["response"]
    near = [(n["level"], tuple(n["missing"])) for part in (w, r) for n in part["near"]]
    return card["applies"], card["triage"], w["level"], r["level"], tuple(near), tuple(card["ask"])


def _brief(card: Mapping[str, Any]) -> dict[str, Any]:
    def part(told: Mapping[str, Any]) -> dict[str, Any]:
        near = [{"level": n["level"], "missing": n["missing"]} for n in told["near"]]
        return {"level": told["level"], "cites": told["cites"], "near": near}

    response = part(card["response"]) | {"starters": card["response"]["starters"]}
    return {
        "plan": card["plan"],
        "applies": card["applies"],
        "triage": card["triage"],
        "warning": part(card["warning"]),
        "response": response,
        "interpretations": card["interpretations"],
        "ask": card["ask"],
    }


def emit(drill: Drill, slug: str, case: Case, event: str, ref: str = "") -> None:
    """Stops the clocks this event stops, then starts those it starts."""
    for clock in case.clocks:
        if clock.running and clock.row.off == event and (not ref or clock.ref == ref):
            _stop(drill, slug, clock)
            if ref:
                break
    level = case.response.level or case.response.proposed
    for row in case.plan.clocks:
        if _starts_on(drill, row) == event and not row.years and (not row.levels or level in row.levels):
            clock = Clock(row, drill.now, ref)
            case.clocks.append(clock)
            target = drill.desk.targets.get(row.target)
            note: dict[str, Any] = {}
            if target:
                note = {"target_minutes": target, "target_note": "目标值，非预案规定"}
            drill.say("clock", plan=slug, clock=row.name, state="started", minutes=row.minutes, word=row.word or None,
                      due=clock.due.isoformat() if clock.due else None, cite=row.cite, **note)  # fmt: skip


def _starts_on(drill: Drill, row: ClockRow) -> str:
    if not row.on_reading:
        return row.on
    return row.on_answers.get(str(drill.desk.answers.by_key[row.on_reading].shown), row.on)


def _stop(drill: Drill, slug: str, clock: Clock) -> None:
    clock.stopped = drill.now
    state = "measured" if clock.due is None else "late_done" if clock.late(drill.now) else "in_time"
    drill.say("clock", plan=slug, clock=clock.row.name, state=state, seconds=clock.seconds(drill.now),
              minutes=clock.row.minutes, cite=clock.row.cite)  # fmt: skip


def overdue(drill: Drill, moment: datetime) -> None:
    """A numeric clock still running past its time is late, from the second after."""
    from datetime import timedelta

    for slug, case in drill.cases.items():
        for clock in case.clocks:
            if clock.due is not None and clock.running and not clock.told and moment > clock.due:
                clock.told = True
                drill.say("clock", clock.due + timedelta(seconds=1), plan=slug, clock=clock.row.name, state="late",
                          minutes=clock.row.minutes, cite=clock.row.cite)  # fmt: skip


def members(drill: Drill, case: Case) -> dict[str, list[str]]:
    """Every member unit with the groups it sits in; the town of the incident bound, perhaps several."""
    towns = drill.places or [str(name) for name in drill.facts.get("towns_affected") or []]
    found: dict[str, list[str]] = {}
    for member in case.plan.members:
        for name in towns if member.slot and towns else [member.name]:
            groups = [group.name for group in case.plan.groups if _sits(group, {member.name, *member.names})]
            found[name] = groups
    return found


def _sits(group: Any, names: set[str]) -> bool:
    return bool(names & {group.lead, *group.members})


def _canonical(drill: Drill, name: str) -> str:
    """One unit under its several names in the plans (A07)."""
    if drill.desk.words().get("A07") == "keep":
        return name
    members_ = [member for case in drill.cases.values() for member in case.plan.members]
    return next((member.name for member in members_ if name in member.names), name)


def notify(drill: Drill, slug: str, case: Case, at: str, rows: list[NotifyRow], purpose: str = "") -> None:
    """One notice per recipient and purpose: what the other plan, or another group, has told meanwhile is merged.

    Another level, or another proposal, of the same plan is news for everybody.
    """
    purpose = purpose or at
    since, number = drill.lists.get((slug, purpose), 0), len(drill.log)
    drill.lists[slug, purpose] = number
    for row in rows:
        if row.at != at:
            continue
        wanted = members(drill, case) if row.members else {name: [] for name in row.to or [row.who]}
        heard = {name: drill.told.setdefault((_canonical(drill, name), purpose), {}) for name in wanted}
        merged = [
            n for n in wanted if any(at_ == number if by == slug else at_ > since for by, at_ in heard[n].items())
        ]
        new = [name for name in wanted if name not in merged]
        for name in new:
            heard[name][slug] = number
        told: dict[str, Any] = {"to": new, "merged": merged, "purpose": row.who, "when": row.when}
        if row.members:
            told["roles"] = {name: groups for name, groups in wanted.items() if len(groups) > 1}
        drill.say("notice", plan=slug, moment=at, cite=row.cite, source=row.source, outgoing=False, **told)
        case.note(f"notice {row.cite} {row.who}", drill.now, "系统")
