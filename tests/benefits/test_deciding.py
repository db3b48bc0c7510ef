"""A decision shows its reasons: cites, facts, readings leaned on, and what to ask for first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from luoshi.benefits import engine, pack
from luoshi.rules import record

DAY = date(2025, 6, 1)
STAR: dict[str, Any] = {
    "in_district": True, "lawful_operation": True, "star_event": "new", "star": 5,
    "event_date": "2025-03-01", "turnover_prior_year_yuan": 12000000,
}  # fmt: skip


def step(answer: dict[str, Any], words: str) -> dict[str, Any]:
    return next(found for found in answer["trace"] if words in found["condition"])


@pytest.mark.clause("25:二(一).3")
def test_trace_shows_citation_value_and_facts_of_each_condition() -> None:
    found = step(engine.decide("25:二(一)", STAR, DAY), "年营业额")
    assert found == {
        "cite": "25:二(一).3", "condition": "年营业额达到门槛（含本数）", "value": True,
        "facts": {"event_date": "2025-03-01", "opening_date": "1900-01-01", "turnover_prior_year_yuan": 12000000},
    }  # fmt: skip


def test_unknown_is_shown_as_unknown_with_the_fact_that_is_missing() -> None:
    answer = engine.decide("25:二(一)", STAR | {"turnover_prior_year_yuan": None}, DAY)
    found = step(answer, "年营业额")
    assert (found["value"], found["facts"]["turnover_prior_year_yuan"]) == ("unknown", None)
    assert answer["missing"] == ["turnover_prior_year_yuan"]


def test_only_readings_the_answer_leaned_on_are_named() -> None:
    keys = {found["key"] for found in engine.decide("25:二(一)", STAR, DAY)["interpretations"]}
    assert "s1.turnover_basis" in keys
    assert not keys & {"s1.upgrade_policy", "s1.review_kinds", "s4.years", "stacking.higher_level"}


def test_what_settles_most_is_asked_first() -> None:
    missing = engine.decide("25:二(一)", {"star_event": "new", "event_date": "2025-03-01"}, DAY)["missing"]
    assert missing == ["star", "in_district", "lawful_operation", "turnover_prior_year_yuan"]


def test_refusal_by_a_known_fact_does_not_ask_for_more() -> None:
    answer = engine.decide("25:二(一)", {"in_district": False, "star_event": "new"}, DAY)
    assert (answer["status"], answer["missing"]) == ("refused", [])


@pytest.mark.clause("25:二(六).4")
@pytest.mark.parametrize(
    ("start", "months", "total"), [("contract_start_backpaid", 20, 100000), ("after_6_months", 14, 70000)]
)
def test_person_leaving_in_month_20_receives_months_by_the_reading(start: str, months: int, total: int) -> None:
    facts = {
        "in_district": True, "lawful_operation": True, "degree": "博士", "major": "酒店管理",
        "contract_start": "2024-09-01", "contract_end": "2027-08-31", "insured_months": 20,
        "contract_performing": True, "settings": {"s6.start": start},
    }  # fmt: skip
    (line,) = engine.decide("25:二(六)", facts, date(2026, 5, 1))["lines"]
    assert (line["months"], line["total_yuan"], line["total_max_yuan"]) == (months, total, 180000)


@pytest.mark.clause("25:二(六).5")
@pytest.mark.parametrize(("students", "met"), [(29, False), (30, True), (None, "unknown")])
def test_thirty_interns_a_year_is_a_target_and_never_an_amount(students: int | None, met: Any) -> None:
    facts = {"in_district": True, "lawful_operation": True, "internship": True, "students_this_year": students}
    answer = engine.decide("25:二(六)", facts, DAY)
    assert (step(answer, "30名")["value"], answer["amount_yuan"]) == (met, None)


@pytest.mark.clause("25:二(四).2")
def test_instalments_add_up_to_the_award() -> None:
    assert sum(engine.instalments(55800001, 3)) == 55800001
    assert engine.instalments(100, 3) == [33, 33, 34]


def test_a_float_is_taken_at_its_written_digits() -> None:
    answer = engine.decide("25:二(一)", STAR | {"turnover_prior_year_yuan": 10000000.1}, DAY)
    assert str(step(answer, "年营业额")["facts"]["turnover_prior_year_yuan"]) == "10000000.10"
    assert answer["status"] == "eligible"


def test_kept_decision_replays_and_any_change_is_found() -> None:
    kept = engine.recorded("25:二(一)", STAR, DAY)
    assert engine.replay(kept) == []
    for name, value in (("facts", STAR | {"star": 4}), ("as_of", "2024-01-01"), ("pack", "0" * 64), ("result", {})):
        assert engine.replay({**kept, name: value}), name
    assert record.verify({"kind": "other"}, lambda kept: ("", None))


def test_nested_settings_mean_the_same_as_dotted_ones() -> None:
    facts = STAR | {"prior_awards": [{"limb": "star", "star": 4, "amount_yuan": 200000, "date": "2024-10-01"}]}
    dotted = engine.decide("25:二(一)", facts, DAY, {"s1.upgrade_policy": "difference"})
    nested = engine.decide("25:二(一)", facts, DAY, {"s1": {"upgrade_policy": "difference"}})
    assert dotted == nested and dotted["amount_yuan"] == 300000


def test_every_measure_names_the_clauses_it_runs() -> None:
    rules = pack.read("25").assembly.rules
    runs = {clause for rule in rules.values() for clause in rule.clauses}
    assert {"25:二(一).1", "25:二(二).5", "25:二(四).3", "25:二(六).6", "25:三(一)"} <= runs
    for rule in rules.values():
        cites = {condition.cite for limb in rule.limbs for condition in rule.conditions(limb)} | {
            limb.cite for limb in rule.limbs
        }
        assert cites - {"25:二"} <= set(rule.clauses) | {"25:二(二)", "25:二(三)"}, rule.key


def test_every_setting_says_who_decides_and_what_is_at_stake() -> None:
    from pathlib import Path

    from luoshi.norms import packfile

    rows = packfile.read(pack.SHIPPED / "jccq" / "25" / "measure_settings.yaml").rows
    assert all(row["body"] == "区文旅局" and row["stake"] for row, _ in rows) and len(rows) >= 45
    assert Path(pack.SHIPPED).is_dir()
