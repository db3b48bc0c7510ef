"""A duty on its way, as people act on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.supervision.conftest import World, paper

from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.notices.models import Delivery
from luoshi.supervision import actions, evidence
from luoshi.supervision.actions import Asked
from luoshi.supervision.models import Duty, Event, Evidence


def test_a_duty_goes_from_assignment_to_closing(world: World) -> None:
    people = world.people
    duty = world.duty(deadline=date(2024, 12, 31))
    actions.assign(duty, people["supervisor"], Asked())
    actions.receive(duty, people["handler"], Asked())
    actions.feedback(duty, people["handler"], Asked("已断电", progress=80, files=[paper()]))
    actions.request_completion(duty, people["chief"], Asked("已关停退出"))
    actions.verify(duty, people["supervisor2"], Asked())
    actions.accept(duty, people["supervisor2"], Asked("现场核实属实"))
    assert (duty.state, duty.light, duty.closed_on) == ("closed", "green", date(2024, 9, 2))
    acts = [e.act for e in duty.events.all()]
    assert acts == ["assign", "receive", "feedback", "request_completion", "verify", "accept"]
    assert Entry.objects.filter(subject=duty.subject).count() == 6
    assert not Clock.objects.filter(subject=duty.subject, state__in=["running", "broken"], ended_at=None).exists()


def test_the_doer_cannot_accept_own_work(world: World) -> None:
    duty = world.working()
    both = world.people["handler"]
    from luoshi.accounts.models import Grant

    Grant.objects.create(user=both, role="supervisor", since=date(2020, 1, 1))
    both.__dict__.pop("_grants", None)
    actions.request_completion(duty, both, Asked("完成"))
    with pytest.raises(Refused, match="不能核验自己办理"):
        actions.verify(duty, both, Asked())


def test_a_supervisor_of_the_doing_body_cannot_accept(world: World) -> None:
    from luoshi.accounts.models import Grant

    duty = world.working()
    actions.request_completion(duty, world.people["handler"], Asked("完成"))
    second = world.people["supervisor2"]
    Grant.objects.create(user=second, role="field", body=world.bodies["区工信局"], since=date(2020, 1, 1))
    second.__dict__.pop("_grants", None)
    with pytest.raises(Refused, match="责任单位"):
        actions.verify(duty, second, Asked())


def test_completion_without_evidence_is_refused(world: World) -> None:
    duty = world.assigned()
    handler = world.people["handler"]
    actions.receive(duty, handler, Asked())
    actions.feedback(duty, handler, Asked("做完了"))
    with pytest.raises(Refused, match="佐证材料"):
        actions.request_completion(duty, handler, Asked("做完了"))
    actions.request_completion(duty, handler, Asked("做完了", files=[paper()]))
    assert duty.state == "completion_requested"


def test_supervisor_returns_feedback_without_evidence(world: World) -> None:
    duty = world.assigned(continuous=True)
    handler = world.people["handler"]
    actions.receive(duty, handler, Asked())
    actions.feedback(duty, handler, Asked("一切正常"))
    assert duty.reported_until == date(2024, 9, 2)
    actions.return_feedback(duty, world.people["supervisor"], Asked("没有佐证，请补"))
    assert duty.reported_until is None and duty.returned
    assert Event.objects.get(duty=duty, act="feedback").returned
    assert Delivery.objects.filter(user=handler, notice__title__contains="退回").exists()
    with pytest.raises(Refused, match="上次反馈被退回"):
        actions.request_completion(duty, handler, Asked("完成", files=[paper()]))


def test_another_body_cannot_sign(world: World) -> None:
    duty = world.assigned()
    with pytest.raises(Refused, match="责任单位"):
        actions.receive(duty, world.people["handler2"], Asked())
    with pytest.raises(Refused, match="督查员"):
        actions.suspend(duty, world.people["handler"], Asked("不想办"))
    assert not duty.events.exclude(act="assign").exists()


def test_each_body_signs_for_itself_before_it_feeds_back(world: World) -> None:
    duty = world.assigned(leads=["区工信局", "区生态环境分局"])
    actions.receive(duty, world.people["handler"], Asked())
    with pytest.raises(Refused, match="还没有签收"):
        actions.feedback(duty, world.people["handler2"], Asked("在做"))
    actions.feedback(duty, world.people["handler"], Asked("在做"))
    actions.receive(duty, world.people["handler2"], Asked())
    assert duty.state == "in_progress"
    with pytest.raises(Refused, match="已经签收"):
        actions.receive(duty, world.people["handler2"], Asked())


def test_two_supervisors_act_at_once_and_the_second_is_told(world: World) -> None:
    duty = world.duty()
    seen = duty.version
    actions.assign(duty, world.people["supervisor"], Asked(version=seen))
    late = Duty.objects.get(pk=duty.pk)
    with pytest.raises(Refused, match="supervisor 于 09:00 已“分办”"):
        actions.suspend(late, world.people["supervisor2"], Asked("先停", version=seen))
    assert Duty.objects.get(pk=duty.pk).state == "assigned"


@pytest.mark.clause("09:三(一)1-2")
def test_a_missed_deadline_turns_red_and_escalates_by_itself(world: World, clock) -> None:
    duty = world.working(key="09:三(一)1-2", deadline=date(2024, 12, 31), title="砖厂、瓦斯发电厂关停")
    clock(datetime(2024, 12, 2, 0, 0, 1))
    clocks.tick()
    duty.refresh_from_db()
    assert duty.light == "yellow"
    clock(datetime(2024, 12, 31, 23, 59, 59))
    clocks.tick()
    duty.refresh_from_db()
    assert duty.light == "yellow"  # exactly at due is on time
    clock(datetime(2025, 1, 1, 0, 0, 1))
    clocks.tick()
    duty.refresh_from_db()
    assert (duty.light, duty.escalated) == ("red", 1)
    assert Delivery.objects.filter(user=world.people["chief"], notice__title__contains="逾期未办结").exists()
    assert not Delivery.objects.filter(user=world.people["leader"]).exists()
    assert Entry.objects.filter(subject=duty.subject, kind="supervision.clock_break").exists()
    clock(datetime(2025, 1, 20, 9, 0))
    clocks.tick()
    clocks.tick()
    duty.refresh_from_db()
    assert duty.escalated == 2
    assert Delivery.objects.filter(user=world.people["leader"], notice__title__contains="报区领导").exists()
    assert duty.events.filter(act="chase").exists()


def test_unsigned_duty_breaks_its_13710_clock_and_late_signing_answers_it(world: World, clock) -> None:
    duty = world.assigned(continuous=True)
    clock(datetime(2024, 9, 4, 0, 0, 1))  # one working day after Monday ends on Tuesday night
    clocks.tick()
    duty.refresh_from_db()
    assert duty.light == "red" and "签收：区工信局" in duty.light_why
    actions.receive(duty, world.people["handler"], Asked())
    assert duty.light != "red"
    assert duty.broken == []


def test_signing_late_before_the_clockwork_looked_is_still_counted_late(world: World, clock) -> None:
    from luoshi.supervision.models import Tally

    duty = world.assigned(continuous=True)
    clock(datetime(2024, 9, 9, 9, 0))
    actions.receive(duty, world.people["handler"], Asked())
    assert Tally.objects.get(axis="body", measure="receipt_late").count == 1
    assert not any(b["key"].startswith("receipt") for b in duty.broken)


def test_suspension_stops_the_clocks_and_resuming_gives_the_rest(world: World, clock) -> None:
    duty = world.working(deadline=date(2024, 9, 30))
    actions.suspend(duty, world.people["supervisor"], Asked("等待上级文件"))
    assert duty.light == "grey" and duty.state == "suspended"
    clock(datetime(2024, 10, 15, 9, 0))
    assert clocks.tick() == 0
    actions.resume(duty, world.people["supervisor"], Asked())
    assert duty.state == "in_progress"
    deadline = Clock.objects.get(subject=duty.subject, kind="supervision.deadline")
    assert deadline.due_at > when.now() + timedelta(days=27)


def test_an_undated_duty_gets_its_13710_time_at_assignment(world: World) -> None:
    duty = world.duty()
    assert duty.light == "grey"
    actions.assign(duty, world.people["supervisor"], Asked(), grade="simple")
    assert duty.deadline == date(2024, 9, 9) and "13710" in duty.deadline_note
    assert duty.deadline_printed is None


def test_a_stage_result_is_accepted_and_the_duty_goes_on(world: World) -> None:
    duty = world.working(deadline=date(2024, 12, 31), stage_result=True, continuous=True)
    actions.request_completion(duty, world.people["handler"], Asked("阶段成效"))
    actions.verify(duty, world.people["supervisor"], Asked())
    actions.accept(duty, world.people["supervisor"], Asked("属实"))
    assert duty.state == "in_progress" and duty.stage_done_on and duty.closed_on is None
    with pytest.raises(Refused, match="持续推进"):
        actions.request_completion(duty, world.people["handler"], Asked("又完成"))


def test_evidence_is_kept_once_by_its_hash(world: World) -> None:
    duty = world.working()
    handler = world.people["handler"]
    actions.feedback(duty, handler, Asked("再报", files=[paper("另一名.pdf")]))
    rows = list(Evidence.objects.filter(duty=duty))
    assert len(rows) == 2 and len({r.sm3 for r in rows}) == 1
    assert evidence.path_of("evidence", rows[0].sm3).read_bytes() == b"%PDF-1.4 proof"
    for bad, why in ((paper("a.exe"), "不接受"), (paper("a.pdf", b""), "空的")):
        with pytest.raises(BadInput, match=why):
            actions.feedback(duty, handler, Asked("x", files=[bad]))


def test_a_failing_act_leaves_nothing_behind(world: World, monkeypatch) -> None:
    duty = world.assigned()
    before = (Event.objects.count(), Entry.objects.count(), Clock.objects.filter(state="running").count())

    def dies(*args: object, **kwargs: object) -> None:
        raise RuntimeError("kill -9")

    monkeypatch.setattr("luoshi.supervision.actions._seal", dies)
    with pytest.raises(RuntimeError):
        actions.receive(duty, world.people["handler"], Asked())
    assert before == (Event.objects.count(), Entry.objects.count(), Clock.objects.filter(state="running").count())
    assert Duty.objects.get(pk=duty.pk).state == "assigned"
    assert duty.bodies.get().received_at is None


def test_extension_needs_a_reason_and_keeps_the_printed_date(world: World) -> None:
    duty = world.working(deadline=date(2024, 9, 30))
    with pytest.raises(Refused, match="延期原因"):
        actions.extend(duty, world.people["supervisor"], Asked(), deadline=date(2024, 10, 31))
    actions.extend(duty, world.people["supervisor"], Asked("汛期停工"), deadline=date(2024, 10, 31))
    assert duty.deadline == date(2024, 10, 31) and duty.deadline_printed == date(2024, 9, 30)


def test_feedback_on_an_earlier_period_leaves_the_present_one_owing(world: World, clock) -> None:
    duty = world.assigned(continuous=True)
    handler = world.people["handler"]
    actions.receive(duty, handler, Asked())
    actions.feedback(duty, handler, Asked("上季度情况", covers_until=date(2024, 6, 30)))
    report = Clock.objects.get(subject=duty.subject, kind="supervision.report")
    assert report.state == "running" and report.name == "2024年第3季度反馈"
    actions.feedback(duty, handler, Asked("本季度情况", covers_until=date(2024, 9, 2)))
    names = list(Clock.objects.filter(subject=duty.subject, kind="supervision.report", state="running"))
    assert [c.name for c in names] == ["2024年第4季度反馈"]
    clock(datetime(2025, 1, 11, 0, 0, 1))
    clocks.tick()  # the warning
    clocks.tick()  # the break
    duty.refresh_from_db()
    assert duty.light == "red" and duty.events.filter(label__contains="第4季度").exists()
    actions.feedback(duty, handler, Asked("补报", covers_until=date(2024, 12, 31)))
    assert duty.light == "green" and duty.broken == []
