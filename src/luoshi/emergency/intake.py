"""接报: what was heard becomes a kept report, joined to what it repeats and to the incident it belongs to.

Accepted means stored: a sender gets its answer after the transaction is written to disk. Reports are taken one batch at
a time, under the lock of the ledger, so that two batches cannot open two incidents for one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from luoshi.emergency import actions, hooks, tuning
from luoshi.emergency import heard as rules
from luoshi.emergency.heard import Heard, KnownTimes
from luoshi.emergency.models import Feed, Incident, Signal
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger

CHUNK = 500
CHANGES = 50
FORGOTTEN = timedelta(days=30)  # the same words after this long are another occurrence
OTHER = {"test": "测试消息，不立案", "other": "不是事件消息（{kind}），不立案"}
SHOWN = 200  # rows of a batch named one by one in the ledger
_COUNTED = ("repeats", "last_at")
_STATE = ("status", "resolved_at", "sent_at", "changes", "problems", "severity")


@dataclass(slots=True)
class Taken:
    """What became of a batch: rows made, reports joined to a row there was, incidents they belong to."""

    new: list[Signal] = field(default_factory=list)
    joined: list[Signal] = field(default_factory=list)
    opened: list[Incident] = field(default_factory=list)
    set_aside: int = 0
    heard: int = 0
    waiting: int = 0  # stored as they came, to be joined in a moment (flood.py)


@dataclass(frozen=True, slots=True)
class Call:
    """What one sender said in one call, and when it came. `feed` None: a person wrote it down."""

    told: Sequence[Heard]
    actor: Actor
    feed: Feed | None
    at: datetime

    @property
    def feed_id(self) -> int | None:
        return self.feed.pk if self.feed else None

    def print_of(self, one: Heard) -> str:
        """Whose report of what: senders do not share names for things, and a drill is never the real thing."""
        sender = f"feed:{self.feed.pk}" if self.feed else f"{one.source}:{one.reporter}"
        return sm3(f"{sender}|{one.source}|{one.reality}|{one.key}|{one.digest()}")


def take(
    told: Sequence[Heard],
    *,
    actor: Actor,
    feed: Feed | None = None,
    incident: Incident | None = None,
    extra: dict[str, Any] | None = None,
) -> Taken:
    """Keep the reports of one call.

    `incident`: a person says where they belong; else by fingerprint, reference, group and time. `extra`: further
    columns of new rows.
    """
    return take_all([Call(told, actor, feed, when.now())], incident=incident, extra=extra)


def take_all(calls: Sequence[Call], *, incident: Incident | None = None, extra: dict[str, Any] | None = None) -> Taken:
    """Keep the reports of several calls, in their order and in one transaction.

    Writes one ledger entry for each sender, whose data names every row. The number of queries depends on how many
    senders and groups there are, hardly on how many reports.
    """
    calls = [call for call in calls if call.told]
    taken = Taken(heard=sum(len(call.told) for call in calls))
    if not calls:
        return taken
    with ledger.recording():
        batch = _Batch(calls, tuning.lately(), extra or {}, taken)
        batch.join()
        batch.place(incident)
        batch.store()
        batch.record()
        batch.after()
    return taken


@dataclass(slots=True)
class _Batch:
    calls: Sequence[Call]
    tuning: tuning.Tuning
    extra: dict[str, Any]
    taken: Taken
    _groups: dict[str, Incident] = field(default_factory=dict)
    _by: dict[int, Call] = field(default_factory=dict)  # id of a new row: the call that brought it
    _moved: dict[int, Signal] = field(default_factory=dict)  # rows of which more than the count changed

    def join(self) -> None:
        """Each report to the row it repeats, or to a new one."""
        marks = [[call.print_of(one) for one in call.told] for call in self.calls]
        known = self._known([mark for some in marks for mark in some])
        for call, some in zip(self.calls, marks, strict=True):
            for one, mark in zip(call.told, some, strict=True):
                self._one(call, one, mark, known)

    def _known(self, marks: Iterable[str]) -> dict[str, Signal]:
        """The last row of each fingerprint of the last month. One query for every 500."""
        prints, found, since = list(dict.fromkeys(marks)), {}, self.calls[0].at - FORGOTTEN
        for i in range(0, len(prints), CHUNK):
            rows = Signal.objects.filter(fingerprint__in=prints[i : i + CHUNK], last_at__gte=since)
            for row in rows.select_related("incident").defer("raw", "text").order_by("pk"):
                found[row.fingerprint] = row
        return found

    def _one(self, call: Call, told: Heard, mark: str, known: dict[str, Signal]) -> None:
        """A thing that began anew after it was over is a new row."""
        row = known.get(mark)
        if row is not None and not self._anew(row, told, call.at):
            before = _state(row)
            _again(row, told, call.at)
            self.taken.joined.append(row)
            if _state(row) != before:
                self._moved[id(row)] = row
            return
        known[mark] = made = self._row(call, told, mark)
        self._by[id(made)] = call
        self.taken.new.append(made)

    def _anew(self, row: Signal, told: Heard, at: datetime) -> bool:
        """Whether this is another occurrence: firing, newer, and the last one is over and no longer being handled."""
        if told.status != "firing" or row.status == "firing" or not rules.newer(_times(row), told):
            return False
        if row.pk is None:
            return False  # of this very batch: it is about to be handled
        over = row.incident is None or row.incident.state != Incident.State.OPEN
        return over or at - row.last_at > timedelta(minutes=self.tuning.group_minutes)

    def _row(self, call: Call, told: Heard, mark: str) -> Signal:
        feed = call.feed
        exercise = told.reality == "exercise" or bool(feed and feed.exercise)
        aside = told.reality if told.reality in OTHER else ""
        kind = str(told.raw.get("msgType") or told.raw.get("status") or "")
        return Signal(
            source=told.source,
            reporter=(told.reporter or (feed.name if feed else call.actor.name))[:120],
            received_at=call.at,
            last_at=call.at,
            occurred_at=told.occurred_at,
            sent_at=told.sent_at,
            skewed=rules.skew(told.sent_at or told.occurred_at, call.at) is not None,
            external_id=told.key[:200],
            fingerprint=mark,
            text=told.text,
            raw={**told.raw, "references": told.references[:20]} if told.references else dict(told.raw),
            exercise=exercise,
            by=call.actor.name,
            feed=feed,
            group_key=self._group(call, told, exercise),
            status=told.status,
            resolved_at=told.ended_at if told.status != "firing" else None,
            severity=told.severity,
            places=told.places,
            operators=told.operators,
            problems=told.unreadable,
            state=Signal.State.DISMISSED if aside else Signal.State.NEW,
            dismissed_reason=OTHER[aside].format(kind=kind) if aside else "",
            **self.extra,
        )

    def _group(self, call: Call, told: Heard, exercise: bool) -> str:
        """What belongs together: the first of the places, the sender's own group, the sender (a setting)."""
        sender = f"{call.feed.pk if call.feed else told.source}"
        offers = {"town": "、".join(sorted(told.places)), "group": f"{sender}|{told.group}" if told.group else "",
                  "feed": sender}  # fmt: skip
        chosen = next((f"{name}:{offers[name]}" for name in self.tuning.group_by if offers[name]), f"feed:{sender}")
        return sm3(f"{exercise}|{chosen}")

    def place(self, incident: Incident | None) -> None:
        """Say to which incident each new row belongs; open those that are needed. A person's report waits for one."""
        rows = [row for row in self.taken.new if row.state == Signal.State.NEW]
        self.taken.set_aside = len(self.taken.new) - len(rows)
        if incident is not None:
            for row in rows:
                row.incident, row.state = incident, Signal.State.JOINED
            return
        rows = [row for row in rows if row.feed_id is not None]
        self._groups = self._open_groups({row.group_key for row in rows})
        referred = self._referred(rows)
        for row in rows:
            found = referred.get(id(row)) or self._groups.get(row.group_key) or self._open(row)
            self._groups.setdefault(row.group_key, found)
            row.incident, row.state = found, Signal.State.JOINED

    @property
    def _since(self) -> datetime:
        return self.calls[0].at - timedelta(minutes=self.tuning.group_minutes)

    def _open_groups(self, keys: Iterable[str]) -> dict[str, Incident]:
        """Open incidents that had a report of the same group within the window. One look into the index for each."""
        found = {}
        for key in sorted(keys):
            rows = Signal.objects.filter(group_key=key, last_at__gte=self._since, incident__state=Incident.State.OPEN)
            last = rows.select_related("incident").defer("raw", "text").order_by("-last_at").first()
            if last is not None and last.incident is not None:
                found[key] = last.incident
        return found

    def _referred(self, rows: Sequence[Signal]) -> dict[int, Incident]:
        """A CAP update or cancellation belongs where the message it names went."""
        wanted = {(row.feed_id, ref): row for row in rows for ref in _references(row)}
        if not wanted:
            return {}
        earlier = Signal.objects.filter(feed__in={feed for feed, _ in wanted}, incident__isnull=False)
        earlier = earlier.filter(external_id__in={ref for _, ref in wanted}, incident__state=Incident.State.OPEN)
        found: dict[int, Incident] = {}
        for signal in earlier.select_related("incident"):
            row = wanted.get((signal.feed_id, signal.external_id))
            if row is not None and signal.incident is not None and signal.exercise == row.exercise:
                found[id(row)] = signal.incident
                if row.status != "firing" and signal.status == "firing":
                    _over(signal, row)
        return found

    def _open(self, row: Signal) -> Incident:
        """A new incident for a group, unless the flood has opened enough of them already."""
        flood = Incident.objects.filter(
            state=Incident.State.OPEN, exercise=row.exercise, opened_by=None, opened_at__gte=self._since, lane=None
        )
        if flood.count() >= self.tuning.flood_incidents and (last := flood.order_by("-pk").first()):
            return last
        head = row.text.partition("\n")[0][:120]
        made = actions.open_incident(
            f"{row.reporter}来报：{head}", self._by[id(row)].actor, actions.Asked(via="api"), places=row.places,
            occurred_at=rules.happened(row.occurred_at, row.received_at), exercise=row.exercise,
        ).incident  # fmt: skip
        self.taken.opened.append(made)
        return made

    def store(self) -> None:
        """Write it down. Of most rows that were there only the count has changed."""
        joined = {id(row): row for row in self.taken.joined if row.pk}
        Signal.objects.bulk_create(self.taken.new, batch_size=CHUNK)
        moved = [row for key, row in joined.items() if key in self._moved]
        counted = [row for key, row in joined.items() if key not in self._moved]
        Signal.objects.bulk_update(moved, (*_COUNTED, *_STATE), batch_size=100)
        Signal.objects.bulk_update(counted, _COUNTED, batch_size=CHUNK)

    def record(self) -> None:
        """One ledger entry for each sender; what the sender's row says of itself."""
        records = []
        for key, calls in self._senders().items():
            new = [row for row in self.taken.new if row.feed_id == key]
            heard = sum(len(call.told) for call in calls)
            data = {
                "heard": heard, "new": [row.pk for row in new[:SHOWN]], "more": max(0, len(new) - SHOWN),
                "joined": sum(row.feed_id == key for row in self.taken.joined),
                "set_aside": sum(row.state == Signal.State.DISMISSED for row in new),
                "digest": sm3("".join(row.fingerprint for row in new)),
                "incidents": sorted({row.incident_id for row in new if row.incident_id}),
            } | ({"calls": len(calls)} if len(calls) > 1 else {})  # fmt: skip
            subject = f"feed:{key}" if key else "signals:form"
            records.append(ledger.Record("emergency.heard", calls[0].actor, subject, data=data))
            if key is not None:
                Feed.objects.filter(pk=key).update(received=F("received") + heard, last_at=calls[-1].at)
        ledger.append_many(records)

    def _senders(self) -> dict[int | None, list[Call]]:
        found: dict[int | None, list[Call]] = {}
        for call in self.calls:
            found.setdefault(call.feed_id, []).append(call)
        return found

    def after(self) -> None:
        """Tell the rest of the room, once for each incident and not for each report."""
        last: dict[int, Signal] = {row.incident_id: row for row in self.taken.new if row.incident_id}
        opened = {incident.pk for incident in self.taken.opened}
        for pk, row in last.items():
            if pk not in opened and row.incident is not None:
                hooks.emit("signal", row.incident, None, row, self._by[id(row)].actor)


def _again(row: Signal, told: Heard, at: datetime) -> None:
    row.repeats += 1
    row.last_at = max(row.last_at, at)
    if not rules.newer(_times(row), told):
        return  # late post: counted, and nothing it says about the state is believed
    if told.status != row.status:
        row.changes = [*row.changes, [at.isoformat(), told.status, _iso(told.occurred_at)]][-CHANGES:]
        row.status = told.status
        row.resolved_at = None if told.status == "firing" else (told.ended_at or at)
    row.sent_at = told.sent_at or row.sent_at
    row.severity = told.severity or row.severity
    row.problems = (row.problems + [p for p in told.unreadable if p not in row.problems])[:20]


def _state(row: Signal) -> list[Any]:
    return [getattr(row, name) for name in _STATE]


def _over(signal: Signal, by: Signal) -> None:
    changes = [*signal.changes, [by.received_at.isoformat(), by.status, _iso(by.sent_at)]][-CHANGES:]
    ended = by.sent_at or by.received_at
    Signal.objects.filter(pk=signal.pk).update(status=by.status, resolved_at=ended, changes=changes)


def _times(row: Signal) -> KnownTimes:
    return KnownTimes(row.status, row.occurred_at, row.sent_at)


def _references(row: Signal) -> list[str]:
    found: list[str] = row.raw.get("references", [])
    return found


def _iso(moment: datetime | None) -> str | None:
    return when.aware(moment).isoformat() if moment else None


def record(told: Heard, user: Any, *, incident: Incident | None = None, contact: str = "", channel: str = "",
           clause: str = "") -> Signal:  # fmt: skip
    """A report a person writes down: 接报登记, 电话记录, 热线转办. The same words of the same reporter are kept once.

    `clause`: which source of information of the plan this is (21:3.1.2). What is written stays, whatever becomes of it.
    """
    if not told.text.strip():
        raise BadInput("请写明来报内容", field="text")
    if not told.reporter.strip():
        raise BadInput("请写明报告人或单位；不愿具名的写“匿名”", field="reporter")
    if told.occurred_at is not None and rules.skew(told.occurred_at, when.now()) is not None:
        raise BadInput("发生时间不能晚于现在", field="occurred_at")
    extra = {"contact": contact.strip()[:80], "channel": channel.strip()[:60], "clause": clause.strip()[:40]}
    taken = take([told], actor=user.as_actor(), incident=incident, extra=extra)
    return (taken.new or taken.joined)[0]


def dismiss(signal: Signal, reason: str, user: Any) -> None:
    """不立案: it needs no incident. Needs a reason; the report stays."""
    if not reason.strip():
        raise BadInput("请写明不立案的理由", field="reason")
    with ledger.recording():
        row = Signal.objects.select_for_update().get(pk=signal.pk)
        if row.incident_id is not None:
            raise Refused("这条来报已并入事件；是误报的，请在事件里分流", cite="21:4.2(2)②")
        row.state, row.dismissed_reason = Signal.State.DISMISSED, reason.strip()
        row.save(update_fields=["state", "dismissed_reason"])
        data = {"reason": row.dismissed_reason, "source": row.source, "reporter": row.reporter}
        ledger.append("emergency.dismissed", by=user.as_actor(), subject=f"signal:{row.pk}", data=data)
