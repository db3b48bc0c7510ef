"""People are told once, confirm, and someone stands in for those who do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.notices.conftest import NOTE, account, words

from luoshi.accounts.models import User
from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.directory.models import Body, Holding, Person, Post
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import queries as ledger
from luoshi.notices import actions, proofs
from luoshi.notices.models import Delivery, Notice

pytestmark = pytest.mark.django_db
DUTY = Actor("值班员甲", user_id=1, via="web")


def a_body(name: str) -> Body:
    return Body.objects.create(name=name, kind="department")


def send(*to: User | Person | Body, **more: object) -> Notice:
    facts = {"subject": "duty:17", "fields": words("请签收任务"), "cite": "09:三(一)1", "by": DUTY}
    return actions.send(NOTE, to=to, **{**facts, **more})  # type: ignore[arg-type]


def test_a_message_is_in_the_mailbox_as_soon_as_the_act_is_done() -> None:
    handler = account("zhang")
    notice = send(handler)
    delivery = notice.deliveries.get()
    assert (delivery.user, delivery.state, delivery.channel) == (handler, "sent", "mailbox")
    entry = ledger.history(f"notice:{notice.pk}")[0]
    assert (entry.kind, entry.cites, entry.data["for"]) == ("notices.sent", ["09:三(一)1"], "duty:17")


def test_a_body_is_told_through_its_handlers_and_chiefs_only() -> None:
    bureau = a_body("区发改局")
    account("handler", bureau)
    account("chief", bureau, role="chief")
    account("finance", bureau, role="finance")
    notice = send(bureau)
    assert sorted(d.name for d in notice.deliveries.all()) == ["chief", "handler"]


def test_one_person_addressed_through_several_bodies_gets_one_message() -> None:
    first, second = a_body("甲局"), a_body("乙局")
    person = Person.objects.create(name="李四")
    account("lisi", first, second, person=person)
    notice = send(first, second, person)
    delivery = notice.deliveries.get()
    assert delivery.groups == [f"body:{first.pk}", f"body:{second.pk}", f"person:{person.pk}"]


def test_a_body_nobody_answers_for_is_put_on_the_list_to_dial() -> None:
    delivery = send(a_body("丙局")).deliveries.get()
    assert (delivery.state, delivery.dial, delivery.user) == ("failed", True, None)


def test_the_same_message_is_not_sent_twice() -> None:
    handler = account("zhang")
    assert send(handler, dedupe="duty:17:assigned") == send(handler, dedupe="duty:17:assigned")
    assert Delivery.objects.count() == 1


def test_an_exercise_says_so() -> None:
    assert send(account("zhang"), exercise=True).title == "【演练】请签收任务"


def test_opening_is_a_receipt_and_not_a_confirmation() -> None:
    delivery = send(account("zhang"), confirm_minutes=30).deliveries.get()
    actions.read(delivery)
    delivery.refresh_from_db()
    assert delivery.state == "receipt" and delivery.read_at and delivery.waits_for_confirmation


def test_a_confirmation_stops_the_clock_and_is_recorded_once() -> None:
    delivery = send(account("zhang"), confirm_minutes=30).deliveries.get()
    for _ in range(2):
        actions.confirm(delivery, Actor("zhang"), "screen")
    assert (delivery.state, delivery.confirmed_by) == ("confirmed", "zhang")
    assert Clock.objects.get().state == "finished"
    assert [e.kind for e in ledger.history(f"notice:{delivery.notice_id}")] == ["notices.sent", "notices.confirmed"]


def test_one_confirmation_answers_for_the_body() -> None:
    bureau = a_body("区发改局")
    account("a", bureau)
    account("b", bureau)
    notice = send(bureau, confirm_minutes=30)
    actions.confirm(notice.deliveries.all()[0], Actor("a"), "screen")
    assert Clock.objects.get().state == "finished"


def test_confirming_on_behalf_needs_to_say_with_whom_one_spoke() -> None:
    delivery = send(account("zhang"), confirm_minutes=30).deliveries.get()
    with pytest.raises(BadInput):
        actions.confirm(delivery, DUTY, "behalf")
    actions.confirm(delivery, DUTY, "behalf", note="15:04 与张某通话")
    assert ledger.history(f"notice:{delivery.notice_id}")[-1].data["note"] == "15:04 与张某通话"


def test_a_code_read_out_on_the_telephone_confirms() -> None:
    delivery = send(account("zhang"), confirm_minutes=30).deliveries.get()
    code = proofs.code_of(delivery)
    with pytest.raises(BadInput):
        actions.confirm_by_code(delivery, f"{(int(code) + 1) % 1_000_000:06d}", DUTY)
    assert actions.confirm_by_code(delivery, code, DUTY).confirmed_how == "phone"


def test_a_signed_link_confirms_and_an_altered_one_does_not() -> None:
    delivery = send(account("zhang"), confirm_minutes=30).deliveries.get()
    token = proofs.link_token(delivery)
    with pytest.raises(Refused):
        actions.confirm_by_link(token[:-2] + ("aa" if token[-2:] != "aa" else "bb"))
    assert actions.confirm_by_link(token).confirmed_how == "link"


def silent_body() -> tuple[Notice, Person]:
    bureau = a_body("区应急局")
    deputy = Post.objects.create(body=bureau, title="副局长")
    head = Post.objects.create(body=bureau, title="局长", stand_in=deputy)
    boss, second = Person.objects.create(name="正职"), Person.objects.create(name="副职")
    for person, post in ((boss, head), (second, deputy)):
        Holding.objects.create(person=person, post=post, since=when.today() - timedelta(days=9))
    account("boss", bureau, person=boss)
    account("second", person=second)
    return send(bureau, confirm_minutes=10), second


def test_the_stand_in_is_told_when_nobody_confirms() -> None:
    notice, second = silent_body()
    assert clocks.tick(when.now() + timedelta(minutes=11)) == 1
    stand_in = notice.deliveries.get(person=second)
    assert stand_in.state == "sent" and stand_in.stands_in_for is not None
    entries = ledger.history(f"notice:{notice.pk}")
    assert entries[-1].kind == "notices.escalated" and entries[-1].data["dial"] is False
    actions.confirm(stand_in, Actor("副职"), "screen")
    assert not Clock.objects.filter(state="running").exists()


def test_when_the_stand_in_is_silent_too_someone_must_telephone() -> None:
    notice, _ = silent_body()
    clocks.tick(when.now() + timedelta(minutes=11))
    Clock.objects.filter(state="running").update(next_at=when.now(), event_at=when.now(), due_at=when.now())
    clocks.tick(when.now() + timedelta(minutes=1))
    assert all(d.dial for d in notice.deliveries.all())
    actions.confirm(notice.deliveries.all()[0], DUTY, "behalf", note="电话已通知")
    assert not notice.deliveries.filter(dial=True).exists()


def test_in_a_drill_nothing_leaves_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUOSHI_CHANNELS", "sms,mailbox")
    person = Person.objects.create(name="王五", phone="13900000000")
    lane = clocks.open_lane("桌面推演", by=DUTY)
    delivery = send(account("wang", person=person), lane=lane, confirm_minutes=5, exercise=True).deliveries.get()
    assert (delivery.channel, delivery.state) == ("mailbox", "sent")
    assert clocks.advance(lane, lane.now + timedelta(minutes=6)) == 1
