"""The database restarts while a response is being started: the officer is told so, and the same form starts it once."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.emergency.restarted import REASON

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def _as() -> dict[str, Any]:
    """Whose hand a PostgreSQL server runs under: it refuses root's."""
    if os.geteuid() != 0:
        return {}
    try:
        postgres = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("这台机器没有 postgres 账号，不能起一个私有的 PostgreSQL")
    return {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": []}


@pytest.fixture
def cluster() -> Iterator[tuple[str, str]]:
    """A PostgreSQL server of our own on a socket in its own folder: its address, and how it is restarted."""
    if not (PROGRAMS / "initdb").exists():
        pytest.skip("这台机器没有 PostgreSQL 15 的服务器程序")
    hand, home = _as(), Path(tempfile.mkdtemp(prefix="luoshi-pg-", dir="/tmp"))
    if hand:
        os.chown(home, hand["user"], hand["group"])
    data, quiet = home / "data", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home}

    def run(*words: str) -> None:
        subprocess.run([str(PROGRAMS / words[0]), *words[1:]], check=True, timeout=60, **hand, **quiet)  # type: ignore[call-overload]

    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c shared_buffers=16MB"
    control = ["-D", str(data), "-l", str(home / "log"), "-w"]
    try:
        run("initdb", "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", *control, "-o", options, "start")
        again = {"command": [str(PROGRAMS / "pg_ctl"), *control, "restart", "-m", "immediate"], "as": hand}
        yield f"postgres://postgres@{str(home).replace('/', '%2F')}/postgres", json.dumps(again)
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", *control, "stop", "-m", "immediate")
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.once
def test_a_database_that_restarts_in_the_middle_of_a_start(cluster: tuple[str, str], tmp_path: Path) -> None:
    url, again = cluster
    environment = {k: v for k, v in os.environ.items() if k not in ("LUOSHI_NOW", "LUOSHI_DEMO")} | {
        "LUOSHI_DATA": str(tmp_path), "LUOSHI_DATABASE_URL": url, "DATABASE_RESTART": again,
        "DJANGO_SETTINGS_MODULE": "luoshi.server.settings", "LUOSHI_CHANNELS": "mailbox",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.emergency.restarted"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    during, second, third = found["answers"]
    assert (during["status"], during["again"], during["running"], during["lines"]) == (503, "5", 0, 0), during["page"]
    assert "数据库暂时连不上，请稍后再试" in during["page"] and "Traceback" not in during["page"]
    assert during["page"].count(REASON) == 2, "shown, and in the form that sends it again"
    assert (second["status"], second["running"], second["lines"]) == (302, 1, 1), second["page"]
    assert (third["status"], third["running"], third["lines"]) == (302, 1, 1), (
        "a restart between two requests is not seen"
    )
    end = found["end"]
    assert (end["running"], end["callouts"], end["notices"], end["ledger"]) == (1, 1, 1, True)
