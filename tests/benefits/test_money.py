"""Money: a pot that is never overdrawn, a bank believed once, and a fault at every single statement of every step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from tests.benefits.conftest import ACCOUNT

from luoshi.benefits import actions, auditing, banking, batches, budget
from luoshi.benefits.models import BankFile, Batch, Claim, Instalment, Payment, Pot
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry


class Broken(Exception):
    """The fault that is injected."""


class Fault:
    """Raises before the nth statement that is not about a savepoint."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.left -= 1
            if self.left == 0:
                raise Broken(sql[:60])
        return execute(sql, params, many, context)


def money() -> tuple[Any, ...]:
    """Everything a half-done step could have left behind."""
    return (
        list(Pot.objects.order_by("id").values_list("reserved_fen", "paid_fen")),
        list(Claim.objects.order_by("id").values_list("state", "committed_fen", "paid_fen", "version")),
        list(Instalment.objects.order_by("id").values_list("id", "state", "pot")),
        list(Payment.objects.order_by("id").values_list("key", "state")),
        list(Batch.objects.order_by("id").values_list("number", "state")),
        list(BankFile.objects.values_list("sm3", "state")),
        Entry.objects.count(),
    )


def breaks_everywhere(step: Callable[[], Any]) -> Any:
    """Run `step` with a fault before its 1st, 2nd, 3rd … statement until it goes through; nothing is ever half-done."""
    before = money()
    for nth in range(1, 500):
        try:
            with connection.execute_wrapper(Fault(nth)), transaction.atomic():
                result = step()
        except Broken:
            assert money() == before, f"a fault at statement {nth} left something behind"
            continue
        assert nth > 5
        assert auditing.discrepancies() == []
        return result
    raise AssertionError("the step never went through")


@pytest.mark.once
def test_a_fault_at_any_statement_of_any_step_leaves_nothing_half_done(world: Any) -> None:
    finance, other = world.people["finance"], world.people["finance2"]
    world.pot()
    claim = world.published()
    world.later()
    breaks_everywhere(lambda: actions.approve(Claim.objects.get(pk=claim.pk), world.people["chief"]))
    batch = breaks_everywhere(lambda: batches.make_batch(finance))
    breaks_everywhere(lambda: batches.cancel_batch(Batch.objects.get(pk=batch.pk), finance, words="重做"))
    batch = breaks_everywhere(lambda: batches.make_batch(finance))
    breaks_everywhere(lambda: batches.release_batch(Batch.objects.get(pk=batch.pk), other))
    breaks_everywhere(lambda: batches.send_batch(Batch.objects.get(pk=batch.pk), other))
    failed = world.answer(batch, "失败")
    breaks_everywhere(lambda: banking.take_bank_file(failed, "回单1.csv", finance))
    claim.refresh_from_db()
    assert claim.state == "failed"
    actions.confirm_account(claim, world.people["enterprise"])
    batch = batches.make_batch(finance)
    batches.release_batch(batch, other)
    batches.send_batch(batch, other)
    data = world.answer(batch)
    breaks_everywhere(lambda: banking.take_bank_file(data, "回单2.csv", finance))
    breaks_everywhere(lambda: batches.reconcile(Batch.objects.get(pk=batch.pk), finance, statement_fen=50_000_000))
    returned = world.answer(batch, "退票")
    breaks_everywhere(lambda: banking.take_bank_file(returned, "退票.csv", finance))
    claim.refresh_from_db()
    assert (claim.state, claim.paid_fen, claim.committed_fen) == ("returned", 0, 0)
    assert Pot.objects.get().reserved_fen == 50_000_000


def test_the_same_bank_file_twice_and_the_same_answer_in_another_file_change_nothing(world: Any) -> None:
    batch = world.sent()
    finance = world.people["finance"]
    first = banking.take_bank_file(world.answer(batch), "回单.csv", finance)
    after = money()
    again = banking.take_bank_file(world.answer(batch), "回单副本.csv", finance)
    assert again.pk == first.pk and money() == after
    other = banking.take_bank_file(world.answer(batch) + b"\n", "another.csv", finance)
    assert (other.state, other.counts) == ("taken", {"repeated": 1})
    assert money()[1:4] == after[1:4]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reference": "FK209900001-000001"}, "没有“FK209900001-000001”这笔付款"),
        ({"amount": "499999.99"}, "应为 ￥500,000.00"),
        ({"result": "处理中"}, "不是可以识别的结果"),
        ({"amount": "很多"}, "不是金额"),
    ],
)
def test_a_file_with_one_bad_row_is_kept_with_its_error_and_not_applied(world: Any, change: Any, words: str) -> None:
    batch = world.sent(world.star(), world.star(star=4))
    data = world.answer(batch, **({"result": change.pop("result")} if "result" in change else {}), **change)
    row = banking.take_bank_file(data, "回单.csv", world.people["finance"])
    assert row.state == "refused"
    assert any(words in error["reason"] and error["line"] >= 2 for error in row.errors)
    assert set(Payment.objects.values_list("state", flat=True)) == {"sent"}
    good = banking.take_bank_file(world.answer(batch), "回单.csv", world.people["finance"])
    assert good.state == "taken"


def test_a_file_that_answers_twice_differently_is_refused(world: Any) -> None:
    batch = world.sent()
    reference = Payment.objects.get().reference
    data = world.answer(batch, more=[f"{reference},500000.00,失败,2025-07-01,户名不符"])
    row = banking.take_bank_file(data, "回单.csv", world.people["finance"])
    assert row.state == "refused" and "不能答复两次" in row.errors[0]["reason"]
    assert Payment.objects.get().state == "sent"


def test_a_bank_that_contradicts_itself_stops_the_claim_until_a_person_has_looked(world: Any) -> None:
    batch = world.sent()
    finance = world.people["finance"]
    banking.take_bank_file(world.answer(batch, "失败"), "一.csv", finance)
    row = banking.take_bank_file(world.answer(batch, "成功"), "二.csv", finance)
    claim = Claim.objects.get()
    assert row.state == "refused" and "须向银行查明" in row.errors[0]["reason"]
    assert "前后不一致" in claim.doubt
    actions.confirm_account(claim, world.people["enterprise"])
    with pytest.raises(Refused, match="没有可以付款的事项"):
        batches.make_batch(finance)
    banking.overrule(Payment.objects.get(), finance, paid=True, words="银行书面更正：款已付出")
    claim.refresh_from_db()
    assert (claim.paid_fen, Payment.objects.get().state) == (50_000_000, "paid")
    assert auditing.discrepancies() == []


def test_a_partial_answer_leaves_the_rest_sent_and_the_batch_open(world: Any) -> None:
    batch = world.sent(world.star(), world.star(star=4))
    lines = world.answer(batch).decode().splitlines()
    banking.take_bank_file("\n".join(lines[:2]).encode(), "一.csv", world.people["finance"])
    batch.refresh_from_db()
    assert batch.state == "sent"
    with pytest.raises(Refused, match="只有“银行已答复”"):
        batches.reconcile(batch, world.people["finance"], statement_fen=50_000_000)
    banking.take_bank_file("\n".join([lines[0], lines[2]]).encode(), "二.csv", world.people["finance"])
    batch.refresh_from_db()
    assert batch.state == "answered"
    with pytest.raises(Refused, match="不符，差"):
        batches.reconcile(batch, world.people["finance"], statement_fen=1)


def test_files_that_are_no_bank_files_are_said_to_be_so(world: Any) -> None:
    for data, words in (
        (b"", "空的"),
        ("付款编号,金额\n1,2".encode(), "缺少“结果”一列"),
        ("付款编号,金额,结果\n".encode(), "没有一行结果"),
        (b"%PDF-1.4", "PDF"),
    ):
        with pytest.raises(BadInput, match=words):
            banking.take_bank_file(data, "回单.csv", world.people["finance"])
    assert not BankFile.objects.exists()


def test_a_pot_serves_in_its_order_and_nobody_is_overtaken(world: Any) -> None:
    late, early = world.star(day=date(2025, 4, 1)), world.star(day=date(2025, 2, 1), star=4)
    first, second = world.approved(late), world.approved(early)
    pot = world.pot(total=60_000_000, order_rule="event")
    states = {c.matter_id: c.instalments.get().state for c in (first, second)}
    assert states == {early.pk: "reserved", late.pk: "planned"}
    assert (pot.reserved_fen, pot.free_fen) == (20_000_000, 40_000_000)
    small = world.approved(world.star(day=date(2025, 5, 1), star=4))
    assert small.instalments.get().state == "planned", "a smaller one must not overtake the one that waits"
    world.pot(total=100_000_000, order_rule="event")
    assert set(Instalment.objects.values_list("state", flat=True)) == {"reserved"}
    with pytest.raises(Refused, match="不能少于它"):
        world.pot(total=1)


def test_a_pot_of_a_measure_serves_it_before_that_of_the_document(world: Any) -> None:
    world.pot()
    own = world.pot("25:二(一)", 60_000_000)
    claim = world.approved()
    assert claim.instalments.get().pot == own


def test_batches_are_made_and_released_by_two_people_and_sent_once(world: Any) -> None:
    world.pot()
    world.approved()
    batch = batches.make_batch(world.people["finance"])
    with pytest.raises(Refused, match="不能是同一人"):
        batches.release_batch(batch, world.people["finance"])
    batches.release_batch(batch, world.people["finance2"])
    name, data = batches.send_batch(batch, world.people["finance"])
    with pytest.raises(Refused, match="已送出"):
        batches.send_batch(batch, world.people["finance"])
    assert batches.file_of(batch) == (name, data)
    assert "500000.00" in data.decode("utf-8-sig") and "6222021234567890" in data.decode("utf-8-sig")
    assert batches.file_of(batch, "xlsx")[1][:2] == b"PK"
    with pytest.raises(Refused, match="没有可以付款的事项"):
        batches.make_batch(world.people["finance"])


@pytest.mark.clause("25:二(四)")
def test_interest_is_paid_in_three_yearly_parts_each_after_proof_and_capped_by_it(world: Any) -> None:
    matter = world.matter(
        world.hotel(), "interest", date(2025, 3, 1), project_kind="改造", in_support_plan=True,
        investment_yuan="20000000.00", cooperating_bank=True, contracts_yuan=["10000000.00"],
        application_date="2025-03-01", lpr_application_year="0.031",
    )  # fmt: skip
    world.pot()
    claim = world.found(matter, "25:二(四)")
    actions.confirm_account(claim, world.people["enterprise"], bank_name="某行", bank_account="6222021234567890")
    actions.recognise(claim, world.people["culture"], verdict=True, words="列入计划，同意")
    actions.publish(claim, world.people["culture2"])
    world.later()
    actions.approve(claim, world.people["chief"])
    parts = list(claim.instalments.values_list("number", "due_on", "amount_fen", "state"))
    assert parts == [(n, date(2025 + n, 3, 1), 31_000_000, "planned") for n in (1, 2, 3)]
    world.move(datetime(2026, 3, 2, 9))
    world.pot()
    world.night()
    assert claim.instalments.get(number=1).state == "planned"  # no proof of interest yet
    budget.prove(claim, 1, world.people["culture"], words="结息单 001", interest_fen=20_000_000)
    part = claim.instalments.get(number=1)
    assert (part.state, part.amount_fen) == ("reserved", 20_000_000)


@pytest.mark.clause("25:二(四).3", "25:二(一).7")
def test_what_is_given_once_or_up_to_a_cap_holds_over_time_and_across_events(world: Any) -> None:
    """Two loans on their way together share one hotel's five million; a second green label finds the first approved."""
    hotel, culture = world.hotel(), world.people["culture"]
    loan = {
        "project_kind": "改造", "in_support_plan": True, "investment_yuan": "50000000.00", "cooperating_bank": True,
        "application_date": "2025-03-01", "lpr_application_year": "0.031", "contracts_yuan": ["40000000.00"],
    }  # fmt: skip
    loans = [world.matter(hotel, "interest", date(2025, month, 1), **loan) for month in (3, 4)]
    green = {"green_labels_new": ["五叶级中国绿色饭店"]}
    days = date(2024, 9, 1), date(2025, 3, 1)
    labels = [world.matter(hotel, "green", day, green_event_date=day.isoformat(), **green) for day in days]
    claims = [world.found(one, "25:二(四)") for one in loans] + [world.found(one) for one in labels]
    assert [claim.hi_fen for claim in claims] == [372_000_000, 372_000_000, 10_000_000, 10_000_000]
    for claim in claims:
        claim.refresh_from_db()
        if claim.state in ("found", "notified"):
            actions.confirm_account(claim, world.people["enterprise"], **ACCOUNT)
        if claim.needs:
            actions.recognise(claim, culture, verdict=True, words="列入计划，同意")
        actions.publish(claim, world.people["culture2"])
    world.later()
    actions.approve(claims[0], world.people["chief"])
    actions.approve(claims[2], world.people["chief"])
    for late in (claims[1], claims[3]):
        with pytest.raises(Refused):
            actions.approve(late, world.people["chief"])
    world.night()
    for claim in claims:
        claim.refresh_from_db()
    assert claims[1].state != "approved" and claims[3].state != "approved"
    actions.redo(claims[1], culture, words="另一笔已批准，按剩余额度重新核定")
    claims[1].refresh_from_db()
    assert claims[1].amount_fen == 500_000_000 - 372_000_000


@pytest.mark.clause("25:二(六)")
def test_a_stipend_grows_by_months_up_to_its_end_and_stops_when_the_person_leaves(world: Any) -> None:
    hotel = world.hotel()
    person = world.hotel("赵演示", kind="person")
    person.employer = hotel
    person.save()
    matter = world.matter(
        person, "talent", date(2024, 9, 1), degree="博士研究生", major="酒店管理", contract_start="2024-09-01",
        contract_end="2027-08-31", insured_months=9, contract_performing=True,
    )  # fmt: skip
    world.pot()
    claim = world.approved(matter, "25:二(六)")
    assert (claim.amount_fen, claim.instalments.count()) == (18_000_000, 9)
    assert claim.instalments.filter(state="reserved").count() == 9
    world.says(person, {"insured_months": 11}, matter=matter)
    world.night()
    assert claim.instalments.count() == 11
    assert world.night()["months"] == 0
    world.later(3)
    world.says(person, {"contract_performing": False}, matter=matter)
    world.night()
    claim.refresh_from_db()
    assert claim.closed_at is not None and not claim.recoveries.exists()
    world.says(person, {"insured_months": 14}, matter=matter)
    world.night()
    assert claim.instalments.count() == 11
    assert auditing.discrepancies() == []
