"""The live path: a report, triage, proposal, start, end — with every refusal a duty officer may meet."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.directory.models import Body
from luoshi.emergency import actions, live, plans
from luoshi.emergency.actions import Asked, Stated
from luoshi.emergency.models import Act, Incident, Response, Warning
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db


def refused(cite: str, what: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as error:
        what(*args, **more)
    assert error.value.cite == cite, error.value
    return error.value.reason


def test_a_report_becomes_an_incident_with_a_case_for_each_plan(night: Any) -> None:
    incident = night.opens()
    assert incident.number == "2026-0001"
    assert {case.plan for case in incident.cases.all()} == {"21", "22"}
    assert Act.objects.get(incident=incident, kind="opened").entry == Entry.objects.get(kind="emergency.opened").seq


def test_with_nothing_known_nothing_is_proposed_and_the_questions_are_listed(night: Any) -> None:
    night.opens()
    for case in night.at.cases.all():
        assert (case.warning_level, case.response_level) == ("", "")
        assert case.ask[0] == "triage"
    night.triages()
    for case in night.at.cases.all():
        assert (case.warning_level, case.response_level) == ("", "")
        assert case.ask and "triage" not in case.ask


@pytest.mark.clause("21:4.2(2)②", "22:4.2(2)②")
def test_a_false_alarm_is_not_graded(night: Any) -> None:
    night.opens()
    night.says(stage="occurred", multi_point_operators=["移动城区分公司"])
    night.triages("21", outcome="false_alarm")
    case = night.at.cases.get(plan="21")
    assert (case.response_level, case.ask) == ("", [])
    refused("21:4.2(2)②", actions.propose, night.at, "21", night.duty, Asked(reason="仍要"), level="II")


@pytest.mark.clause("21:4.2(2)③", "22:4.2(2)③")
def test_what_is_unrelated_is_handed_to_somebody_and_offered_to_the_other_plan(night: Any) -> None:
    night.opens()
    refused("22:4.2(2)③", actions.triage, night.at, "22", "unrelated", night.duty, Asked())
    act = actions.triage(night.at, "22", "unrelated", night.duty, Asked(), transferee="区公安分局")
    assert act.data["offer"] == ["21"]


def test_triage_is_the_office_s(night: Any) -> None:
    night.opens()
    with pytest.raises(Refused):
        actions.triage(night.at, "21", "true", night.stranger, Asked())


@pytest.mark.clause("21:4.3.2(2)")
def test_plan_21_level_two_is_started_by_the_commander_alone(night: Any) -> None:
    night.second_level()
    assert night.at.cases.get(plan="21").response_level == "II"
    refused("21:4.3.2(2)", actions.start, night.at, "21", night.commander, Asked())
    actions.propose(night.at, "21", night.duty, Asked())
    for name in ("duty", "deputy", "director", "stranger"):
        refused("21:4.3.2(2)", actions.start, night.at, "21", night.people[name], Asked())
    actions.start(night.at, "21", night.commander, Asked())
    made = Response.objects.get(case__incident=night.at, state="running")
    assert (made.level, made.started_post, made.started_name) == ("II", "总指挥", "虚构commander")
    assert "A01" in {told["key"] for told in made.leaned}
    assert made.snapshot is not None and made.snapshot.digest == plans.read().digest


@pytest.mark.clause("22:4.3.2(2)")
def test_plan_22_needs_the_command_s_confirmation_and_keeps_two_times(night: Any) -> None:
    night.opens()
    night.says(stage="occurred", cause="cyber", operators_affected=["移动城区分公司"],
               spread_in_district=False, spread_beyond_district=False)  # fmt: skip
    night.triages()
    assert night.at.cases.get(plan="22").response_level == "II"
    actions.propose(night.at, "22", night.director, Asked())
    refused("22:4.3.2(2)", actions.start, night.at, "22", night.deputy22, Asked())
    refused("22:4.3.2(2)", actions.confirm, night.at, "22", night.stranger, Asked())
    actions.confirm(night.at, "22", night.commander, Asked())
    actions.start(night.at, "22", night.deputy22, Asked())
    made = Response.objects.get(case__incident=night.at, state="running")
    assert made.confirmed_at is not None and made.started_at is not None
    assert (made.confirmed_post, made.started_post) == ("总指挥", "副总指挥")


def test_the_same_form_sent_twice_starts_once(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    version = night.at.version
    first = actions.start(night.at, "21", night.commander, Asked(once="k" * 32, version=version))
    again = actions.start(night.at, "21", night.commander, Asked(once="k" * 32, version=version))
    assert first.pk == again.pk
    assert Response.objects.filter(case__incident=night.at).count() == 1
    assert Entry.objects.filter(kind="emergency.started").count() == 1


def test_who_acts_on_what_has_changed_is_told_so(night: Any) -> None:
    night.second_level()
    seen = night.at.version
    night.says(beyond_district_capacity=True)
    with pytest.raises(Refused, match="刚刚有变化"):
        actions.propose(night.at, "21", night.duty, Asked(version=seen))


def test_reporters_who_disagree_are_both_kept_and_nothing_is_assumed(night: Any) -> None:
    night.opens()
    night.triages()
    night.says(multi_point_operators=["移动城区分公司"])
    assert night.at.cases.get(plan="21").response_level == "II"
    other = Stated("multi_point_operators", [], "电话", "联通值班")
    actions.add_facts(night.at, [other], night.duty, Asked())
    case = night.at.cases.get(plan="21")
    assert case.response_level == "" and "multi_point_operators" in case.ask
    rows = night.at.facts.filter(name="multi_point_operators")
    assert {row.reporter for row in rows} == {"移动网管", "联通值班"}
    with pytest.raises(BadInput, match="理由"):
        actions.choose_fact(night.at, rows[0], night.duty, Asked())
    actions.choose_fact(night.at, rows.get(reporter="移动网管"), night.duty, Asked(reason="网管系统有截图"))
    assert night.at.cases.get(plan="21").response_level == "II"


def test_who_does_not_know_contradicts_nobody(night: Any) -> None:
    night.opens()
    night.says(spread_in_district=True)
    actions.add_fact(night.at, "spread_in_district", None, night.duty, Asked(), reporter="联通值班")
    assert live.Table(night.at).facts["spread_in_district"] is True


def test_a_running_response_keeps_its_plan_though_the_pack_changes(night: Any) -> None:
    from luoshi.emergency import bundle

    night.runs()
    data = bundle.take(plans.read())
    row = next(
        row for row in data["plans"]["21"]["plan_levels.yaml"] if row["kind"] == "response" and row["level"] == "II"
    )
    row["measures"] = row["measures"][:1]
    changed = bundle.plans.assemble("jccq", *_rows(data))  # type: ignore[attr-defined]
    live.keep(data | {"digest": changed.digest})
    table = live.Table(night.at)
    assert live.current().digest == changed.digest != table.desk_of("21").plans.digest
    assert len(table.plan("21").level("response", "II").measures) == 7
    fresh = live.Table(night.opens("另一事件"))
    assert len(fresh.plan("21").level("response", "II").measures) == 1


def _rows(data: dict[str, Any]) -> tuple[Any, ...]:
    from luoshi.emergency import bundle
    from luoshi.norms.pack import InterpretationRow, ParameterRow

    shared = bundle._entries(data["shared"], bundle.SHARED, "", "t")
    each = {slug: bundle._entries(files, bundle.FILES, slug, "t") for slug, files in data["plans"].items()}
    readings = [InterpretationRow.model_validate(row) for row in data["readings"]]
    return shared, each, readings, [ParameterRow.model_validate(row) for row in data["parameters"]], []


def test_raising_is_a_new_start_that_names_what_ran_before(night: Any) -> None:
    night.runs()
    night.says(beyond_district_capacity=True)
    assert night.at.cases.get(plan="21").response_level == "I"
    actions.propose(night.at, "21", night.duty, Asked())
    actions.raise_level(night.at, "21", "I", night.commander, Asked())
    first, second = Response.objects.filter(case__incident=night.at).order_by("pk")
    assert (first.state, second.state, second.previous_id) == ("changed", "running", first.pk)


EVIDENCE = {"controlled": "监控恢复", "secondary_cleared": "现场排查", "stable": "24小时无告警"}


@pytest.mark.clause("21:4.6/条件", "21:4.6/权限")
def test_an_end_needs_every_condition_and_whoever_started_it(night: Any) -> None:
    night.runs()
    for open_ in EVIDENCE:
        some = {key: text for key, text in EVIDENCE.items() if key != open_}
        refused("21:4.6/条件", actions.end, night.at, "21", night.commander, Asked(), evidence=some)
    for name in ("duty", "director", "deputy", "stranger"):
        refused("21:4.6/权限", actions.end, night.at, "21", night.people[name], Asked(), evidence=EVIDENCE)
    actions.end(night.at, "21", night.commander, Asked(), evidence=EVIDENCE)
    assert Response.objects.get(case__incident=night.at).state == "ended"
    actions.close(night.at, night.duty, Asked(reason="处置完毕"))
    with pytest.raises(Refused, match="已结案"):
        night.says(minor_harm=True)


def test_taken_over_it_runs_on_in_support_until_the_superior_agrees(night: Any) -> None:
    night.runs()
    actions.take_over(night.at, "21", "市通信指挥部", night.duty, Asked())
    refused("21:4.6/权限", actions.end, night.at, "21", night.commander, Asked(), evidence=EVIDENCE)
    actions.superior_agrees(night.at, "21", "市通信指挥部值班室电话同意", night.duty, Asked())
    actions.end(night.at, "21", night.commander, Asked(), evidence=EVIDENCE)
    assert Response.objects.get(case__incident=night.at).state == "ended"


def test_both_plans_are_one_incident_with_two_starts_and_the_stricter_end(night: Any) -> None:
    night.opens()
    one = ["移动城区分公司"]
    night.says(stage="occurred", cause="cyber", multi_point_operators=one, operators_affected=one)
    night.says(spread_in_district=False, spread_beyond_district=False)
    night.triages()
    night.runs("21")
    night.runs("22")
    assert Response.objects.filter(case__incident=night.at, state="running").count() == 2
    shown = {"rescue_done": "抢修完成", "scene_controlled": "现场可控", "secondary_cleared": "已排查"}
    more = {"evidence": shown, "acknowledged": ["restored"]}
    refused("22:4.6/条件", actions.end, night.at, "22", night.commander, Asked(), **more)
    actions.end(night.at, "22", night.commander, Asked(), evidence=shown | {"restored": "业务已恢复"})


def test_a_task_has_one_more_condition(night: Any) -> None:
    night.opens()
    night.says(stage="task", cause="task", superior_order={"from": "市政府", "level": "I"})
    night.triages()
    actions.propose(night.at, "21", night.duty, Asked())
    actions.start(night.at, "21", night.commander, Asked())
    refused("21:4.6/条件", actions.end, night.at, "21", night.commander, Asked(), evidence=EVIDENCE)
    actions.end(night.at, "21", night.commander, Asked(), evidence=EVIDENCE | {"task_done": "任务完成"})


@pytest.mark.clause("21:3.3.2/p2s1", "21:3.5/权限", "21:3.5/条件")
def test_plan_21_warns_inside_only_and_its_issuer_lifts(night: Any) -> None:
    night.opens()
    night.says(stage="threat", operators_affected=["移动城区分公司"], towns_affected=["北石店镇"],
               spread_in_district=False, spread_beyond_district=False)  # fmt: skip
    night.triages()
    assert night.at.cases.get(plan="21").warning_level == "III"
    actions.propose_warning(night.at, "21", night.duty, Asked())
    Body.objects.create(name="虚构酒店", kind="enterprise")
    for who in ("社会公众", "全体市民", "虚构酒店", "名录里没有的某局"):
        names = ["移动城区分公司", who]
        refused("21:3.3.2/p2s1", actions.issue_warning, night.at, "21", night.commander, Asked(), to=names)
    with pytest.raises(BadInput, match="请写明发给谁"):
        actions.issue_warning(night.at, "21", night.commander, Asked(), to=[" "])
    with pytest.raises(Refused):
        actions.issue_warning(night.at, "21", night.duty, Asked(), to=["移动城区分公司"])
    actions.issue_warning(night.at, "21", night.commander, Asked(), to=["移动城区分公司"])
    done = {"handled": "处置结束", "restored": "通信恢复"}
    refused("21:3.5/权限", actions.lift_warning, night.at, "21", night.duty, Asked(), evidence=done)
    refused("21:3.5/条件", actions.lift_warning, night.at, "21", night.commander, Asked(), evidence={"handled": "是"})
    actions.lift_warning(night.at, "21", night.commander, Asked(), evidence=done)
    assert Warning.objects.get(case__incident=night.at).state == "lifted"


def test_a_threat_that_vanished_is_lifted_with_a_flag(night: Any) -> None:
    night.opens()
    night.says(operators_affected=["移动城区分公司"], spread_in_district=False, spread_beyond_district=False)
    night.triages()
    actions.propose_warning(night.at, "21", night.duty, Asked())
    actions.issue_warning(night.at, "21", night.commander, Asked(), to=["移动城区分公司"])
    actions.lift_warning(night.at, "21", night.commander, Asked(), vanished="险情解除")
    row = Warning.objects.get(case__incident=night.at)
    assert row.flags[0]["interpretation"] == "A33"


def test_an_oral_order_is_written_down_and_signed_for_later(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    oral = Asked(post="总指挥", ordered_by="虚构commander", ordered_how="电话")
    with pytest.raises(Refused, match="现任总指挥"):
        actions.start(night.at, "21", night.duty, Asked(post="总指挥", ordered_by="某甲", ordered_how="电话"))
    actions.start(night.at, "21", night.duty, oral)
    made = Response.objects.get(case__incident=night.at)
    assert made.started_name == "虚构commander" and made.started_by_id is None and made.flags[0]["oral"]
    with pytest.raises(Refused):
        actions.countersign(night.at, made, night.deputy, Asked())
    actions.countersign(night.at, made, night.commander, Asked())
    made.refresh_from_db()
    assert made.flags[0]["signed_at"] and made.started_by_id == night.commander.pk


def test_the_opinion_of_the_command_is_the_command_s(night: Any) -> None:
    night.opens()
    night.triages()
    opinion = {"level": "II", "reason": "保障需要", "plan": "21"}
    with pytest.raises(Refused):
        actions.add_fact(night.at, "hq_opinion", opinion, night.duty, Asked())
    actions.add_fact(night.at, "hq_opinion", opinion, night.commander, Asked())
    assert night.at.cases.get(plan="21").response_level == "II"


def test_a_grade_without_its_source_is_not_taken(night: Any) -> None:
    night.opens()
    with pytest.raises(BadInput, match="来源"):
        actions.add_fact(night.at, "accident_grade", {"grade": "重大"}, night.duty, Asked())


def test_nothing_is_left_of_an_act_that_a_hook_undoes(night: Any) -> None:
    from luoshi.emergency import hooks

    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())

    def breaks(*_: Any) -> None:
        raise RuntimeError("database went away")

    hooks.on("started", breaks, name="test")
    try:
        with pytest.raises(RuntimeError):
            actions.start(night.at, "21", night.commander, Asked(once="x" * 32))
    finally:
        hooks._hooks["started"].pop("test")
    assert not Response.objects.filter(state="running").exists()
    assert not Entry.objects.filter(kind="emergency.started").exists()
    actions.start(night.at, "21", night.commander, Asked(once="x" * 32))
    assert Incident.objects.get().cases.get(plan="21").responses.get().state == "running"
