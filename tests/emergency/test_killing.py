"""The power goes during a start, a call-out and a flood: nothing half done, nothing twice, nobody forgotten."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.emergency.killed import CALLS, EACH, PEOPLE, UNITS

ROOT = Path(__file__).resolve().parents[2]


class Gateway:
    """An SMS gateway that is slow, and counts what it has sent on to whom."""

    def __init__(self) -> None:
        self.sent: Counter[str] = Counter()
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.sent[told["to"]] += 1
                time.sleep(0.02)
                try:
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(b"ok")
                except OSError:
                    pass  # who asked is dead; the message has gone out all the same

            def log_message(self, *args: Any) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    yield made
    made.server.shutdown()


@pytest.mark.once
def test_a_power_cut_during_a_start_a_call_out_and_a_flood(gateway: Gateway, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("LUOSHI_NOW", "LUOSHI_DEMO")} | {
        "LUOSHI_DATA": str(tmp_path), "LUOSHI_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3",
        "DJANGO_SETTINGS_MODULE": "luoshi.server.settings", "LUOSHI_CHANNELS": "sms,mailbox",
        "LUOSHI_SMS_URL": gateway.url, "LUOSHI_SMS_BODY": '{"to": "{phone}", "text": "{text}"}',
    }  # fmt: skip

    done = subprocess.run(
        [sys.executable, "-m", "tests.emergency.killed", "21"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    wanted = ("running", "callouts", "notices", "tasks")
    assert found["killed"] and [found["after_cut"][name] for name in wanted] == [0, 0, 0, 0]
    everybody = len(UNITS) * PEOPLE
    started = found["started"]
    assert found["killed_kept"] and found["kept"] == started, "what was kept is there, and the same form adds nothing"
    assert started["lines"] == 1
    assert [started[name] for name in wanted] == [1, 1, 1, 7] and started["open"] == everybody
    end, phones = found["end"], {f"1380000{n:04d}" for n in range(1, everybody + 1)}
    assert end["open"] == 0 and end["ledger"]
    assert max(gateway.sent.values()) == 1, "somebody was told twice"
    assert set(end["sent"]) | set(end["dial"]) == phones, "somebody was forgotten"
    assert set(end["sent"]) <= set(gateway.sent) and not set(end["sent"]) & set(end["dial"])
    sent = 2 * CALLS * EACH
    for state in found["flood"]:
        assert state["waiting"] + state["heard"] == sent and state["received"] == state["heard"] and state["ledger"]
    assert found["flood"][0]["heard"] == 3 * EACH, "the batch that was cut off is there not at all"
    assert found["flood"][-1]["waiting"] == 0 and found["flood"][-1]["distinct"] == CALLS * EACH
