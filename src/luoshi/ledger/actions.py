"""Writing the ledger: `append` inside the transaction of the act it records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.ledger.engine import GENESIS, payload_of, seal
from luoshi.ledger.models import Entry, Head

HEAD = 1  # primary key of the one head row
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SUBJECT = re.compile(r"[a-z][a-z0-9_.]*:[^\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One act to be recorded. `kind` "room.verb"; `subject` "duty:17"; `data` holds no floats."""

    kind: str
    by: Actor
    subject: str
    cites: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def append(
    kind: str, *, by: Actor, subject: str, cites: Sequence[str] = (), data: Mapping[str, Any] | None = None
) -> Entry:
    """Record an act. Must run inside the transaction of the act, so that neither exists without the other.

    Raises RuntimeError outside a transaction, ValueError for a malformed kind or subject, TypeError for a float.
    """
    return append_many([Record(kind, by, subject, cites, data or {})])[0]


def append_many(records: Iterable[Record]) -> list[Entry]:
    """Record several acts of one transaction, in order; one lock and two statements however many they are."""
    head = _locked_head()
    at, virtual = when.now(), {}
    real = timezone.now()
    if abs(real - at) > timedelta(seconds=5):  # a drill or a fixed clock: say when it was really written
        virtual = {"recorded_at": when.aware(real)}
    entries = []
    for record in records:
        _well_formed(record)
        who = _printable(record.by)
        head.seq += 1
        payload = payload_of(
            head.seq,
            at,
            record.kind,
            record.subject,
            who,
            cites=list(record.cites),
            data=record.data,
            **virtual,
        )
        entry = Entry(
            seq=head.seq,
            at=at,
            kind=record.kind,
            subject=record.subject,
            actor=who["name"],
            payload=payload,
            prev_hash=head.hash,
            hash=seal(head.hash, payload),
        )
        head.hash = entry.hash
        entries.append(entry)
    if entries:
        Entry.objects.bulk_create(entries)
        head.save(update_fields=["seq", "hash"])
    return entries


@contextmanager
def recording() -> Iterator[None]:
    """A transaction that takes the ledger's lock first.

    On PostgreSQL acts queue on the head row; an act that locks other rows before it appends, while another appends
    before it locks them, would deadlock. Acts that touch rows which many touch (clocks, outbox) start with this.
    """
    with transaction.atomic():
        _locked_head()
        yield


def _locked_head() -> Head:
    if not connection.in_atomic_block:
        raise RuntimeError("ledger.append outside a transaction: the act and its record must be one")
    head = Head.objects.select_for_update().filter(pk=HEAD).first()
    if head is None:  # insert first, judge after: another's first act may commit between our two looks
        Head.objects.bulk_create([Head(pk=HEAD, seq=0, hash=GENESIS)], ignore_conflicts=True)
        head = Head.objects.select_for_update().get(pk=HEAD)
        if head.seq == 0 and Entry.objects.exists():
            raise RuntimeError("the ledger has entries but no head row; run `luoshi ledger verify`")
    return head


def _printable(by: Actor) -> dict[str, Any]:
    """Who acts, without control characters: names are typed by people, the record must stay one line."""
    return {key: _CONTROL.sub(" ", value) if isinstance(value, str) else value for key, value in asdict(by).items()}


def _well_formed(record: Record) -> None:
    if not _KIND.fullmatch(record.kind) or len(record.kind) > 80:
        raise ValueError(f"ledger kind must read 'room.verb': {record.kind!r}")
    if not _SUBJECT.fullmatch(record.subject) or len(record.subject) > 200:
        raise ValueError(f"ledger subject must read 'thing:id': {record.subject!r}")
