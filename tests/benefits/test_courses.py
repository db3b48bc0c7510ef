"""What happens by itself: reminders, windows, settings that change, facts that fall, the end of validity."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from luoshi.benefits import actions, auditing, banking, recovering, screening, settling
from luoshi.benefits.models import Claim, Finding, Screening
from luoshi.clocks import jobs
from luoshi.clocks.models import Clock, Job
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import evidence, package
from luoshi.ledger.replays import load
from luoshi.notices.models import Notice


def paid(world: Any, matter: Any = None) -> Claim:
    batch = world.sent(matter or world.star())
    banking.take_bank_file(world.answer(batch), "回单.csv", world.people["finance"])
    return Claim.objects.latest("id")


def test_a_subject_that_does_not_confirm_is_reminded_and_then_telephoned(world: Any) -> None:
    claim = world.found()
    for _ in range(4):
        world.later(8)
    assert Notice.objects.filter(kind="benefits.remind").count() == 3
    assert Notice.objects.filter(kind="benefits.unconfirmed").count() == 1
    assert not Clock.objects.filter(subject=claim.ref, state="running").exists()


def test_an_account_confirmed_lately_is_not_asked_for_again(world: Any) -> None:
    hotel = world.hotel()
    world.confirmed(world.star(hotel))
    green = world.matter(hotel, "green", green_labels_new=["五叶级中国绿色饭店"], green_event_date="2025-03-01")
    world.screen()
    assert Claim.objects.get(matter=green).state == "confirmed"


def test_when_the_window_closes_the_office_is_told(world: Any) -> None:
    claim = world.published()
    world.later()
    assert Notice.objects.filter(kind="benefits.publication_over", subject=claim.ref).exists()
    assert claim.events.filter(act="publication_over").exists()
    with pytest.raises(Refused, match="届满"):
        actions.object_to(claim, by="李某", words="太晚了")


def test_an_objection_nobody_answers_goes_to_the_chief(world: Any) -> None:
    claim = world.published()
    actions.object_to(claim, by="李某", words="有疑问")
    world.later(12)
    late = Notice.objects.get(kind="benefits.objection_late", subject=claim.ref)
    assert late.deliveries.get().user_id == world.people["chief"].pk


def test_a_setting_settled_while_a_screening_runs_voids_it_and_another_begins(world: Any, monkeypatch: Any) -> None:
    hotel = world.hotel()
    world.star(hotel, star=5)
    real, done = screening.decide, []

    def settle_meanwhile(*args: Any, **more: Any) -> Any:
        if not done:
            done.append(1)
            world.rules("s1.turnover_basis", "rating_calendar_year")
        return real(*args, **more)

    monkeypatch.setattr(screening, "decide", settle_meanwhile)
    made = world.screen()
    states = list(Screening.objects.order_by("id").values_list("state", flat=True))
    assert states == ["stale", "done"]
    assert made.settings["s1.turnover_basis"]["value"] == "rating_calendar_year"
    assert Finding.objects.get().status == "pending" and not Claim.objects.exists()


def test_the_night_queues_each_measure_once_and_the_jobs_do_the_work(world: Any) -> None:
    from luoshi.benefits import daily

    world.star()
    daily.nightly()
    daily.nightly()
    assert Job.objects.filter(kind="benefits.screen").count() == 6
    while jobs.work_one("test"):
        pass
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
    assert Claim.objects.get().state == "notified"


def test_a_night_looks_only_at_what_moved_or_what_the_day_turns_and_finds_what_a_full_screening_finds(
    world: Any,
) -> None:
    def found() -> list[tuple[Any, ...]]:
        return list(Finding.objects.order_by("key").values_list("key", "status", "lo_fen", "hi_fen", "why", "near"))

    soon, moved, still = when.today() + timedelta(days=5), world.star(star=3), world.star(star=3)
    world.star(day=soon)
    world.later(1)
    first = world.screen(night=True)
    assert first.since is None and first.counts["rows"] == 3 and first.ahead["turns"].keys() == {soon.isoformat()}
    world.later(2)
    assert world.screen(night=True).counts["rows"] == 0
    world.says(moved.subject, {"star": 4}, matter=moved)
    world.later(3)
    night = world.screen(night=True)
    assert night.since and (night.counts["rows"], night.counts["claims"], night.ahead["turns"]) == (2, 2, {})
    short = found()
    assert world.screen().counts["rows"] == 3 and found() == short
    assert Finding.objects.get(matter=still).status == "refused"
    world.later(1)
    assert world.screen(night=True).since is None, "nobody looked ahead the last time"
    world.later(31)
    assert world.screen(night=True).since is None, "nobody looked so far ahead"


def test_a_claim_found_on_facts_that_fall_is_withdrawn_before_approval_with_the_reason(world: Any) -> None:
    matter = world.star()
    claim = world.confirmed(matter)
    world.says(matter.subject, {"star": 3}, matter=matter)
    assert world.night()["withdrawn"] == 1
    claim.refresh_from_db()
    assert claim.state == "withdrawn"
    assert Notice.objects.filter(kind="benefits.refused", subject=claim.ref, body__contains="五星级或四星级").exists()
    world.says(matter.subject, {"star": 4}, matter=matter)
    world.screen()
    assert Claim.objects.filter(state="confirmed", amount_fen=20_000_000).count() == 1


def test_a_published_claim_whose_amount_moves_is_in_doubt_and_cannot_be_approved(world: Any) -> None:
    matter = world.star()
    claim = world.published(matter)
    world.says(matter.subject, {"star": 4}, matter=matter)
    world.night()
    world.later()
    with pytest.raises(Refused, match="存疑未决"):
        actions.approve(claim, world.people["chief"])
    actions.redo(claim, world.people["culture"], words="星级更正为四星")
    assert (claim.state, claim.amount_fen, claim.doubt) == ("confirmed", 20_000_000, "")


def test_sources_that_disagree_after_approval_hold_the_money_until_a_person_has_looked(world: Any) -> None:
    matter = world.star()
    claim = world.approved(matter)
    world.pot()
    world.later(1)
    world.says(matter.subject, {"star": 3}, matter=matter, source="another")
    assert world.night()["doubt"] == 1
    claim.refresh_from_db()
    assert "尚缺" in claim.doubt
    actions.clear_doubt(claim, world.people["chief"], words="以评定公告为准")
    assert claim.doubt == ""


@pytest.mark.clause("25:二(一)")
def test_a_fact_that_falls_after_payment_is_proposed_for_recovery_told_objected_decided_and_returned(
    world: Any,
) -> None:
    matter = world.star()
    claim = paid(world, matter)
    world.later(1)
    world.says(matter.subject, {"star": 4}, matter=matter)
    assert world.night()["recovery"] == 1
    claim.refresh_from_db()
    recovery = claim.recoveries.get()
    assert (claim.state, recovery.amount_fen) == ("recovering", 30_000_000)
    culture, chief, finance = (world.people[name] for name in ("culture", "chief", "finance"))
    recovering.tell_recovery(recovery, culture)
    with pytest.raises(Refused, match="期满才能决定"):
        recovering.decide_recovery(recovery, chief, words="事实清楚")
    objection = actions.object_to(
        claim, by="某酒店", words="公告有误", user=world.people["enterprise"], recovery=recovery
    )
    world.later(20)
    with pytest.raises(Refused, match="异议尚未答复"):
        recovering.decide_recovery(recovery, chief, words="事实清楚")
    actions.answer_objection(objection, culture, upheld=False, words="公告属实")
    recovering.decide_recovery(recovery, chief, words="事实清楚")
    recovering.money_returned(recovery, finance, amount_fen=10_000_000, words="缴款书 1")
    recovering.money_returned(recovery, finance, amount_fen=20_000_000, words="缴款书 2")
    claim.refresh_from_db()
    assert (recovery.state, claim.recovered_fen, claim.state) == ("closed", 30_000_000, "paid")
    report = package.check(evidence.build(claim.ref), replayers=load())
    assert report.ok and any("2 个决定复算一致" in check for check in report.checks)
    assert auditing.discrepancies() == []


def test_who_proposes_a_recovery_cannot_decide_it_and_a_dropped_one_restores_the_claim(world: Any) -> None:
    claim = paid(world)
    culture = world.people["culture"]
    with pytest.raises(BadInput, match="不超过"):
        recovering.claw_back(claim, culture, amount_fen=99_000_000, words="错付")
    recovery = recovering.claw_back(claim, culture, amount_fen=50_000_000, words="公告撤销")
    recovering.tell_recovery(recovery, culture)
    world.later(20)
    with pytest.raises(Refused, match="不能是同一人"):
        recovering.decide_recovery(recovery, culture, words="决定")
    recovering.drop_recovery(recovery, world.people["chief"], words="公告又恢复")
    claim.refresh_from_db()
    assert (claim.state, recovery.state) == ("paid", "dropped")


@pytest.mark.clause("25:三(一)")
def test_after_the_window_nothing_is_found_and_on_the_boundary_day_a_person_decides(world: Any) -> None:
    matter = world.star(day=date(2027, 6, 1))
    world.move(datetime(2027, 7, 19, 9))
    claim = world.found(matter)
    assert claim.state == "review" and "边界日" in claim.needs[0]["why"]
    world.move(datetime(2027, 7, 20, 9))
    other = world.star(day=date(2027, 6, 2))
    made = world.screen()
    assert "届满" in made.why and not Claim.objects.filter(matter=other).exists()
    [opened] = screening.open_by_hand(other, "25:二(一)", world.people["culture"], words="期内评定，公告晚到")
    assert opened.state == "review"


def test_started_stipends_run_out_by_the_setting(world: Any) -> None:
    from luoshi.benefits.models import Instalment

    world.pot()
    claim = world.approved()
    Instalment.objects.create(claim=claim, number=2, due_on=date(2027, 9, 1), amount_fen=100)
    world.move(datetime(2027, 8, 2, 9))
    assert world.night()["stopped"] == 0
    world.rules("tail_policy", "stop_at_valid_to")
    assert world.night()["stopped"] == 1
    assert claim.instalments.get(number=2).state == "dropped"


def test_what_was_approved_before_counts_as_a_prior_award(world: Any) -> None:
    hotel = world.hotel()
    world.approved(world.star(hotel, star=4, day=date(2024, 9, 1)))
    world.later(1)
    second = world.star(hotel, star=5, day=date(2025, 5, 1))
    claim = world.found(second)
    assert claim.state == "review"
    assert "四星奖励已发后升五星" in claim.why
    world.rules("s1.upgrade_policy", "difference")
    world.night()
    claim.refresh_from_db()
    assert (claim.state, claim.amount_fen, claim.status) == ("confirmed", 30_000_000, "eligible")


def test_an_answer_the_rules_cannot_use_is_refused(world: Any) -> None:
    with pytest.raises(BadInput):
        settling.propose("25", "s1.upgrade_policy", "half", user=world.people["culture"], reason="x")
    with pytest.raises(BadInput, match="没有这个口径"):
        settling.propose("25", "s9.nothing", 1, user=world.people["culture"], reason="x")
    with pytest.raises(Refused, match="没有这样办的权限"):
        settling.propose("25", "s1.upgrade_policy", "full", user=world.people["finance"], reason="x")
    assert screening.screen("25:二(三)", by=SYSTEM).counts == {"rows": 0}


def test_nobody_puts_an_answer_in_force_alone_whatever_the_door(world: Any) -> None:
    """Command, interface and page all end in the same two acts; neither lets one person do both."""
    one, other = world.people["culture"], world.people["culture2"]
    proposal = settling.propose("25", "s1.upgrade_policy", "difference", user=one, reason="补差额")
    assert settling.in_force("25").given == {}
    with pytest.raises(Refused, match="不能是同一人"):
        settling.judge(proposal, one, agreed=True, reason="同意")
    with pytest.raises(Refused, match="没有这样办的权限"):
        settling.judge(proposal, world.people["finance"], agreed=True, reason="同意")
    with pytest.raises(BadInput, match="请写明理由"):
        settling.judge(proposal, other, agreed=True, reason=" ")
    proposal.user_id = other.pk  # whoever the caller says proposed it, the stored row is asked
    with pytest.raises(Refused, match="不能是同一人"):
        settling.judge(proposal, one, agreed=True, reason="同意")
    settling.judge(proposal, other, agreed=True, reason="同意")
    assert settling.in_force("25").given["s1.upgrade_policy"]["value"] == "difference"
    with pytest.raises(Refused, match="已经处理过"):
        settling.judge(proposal, other, agreed=True, reason="同意")


def test_every_entry_of_a_claims_life_has_a_chinese_name(world: Any) -> None:
    from luoshi.ledger import words
    from luoshi.ledger.models import Entry

    claim = paid(world)
    recovery = recovering.claw_back(claim, world.people["culture"], amount_fen=50_000_000, words="公告撤销")
    recovering.tell_recovery(recovery, world.people["culture"])
    world.later(20)
    kinds = set(Entry.objects.filter(kind__startswith="benefits.").values_list("kind", flat=True))
    assert len(kinds) > 12
    assert {kind for kind in kinds if words.named(kind) == kind} == set()
