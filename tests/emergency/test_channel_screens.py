"""The officer's and the units' screens: what is typed is kept, what is forbidden says why, each state has its page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body
from luoshi.emergency import actions, feeds, reporting
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import CallNode, Feed, Incident, Query, Report, Signal, Task
from luoshi.notices import actions as notices

pytestmark = pytest.mark.django_db


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def duty(night: Any) -> Client:
    return sign_in(night.duty)


@pytest.fixture
def police(night: Any) -> User:
    user = User.objects.create(username="police", display_name="区公安分局联络员（虚构）")
    Grant.objects.create(user=user, role="handler", body=Body.objects.get(name="区公安分局"))
    return user


def page(client: Client, name: str, *args: Any, status: int = 200, **query: str) -> str:
    found = client.get(reverse(f"emergency:{name}", args=args), query)
    assert found.status_code == status, found.content.decode()[:2000]
    return found.content.decode()


def send(client: Client, name: str, *args: Any, status: int = 302, **data: Any) -> str:
    found = client.post(reverse(f"emergency:{name}", args=args), data)
    assert found.status_code == status, found.content.decode()[:3000]
    return found.content.decode()


CALL = {"source": "phone", "reporter": "王某（虚构）", "text": "北石店镇没有信号", "where": "new", "places": "北石店镇"}


def test_a_call_is_written_down_and_becomes_an_incident(duty: Client) -> None:
    assert "接报" in page(duty, "intake")
    send(duty, "intake", **CALL, contact="0356-000", clause="21:3.1.2(4)", once="k1")
    signal, incident = Signal.objects.get(), Incident.objects.get()
    assert signal.incident == incident and incident.places == ["北石店镇"] and signal.channel == "电话记录"
    assert "北石店镇没有信号" in page(duty, "signal", signal.pk)
    send(duty, "intake", **CALL | {"where": str(incident.pk), "reporter": "李某", "text": "只有一个村"})
    assert incident.signals.count() == 2


def test_an_empty_report_is_sent_back_with_what_was_typed(duty: Client) -> None:
    told = send(duty, "intake", status=422, **CALL | {"text": "", "reporter": "王某某"})
    assert "王某某" in told and "错误" in told and not Signal.objects.exists()


def test_a_report_that_waits_is_placed_or_set_aside(night: Any, duty: Client) -> None:
    send(duty, "intake", **CALL | {"where": "later"})
    signal = Signal.objects.get()
    assert signal.incident is None and "归到哪里" in page(duty, "signal", signal.pk)
    incident = night.opens()
    send(duty, "signal", signal.pk, where=str(incident.pk))
    assert incident.signals.count() == 1
    send(duty, "intake", **CALL | {"where": "later", "text": "问路"})
    other = Signal.objects.get(text="问路")
    send(duty, "dismiss_signal", other.pk, status=422, reason="")
    send(duty, "dismiss_signal", other.pk, reason="与通信无关")
    assert "不立案" in page(duty, "signals", state="dismissed")


def test_a_systems_key_is_shown_once(duty: Client) -> None:
    assert "还没有接入的系统" in page(duty, "feeds")
    told = duty.post(reverse("emergency:feeds"), {"name": "移动网管（虚构）"}).content.decode()
    assert "lf_" in told and "/api/v1/emergency/alerts" in told
    feed = Feed.objects.get()
    assert f"{feed.prefix}…" in page(duty, "feeds") and "只显示这一次" not in page(duty, "feeds")
    send(duty, "close_feed", feed.pk, reason="检修")
    assert "已停用" in page(duty, "feeds")


def test_the_tree_shows_who_has_not_answered_and_takes_a_code_or_a_word(night: Any, duty: Client, police: User) -> None:
    assert "还没有叫应" in page(duty, "callouts", night.opens().pk)
    night.incident = None
    incident = night.runs("21")
    told = page(duty, "callouts", incident.pk)
    assert "须电话通知" in told and "治安通行组（牵头）" in told
    node = CallNode.objects.get(body__name="区公安分局", callout__purpose="start")
    delivery, here = node.delivery, reverse("emergency:callouts", args=[incident.pk])
    assert delivery is not None
    wrong = send(duty, "answered", delivery.pk, code="000000x", note="带班领导接听", back=here, status=422)
    assert "确认码不对" in wrong and 'value="000000x"' in wrong and "带班领导接听" in wrong
    send(duty, "answered", delivery.pk, note="", back=here, status=422)
    delivery.refresh_from_db()
    assert delivery.confirmed_at is None
    send(duty, "answered", delivery.pk, code=notices.code_of(delivery), back="https://elsewhere.example/")
    delivery.refresh_from_db()
    assert (delivery.confirmed_how, delivery.confirmed_by) == ("phone", str(night.duty))
    assert sign_in(police).post(reverse("emergency:answered", args=[delivery.pk])).status_code == 403


def test_a_unit_signs_reports_and_asks_for_help_on_its_own_page(night: Any, police: User) -> None:
    client = sign_in(police)
    assert "列在这里" in page(client, "my_tasks")
    night.runs("21")
    row = Task.objects.get(group="治安通行组")
    assert row.what in page(client, "my_tasks")
    assert "签收" in page(client, "task", row.pk)
    send(client, "task", row.pk, act="ack", once="a")
    send(client, "task", row.pk, act="feedback", status=422, text="")
    send(client, "task", row.pk, act="feedback", text="已设警戒区", once="b")
    send(client, "task", row.pk, act="help", text="缺两辆警车", once="c")
    row.refresh_from_db()
    assert (row.state, row.help_wanted) == ("acked", True) and "求助中" in page(client, "tasks", row.incident_id)
    send(client, "task", row.pk, act="done", text="警戒完成", once="d")
    assert "警戒完成" in page(client, "task", row.pk)
    other = Task.objects.exclude(group="治安通行组").filter(body=None).first()
    assert (
        other is not None and client.post(reverse("emergency:task", args=[other.pk]), {"act": "ack"}).status_code == 403
    )


def test_recommended_measures_and_notices_are_offered_to_the_command(night: Any, duty: Client) -> None:
    incident = night.runs("21", level="I")
    response = incident.cases.get(plan="21").responses.get(state="running")
    assert "建议沿用" in page(duty, "tasks", incident.pk) and "建议告知" in page(duty, "callouts", incident.pk)
    send(duty, "adopt", response.pk, cite="21:4.3.2(3)②", reason="需要评估")
    send(duty, "call", response.pk, who="区委、区政府", reason="按总则上报")
    assert Task.objects.filter(column="建议沿用").count() == 1 and CallNode.objects.filter(printed="区委").exists()


def test_a_report_is_drafted_sent_and_had_as_a_paper(night: Any, duty: Client) -> None:
    incident = night.second_level()
    assert "还没有报告" in page(duty, "reports", incident.pk)
    assert "移动城区分公司" in page(duty, "new_report", incident.pk, "first")
    told = {"to": "上级指挥机构", "upward": "on", "channel": "传真", "part0": "基站退服（虚构）"}
    again = send(duty, "new_report", incident.pk, "first", status=422, **told)
    assert "保密方式" in again and "基站退服（虚构）" in again
    send(duty, "new_report", incident.pk, "first", **told | {"channel_reason": "保密线路中断", "once": "r"})
    report = Report.objects.get()
    paper = duty.get(reverse("emergency:report_paper", args=[report.pk]))
    assert paper.status_code == 200 and paper.content[:2] == b"PK" and "初报" in page(duty, "reports", incident.pk)
    secret = send(duty, "new_report", incident.pk, "follow_up", status=422, **told, secret="on")
    assert "只留存根" in page(duty, "reports", incident.pk) and "存根" in secret


def test_a_superiors_query_is_written_down_and_answered(night: Any, duty: Client) -> None:
    incident = night.second_level()
    send(duty, "superior_queries", incident.pk, asked_by="市指挥部（虚构）", text="影响多少用户？", once="q")
    query = Query.objects.get()
    assert "待回应" in page(duty, "superior_queries", incident.pk)
    assert "不是有效回应" in send(duty, "answer_query", query.pk, status=422, text="收到")
    send(duty, "answer_query", query.pk, text="约三百户，正在核实")
    assert "按时" in page(duty, "superior_queries", incident.pk)


@pytest.mark.parametrize("name", ["intake", "feeds"])
def test_who_may_not_is_told_so(night: Any, police: User, name: str) -> None:
    page(sign_in(police), name, status=403)


def test_the_lists_cost_the_same_with_many_rows(night: Any, duty: Client, django_assert_max_num_queries: Any) -> None:
    feed, _ = feeds.open_feed("网管", night.duty)
    alerts = [{"labels": {"site": str(n), "town": "北石店镇"}, "fingerprint": str(n)} for n in range(300)]
    feeds.alertmanager(feed, json.dumps({"version": "4", "alerts": alerts}).encode())
    with django_assert_max_num_queries(14):
        page(duty, "signals")
    incident = night.runs("21")
    with django_assert_max_num_queries(40):
        page(duty, "callouts", incident.pk)
    with django_assert_max_num_queries(40):
        page(duty, "tasks", incident.pk)


def api(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, f"/api/v1/emergency/{path}", json.dumps(body or {}), content_type="application/json")


def test_the_same_over_http(night: Any, duty: Client, police: User) -> None:
    incident = night.runs("21")
    client = sign_in(police)
    mine = api(client, "GET", "tasks?mine=true").json()
    assert [task["group"] for task in mine] == ["综合协调组", "治安通行组"][-len(mine) :]
    told = api(client, "POST", f"tasks/{mine[-1]['id']}", {"act": "ack"}).json()
    assert told["state"] == "acked" and told["entries"][0]["kind"] == "ack"
    assert api(client, "POST", f"incidents/{incident.pk}/reports", {"kind": "first", "to": ["x"]}).status_code == 403
    sent = {"kind": "first", "to": ["上级指挥机构"], "parts": {"影响的范围": "x"}, "channel": "传真"}
    refused = api(duty, "POST", f"incidents/{incident.pk}/reports", sent)
    assert (refused.status_code, refused.json()["cite"]) == (409, "21:6.3/p2s2")
    assert (
        api(duty, "POST", f"incidents/{incident.pk}/reports", sent | {"channel": "保密方式"}).json()["title"] == "初报"
    )
    query = api(duty, "POST", f"incidents/{incident.pk}/queries", {"asked_by": "市", "text": "?"}).json()
    assert api(duty, "POST", f"queries/{query['id']}/answer", {"content": "收到"}).json()["cite"] == "21:4.1/p1s5"
    assert api(duty, "POST", f"queries/{query['id']}/answer", {"content": "约三百户"}).json()["late"] is False
    clocks = api(duty, "GET", f"incidents/{incident.pk}/clocks").json()
    assert any(row["minutes"] == 30 for row in clocks) and any(row["late"] is None for row in clocks)
    call = api(duty, "GET", f"incidents/{incident.pk}/callouts").json()[0]
    assert call["purpose"] == "start" and call["told"] == len(call["units"])
    made = api(duty, "POST", "signals", {"source": "phone", "reporter": "王某", "text": "断网"}).json()
    assert api(duty, "POST", f"signals/{made['id']}/dismiss", {"reason": "误拨"}).json()["state"] == "dismissed"
    assert [row["id"] for row in api(duty, "GET", "signals").json()] == [made["id"]]
    assert "影响的范围" in api(duty, "GET", f"incidents/{incident.pk}/reports/draft").json()
    assert reporting.KINDS["first"] == "初报" and actions.note(night.at, "x", night.duty, Asked()).text == "x"


def test_a_units_people_find_its_tasks_in_their_to_do_list(night: Any, police: User) -> None:
    night.runs("21")
    told = sign_in(police).get("/console/").content.decode()
    assert "签收应急任务：确定重点保护区域和现场警戒区域" in told and reverse("emergency:my_tasks") in told
