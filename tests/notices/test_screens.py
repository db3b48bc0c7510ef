"""The mailbox, the outbox and the list to dial."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.notices.conftest import NOTE, account, words

from luoshi.clocks import actions as clocks
from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.notices import actions, proofs, queries
from luoshi.notices.models import Delivery, Notice
from luoshi.notices.navigation import confirmations

pytestmark = pytest.mark.django_db
DUTY = Actor("值班员甲", user_id=1)


def send(*to: Any, **more: Any) -> Notice:
    facts = {"subject": "duty:17", "fields": words("请签收任务"), "cite": "09:三(一)1", "by": DUTY}
    return actions.send(NOTE, to=to, **{**facts, **more})


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def test_my_mailbox_shows_what_is_unread_and_opening_reads_it(client: Client) -> None:
    me = account("zhang")
    client.force_login(me)
    assert "没有未读消息" in get(client, "/notices/")
    delivery = send(me).deliveries.get()
    assert "1 条未读" in get(client, "/notices/") and "请签收任务" in get(client, "/notices/?state=unread")
    assert "任务已分办" in get(client, f"/notices/mail/{delivery.pk}/")
    assert queries.unread(me) == 0 and "请签收任务" not in get(client, "/notices/?state=unread")


def test_nobody_reads_another_persons_mail(client: Client) -> None:
    delivery = send(account("zhang")).deliveries.get()
    client.force_login(account("li"))
    assert client.get(f"/notices/mail/{delivery.pk}/").status_code == 404
    assert client.post(f"/notices/mail/{delivery.pk}/confirm/").status_code == 404
    assert client.get("/notices/outbox/").status_code == client.get("/notices/dial/").status_code == 403


def test_confirming_on_screen_clears_the_to_do_list(client: Client) -> None:
    me = account("zhang")
    client.force_login(me)
    delivery = send(me, confirm_minutes=30).deliveries.get()
    assert [todo.title for todo in confirmations(me)] == ["确认收到：请签收任务"]
    assert "确认收到" in get(client, f"/notices/mail/{delivery.pk}/")
    client.post(f"/notices/mail/{delivery.pk}/confirm/")
    assert list(confirmations(me)) == [] and "已确认" in get(client, "/notices/")


def test_the_mailbox_costs_the_same_with_a_thousand_messages(client: Client) -> None:
    me = account("zhang")
    client.force_login(me)
    notice = send(me)
    get(client, "/notices/")
    with CaptureQueriesContext(connection) as few:
        get(client, "/notices/")
    for number in range(60):
        copy = Notice.objects.create(kind="x", subject="duty:1", title=f"第{number}条", body="x", by_name="x")
        Delivery.objects.create(notice=copy, recipient="user:1", name="zhang", user=me, state="sent")
    with CaptureQueriesContext(connection) as many:
        get(client, "/notices/")
    assert len(many) <= len(few) <= 14 and notice.pk


def test_a_signed_link_confirms_without_signing_in_and_a_forged_one_explains(client: Client) -> None:
    delivery = send(account("zhang"), confirm_minutes=30).deliveries.get()
    address = f"/notices/c/{proofs.link_token(delivery)}/"
    assert "任务已分办" in get(client, address)
    delivery.refresh_from_db()
    assert delivery.confirmed_at is None  # looking is not confirming
    assert "确认收到" in client.post(address).content.decode()
    delivery.refresh_from_db()
    assert delivery.confirmed_how == "link"
    assert client.get("/notices/c/forged/").status_code == 409


def test_the_outbox_shows_failures_and_the_tree_of_stand_ins(client: Client) -> None:
    bureau = Body.objects.create(name="区应急局", kind="department")
    account("handler", bureau)
    client.force_login(account("sys", role="sysadmin"))
    notice = send(bureau, confirm_minutes=5)
    account("chief", bureau, role="chief")
    clocks.tick(when.now() + timedelta(minutes=6))
    text = get(client, f"/notices/outbox/{notice.pk}/")
    assert "chief" in text and "已通知代理人" in text
    send(Body.objects.create(name="丙局", kind="department"), fields=words("没人收"))
    text = get(client, "/notices/outbox/")
    assert "1 人须电话通知" in text and "0/2 人确认" in text
    assert "没人收" in get(client, "/notices/outbox/?state=failed")
    assert "请签收任务" not in get(client, "/notices/outbox/?state=failed")


def test_the_duty_officer_telephones_and_registers_the_answer(client: Client) -> None:
    body = Body.objects.create(name="丙局", kind="department", phone="0356-0000000")
    delivery = send(body, confirm_minutes=5).deliveries.get()
    client.force_login(account("duty", role="duty_officer"))
    assert "丙局" in get(client, "/notices/dial/")
    address = f"/notices/dial/{delivery.pk}/"
    assert "0356-0000000" in get(client, address)
    assert client.post(address, {"code": "000000x"}).status_code == 422
    assert client.post(address, {"note": ""}).status_code == 422
    assert client.post(address, {"note": "15:04 与值班员李某通话"}).status_code == 302
    delivery.refresh_from_db()
    assert (delivery.confirmed_how, delivery.dial) == ("behalf", False)
    assert "丙局" not in get(client, "/notices/dial/").partition("<table")[2]
    other = send(account("zhang"), confirm_minutes=5).deliveries.get()
    client.post(f"/notices/dial/{other.pk}/", {"code": proofs.code_of(other)})
    other.refresh_from_db()
    assert other.confirmed_how == "phone"


def test_programs_read_and_confirm_their_mail(client: Client) -> None:
    me = account("zhang")
    client.force_login(me)
    notices = [send(me, confirm_minutes=9) for _ in range(3)]
    page = client.get("/api/v1/notices/mailbox?limit=2").json()
    assert page["unread"] == 3 and [m["notice"]["id"] for m in page["mails"]] == [notices[2].pk, notices[1].pk]
    mail = page["mails"][0]["id"]
    assert client.post(f"/api/v1/notices/mailbox/{mail}/confirm").json()["state"] == "confirmed"
    assert client.get(f"/api/v1/notices/{notices[0].pk}").status_code == 403
    client.force_login(account("sys", role="sysadmin"))
    assert client.get(f"/api/v1/notices/{notices[0].pk}").json()["deliveries"][0]["name"] == "zhang"
