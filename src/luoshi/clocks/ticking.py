"""Firing what is due: claimed, acted on and recorded in one transaction, so that a kill loses or doubles nothing.

A batch is tried as a whole first (one commit). When a handler fails, the batch is rolled back and done again clock by
clock, each in its own savepoint: the failing one keeps its error and waits, the others are not held up.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet

from luoshi.clocks import engine, registry
from luoshi.clocks.models import Clock, Firing, Lane
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.ledger import actions as ledger

log = logging.getLogger("luoshi.clocks")
CLOCKWORK = Actor("时限服务", via="clock")


class Due(NamedTuple):
    clock: Clock
    event: str  # warn | break
    moment: datetime


def tick(now: datetime | None = None, lane: Lane | None = None, limit: int = 500) -> int:
    """Fire up to `limit` events due at `now`. Returns how many fired; 0 when nothing is due or another worker has it.

    Safe to call from any number of processes. Without `lane` it serves real time only; `advance` moves drills.
    """
    moment = when.aware(now) if now else (when.aware(lane.now) if lane else when.now())
    if not _due(moment, lane).exists():  # a read: polling takes no lock
        return 0
    try:
        return _fire_together(moment, lane, limit)
    except Exception as error:
        if _transient(error):  # a lock we could not get: nothing was done, the next tick tries again
            return 0
        log.warning("a batch of clocks failed (%s: %s); firing one by one", type(error).__name__, error)
    try:
        return _fire_singly(moment, lane, limit)
    except (OperationalError, InterfaceError) as error:
        if not _transient(error):
            raise
        return 0


def advance(lane: Lane, to: datetime) -> int:
    """Move a drill's time forward to `to`, firing what falls between in order, each at its own moment."""
    target, fired = when.aware(to), 0
    while True:
        coming = _due(target, lane).order_by("next_at", "id").values_list("next_at", flat=True).first()
        if coming is None:
            break
        moment = max(when.aware(coming), when.aware(lane.now))
        _set_lane(lane, moment)
        with when.at(moment):
            fired += _fire_singly(moment, lane, 500)
    if target > lane.now:
        _set_lane(lane, target)
    return fired


def fire_if_broken(clock: Clock, now: datetime) -> None:
    """Within a caller's transaction: let `clock` break before it is ended late. The caller holds its lock."""
    clock.next_event, clock.event_at = "break", clock.due_at + engine.TICK
    _act(_settle([clock], now), now)


def _due(now: datetime, lane: Lane | None) -> QuerySet[Clock]:
    return Clock.objects.filter(lane=lane, next_at__lte=now)


def _claim(now: datetime, lane: Lane | None, limit: int, *, fresh: bool) -> list[Clock]:
    """Due clocks, locked for this transaction. `fresh`: leave out those whose handler failed before."""
    due = _due(now, lane).filter(attempts=0) if fresh else _due(now, lane)
    if connection.features.has_select_for_update_skip_locked:
        with connection.cursor() as cursor:  # give way before a deadlock is declared against the other side
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        due = due.select_for_update(skip_locked=True)
    clocks = list(due.order_by("next_at", "id")[:limit])
    if lane:
        for clock in clocks:
            clock.lane = lane
    return clocks


def _fire_together(now: datetime, lane: Lane | None, limit: int) -> int:
    with ledger.recording():
        clocks = _claim(now, lane, limit, fresh=True)
        _act(_settle(clocks, now), now)
    return len(clocks) if clocks else _fire_singly(now, lane, limit)


def _fire_singly(now: datetime, lane: Lane | None, limit: int) -> int:
    fired = 0
    with ledger.recording():
        for clock in _claim(now, lane, limit, fresh=False):
            try:
                with transaction.atomic():
                    _act(_settle([clock], now), now)
                fired += 1
            except Exception as error:
                if _transient(error):
                    raise
                log.exception("handler of %s failed for clock %s", clock.kind, clock.pk)
                _put_off(clock.pk, now, error)
    return fired


def _put_off(pk: int, now: datetime, error: Exception) -> None:
    clock = Clock.objects.get(pk=pk)  # as stored: the failed attempt changed the one in memory
    clock.attempts = min(clock.attempts + 1, 30000)
    clock.error = f"{type(error).__name__}: {error}"[:2000]
    clock.next_at = now + engine.backoff(clock.attempts)
    clock.save(update_fields=["attempts", "error", "next_at"])


def _settle(clocks: Sequence[Clock], now: datetime) -> list[Due]:
    """Record the firings and move each clock on, before the handlers see it."""
    due = [Due(clock, clock.next_event, when.aware(clock.event_at or clock.due_at)) for clock in clocks]
    Firing.objects.bulk_create(
        Firing(clock=d.clock, event=d.event, moment=d.moment, fired_at=now, late_ms=_late_ms(d.moment, now))
        for d in due
    )
    _store_warned([d for d in due if d.event == "warn"])
    _store_broken([d.clock for d in due if d.event == "break"])
    return due


def _late_ms(moment: datetime, now: datetime) -> int:
    return max(0, int((now - moment).total_seconds() * 1000))


def _store_warned(due: Sequence[Due]) -> None:
    for clock, _, moment in due:
        coming = engine.next_event(when.aware(clock.due_at), clock.warnings(), moment)
        assert coming is not None  # after a warning there is always the break
        clock.next_event, clock.event_at = coming
        clock.next_at, clock.attempts, clock.error = clock.event_at, 0, ""
    fields = ["next_event", "event_at", "next_at", "attempts", "error"]
    Clock.objects.bulk_update([d.clock for d in due], fields, batch_size=100)


def _store_broken(clocks: Sequence[Clock]) -> None:
    if not clocks:
        return
    Clock.objects.filter(pk__in=[clock.pk for clock in clocks]).update(
        state="broken", broke_at=F("due_at"), next_event="", event_at=None, next_at=None, attempts=0, error=""
    )
    records = []
    for clock in clocks:
        clock.state, clock.broke_at, clock.next_event = "broken", clock.due_at, ""
        clock.event_at, clock.next_at, clock.attempts, clock.error = None, None, 0, ""
        data = {"for": clock.subject, "clock": clock.kind, "name": clock.name, "due": when.aware(clock.due_at)}
        if clock.lane_id:
            data["lane"] = clock.lane_id
        cites = [clock.cite] if clock.cite else []
        records.append(ledger.Record("clocks.broke", CLOCKWORK, clock.ref, cites, data))
    ledger.append_many(records)


def _act(due: Sequence[Due], now: datetime) -> None:
    """Call the handlers: one call per kind for batch handlers, else clock by clock in the order they were due."""
    together: dict[tuple[str, str], list[Clock]] = defaultdict(list)
    for clock, event, moment in due:
        known = registry.handlers.get((clock.kind, event))
        if known is None:
            if event == "break":
                raise LookupError(f"no handler for the break of {clock.kind!r}")
        elif known.batch:
            together[clock.kind, event].append(clock)
        else:
            known.function(clock, moment)
    for key, clocks in together.items():
        registry.handlers[key].function(clocks, now)


def _set_lane(lane: Lane, moment: datetime) -> None:
    lane.now = moment
    Lane.objects.filter(pk=lane.pk).update(now=moment)


def _transient(error: BaseException) -> bool:
    """A lock or connection that was not to be had: nothing to do with the handler."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state in ("55P03", "40P01", "40001") or state[:2] in ("08", "57") or "locked" in str(error)
