"""Targets added by hand, rulings in the loser's own history, receipt clocks of several leads, stale forms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.urls import reverse
from tests.supervision.conftest import D, World
from tests.supervision.test_rulings import DUE, choose, goal
from tests.supervision.test_screens import as_

from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.kernel.acting import SYSTEM
from luoshi.kernel.errors import Refused
from luoshi.ledger.models import Entry
from luoshi.notices.models import Delivery
from luoshi.supervision import actions, aims, conflicts, measures, queries, rulebook
from luoshi.supervision.actions import Asked
from luoshi.supervision.drafting import DraftTarget
from luoshi.supervision.facts import judgements
from luoshi.supervision.models import Conflict, Duty, Target


def page_of(duty: Duty) -> str:
    return reverse("supervision:add_target", args=[duty.pk])


def typed(**more: Any) -> dict[str, Any]:
    given = {
        "indicator": "关停砖厂数",
        "op": ">=",
        "value": "３",
        "unit": "家",
        "due": "2024-12-31",
        "reason": "句中有数",
    }
    return {**given, **more}


def test_a_duty_entered_by_hand_is_given_a_target_and_judged_by_it(world: World) -> None:
    from tests.supervision.test_establish import URL, form

    client = as_(world.people["supervisor"])
    client.post(URL, form(world))
    duty = Duty.objects.get()
    assert page_of(duty) in client.get(reverse("supervision:duty", args=[duty.pk])).content.decode()
    assert client.post(page_of(duty), typed(version=duty.version)).status_code == 302
    target = duty.targets.get()
    assert (target.value, target.unit, target.due, target.citation) == (D("3"), "家", DUE, "09:三(一)9")
    shown = client.get(reverse("supervision:duty", args=[duty.pk])).content.decode()
    assert "关停砖厂数" in shown and "≥3家" in shown and "添加指标" in shown and "句中有数" in shown
    assert Entry.objects.get(kind="supervision.target_added").subject == duty.subject


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"indicator": " "}, "指标"),
        ({"value": ""}, "请填写数值"),
        ({"value": "三家"}, "不是数字"),
        ({"op": "between", "high": "2"}, "上限应大于下限"),
        ({"high": "9"}, "只有区间"),
        ({"due": "2023-01-01"}, "时限早于文件日期"),
        ({"reason": ""}, "理由"),
        ({"version": "昨天"}, "这件事已被他人更新"),
    ],
)
def test_a_target_that_cannot_be_judged_is_refused_and_what_was_typed_is_kept(
    world: World, wrong: dict[str, str], said: str
) -> None:
    duty = world.duty()
    answer = as_(world.people["supervisor"]).post(page_of(duty), typed(**{"version": duty.version, **wrong}))
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and ("家" in page) and not duty.targets.exists()
    assert "Version" not in page and "请填整数" not in page


def test_a_slot_the_city_fills_and_a_thing_to_be_done_need_no_number(world: World) -> None:
    duty, user = world.duty(), world.people["supervisor"]
    aims.add_target(duty, user, DraftTarget("PM2.5 浓度", "<=", awaited_from="市"), reason="市里分解")
    aims.add_target(duty, user, DraftTarget("方案印发", "done"), reason="须印发")
    assert [t.awaited_from for t in duty.targets.all()] == ["市", ""] and duty.light == "grey"


def test_a_target_twice_a_stale_page_and_a_stranger_are_refused(world: World) -> None:
    duty = world.duty()
    client = as_(world.people["supervisor"])
    client.post(page_of(duty), typed(version=0))
    stale = client.post(page_of(duty), typed(indicator="另一指标", version=0))
    assert stale.status_code == 422 and "本事项刚刚有变化" in stale.content.decode()
    again = client.post(page_of(duty), typed(version=1))
    assert again.status_code == 422 and "已有同样的指标" in again.content.decode()
    assert as_(world.people["handler"]).post(page_of(duty), typed()).status_code == 403
    assert duty.targets.count() == 1


def test_an_added_target_that_contradicts_another_document_is_a_conflict_at_once(world: World) -> None:
    goal(world, "26:二(五)", ">=", "30")
    duty = world.duty()
    added = DraftTarget("高新技术企业数", ">", D("55"), unit="家", due=DUE)
    aims.add_target(duty, world.people["supervisor"], added, reason="句中有数")
    assert Conflict.objects.get().members.count() == 2


def added(world: World, duty: Duty, **more: Any) -> Target:
    given = {"indicator": "高新技术企业数", "op": ">", "value": D("55"), "unit": "家", "due": DUE, **more}
    return aims.add_target(duty, world.people["supervisor"], DraftTarget(**given), reason="句中有数")


def test_a_target_added_in_error_is_removed_and_kept_in_the_history(world: World, clock: Any) -> None:
    duty = world.working()
    target = added(world, duty, op=">=")
    measures.enter(target, world.people["supervisor"], measures.Measured(D("31"), date(2024, 9, 1), "科技局"))
    client, page = as_(world.people["supervisor"]), reverse("supervision:remove_target", args=[target.pk])
    assert page in client.get(reverse("supervision:duty", args=[duty.pk])).content.decode()
    clock(datetime(2024, 9, 10, 9))
    duty.refresh_from_db()
    bare = client.post(page, {"version": duty.version, "reason": ""})
    assert bare.status_code == 422 and "请填写这一项" in bare.content.decode()
    stale = client.post(page, {"version": 0, "reason": "读错了"})
    assert stale.status_code == 422 and "刚刚有变化" in stale.content.decode()
    assert as_(world.people["handler"]).post(page, {"reason": "x"}).status_code == 403
    assert client.post(page, {"version": duty.version, "reason": "读错了句子"}).status_code == 302
    target.refresh_from_db()
    assert target.removed_on == date(2024, 9, 10) and target.readings.count() == 1
    entry = Entry.objects.get(kind="supervision.target_removed")
    assert entry.subject == duty.subject and "读错了句子" in entry.payload
    shown = client.get(reverse("supervision:duty", args=[duty.pk])).content.decode()
    assert "移除指标" in shown and "读错了句子" in shown and page not in shown
    whole = queries.whole(duty.pk)
    assert whole is not None
    rules = rulebook.on()
    assert [len(judgements(whole, date(2024, 9, day), rules)) for day in (1, 9, 10)] == [0, 1, 0]
    assert client.get(page).status_code == 404
    with pytest.raises(Refused, match="已移除"):
        measures.enter(target, world.people["supervisor"], measures.Measured(D("32"), date(2024, 9, 2), "科技局"))
    added(world, duty, op=">=")  # the same once more is no double


def test_a_target_of_a_pack_and_one_of_a_closed_duty_stay(world: World) -> None:
    target = goal(world, "26:二(五)", ">=", "30").targets.get()
    user = world.people["supervisor"]
    Duty.objects.filter(pk=target.duty_id).update(source="pack")
    with pytest.raises(Refused, match="随规范包更正"):
        aims.remove_target(Target.objects.get(pk=target.pk), user, reason="不要了")
    Duty.objects.filter(pk=target.duty_id).update(source="import", state="closed", closed_on=DUE)
    address = f"/api/v1/targets/{target.pk}/remove"
    refused = as_(user).post(address, {"reason": "不要了"}, content_type="application/json")
    assert refused.status_code == 409 and "已销号" in refused.json()["reason"]
    assert (
        as_(world.people["handler"]).post(address, {"reason": "x"}, content_type="application/json").status_code == 403
    )


def test_what_a_removed_target_contradicted_waits_for_a_decision_again_or_for_none(world: World) -> None:
    low = goal(world, "26:二(五)", ">=", "30")
    duty = world.duty()
    high = added(world, duty)
    choose(world, "55")
    found = Conflict.objects.get()
    aims.remove_target(high, world.people["supervisor"], reason="添错了")
    found.refresh_from_db()
    assert (found.state, found.chosen) == ("over", None)
    low.refresh_from_db()
    judged = judgements(queries.whole(low.pk) or low, date(2024, 9, 2), rulebook.on())[0][1]
    assert judged.instead is None  # judged by its own words once more
    page = as_(world.people["leader"]).get(reverse("supervision:conflict", args=[found.pk])).content.decode()
    assert "已消除" in page and "此前的裁定已失效" in page and "<textarea" not in page
    with pytest.raises(Refused, match="不再冲突"):
        conflicts.decide(found, world.people["leader"], chosen=None, reason="并存")
    added(world, duty)  # and back: the same values contradict each other as before
    found.refresh_from_db()
    assert (found.state, found.members.count()) == ("open", 2)


def test_a_program_adds_a_target(world: World) -> None:
    duty = world.duty()
    address, client = f"/api/v1/duties/{duty.pk}/targets", as_(world.people["supervisor"])
    made = client.post(address, typed(value="3"), content_type="application/json")
    assert made.status_code == 200 and [t["value"] for t in made.json()["targets"]] == [3]
    bad = client.post(address, typed(value="许多"), content_type="application/json")
    assert (bad.status_code, bad.json()["field"]) == (422, "value")
    assert as_(world.people["handler"]).post(address, typed(), content_type="application/json").status_code == 403


def test_a_ruling_stands_in_the_history_of_the_duty_that_lost_and_of_no_other(world: World) -> None:
    low, high = goal(world, "26:二(五)", ">=", "30"), goal(world, "26:三(八)", ">", "55")
    step = goal(world, "26:一", ">=", "20", date(2024, 9, 3))
    conflicts.detect(SYSTEM)
    choose(world, "55")
    event = low.events.get()
    assert (event.act, event.label, event.by) == ("ruled", "裁定", "leader")
    assert "26:三(八)" in event.words and "以专章为准" in event.words
    assert Entry.objects.get(seq=event.entry).kind == "supervision.conflict_decided"
    assert not high.events.exists() and not step.events.exists()
    assert "以专章为准" in as_(world.people["leader"]).get(reverse("supervision:duty", args=[low.pk])).content.decode()


def test_values_left_side_by_side_leave_no_loser(world: World) -> None:
    low = goal(world, "26:二(五)", ">=", "30")
    goal(world, "26:三(八)", ">", "55")
    conflicts.detect(SYSTEM)
    choose(world, None)
    assert not low.events.exists()


def test_each_lead_body_has_its_own_clock_to_sign(world: World, clock: Any) -> None:
    """One signs in time; the other does not: its chief hears of it, and its late signature settles it alone."""
    from luoshi.accounts.models import Grant, User

    chief2 = User.objects.create_user("chief2", display_name="chief2")
    Grant.objects.create(user=chief2, role="chief", body=world.bodies["区生态环境分局"], since=date(2020, 1, 1))
    duty = world.assigned(leads=["区工信局", "区生态环境分局"])
    started = Clock.objects.filter(subject=duty.subject, kind="supervision.receipt")
    assert {c.data["body"] for c in started} == {b.body_id for b in duty.bodies.all()}
    actions.receive(duty, world.people["handler"], Asked())
    clock(datetime(2024, 9, 4, 9))
    while clocks.tick():
        pass
    duty.refresh_from_db()
    other = world.bodies["区生态环境分局"].pk
    assert [b["key"] for b in duty.broken] == [f"receipt:{other}"] and duty.light == "red"
    told = set(Delivery.objects.filter(notice__kind="supervision.overdue").values_list("user__username", flat=True))
    assert told == {"chief2"}
    actions.receive(duty, world.people["handler2"], Asked())
    duty.refresh_from_db()
    assert duty.broken == [] and not started.filter(state="running").exists()
