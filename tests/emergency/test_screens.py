"""The duty officer's screens: what they show, what they refuse, how few queries they take, with no script at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from luoshi.emergency import actions, offering
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Response

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, name: str, *args: Any) -> str:
    answer = client.get(reverse(f"emergency:{name}", args=args))
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def test_an_empty_desk_says_what_would_fill_it(night: Any) -> None:
    text = page(signed_in(night.duty), "desk")
    assert "现在没有办理中的事件" in text


def test_a_tap_answers_a_question_and_both_plans_are_judged_again(night: Any) -> None:
    night.opens()
    night.triages()
    client = signed_in(night.duty)
    text = page(client, "incident", night.at.pk)
    assert "不提出级别" in text and "spread_in_district=yes" in text
    answer = client.post(
        reverse("emergency:answer", args=[night.at.pk]),
        {"answer": "beyond_district_capacity=yes", "reporter": "区工信局王某", "once": "a" * 32},
    )
    assert answer.status_code == 302
    assert night.at.cases.get(plan="21").response_level == "I"
    assert night.at.facts.get(name="beyond_district_capacity").reporter == "区工信局王某"
    client.post(reverse("emergency:answer", args=[night.at.pk]), {"answer": "spread_in_district=unknown"})
    assert night.at.facts.get(name="spread_in_district").value is None
    assert "问过，不知道" in page(client, "incident", night.at.pk)


def test_the_start_form_shows_what_will_follow_and_what_is_our_reading(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    client = signed_in(night.commander)
    text = page(client, "plan_act", night.at.pk, "21", "start")
    assert "指挥长（按总指挥理解，待确认）" in text or "指挥长(按总指挥理解，待确认)" in text
    assert "虚构commander" in text
    for words in ("告知谁", "需要时告知", "响应期间遇到时计的时限", "条文措施", "应急队伍", "组织专家初步评估"):
        assert words in text, words
    data = {"level": "II", "version": night.at.version, "once": "b" * 32, "reason": ""}
    answer = client.post(reverse("emergency:plan_act", args=[night.at.pk, "21", "start"]), data)
    assert answer.status_code == 302
    again = client.post(reverse("emergency:plan_act", args=[night.at.pk, "21", "start"]), data)
    assert Response.objects.filter(case__incident=night.at).count() == 1
    assert again.status_code == 302 and "这张表单已经办过" in page(client, "incident", night.at.pk)
    assert "II级响应 运行中" in page(client, "incident", night.at.pk)


def test_who_may_not_start_is_told_by_which_clause_and_keeps_what_was_typed(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    data = {"level": "II", "version": night.at.version, "once": "c" * 32, "reason": "情况紧急"}
    answer = signed_in(night.deputy).post(reverse("emergency:plan_act", args=[night.at.pk, "21", "start"]), data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "4.3.2(2)）" in text and "21:4" not in text and "情况紧急" in text and "不能启动" in text


def test_level_one_offers_what_other_levels_order_apart_from_its_own_text(night: Any) -> None:
    night.opens()
    night.says(beyond_district_capacity=True)
    night.triages()
    actions.propose(night.at, "21", night.duty, Asked())
    text = page(signed_in(night.commander), "plan_act", night.at.pk, "21", "start")
    assert "建议沿用" in text and "非本级条文" in text
    own, carried = text.index("<h3>条文措施"), text.index("<h3>建议沿用")
    assert own < carried and "做好舆情引导" in text[carried:] and "做好舆情引导" not in text[own:carried]


def test_the_end_form_lists_every_condition_and_refuses_while_one_is_open(night: Any) -> None:
    night.runs()
    client = signed_in(night.commander)
    url = reverse("emergency:plan_act", args=[night.at.pk, "21", "end"])
    data = {
        "version": night.at.version,
        "once": "d" * 32,
        "end_controlled": "已控制",
        "end_secondary_cleared": "已排查",
    }
    answer = client.post(url, data)
    assert answer.status_code == 422 and "4.6/条件" in answer.content.decode()
    assert "已排查" in answer.content.decode()
    assert client.post(url, data | {"end_stable": "平稳"}).status_code == 302


def test_disagreement_is_shown_and_settled_with_a_reason(night: Any) -> None:
    night.opens()
    night.triages()
    night.says(spread_in_district=True)
    actions.add_fact(night.at, "spread_in_district", False, night.duty, Asked(), reporter="联通值班")
    client = signed_in(night.duty)
    assert "说法不一" in page(client, "incident", night.at.pk)
    url = reverse("emergency:settle", args=[night.at.pk, "spread_in_district"])
    row = night.at.facts.get(reporter="移动网管")
    assert client.post(url, {"choice": row.pk, "reason": "", "once": "e" * 32}).status_code == 422
    assert client.post(url, {"choice": row.pk, "reason": "现场确认", "once": "e" * 32}).status_code == 302
    assert "采信" in page(client, "incident", night.at.pk)


def test_every_kind_of_fact_can_be_typed(night: Any) -> None:
    night.opens()
    client = signed_in(night.duty)
    both = {"source": "电话", "reporter": "移动网管", "once": "f" * 30}
    typed: dict[str, dict[str, Any]] = {
        "multi_point_operators": {"known": ["移动城区分公司"], "other": "某广电公司", "complete": "yes"},
        "important_systems_full_business": {"value": "2"},
        "cause": {"value": "cyber"},
        "risk_major": {"value": "unknown"},
        "superior_order": {"has": "yes", "f_from": "市政府", "f_level": "I"},
        "accident_grade": {"has": "yes", "f_grade": "重大", "f_by": "省通信管理局"},
    }
    for i, (name, data) in enumerate(typed.items()):
        url = reverse("emergency:fact", args=[night.at.pk, name])
        assert client.get(url).status_code == 200
        answer = client.post(url, both | data | {"once": f"{i}" * 32})
        assert answer.status_code == 302, answer.content.decode()
    assert night.at.facts.get(name="multi_point_operators").value == ["移动城区分公司", "某广电公司"]
    assert night.at.facts.get(name="superior_order").value == {"from": "市政府", "level": "I"}
    text = page(client, "incident", night.at.pk)
    assert "未列入企业名单：某广电公司" in text


def test_readers_see_and_cannot_act(night: Any) -> None:
    from luoshi.accounts.models import Grant, User

    night.second_level()
    auditor = User.objects.create(username="auditor", display_name="审计")
    Grant.objects.create(user=auditor, role="auditor")
    client = signed_in(auditor)
    assert "answer=" not in page(client, "incident", night.at.pk)
    assert client.post(reverse("emergency:answer", args=[night.at.pk])).status_code == 403
    assert client.get(reverse("emergency:plan_act", args=[night.at.pk, "21", "propose"])).status_code == 403
    nobody = User.objects.create(username="nobody", display_name="无权")
    assert signed_in(nobody).get(reverse("emergency:desk")).status_code == 403


def test_an_incident_s_page_takes_as_many_queries_however_long_its_story(
    night: Any, django_assert_max_num_queries: Any
) -> None:
    night.runs()
    for i in range(30):
        actions.note(night.at, f"记事{i}", night.duty, Asked())
        night.says(narrative=f"情况{i}")
    client = signed_in(night.duty)
    page(client, "incident", night.at.pk)
    with django_assert_max_num_queries(40):
        page(client, "incident", night.at.pk)
    with django_assert_max_num_queries(30):
        page(client, "desk")


def test_news_is_one_line_when_something_happened(night: Any) -> None:
    night.opens()
    client = signed_in(night.duty)
    url = reverse("emergency:incident_news", args=[night.at.pk])
    seen = night.at.version
    assert "有新情况" not in client.get(f"{url}?version={seen}").content.decode()
    night.says(minor_harm=True)
    assert "有新情况" in client.get(f"{url}?version={seen}").content.decode()


def test_every_act_that_is_offered_has_a_form(night: Any) -> None:
    from luoshi.emergency.forms import SPECS

    night.runs()
    client = signed_in(night.duty)
    for code in ("groups", "evidence", "take_over", "end", "triage", "propose", "propose_warning"):
        assert client.get(reverse("emergency:plan_act", args=[night.at.pk, "21", code])).status_code == 200, code
    for code in ("choose", "places", "note", "close"):
        assert client.get(reverse("emergency:act", args=[night.at.pk, code])).status_code == 200, code
    standing = offering.Standing(triage="true", running="II", response_waits="proposed", warned="III")
    assert {offer.code for offer in offering.offers(standing)} <= set(SPECS)
