"""告警洪流: machines send faster than reports can be joined to incidents one call at a time.

A call that comes alone is joined before it is answered. When reports come faster than that pays, while another call is
being joined, or while earlier ones wait, it is stored as it came, in one statement, and joined with the others a moment
later, many at a time. Stored is accepted: the transaction that joins a call also removes it, so after a power cut each
call waits or is joined, never both and never neither. Batches begin with the ledger's lock: one is joined at a time,
however many processes try.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection, connections
from django.db.models import Count, Exists, Min, Q, Sum

from luoshi.clocks.registry import every
from luoshi.emergency import intake, intake_alertmanager, intake_cap
from luoshi.emergency.heard import Heard
from luoshi.emergency.models import Feed, Unjoined
from luoshi.kernel import when
from luoshi.kernel.acting import Actor, SignInNeeded
from luoshi.ledger import actions as ledger

log = logging.getLogger("luoshi.emergency")
ALERTS, CAP = "alertmanager", "cap"
READERS: dict[str, Callable[[bytes], list[Heard]]] = {
    ALERTS: intake_alertmanager.read,
    CAP: lambda body: [intake_cap.read(body)],
}
REPORTS, CALLS = 600, 600  # at most, joined at once: an officer's act waits for no longer than that takes
SPAN = timedelta(minutes=1)  # calls further apart are not one batch: the window of a group begins with the first
SOON, LATER = 0.03, 1.0  # seconds before the next batch: while few come, and in a flood, which is cheaper together
MANY = 60  # reports a second in a process: a flood
BETWEEN = 0.05  # seconds between full batches: officers act there
CALM = 10  # reports a second that a process joins one call at a time


class Pace:
    """How fast reports come to this process: a measure that fills with each and empties by `calm` a second."""

    def __init__(self, calm: float = CALM) -> None:
        self._most, self._lock, self._level, self._at = calm, threading.Lock(), 0.0, 0.0
        self._second, self._count, self._before = 0, 0, 0  # reports of the running second and of the one before it

    def calm(self, reports: int) -> bool:
        """Whether those before these `reports` left room to join them at once. Counts them."""
        now = time.monotonic()
        with self._lock:
            level = max(0.0, self._level - (now - self._at) * self._most)
            self._level, self._at = min(level + reports, 2 * self._most), now
            self._tick(now)
            self._count += reports
        return level < self._most

    def many(self) -> bool:
        """Whether it is a flood: reports are then joined about once a second."""
        with self._lock:
            self._tick(time.monotonic())
            return max(self._count, self._before) > MANY

    def _tick(self, now: float) -> None:
        if (second := int(now)) != self._second:
            self._before = self._count if second == self._second + 1 else 0
            self._second, self._count = second, 0


_turn, _pace = threading.Lock(), Pace()


def actor(feed: Feed) -> Actor:
    return Actor(feed.name, post=feed.body.name if feed.body else "", via="api")


def take(feed: Feed, kind: str, body: bytes, reports: int, told: Callable[[], Sequence[Heard]]) -> intake.Taken:
    """Join what a call says, or store it to be joined in a moment (`waiting`). Either way it is on disk.

    The call has been found readable; `told` reads each of its `reports`. SignInNeeded: the feed was stopped.
    """
    if _pace.calm(reports) and _turn.acquire(blocking=False):
        try:
            if not _others_wait(feed):
                return intake.take(told(), actor=actor(feed), feed=feed)
        finally:
            _turn.release()
    if reports:
        _store(feed, kind, body, reports)
        wake()
    return intake.Taken(heard=reports, waiting=reports)


def _others_wait(feed: Feed) -> bool:
    waiting = Exists(Unjoined.objects.filter(problem=""))
    found = Feed.objects.filter(pk=feed.pk, revoked_at=None).values_list(waiting, flat=True).first()
    if found is None:
        raise SignInNeeded("feed")
    return bool(found)


# Whether the feed may still report is asked where its call is stored: of a flood, each call is one statement.
_STORE = """INSERT INTO emergency_unjoined (feed_id, kind, body, reports, received_at, problem)
SELECT id, %s, %s, %s, %s, '' FROM emergency_feed WHERE id = %s AND revoked_at IS NULL"""


def _store(feed: Feed, kind: str, body: bytes, reports: int) -> None:
    at = connection.ops.adapt_datetimefield_value(when.now())
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [kind, body, reports, at, feed.pk])
        if not cursor.rowcount:
            raise SignInNeeded("feed")


@dataclass(frozen=True, slots=True)
class Gauge:
    """How many reports wait since when; of how many calls joining failed (kept, and tried again)."""

    waiting: int
    since: datetime | None
    stuck: int


def gauge() -> Gauge:
    """One query."""
    ready = Q(problem="")
    found = Unjoined.objects.aggregate(
        n=Sum("reports", filter=ready), since=Min("received_at", filter=ready), stuck=Count("pk", filter=~ready)
    )
    return Gauge(found["n"] or 0, when.aware(found["since"]) if found["since"] else None, found["stuck"])


def join_some() -> int:
    """Join the next batch; how many reports it had. A call that cannot be joined does not hold up the others."""
    if not Unjoined.objects.filter(problem="").exists():
        return 0
    try:
        return _join(_next)
    except (OperationalError, InterfaceError):
        raise  # the database is away, nothing is wrong with the calls
    except Exception:
        log.exception("a batch of reports cannot be joined; one by one")
        return sum(_alone(pk) for pk in _next())


def _alone(pk: int) -> int:
    try:
        return _join(lambda: [pk])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("call %s cannot be joined; it is kept", pk)
        return Unjoined.objects.filter(pk=pk).update(problem=(str(error) or type(error).__name__)[:300])


def _join(choose: Callable[[], list[int]]) -> int:
    with ledger.recording():
        rows = list(Unjoined.objects.filter(pk__in=choose()).select_related("feed__body").order_by("pk"))
        intake.take_all([
            intake.Call(READERS[row.kind](bytes(row.body)), actor(row.feed), row.feed, when.aware(row.received_at))
            for row in rows
        ])  # fmt: skip
        Unjoined.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return sum(row.reports for row in rows)


def _next() -> list[int]:
    """The calls of the next batch as they came. A CAP message stands alone: it may refer to the one before it."""
    found: list[int] = []
    first: Any = None
    reports = 0
    rows = Unjoined.objects.filter(problem="").order_by("pk").values_list("pk", "kind", "reports", "received_at")
    for pk, kind, count, at in rows[:CALLS]:
        reports += count
        if found and (reports > REPORTS or kind == CAP or at - first > SPAN):
            break
        found.append(pk)
        first = first or at
        if kind == CAP:
            break
    return found


_bell, _began = threading.Event(), threading.Lock()
_joiner: list[threading.Thread] = []


def wake() -> None:
    """Have what waits joined, by a thread of this process. The clocks process looks too, should this one end."""
    _bell.set()
    with _began:
        if not _joiner or not _joiner[0].is_alive():
            _joiner[:] = [threading.Thread(target=_work, name="joiner", daemon=True)]
            _joiner[0].start()


def _work() -> None:
    while True:
        if not _bell.wait(60):
            connections.close_all()  # nothing has come for a minute
            _bell.wait()
        _bell.clear()
        try:
            joined = 1
            while joined:
                time.sleep(_pause(joined))
                joined = join_some()
        except Exception:
            log.exception("joining stumbled; going on")
            close_old_connections()
            _bell.set()
            time.sleep(1)


def _pause(joined: int) -> float:
    """Seconds until the next batch, after one of `joined` reports."""
    return BETWEEN if joined >= REPORTS // 2 else LATER if _pace.many() else SOON


@every(2, "emergency.unjoined")
def catch_up() -> None:
    """What a process that ended left waiting; and, when nothing else waits, what failed is tried again."""
    while join_some():
        pass


@every(300, "emergency.stuck")
def try_again() -> None:
    Unjoined.objects.exclude(problem="").update(problem="")
