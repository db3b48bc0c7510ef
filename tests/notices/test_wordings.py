"""The words of notices: rooms pass facts, the district may write the sentence, nothing in a sentence can run."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.notices.conftest import account

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.notices import actions, kinds, wordings
from luoshi.notices.kinds import Kind
from luoshi.notices.models import Notice, Wording

URGED = "supervision.urged"
FACTS = {"事项": "建一处设施", "说明": "请加快"}
ADMIN = Actor("管理员")


def urged() -> Kind:
    found = kinds.find(URGED)
    assert found is not None
    return found


def send(**more: Any) -> Notice:
    given = {"subject": "duty:17", "fields": FACTS, **more}
    return actions.send(URGED, to=[account(f"u{Notice.objects.count()}")], **given)


@pytest.mark.django_db
def test_a_room_passes_facts_and_the_registered_words_are_sent() -> None:
    assert (send().title, send().body) == ("催办：建一处设施", "请加快")
    with pytest.raises(ValueError, match=r"no\.such"):  # nobody declared it: nothing goes out, nothing is kept
        actions.send("no.such", to=[], subject="duty:17", fields=FACTS)
    assert not Notice.objects.filter(kind="no.such").exists()


@pytest.mark.django_db
def test_other_words_are_used_from_the_next_notice_on_and_can_be_taken_back() -> None:
    before = send()
    row = wordings.write(urged(), "请抓紧：{事项}", "{牵头单位}：{说明}", reason="口气太硬", by=ADMIN)
    assert (send().title, send(fields={**FACTS, "牵头单位": "甲局"}).body) == ("请抓紧：建一处设施", "甲局：请加快")
    before.refresh_from_db()
    assert before.title == "催办：建一处设施"
    wordings.reset(urged(), reason="恢复", by=ADMIN, version=row.version)
    assert send().title == "催办：建一处设施"
    entries = list(Entry.objects.filter(subject=f"wording:{URGED}").order_by("seq"))
    assert [e.kind for e in entries] == ["notices.wording_written", "notices.wording_reset"]
    assert "口气太硬" in entries[0].payload and "请抓紧" in entries[0].payload


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("title", "body", "says"),
    [
        ("催办{事项}", "{姓名}请办", "没有 {姓名}"),
        ("催办{事项.__class__}", "x", "没有 {事项.__class__}"),
        ("催办{事项!r}", "x", "没有 {事项!r}"),
        ("催办{", "x", "成对"),
        ("", "x", "不能空着"),
        ("催" * 201, "x", "最多 200 字"),
        ("一\n二", "x", "一行"),
    ],
)
def test_words_that_cannot_be_filled_are_refused_with_their_place(title: str, body: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        wordings.write(urged(), title, body, reason="试", by=ADMIN)
    assert says in caught.value.reason and caught.value.field in ("title", "body")
    assert not Wording.objects.exists() and not Entry.objects.filter(subject=f"wording:{URGED}").exists()


@pytest.mark.django_db
def test_who_changes_what_somebody_else_just_changed_is_told() -> None:
    seen = wordings.of(urged()).version
    wordings.write(urged(), "甲：{事项}", "{说明}", reason="一", by=Actor("张三"), version=seen)
    with pytest.raises(Refused, match="张三"):
        wordings.write(urged(), "乙：{事项}", "{说明}", reason="二", by=ADMIN, version=seen)
    with pytest.raises(Refused, match="相同"):
        wordings.write(urged(), "甲：{事项}", "{说明}", reason="三", by=ADMIN)


@given(st.text(alphabet="{}事项说明ab.!:[]%\\", max_size=30), st.text(max_size=12))
def test_filling_never_fails_and_never_reads_what_it_filled_in(text: str, value: str) -> None:
    marked = "⟦" + value + "{说明}⟧"
    filled = kinds.fill(text, {"事项": marked, "说明": "S"})
    assert filled.count(marked) == len(re.findall(r"\{\s*事项\s*\}", text))


def test_every_kind_can_be_sent_as_it_comes() -> None:
    for kind in kinds.known():
        title, body = wordings.example(kind, kind.title, kind.body)
        assert title and body and "{" not in title + body, kind.code
        assert kind.label and kind.occasion, kind.code


@pytest.mark.django_db
def test_a_supervisor_previews_saves_and_resets_on_the_screen(client: Client) -> None:
    client.force_login(account("du", role="supervisor"))
    page = f"/notices/wordings/{URGED}/"
    assert "督办：催办" in client.get("/notices/wordings/").content.decode()
    typed = {"title": "请抓紧：{事项}", "body": "{说明}", "version": 0, "reason": ""}
    looked = client.post(page, {**typed, "preview": "1"})
    assert looked.status_code == 200 and "请抓紧：新建一处" in looked.content.decode() and not Wording.objects.exists()
    wrong = client.post(page, {**typed, "body": "{说法}", "preview": "1"})
    assert wrong.status_code == 422 and "没有 {说法} 这一项" in wrong.content.decode()
    assert client.post(page, typed).status_code == 422  # a change needs its reason
    assert client.post(page, {**typed, "reason": "改口气"}).status_code == 302
    assert "本区已改" in client.get(page).content.decode() and send().title.startswith("请抓紧")
    assert client.post(f"{page}reset/", {"reason": "恢复"}).status_code == 302
    assert "本区已改" not in client.get(page).content.decode()
    assert client.get("/notices/wordings/no.such/").status_code == 404


@pytest.mark.django_db
def test_others_may_not_change_the_words(client: Client) -> None:
    client.force_login(account("jing"))
    for page in ("/notices/wordings/", f"/notices/wordings/{URGED}/", f"/notices/wordings/{URGED}/reset/"):
        assert client.get(page).status_code == 403
    put = client.put(
        f"/api/v1/notices/wordings/{URGED}", {"title": "x", "body": "x", "reason": "x"}, "application/json"
    )
    assert put.status_code == 403


@pytest.mark.django_db
def test_the_words_over_http(client: Client) -> None:
    client.force_login(account("sys", role="sysadmin"))
    found = {row["kind"]: row for row in client.get("/api/v1/notices/wordings").json()}
    assert found[URGED]["title"] == "催办：{事项}" and "说明" in found[URGED]["fields"]
    words = {"title": "请抓紧：{事项}", "body": "{说明}", "reason": "改口气", "version": 0}
    address = f"/api/v1/notices/wordings/{URGED}"
    assert client.put(address, words, "application/json").json()["changed"] is True
    assert client.put(address, words, "application/json").status_code == 409
    bad = client.put(address, {**words, "version": 1, "title": "{谁}"}, "application/json")
    assert (bad.status_code, bad.json()["field"]) == (422, "title")
    assert client.delete(f"{address}?reason=恢复").json()["title"] == "催办：{事项}"
