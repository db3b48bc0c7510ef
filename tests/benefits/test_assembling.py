"""Facts from several sources: put together the same way for one event and for the whole register."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.benefits.registering import code, fill, record, source
from tests.benefits.test_screening import CHOICES, MEASURES

from luoshi.benefits import assembling, engine
from luoshi.benefits.models import Dispute, Matter, Record, Subject
from luoshi.kernel import when

AS_OF = date(2027, 7, 25)


def hotel(number: int = 1) -> Subject:
    return Subject.objects.create(kind="hotel", key=code(number), name=f"酒店{number}（虚构）")


def rated(subject: Subject, day: str = "2025-05-01") -> Matter:
    return Matter.objects.create(
        subject=subject, kind="star", key=f"{subject.key}/star/2025", date=date.fromisoformat(day)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("measure", MEASURES)
def test_one_event_and_the_whole_register_are_decided_alike(measure: str) -> None:
    matters = fill(measure, 120, seed=MEASURES.index(measure))
    frame = assembling.frame_of(measure)
    assert frame["matter"].to_list() == [matter.pk for matter in matters]
    for settings in CHOICES[:2]:
        screened = {row["matter"]: row for row in engine.screen(measure, frame, AS_OF, settings).to_dicts()}
        for matter in matters:
            facts, _, _ = assembling.facts_of(matter, measure)
            one = engine.decide(measure, facts, AS_OF, settings)
            got = screened[matter.pk]
            amount = one["amount_yuan"]
            low, high = amount if isinstance(amount, list) else (amount, amount)
            assert (got["status"], got["amount_min_yuan"], got["amount_max_yuan"]) == (one["status"], low, high), facts


@pytest.mark.django_db
def test_a_fact_two_sources_dispute_is_unknown_until_somebody_chooses() -> None:
    subject = hotel()
    matter = rated(subject)
    record(matter, source("announcement"), "25:stars", {"star": 5, "star_event": "new", "event_date": "2025-05-01"})
    record(matter, source("plaque"), "25:stars", {"star": 4, "star_event": "new"})
    facts, provenance, disputed = assembling.facts_of(matter, "25:二(一)")
    assert facts["star"] is None and disputed == ["star"] and "star" not in provenance
    assert facts["star_event"] == "new" and provenance["star_event"]["source"] == "announcement（虚构）"
    assert assembling.frame_of("25:二(一)")["star"].to_list() == [None]
    Dispute.objects.create(subject=subject, matter=matter, fact="star", state=Dispute.State.DECIDED, chosen=4)
    facts, provenance, disputed = assembling.facts_of(matter, "25:二(一)")
    assert facts["star"] == 4 and not disputed and provenance["star"]["settled"] is True
    assert assembling.frame_of("25:二(一)")["star"].to_list() == [4]


@pytest.mark.django_db
def test_the_turnover_of_the_year_before_the_event_counts() -> None:
    subject = hotel()
    matter = rated(subject)
    record(subject, source("statistics"), "25:turnover/2024", {"turnover_year_yuan": "12000000.00"})
    record(subject, source("statistics"), "25:turnover/2025", {"turnover_year_yuan": "8000000.00"})
    facts, provenance, _ = assembling.facts_of(matter, "25:二(一)")
    assert facts["turnover_prior_year_yuan"] == "12000000.00"
    assert facts["turnover_rating_year_yuan"] == "8000000.00"
    assert provenance["turnover_prior_year_yuan"]["as_of"] == "2025-03-01"


@pytest.mark.django_db
def test_a_blank_is_unknown_and_silence_is_left_to_the_rules() -> None:
    subject = hotel()
    matter = Matter.objects.create(subject=subject, kind="interest", key="a/interest/P1", date=date(2025, 5, 1))
    kept = record(matter, source("bank"), "25:loans", {"loan_term_years": None, "contracts_yuan": ["1000000.00"]})
    assert assembling.facts_of(matter, "25:二(四)")[0]["loan_term_years"] is None
    assert assembling.frame_of("25:二(四)")["loan_term_years"].to_list() == [None]
    Record.objects.filter(pk=kept.pk).update(values={"contracts_yuan": ["1000000.00"]})
    assert "loan_term_years" not in assembling.facts_of(matter, "25:二(四)")[0]
    assert [str(value) for value in assembling.frame_of("25:二(四)")["loan_term_years"]] == ["3.000000"]


@pytest.mark.django_db
def test_only_what_changed_since_is_looked_at_again() -> None:
    before = when.now() - timedelta(days=2)
    old, new = hotel(1), hotel(2)
    first, second = rated(old), rated(new)
    for matter in (first, second):
        record(matter, source("one"), "25:stars", {"star": 5}, changed_at=before)
    since = when.now() - timedelta(days=1)
    assert assembling.frame_of("25:二(一)", since).height == 0
    record(new, source("one"), "25:hotels", {"in_district": True})
    assert assembling.frame_of("25:二(一)", since)["matter"].to_list() == [second.pk]
    assert assembling.frame_of("25:二(一)", since)["in_district"].to_list() == [True]


@pytest.mark.django_db
def test_the_register_is_put_together_with_a_bounded_number_of_queries(django_assert_num_queries: Any) -> None:
    fill("25:二(一)", 5, seed=1)
    with django_assert_num_queries(5):
        assembling.frame_of("25:二(一)")
