"""Drills on virtual time: clocks, reports, notices, shipped scenarios, and scenarios nobody can run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.emergency.stage import ONE_OPERATOR, SERIOUS, opened, refusals, run

from luoshi.emergency import drilling
from luoshi.kernel.errors import BadInput

SCENARIOS = drilling.shipped()


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_shipped_scenario_runs_as_its_author_expected(path: Path) -> None:
    scenario, file = drilling.load(str(path))
    result, expect = drilling.run(scenario, file=file), scenario["expect"]
    got = {
        "starts": [[e["plan"], e["level"], e["by"]] for e in result["starts"]],
        "warnings": [[e["plan"], e["level"]] for e in result["warnings"] if e["state"] == "issued"],
        "ends": [e["plan"] for e in result["ends"]],
        "refused": len(result["refused"]),
        "late": len(result["score"]["late"]),
        "missed": len(result["score"]["missed"]),
    }
    assert {name: got[name] for name in expect} == expect
    assert {event["status"] for event in result["events"]} == {"Exercise"}
    assert all(event["outgoing"] is False for event in result["notices"])
    assert "演练" in scenario["name"] and scenario["exercise"] is True


def test_there_are_at_least_twelve_scenarios_and_together_they_use_both_plans() -> None:
    assert len(SCENARIOS) >= 12


@pytest.mark.clause("21:4.1/p1s3", "22:4.1/p1s3")
@pytest.mark.parametrize(
    ("at", "state", "verdict"), [("09:40:00", "in_time", "按时"), ("09:40:01", "late_done", "超时")]
)
def test_written_report_after_exactly_thirty_minutes_is_in_time(at: str, state: str, verdict: str) -> None:
    result = opened(
        ONE_OPERATOR,
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("09:10:00", {"act": "oral_report", "by": "值班人员"}),
        (at, {"act": "written_report", "by": "值班人员"}),
    )
    clock = [e for e in result["clocks"] if e["clock"] == "文字补报"]
    assert clock[-1]["state"] == state
    assert ("late" in [e["state"] for e in clock]) is (verdict == "超时")
    line = next(line for line in result["score"]["lines"] if line["what"].startswith("文字补报"))
    assert (line["verdict"], line["cite"], line["due"]) == (verdict, "21:4.1/p1s3", "09:40:00")


def test_a_report_never_delivered_stays_late_on_the_sheet() -> None:
    result = opened(ONE_OPERATOR, ("09:10", {"act": "oral_report", "by": "值班人员"}), ("11:00", {"note": "无人补报"}))
    assert [line["what"] for line in result["score"]["lines"] if line["verdict"] == "超时"] == ["文字补报：30分钟内"]


def test_thirty_minutes_run_from_the_event_when_the_reading_says_so() -> None:
    report = ("09:29", {"act": "oral_report", "by": "值班人员"}), ("09:31", {"act": "written_report", "by": "值班人员"})
    assert opened(ONE_OPERATOR, *report)["score"]["late"] == []
    assert opened(ONE_OPERATOR, *report, settings={"A31": "event"})["score"]["late"] != []


@pytest.mark.clause("21:4.1/p1s5", "22:4.1/p1s5")
def test_saying_received_does_not_answer_a_superior() -> None:
    result = opened(
        ONE_OPERATOR,
        ("09:10", {"act": "superior_query", "by": "上级"}),
        ("09:12", {"act": "answer_query", "by": "办公室", "content": "收到！"}),
        ("09:40:00", {"act": "answer_query", "by": "办公室", "content": "恢复两处(演练)"}),
    )
    assert refusals(result) == [("answer_query", "21:4.1/p1s5")]
    assert [e["state"] for e in result["clocks"] if e["clock"] == "回应上级催报核实"] == ["started", "in_time"]


def test_at_once_is_measured_and_never_late() -> None:
    """立即 has no number: a day's delay is shown, and judged by nobody."""
    result = opened(ONE_OPERATOR, ("33:00", {"act": "unit_started", "by": "移动城区分公司"}))
    clock = next(e for e in result["clocks"] if e["clock"] == "事发单位启动" and e["state"] != "started")
    assert (clock["state"], clock["seconds"]) == ("measured", 24 * 3600)
    assert result["score"]["late"] == []


def test_a_target_somebody_set_is_labelled_as_not_from_the_plan() -> None:
    threat = {"stage": "threat", "multi_point_operators": ["移动", "联通"], "spread_in_district": True}
    result = run(
        ("09:00", {"set": threat}),
        ("09:01", {"act": "triage", "by": "值班人员"}),
        ("09:02", {"act": "propose_warning", "by": "办公室"}),
        ("09:03", {"act": "issue_warning", "by": "总指挥"}),
        ("12:00", {"act": "meeting", "by": "区通信指挥部"}),
        settings={"targets": {"emergency.warning_meeting_minutes": 15}},
    )
    started = next(e for e in result["clocks"] if e["clock"] == "预警会议")
    assert (started["target_minutes"], started["target_note"]) == (15, "目标值，非预案规定")
    assert result["score"]["late"] == []


def test_a_raised_level_is_news_for_those_who_were_told_of_the_lower_one() -> None:
    result = opened(
        ONE_OPERATOR,
        ("09:03", {"act": "start", "by": "总指挥"}),
        ("09:30", {"set": SERIOUS}),
        ("09:31", {"act": "propose", "by": "办公室"}),
        ("09:32", {"act": "start", "by": "总指挥"}),
    )
    told = [n for n in result["notices"] if n["purpose"] == "区通信指挥部各成员单位"]
    assert [n["time"] for n in told] == ["09:03:00", "09:32:00"]
    assert all(n["merged"] == [] and "区财政局" in n["to"] for n in told)


def test_both_plans_at_once_start_twice_and_tell_each_unit_once() -> None:
    scenario, _ = drilling.load("11-both-plans")
    result = drilling.run(scenario)
    told = [name for notice in result["notices"] if notice["moment"] == "start" for name in notice["to"]]
    assert len(told) == len(set(told))
    assert {"演练甲街道", "演练乙街道", "演练丙街道"} <= set(told), "the slot of the town is bound to each of them"
    assert not any("事发地" in name for name in told)
    assert len([n for n in result["notices"] if n["plan"] == "22" and n["merged"]]) == 2
    roles = next(n["roles"] for n in result["notices"] if n.get("roles") and n["plan"] == "21")
    assert roles["区工信局"] == ["综合协调组", "现场抢修组", "技术专家组", "医学救护组"], "one message, four groups"


@pytest.mark.clause("21:4.1/p1s6", "21:6.3/p2s2")
def test_secret_content_stays_out_and_upward_reports_use_a_secure_channel() -> None:
    result = opened(
        ONE_OPERATOR,
        ("09:05", {"act": "follow_up", "by": "办公室", "secret": True}),
        ("09:06", {"act": "follow_up", "by": "办公室", "upward": True, "channel": "电子邮件"}),
        ("09:07", {"act": "follow_up", "by": "办公室", "upward": True, "channel": "电话", "reason": "专线中断"}),
    )
    assert refusals(result) == [("follow_up", "21:4.1/p1s6"), ("follow_up", "21:6.3/p2s2")]
    assert [e["kind"] for e in result["events"] if e["kind"] in ("stub", "report")] == ["stub", "report"]


@pytest.mark.clause("21:4.1/p2")
def test_a_written_report_that_lacks_a_part_is_named_on_the_sheet() -> None:
    result = opened(ONE_OPERATOR, ("09:05", {"act": "written_report", "by": "办公室", "parts": ["社会影响"]}))
    (line,) = [line for line in result["score"]["lines"] if line["verdict"] == "内容不全"]
    assert "影响的范围" in line["what"] and "社会影响" not in line["what"]


def test_nothing_known_gives_no_level_and_a_list_of_questions() -> None:
    result = run(("03:00", {"set": {"narrative": "演练"}}), plans=["21", "22"])
    assert [(p["warning"]["level"], p["response"]["level"]) for p in result["proposals"]] == [(None, None)] * 2
    assert all(p["ask"][0] == "triage" for p in result["proposals"])


def test_a_day_of_a_drill_takes_less_than_two_seconds() -> None:
    timeline: list[Any] = [
        ("00:00", {"set": ONE_OPERATOR}),
        ("00:01", {"act": "triage", "by": "值班人员"}),
        ("00:02", {"act": "propose", "by": "办公室"}),
        ("00:03", {"act": "start", "by": "总指挥"}),
    ]
    for minute in range(10, 24 * 60, 5):
        at = f"{minute // 60:02d}:{minute % 60:02d}"
        act = (
            {"act": "superior_query", "by": "上级", "ref": at}
            if minute % 2
            else {"set": {"hub_destroyed": minute % 4 == 0}}
        )
        timeline += [(at, act)]
    began = time.perf_counter()
    result = run(*timeline)
    assert time.perf_counter() - began < 2
    assert len(result["events"]) > 280


@pytest.mark.parametrize(
    ("scenario", "field"),
    [
        ({"timeline": []}, "timeline"),
        ({"timeline": [["9 o'clock", {"set": {}}]]}, "timeline[1]"),
        ({"timeline": [["09:61", {"set": {}}]]}, "timeline[1]"),
        ({"timeline": [["10:00", {"set": {}}], ["09:00", {"set": {}}]]}, "timeline[2]"),
        ({"timeline": [["09:00", {"set": {"foo": 1}}]]}, "timeline[1].set.foo"),
        ({"timeline": [["09:00", {"act": "dance"}]]}, "timeline[1]"),
        ({"timeline": [["09:00", {"shout": 1}]]}, "timeline[1].shout"),
        ({"timeline": [["09:00", {"act": "propose", "by": "办公室", "plan": "23"}]]}, "timeline[1].plan"),
        ({"timeline": [["09:00"]]}, "timeline[1]"),
        ({"timeline": [["09:00", {"act": "end", "by": "总指挥", "evidence": "单"}]]}, "timeline[1].evidence"),
        ({"timeline": [["09:00", {"act": "do", "by": "总指挥", "cites": "21:4.1"}]]}, "timeline[1].cites"),
        ({"timeline": [["09:00", {"act": "triage", "by": 3}]]}, "timeline[1].by"),
        ({"timeline": [["09:00", {"set": {}}]], "exercise": False}, "exercise"),
        ({"timeline": [["09:00", {"set": {}}]], "plans": ["99"]}, "plans"),
        ({"timeline": [["09:00", {"set": {}}]], "date": "yesterday"}, "date"),
        ({"timeline": [["09:00", {"set": {}}]], "colour": "red"}, "colour"),
        ({"timeline": [["09:00", {"set": {}}]], "settings": {"A99": "x"}}, "A99"),
    ],
)
def test_a_scenario_nobody_can_run_is_named_by_its_place(scenario: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as error:
        drilling.run(scenario, file="s.yaml")
    assert (error.value.file, error.value.field) == ("s.yaml", field)


@pytest.mark.clause("21:3.4/p1s1")
def test_own_warnings_start_the_meeting_clock_unless_the_reading_says_only_received_ones() -> None:
    def started(**settings: str) -> list[str]:
        threat = {"stage": "threat", "multi_point_operators": ["移动", "联通"], "spread_in_district": True}
        result = run(
            ("09:00", {"set": threat}),
            ("09:01", {"act": "triage", "by": "值班人员"}),
            ("09:02", {"act": "propose_warning", "by": "办公室"}),
            ("09:03", {"act": "issue_warning", "by": "总指挥"}),
            ("09:30", {"act": "warning_received", "by": "办公室"}),
            settings=settings,
        )
        return [e["time"] for e in result["clocks"] if e["clock"] == "预警会议"]

    assert started() == ["09:03:00"]
    assert started(A34="received_only") == ["09:30:00"]
