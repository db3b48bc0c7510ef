"""Who may do what and when: the course of a warning and of a response, by sections 3 to 5 of the plans."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emergency.stage import CYBER, END_21, END_22, ONE_OPERATOR, SERIOUS, opened, refusals, run


@pytest.mark.clause("21:4.3.1(2)", "21:4.3.2(2)", "21:4.3.3(2)", "22:4.3.1(2)", "22:4.3.2(2)")
@pytest.mark.parametrize(
    ("plan", "facts", "wrong", "right", "cite"),
    [
        ("21", SERIOUS, ["副总指挥", "办公室", "值班人员", "指挥长", ""], "总指挥", "21:4.3.1(2)"),
        ("21", ONE_OPERATOR, ["副总指挥", "办公室主任", ""], "总指挥", "21:4.3.2(2)"),
        ("21", ONE_OPERATOR, ["区通信指挥部办公室"], "指挥长", "21:4.3.2(2)"),
        ("21", ONE_OPERATOR | {"multi_point_operators": [], "minor_harm": True, "base_unit_can_handle": True},
         ["副总指挥", "办公室"], "总指挥", "21:4.3.3(2)"),
        ("22", CYBER | {"hq_opinion": {"level": "I", "reason": "演练", "by": "总指挥"}},
         ["副总指挥", "办公室", "指挥长"], "总指挥", "22:4.3.1(2)"),
        ("22", CYBER, ["办公室", "值班人员"], "副总指挥", "22:4.3.2(2)"),
    ],
)  # fmt: skip
def test_only_the_post_the_plan_names_starts_the_response(
    plan: str, facts: dict[str, Any], wrong: list[str], right: str, cite: str
) -> None:
    confirmed = [("09:03", {"act": "confirm", "by": "区通信网络指挥部"})] if plan == "22" else []
    tried = [("09:04", {"act": "start", "by": by}) for by in wrong]
    result = opened(facts, *confirmed, *tried, ("09:05", {"act": "start", "by": right}), plans=[plan])
    assert refusals(result) == [("start", cite)] * len(wrong)
    assert [(e["plan"], e["by"], e["cite"]) for e in result["starts"]] == [(plan, right, cite)]


def test_deputy_may_start_plan_21_only_when_the_reading_says_so() -> None:
    start = ("09:04", {"act": "start", "by": "副总指挥"})
    assert opened(ONE_OPERATOR, start)["starts"] == []
    allowed = opened(ONE_OPERATOR, start, settings={"A01": "commander_or_deputy"})
    assert [e["by"] for e in allowed["starts"]] == ["副总指挥"]


@pytest.mark.clause("22:4.3.1(2)", "22:4.3.2(2)")
def test_plan_22_is_not_started_before_its_command_has_confirmed() -> None:
    result = opened(
        CYBER,
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("09:04", {"act": "confirm", "by": "办公室"}),
        ("09:05", {"act": "start", "by": "总指挥"}),
        ("09:06", {"act": "confirm", "by": "区通信网络指挥部"}),
        ("09:07", {"act": "start", "by": "总指挥"}),
        plans=["22"],
    )
    assert [act for act, _ in refusals(result)] == ["start", "confirm", "start"]
    assert [e["time"] for e in result["starts"]] == ["09:07:00"]


@pytest.mark.clause("21:4.2(2)②", "22:4.2(2)②")
def test_false_alarm_is_neither_graded_nor_started() -> None:
    result = run(
        ("09:00", {"set": SERIOUS}),
        ("09:01", {"act": "triage", "outcome": "false_alarm", "by": "值班人员"}),
        ("09:02", {"act": "propose", "by": "办公室", "level": "I"}),
        ("09:03", {"act": "start", "by": "总指挥", "level": "I"}),
        ("09:04", {"act": "propose_warning", "by": "办公室", "level": "I"}),
    )
    assert refusals(result) == [(a, "21:4.2(2)②") for a in ("propose", "start", "propose_warning")]
    assert all(p["response"]["level"] is None for p in result["proposals"])


@pytest.mark.clause("21:4.2(2)③")
def test_unrelated_report_needs_somebody_it_is_handed_to() -> None:
    result = run(
        ("09:00", {"set": SERIOUS}),
        ("09:01", {"act": "triage", "outcome": "unrelated", "by": "值班人员"}),
        ("09:02", {"act": "triage", "outcome": "unrelated", "by": "值班人员", "transferee": "区水务局"}),
    )
    assert refusals(result) == [("triage", "21:4.2(2)③")]


@pytest.mark.clause("21:4.6/条件", "21:4.6/权限")
@pytest.mark.parametrize("open_", sorted(END_21))
def test_end_with_one_condition_open_is_refused(open_: str) -> None:
    evidence = {key: text for key, text in END_21.items() if key != open_}
    result = opened(
        SERIOUS,
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("10:00", {"act": "end", "by": "总指挥", "evidence": evidence}),
        ("10:01", {"act": "end", "by": "总指挥", "evidence": evidence | {open_: "  "}}),
        ("10:02", {"act": "end", "by": "总指挥", "evidence": END_21}),
    )
    assert refusals(result) == [("end", "21:4.6/条件")] * 2
    assert [e["time"] for e in result["ends"]] == ["10:02:00"]


@pytest.mark.clause("21:4.6/权限", "22:4.6/权限")
def test_only_who_started_or_somebody_higher_of_the_same_command_ends() -> None:
    def ended_by(by: str, starter: str, **settings: str) -> bool:
        evidence = END_22 | {"restored": "单"}
        result = opened(
            CYBER,
            ("09:03", {"act": "confirm", "by": "总指挥"}),
            ("09:04", {"act": "start", "by": starter}),
            ("10:00", {"act": "end", "by": by, "evidence": evidence}),
            plans=["22"],
            settings=settings,
        )
        return bool(result["ends"])

    assert ended_by("副总指挥", "副总指挥")
    assert ended_by("总指挥", "副总指挥")
    assert not ended_by("总指挥", "副总指挥", A04="starter_only")
    assert not ended_by("副总指挥", "总指挥")
    assert not ended_by("办公室主任", "副总指挥")
    assert not ended_by("", "副总指挥")


@pytest.mark.clause("22:4.6/条件")
def test_plan_22_may_end_before_service_is_back_once_somebody_has_acknowledged_it() -> None:
    def end(**told: Any) -> dict[str, Any]:
        return opened(
            CYBER,
            ("09:03", {"act": "confirm", "by": "总指挥"}),
            ("09:04", {"act": "start", "by": "总指挥"}),
            ("10:00", {"act": "end", "by": "总指挥", "evidence": END_22, **told}),
            plans=["22"],
            settings=told.pop("settings", {}),
        )

    assert not end()["ends"]
    assert end(acknowledged=["restored"])["ends"]
    assert end(settings={"A15": "ignore"})["ends"]
    assert not end(acknowledged=["restored"], settings={"A15": "require"})["ends"]


def test_a_task_case_ends_only_when_the_task_is_done() -> None:
    order = {"stage": "task", "superior_order": {"from": "省级机构", "level": "I"}}
    steps = [
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("10:00", {"act": "end", "by": "总指挥", "evidence": END_21}),
        ("10:01", {"act": "end", "by": "总指挥", "evidence": END_21 | {"task_done": "单"}}),
    ]
    assert [e["time"] for e in opened(order, *steps)["ends"]] == ["10:01:00"]
    assert [e["time"] for e in opened(SERIOUS, *steps)["ends"]] == ["10:00:00"]
    assert [e["time"] for e in opened(SERIOUS, *steps, settings={"A39": "always"})["ends"]] == ["10:01:00"]


@pytest.mark.clause("21:3.3.2/p1s5", "21:3.3.2/p2s1", "21:3.5/权限", "21:3.5/条件")
def test_warning_is_issued_inside_and_lifted_by_its_issuer_only() -> None:
    threat = {"stage": "threat", "multi_point_operators": ["移动", "联通"], "spread_in_district": True}
    proof = {"handled": "单", "restored": "单"}
    result = run(
        ("09:00", {"set": threat}),
        ("09:01", {"act": "triage", "by": "值班人员"}),
        ("09:02", {"act": "issue_warning", "by": "总指挥"}),
        ("09:03", {"act": "propose_warning", "by": "总指挥"}),
        ("09:04", {"act": "propose_warning", "by": "办公室"}),
        ("09:05", {"act": "issue_warning", "by": "办公室"}),
        ("09:06", {"act": "issue_warning", "by": "总指挥", "to": ["移动城区分公司", "本地媒体"]}),
        ("09:07", {"act": "issue_warning", "by": "总指挥", "to": ["移动城区分公司"]}),
        ("10:00", {"act": "lift_warning", "by": "办公室", "evidence": proof}),
        ("10:01", {"act": "lift_warning", "by": "总指挥", "evidence": {"handled": "单"}}),
        ("10:02", {"act": "lift_warning", "by": "总指挥", "evidence": proof}),
    )
    assert refusals(result) == [
        ("issue_warning", "21:3.3.2/p1s5"), ("propose_warning", "21:3.3.1/II级"), ("issue_warning", "21:3.3.2/p1s5"),
        ("issue_warning", "21:3.3.2/p2s1"), ("lift_warning", "21:3.5/权限"), ("lift_warning", "21:3.5/条件"),
    ]  # fmt: skip
    assert [e["state"] for e in result["warnings"]] == ["proposed", "issued", "lifted"]


@pytest.mark.clause("21:3.3.2/p1s5", "22:3.4/s1")
@pytest.mark.parametrize(
    ("answer", "signs"), [("designated", ["总指挥", "副总指挥"]), ("commander", ["总指挥"]),
                          ("office_director", ["办公室主任"])],
)  # fmt: skip
@pytest.mark.parametrize(("plan", "clause", "lift"), [("21", "21:3.3.2/p1s5", "21:3.5/权限"),
                                                      ("22", "22:3.4/s1", "22:3.6/权限")])  # fmt: skip
def test_who_signs_and_lifts_a_warning_is_whom_the_reading_names(
    answer: str, signs: list[str], plan: str, clause: str, lift: str
) -> None:
    threat = {
        "stage": "threat",
        "cause": "cyber",
        "multi_point_operators": ["移动", "联通"],
        "spread_in_district": True,
    }
    for by in ("总指挥", "副总指挥", "办公室主任"):
        result = run(
            ("09:00", {"set": threat}),
            ("09:01", {"act": "triage", "by": "值班人员"}),
            ("09:02", {"act": "propose_warning", "by": "办公室"}),
            *([("09:03", {"act": "confirm_warning", "by": "总指挥"})] if plan == "22" else []),
            ("09:04", {"act": "issue_warning", "by": by}),
            ("09:05", {"act": "issue_warning", "by": signs[0]}),
            ("10:00", {"act": "lift_warning", "by": by, "vanished": "雨停(演练)"}),
            plans=[plan],
            settings={"A02": answer},
        )
        told = [("issue_warning", clause), ("lift_warning", lift)]
        assert refusals(result) == ([] if by in signs else told), (by, result["refused"])
        named = f"按口径A02由{'、'.join(signs)}签发"
        assert answer == "designated" or all(named in event["reason"] for event in result["refused"])


@pytest.mark.clause("22:3.5/p1", "22:3.6/权限")
def test_plan_22_warning_needs_the_command_to_find_the_situation_reached() -> None:
    threat = {"stage": "threat", "cause": "cyber", "important_systems_full_business": 2, "spread_in_district": True}
    result = run(
        ("09:00", {"set": threat}),
        ("09:01", {"act": "triage", "by": "值班人员"}),
        ("09:02", {"act": "propose_warning", "by": "办公室"}),
        ("09:03", {"act": "issue_warning", "by": "总指挥"}),
        ("09:04", {"act": "confirm_warning", "by": "办公室"}),
        ("09:05", {"act": "confirm_warning", "by": "区通信网络指挥部"}),
        ("09:06", {"act": "issue_warning", "by": "总指挥", "to": ["所有相关单位"]}),
        plans=["22"],
    )
    assert refusals(result) == [("issue_warning", "22:3.5/p1"), ("confirm_warning", "22:3.5/p1")]
    assert [e["level"] for e in result["warnings"] if e["state"] == "issued"] == ["2"]


def test_a_threat_that_vanished_is_lifted_with_a_flag_or_not_at_all() -> None:
    def lifted(**settings: str) -> list[dict[str, Any]]:
        threat = {"stage": "threat", "multi_point_operators": ["移动", "联通"], "spread_in_district": True}
        result = run(
            ("09:00", {"set": threat}),
            ("09:01", {"act": "triage", "by": "值班人员"}),
            ("09:02", {"act": "propose_warning", "by": "办公室"}),
            ("09:03", {"act": "issue_warning", "by": "总指挥"}),
            ("10:00", {"act": "lift_warning", "by": "总指挥", "vanished": "雨停(演练)"}),
            settings=settings,
        )
        return [e for e in result["warnings"] if e["state"] == "lifted"]

    assert lifted()[0]["interpretation"] == "A33"
    assert lifted(A33="no") == []


@pytest.mark.clause("21:4.3.1(3)②")
def test_after_a_takeover_the_district_assists_and_ends_with_the_superiors_word() -> None:
    def after(**settings: str) -> dict[str, Any]:
        return opened(
            SERIOUS,
            ("09:03", {"act": "start", "by": "总指挥"}),
            ("10:00", {"act": "take_over", "by": "上级"}),
            ("11:00", {"act": "end", "by": "总指挥", "evidence": END_21}),
            ("12:00", {"act": "superior_agrees", "by": "上级"}),
            ("12:01", {"act": "end", "by": "总指挥", "evidence": END_21}),
            settings=settings,
        )

    result = after()
    assert next(e for e in result["events"] if e["kind"] == "takeover")["state"] == "assisting"
    assert [e["time"] for e in result["ends"]] == ["12:01:00"]
    assert next(e for e in after(A38="ended")["events"] if e["kind"] == "takeover")["state"] == "ended"


def test_a_higher_level_is_a_new_start_and_a_lower_one_needs_a_reason() -> None:
    result = opened(
        ONE_OPERATOR,
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("09:10", {"set": {"beyond_district_capacity": True}}),
        ("09:11", {"act": "start", "by": "总指挥", "level": "I"}),
        ("09:12", {"act": "propose", "by": "办公室"}),
        ("09:13", {"act": "start", "by": "总指挥", "level": "I"}),
        ("09:20", {"set": {"beyond_district_capacity": False}}),
        ("09:21", {"act": "propose", "by": "办公室"}),
        ("09:22", {"act": "start", "by": "总指挥", "level": "II"}),
        ("09:23", {"act": "start", "by": "总指挥", "level": "II", "reason": "指挥部决定(演练)"}),
    )
    assert [(e["level"], e["raised_from"]) for e in result["starts"]] == [("II", None), ("I", "II"), ("II", "I")]
    assert [event["time"] for event in result["refused"]] == ["09:11:00", "09:22:00"]


def test_a_call_for_help_under_level_three_asks_to_grade_again() -> None:
    facts = ONE_OPERATOR | {"multi_point_operators": [], "minor_harm": True, "base_unit_can_handle": True}
    steps = [("09:03", {"act": "start", "by": "总指挥"}), ("09:30", {"act": "reinforcement", "by": "演练甲街道"})]
    prompts = [e["ask"] for e in opened(facts, *steps)["events"] if e["kind"] == "prompt"]
    assert prompts == [["beyond_operator_capacity", "hq_coordination_needed"]]
    assert not [e for e in opened(facts, *steps, settings={"A30": "stay"})["events"] if e["kind"] == "prompt"]


def test_a_lower_level_needs_no_reason_when_the_reading_leaves_it_free() -> None:
    steps = [
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("09:20", {"set": {"beyond_district_capacity": False, "multi_point_operators": ["移动"]}}),
        ("09:21", {"act": "propose", "by": "办公室"}),
        ("09:22", {"act": "start", "by": "总指挥"}),
    ]
    assert [e["level"] for e in opened(SERIOUS, *steps)["starts"]] == ["I"]
    assert [e["level"] for e in opened(SERIOUS, *steps, settings={"A29": "free"})["starts"]] == ["I", "II"]


def test_of_two_deputies_the_one_who_started_ends() -> None:
    def ended(name: str) -> bool:
        result = opened(
            CYBER,
            ("09:03", {"act": "confirm", "by": "总指挥"}),
            ("09:04", {"act": "start", "by": {"post": "副总指挥", "name": "演练甲"}}),
            (
                "10:00",
                {"act": "end", "by": {"post": "副总指挥", "name": name}, "evidence": END_22 | {"restored": "单"}},
            ),
            plans=["22"],
        )
        return bool(result["ends"])

    assert ended("演练甲")
    assert not ended("演练乙")
