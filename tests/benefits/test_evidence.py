"""The evidence of a payment: whoever has the package can decide it again, with no database and no trust in us."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from luoshi.benefits import banking
from luoshi.benefits.models import Claim
from luoshi.ledger import evidence, package
from luoshi.ledger.replays import load


def test_a_payments_package_is_verified_offline_and_decides_again(world: Any) -> None:
    batch = world.sent()
    banking.take_bank_file(world.answer(batch), "回单.csv", world.people["finance"])
    claim = Claim.objects.get()
    data = evidence.build(claim.ref)
    report = package.check(data, replayers=load())
    assert report.ok, report.problems
    assert any("个决定复算一致" in check for check in report.checks)
    facts = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("facts.json"))
    assert facts["payments"][0]["state"] == "paid"
    assert "1234567890" not in json.dumps(facts["payments"])
    assert facts["provenance"]["turnover_prior_year_yuan"]["source"]


def test_a_changed_amount_in_a_package_is_found_by_deciding_again(world: Any) -> None:
    claim = world.approved()
    data = evidence.build(claim.ref)
    files = {
        name: zipfile.ZipFile(io.BytesIO(data)).read(name) for name in zipfile.ZipFile(io.BytesIO(data)).namelist()
    }
    entries = [json.loads(line) for line in files["entries.jsonl"].splitlines()]
    approval = next(e for e in entries if json.loads(e["payload"])["kind"] == "benefits.approve")
    said = json.loads(approval["payload"])["data"]
    said["decision"]["amount_yuan"] = 600000
    from luoshi.benefits.replays import approved

    assert approved(said) != said["decision"]


def test_a_package_is_still_decided_again_after_the_rules_were_replaced(world: Any, monkeypatch: Any) -> None:
    from luoshi.benefits import engine

    claim = world.approved()
    data = evidence.build(claim.ref)
    installed = engine.rule_of("25:二(一)")[1]
    newer = type(installed)(installed.slug, installed.assembly, "f" * 64, installed.questions)
    real = engine.rule_of

    def replaced(measure: str, pack: str = "jccq") -> Any:
        return (real(measure)[0], newer) if pack == "jccq" else real(measure, pack)

    monkeypatch.setattr(engine, "rule_of", replaced)
    report = package.check(data, replayers=load())
    assert report.ok, report.problems
    archive = {name: zipfile.ZipFile(io.BytesIO(data)).read(name) for name in ("facts.json", "entries.jsonl")}
    rules = json.loads(archive["facts.json"])["rules"]
    assert list(rules) == [installed.digest] and "measures.yaml" in rules[installed.digest]["files"]
