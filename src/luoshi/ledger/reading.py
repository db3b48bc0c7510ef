"""Walking the whole ledger: rows straight from the database cursor, in order, without building objects.

No lock is needed while others go on writing: rows never change, and a row and the head that counts it are committed
together. So a head read first must be reached by the rows read after it, and a row seen first is counted by a head read
after it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import Max

from luoshi.ledger import guard
from luoshi.ledger.engine import GENESIS, Mark, Report, verify_chain
from luoshi.ledger.models import Entry, Head

CHUNK = 5000
WORTH_SHARING = 50_000  # entries below which a second process costs more than it saves
# SQLite: the time as text, because converting it costs more than comparing it. PostgreSQL: one text per row, because
# the driver charges per column; the separator occurs in no other column than, escaped, the payload.
_SQLITE = "SELECT seq, at || '+00:00', kind, subject, actor, payload, prev_hash, hash FROM ledger_entry"
_POSTGRES = "SELECT concat_ws(chr(31), seq, at, kind, subject, actor, prev_hash, hash, payload) FROM ledger_entry"


def rows(after: int = 0, upto: int | None = None) -> Iterator[tuple[Any, ...]]:
    """Entries with `after` < seq ≤ `upto` in order, `CHUNK` at a time: memory does not grow with the ledger."""
    postgres = connection.vendor == "postgresql"
    statement = f"{_POSTGRES if postgres else _SQLITE} WHERE seq > %s"
    arguments = [after]
    if upto is not None:
        statement, arguments = f"{statement} AND seq <= %s", [after, upto]
    with transaction.atomic(), _cursor(postgres) as cursor:
        cursor.execute(f"{statement} ORDER BY ledger_entry.seq", arguments)
        while batch := cursor.fetchmany(CHUNK):
            yield from map(_split, batch) if postgres else batch


def _split(row: tuple[str]) -> tuple[Any, ...]:
    seq, at, kind, subject, actor, prev_hash, stored, payload = row[0].split("\x1f", 7)
    return int(seq), at, kind, subject, actor, payload, prev_hash, stored


def verify(seals: Iterable[Mark] = (), *, processes: int = 1) -> Report:
    """Check every entry against its neighbours, the head row, the database's triggers and `seals` published earlier.

    `processes` share the work of a long ledger (forked: for commands, not for a web worker). Entries added meanwhile
    are left to the next verification.
    """
    found = Head.objects.order_by("pk").first()
    head = Mark(found.seq, found.hash) if found else Mark(0, GENESIS)
    marks = list(seals)
    if processes > 1 and head.seq >= WORTH_SHARING:
        report = _shared(_bounds(head, processes), marks)
    else:
        report = _part(Mark(0, GENESIS), head, marks)
    last = Entry.objects.aggregate(last=Max("seq"))["last"] or 0
    latest = Head.objects.order_by("pk").values_list("seq", flat=True).first() or 0
    if last > latest:
        report.add(latest + 1, "inserted", f"台账末端记为第 {latest} 条，其后的记录是插入的")
    if first := Entry.objects.filter(seq__lt=1).order_by("seq").first():
        report.add(first.seq, "inserted", "序号不是台账的序号，是插入的")
    for name in guard.missing(connection):
        report.add(0, "guard", f"数据库触发器 {name} 不在，台账可被改写")
    return report


def _part(start: Mark, end: Mark, seals: Sequence[Mark], *, last: bool = True) -> Report:
    within = [mark for mark in seals if start.seq < mark.seq <= end.seq or (last and mark.seq > end.seq)]
    return verify_chain(rows(start.seq, end.seq), head=end, seals=within, start=start)


def _bounds(head: Mark, processes: int) -> list[Mark]:
    """Where to cut: at entries that exist, about equally far apart."""
    bounds = [Mark(0, GENESIS)]
    for n in range(1, processes):
        at = Entry.objects.filter(seq__lte=head.seq * n // processes, seq__gt=bounds[-1].seq).order_by("-seq").first()
        if at is not None:
            bounds.append(Mark(at.seq, at.hash))
    return [*bounds, head]


def _shared(bounds: Sequence[Mark], seals: Sequence[Mark]) -> Report:
    connections.close_all()  # a forked process must not share a connection
    parts = list(pairwise(bounds))
    with ProcessPoolExecutor(len(parts), mp_context=multiprocessing.get_context("fork")) as pool:
        waiting = [
            pool.submit(_part, start, end, seals, last=number == len(parts))
            for number, (start, end) in enumerate(parts, start=1)
        ]
        reports = [one.result() for one in waiting]
    whole = reports[0]
    for report in reports[1:]:
        whole.join(report)
    return whole


@contextmanager
def _cursor(postgres: bool) -> Iterator[Any]:
    if postgres:  # a server-side cursor: the ledger is not loaded into memory
        connection.ensure_connection()
        assert connection.connection is not None
        with connection.connection.cursor(name="luoshi_ledger") as cursor:
            yield cursor
    else:
        with connection.cursor() as cursor:
            yield cursor
