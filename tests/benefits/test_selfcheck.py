"""自检: a measure asked about oneself. What it asks decides; what is typed is kept on the page and nowhere else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from tests.benefits.conftest import World

from luoshi.benefits import engine, placing, selfcheck
from luoshi.benefits.pack import read
from luoshi.ledger.models import Entry

MEASURES = list(read("25").assembly.rules)
STAR = {"in_district": "true", "lawful_operation": "true", "star_event": "new", "star": "5", "event_date": "2025-03-01"}


def asked(measure: str, settings: dict[str, Any] | None = None) -> dict[str, selfcheck.Question]:
    rule, _ = engine.rule_of(measure)
    groups = selfcheck.groups(rule, engine.settings_of(rule, settings or {}))
    return {question.name: question for group in groups for question in group.questions}


@pytest.mark.parametrize("measure", MEASURES)
def test_what_is_missing_for_a_decision_is_always_asked(measure: str) -> None:
    """Whatever the decision on nothing would need is a question of the form; each fact is asked once."""
    rule, _ = engine.rule_of(measure)
    groups = selfcheck.groups(rule, engine.settings_of(rule, {}))
    names = [question.name for group in groups for question in group.questions]
    assert len(names) == len(set(names))
    needed = set(engine.decide(measure, {}, date(2026, 1, 5))["missing"]) & set(rule.scope.facts)
    assert needed <= set(names)


def test_only_what_the_settings_in_force_make_matter_is_asked() -> None:
    assert "turnover_prior_year_yuan" in asked("25:二(一)")
    assert "turnover_trailing_12m_yuan" not in asked("25:二(一)")
    other = asked("25:二(一)", {"s1.turnover_basis": "trailing_12m", "window_event": "application_date"})
    assert "turnover_trailing_12m_yuan" in other and "application_date" in other


@pytest.mark.clause("25:二(一)")
def test_the_answer_stands_on_the_page_with_what_was_typed_and_nothing_is_kept(world: World) -> None:
    before = Entry.objects.count()
    page = Client().post("/benefits/check/25:二(一)/", {**STAR, "turnover_prior_year_yuan": "９,999,999"})
    body = page.content.decode()
    assert page.status_code == 200 and "不符合条件" in body and "年营业额不足1000万元" in body
    assert 'value="９,999,999"' in body and "不保存" in body
    assert Entry.objects.count() == before and "no-store" in page.headers["Cache-Control"]


def test_what_was_given_before_can_be_said_and_is_else_named_as_assumed(world: World) -> None:
    """A hotel that had its four stars rewarded learns of the ruling; one that says nothing sees what was assumed."""
    path, typed = "/benefits/check/25:二(一)/", {**STAR, "turnover_prior_year_yuan": "12000000"}
    silent = Client().post(path, typed).content.decode()
    assert "本政策已给过的奖补：没有" in silent and "￥500,000.00" in silent
    before = {"prior_awards-0-limb": "star", "prior_awards-0-star": "4", "prior_awards-0-amount_yuan": "200,000"}
    page = Client().post(path, {**typed, **before, "prior_awards-0-date": "2024-10-01"})
    told = page.content.decode()
    assert "四星奖励已发后升五星" in told and "本政策已给过的奖补：没有" not in told
    assert 'value="200,000"' in told
    wrong = Client().post(path, {**typed, **before, "prior_awards-0-star": "九"})
    assert wrong.status_code == 422 and 'value="九"' in wrong.content.decode()


@pytest.mark.clause("25:二(四).2")
def test_a_loan_whose_term_is_not_said_is_told_that_three_years_were_taken(world: World) -> None:
    path = "/benefits/check/25:二(四)/"
    loan = {"in_district": "true", "lawful_operation": "true", "project_kind": "改造", "contracts_yuan": "6000000"}
    silent = Client().post(path, loan).content.decode()
    assert "没有填、按通常情况算的" in silent and "贷款期限（年）：3<" in silent and "本酒店已获贴息：￥0.00<" in silent
    assert "贷款期限（年）：3<" not in Client().post(path, {**loan, "loan_term_years": "5"}).content.decode()


def test_blank_is_unknown_and_what_is_missing_leads_to_its_field(world: World) -> None:
    body = Client().post("/benefits/check/25:二(一)/", STAR).content.decode()
    assert "暂不能决定" in body and 'href="#id_turnover_prior_year_yuan"' in body


@pytest.mark.parametrize(
    ("name", "value"), [("turnover_prior_year_yuan", "很多"), ("event_date", "2025-13-01"), ("star", "9")]
)
def test_what_cannot_be_read_is_said_beside_its_field(world: World, name: str, value: str) -> None:
    page = Client().post("/benefits/check/25:二(一)/", {**STAR, name: value})
    assert page.status_code == 422 and f'id="{name}-error"' in page.content.decode().replace("id_", "")
    assert f'value="{value}"' in page.content.decode()
    assert f"“{value}”" in page.content.decode() and "&#x27;" not in page.content.decode()


def test_no_such_measure_is_not_found(world: World) -> None:
    assert Client().get("/benefits/check/25:九/").status_code == 404


def test_conditions_stand_on_the_phrases_they_are_about() -> None:
    text = "（一）奖励。对新评定五星级的酒店，且年营业额在1000万元以上的，给予50万元。成功通过星级复核后，给予5万元。"
    gists = {
        "25:二(一).1": "新评定五星级的奖励50万元。",
        "25:二(一).3": "年营业额在1000万元以上。",
        "25:二(一).6": "通过星级复核。",
    }
    facts = {"star_event": "new", "star": 5, "event_date": "2025-03-01", "turnover_prior_year_yuan": 1}
    result = engine.decide("25:二(一)", facts, date(2026, 1, 5))
    steps = [s for s in placing.steps_of(result["trace"]) if s.cite in gists]
    [place] = placing.on_text(steps, {"25:二(一)": text}, gists, dict.fromkeys(gists, "25:二(一)"))
    assert "".join(sentence.text for sentence in place.sentences) == text
    wrong = [phrase.text for sentence in place.sentences for phrase in sentence.phrases if phrase.value == "false"]
    assert wrong == ["且年营业额在1000万元以上的，"]
    numbers = [step.number for sentence in place.sentences for step in sentence.steps]
    assert sorted(numbers + [step.number for step in place.steps]) == [step.number for step in steps]
