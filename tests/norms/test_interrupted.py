"""kill -9 in the middle of an import: what was finished is whole, the rest is absent, the next try does the rest."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from .conftest import NOTICE

THREE = "\n".join(NOTICE.replace("〔2024〕3号", f"〔2024〕{n}号").replace("120个", f"{n}20个") for n in (3, 4, 5))

# The command itself, stopped where `where` says: said on standard output, then asleep until it is killed.
PAUSED = """
import sys, time
from luoshi.norms import commands
def stop():
    print("here", flush=True)
    time.sleep(120)
where, file = sys.argv[1:]
commands._django()
from luoshi.norms import imports, linking
real, count = imports.store, 0
def store(document, *args, **more):
    global count
    count += 1
    if where == "between" and count == 3:
        stop()
    return real(document, *args, **more)
imports.store = store
link = linking.link
def linked(version):
    if where == "within" and count == 3:
        stop()
    return link(version)
imports.linking.link = linked
commands.gazette(["import", file], standalone_mode=False)
"""
# The same again, let run to its end.
AGAIN = """
import sys
from luoshi.norms import commands
commands._django()
from luoshi.kernel.acting import Actor
from luoshi.norms import gazette, uploads
by = Actor("test", via="cli")
with open(sys.argv[1], "rb") as stream:
    outcomes = [d["outcome"] for d in gazette.import_upload(uploads.receive(stream, "x", by=by), by=by).documents]
"""
# What is stored, in words that do not depend on keys or times.
STATE = """
import json
from luoshi.norms import commands
commands._django()
from luoshi.ledger.models import Entry
from luoshi.ledger import reading
from luoshi.norms.models import Finding, InstrumentVersion, Provision, SearchEntry, Upload
print(json.dumps({
    "documents": [[v.instrument.number, v.provisions.count(), v.digest]
                  for v in InstrumentVersion.objects.order_by("id")],
    "indexed": SearchEntry.objects.count(), "provisions": Provision.objects.count(),
    "findings": sorted(Finding.objects.values_list("code", "path", "raw")),
    "imported": Entry.objects.filter(kind="norms.imported").count(),
    "outcomes": globals().get("outcomes", []), "whole": reading.verify().ok,
    "uploads": list(Upload.objects.values_list("sha256", "state")),
}))
"""


class Shell:
    """The program in processes of its own, on a database of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.env = os.environ | {"LUOSHI_DATA": str(folder), "LUOSHI_DATABASE_URL": url}

    def _code(self, text: str, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", text, *args], env=self.env, stdout=subprocess.PIPE, text=True)

    def killed(self, text: str, *args: str) -> None:
        running = self._code(text, *args)
        assert running.stdout is not None and running.stdout.readline() == "here\n"
        running.send_signal(signal.SIGKILL)
        running.wait(timeout=30)

    def told(self, text: str, *args: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._code(text, *args).communicate(timeout=120)[0].splitlines()[-1])
        return found


@pytest.fixture
def shell(transactional_db: None, tmp_path: Path) -> Shell:
    """On the test database where processes can share it, on a copy of its file where they cannot."""
    if connection.vendor == "postgresql":
        at = connection.settings_dict
        url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    else:
        import sqlite3

        connection.ensure_connection()
        file = tmp_path / "luoshi.sqlite3"
        with sqlite3.connect(file) as copy:
            connection.connection.backup(copy)
        url = f"sqlite:///{file}"
    (tmp_path / "公报.txt").write_text(THREE, encoding="utf-8")
    return Shell(tmp_path, url)


def test_an_import_killed_between_two_documents_then_within_one_is_completed_by_the_next(shell: Shell) -> None:
    file = shell.folder / "公报.txt"
    shell.killed(PAUSED, "between", str(file))
    left = shell.told(STATE)
    assert [number for number, _count, _digest in left["documents"]] == ["演政发〔2024〕3号", "演政发〔2024〕4号"]
    assert left["provisions"] == sum(count for _number, count, _digest in left["documents"])
    assert left["imported"] == 2
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert left["uploads"] == [[digest, "read"]]
    kept = shell.folder / "uploads" / "gazette" / digest[:2] / digest
    assert kept.read_bytes() == file.read_bytes()

    shell.killed(PAUSED, "within", str(file))
    done = shell.told(AGAIN + STATE, str(file))
    assert done["outcomes"] == ["unchanged", "unchanged", "new"]
    assert done["documents"][:2] == left["documents"]
    assert len({count for _number, count, _digest in done["documents"]}) == 1
    assert (len(done["documents"]), done["imported"], done["uploads"]) == (3, 3, [[digest, "stored"]])
    assert done["indexed"] == left["indexed"] // 2 * 3
    assert done["whole"] is True
