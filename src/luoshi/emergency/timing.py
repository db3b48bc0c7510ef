"""The clocks of a live incident, from the rows of its plans: which event starts one, which stops it.

Only a number in the text makes a deadline (`clocks`); 立即 and the like are measured. What two plans ask in the same
words of the same event is one clock with both clauses. A plan that does not apply starts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.emergency import hooks, tuning
from luoshi.emergency.live import Table
from luoshi.emergency.models import WAITING, Case, Fact, Incident, Measured, Response, Signal
from luoshi.emergency.rows import ClockRow
from luoshi.kernel import when
from luoshi.kernel.acting import Actor

KIND = "emergency.numeric"
LIVE = ("running", "broken")
FOLLOW_UP = "follow_up"


def register() -> None:
    hooks.on("opened", _opened)
    hooks.on("fact", _fact)
    hooks.on("triaged", _triaged)
    for event, name in (
        ("proposed", "proposed"), ("started", "started"), ("raised", "started"), ("warning_issued", "warning_issued"),
        ("warning_adjusted", "warning_issued"), ("ended", "ended"),
    ):  # fmt: skip
        hooks.on(event, _plain(name), name=f"timing.{event}")
    hooks.on("did", _did)
    hooks.on("closed", _closed)


def _plain(name: str) -> hooks.Hook:
    def heard(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
        emit(incident, name, actor, plans=[case.plan] if case else None)

    return heard


def _did(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    act = str(what.get("act", ""))
    emit(
        incident, act, actor, plans=[case.plan] if case else None, ref=str(what.get("ref", "")), at=what.get("at_time")
    )


def _opened(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    """接报即报: from when the reporter says it was sent to when the office has it, which is now."""
    if isinstance(what, Signal):
        sent = what.sent_at or what.received_at
        emit(incident, "received", actor, at=min(sent, moment(incident)))
        emit(incident, "office_told", actor)
    _happened(incident, actor)


def _fact(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if isinstance(what, Fact) and what.name == "stage":
        _happened(incident, actor)


def _triaged(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if case is not None and case.triage == Case.Triage.TRUE:
        emit(incident, "triaged_true", actor, plans=[case.plan])
    elif case is not None:
        _drop(incident, case, actor)


def _happened(incident: Incident, actor: Actor) -> None:
    """The event has occurred: counted from when it is known to have, and only once."""
    table = Table(incident)
    if table.facts.get("stage") != "occurred" or Measured.objects.filter(incident=incident, ref="happened").exists():
        return
    emit(
        incident, "happened", actor, at=min(incident.occurred_at or moment(incident), moment(incident)), ref="happened"
    )


def _drop(incident: Incident, case: Case, actor: Actor) -> None:
    """误报, 无关: this plan asks nothing any more; what another plan asks too runs on."""
    for clock in open_clocks(incident):
        plans = [slug for slug in clock.data.get("plans", []) if slug != case.plan]
        if plans:
            clock.data = clock.data | {"plans": plans}
            clock.save(update_fields=["data"])
        elif case.plan in clock.data.get("plans", []):
            clocks.cancel(clock, f"{case.plan}号{case.get_triage_display()}", actor)
    for row in Measured.objects.filter(incident=incident, stopped_at__isnull=True):
        left = [slug for slug in row.plans if slug != case.plan]
        Measured.objects.filter(pk=row.pk).update(plans=left) if left else row.delete()


def _closed(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    for clock in open_clocks(incident):
        clocks.cancel(clock, "事件结案", actor)


def emit(
    incident: Incident, event: str, actor: Actor, *, plans: list[str] | None = None, ref: str = "",
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Stop what `event` stops, then start what it starts. `ref` tells one query from another; `at`: when it was."""
    table = Table(incident)
    slugs = [slug for slug in (plans if plans is not None else relevant(table)) if slug in table.cases]
    now = moment(incident)
    stop(incident, event, slugs, actor, ref, at or now)
    if event == "ended":
        _rest(incident, slugs, now)
    wanted: dict[tuple[str, str], list[tuple[str, ClockRow]]] = {}
    for slug, row in _fitting(table, slugs, event):
        wanted.setdefault((row.name, row.off), []).append((slug, row))
    for found in wanted.values():
        _start(table, found, actor, ref, at or now)
    if event == FOLLOW_UP:
        _again(table, slugs, now)


def relevant(table: Table) -> list[str]:
    """Plans an event of the incident counts for: those that run, else those not ruled out."""
    open_ = [slug for slug, case in table.cases.items() if case.triage in ("", "true") and case.chosen is not False]
    return list(table.running) or open_


def moment(incident: Incident) -> datetime:
    return when.aware(incident.lane.now) if incident.lane else when.now()


def _starts_on(table: Table, slug: str, row: ClockRow) -> str:
    if not row.on_reading:
        return row.on
    return row.on_answers.get(table.context(slug).answer(row.on_reading), row.on)


def _fitting(table: Table, slugs: list[str], event: str) -> list[tuple[str, ClockRow]]:
    """The clocks this event starts, with the plan of each, at the level that runs or waits. One query at most."""
    found = [
        (slug, row)
        for slug in slugs
        for row in table.plan(slug).clocks
        if row.years is None and _starts_on(table, slug, row) == event
    ]
    levels: dict[str, str] = {}
    if any(row.levels and slug not in table.running for slug, row in found):
        waiting = Response.objects.filter(case__incident=table.incident, state__in=WAITING)
        levels = dict(waiting.order_by("-pk").values_list("case__plan", "level"))
    levels |= {slug: row.level for slug, row in table.running.items()}
    return [(slug, row) for slug, row in found if not row.levels or levels.get(slug) in row.levels]


def _start(table: Table, found: list[tuple[str, ClockRow]], actor: Actor, ref: str, at: datetime) -> None:
    incident, (slug, row) = table.incident, found[0]
    plans, cites = [one for one, _ in found], list(dict.fromkeys(clock.cite for _, clock in found))
    if row.minutes is None:
        targets = table.context(slug).targets
        minutes = targets.get(row.target) if row.target else None
        minutes = tuning.on().follow_up_minutes if row.off == FOLLOW_UP else minutes
        Measured.objects.create(
            incident=incident, plans=plans, name=row.name, word=row.word, cites=cites, reading=row.reading, ref=ref,
            from_label=row.from_label, off=row.off, target_minutes=minutes, started_at=at,
        )  # fmt: skip
        return
    if any(clock.data.get("off") == row.off and clock.data.get("ref", "") == ref for clock in open_clocks(incident)):
        return  # an oral report while one is still to be written up: the first one counts
    clocks.start(
        KIND, subject=incident.subject, name=row.name, by=actor, cite=cites[0], minutes=row.minutes, started_at=at,
        warn_before=[timedelta(minutes=tuning.on().warn_minutes)], lane=incident.lane,
        data={"incident": incident.pk, "plans": plans, "cites": cites, "off": row.off, "ref": ref,
              "from": row.from_label},
    )  # fmt: skip


def stop(incident: Incident, event: str, plans: Iterable[str], actor: Actor, ref: str, at: datetime) -> None:
    """Finish what this event finishes; done at exactly the due moment is in time."""
    wanted = set(plans)
    for clock in open_clocks(incident):
        told = clock.data
        if told.get("off") == event and wanted & set(told.get("plans", [])) and (not ref or told.get("ref") == ref):
            clocks.finish(clock, actor, max(at, when.aware(clock.started_at)))
    for row in Measured.objects.filter(incident=incident, off=event, stopped_at__isnull=True):
        if wanted & set(row.plans) and (not ref or row.ref in ("", ref)):
            row.stopped_at = max(at, row.started_at)
            row.save(update_fields=["stopped_at"])


def open_clocks(incident: Incident) -> list[Clock]:
    """Deadlines of an incident that are not done, late ones too, in order of their start."""
    rows = Clock.objects.filter(subject=incident.subject, kind=KIND, state__in=LIVE, ended_at__isnull=True)
    return list(rows.order_by("id"))


def late(incident: Incident) -> list[int]:
    """Deadlines of an incident that have broken and are still owed."""
    return [clock.pk for clock in open_clocks(incident) if clock.late]


def corrected(late: Iterable[int]) -> list[Clock]:
    """Which of them turned out to have been met: done in time, written down afterwards."""
    return list(Clock.objects.filter(pk__in=list(late), state="finished", broke_at__isnull=True).order_by("pk"))


def _again(table: Table, slugs: list[str], now: datetime) -> None:
    """续报随时, until the end: after one follow-up the next is awaited."""
    found = [(s, row) for s in slugs if s in table.running for row in table.plan(s).clocks if row.off == FOLLOW_UP]
    if found:
        _start(table, found, Actor("系统"), "", now)


def _rest(incident: Incident, slugs: list[str], now: datetime) -> None:
    """The response is over: no further follow-up is awaited."""
    for row in Measured.objects.filter(incident=incident, off=FOLLOW_UP, stopped_at__isnull=True):
        if set(row.plans) <= set(slugs):
            row.delete()
