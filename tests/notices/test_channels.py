"""Messages leave by the configured channels, are tried again, go another way, and end on the list to dial."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.notices.conftest import NOTE, account, words

from luoshi.accounts.models import Grant
from luoshi.directory.models import Body, Person
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.notices import actions, channels, engine, proofs
from luoshi.notices.channels import NotDelivered
from luoshi.notices.models import Delivery

DUTY = Actor("值班员甲", user_id=1)


class Gateway:
    """An SMS gateway on this machine that notes what it is sent."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.answer, self.status = '{"code": 0}', 200
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                gateway.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(gateway.status)
                self.end_headers()
                self.wfile.write(gateway.answer.encode())

            def log_message(self, *args: Any) -> None: ...

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    made = Gateway()
    monkeypatch.setenv("LUOSHI_CHANNELS", "sms,mailbox")
    monkeypatch.setenv("LUOSHI_SMS_URL", made.url)
    monkeypatch.setenv("LUOSHI_SMS_BODY", '{"mobile": "{phone}", "content": {"text": "{text}"}, "sign": ["落实"]}')
    monkeypatch.setenv("LUOSHI_SMS_OK", '"code": 0')
    yield made
    made.server.shutdown()


def send(**more: Any) -> Delivery:
    person = Person.objects.create(name="王五", phone="139-0000-0000")
    facts = {"subject": "duty:17", "fields": words("请签收"), "by": DUTY, **more}
    return actions.send(NOTE, to=[account("wang", person=person)], **facts).deliveries.get()


def deliver(delivery: Delivery, after: timedelta = timedelta()) -> int:
    handed = actions.deliver_due(when.now() + after)
    delivery.refresh_from_db()
    return handed


@pytest.mark.django_db
def test_an_sms_is_sent_once_with_its_code(gateway: Gateway) -> None:
    delivery = send(confirm_minutes=30, cite="09:三(一)1")
    assert delivery.state == "queued"
    assert (deliver(delivery), deliver(delivery)) == (1, 0)
    assert (delivery.state, delivery.error) == ("sent", "")
    (heard,) = gateway.heard
    assert heard["mobile"] == "13900000000" and heard["sign"] == ["落实"]
    text = heard["content"]["text"]
    assert "请签收" in text and "09:三(一)1" in text and proofs.code_of(delivery) in text


@pytest.mark.django_db
def test_a_refused_sms_is_tried_again_and_ends_on_the_list_to_dial(gateway: Gateway) -> None:
    gateway.answer = '{"code": 7, "msg": "欠费"}'
    delivery = send()
    assert deliver(delivery) == 0 and delivery.state == "queued" and "欠费" in delivery.error
    assert deliver(delivery) == 0 and len(gateway.heard) == 1  # not before its time
    for hours in (1, 2):
        deliver(delivery, timedelta(hours=hours))
    assert (delivery.state, delivery.dial) == ("failed", True)
    assert len(gateway.heard) == delivery.tries.count() == engine.TRIES_PER_CHANNEL
    assert deliver(delivery, timedelta(hours=9)) == 0 and len(gateway.heard) == engine.TRIES_PER_CHANNEL


@pytest.mark.django_db
def test_when_one_channel_fails_the_next_is_tried(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOSHI_CHANNELS", "apprise,sms")
    monkeypatch.setenv("LUOSHI_APPRISE_URL", "json://127.0.0.1:1/?to={username}")

    def broken(address: str, title: str, text: str) -> None:
        raise NotDelivered("消息平台没有接受")

    monkeypatch.setitem(channels.SENDERS, "apprise", broken)
    delivery = send()
    assert delivery.channel == "apprise"
    for hours in range(4):
        deliver(delivery, timedelta(hours=hours))
    assert (delivery.channel, delivery.state, len(gateway.heard)) == ("sms", "sent", 1)
    assert [t.channel for t in delivery.tries.all()] == ["apprise"] * 3 + ["sms"]


@pytest.mark.django_db
def test_a_message_whose_worker_died_is_taken_over(gateway: Gateway) -> None:
    delivery = send()
    Delivery.objects.update(state="sending", next_try_at=when.now() + engine.LEASE)
    assert deliver(delivery) == 0
    assert deliver(delivery, engine.LEASE + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_a_message_read_on_screen_meanwhile_stays_read(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = send()
    monkeypatch.setitem(channels.SENDERS, "sms", lambda *a: actions.read(Delivery.objects.get()))
    deliver(delivery)
    assert delivery.state == "receipt"


@pytest.mark.django_db
def test_in_demo_mode_nothing_leaves_the_machine(gateway: Gateway, settings: Any) -> None:
    settings.DEMO = True
    delivery = send()
    assert (delivery.channel, delivery.state) == ("mailbox", "sent")
    assert deliver(delivery) == 0 and gateway.heard == []


@pytest.fixture
def platform(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A message platform that takes JSON notifications, on this machine; the SMS gateway stands behind it."""
    receiver = Gateway()
    monkeypatch.setenv("LUOSHI_CHANNELS", "apprise,sms,mailbox")
    monkeypatch.setenv("LUOSHI_APPRISE_URL", receiver.url.replace("http://", "json://") + "?to={username}")
    yield receiver
    receiver.server.shutdown()


@pytest.mark.django_db
def test_a_message_platform_receives_the_notice_over_the_network(gateway: Gateway, platform: Gateway) -> None:
    delivery = send(confirm_minutes=30, cite="09:三(一)1")
    assert (delivery.channel, deliver(delivery)) == ("apprise", 1)
    assert (delivery.state, delivery.error, gateway.heard) == ("sent", "", [])
    (heard,) = platform.heard
    assert heard["title"] == "请签收" and "任务已分办" in heard["message"]
    assert "09:三(一)1" in heard["message"] and proofs.code_of(delivery) in heard["message"]


@pytest.mark.django_db
def test_a_platform_that_refuses_is_tried_again_and_then_the_sms_goes_out(gateway: Gateway, platform: Gateway) -> None:
    platform.status = 500
    delivery = send()
    for hours in range(4):
        deliver(delivery, timedelta(hours=hours))
    assert len(platform.heard) == engine.TRIES_PER_CHANNEL and len(gateway.heard) == 1
    assert (delivery.channel, delivery.state, delivery.dial) == ("sms", "sent", False)
    tries = list(delivery.tries.order_by("id"))
    assert [t.ok for t in tries] == [False] * 3 + [True] and "没有接受" in tries[0].error


@pytest.mark.django_db
def test_a_platform_that_was_down_takes_the_second_try(gateway: Gateway, platform: Gateway) -> None:
    platform.status = 503
    delivery = send()
    assert deliver(delivery) == 0
    platform.status = 200
    assert deliver(delivery, timedelta(minutes=1)) == 1
    assert (delivery.channel, delivery.state) == ("apprise", "sent")


def test_only_the_mailbox_is_used_unless_others_are_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUOSHI_CHANNELS", raising=False)
    assert channels.active() == ["mailbox"]
    monkeypatch.setenv("LUOSHI_CHANNELS", "mailbox,pigeon")
    with pytest.raises(BadInput, match="pigeon"):
        channels.active()


def test_an_unconfigured_channel_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LUOSHI_SMS_URL", "LUOSHI_APPRISE_URL"):
        monkeypatch.delenv(name, raising=False)
    for sender in (channels.send_sms, channels.send_apprise):
        with pytest.raises(Refused):
            sender("13900000000", "题", "文")
    monkeypatch.setenv("LUOSHI_SMS_URL", "file:///etc/passwd")
    monkeypatch.setenv("LUOSHI_SMS_BODY", "{}")
    with pytest.raises(Refused):
        channels.send_sms("13900000000", "题", "文")


def test_a_silent_gateway_is_a_failed_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOSHI_SMS_URL", "http://127.0.0.1:1/")
    monkeypatch.setenv("LUOSHI_SMS_BODY", "{}")
    with pytest.raises(NotDelivered):
        channels.send_sms("13900000000", "题", "文")


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=40))
def test_everyone_is_told_once_and_answers_for_all_who_addressed_them(pairs: list[tuple[int, int]]) -> None:
    merged = engine.merge(engine.Target(f"user:{u}", f"body:{b}", "") for u, b in pairs)
    assert [t.key for t in merged] == list(dict.fromkeys(f"user:{u}" for u, _ in pairs))
    assert {(t.key, g) for t in merged for g in t.groups} == {(f"user:{u}", f"body:{b}") for u, b in pairs}


@given(st.integers(1, 5))
def test_every_channel_gets_its_tries_and_then_it_ends(length: int) -> None:
    plan = [[f"c{n}", ""] for n in range(length)]
    step, attempts, tries = 0, 0, []
    while True:
        tries.append(step)
        onward = engine.after_failure(step, attempts + 1, plan)
        if onward is None:
            break
        step, attempts = onward
    assert tries == [n for n in range(length) for _ in range(engine.TRIES_PER_CHANNEL)]


@pytest.mark.django_db
def test_after_a_power_cut_what_was_in_hand_is_telephoned_and_not_sent_again(gateway: Gateway) -> None:
    sure, unsure = send(confirm_minutes=30, dedupe="a"), None
    person = Person.objects.create(name="赵六", phone="139-0000-0001")
    unsure = actions.send(
        NOTE, to=[person], subject="duty:18", fields=words("t"), by=DUTY, confirm_minutes=30
    ).deliveries.get()
    now = when.now()
    Delivery.objects.filter(pk=unsure.pk).update(state="sending", next_try_at=now, handing_at=now)  # killed here
    Delivery.objects.filter(pk=sure.pk).update(state="sending", next_try_at=now)  # claimed, never handed over
    assert deliver(sure, timedelta(seconds=1)) == 1
    unsure.refresh_from_db()
    assert (unsure.state, unsure.dial, len(gateway.heard)) == ("failed", True, 1) and "是否送达不明" in unsure.error
    assert sure.state == "sent" and sure.handing_at is None


@pytest.mark.django_db
def test_a_message_in_hand_that_needs_no_answer_is_sent_again(gateway: Gateway) -> None:
    delivery, now = send(), when.now()
    Delivery.objects.filter(pk=delivery.pk).update(state="sending", next_try_at=now, handing_at=now)
    assert deliver(delivery, timedelta(seconds=1)) == 1 and len(gateway.heard) == 1


@pytest.mark.django_db
def test_who_answers_for_several_gets_one_message_with_what_each_of_them_is_told(gateway: Gateway) -> None:
    person = Person.objects.create(name="王五", phone="13900000000")
    wang = account("wang", person=person)
    bodies = [Body.objects.create(name=name, kind="department") for name in ("甲局", "乙局")]
    for body in bodies:
        Grant.objects.create(user=wang, role="handler", body=body)
    own = {f"body:{body.pk}": f"你单位在{body.name}组" for body in bodies}
    notice = actions.send(NOTE, to=bodies, subject="duty:1", fields=words("启动", "请到位。"), by=DUTY, own=own)
    delivery = notice.deliveries.get()
    assert delivery.own == "你单位在甲局组\n你单位在乙局组" and len(delivery.groups) == 2
    deliver(delivery)
    (heard,) = gateway.heard
    assert "请到位" in heard["content"]["text"] and "乙局组" in heard["content"]["text"]
