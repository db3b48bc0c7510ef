"""Acts are recorded in their own transaction, in one unbroken row."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError

from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.errors import Refused
from luoshi.ledger import actions, guard, queries
from luoshi.ledger.engine import GENESIS, seal
from luoshi.ledger.models import Entry, Head

WANG = Actor("王督查", user_id=7, post="督查员", via="web")


@pytest.mark.django_db(transaction=True)
def test_an_act_without_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        actions.append("supervision.confirmed", by=WANG, subject="duty:17")
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_an_act_is_sealed_to_the_one_before() -> None:
    first = actions.append("supervision.confirmed", by=WANG, subject="duty:17", cites=["09:三(一)1"], data={"n": 1})
    second = actions.append("supervision.returned", by=SYSTEM, subject="duty:17", data={"理由": "无佐证"})
    assert (first.seq, first.prev_hash, second.seq, second.prev_hash) == (1, GENESIS, 2, first.hash)
    assert second.hash == seal(first.hash, second.payload)
    assert first.content["actor"] == {"name": "王督查", "post": "督查员", "user_id": 7, "via": "web"}
    assert first.cites == ["09:三(一)1"] and second.data == {"理由": "无佐证"}
    head = Head.objects.get()
    assert (head.seq, head.hash) == (2, second.hash)
    assert queries.history("duty:17") == [first, second]


@pytest.mark.django_db(transaction=True)
def test_a_failed_act_leaves_no_record_and_no_gap() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.append("supervision.confirmed", by=WANG, subject="duty:1")
        raise ZeroDivisionError
    with transaction.atomic():
        kept = actions.append("supervision.confirmed", by=WANG, subject="duty:2")
        try:
            with transaction.atomic():
                actions.append("supervision.confirmed", by=WANG, subject="duty:3")
                raise KeyError
        except KeyError:
            pass
        after = actions.append("supervision.confirmed", by=WANG, subject="duty:4")
    assert [kept.seq, after.seq] == [1, 2] and after.prev_hash == kept.hash


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["", "confirmed", "Supervision.confirmed", "a.b c"])
def test_a_kind_that_is_not_room_and_verb_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="room"):
        actions.append(kind, by=WANG, subject="duty:1")


@pytest.mark.django_db
def test_a_float_is_refused_because_it_has_no_one_spelling() -> None:
    with pytest.raises(TypeError):
        actions.append("a.b", by=WANG, subject="duty:1", data={"x": 0.1})
    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET actor = '别人' WHERE seq = 1",
        "DELETE FROM ledger_entry WHERE seq = 1",
        "UPDATE ledger_head SET seq = 0",
        "DELETE FROM ledger_head",
    ],
)
def test_the_database_itself_refuses_changes(statement: str) -> None:
    actions.append("a.b", by=WANG, subject="duty:1")
    with pytest.raises(DatabaseError, match="ledger"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get().actor == "王督查"
    assert guard.missing(connection) == []


@pytest.mark.django_db
def test_the_model_refuses_changes() -> None:
    entry = actions.append("a.b", by=WANG, subject="duty:1")
    for attempt in (
        entry.save,
        entry.delete,
        Entry.objects.all().delete,
        lambda: Entry.objects.update(actor="别人"),
        lambda: Entry.objects.bulk_update([entry], ["actor"]),
    ):
        with pytest.raises(Refused):
            attempt()


@pytest.mark.django_db(transaction=True)
def test_many_offices_at_once_make_one_chain() -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        pytest.skip("an in-memory SQLite database has one writer only")
    faults: list[BaseException] = []

    def office(number: int) -> None:
        try:
            for act in range(10):
                with transaction.atomic():
                    actions.append("a.b", by=WANG, subject=f"duty:{number}", data={"act": act})
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=office, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    entries = list(Entry.objects.all())
    assert [e.seq for e in entries] == list(range(1, 61))
    assert all(b.prev_hash == a.hash for a, b in pairwise(entries))
