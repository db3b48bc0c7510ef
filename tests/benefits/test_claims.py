"""A claim on its way: found without an application, confirmed, published, approved by another, paid once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from luoshi.benefits import actions, banking, batches
from luoshi.benefits.models import Claim, Finding, Payment, Pot
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.notices.models import Notice


@pytest.mark.clause("25:二(一)")
def test_a_new_five_star_hotel_is_found_told_confirmed_published_approved_and_paid(world: Any) -> None:
    claim = world.found(world.star())
    assert (claim.state, claim.amount_fen, claim.limb) == ("notified", 50_000_000, "star")
    assert Notice.objects.filter(kind="benefits.found", subject=claim.ref).exists()
    actions.confirm_account(claim, world.people["enterprise"], bank_name="某行", bank_account="6222 0212 3456 7890")
    assert claim.state == "confirmed"
    actions.publish(claim, world.people["culture"])
    world.later()
    actions.approve(claim, world.people["chief"])
    assert claim.state == "approved"
    world.pot()
    batch = batches.make_batch(world.people["finance"])
    batches.release_batch(batch, world.people["finance2"])
    batches.send_batch(batch, world.people["finance2"])
    file = banking.take_bank_file(world.answer(batch), "回单.csv", world.people["finance"])
    assert file.state == "taken", file.errors
    claim.refresh_from_db()
    batch.refresh_from_db()
    assert (claim.state, claim.paid_fen, batch.state) == ("paid", 50_000_000, "answered")
    batches.reconcile(batch, world.people["finance"], statement_fen=50_000_000)
    claim.refresh_from_db()
    pot = Pot.objects.get()
    assert (claim.state, pot.paid_fen, pot.reserved_fen) == ("reconciled", 50_000_000, 0)
    kinds = set(Entry.objects.filter(subject=claim.ref).values_list("kind", flat=True))
    assert {"benefits.open", "benefits.publish", "benefits.approve", "benefits.batch", "benefits.paid"} <= kinds


def test_nothing_is_claimed_while_a_fact_is_unknown_and_what_is_missing_is_said(world: Any) -> None:
    hotel = world.hotel(turnover_prior_year_yuan=None)
    matter = world.star(hotel)
    world.screen()
    finding = Finding.objects.get(matter=matter)
    assert finding.status == "pending"
    assert finding.missing == ["turnover_prior_year_yuan"]
    assert not Claim.objects.exists()


def test_screening_again_opens_nothing_twice_and_writes_only_what_changed(world: Any) -> None:
    world.star()
    world.star(star=4)
    first = world.screen()
    again = world.screen()
    assert (first.counts["changed"], first.counts["claims"]) == (2, 2)
    assert (again.counts["changed"], again.counts["claims"]) == (0, 0)
    assert Claim.objects.count() == 2


def test_who_published_cannot_approve_and_nobody_approves_before_the_window_closes(world: Any) -> None:
    claim = world.published()
    with pytest.raises(Refused, match="公示期未满"):
        actions.approve(claim, world.people["chief"])
    world.later()
    with pytest.raises(Refused, match="不能是同一人"):
        actions.approve(claim, world.people["culture"])
    actions.approve(claim, world.people["culture2"])
    assert claim.state == "approved"


def test_an_open_objection_stops_the_approval_until_it_is_answered(world: Any) -> None:
    claim = world.published()
    made = actions.object_to(claim, by="李某", words="该酒店评星时没有开业")
    world.later()
    with pytest.raises(Refused, match="异议尚未答复"):
        actions.approve(claim, world.people["chief"])
    actions.answer_objection(made, world.people["culture2"], upheld=False, words="已核对公告")
    actions.approve(claim, world.people["chief"])
    assert claim.state == "approved"


def test_an_objection_that_holds_ends_the_claim_and_screening_does_not_open_it_again(world: Any) -> None:
    claim = world.published()
    made = actions.object_to(claim, by="李某", words="公告是伪造的")
    actions.answer_objection(made, world.people["culture2"], upheld=True, words="属实", then="refuse")
    claim.refresh_from_db()
    assert claim.state == "refused"
    world.screen()
    assert Claim.objects.count() == 1


def test_an_account_is_checked_and_a_stranger_cannot_confirm_it(world: Any) -> None:
    claim = world.found()
    with pytest.raises(BadInput, match="8 至 32 位数字"):
        actions.confirm_account(claim, world.people["enterprise"], bank_name="某行", bank_account="12ab")
    with pytest.raises(Refused, match="权限"):
        actions.confirm_account(claim, world.people["auditor"], bank_name="某行", bank_account="6222021234567890")


def test_two_people_acting_at_once_the_second_is_told(world: Any) -> None:
    claim = world.confirmed()
    seen = claim.version
    actions.publish(claim, world.people["culture"], version=seen)
    with pytest.raises(Refused, match="刚刚有变化"):
        actions.refuse(claim, world.people["culture2"], words="重复", version=seen)


@pytest.mark.clause("25:二(二)")
def test_a_brand_needs_a_persons_recognition_before_it_is_published(world: Any) -> None:
    hotel = world.hotel(in_national_statistics=True)
    matter = world.matter(
        hotel, "brand", date(2024, 9, 1), route="新入驻", brand_group_known=True, brand_tier="高端",
        entry_date="2024-09-01", in_national_statistics=True,
    )  # fmt: skip
    world.move(datetime(2025, 10, 8, 9))
    claim = world.confirmed(matter, "25:二(二)")
    assert claim.state == "confirmed" and claim.status == "pending"
    with pytest.raises(Refused, match="经认定"):
        actions.publish(claim, world.people["culture2"])
    actions.recognise(claim, world.people["culture"], verdict=True, words="品牌和管理合同已核")
    assert (claim.state, claim.status, claim.amount_fen) == ("recognised", "eligible", 30_000_000)
    actions.publish(claim, world.people["culture2"])
    world.later(14)
    with pytest.raises(Refused, match="认定和批准"):
        actions.approve(claim, world.people["culture"])
    actions.approve(claim, world.people["chief"])
    assert claim.state == "approved"


def test_a_range_without_a_table_is_ruled_on_within_its_ends(world: Any) -> None:
    matter = world.matter(
        world.hotel(), "contest", date(2025, 4, 1), award_level="省级", award_rank="二等奖", event_date="2025-04-01",
        recommended_by_hotel=True,
    )  # fmt: skip
    claim = world.found(matter, "25:二(五)")
    assert (claim.state, claim.amount_fen, claim.lo_fen, claim.hi_fen) == ("review", 0, 500_000, 1_500_000)
    with pytest.raises(BadInput, match="之间"):
        actions.recognise(claim, world.people["culture"], verdict=True, words="二等奖", amount_fen=2_000_000)
    actions.recognise(claim, world.people["culture"], verdict=True, words="二等奖", amount_fen=1_000_000)
    assert (claim.state, claim.amount_fen) == ("notified", 1_000_000)


def test_the_database_itself_refuses_a_second_payment_of_one_instalment(world: Any) -> None:
    from django.db import IntegrityError, transaction

    batch = world.sent()
    first = Payment.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(
            batch=batch, claim=first.claim, instalment=first.instalment, attempt=2, key="again", reference="x",
            amount_fen=1, payee_name="a", bank_name="b", bank_account="1",
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Pot.objects.update(reserved_fen=Pot.objects.get().total_fen + 1)
