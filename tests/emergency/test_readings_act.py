"""A reading that is answered otherwise changes what the software does, not only what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from luoshi.emergency import actions, bearing, course, live, rows
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Signal
from luoshi.emergency.plans import finding_rows, read
from luoshi.emergency.proposing import propose
from luoshi.kernel import when
from luoshi.norms.models import Instrument, Interpretation, Parameter, ParameterValue

TRUE = {"triage": "true", "stage": "occurred", "multi_point_operators": ["移动"]}


def levels(facts: dict[str, Any], plan: str = "21", **settings: Any) -> tuple[Any, Any]:
    card = propose(facts, settings, plan=plan)["plans"][0]
    return card["warning"]["level"], card["response"]["level"]


@pytest.mark.once
def test_a16_paired_levels_bring_each_other() -> None:
    assert levels(TRUE) == (None, "II")
    assert levels(TRUE, A16="map") == ("II", "II")
    card = propose(TRUE, {"A16": "map"}, plan="21")["plans"][0]["warning"]
    assert (card["source"], card["interpretation"]) == ("reading", "A16")
    contained = {"triage": "true", "stage": "threat", "operators_affected": ["移动"], "towns_affected": [],
                 "spread_in_district": False, "spread_beyond_district": False, "risk_major": False,
                 "important_systems_full_business": 0}  # fmt: skip
    assert levels(contained, "22", A16="map") == ("3", "II")


@pytest.mark.once
def test_a16_pairs_nothing_that_was_triaged_away() -> None:
    assert levels(TRUE | {"triage": "false_alarm"}, A16="map") == (None, None)


@pytest.mark.once
def test_a26_waiting_for_the_standard_leaves_the_level_to_the_command() -> None:
    assert levels(TRUE, A26="wait") == (None, None)
    card = propose(TRUE, {"A26": "wait"}, plan="21")["plans"][0]["response"]
    assert card["held"] == "A26" and card["near"][0]["level"] == "II"
    opinion = {"level": "II", "reason": "会商决定", "by": "总指挥"}
    assert levels(TRUE | {"hq_opinion": opinion}, A26="wait") == (None, "II")


def _answered(key: str, value: str, *, confirmed: bool = False) -> None:
    plan = Instrument.objects.get_or_create(slug="21", defaults={"title": "21号"})[0]
    Interpretation.objects.create(
        key=key,
        instrument=plan,
        question="？",
        default="x",
        answer=value,
        status="confirmed" if confirmed else "inferred",
    )


def _set(key: str, value: Any) -> None:
    made = Parameter.objects.create(key=key, label=key, kind="list")
    ParameterValue.objects.create(parameter=made, value=value, valid_from=when.today(), source="测试")


@pytest.mark.django_db
def test_an_answer_of_the_register_decides_who_starts(night: Any) -> None:
    from luoshi.kernel.errors import Refused

    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    with pytest.raises(Refused):
        actions.start(night.at, "21", night.deputy, Asked())
    _answered("A01", "commander_or_deputy", confirmed=True)
    actions.start(night.at, "21", night.deputy, Asked())
    made = night.at.cases.get(plan="21").responses.get(state="running")
    assert made.settings["A01"]["value"] == "commander_or_deputy"


@pytest.mark.django_db
@pytest.mark.clause("21:3.3.2/p1s5")
def test_a02_read_as_the_commander_or_the_office_director_is_who_signs_a_warning(night: Any) -> None:
    from luoshi.kernel.errors import Refused

    night.opens()
    night.says(stage="threat", multi_point_operators=["移动城区分公司", "联通城区分公司"], spread_in_district=True)
    night.triages()
    actions.propose_warning(night.at, "21", night.duty, Asked())
    _answered("A02", "commander")
    with pytest.raises(Refused, match="A02由总指挥签发，副总指挥不能发布") as error:
        actions.issue_warning(night.at, "21", night.deputy, Asked(), to=["移动城区分公司"])
    assert error.value.cite == "21:3.3.2/p1s5"
    Interpretation.objects.filter(key="A02").update(answer="office_director")
    with pytest.raises(Refused, match="A02由办公室主任签发，总指挥不能发布"):
        actions.issue_warning(night.at, "21", night.commander, Asked(), to=["移动城区分公司"])
    actions.issue_warning(night.at, "21", night.director, Asked(), to=["移动城区分公司"])
    made = night.at.cases.get(plan="21").warnings.get(state="issued")
    assert (made.issued_post, made.issuer) == ("办公室主任", "区通信指挥部")


@pytest.mark.django_db
def test_a37_early_reports_of_both_plans_are_united_unless_said_otherwise(night: Any) -> None:
    night.second_level()
    told = {one.who for one in bearing.early_reports(live.Table(night.at))}
    assert {"办公室", "事发地镇政府(街道办事处)", "上级通信网络主管部门"} <= told
    night.runs("21")
    _answered("A37", "by_plan")
    assert night.at.cases.get(plan="21").responses.exists()
    fresh = live.Table(night.at)
    fresh._own.clear()
    # what was answered after the start does not reach the running response, which keeps its own answers
    assert live.Table(night.at).context("21").answer("A37") == "union"


@pytest.mark.django_db
@pytest.mark.clause("21:4.4(1)/s2", "22:4.4/s2")
def test_a37_read_by_plan_early_reports_go_to_whom_the_started_plan_names(night: Any) -> None:
    def told() -> set[str]:
        return {one.who for one in bearing.early_reports(live.Table(night.at))}

    _answered("A37", "by_plan")
    night.second_level()
    both = told()
    assert {"事发地镇政府(街道办事处)", "上级通信网络主管部门"} <= both, "before a plan is started either may be"
    night.runs("21")
    assert told() == {"办公室", "事发地镇政府(街道办事处)"}
    night.says(important_systems_full_business=1, spread_in_district=False, spread_beyond_district=False)
    night.runs("22", level="II")
    assert told() == both, "once both plans run, both name theirs"


def _reads() -> set[str]:
    """Readings whose answer decides something: in a condition, in a row made for it, or asked for in the code."""
    at = read()
    decides = re.compile(r"\b(A\d\d)\b")
    found: set[str] = set()
    for file in Path(course.__file__).parent.glob("*.py"):
        found |= set(re.findall(r'(?:answer\(|\.get\()"(A\d\d)"', file.read_text()))
    for plan in at.by_slug.values():
        row = plan.row
        tests = [s.test for s in row.scope] + [e.when for e in row.end] + [part.test for level in plan.levels
                 for met in level.conditions for part in met.parts]  # fmt: skip
        found |= {key for test in tests for key in decides.findall(test)}
        found |= {post.reading for post in row.posts if post.meaning} | {c.reading for c in row.confirms if c.answer}
        found |= {row.warning_reading} if row.warning_signers else set()
        found |= {clock.on_reading for clock in plan.clocks} | {c.reading for level in plan.levels for c in level.carry}
        found |= {gap.reading for gap in (*row.warning_gaps, *row.response_gaps)}
        found |= {row.threat_reading, row.independent_reading, row.standard_reading}
        found |= {rule.reading for rule in (row.end_by, row.warning_internal) if rule is not None}
    terms = [entry.row for rows_ in (at.shared, *(p.entries for p in at.by_slug.values()))
             for entry in rows_.get(rows.PlanTermRow, [])]  # fmt: skip
    found |= {key for term in terms for key in decides.findall(str(term.value))}
    operators = [entry.row for entry in at.shared[rows.OperatorRow]]
    return found | {operator.reading for operator in operators if operator.when}


@pytest.mark.once
def test_every_reading_of_the_plans_decides_something_or_says_that_it_does_not() -> None:
    readings, acts = read().readings, _reads()
    assert len(readings) >= 43
    silent = sorted(key for key, row in readings.items() if key not in acts and not row.no_effect)
    assert silent == []
    marked = sorted(key for key, row in readings.items() if row.no_effect)
    assert marked == ["A05", "A06", "A07", "A09", "A10", "A11", "body.中石油"]
    assert [key for key in marked if key in acts] == ["A07"], "which acts in drills, and says so"


@pytest.mark.once
def test_the_eleven_slips_of_the_two_plans_are_on_record() -> None:
    found = [row.key for slug in ("21", "22") for row in finding_rows(read().folder / slug)]
    assert sorted(found, key=lambda key: int(key[1:])) == [f"S{n}" for n in range(1, 12)]


@pytest.mark.django_db
def test_a41_an_unnamed_superior_is_whom_the_settings_name(night: Any) -> None:
    night.second_level()
    superior = next(o for o in bearing.early_reports(live.Table(night.at)) if o.who == "上级通信网络主管部门")
    assert superior.named == () and superior.reading == "A41"
    _set(live.SUPERIOR_AUTHORITY, ["省通信管理局（虚构）"])
    superior = next(o for o in bearing.early_reports(live.Table(night.at)) if o.who == "上级通信网络主管部门")
    assert superior.named == ("省通信管理局（虚构）",)


@pytest.mark.django_db
def test_a42_power_of_plan_22_is_the_office_s_until_said_otherwise(night: Any) -> None:
    night.opens()
    assert bearing.power(live.Table(night.at).context("22")).named == ("区通信网络指挥部办公室",)
    assert bearing.power(live.Table(night.at).context("21")).reading == ""
    _answered("A42", "fagai")
    assert bearing.power(live.Table(night.at).context("22")).named == ("区发改局",)


@pytest.mark.django_db
def test_a40_a_major_event_has_no_trigger_in_22_and_is_offered_to_21(night: Any) -> None:
    signal = Signal.objects.create(
        source="form", reporter="市委办", text="重大活动", fingerprint="x", clause="22:3.1.2(4)"
    )
    night.opens(signal=signal)
    told = bearing.without_trigger(live.Table(night.at), "22:3.1.2(4)")
    assert told is not None and told["offer"] == ["21"]
    _answered("A40", "ignore")
    assert bearing.without_trigger(live.Table(night.at), "22:3.1.2(4)") is None


@pytest.mark.django_db
def test_an_operator_entered_as_counting_counts(night: Any) -> None:
    night.opens()
    night.triages("21")
    night.says(multi_point_operators=["移动城区分公司", "某宽带公司"], spread_in_district=True)
    assert night.at.cases.get(plan="21").warning_level == ""
    _set(live.COUNTED, ["某宽带公司"])
    night.says(minor_harm=False)
    assert night.at.cases.get(plan="21").warning_level == "II"


@pytest.mark.once
def test_what_the_text_says_keeps_the_mark_of_the_text() -> None:
    card = propose(TRUE, plan="21")["plans"][0]["response"]
    assert (card["level"], card["source"]) == ("II", "text")


@pytest.mark.django_db
def test_a01_read_as_the_site_commander_lets_whom_the_command_appointed_start(night: Any) -> None:
    from luoshi.kernel.errors import Refused

    night.second_level()
    _answered("A01", "site_commander", confirmed=True)
    actions.propose(night.at, "21", night.duty, Asked())
    with pytest.raises(Refused, match="现场指挥负责人"):
        actions.start(night.at, "21", night.commander, Asked())
    with pytest.raises(Refused, match="由指挥部指定"):
        actions.appoint_site_commander(night.at, "虚构deputy", night.stranger, Asked(), plan="21")
    actions.appoint_site_commander(night.at, "虚构deputy", night.commander, Asked(), plan="21")
    actions.start(night.at, "21", night.deputy, Asked())
    assert night.at.cases.get(plan="21").responses.get(state="running").started_post == "现场指挥负责人"
