"""Bringing a gazette in: whole or not at all, once or never again, the file kept whatever becomes of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger.models import Entry
from luoshi.norms import gazette, imports, index, uploads
from luoshi.norms.models import Clause, Finding, Instrument, InstrumentVersion, Pack, Provision, SearchEntry, Upload
from luoshi.norms.search import search

from .conftest import NOTICE

pytestmark = pytest.mark.django_db
Bring = Callable[..., gazette.Report]


def test_editor_imports_a_document_no_pack_knows(bring_in: Bring) -> None:
    report = bring_in(NOTICE)
    assert [(d["number"], d["outcome"], d["known_to_pack"]) for d in report.documents] == [
        ("演政发〔2024〕3号", "new", False)
    ]
    instrument = Instrument.objects.get()
    assert (instrument.slug, str(instrument.date), instrument.public) == ("演政发2024-3", "2024-03-01", True)
    provision = Provision.objects.get(path="二(一)")
    assert provision.heading == "建设书屋"
    assert provision.parent is not None and provision.parent.path == "二"
    assert search("农家书屋,2024年底前")[0].citation == "演政发2024-3:二(一)"
    assert Entry.objects.filter(kind="norms.imported", subject="instrument:演政发2024-3").count() == 1


def test_provisions_stand_in_printed_order_and_lose_no_word(bring_in: Bring) -> None:
    bring_in(NOTICE)
    version = InstrumentVersion.objects.get()
    rows = version.provisions.order_by("order").values_list("label", "heading", "mark", "text")
    printed = "".join("".join(row) for row in rows)
    assert re.sub(r"\s", "", printed) == re.sub(r"\s", "", version.text)
    assert sorted(re.sub(r"\s", "", printed)) == sorted(re.sub(r"\s", "", NOTICE))


def test_same_file_twice_says_so_and_changes_nothing(bring_in: Bring) -> None:
    bring_in(NOTICE)
    entries, found = Entry.objects.count(), SearchEntry.objects.count()
    report = bring_in(NOTICE, name="另一个名字.txt")
    assert report.again
    assert (Upload.objects.count(), InstrumentVersion.objects.count()) == (1, 1)
    assert (Entry.objects.count(), SearchEntry.objects.count()) == (entries, found)


def test_same_words_in_another_print_are_not_another_version(bring_in: Bring) -> None:
    bring_in(NOTICE)
    report = bring_in(NOTICE.replace("\n\n", "\n\n\n"))
    assert [d["outcome"] for d in report.documents] == ["unchanged"]
    assert InstrumentVersion.objects.count() == 1


def test_what_is_questioned_in_a_text_without_number_is_kept_once(bring_in: Bring) -> None:
    report = bring_in("今天开会。\n我们讨论了三件事。\n大家都同意。\n" * 3)
    assert Finding.objects.count() == report.findings > 0


def test_a_file_over_the_limit_is_refused_at_once_not_queued(settings: Any) -> None:
    from luoshi.norms import background

    settings.UPLOAD_LIMIT = 64 * 1024 * 1024
    sizes = [(1, False), (3 * 1024 * 1024, True), (200 * 1024 * 1024, False)]
    assert [background.wanted(Upload(size=size)) for size, _ in sizes] == [wanted for _, wanted in sizes]


def test_changed_text_becomes_a_new_version_and_the_old_stays_readable(bring_in: Bring) -> None:
    bring_in(NOTICE)
    report = bring_in(NOTICE.replace("120个", "150个"))
    assert [d["outcome"] for d in report.documents] == ["changed"]
    old, new = InstrumentVersion.objects.order_by("no")
    assert old.valid_until == new.valid_from
    assert new.valid_until is None
    assert [hit.path for hit in search("150个")] == ["一"]
    assert search("120个") == []
    assert [hit.path for hit in search("120个", as_of=old.valid_from)] == ["一"]


def test_import_interrupted_half_way_leaves_whole_documents_and_can_be_finished(
    bring_in: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = NOTICE + "\n" + NOTICE.replace("3号", "4号").replace("图书下乡", "电影下乡")
    real, calls = index.index_version, []

    def dies_at_the_second(version: InstrumentVersion) -> int:
        calls.append(version)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(version)

    monkeypatch.setattr(index, "index_version", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        bring_in(two)
    assert Upload.objects.get().state == Upload.State.READ
    assert Instrument.objects.count() == InstrumentVersion.objects.count() == 1
    monkeypatch.undo()
    report = bring_in(two)
    assert [d["outcome"] for d in report.documents] == ["unchanged", "new"]
    assert Upload.objects.get().state == Upload.State.STORED


def test_room_upstairs_that_fails_keeps_its_document_out(bring_in: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any) -> None:
        raise BadInput("责任单位无法识别")

    monkeypatch.setitem(imports._callbacks, "test", refuses)
    report = bring_in(NOTICE)
    assert report.documents[0]["outcome"] == "refused"
    assert Instrument.objects.count() == SearchEntry.objects.count() == 0
    assert Upload.objects.get().state == Upload.State.FAILED


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空"),
        (b"   \n\n", "空"),
        (b"PK\x03\x04 zip inside", "不是文本"),
        (bytes(range(256)) * 40, "不是文本"),
        ("電子計算機を使用する".encode("euc_jp") * 20, "编码"),
    ],
)
def test_unreadable_file_is_named_and_kept(bring_in: Bring, data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        bring_in(data)
    upload = Upload.objects.get()
    assert upload.state == Upload.State.FAILED
    assert says in upload.error
    assert uploads.place_of(upload.sha256).read_bytes() == data
    assert Instrument.objects.count() == Finding.objects.count() == 0


def test_gb18030_is_read(bring_in: Bring) -> None:
    assert bring_in(NOTICE.encode("gb18030")).encoding == "gb18030"
    assert Instrument.objects.get().number == "演政发〔2024〕3号"


def test_file_over_the_limit_is_kept_and_says_what_to_do(bring_in: Bring, settings: Any) -> None:
    settings.UPLOAD_LIMIT = 1000
    with pytest.raises(BadInput, match="LUOSHI_UPLOAD_LIMIT"):
        bring_in(NOTICE * 3)
    assert Upload.objects.get().state == Upload.State.FAILED
    settings.UPLOAD_LIMIT = 10**7
    assert bring_in(NOTICE).state == Upload.State.STORED


def test_document_without_number_or_numbering_is_kept_under_its_own_address(bring_in: Bring) -> None:
    report = bring_in("关于春节放假的说明\n\n春节期间照常值班,遇有急事请打值班电话。\n")
    assert report.state == Upload.State.STORED
    assert Instrument.objects.get().slug.startswith("doc-")
    assert search("照常值班")


def test_altered_file_on_disk_is_not_read(bring_in: Bring, by: Actor) -> None:
    upload = uploads.receive(io.BytesIO(NOTICE.encode()), "a.txt", by=by)
    uploads.place_of(upload.sha256).write_bytes(b"other")
    with pytest.raises(BadInput, match="不一致"):
        gazette.import_upload(upload, by=by)


def test_reading_anew_keeps_decided_findings(bring_in: Bring) -> None:
    bring_in(NOTICE.replace("〔2024〕3号", "[2024]3号", 1))
    finding = Finding.objects.get(code="number_bracket")
    Finding.objects.filter(pk=finding.pk).update(state=Finding.State.DISMISSED)
    bring_in(NOTICE.replace("〔2024〕3号", "[2024]3号", 1), again=True)
    assert Finding.objects.get(code="number_bracket").state == Finding.State.DISMISSED


def test_a_finding_worded_otherwise_by_a_later_reader_keeps_its_decision(bring_in: Bring) -> None:
    bring_in(NOTICE.replace("〔2024〕3号", "[2024]3号", 1))
    found = Finding.objects.filter(code="number_bracket")
    found.update(state=Finding.State.DISMISSED, message="旧的说法", fingerprint="0" * 64)
    bring_in(NOTICE.replace("〔2024〕3号", "[2024]3号", 1), again=True)
    assert found.get().state == Finding.State.DISMISSED


@pytest.fixture
def known(db: None) -> Instrument:
    pack = Pack.objects.create(id="demo", district="演示县")
    instrument = Instrument.objects.create(
        pack=pack, slug="03", number="演政发〔2024〕3号", title="演示县图书下乡实施方案"
    )
    for order, path in enumerate(["题", "主送", "一", "二(一)1", "二(二).责", "缺-数据", "五(三)"]):
        Clause.objects.create(
            instrument=instrument, key=f"03:{path}", path=path, kind="duty", gist=f"要点{order}", order=order
        )
    index.index_gists(instrument)
    return instrument


def test_gists_are_searched_until_the_text_is_imported(known: Instrument, bring_in: Bring) -> None:
    assert [(hit.citation, hit.gist) for hit in search("要点3")] == [("03:二(一)1", True)]
    bring_in(NOTICE)
    assert search("要点3") == []
    assert not search("农家书屋")[0].gist


def test_import_ties_the_pack_clauses_to_the_text_and_names_the_rest(known: Instrument, bring_in: Bring) -> None:
    report = bring_in(NOTICE)
    places = {
        clause.key: (clause.provision.path if clause.provision else None, clause.fit)
        for clause in known.clauses.select_related("provision")
    }
    assert places["03:题"] == ("0/标题", "front")
    assert places["03:主送"] == ("0/主送", "front")
    assert places["03:一"] == ("一", "exact")
    assert places["03:二(一)1"] == ("二(一)", "part")
    assert places["03:二(二).责"] == ("二(二)", "part")
    assert places["03:缺-数据"] == (None, "whole")
    assert report.documents[0]["unmatched_clauses"] == ["03:五(三)"]
    assert known.clauses.get(key="03:五(三)").provision is None


@pytest.mark.needs("shared")
def test_every_clause_of_the_pack_finds_its_place_in_the_gazette(by: Actor, gazette_file: Path) -> None:
    from luoshi.norms import packs

    packs.load("jccq", by=by)
    with gazette_file.open("rb") as stream:
        report = gazette.import_upload(uploads.receive(stream, gazette_file.name, by=by), by=by)
    assert report.state == Upload.State.STORED
    assert sum(d["clauses"] for d in report.documents) == Clause.objects.count() == 875
    assert [key for d in report.documents for key in d["unmatched_clauses"]] == []
    paragraph = Clause.objects.get(key="21:2.3/区公安分局").provision
    assert paragraph is not None and paragraph.text.startswith("区公安分局")
    assert "21:4.1/p1" in {hit.citation for hit in search("30分钟内再呈送文字报告")}


ENGLISH = b"Notice on the publication of the plan\n\nAll departments shall carry out the following tasks carefully.\n"
PAGE = "<!DOCTYPE html><html><head><title>公报</title></head><body><p>各镇人民政府</p></body></html>"
PARTS = "".join(f"<div><p>第{n}条 治理</p></div>" for n in range(9))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("en.txt", ENGLISH * 9, "几乎没有汉字"),
        ("page.html", PAGE.encode(), "网页"),
        ("marked.html", b"\xef\xbb\xbf" + PAGE.encode(), "网页"),
        ("gb.html", PAGE.encode("gb18030"), "网页"),
        ("parts.txt", PARTS.encode(), "网页"),
    ],
)
def test_what_is_no_chinese_text_is_refused_and_nothing_is_stored(by: Actor, name: str, data: bytes, says: str) -> None:
    upload = uploads.receive(io.BytesIO(data), name, by=by)
    with pytest.raises(BadInput, match=says):
        gazette.import_upload(upload, by=by)
    upload.refresh_from_db()
    assert upload.state == "failed" and says in upload.error and not Instrument.objects.exists()
    assert uploads.load(upload) == data, "the upload itself is kept"


def test_reading_and_importing_know_one_limit_and_say_one_sentence(by: Actor, settings: Any, monkeypatch: Any) -> None:
    from luoshi import text
    from luoshi.kernel.limits import UPLOAD, upload_limit
    from luoshi.text import encoding

    assert encoding.LIMIT == UPLOAD == settings.UPLOAD_LIMIT == upload_limit()
    monkeypatch.setenv("LUOSHI_UPLOAD_LIMIT", "1000")
    settings.UPLOAD_LIMIT = 1000
    data = "关于印发方案的通知\n".encode() * 100
    upload = uploads.receive(io.BytesIO(data), "大.txt", by=by)
    with pytest.raises(BadInput) as imported:
        gazette.import_upload(upload, by=by)
    with pytest.raises(BadInput) as read:
        text.read(data, name="大.txt", limit=upload_limit())
    assert str(imported.value) == str(read.value) and "LUOSHI_UPLOAD_LIMIT" in str(read.value)
