"""The same through the shell and over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from luoshi import text
from luoshi.kernel.errors import BadInput
from luoshi.norms import commands, gazette
from luoshi.norms.models import Finding, Instrument, Interpretation, Parameter, Upload

from .conftest import NOTICE

SignedIn = Callable[..., Client]


def run(*args: str, given: str | None = None) -> Any:
    result = CliRunner().invoke(commands.gazette, list(args), input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_django", lambda: None)


def test_parse_needs_no_database_and_prints_one_json(tmp_path: Path) -> None:
    file = tmp_path / "公报.txt"
    file.write_text(NOTICE, encoding="utf-8")
    read = json.loads(run("parse", str(file), "--json"))
    assert read["documents"][0]["number"] == "演政发〔2024〕3号"
    assert {"findings", "documents"} <= read.keys()
    assert json.loads(run("parse", "-", "--json", given=NOTICE))["documents"] == read["documents"]
    assert "图书下乡" in run("parse", str(file))


def test_shell_says_on_one_line_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "图.png"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    for file in (binary, tmp_path / "没有.txt", tmp_path):
        done = subprocess.run(
            [sys.executable, "-m", "luoshi", "gazette", "parse", str(file), "--json"], capture_output=True, text=True
        )
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert file.name in done.stderr


@pytest.mark.django_db
def test_shell_imports_once_and_searches(shell: None, tmp_path: Path) -> None:
    file = tmp_path / "公报.txt"
    file.write_text(NOTICE, encoding="utf-8")
    assert json.loads(run("import", str(file), "--json"))["documents"][0]["outcome"] == "new"
    assert "已经导入过" in run("import", str(file))
    hits = json.loads(run("search", "农家书屋", "--json"))
    assert {"citation", "document", "snippet"} <= hits[0].keys()
    assert json.loads(run("search", "农家书屋", "--as-of", "2020-01-01", "--json")) == []
    with pytest.raises(BadInput, match="不是日期"):
        run("search", "农家书屋", "--as-of", "昨天")
    assert "没有查到" in run("search", "不存在的词")


@pytest.mark.django_db
def test_program_reads_documents_without_a_key(bring_in: Callable[..., gazette.Report], client: Client) -> None:
    bring_in(NOTICE)
    slug = client.get("/api/v1/documents").json()[0]["slug"]
    whole = client.get(f"/api/v1/documents/{slug}").json()
    assert whole["version"] == 1
    assert "二(一)" in [p["path"] for p in whole["provisions"]]
    one = client.get(f"/api/v1/documents/{slug}/provisions/二(一)").json()
    assert "农家书屋" in one["whole_text"]
    assert client.get("/api/v1/search", {"q": "农家"}).json()[0]["citation"].startswith(slug)
    assert client.get(f"/api/v1/documents/{slug}/provisions/九").status_code == 404
    assert client.get("/api/v1/documents/none").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["findings", "interpretations", "parameters", "uploads"])
def test_program_without_a_key_gets_nothing_else(path: str, client: Client, signed_in: SignedIn) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 401
    assert signed_in("enterprise").get(f"/api/v1/{path}").status_code == 403
    assert signed_in("editor").get(f"/api/v1/{path}").json() == []


@pytest.mark.django_db
def test_program_uploads_answers_and_sets(signed_in: SignedIn) -> None:
    editor, leader = signed_in("editor"), signed_in("leader")
    sent = editor.post("/api/v1/uploads", {"file": SimpleUploadedFile("公报.txt", NOTICE.encode())})
    assert sent.json()["state"] == "stored"
    bad = editor.post("/api/v1/uploads", {"file": SimpleUploadedFile("空.txt", b"")})
    assert bad.status_code == 422 and bad.json()["file"] == "空.txt"
    assert Upload.objects.filter(state="failed").count() == 1
    read = editor.post("/api/v1/gazette/parse", {"file": SimpleUploadedFile("公报.txt", NOTICE.encode())})
    assert read.json() == text.read(NOTICE.encode(), name="公报.txt").to_json() and Upload.objects.count() == 2
    junk = editor.post("/api/v1/gazette/parse", {"file": SimpleUploadedFile("图.txt", b"\x89PNG\0\0\1" * 99)})
    assert junk.status_code == 422 and junk.json()["file"] == "图.txt"
    refused = leader.post("/api/v1/gazette/parse", {"file": SimpleUploadedFile("公报.txt", NOTICE.encode())})
    assert refused.status_code == 403

    instrument = Instrument.objects.get()
    options = [{"value": "y", "label": "含"}]
    Interpretation.objects.create(key="A01", instrument=instrument, question="?", options=options, default="y")
    Parameter.objects.create(key="p.n", label="天数", kind="integer")

    def post(client: Client, path: str, data: dict[str, Any]) -> Any:
        return client.post(f"/api/v1/{path}", json.dumps(data), content_type="application/json")

    assert post(editor, "interpretations/A01/answer", {"answer": "y", "reason": "会议"}).json()["status"] == "inferred"
    assert post(editor, "interpretations/A01/confirm", {"reason": "同意"}).status_code == 403
    assert post(leader, "interpretations/A01/confirm", {"reason": "同意"}).json()["status"] == "confirmed"
    assert post(leader, "interpretations/A01/confirm", {"reason": "同意"}).status_code == 409
    value = {"value": "7", "valid_from": "2024-01-01", "source": "甲文"}
    assert post(editor, "parameters/p.n/values", value).json()["value"] == 7
    assert editor.get("/api/v1/parameters/p.n?on=2023-01-01").json()["value"] is None


@pytest.mark.django_db
def test_program_decides_a_finding(bring_in: Callable[..., gazette.Report], signed_in: SignedIn) -> None:
    bring_in(NOTICE.replace("〔2024〕3号", "[2024]3号", 1))
    finding = Finding.objects.get(code="number_bracket")
    sent = signed_in("editor").post(
        f"/api/v1/findings/{finding.pk}/decide",
        json.dumps({"state": "dismissed", "reason": "不影响引用"}),
        content_type="application/json",
    )
    assert sent.json()["state"] == "dismissed"


@pytest.mark.django_db
def test_a_program_gets_every_refusal_in_one_shape(client: Client) -> None:
    stranger = client.get("/api/v1/duties")
    assert (stranger.status_code, stranger.json()["error"]) == (401, "sign_in_needed")
    nowhere = client.get("/api/v1/nothing")
    assert (nowhere.status_code, nowhere.json()) == (404, {"error": "not_found"})
    missing = client.get("/api/v1/documents/nope")
    assert (missing.status_code, missing.json()) == (404, {"error": "not_found"})
    empty = client.get("/api/v1/search?q=")
    assert (empty.status_code, empty.json()["error"], empty.json()["field"]) == (422, "bad_input", "q")


def test_import_tells_what_other_rooms_made_of_it_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    commands._tell(
        {"number": "", "title": "演示", "outcome": "new", "provisions": 2, "known_to_pack": False,
         "more": {"proposals": 2, "duties_linked": 0},
         "reason": "", "unmatched_clauses": [], "uncovered_provisions": []}
    )  # fmt: skip
    assert "建议立项 2" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_token_counts_where_no_token_is_needed(make_instrument: Any, person: Callable[..., Any]) -> None:
    from luoshi.accounts.actions import create_token

    inner = make_instrument("T9", {"一": "演示内部条文。"})
    Instrument.objects.filter(pk=inner.pk).update(public=False)
    editor = person("文", "editor")
    _, text = create_token(editor, "测试", by=editor.as_actor())
    good, bad = {"HTTP_AUTHORIZATION": f"Bearer {text}"}, {"HTTP_AUTHORIZATION": "Bearer ls_forged"}
    client = Client()
    for address in ("/api/v1/documents/T9", "/api/v1/documents/T9/provisions/一"):
        assert client.get(address).status_code == 404
        assert client.get(address, **good).status_code == 200
    found = client.get("/api/v1/search", {"q": "内部条文"}, **good).json()
    assert [hit["citation"] for hit in found] == ["T9:一"] and client.get(
        "/api/v1/search", {"q": "内部条文"}
    ).json() == []
    for address in ("/api/v1/documents", "/api/v1/documents/T9", "/api/v1/search?q=内部"):
        answer = client.get(address, **bad)
        assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_needed")
    client.force_login(editor)  # a token that is not good is not made good by a session behind it
    assert client.get("/api/v1/documents/T9").status_code == 200
    assert client.get("/api/v1/documents/T9", **bad).status_code == 401


@pytest.mark.django_db
def test_the_day_of_revision_is_read_by_all_and_set_by_an_editor(make_instrument: Any, signed_in: SignedIn) -> None:
    make_instrument("T8", {"一": "演示条文。"})
    address, given = "/api/v1/documents/T8/revision", {"due": "2099-05-01", "reason": "评估后延后"}
    assert Client().get(address).json() == {"due": None, "cite": "", "set_by_hand": False}
    assert Client().post(address, given, "application/json").status_code == 401
    assert signed_in("handler").post(address, given, "application/json").status_code == 403
    editor = signed_in("editor")
    assert editor.post(address, given, "application/json").json()["due"] == "2099-05-01"
    again = editor.post(address, given, "application/json")
    assert (again.status_code, again.json()["field"]) == (422, "due")
    past = editor.post(address, {**given, "due": "2020-01-01"}, "application/json")
    assert (past.status_code, past.json()["field"]) == (422, "due")
