"""The pages: what a resident reads, what an editor works with, and what each costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from luoshi.kernel import when
from luoshi.norms import gazette, index
from luoshi.norms.models import Clause, Finding, Instrument, Interpretation, Pack, Parameter, Upload

from .conftest import NOTICE, Make

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]


def page(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.content.decode()[:500]
    return response.content.decode()


def test_resident_reads_a_document_and_one_provision(bring_in: Callable[..., gazette.Report], client: Client) -> None:
    bring_in(NOTICE)
    text = page(client, "/d/演政发2024-3/")
    assert "演示县人民政府文件" in text and "建设书屋" in text
    one = page(client, "/d/演政发2024-3/二(一)")
    assert "每个行政村建设一个农家书屋" in one and "《演示县人民政府关于印发" in one
    assert "送书下乡" not in one.split('class="steps')[0]
    page(client, "/d/演政发2024-3/九(九)", 404)
    page(client, "/d/nope/", 404)


def test_a_heading_stands_on_a_line_of_its_own_as_printed(
    bring_in: Callable[..., gazette.Report], client: Client
) -> None:
    bring_in(NOTICE)
    assert re.search(r">工作目标</span></p><p>到2025年底", page(client, "/d/演政发2024-3/"))
    assert re.search(r">建设书屋。</span>[^<]", page(client, "/d/演政发2024-3/"))  # printed in one line, shown in one


def test_clause_key_opens_the_provision_it_lies_in(bring_in: Callable[..., gazette.Report], client: Client) -> None:
    bring_in(NOTICE)
    assert "在这一条之内" in page(client, "/d/演政发2024-3/二(一)1-2")


def test_resident_sees_gists_named_as_ours_before_the_import(client: Client) -> None:
    pack = Pack.objects.create(id="demo", district="演示县")
    instrument = Instrument.objects.create(pack=pack, slug="03", number="演政发〔2024〕3号", title="演示")
    Clause.objects.create(instrument=instrument, key="03:一", path="一", kind="duty", gist="我们的概括")
    index.index_gists(instrument)
    text = page(client, "/d/03/")
    assert "正文未导入" in text and "我们的概括" in text
    assert "要点" in page(client, "/d/?q=概括")


def test_document_not_public_is_only_for_staff(make_instrument: Make, client: Client, signed_in: SignedIn) -> None:
    made = make_instrument("S9", {"一": "内部"})
    Instrument.objects.filter(pk=made.pk).update(public=False)
    page(client, "/d/S9/", 404)
    assert "演示文件S9" not in page(client, "/d/")
    page(signed_in("handler"), "/d/S9/")


def test_reader_looks_at_another_day_and_compares_versions(
    bring_in: Callable[..., gazette.Report], client: Client
) -> None:
    bring_in(NOTICE)
    bring_in(NOTICE.replace("120个", "150个"))
    assert "120个" in page(client, "/d/演政发2024-3/?as_of=2024-03-02")
    assert "150个" in page(client, "/d/演政发2024-3/")
    assert "还没有施行" in page(client, "/d/演政发2024-3/?as_of=2024-02-29")
    compared = page(client, "/d/演政发2024-3/versions/")
    assert "<del>2</del>" in compared and "<ins>5</ins>" in compared
    assert client.get("/d/演政发2024-3/?as_of=昨天").status_code == 422


def test_document_page_costs_the_same_with_300_provisions(
    make_instrument: Make, client: Client, django_assert_max_num_queries: Any
) -> None:
    make_instrument("big", {f"{n}": f"第{n}段文字" for n in range(1, 301)})
    make_instrument("small", {"1": "一段"})
    for slug in ("big", "small"):
        with django_assert_max_num_queries(24):
            page(client, f"/d/{slug}/")


def test_list_of_documents_costs_the_same_however_many(
    make_instrument: Make, client: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(40):
        make_instrument(f"L{n}", {"一": "同一句话"}, on=date(2024, 1, 1 + n % 28))
    with django_assert_max_num_queries(14):
        page(client, "/d/")
    with django_assert_max_num_queries(14):
        assert page(client, "/d/?q=同一").count("<mark>") == 40


def test_editor_uploads_a_gazette_and_sees_what_became_of_it(signed_in: SignedIn) -> None:
    editor = signed_in("editor")
    page(editor, "/norms/imports/")
    sent = editor.post("/norms/imports/", {"file": SimpleUploadedFile("公报.txt", NOTICE.encode())}, follow=True)
    assert "新存入" in sent.content.decode()
    again = editor.post("/norms/imports/", {"file": SimpleUploadedFile("公报2.txt", NOTICE.encode())}, follow=True)
    assert "已经导入过" in again.content.decode()
    assert Upload.objects.get().uploaded_by is not None


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04zip", b"\xff\xfe\x00\xd8" * 9])
def test_editor_uploads_an_unusable_file_and_is_told_why(signed_in: SignedIn, data: bytes) -> None:
    editor = signed_in("editor")
    sent = editor.post("/norms/imports/", {"file": SimpleUploadedFile("坏.txt", data)}, follow=True)
    text = sent.content.decode()
    assert "原因:" in text.replace("\uff1a", ":") and "再读一次" in text
    assert Upload.objects.get().state == Upload.State.FAILED
    assert "坏.txt" in page(editor, "/norms/imports/")


def test_editor_forgets_to_choose_a_file(signed_in: SignedIn) -> None:
    sent = signed_in("editor").post("/norms/imports/", {})
    assert sent.status_code == 422 and "请选择一个文件" in sent.content.decode()


@pytest.mark.parametrize("url", ["imports", "findings", "interpretations", "parameters"])
def test_desks_are_closed_to_strangers_and_empty_ones_say_what_fills_them(
    url: str, client: Client, signed_in: SignedIn
) -> None:
    assert client.get(f"/norms/{url}/").status_code == 302
    assert signed_in("enterprise").get(f"/norms/{url}/").status_code == 403
    assert re.search("列在这里|这里会列出", page(signed_in("editor"), f"/norms/{url}/"))


def test_chief_answers_and_leader_confirms_on_the_screen(signed_in: SignedIn) -> None:
    instrument = Instrument.objects.create(slug="03", title="演示")
    Interpretation.objects.create(
        key="A01", instrument=instrument, question="含本数吗?", options=[{"value": "y", "label": "含"}], default="y",
        cites=["03:一"],
    )  # fmt: skip
    chief, leader = signed_in("chief"), signed_in("leader")
    url = "/norms/interpretations/A01"
    assert "待确认" in page(chief, url)
    assert chief.post(url, {"act": "answer", "answer": "y", "reason": ""}).status_code == 422
    assert chief.post(url, {"act": "answer", "answer": "y", "reason": "会议"}).status_code == 302
    assert "须由另一人确认" in page(chief, url)
    assert leader.post(url, {"act": "confirm", "confirm-reason": "同意"}).status_code == 302
    text = page(leader, url)
    assert "已确认" in text and "同意" in text
    assert "A01" in page(leader, "/norms/interpretations/?status=confirmed")


def test_editor_sets_a_parameter_on_the_screen(signed_in: SignedIn) -> None:
    Parameter.objects.create(key="p.n", label="天数", kind="integer", unit="天", awaited_from="市里")
    editor = signed_in("editor")
    assert "待下达" in page(editor, "/norms/parameters/")
    url = "/norms/parameters/p.n"
    wrong = editor.post(url, {"value": "七", "valid_from": "2024-01-01", "source": "甲文"})
    assert wrong.status_code == 422 and "不是整数" in wrong.content.decode()
    assert editor.post(url, {"value": "7", "valid_from": "2024-01-01", "source": "甲文"}).status_code == 302
    assert "7天" in page(editor, "/norms/parameters/")


def test_editor_works_through_the_findings_desk(signed_in: SignedIn, django_assert_max_num_queries: Any) -> None:
    instrument = Instrument.objects.create(slug="03", title="演示")
    for n in range(60):
        Finding.objects.create(
            instrument=instrument, code="slip", path="一", message=f"疑点{n}", raw="x", fingerprint=str(n),
            found_at=when.now(),
        )  # fmt: skip
    editor = signed_in("editor")
    with django_assert_max_num_queries(16):
        page(editor, "/norms/findings/?state=open")
    first, second = Finding.objects.order_by("pk")[:2]
    sent = editor.post(f"/norms/findings/{first.pk}/", {"state": "dismissed", "reason": "对照原件无误"})
    assert sent.status_code == 302 and sent["Location"] == f"/norms/findings/{second.pk}/"
    assert "疑点0" not in page(editor, "/norms/findings/?state=open")


def test_an_editor_sets_the_day_of_revision_on_a_page(make_instrument: Any, signed_in: Callable[..., Client]) -> None:
    from luoshi.clocks.models import Clock

    make_instrument("T7", {"一": "演示条文。"})
    page, editor, chief = "/norms/revision/T7/", signed_in("editor"), signed_in("chief")
    assert page in editor.get("/d/T7/").content.decode() and page not in chief.get("/d/T7/").content.decode()
    assert "文件没有写" in editor.get(page).content.decode()
    wrong = editor.post(page, {"due": "2001-01-01", "reason": "试"})
    assert wrong.status_code == 422 and "不能早于今天" in wrong.content.decode()
    assert editor.post(page, {"due": "2099-05-01", "reason": ""}).status_code == 422
    assert editor.post(page, {"due": "2099-05-01", "reason": "评估后延后"}).status_code == 302
    shown = editor.get(page).content.decode()
    assert "2099-05-01 23:59" in shown and "评估后延后" in shown and "登记修订期限" in shown
    assert Clock.objects.get(subject="instrument:T7", state="running").kind == "norms.revision_due"
    assert "应于 2099-05-01 前" in Client().get("/d/T7/").content.decode()
    assert chief.get(page).status_code == 403 and editor.get("/norms/revision/no/").status_code == 404
