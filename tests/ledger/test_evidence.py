"""Evidence leaves the house and still proves itself."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger import actions, evidence, package, reading
from luoshi.ledger.engine import Mark, digest
from luoshi.ledger.models import Head

WANG = Actor("王督查", user_id=7)


@pytest.fixture
def packed(db: None) -> Iterator[bytes]:
    norms = list(evidence._norm_sources)
    attachments = dict(evidence._attachments)
    evidence.norm_source(lambda cites, at: [{"cite": c, "version": 1, "text": "演示文本"} for c in cites])
    evidence.attach("duty")(lambda subject: {"state": "核验", "subject": subject})
    for n in range(6):
        actions.append(
            "test.decided",
            by=WANG,
            subject=f"duty:{n % 2}",
            cites=["09:三(一)1"],
            data={"facts": {"n": n}, "decision": {"double": 2 * n}},
        )
    yield evidence.build("duty:0")
    evidence._norm_sources[:] = norms
    evidence._attachments.clear()
    evidence._attachments.update(attachments)


def double(data: Mapping[str, Any]) -> dict[str, int]:
    return {"double": 2 * data["facts"]["n"]}


def unpack(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def repack(files: dict[str, str], *, honest: bool) -> bytes:
    """A changed package; `honest` also mends the manifest, as a forger would."""
    if honest:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {n: digest(t) for n, t in files.items() if n != "manifest.json"}
        files["manifest.json"] = json.dumps(manifest)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_a_package_is_the_same_every_time_and_sound(packed: bytes) -> None:
    assert evidence.build("duty:0") == packed
    found = package.check(packed, replayers={"test.decided": double})
    assert found.ok and found.entries == 3 and found.head_seq == 6
    assert any("复算一致" in line for line in found.checks)
    assert any("封存" in note for note in found.notes)


def test_a_package_does_not_show_what_others_did(packed: bytes) -> None:
    files = unpack(packed)
    assert "duty:1" not in "".join(files.values())
    assert json.loads(files["facts.json"]) == {"state": "核验", "subject": "duty:0"}
    assert json.loads(files["norms.json"])[0]["cite"] == "09:三(一)1"


@pytest.mark.parametrize("honest", [False, True])
@pytest.mark.parametrize("name", ["entries.jsonl", "chain.jsonl", "norms.json"])
def test_a_changed_package_is_found_out(packed: bytes, name: str, honest: bool) -> None:
    files = unpack(packed)
    changes = {
        "entries.jsonl": ('\\"n\\":2', '\\"n\\":8'),
        "chain.jsonl": ("[3,", "[3 ,"),
        "norms.json": ("演示", "演练"),
    }
    old, new = changes[name]
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    if name == "chain.jsonl":
        lines = files[name].splitlines()
        lines[2] = lines[2][:-10] + '00000000"]'
        files[name] = "\n".join(lines)
    found = package.check(repack(files, honest=honest), replayers={"test.decided": double})
    assert not found.ok and any(name in problem["file"] for problem in found.problems)


def test_a_decision_that_does_not_follow_from_its_facts_is_found(packed: bytes) -> None:
    found = package.check(packed, replayers={"test.decided": lambda data: {"double": 5}})
    assert [problem["seq"] for problem in found.problems] == [1, 3, 5]
    broken = package.check(packed, replayers={"test.decided": lambda data: 1 / 0})
    assert len(broken.problems) == 3


def test_a_file_slipped_in_is_found(packed: bytes) -> None:
    files = unpack(packed)
    files["note.txt"] = "补充说明"
    assert not package.check(repack(files, honest=False)).ok


def test_a_package_is_compared_with_published_seals(packed: bytes) -> None:
    head = Head.objects.get()
    assert package.check(packed, seals=[Mark(head.seq, head.hash)]).notes[-1:] != []
    assert not package.check(packed, seals=[Mark(head.seq, "f" * 64, "公告")]).ok


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_what_is_no_package_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"x\.zip"):
        package.check(data, name="x.zip")


def test_a_package_without_a_part_is_refused(packed: bytes) -> None:
    files = unpack(packed)
    del files["chain.jsonl"]
    with pytest.raises(BadInput, match=r"chain\.jsonl"):
        package.check(repack(files, honest=False), name="x.zip")


@pytest.mark.django_db
def test_there_is_no_evidence_about_what_never_happened() -> None:
    with pytest.raises(BadInput):
        evidence.build("duty:404")


def luoshi(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "luoshi", *arguments]
    clean = {k: v for k, v in os.environ.items() if k != "LUOSHI_DATABASE_URL"}
    return subprocess.run(command, capture_output=True, text=True, env={**clean, **environment}, check=False)


def test_a_package_verifies_from_a_shell_without_any_database(packed: bytes, tmp_path: Path) -> None:
    good, bad, junk = tmp_path / "good.zip", tmp_path / "bad.zip", tmp_path / "junk.zip"
    good.write_bytes(packed)
    files = unpack(packed)
    files["entries.jsonl"] = files["entries.jsonl"].replace('\\"n\\":2', '\\"n\\":8')
    bad.write_bytes(repack(files, honest=True))
    junk.write_bytes(b"?")
    nowhere = {"LUOSHI_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "LUOSHI_DATA": str(tmp_path / "data")}
    done = luoshi("ledger", "verify", str(good), "--json", **nowhere)
    assert done.returncode == 0 and json.loads(done.stdout)["ok"] is True
    assert not (tmp_path / "data").exists()
    done = luoshi("ledger", "verify", str(bad), "--json", **nowhere)
    assert done.returncode == 1 and json.loads(done.stdout)["problems"][0]["seq"] == 3
    for unusable in (junk, tmp_path / "absent.zip"):
        done = luoshi("ledger", "verify", str(unusable), **nowhere)
        assert done.returncode == 2 and unusable.name in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_ledger_is_verified_sealed_and_packed_from_a_shell(tmp_path: Path) -> None:
    data = {"LUOSHI_DATA": str(tmp_path / "data")}
    done = luoshi("ledger", "verify", "--json", **data)
    assert done.returncode == 0 and json.loads(done.stdout)["ok"] is True
    act = (
        "from django.db import transaction as t; from luoshi.ledger import actions as a;"
        "from luoshi.kernel.acting import Actor as A;"
        "[t.atomic(lambda n=n: a.append('a.b', by=A('甲'), subject=f'duty:{n}'))() for n in range(3)]"
    )
    assert luoshi("django", "shell", "--no-imports", "-c", act, **data).returncode == 0
    published = tmp_path / "seal.json"
    assert luoshi("ledger", "seal", "--out", str(published), **data).returncode == 0
    out = tmp_path / "duty.zip"
    assert luoshi("ledger", "evidence", "--subject", "duty:1", "--out", str(out), **data).returncode == 0
    against = ("--against", str(published))
    assert luoshi("ledger", "verify", *against, **data).returncode == 0
    assert luoshi("ledger", "verify", str(out), *against).returncode == 0
    forge = (
        "from django.db import connection as c; from luoshi.ledger import guard; guard.remove(c);"
        "c.cursor().execute(\"UPDATE ledger_entry SET actor='乙' WHERE subject='duty:1'\"); guard.install(c)"
    )
    assert luoshi("django", "shell", "--no-imports", "-c", forge, **data).returncode == 0
    done = luoshi("ledger", "verify", "--json", **data)
    assert done.returncode == 1 and "edited" in {p["sort"] for p in json.loads(done.stdout)["problems"]}


@pytest.mark.django_db
def test_seals_are_kept_once_per_state_of_the_ledger(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    with pytest.raises(BadInput):
        evidence.seal()
    assert evidence.take_seal(WANG) is None
    actions.append("a.b", by=WANG, subject="duty:1")
    kept = evidence.take_seal(WANG)
    assert kept is not None and evidence.take_seal(WANG) is None
    assert reading.verify(evidence.seals()).ok
    kept.write_text(kept.read_text().replace('"hash":"', '"hash":"0')[:-3] + "\n")
    with pytest.raises(BadInput):
        evidence.seals()
