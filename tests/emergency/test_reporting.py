"""Thirty minutes to the second; reports numbered and sent the secure way; secrets kept out; queries answered."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from docx import Document

from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.emergency import actions, drafting, reporting, timing
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Act, Measured, Query, Report
from luoshi.emergency.reporting import Draft
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.notices.models import Notice

pytestmark = pytest.mark.django_db
TO = ["上级指挥机构"]


def says(night: Any, kind: str, words: str = "北石店镇两处基站退服（虚构）", **more: Any) -> Report:
    draft = Draft(kind, TO, {"影响的范围": words}, **more)
    return reporting.report(night.at, draft, night.duty, Asked())


def after(minutes: float, seconds: float = 0) -> Any:
    return when.at(when.now() + timedelta(minutes=minutes, seconds=seconds))


@pytest.mark.clause("21:4.1/p1s3", "22:4.1/p1s3")
@pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True)])
def test_the_written_report_is_in_time_at_thirty_minutes_and_late_a_second_after(
    night: Any, seconds: int, late: bool
) -> None:
    night.second_level()
    says(night, "oral", channel="电话", channel_reason="紧急，先口头快报")
    clock = Clock.objects.get(kind=timing.KIND)
    assert clock.data["cites"] == ["21:4.1/p1s3", "22:4.1/p1s3"]  # one oral report, one promise, both clauses
    with after(30, seconds):
        clocks.tick()
        says(night, "first")
        clock.refresh_from_db()
        assert (clock.state, clock.late) == ("finished", late)
        assert Act.objects.filter(kind="overdue").count() == int(late)


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True)])
def test_a_report_delivered_in_time_and_written_down_after_the_break_is_in_time(
    night: Any, seconds: int, late: bool
) -> None:
    night.second_level()
    said = says(night, "oral").sent_at
    with after(45):
        while clocks.tick():
            pass
        assert Act.objects.filter(kind="overdue").exists()
        made = says(night, "first", delivered_at=said + timedelta(minutes=30, seconds=seconds))
        clock = Clock.objects.get(kind=timing.KIND)
        assert (clock.state, clock.late) == ("finished", late)
        assert Act.objects.filter(kind="in_time").exists() is not late
        assert made.entered_at - made.delivered_at == timedelta(minutes=15, seconds=-seconds)  # type: ignore[operator]
        kept = Entry.objects.filter(kind="emergency.written_report").get()
        assert kept.actor == "虚构duty" and made.entered_at.isoformat()[:16] in str(kept.payload)  # type: ignore[union-attr]


def test_what_was_said_or_answered_earlier_counts_from_then(night: Any) -> None:
    night.second_level()
    begun = when.now()
    with after(20):
        says(night, "oral", delivered_at=begun)
        asked = reporting.asked_by_superior(night.at, "市里", "几户？", night.duty, Asked(), received_at=begun)
        assert {clock.due_at for clock in timing.open_clocks(night.at)} == {begun + timedelta(minutes=30)}
    with after(40):
        while clocks.tick():
            pass
        early = begun - timedelta(minutes=1)
        with pytest.raises(BadInput):
            reporting.answer(asked, "约三百户", night.duty, Asked(), answered_at=early)
        reporting.answer(asked, "约三百户", night.duty, Asked(), answered_at=begun + timedelta(minutes=30))
    asked.refresh_from_db()
    assert asked.clock is not None and not asked.clock.late and asked.answer_entered_at > asked.answered_at  # type: ignore[operator]


def test_before_and_after_the_deadline_the_officers_and_the_director_hear_of_it(night: Any) -> None:
    night.second_level()
    says(night, "oral")
    with after(20, 1):
        clocks.tick()
    warned = Notice.objects.get(kind="emergency.due_soon")
    assert {d.user_id for d in warned.deliveries.all()} == {night.duty.pk, night.second.pk}
    with after(30, 1):
        clocks.tick()
        clocks.tick()
    broke = Notice.objects.get(kind="emergency.overdue")
    assert night.director.pk in {d.user_id for d in broke.deliveries.all()} and "21:4.1/p1s3" in broke.body
    assert Act.objects.filter(kind="overdue").count() == 1


@pytest.mark.clause("21:4.1/p1s5", "22:4.1/p1s5")
def test_received_is_no_answer_and_each_query_has_its_own_time(night: Any) -> None:
    night.second_level()
    one = reporting.asked_by_superior(night.at, "市指挥部（虚构）", "影响多少用户？", night.duty, Asked())
    with after(10):
        two = reporting.asked_by_superior(night.at, "市指挥部（虚构）", "何时恢复？", night.duty, Asked())
    for word in ("收到。", "好的，收到！", "您好，已收悉，谢谢领导"):
        with pytest.raises(Refused) as refused:
            reporting.answer(one, word, night.duty, Asked())
        assert refused.value.cite == "21:4.1/p1s5"
    with after(30):
        reporting.answer(two, "约需四小时，抢修队已到场", night.duty, Asked())
        assert Query.objects.get(pk=two.pk).clock.state == "finished"  # type: ignore[union-attr]
        assert Query.objects.get(pk=one.pk).clock.state == "running"  # type: ignore[union-attr]
        with after(0, 1):
            clocks.tick()
            reporting.answer(one, "约三百户，正在核实", night.duty, Asked())
    assert Query.objects.get(pk=one.pk).clock.late  # type: ignore[union-attr]
    with pytest.raises(Refused):
        reporting.answer(one, "再答一次的内容", night.duty, Asked())


@pytest.mark.clause("21:4.1/p1s6", "22:4.1/p1s6")
@pytest.mark.parametrize("how", ["marked", "said"])
def test_secret_words_are_kept_nowhere_and_stop_no_clock(night: Any, how: str) -> None:
    night.second_level()
    says(night, "oral")
    words = "机密★ 某处坐标" if how == "marked" else "某处坐标"
    with pytest.raises(Refused) as refused:
        says(night, "first", words, secret=how == "said")
    assert refused.value.cite == "21:4.1/p1s6"
    stub = Report.objects.get(secret=True)
    assert (stub.parts, stub.sm3) == ({}, "")
    assert not Entry.objects.filter(payload__contains="某处坐标").exists()
    assert not Act.objects.filter(text__contains="某处坐标").exists()
    assert Clock.objects.get(kind=timing.KIND).state == "running"


@pytest.mark.clause("21:6.3/p2s2", "22:6.3/p2s2")
def test_upward_by_an_open_channel_needs_a_reason(night: Any) -> None:
    night.second_level()
    with pytest.raises(Refused) as refused:
        says(night, "first", channel="传真")
    assert refused.value.cite == "21:6.3/p2s2"
    assert says(night, "first", channel="传真", channel_reason="保密线路中断").channel_reason
    assert says(night, "follow_up", channel="传真", upward=False).number == 1


@pytest.mark.clause("21:4.1/p1s4", "22:4.1/p1s4")
def test_reports_are_numbered_and_go_on_until_the_end(night: Any) -> None:
    night.second_level()
    night.runs("21")
    with pytest.raises(Refused, match="还没有初报"):
        says(night, "follow_up")
    assert reporting.title(says(night, "first")) == "初报"
    with pytest.raises(Refused, match="之后为续报"):
        says(night, "first")
    assert [reporting.title(says(night, "follow_up")) for _ in range(2)] == ["续报（1）", "续报（2）"]
    with pytest.raises(Refused, match="响应还在运行"):
        says(night, "final")
    evidence = dict.fromkeys(("controlled", "secondary_cleared", "stable"), "值班记录")
    actions.end(night.at, "21", night.commander, Asked(), evidence=evidence)
    assert reporting.title(says(night, "final")) == "终报"
    assert not Measured.objects.filter(off="follow_up", stopped_at__isnull=True).exists()


@pytest.mark.clause("21:4.1/p2", "22:4.1/p2")
def test_a_draft_has_the_five_parts_and_marks_what_is_added_and_what_nobody_knows(night: Any) -> None:
    night.second_level()
    begun = reporting.begun(night.at)
    labels = list(begun)
    assert len(labels) == 10 and all(drafting.ADDED in label for label in labels[5:])
    assert "移动城区分公司" in begun["影响的范围"] and "外部突发事件" in begun["引发通信中断的原因"]
    assert begun["社会影响"] == drafting.UNKNOWN
    made = reporting.report(night.at, Draft("first", TO, begun), night.duty, Asked())
    told = [p.text for p in Document(io.BytesIO(drafting.paper(made, reporting.title(made)))).paragraphs]
    assert "三、影响的范围" in told and any(made.sm3 in line for line in told) and any("增列" in line for line in told)


@pytest.mark.clause("21:4.3.3(3)①", "21:4.4(1)/s1", "22:4.1/p3", "22:4.4/s1")
def test_words_without_a_number_are_measured_and_never_late(night: Any) -> None:
    night.opens()
    night.says(stage="occurred", minor_harm=True, base_unit_can_handle=True)
    night.triages()
    night.runs("21")
    rows = {row.name: row for row in Measured.objects.all()}
    assert {"上报区委区政府", "事发单位启动", "报上级主管部门"} <= set(rows)
    assert rows["上报区委区政府"].word == "同时" and rows["上报区委区政府"].target_minutes is None
    with after(300):
        clocks.tick()
        assert not Act.objects.filter(kind="overdue").exists()
        actions.did(night.at, "21", "told_government", "已电话报告", night.duty, Asked())
        row = Measured.objects.get(name="上报区委区政府")
        assert row.stopped_at is not None and row.seconds() == 300 * 60


def test_a_false_alarm_ends_its_plans_clocks_and_leaves_the_other_plans(night: Any) -> None:
    night.opens()
    says(night, "oral")
    night.triages("21", outcome="false_alarm")
    clock = Clock.objects.get(kind=timing.KIND)
    assert (clock.state, clock.data["plans"]) == ("running", ["22"])
    night.triages("22", outcome="false_alarm")
    clock.refresh_from_db()
    assert clock.state == "cancelled"


def test_a_report_without_words_recipients_or_a_time_that_has_come_is_sent_back(night: Any) -> None:
    night.opens()
    for field, draft in (
        ("to", Draft("first", [" "], {"a": "b"})),
        ("parts", Draft("first", TO, {"a": " "})),
        ("channel", Draft("first", TO, {"a": "b"}, channel=" ")),
        ("delivered_at", Draft("first", TO, {"a": "b"}, delivered_at=when.now() + timedelta(minutes=1))),
        ("kind", Draft("rumour", TO, {"a": "b"})),
    ):
        with pytest.raises(BadInput) as caught:
            reporting.report(night.at, draft, night.duty, Asked())
        assert caught.value.field == field
