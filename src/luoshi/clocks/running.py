"""The clocks process: fires what is due, works through jobs, does chores. Any number may run beside each other."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime

from django.db import close_old_connections, connections
from django.db.models import Min

from luoshi.clocks import jobs, registry
from luoshi.clocks.models import Clock
from luoshi.clocks.ticking import tick
from luoshi.kernel import when

log = logging.getLogger("luoshi.clocks")
POLL = 0.1  # seconds between looks for clocks started meanwhile; those known before are met to the millisecond


def loop(stop: threading.Event, *, poll: float = POLL) -> None:
    """Run until `stop` is set: clocks in this thread, jobs and chores in two others."""
    helpers = [threading.Thread(target=_repeat, args=(stop, step), daemon=True) for step in (_jobs, Chores().step)]
    for helper in helpers:
        helper.start()
    try:
        while not stop.is_set():
            stop.wait(_clocks(poll))
    finally:
        for helper in helpers:
            helper.join(timeout=5)
        close_old_connections()


def _clocks(poll: float) -> float:
    """Fire what is due; how long to wait (seconds) before the next look."""
    try:
        coming = next_moment()
        if coming is not None and coming <= when.now() and tick():
            return 0.0
        coming = next_moment() if coming is not None and coming <= when.now() else coming
        if coming is None:
            return poll
        return min(poll, max(0.002, (coming - when.now()).total_seconds()))
    except Exception:
        log.exception("the clocks stumbled; going on")
        close_old_connections()
        return 1.0


def next_moment() -> datetime | None:
    """When the next clock of real time wants attention. One indexed read."""
    found = Clock.objects.filter(lane=None, next_at__isnull=False).aggregate(first=Min("next_at"))["first"]
    return when.aware(found) if found else None


class Chores:
    """Chores in turn, each about as often as it was registered for."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def step(self) -> float:
        for name, chore in list(registry.chores.items()):
            if time.monotonic() < self._next.get(name, 0.0):
                continue
            try:
                chore.function()
            except Exception:
                log.exception("chore %s failed; going on", name)
                close_old_connections()
            self._next[name] = time.monotonic() + chore.every.total_seconds()
        return 0.5


def _jobs() -> float:
    return 0.0 if jobs.work_one() else 0.5


def _repeat(stop: threading.Event, step: object) -> None:
    assert callable(step)
    while not stop.is_set():
        try:
            pause = float(step())
        except Exception:
            log.exception("background work stumbled; going on")
            close_old_connections()
            pause = 1.0
        stop.wait(pause)
    connections.close_all()
