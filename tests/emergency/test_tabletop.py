"""A table-top drill: injects at their own moment, players on the live acts, scored by the engine of every drill."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from luoshi.emergency import actions, drills, tabletop
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Act, DrillRun, Incident
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.notices.models import Delivery

pytestmark = pytest.mark.django_db

SCENARIO = """name: 演练 夜间一家企业多点故障
exercise: true
plans: ['21']
places: [演练甲街道]
timeline:
- ['02:50:00', {inject: 热线转来断网报告（演练）}]
- ['02:55:00', {set: {stage: occurred, cause: external_emergency, multi_point_operators: [移动城区分公司]}}]
- ['02:58:00', {act: triage, outcome: 'true', by: 值班人员}]
- ['03:05:00', {set: {spread_in_district: false}}]
"""


def begun(night: Any) -> DrillRun:
    drills.keep("night-one", SCENARIO, night.duty)
    run = tabletop.open_run("night-one", night.duty)
    night.incident = tabletop.incident_of(run)
    return run


def at(run: DrillRun) -> str:
    run.refresh_from_db()
    return f"{when.aware(run.lane.now):%H:%M:%S}"


def test_injects_come_at_their_own_moment_and_the_log_is_in_the_drill_s_time(night: Any) -> None:
    run = begun(night)
    assert at(run) == "02:50:00"
    assert tabletop.next_inject(run, night.duty) == 1
    assert tabletop.advance(run, night.duty, 5) == 1
    assert at(run) == "02:55:00"
    told = [(f"{when.aware(a.at):%H:%M}", a.kind) for a in Act.objects.filter(incident=night.at).order_by("pk")]
    assert told == [("02:50", "opened"), ("02:50", "note"), ("02:55", "fact")]
    assert night.at.exercise and night.at.number.startswith("演")


def test_what_is_expected_of_players_is_shown_to_the_director_and_done_by_nobody(night: Any) -> None:
    run = begun(night)
    left = tabletop.coming(run)
    assert [one.kind for one in left] == ["inject", "inject", "act", "inject"]
    assert left[2].words == "预期动作：分流（值班人员）"
    tabletop.advance(run, night.duty, 30)
    assert night.at.cases.get(plan="21").triage == "" and tabletop.coming(run) == []


@pytest.mark.clause("21:6.1/p2")
def test_players_act_on_the_live_acts_and_the_log_is_scored(night: Any) -> None:
    run = begun(night)
    tabletop.advance(run, night.duty, 6)
    actions.triage(night.at, "21", "true", night.duty, Asked())
    with pytest.raises(Refused):
        actions.start(night.at, "21", night.commander, Asked())
    tabletop.advance(run, night.duty, 3)
    actions.propose(night.at, "21", night.duty, Asked())
    with pytest.raises(Refused):
        actions.start(night.at, "21", night.deputy, Asked())
    actions.start(night.at, "21", night.commander, Asked())
    done = tabletop.finish(run, night.duty)
    assert done.state == "done" and done.score["of"] > 5
    lines = {line["what"]: line for line in done.score["lines"]}
    start = next(line for what, line in lines.items() if what.startswith("启动II级"))
    assert (start["verdict"], start["done_at"], start["by"]) == ("完成", "02:59:00", "总指挥")
    refused = [line for line in done.score["lines"] if line["verdict"] == "被拒"]
    assert [line["cite"] for line in refused] == ["21:4.3.2(2)"] * 2
    assert {event["status"] for event in done.result["events"]} == {"Exercise"}
    assert [s["level"] for s in done.result["starts"]] == ["II"], "the engine agrees with what was done live"
    assert Entry.objects.filter(kind="emergency.drilled").count() == 1


def levels(run: DrillRun) -> list[tuple[str, str | None]]:
    return [(told["time"], told["response"]["level"]) for told in run.result["proposals"]]


def test_reporters_who_disagree_leave_a_fact_unknown_in_the_score_until_one_is_chosen(night: Any) -> None:
    run = begun(night)
    tabletop.advance(run, night.duty, 2)
    said = actions.Stated("multi_point_operators", [], reporter="联通网管")
    actions.add_facts(night.at, [said], night.duty, Asked())
    tabletop.advance(run, night.duty, 4)
    actions.triage(night.at, "21", "true", night.duty, Asked())
    assert night.at.cases.get(plan="21").response_level == "", "the director's group and 联通网管 disagree"
    tabletop.advance(run, night.duty, 2)
    row = night.at.facts.get(name="multi_point_operators", reporter=tabletop.DIRECTOR)
    actions.choose_fact(night.at, row, night.duty, Asked(reason="导演组核实"))
    assert night.at.cases.get(plan="21").response_level == "II"
    tabletop.advance(run, night.duty, 1)
    actions.add_facts(night.at, [actions.Stated("minor_harm", True, reporter="甲")], night.duty, Asked())
    actions.add_facts(night.at, [actions.Stated("minor_harm", "unknown", reporter="甲")], night.duty, Asked())
    done = tabletop.finish(run, night.duty)
    told = levels(done)
    assert [level for time, level in told if time < "02:58:00"] and not any(lv for t, lv in told if t < "02:58:00")
    assert ("02:58:00", "II") in told
    said = [event["facts"] for event in done.result["events"] if event["kind"] == "set"]
    assert {"multi_point_operators": None} in [{k: v for k, v in facts.items() if k == "multi_point_operators"}
                                               for facts in said]  # fmt: skip
    assert said[-1] == {"minor_harm": None}, "who no longer knows has taken the word back"


def test_after_the_end_nothing_moves_any_more(night: Any) -> None:
    run = begun(night)
    run = tabletop.finish(run, night.duty)
    with pytest.raises(Refused):
        tabletop.advance(run, night.duty, 1)
    with pytest.raises(Refused):
        actions.triage(night.at, "21", "true", night.duty, Asked())
    assert night.at.state == Incident.State.CLOSED


def test_nothing_of_a_drill_leaves_the_machine(night: Any) -> None:
    run = begun(night)
    tabletop.advance(run, night.duty, 6)
    actions.triage(night.at, "21", "true", night.duty, Asked())
    actions.propose(night.at, "21", night.duty, Asked())
    actions.start(night.at, "21", night.commander, Asked())
    out = Delivery.objects.exclude(channel__in=["", "mailbox"])
    assert not out.exists()
    assert all(step[0] == "mailbox" for row in Delivery.objects.all() for step in row.plan)


def test_a_drill_cannot_be_moved_backwards_or_by_nothing(night: Any) -> None:
    run = begun(night)
    for minutes in (0, -5, int(timedelta(days=31).total_seconds() // 60)):
        with pytest.raises(BadInput):
            tabletop.advance(run, night.duty, minutes)
    tabletop.advance(run, night.duty, 60)
    with pytest.raises(BadInput):
        tabletop.next_inject(run, night.duty)
