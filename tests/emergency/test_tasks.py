"""Tasks reach the units a plan names; they sign, report, ask for help; the level is looked at again when they do."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body
from luoshi.emergency import actions, tasks
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Act, Measured, Task, TaskEntry
from luoshi.kernel.errors import BadInput, Refused
from luoshi.notices.models import Notice

pytestmark = pytest.mark.django_db


def worker(body: str) -> User:
    user = User.objects.create(username=f"w{User.objects.count()}", display_name=f"{body}联络员（虚构）")
    unit = Body.objects.get_or_create(name=body, defaults={"kind": "department"})[0]
    Grant.objects.create(user=user, role="handler", body=unit)
    return user


def task(cite: str) -> Task:
    return next(row for row in Task.objects.all() if cite in row.cites)


@pytest.mark.clause("21:4.3.2(3)②", "21:4.3.2(3)③", "21:4.3.2(3)④", "21:4.3.2(3)⑤", "21:4.3.2(3)⑥", "21:4.3.2(3)⑦")
def test_each_measure_of_the_level_is_a_task_of_its_group(night: Any) -> None:
    police = worker("区公安分局")
    night.runs("21")
    assert Task.objects.count() == 7
    road = task("21:4.3.2(3)③")
    assert (road.group, road.body and road.body.name, road.column) == ("治安通行组", "区公安分局", "条文措施")
    tasks.ack(road, police, Asked())
    tasks.feedback(road, "已设两处警戒区", police, Asked())
    tasks.done(road, "警戒区已设好", police, Asked())
    road.refresh_from_db()
    assert (road.state, road.entries.count()) == ("done", 3) and road.acked_at is not None
    assert Act.objects.filter(kind="task_done").get().cite == "21:4.3.2(3)③"
    with pytest.raises(Refused, match="已完成"):
        tasks.feedback(road, "还有", police, Asked())


def test_a_member_of_the_group_may_report_and_a_stranger_may_not(night: Any) -> None:
    member, stranger = worker("区消防救援大队"), worker("区文旅局")
    night.runs("21")
    road = task("21:4.3.2(3)③")
    entry = tasks.feedback(road, "救援车已通行", member, Asked())
    assert entry.body is not None and entry.body.name == "区消防救援大队"
    road.refresh_from_db()
    assert road.state == "acked"  # who reports on it has it
    with pytest.raises(Refused) as refused:
        tasks.ack(road, stranger, Asked())
    assert refused.value.cite == "21:4.3.2(3)③"
    noted = tasks.feedback(road, "电话说已到位", night.duty, Asked())  # the officer writes it down
    assert noted.body is None


def test_what_is_only_recommended_is_given_by_a_person_with_a_reason(night: Any) -> None:
    night.runs("21", level="I")
    response = night.at.cases.get(plan="21").responses.get(state="running")
    assert not Task.objects.filter(column="建议沿用").exists()
    table = actions.live.Table(night.at)
    offered = [told["cite"] for told in tasks.recommended(table, response.case, response)]
    assert "21:4.3.2(3)②" in offered and "21:2.1(6)" in offered
    with pytest.raises(BadInput):
        tasks.adopt(response, "21:4.3.2(3)②", " ", night.duty, Asked())
    tasks.adopt(response, "21:4.3.2(3)②", "需要专家评估", night.duty, Asked())
    assert (task("21:4.3.2(3)②").column, task("21:4.3.2(3)②").reading) == ("建议沿用", "A08")


@pytest.mark.clause("21:4.3.3(3)③")
def test_asking_for_help_at_level_three_prompts_a_new_grade_and_calls_the_command(night: Any) -> None:
    night.opens()
    night.says(stage="occurred", minor_harm=True, base_unit_can_handle=True)
    night.triages()
    expert = worker("区委宣传部(区网信办)")
    night.runs("21")
    tasks.help_wanted(task("21:4.3.3(3)④"), "人手不够，请求增援", expert, Asked())
    assert Act.objects.get(kind="prompt").reading == "A30"
    assert Measured.objects.filter(name="增援", word="立即").exists()
    assert task("21:4.3.3(3)③").what.startswith("事发地或基层企业请求时")  # needed only now
    told = Notice.objects.get(kind="emergency.help")
    assert {d.user_id for d in told.deliveries.all()} >= {night.duty.pk, night.commander.pk}
    assert Task.objects.filter(help_wanted=True).count() == 1


def test_a_task_that_answers_a_clock_stops_it(night: Any) -> None:
    night.opens()
    night.says(stage="occurred", minor_harm=True, base_unit_can_handle=True)
    night.triages()
    night.runs("21")
    tasks.done(task("21:4.3.3(3)①"), "03:05 已报区委、区政府", night.duty, Asked())
    assert Measured.objects.get(name="上报区委区政府").stopped_at is not None


def test_the_same_task_under_both_plans_is_one(night: Any) -> None:
    night.runs("21")
    before = Task.objects.count()
    actions.propose(night.at, "22", night.duty, Asked(reason="同一事件"), level="II")
    actions.confirm(night.at, "22", night.commander, Asked())
    actions.start(night.at, "22", night.commander, Asked())
    merged = [row for row in Task.objects.all() if len({cite[:2] for cite in row.cites}) == 2]
    assert [row.group for row in merged] == ["新闻宣传组"] and Task.objects.count() > before


def test_the_same_form_sent_twice_is_one_entry_and_only_the_office_drops_a_task(night: Any) -> None:
    police = worker("区公安分局")
    night.runs("21")
    road = task("21:4.3.2(3)③")
    for _ in range(2):
        tasks.feedback(road, "已到位", police, Asked(once="form-1"))
    assert TaskEntry.objects.count() == 1
    with pytest.raises(Refused):
        tasks.drop(road, "不需要", police, Asked())
    tasks.drop(road, "现场无须警戒", night.duty, Asked())
    assert Task.objects.get(pk=road.pk).state == "dropped"
