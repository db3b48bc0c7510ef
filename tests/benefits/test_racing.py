"""Many workers at once on PostgreSQL, some of them killed half-way: nothing paid twice or lost, no pot overdrawn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, transaction
from tests.benefits.conftest import make_world

from luoshi.benefits import actions, auditing, banking, batches, budget
from luoshi.benefits.models import Batch, Claim, Instalment, Payment, Pot
from luoshi.kernel import when
from luoshi.kernel.errors import Refused

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.django_db(transaction=True)]


def race(*jobs: Callable[[], Any]) -> list[Any]:
    """Every job in a thread of its own, all let go at once; what each returned or raised."""
    gate, moment = threading.Barrier(len(jobs)), when.now()
    outcomes: list[Any] = [None] * len(jobs)

    def run(number: int, job: Callable[[], Any]) -> None:
        try:
            with when.at(moment):
                gate.wait()
                outcomes[number] = job()
        except (Refused, Error) as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def dies_at(nth: int, step: Callable[[], Any]) -> Callable[[], Any]:
    """`step` by a worker whose connection is cut before its nth statement: as a killed process leaves it."""
    left = [nth]

    def cut(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            connection.connection.close()
        return execute(sql, params, many, context)

    def run() -> Any:
        with connection.execute_wrapper(cut):
            return step()

    return run


@pytest.fixture
def ready(clock: Any) -> Any:
    """Six published claims of 500,000 and 200,000 whose window has closed, and a pot that does not cover them all."""
    world = make_world(clock)
    for number in range(6):
        world.star(star=5 - number % 2)
    world.screen()
    for claim in Claim.objects.order_by("id"):
        actions.confirm_account(claim, world.people["enterprise"], bank_name="某行", bank_account="6222021234567890")
        actions.publish(claim, world.people["culture"])
    world.later()
    world.pot(total=120_000_000)
    return world


def sound() -> None:
    assert auditing.discrepancies() == []
    pot = Pot.objects.get()
    assert pot.reserved_fen + pot.paid_fen <= pot.total_fen


def test_workers_racing_through_a_whole_batch_pay_everybody_once(ready: Any) -> None:
    people = ready.people
    chief, finance, other = people["chief"], people["finance"], people["finance2"]

    def approve(pk: int) -> Callable[[], Any]:
        return lambda: actions.approve(Claim.objects.get(pk=pk), chief)

    claims = list(Claim.objects.values_list("pk", flat=True))
    race(*[approve(pk) for pk in claims], *[approve(pk) for pk in claims[:3]], dies_at(9, approve(claims[0])))
    sound()
    assert set(Claim.objects.values_list("state", flat=True)) == {"approved"}
    funded = Instalment.objects.filter(state="reserved").count()
    assert 3 <= funded < 6
    made = race(*[lambda: batches.make_batch(finance)] * 4, dies_at(12, lambda: batches.make_batch(finance)))
    sound()
    won = [one for one in made if isinstance(one, Batch)]
    assert len(won) <= 1
    batch = Batch.objects.filter(state="draft").first() or batches.make_batch(finance)
    race(*[lambda: batches.release_batch(Batch.objects.get(pk=batch.pk), other)] * 3)
    sent = race(*[lambda: batches.send_batch(Batch.objects.get(pk=batch.pk), other)] * 3)
    assert sum(isinstance(one, tuple) for one in sent) == 1
    good = ready.answer(batch)

    def take(data: bytes) -> Callable[[], Any]:
        return lambda: banking.take_bank_file(data, "回单.csv", finance)

    race(dies_at(15, take(good)), take(good), take(good), take(good + b"\n"), take(good + b"\n\n"))
    sound()
    assert set(Payment.objects.values_list("state", flat=True)) == {"paid"}
    assert Payment.objects.count() == funded
    total = batch.total_fen
    race(*[lambda: batches.reconcile(Batch.objects.get(pk=batch.pk), finance, statement_fen=total)] * 3)
    sound()
    assert Pot.objects.get().paid_fen == total == 120_000_000 - Pot.objects.get().free_fen
    assert Claim.objects.filter(state="reconciled").count() == funded


def test_even_without_the_ledgers_lock_nobody_is_paid_twice(ready: Any, monkeypatch: Any) -> None:
    """The ledger's lock makes acts queue. Take it away: the row locks and the database's constraints still hold."""
    for module in (batches, banking, budget, actions):
        monkeypatch.setattr(module, "recording", transaction.atomic)
    people = ready.people
    for claim in Claim.objects.order_by("id"):
        actions.approve(claim, people["chief"])
    funded = Instalment.objects.filter(state="reserved").count()
    race(*[lambda: batches.make_batch(people["finance"])] * 6)
    sound()
    assert Payment.objects.filter(state="queued").count() in (0, funded)
    batch = Batch.objects.filter(state="draft").first() or batches.make_batch(people["finance"])
    batches.release_batch(batch, people["finance2"])
    batches.send_batch(batch, people["finance2"])
    good = ready.answer(batch)
    race(*[lambda n=n: banking.take_bank_file(good + b"\n" * n, f"{n}.csv", people["finance"]) for n in range(5)])
    banking.take_bank_file(good + b" \n", "last.csv", people["finance"])
    sound()
    assert Pot.objects.get().paid_fen == batch.total_fen


def test_a_screening_by_two_workers_opens_each_claim_once(clock: Any) -> None:
    world = make_world(clock)
    for number in range(4):
        world.star(star=5 - number % 2)
    race(*[world.screen] * 3)
    assert Claim.objects.count() == 4
