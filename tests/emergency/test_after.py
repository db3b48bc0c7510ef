"""After an end: what is owed, the investigation of plan 22, lessons, and what makes a plan due for revision."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from luoshi.directory.models import Body, Succession
from luoshi.emergency import actions, after, upkeep
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Act, LinkedPlan, PlanDefect, Review, Trigger
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.norms.models import Instrument, Relation
from luoshi.notices.models import Notice

pytestmark = pytest.mark.django_db

END_21 = dict.fromkeys(("controlled", "secondary_cleared", "stable"), "抢修单（虚构）")
END_22 = dict.fromkeys(("rescue_done", "scene_controlled", "secondary_cleared", "restored"), "抢修单（虚构）")


def ended(night: Any, plan: str = "21") -> None:
    if plan == "22":
        night.opens()
        night.says(stage="occurred", cause="cyber", operators_affected=["联通城区分公司"], spread_in_district=False,
                   spread_beyond_district=False, risk_major=False)  # fmt: skip
        night.triages()
    night.runs(plan)
    actions.end(night.at, plan, night.commander, Asked(), evidence=END_22 if plan == "22" else END_21)


@pytest.mark.clause("21:5.1/s1", "21:5.2", "21:6.2/p2")
def test_an_end_under_plan_21_opens_what_is_owed_after_it(night: Any) -> None:
    ended(night)
    rows = {row.kind: row for row in night.at.reviews.all()}
    assert set(rows) == {"loss_statistics", "restoration_plan", "goods_returned"}
    assert (rows["restoration_plan"].timing, rows["restoration_plan"].cite) == ("立即", "21:5.2")
    with pytest.raises(BadInput):
        after.save(rows["loss_statistics"], {"text": "", "rows": []}, night.duty, done=True)
    lost = {
        "text": "改进：备份路由（虚构）",
        "rows": [{"what": "基站", "owner": "移动城区分公司", "count": 2, "fen": 500_000}],
    }
    after.save(rows["loss_statistics"], lost, night.duty)
    after.save(rows["loss_statistics"], lost, night.duty, done=True)
    with pytest.raises(Refused):
        after.save(rows["loss_statistics"], lost, night.duty, done=True)
    assert Act.objects.filter(incident=night.at, kind="review_done").count() == 1
    assert Entry.objects.filter(kind="emergency.review_done").count() == 1


@pytest.mark.clause("22:5/s1")
def test_the_investigation_covers_its_seven_topics_or_says_what_is_not_known(night: Any) -> None:
    ended(night, "22")
    row = Review.objects.get(incident=night.at, kind="investigation")
    told: dict[str, Any] = {
        "text": "结论（虚构）",
        "members": ["虚构甲"],
        "topics": dict.fromkeys(after.TOPICS[:6], "已查"),
    }
    with pytest.raises(BadInput) as error:
        after.save(row, told, night.duty, done=True)
    assert "恢复重建" in error.value.reason and error.value.field == "topic_6"
    told["topics"]["恢复重建"] = after.UNKNOWN
    after.save(row, told, night.duty, done=True)
    assert Review.objects.get(pk=row.pk).state == "done"


def test_what_comes_after_can_be_written_when_the_incident_is_closed(night: Any) -> None:
    ended(night)
    actions.triage(night.at, "22", "unrelated", night.duty, Asked(), transferee="区公安分局")
    actions.close(night.at, night.duty, Asked(reason="已恢复（虚构）"))
    row = Review.objects.get(incident=night.at, kind="restoration_plan")
    plan = {
        "text": "按要求（虚构）",
        "rows": [{"what": "光缆", "owner": "移动城区分公司", "until": "2026-05-01", "done": ""}],
    }
    assert after.save(row, plan, night.duty, done=True).state == "done"


def rests_on(night: Any) -> None:
    made = Instrument.objects.create(slug="21", number="城政办发〔2024〕21号", title="应急预案", date=date(2024, 7, 4))
    Relation.objects.create(instrument=made, kind="basis", number="《中华人民共和国突发事件应对法》", cite="21:1.2")


@pytest.mark.clause("21:7.2/p1")
def test_a_changed_law_is_to_be_verified_and_counts_only_then(night: Any) -> None:
    rests_on(night)
    new = upkeep.look(night.duty)
    assert new["defects"] > 5 and new["triggers"] == 1
    assert upkeep.look(night.duty) == {"defects": 0, "gone": 0, "triggers": 0, "linked": 0}
    row = Trigger.objects.get(kind="law")
    assert (row.state, row.source) == ("unverified", f"21:1.2；{upkeep.OUTSIDE}")
    state = next(s for s in upkeep.states() if s.plan.slug == "21")
    assert state.due == date(2027, 7, 4) and not state.fired
    upkeep.decide(row, "fired", "经核对属重大改变（虚构）", night.director)
    assert next(s for s in upkeep.states() if s.plan.slug == "21").fired
    assert Notice.objects.filter(kind="emergency.revision_due").count() == 1
    with pytest.raises(Refused):
        upkeep.decide(row, "dismissed", "反悔", night.director)


def test_a_changed_organisation_is_noticed_from_the_directory(night: Any) -> None:
    old = Body.objects.get(name="区财政局")
    new = Body.objects.create(name="区新财政局（虚构）", kind="department")
    Succession.objects.create(old=old, new=new, function="应急经费", note="虚构改革")
    upkeep.look(night.duty)
    assert {row.plan for row in Trigger.objects.filter(kind="organisation")} == {"21", "22"}


@pytest.mark.clause("22:5/s2", "21:7.2/p1")
def test_a_lesson_becomes_a_defect_and_a_major_one_a_reason_to_revise(night: Any) -> None:
    ended(night)
    after.learn(
        "指挥长没有定义，启动时找不到人（虚构）",
        night.duty,
        incident=night.at,
        plan="21",
        cites=["21:4.3.2(2)"],
        major=True,
    )
    defect = PlanDefect.objects.get(source="incident")
    row = Trigger.objects.get(defect=defect)
    assert (defect.major, row.kind, row.state) == (True, "defect", "unverified")


@pytest.mark.clause("21:7.2/p2", "22:7.2/p2")
def test_members_linked_plans_are_filed_with_the_office(night: Any, client: Client) -> None:
    upkeep.look(night.duty)
    row = LinkedPlan.objects.get(plan="21", printed="区公安分局")
    assert LinkedPlan.objects.filter(plan="22").count() == 23
    client.force_login(night.duty)
    given = SimpleUploadedFile("联动方案.exe", b"x")
    assert client.post(f"/emergency/plans/linked/{row.pk}/", {"title": "方案", "file": given}).status_code == 422
    given = SimpleUploadedFile("联动方案.pdf", b"%PDF-1.4 x")
    client.post(f"/emergency/plans/linked/{row.pk}/", {"title": "公安联动方案（虚构）", "file": given})
    row.refresh_from_db()
    assert row.filed_at is not None
    assert client.get(f"/emergency/plans/linked/{row.pk}/file/").status_code == 200


def test_the_screens_of_what_comes_after_answer(night: Any, client: Client) -> None:
    ended(night)
    upkeep.look(night.duty)
    client.force_login(night.duty)
    for row in night.at.reviews.all():
        assert client.get(f"/emergency/reviews/{row.pk}/").status_code == 200
    row = night.at.reviews.get(kind="loss_statistics")
    form = {"text": "总结", "r0_what": "基站", "r0_owner": "移动", "r0_count": "2", "r0_fen": "12000.50", "done": "1"}
    assert client.post(f"/emergency/reviews/{row.pk}/", form).status_code == 302
    row.refresh_from_db()
    assert row.data["rows"] == [{"what": "基站", "owner": "移动", "count": 2, "fen": 1_200_050}]
    for url in (f"/emergency/incidents/{night.at.pk}/after/", f"/emergency/incidents/{night.at.pk}/costs/",
                "/emergency/plans/", "/emergency/plans/triggers/new/",
                f"/emergency/lessons/new/?incident={night.at.pk}"):  # fmt: skip
        assert client.get(url).status_code == 200, url
