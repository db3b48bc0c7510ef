"""Registers over HTTP and from a shell: the same import, the same disputes, the same refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.benefits.registering import code, source

from luoshi.benefits import commands_registers as commands
from luoshi.benefits.models import Dispute, Record, RegisterFile, Subject
from luoshi.kernel.errors import BadInput, Refused

pytestmark = pytest.mark.django_db
API = "/api/v1/benefits"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def client(world: Any) -> Client:
    client = Client()
    client.force_login(world.people["culture"])
    return client


def send(client: Client, text: str, register: str, by: str, **more: Any) -> Any:
    given = {"kind": register, "source": more.pop("source", "") or source(by).code, "as_of": "2025-03-01", **more}
    return client.post(f"{API}/imports", {**given, "file": SimpleUploadedFile("a.csv", text.encode())})


def act(client: Client, path: str, **given: Any) -> Any:
    return client.post(f"{API}{path}", json.dumps(given), content_type="application/json")


STARS = "信用代码,名称,事项,星级,日期\n{code},甲,新评定,{star},2025-05-01\n"


def test_a_register_comes_in_and_a_dispute_is_settled_over_http(client: Client) -> None:
    dry = send(client, STARS.format(code=code(1), star=5), "25:stars", "one", dry_run="true")
    assert dry.json()["counts"]["new"] == 1 and not RegisterFile.objects.exists()
    for star, by in ((5, "one"), (4, "two")):
        found = send(client, STARS.format(code=code(1), star=star), "25:stars", by).json()
        assert found["state"] == "checked", found
        stored = act(client, f"/imports/{found['id']}/store")
        assert stored.json()["state"] == "stored", stored.content
    [row] = client.get(f"{API}/disputes").json()
    assert row["fact"] == "star" and row["label"] == "星级"
    whole = client.get(f"{API}/disputes/{row['id']}").json()
    assert {one["measure"] for one in whole["outcomes"]} == {"25:二(一)"}
    assert act(client, f"/disputes/{row['id']}/settle", value=3, reason="试一试").status_code == 422
    assert act(client, f"/disputes/{row['id']}/settle", value=5, reason="核对公告").json()["state"] == "decided"
    [subject] = client.get(f"{API}/subjects", {"q": code(1)}).json()
    blocks = client.get(f"{API}/subjects/{subject['id']}").json()["blocks"]
    star = next(fact for block in blocks for fact in block["facts"] if fact["fact"] == "star")
    assert star["state"] == "settled" and len(star["sources"]) == 2


def test_columns_are_mapped_and_facts_corrected_over_http(client: Client) -> None:
    found = send(client, f"甲,乙,丙\n{code(1)},2024,100\n", "25:turnover", "one").json()
    assert found["state"] == "received" and "缺少" in found["failure"]
    mapped = act(
        client, f"/imports/{found['id']}/mapping", mapping={"甲": "key", "乙": "year", "丙": "turnover_year_yuan"}
    )
    assert mapped.json()["state"] == "checked"
    act(client, f"/imports/{found['id']}/store")
    pk = Subject.objects.get().pk
    given = {"fact": "turnover_year_yuan@2024", "value": "12000000", "reason": "核对审计报告"}
    assert act(client, f"/subjects/{pk}/facts", **given).json()["values"] == {"turnover_year_yuan": "12000000.00"}
    assert Dispute.objects.get().state == "decided"
    assert send(client, "a", "25:turnover", "nobody", source="nobody").status_code == 422


def test_who_may_not_gets_403(world: Any) -> None:
    auditor, enterprise = Client(), Client()
    auditor.force_login(world.people["auditor"])
    enterprise.force_login(world.people["enterprise"])
    assert auditor.get(f"{API}/disputes").status_code == 200
    assert send(auditor, "a", "25:stars", "one").status_code == 403
    for path in ("/disputes", "/subjects", "/registers"):
        assert enterprise.get(f"{API}{path}").status_code == 403
        assert Client().get(f"{API}{path}").status_code == 401


def run(*args: str) -> str:
    done = CliRunner().invoke(commands.import_, list(args), catch_exceptions=False, standalone_mode=False)
    return done.output


def test_a_file_is_imported_from_a_shell_once(world: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(commands, "ensure_data", lambda *_: None)
    file = tmp_path / "酒店.csv"
    file.write_text(f"信用代码,名称,在城区经营\n{code(1)},甲,是\n{code(2)},乙,也许\n")
    base = [str(file), "--register", "25:hotels", "--source", "registry", "--as-of", "2025-03-01"]
    assert "只检查，未入册：新的 1" in run(*base, "--dry-run")
    assert not Record.objects.exists() and not RegisterFile.objects.exists()
    with pytest.raises(BadInput, match="账号"):
        run(*base)
    named = [*base, "--source-name", "市场主体登记", "--user", "culture"]
    with pytest.raises(BadInput, match="没有入册") as caught:
        run(*named)
    assert (caught.value.line, caught.value.field) == (3, "在城区经营")
    assert "已入册：新的 1" in run(*named, "--partial")
    assert Record.objects.get().values == {"in_district": True}
    with pytest.raises(Refused, match="以前导入过"):
        run(*named, "--partial")
    told = json.loads(CliRunner().invoke(commands.sources, ["--json"], standalone_mode=False).output)
    assert told["sources"][0]["records"] == 1 and "25:hotels" in [kind["register"] for kind in told["registers"]]
    assert CliRunner().invoke(commands.disputes, ["--json"], standalone_mode=False).output.strip() == "[]"
