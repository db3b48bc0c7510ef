"""Every case of tests/conformance/benefits holds, and the runner notices one that does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from luoshi.benefits import cases
from luoshi.kernel.errors import BadInput

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "benefits"
CASES = list(cases.read(FOLDER))


@pytest.mark.clause(
    "25:一", "25:二(一)", "25:二(一).1", "25:二(一).2", "25:二(一).3", "25:二(一).4", "25:二(一).5", "25:二(一).6",
    "25:二(一).7", "25:二(二)", "25:二(二).1", "25:二(二).2", "25:二(二).3", "25:二(二).4", "25:二(二).5",
        "25:二(二).6",
    "25:二(三)", "25:二(三).1", "25:二(三).2", "25:二(四)", "25:二(四).1", "25:二(四).2", "25:二(四).3", "25:二(五)",
    "25:二(五).1", "25:二(五).2", "25:二(六)", "25:二(六).1", "25:二(六).2", "25:二(六).3", "25:二(六).6", "25:三(一)",
)  # fmt: skip
@pytest.mark.parametrize("case", CASES, ids=[f"{Path(case.file).stem}: {case.name}" for case in CASES])
def test_case_is_decided_as_expected(case: cases.Case) -> None:
    assert cases.check(case, cases.ours())["problems"] == []


def test_there_is_a_case_for_every_setting_that_moves_an_answer() -> None:
    tried = {key for case in CASES for key in (case.given.get("settings") or {})}
    named = {key for case in CASES for key in case.expect.get("interpretations", [])}
    moving = {
        "full_year_rule", "valid_to", "valid_from", "window_event", "tail_policy", "s1.turnover_basis",
        "s1.upgrade_policy",
        "s1.rerating", "s1.review_turnover_required", "s1.review_kinds", "s1.review_same_year_as_new", "s1.green_both",
        "s2.entry_in_window", "s2.entry_tail", "s2.per", "s2.continuity", "s3.standard_successor",
        "s3.upgrade_policy", "s4.rate_mode",
        "s4.years", "s4.cap_by_actual_interest", "s5.rank_table", "s5.city_level", "s5.unit",
        "s5.organiser_proof", "s6.majors",
        "s6.contract_in_window", "stacking.within_s1", "stacking.higher_level",
    }  # fmt: skip
    assert moving <= tried | named


def test_runner_reports_a_case_that_does_not_hold(tmp_path: Path) -> None:
    wrong = tmp_path / "x.yaml"
    wrong.write_text(
        '- {case: w, measure: "25:二(三)", as_of: 2025-06-01, given: {in_district: false},'
        " expect: {status: eligible}}\n"
    )
    (outcome,) = [cases.check(case, cases.ours()) for case in cases.read(tmp_path)]
    assert outcome["problems"] == ['status 应为 "eligible"，现为 "refused"']


def test_runner_names_file_and_line_of_a_case_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("\n- {case: w, as_of: 2025-06-01, expect: {status: eligible}}\n")
    with pytest.raises(BadInput) as error:
        list(cases.read(tmp_path))
    assert (error.value.line, error.value.field) == (2, "measure")


def test_runner_tries_another_engine_through_its_command() -> None:
    asks = "import json,sys; json.load(sys.stdin); print(json.dumps({'status': 'refused', 'amount_yuan': 0}))"
    run = cases.other(f'{sys.executable} -c "{asks}"')
    outcomes = [cases.check(case, run) for case in CASES[:3]]
    assert [bool(outcome["problems"]) for outcome in outcomes] == [True, True, False]
