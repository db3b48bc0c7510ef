"""A start calls those the plan names: one message each with all its roles, confirmed, stood in for, or telephoned."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from luoshi.accounts.models import Grant, User
from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.directory.models import Body, BodyAlias, Person
from luoshi.emergency import actions, calling, plans
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import CallNode, CallOut
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.notices import actions as notices
from luoshi.notices.models import Delivery, Notice

pytestmark = pytest.mark.django_db
ALIASES = {"区发展改革和科技局": ("区发改局", "区发改局(区能源局)"), "区交通运输局": ("区交通局",)}


@pytest.fixture
def district(night: Any) -> Any:
    """Every member unit with a contact who signs in, as the directory of the pack has them."""
    for body, names in ALIASES.items():
        made = Body.objects.get_or_create(name=body, defaults={"kind": "department"})[0]
        for name in names:
            BodyAlias.objects.get_or_create(body=made, name=name)
    for slug in ("21", "22"):
        for member in plans.read().by_slug[slug].members:
            if not member.slot and not BodyAlias.objects.filter(name=member.name).exists():
                Body.objects.get_or_create(name=member.name, defaults={"kind": "department"})
    for name in ("区委", "区政府", "北石店镇"):
        Body.objects.get_or_create(name=name, defaults={"kind": "government"})
    for n, body in enumerate(Body.objects.order_by("pk")):
        user = User.objects.create(username=f"contact{n}", display_name=f"{body.name}联络员（虚构）", synthetic=True)
        Grant.objects.create(user=user, role="handler", body=body)
    return night


def nodes(purpose: str = "start", plan: str = "21") -> list[CallNode]:
    return list(CallNode.objects.filter(callout__purpose=purpose, callout__case__plan=plan))


def node(name: str, **more: Any) -> CallNode:
    return next(one for one in nodes(**more) if one.printed == name)


@pytest.mark.clause("21:4.3.2(3)①", "21:2.4/p1")
def test_every_member_unit_is_called_once_with_all_its_groups(district: Any) -> None:
    district.runs()
    found = nodes()
    assert len({one.body_id for one in found if one.body_id}) == 23
    works = node("区发改局")
    assert [g for role in works.roles for g in role["groups"]] == [
        "综合协调组",
        "技术专家组（牵头）",
        "基础支撑组（牵头）",
    ]
    assert (
        works.delivery is not None
        and "基础支撑组（牵头）" in works.delivery.own
        and "21:4.3.2(3)①" in works.delivery.own
    )
    assert Notice.objects.filter(kind="emergency.start").count() == 1
    assert node("北石店镇").body is not None  # the slot is bound to the place of the incident


def test_one_unit_under_two_names_gets_one_message(district: Any) -> None:
    district.runs()
    traffic = [one for one in nodes() if one.body and one.body.name == "区交通运输局"]
    assert len({one.delivery_id for one in traffic}) == 1
    assert "治安通行组" in [g for role in traffic[0].roles for g in role["groups"]]  # seated there as 区交通局 (A07)


def test_a_person_who_answers_for_five_units_gets_one_message_and_one_answer_counts_for_all(district: Any) -> None:
    person = Person.objects.create(name="赵某（虚构）")
    many = User.objects.create(username="many", person=person)
    five = ["区水务局", "区商务局", "区文旅局", "区气象局", "区财政局"]
    for name in five:
        body = Body.objects.get(name=name)
        User.objects.filter(grants__body=body).exclude(pk=many.pk).update(is_active=False)
        Grant.objects.create(user=many, role="handler", body=body)
    district.runs()
    delivery = Delivery.objects.get(user=many, notice__kind="emergency.start")
    assert all(name in delivery.own for name in five)
    notices.confirm(delivery, Actor("赵某"), "screen")
    assert not {one.printed for one in calling.silent(district.at)} & set(five)


@pytest.mark.clause("21:4.3.2(2)")
def test_a_proposal_tells_who_it_is_reported_to(district: Any) -> None:
    district.second_level()
    actions.propose(district.at, "21", district.duty, Asked(reason="核实"))
    told = nodes("propose")
    assert [one.person and one.person.name for one in told] == [district.commander.person.name]


def test_with_both_plans_nobody_is_told_the_same_twice(district: Any) -> None:
    district.runs("21")
    before = Delivery.objects.filter(notice__kind="emergency.start").count()
    actions.propose(district.at, "22", district.duty, Asked(reason="同一事件"), level="II")
    actions.confirm(district.at, "22", district.commander, Asked())
    actions.start(district.at, "22", district.commander, Asked())
    again = nodes(plan="22")
    members = [one for one in again if one.body and one.body.name == "区财政局"]
    assert [one.state for one in members] == ["merged"] and members[0].roles[0]["plan"] == "22"
    told = Delivery.objects.filter(notice__kind="emergency.start").values_list("recipient", flat=True)
    assert len(told) == len(set(told)) and len(told) > before  # 区委、区政府 are told under 22 alone


def test_a_higher_level_is_news_for_everybody(district: Any) -> None:
    district.runs("21")
    district.says(beyond_district_capacity=True)
    actions.propose(district.at, "21", district.duty, Asked(reason="升级"))
    actions.raise_level(district.at, "21", "I", district.commander, Asked())
    assert CallOut.objects.filter(purpose="raise").count() == 1 and len({n.body_id for n in nodes("raise")}) >= 23


def test_what_only_a_reading_recommends_is_offered_and_not_called(district: Any) -> None:
    district.runs("21", level="I")
    assert "区委" not in [one.printed for one in nodes()]
    response = district.at.cases.get(plan="21").responses.get(state="running")
    offered = {row.who: row for row in calling.offers(calling.live.Table(district.at), response.case, response)}
    assert offered["区委、区政府"].reading == "A08"
    with pytest.raises(BadInput):
        calling.call_for(response, "区委、区政府", " ", district.duty)
    calling.call_for(response, "区委、区政府", "按总则上报", district.duty)
    assert {one.printed for one in nodes("need")} == {"区委", "区政府"}


def test_a_name_nobody_has_bound_stays_on_the_list_to_telephone(night: Any) -> None:
    night.runs()
    lacking = {one.printed: one.note for one in nodes() if one.state == "dial"}
    assert "没有登记应急队伍" in lacking["应急队伍"] and "名录中没有" in lacking["区气象局"]
    assert {one.printed for one in calling.silent(night.at)} >= set(lacking)


def test_nobody_answers_then_the_stand_in_then_a_call(district: Any) -> None:
    body = Body.objects.get(name="区水务局")
    chief = User.objects.create(username="chief-water")
    Grant.objects.create(user=chief, role="chief", body=body)
    User.objects.filter(pk=chief.pk).update(is_active=False)  # away when the message went out
    district.runs()
    User.objects.filter(pk=chief.pk).update(is_active=True)
    with when.at(when.now() + timedelta(minutes=10, seconds=1)):
        clocks.tick()
        stood = Delivery.objects.get(user=chief, notice__kind="emergency.start")
        assert stood.stands_in_for is not None and "区水务局" in stood.own
        with when.at(when.now() + timedelta(minutes=11)):
            clocks.tick()
    assert Delivery.objects.filter(notice__kind="emergency.start", body=body, dial=True).exists()


@pytest.mark.clause("21:4.6/权限")
def test_those_who_were_called_hear_that_it_is_over(district: Any) -> None:
    district.runs("21")
    evidence = dict.fromkeys(("controlled", "secondary_cleared", "stable"), "值班记录")
    actions.end(district.at, "21", district.commander, Asked(), evidence=evidence)
    over = Notice.objects.get(kind="emergency.over")
    assert not Delivery.objects.filter(dial=True, notice__kind="emergency.start").exists()
    assert not Clock.objects.filter(kind="notices.confirm", state="running", name__contains="启动").exists()
    assert over.confirm_minutes is None and over.deliveries.count() >= 23 and "结束" in over.title


@pytest.mark.clause("21:3.3.2/p2s1")
def test_a_warning_tells_those_its_signer_confirmed_and_nobody_else(district: Any) -> None:
    district.opens()
    district.says(stage="threat", operators_affected=["移动城区分公司"], multi_point_operators=[],
                  spread_in_district=False, spread_beyond_district=False)  # fmt: skip
    district.triages()
    actions.propose_warning(district.at, "21", district.duty, Asked(reason="研判"))
    to = ["移动城区分公司", "区应急局"]
    actions.issue_warning(district.at, "21", district.commander, Asked(), to=to)
    assert [one.printed for one in nodes("issue")] == to


def test_in_an_exercise_nothing_leaves_the_machine(district: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOSHI_CHANNELS", "sms,mailbox")
    Person.objects.update(phone="13900000000")
    district.opens(exercise=True)
    district.says(stage="occurred", cause="external_emergency", multi_point_operators=["移动城区分公司"])
    district.triages()
    district.runs()
    assert set(Delivery.objects.values_list("channel", flat=True)) <= {"mailbox", ""}
    assert Notice.objects.filter(title__startswith="【演练】").count() == Notice.objects.count()
