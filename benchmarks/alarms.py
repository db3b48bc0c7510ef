"""Alarms of monitoring systems: how soon an officer sees one, and a flood beside alerta-server, none lost.

    python -m benchmarks.alarms [--seconds 20] [--burst 10000]

1. SQLite, 50 alarms a second: from sending an alarm to a page that shows its incident with what the rules ask, the
   notice to the officers queued. p95 under 150 ms.
2. A burst over HTTP, both servers on PostgreSQL, messages made alike (a fifth of the alarms repeat) by the same
   clients under the same web server with the same number of processes: one alert a message, then fifty. Every alarm
   sent is counted afterwards, and every repetition. At least twice the rate that alerta-server accepts; beside it the
   rate at which ours were joined to incidents, from the first sent to the last joined. The peer is timed on a fifth of
   the burst (at least 2,000): its tables grow less, which is in its favour. Without alerta-server (`make bench`
   installs it) or PostgreSQL the comparison is left out by name.

Ends with 1 when a bound is broken or an alarm is lost.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.util
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import databases

ROOT = Path(__file__).resolve().parent.parent
RATE, BOUND_MS, FACTOR = 50, 150, 2.0
TOWNS = ("北石店镇", "东街街道", "西街街道", "南街街道", "北街街道", "钟家庄街道", "西上庄街道")
WORKERS, CLIENTS = 2, 4


def alert(n: int, town: str = "") -> dict[str, Any]:
    """A synthetic alarm; both servers tell alarms apart by what is different here."""
    labels = {"alertname": "BaseStationDown", "instance": f"site{n}", "town": town or TOWNS[n % len(TOWNS)],
              "operator": "移动城区分公司", "severity": "critical",
              "environment": "Production", "service": "net"}  # fmt: skip
    notes = {"summary": f"演示基站 {n} 退服", "description": "虚构"}
    return {"status": "firing", "labels": labels, "annotations": notes,
            "startsAt": "2026-01-01T03:00:00+08:00", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://noc/",
            "fingerprint": f"{n:016x}"}  # fmt: skip


def message(alerts: Sequence[dict[str, Any]], group: str = "g") -> bytes:
    told = {"version": "4", "groupKey": group, "status": "firing", "receiver": "luoshi", "externalURL": "http://noc/",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "alerts": list(alerts)}  # fmt: skip
    return json.dumps(told).encode()


class Caller:
    """One kept-open connection to a server."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = headers

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        self.connection.request(method, path, body, {"Content-Type": "application/json", **self.headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def prepare() -> None:
    """In a process of its own: the data, a feed, an officer signed in. Prints what the clients need."""
    import django

    django.setup()
    from django.contrib.sessions.backends.db import SessionStore

    from luoshi.accounts.models import Grant, User
    from luoshi.emergency import feeds
    from luoshi.server import boot

    list(boot.init("jccq"))
    officer = User.objects.create(username="bench", display_name="值班员（虚构）", synthetic=True)
    Grant.objects.create(user=officer, role="duty_officer")
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(officer.pk), officer.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    _, key = feeds.open_feed("bench（虚构）", officer)
    print(json.dumps({"key": key, "session": session.session_key}))


def count() -> None:
    """In a process of its own: what is stored."""
    import django

    django.setup()
    from django.db.models import Sum

    from luoshi.emergency.models import Incident, Signal, Unjoined
    from luoshi.notices.models import Notice

    until = time.monotonic() + 60
    while Unjoined.objects.exists() and time.monotonic() < until:
        time.sleep(0.05)
    repeats = Signal.objects.aggregate(n=Sum("repeats"))["n"] or 0
    told = {"distinct": Signal.objects.count(), "repeats": repeats, "incidents": Incident.objects.count(),
            "without": Signal.objects.filter(incident=None).count(),
            "notices": Notice.objects.filter(kind="emergency.reported").count(),
            "waiting": Unjoined.objects.count()}  # fmt: skip
    print(json.dumps(told))


def apart(what: str, environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "benchmarks.alarms", what], cwd=ROOT, env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@contextlib.contextmanager
def serving(command: Sequence[str], environment: dict[str, str], port: int) -> Iterator[None]:
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **quiet)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            if child.poll() is not None:
                raise RuntimeError(f"{command[:4]} ended with {child.returncode}")
            time.sleep(0.1)
        time.sleep(1.0)
        yield
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
        with contextlib.suppress(ProcessLookupError):  # a server may leave its workers behind
            os.killpg(child.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ours(port: int, workers: int) -> list[str]:
    return [sys.executable, "-m", "luoshi", "web", "--port", str(port), "--workers", str(workers)]


def burst(port: int, path: str, headers: dict[str, str], messages: Sequence[bytes]) -> float:
    """Seconds until every message was accepted by `CLIENTS` callers. A refusal ends it."""
    queue, lock, wrong = list(messages), threading.Lock(), []

    def work() -> None:
        caller = Caller(port, headers)
        while True:
            with lock:
                if not queue or wrong:
                    return
                body = queue.pop()
            status, answer = caller.call("POST", path, body)
            if status not in (200, 201, 202):
                wrong.append((status, answer[:300]))

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"{path}: {wrong[0]}")
    return time.perf_counter() - began


def cut(numbers: Sequence[int], size: int) -> list[bytes]:
    alerts = [alert(n) for n in numbers]
    return [message(alerts[i : i + size]) for i in range(0, len(alerts), size)]


def seen(seconds: float) -> bool:
    """Alarm in → incident on the officer's screen, notice queued, while 50 alarms a second come in."""
    with databases.empty("") as (_, environment):
        told = apart("prepare", environment)
        port = free_port()
        auth = {"Authorization": f"Bearer {told['key']}"}
        with serving(ours(port, WORKERS), environment, port):
            took = _watch(port, auth, {"Cookie": f"sessionid={told['session']}"}, seconds)
            stored = apart("count", environment)
    p95 = statistics.quantiles(took["seen"], n=20)[18] if len(took["seen"]) > 1 else took["seen"][0]
    accepted = statistics.quantiles(took["accepted"], n=20)[18]
    sent, kept = len(took["accepted"]) + len(took["seen"]) + 4 * WORKERS, stored["distinct"] + stored["repeats"]
    print(f"SQLite, {RATE} alarms/s for {seconds:.0f} s: {sent} sent, {kept} kept, {stored['incidents']} incidents")
    print(f"  accepted and stored, notice queued  p95 {accepted:8.1f} ms")
    print(f"  on the officer's screen             p95 {p95:8.1f} ms   bound {BOUND_MS} ms")
    fine = p95 < BOUND_MS and kept == sent and not stored["without"] and not stored["waiting"]
    return fine and bool(stored["notices"])


def _where(officer: Caller, words: str) -> int:
    """The incident that an alarm stored to be joined in a moment went to: asked until it has."""
    while True:
        _, answer = officer.call("GET", "/api/v1/emergency/signals?limit=20")
        for row in json.loads(answer):
            if words in row["text"]:
                found: int = row["incident_id"]
                return found
        time.sleep(0.01)


def _watch(port: int, auth: dict[str, str], officer: dict[str, str], seconds: float) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"accepted": [], "seen": []}
    until, lock = 0.0, threading.Lock()

    def load(part: int) -> None:
        caller, n, step = Caller(port, auth), part * 1_000_000, CLIENTS / RATE
        due = time.perf_counter() + part * step / CLIENTS
        while (now := time.perf_counter()) < until:
            if now < due:
                time.sleep(due - now)
            due, n = due + step, n + 1
            began = time.perf_counter()
            status, _ = caller.call("POST", "/api/v1/emergency/alerts", message([alert(n)]))
            assert status in (200, 202), status
            with lock:
                took["accepted"].append((time.perf_counter() - began) * 1000)

    def probe() -> None:
        sender, reader, n = Caller(port, auth), Caller(port, officer), 90_000_000
        while time.perf_counter() < until:
            n += 1
            began = time.perf_counter()
            status, answer = sender.call("POST", "/api/v1/emergency/alerts", message([alert(n)]))
            assert status in (200, 202), status
            found = _where(reader, f"演示基站 {n} 退服") if status == 202 else json.loads(answer)["incident_ids"][0]
            status, page = reader.call("GET", f"/emergency/incidents/{found}/")
            assert status == 200 and "分流" in page.decode(), status
            took["seen"].append((time.perf_counter() - began) * 1000)
            time.sleep(0.3)

    for _ in range(4 * WORKERS):  # every process reads the plans once, at its first alarm
        Caller(port, auth).call("POST", "/api/v1/emergency/alerts", message([alert(80_000_000)]))
        Caller(port, officer).call("GET", "/emergency/incidents/1/")
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=load, args=(part,)) for part in range(CLIENTS)]
    threads.append(threading.Thread(target=probe))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def flood(burst_size: int) -> bool:
    if not databases.reachable(databases.POSTGRES):
        print("burst: left out, needs PostgreSQL (LUOSHI_BENCH_POSTGRES)")
        return True
    fine, rates = True, {}
    peer = importlib.util.find_spec("alerta") is not None
    for size in (1, 50):
        numbers = _numbers(burst_size)
        rates[size], joined, kept = _ours(numbers, size)
        distinct = len(set(numbers))
        lost = (kept["distinct"], kept["repeats"], kept["without"]) != (distinct, burst_size - distinct, 0)
        fine &= not lost
        print(f"PostgreSQL, {burst_size} alarms, {size:>2} a message: luoshi {rates[size]:8.0f} alarms/s accepted, "
              f"{joined:6.0f}/s joined, {kept['distinct']} kept + {kept['repeats']} repetitions, "
              f"{kept['incidents']} incidents{'   LOST' if lost else ''}")  # fmt: skip
        if not peer:
            continue
        few = _numbers(min(burst_size, max(2000, burst_size // 5)))
        theirs, stored = _alerta(few, size)
        fine &= rates[size] >= FACTOR * theirs and stored == len(few)
        print(f"  alerta-server {theirs:8.0f} alarms/s, {stored} of {len(few)} stored; "
              f"luoshi × {rates[size] / theirs:.1f}   bound × {FACTOR}; joined × {joined / theirs:.1f}")  # fmt: skip
    if not peer:
        print("alerta-server: left out, not installed (make bench installs it)")
    return fine


def _numbers(count: int) -> list[int]:
    """Which alarms are sent: a fifth of them a second time."""
    return [n % (count * 4 // 5) for n in range(count)]


def _ours(numbers: Sequence[int], size: int) -> tuple[float, float, dict[str, Any]]:
    """Alarms accepted a second; joined a second, from the first sent to the last joined; what is stored."""
    import psycopg

    with databases.empty(databases.POSTGRES) as (url, environment):
        told = apart("prepare", environment)
        port = free_port()
        with serving(ours(port, WORKERS), environment, port), psycopg.connect(url, autocommit=True) as database:
            headers = {"Authorization": f"Bearer {told['key']}"}
            messages, began = cut(numbers, size), time.perf_counter()
            seconds = burst(port, "/api/v1/emergency/alerts", headers, messages)
            while (row := database.execute("SELECT count(*) FROM emergency_unjoined").fetchone()) and row[0]:
                time.sleep(0.02)
            joined = time.perf_counter() - began
            kept = apart("count", environment)
        return len(numbers) / seconds, len(numbers) / joined, kept


def _alerta(numbers: Sequence[int], size: int) -> tuple[float, int]:
    import psycopg

    with databases.empty(databases.POSTGRES) as (url, environment), tempfile.NamedTemporaryFile("w") as settings:
        settings.write("AUTH_REQUIRED = False\nPLUGINS = []\nAUDIT_TRAIL = []\n")
        settings.flush()
        environment |= {"DATABASE_URL": url, "ALERTA_SVR_CONF_FILE": settings.name, "LOG_LEVEL": "ERROR"}
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--port", str(port),
                   "--workers", str(WORKERS), "--blocking-threads", str(min(8, 2 * (os.cpu_count() or 1) + 1)),
                   "alerta.app:create_app"]  # fmt: skip
        with serving(command, environment, port):
            burst(port, "/webhooks/prometheus", {}, cut([10**9], 1))  # tables are made at the first message
            seconds = burst(port, "/webhooks/prometheus", {}, cut(numbers, size))
        with psycopg.connect(url) as database:
            row = database.execute("SELECT count(*) + coalesce(sum(duplicate_count), 0) FROM alerts").fetchone()
        return len(numbers) / seconds, int(row[0]) - 1 if row else 0


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--burst", type=int, default=10_000)
    given = options.parse_args(argv)
    return int(not all([seen(given.seconds), flood(given.burst)]))


if __name__ == "__main__":
    _parts = {"prepare": prepare, "count": count}
    if sys.argv[1:2] and sys.argv[1] in _parts:
        _parts[sys.argv[1]]()
    else:
        sys.exit(main())
