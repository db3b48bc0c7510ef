"""Every case of tests/conformance/emergency holds, and the runner notices one that does not."""

from __future__ import annotations

import pytest
from tests.emergency import cases

CASES = list(cases.read())


@pytest.mark.clause(
    "21:1.4/a", "21:1.4/b", "21:1.4/c", "21:3.3.1/p1", "21:3.3.1/I级", "21:3.3.1/II级", "21:3.3.1/III级",
    "21:3.3.2/p2s1",
    "21:4.1/p1s3", "21:4.1/p1s5", "21:4.2(2)", "21:4.2(2)①", "21:4.2(2)②", "21:4.2(2)③", "21:4.2(4)", "21:4.3/p1",
    "21:4.3.1(1)", "21:4.3.1(1)①", "21:4.3.1(1)②", "21:4.3.1(1)③", "21:4.3.1(1)④", "21:4.3.1(2)", "21:4.3.2(1)",
    "21:4.3.2(1)①", "21:4.3.2(1)②", "21:4.3.2(2)", "21:4.3.3(1)", "21:4.3.3(1)①", "21:4.3.3(2)", "21:4.3.3(3)①",
    "21:7.1(1)", "22:1.4", "22:3.3/p1", "22:3.3(1)", "22:3.3(2)", "22:3.3(3)", "22:3.5/p1", "22:4.2(2)③", "22:4.2(4)",
    "22:4.3/p1", "22:4.3.1(1)", "22:4.3.1(1)①", "22:4.3.1(1)②", "22:4.3.1(1)③", "22:4.3.1(2)", "22:4.3.2(1)",
    "22:4.3.2(1)①", "22:4.3.2(1)②", "22:4.3.2(1)③", "22:4.3.2(2)", "22:7.1",
)  # fmt: skip
@pytest.mark.parametrize("case", CASES, ids=[f"{case.plan}: {case.name}" for case in CASES])
def test_case_is_proposed_as_expected(case: cases.Case) -> None:
    assert cases.problems(case) == []


def test_each_reading_that_moves_a_level_is_tried_with_another_answer() -> None:
    tried = {key for case in CASES for key in case.settings}
    assert tried >= {"A01", "A08", "A12", "A13", "A14", "A18", "A20", "A21", "A22", "A23", "A24", "A25", "A27", "A28"}


def test_runner_reports_a_case_that_does_not_hold() -> None:
    wrong = cases.Case("w", "21", {"triage": "true", "beyond_district_capacity": True}, {}, {"response": "II"}, "x:1")
    assert cases.problems(wrong) == ["response: 应为 'II',现为 'I'"]
