"""What may be done to a clock. Each is one transaction with one ledger entry (subject `clock:<id>`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from luoshi.clocks import engine, registry
from luoshi.clocks.engine import Timing
from luoshi.clocks.models import Clock, Lane
from luoshi.clocks.running import loop
from luoshi.clocks.ticking import advance, fire_if_broken, tick
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger

__all__ = [
    "advance",
    "cancel",
    "close_lane",
    "extend",
    "finish",
    "loop",
    "open_lane",
    "recount",
    "resume",
    "retry",
    "start",
    "suspend",
    "tick",
]


def start(
    kind: str,
    *,
    subject: str,
    name: str,
    by: Actor,
    cite: str = "",
    due_at: datetime | None = None,
    minutes: int | None = None,
    working_days: int | None = None,
    started_at: datetime | None = None,
    warn_before: Sequence[timedelta] = (),
    lane: Lane | None = None,
    data: Mapping[str, Any] | None = None,
) -> Clock:
    """Start a deadline: exactly one of `due_at`, `minutes` (calendar time) or `working_days` (first day not counted).

    LookupError when nobody would act on its break: a clock nobody acts on is a bug.
    """
    if not registry.has_handler(kind):
        raise LookupError(f"no handler for the break of {kind!r}: register one in <room>/handlers.py")
    begun = when.aware(started_at) if started_at else _moment(lane)
    calendar = _calendar() if working_days is not None else None
    timing = engine.begin(begun, due=due_at, minutes=minutes, working_days=working_days, calendar=calendar)
    clock = Clock(
        kind=kind,
        subject=subject,
        name=name,
        cite=cite,
        started_at=begun,
        warn_before=engine.as_seconds(warn_before),
        lane=lane,
        data=dict(data or {}),
    )
    _apply(clock, timing, after=begun)
    with ledger.recording():
        clock.save(force_insert=True)
        _record("clocks.started", clock, by, due=clock.due_at, provisional=clock.provisional)
    return clock


def suspend(clock: Clock, reason: str, by: Actor) -> Clock:
    """Stop a running clock; the time left is kept. Refused when it is not running or past due."""
    with ledger.recording():
        found = _locked(clock, "running")
        at = _moment(found.lane)
        timing = engine.suspend(_timing(found), at, _calendar_for(found))
        _apply(found, timing, after=at)
        found.state = "suspended"
        _save(found, clock)
        _record("clocks.suspended", found, by, reason=_said(reason), remaining=found.remaining)
    return clock


def resume(clock: Clock, by: Actor) -> Clock:
    """Let a suspended clock run on with the time it had left."""
    with ledger.recording():
        found = _locked(clock, "suspended")
        at = _moment(found.lane)
        timing = engine.resume(_timing(found), at, _calendar_for(found))
        found.state = "running"
        _apply(found, timing, after=at)
        _save(found, clock)
        _record("clocks.resumed", found, by, due=found.due_at)
    return clock


def extend(clock: Clock, due_at: datetime, reason: str, by: Actor) -> Clock:
    """Set another due moment, with a reason. A broken clock runs again; that it broke stays on record."""
    with ledger.recording():
        found = _locked(clock, "running", "suspended", "broken")
        at, before = _moment(found.lane), found.due_at
        if when.aware(due_at) < at:
            raise BadInput("新的到期时间已经过去", field="due_at")
        timing = engine.extend(_timing(found), due_at)
        if found.state == "broken":
            found.state = "running"
        _apply(found, timing, after=at)
        _save(found, clock)
        _record("clocks.extended", found, by, reason=_said(reason), due=found.due_at, was=before)
    return clock


def finish(clock: Clock, by: Actor, at: datetime | None = None) -> Clock:
    """What was promised is done (at `at`). Done after due, the break happens first: a late end is never unnoticed.

    What was done in time and told only after the break is in time: the break stays in the ledger and among firings,
    the clock is not late.
    """
    with ledger.recording():
        found = _locked(clock, "running", "suspended", "broken")
        ended = when.aware(at) if at else _moment(found.lane)
        if found.state == "running" and ended > found.due_at:
            fire_if_broken(found, ended)
            found = _locked(found, "running", "suspended", "broken")  # the handler may have changed it
        taken_back = _in_time_after_all(found, ended)
        _end(found, "finished", ended)
        _save(found, clock)
        _record("clocks.finished", found, by, ended=ended, late=found.late, **taken_back)
    return clock


def _in_time_after_all(found: Clock, ended: datetime) -> dict[str, datetime]:
    """Take the verdict of late back when no break came before `ended`; what the ledger says of it, if so."""
    broke = found.broke_at
    if broke is None or found.firings.filter(event="break", moment__lt=ended).exists():
        return {}
    found.broke_at = None
    return {"was_late_since": broke}


def cancel(clock: Clock, reason: str, by: Actor) -> Clock:
    """The promise no longer applies (merged, withdrawn, entered by mistake)."""
    with ledger.recording():
        found = _locked(clock, "running", "suspended", "broken")
        _end(found, "cancelled", _moment(found.lane))
        _save(found, clock)
        _record("clocks.cancelled", found, by, reason=_said(reason))
    return clock


def recount(by: Actor) -> int:
    """Count provisional clocks again after the calendar of a year was published. Returns how many moved or settled."""
    changed = 0
    for pk in list(Clock.objects.filter(state="running", provisional=True).values_list("pk", flat=True)):
        with ledger.recording():
            found = Clock.objects.select_for_update().get(pk=pk)
            timing = engine.recount(_timing(found), _calendar())
            if found.state != "running" or (timing.due, timing.provisional) == (found.due_at, found.provisional):
                continue
            was = found.due_at
            _apply(found, timing, after=_moment(found.lane))
            found.save()
            _record("clocks.recounted", found, by, due=found.due_at, was=was, provisional=found.provisional)
            changed += 1
    return changed


def open_lane(name: str, *, by: Actor, start_at: datetime | None = None, subject: str = "") -> Lane:
    """A timeline for a drill, standing at `start_at` (default: now) until it is advanced."""
    with ledger.recording():
        lane = Lane.objects.create(name=name, subject=subject, now=when.aware(start_at) if start_at else when.now())
        data = {"name": name, "now": lane.now, "for": subject}
        ledger.append("clocks.lane_opened", by=by, subject=f"lane:{lane.pk}", data=data)
    return lane


def close_lane(lane: Lane, by: Actor) -> None:
    """End a drill's timeline: clocks still running on it are cancelled."""
    with ledger.recording():
        for clock in Clock.objects.select_for_update().filter(lane=lane, state__in=("running", "suspended")):
            _end(clock, "cancelled", lane.now)
            clock.save()
        lane.closed_at = when.now()
        lane.save(update_fields=["closed_at"])
        ledger.append("clocks.lane_closed", by=by, subject=f"lane:{lane.pk}")


def _calendar() -> engine.Calendar:
    from luoshi.directory import queries as directory

    return directory.calendar()


def _calendar_for(clock: Clock) -> engine.Calendar | None:
    return _calendar() if clock.basis == "working_days" else None


def _moment(lane: Lane | None) -> datetime:
    return when.aware(lane.now) if lane else when.now()


def _said(reason: str) -> str:
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    return reason.strip()


def _locked(clock: Clock, *states: str) -> Clock:
    found = Clock.objects.select_for_update(of=("self",)).select_related("lane").get(pk=clock.pk)
    if found.state not in states:
        raise Refused(f"时限“{found.name}”{found.get_state_display()}，不能这样处理", cite=found.cite)
    return found


def _timing(clock: Clock) -> Timing:
    return Timing(
        counted_from=when.aware(clock.counted_from),
        due=when.aware(clock.due_at),
        basis=clock.basis,
        allowance=clock.allowance,
        provisional=clock.provisional,
        suspended=when.aware(clock.suspended_at) if clock.suspended_at else None,
        remaining=clock.remaining,
    )


def _apply(clock: Clock, timing: Timing, *, after: datetime) -> None:
    clock.counted_from, clock.due_at = timing.counted_from, timing.due
    clock.basis, clock.allowance = timing.basis, timing.allowance
    clock.provisional = timing.provisional
    clock.suspended_at, clock.remaining = timing.suspended, timing.remaining
    clock.attempts, clock.error = 0, ""
    coming = None if timing.suspended else engine.next_event(timing.due, clock.warnings(), after)
    clock.next_event, clock.event_at = coming or ("", None)
    clock.next_at = clock.event_at


def _end(clock: Clock, state: str, at: datetime) -> None:
    clock.state, clock.ended_at = state, at
    clock.next_event, clock.event_at, clock.next_at = "", None, None


def _save(found: Clock, given: Clock) -> None:
    """Store, and bring the caller's instance up to date."""
    found.save()
    for field in Clock._meta.concrete_fields:
        setattr(given, field.attname, getattr(found, field.attname))


def _record(kind: str, clock: Clock, by: Actor, **data: Any) -> None:
    what = {"for": clock.subject, "clock": clock.kind, "name": clock.name, **data}
    if clock.lane_id:
        what["lane"] = clock.lane_id
    ledger.append(kind, by=by, subject=clock.ref, cites=[clock.cite] if clock.cite else [], data=what)


def retry(clock: Clock, by: Actor) -> Clock:
    """Have a failed handler tried again at once instead of after its wait."""
    with ledger.recording():
        found = _locked(clock, "running")
        if not found.attempts or found.event_at is None:
            raise Refused("这个时限没有出错")
        found.next_at = found.event_at
        _save(found, clock)
        _record("clocks.retried", found, by, error=found.error[:300])
    return clock
