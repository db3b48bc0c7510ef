"""Workers killed with SIGKILL while they fire clocks: is anything lost or doubled?

`python -m benchmarks.killing CLOCKS KILLS SEED` runs against LUOSHI_DATABASE_URL (an empty database) and prints one
JSON document. Called in a process of its own by the benchmark of the clocks and by tests/clocks.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
KIND = "bench.kill"
WORKERS = 2


def _effect(clock: Any, moment: datetime) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_effect (clock_id) VALUES (%s)", [clock.pk])
    time.sleep(0.0005)  # so that most kills land inside a transaction


def _worker() -> None:
    from luoshi.clocks import actions

    while True:
        if not actions.tick(limit=25):
            time.sleep(0.005)


def main(clocks: int, kills: int, seed: int) -> dict[str, Any]:
    """Start `clocks` due deadlines, kill workers at random `kills` times while they fire, count what came of each."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from luoshi.clocks import registry
    from luoshi.clocks.models import Clock
    from luoshi.kernel import when
    from luoshi.ledger.reading import verify

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_effect (clock_id bigint)")
    registry.on(KIND, "break")(_effect)
    due = when.now() - timedelta(hours=1)
    coming = due + timedelta(microseconds=1)
    stored = {"started_at": due, "counted_from": due, "due_at": due, "next_event": "break"}
    Clock.objects.bulk_create(
        Clock(kind=KIND, subject=f"bench:{n}", name="x", event_at=coming, next_at=coming, **stored)
        for n in range(clocks)
    )
    connections.close_all()
    dice, fork, killed, began = random.Random(seed), multiprocessing.get_context("fork"), 0, time.monotonic()
    running = [fork.Process(target=_worker) for _ in range(WORKERS)]
    for process in running:
        process.start()
    while killed < kills or (_left() and time.monotonic() - began < 300):
        time.sleep(dice.uniform(0.01, 0.12))
        if killed < kills:
            victim = dice.randrange(WORKERS)
            os.kill(running[victim].pid or 0, signal.SIGKILL)
            running[victim].join()
            killed += 1
            connections.close_all()
            running[victim] = fork.Process(target=_worker)
            running[victim].start()
    for process in running:
        process.kill()
        process.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_id, count(*) FROM bench_effect GROUP BY clock_id")
        effects = dict(cursor.fetchall())
    report = verify()
    return {
        "engine": connection.vendor,
        "clocks": clocks,
        "kills": killed,
        "seconds": round(time.monotonic() - began, 2),
        "lost": clocks - len(effects),
        "doubled": sum(count > 1 for count in effects.values()),
        "left_running": Clock.objects.filter(state="running").count(),
        "ledger_entries": report.entries,
        "ledger_ok": report.ok,
    }


def _left() -> bool:
    from django.db import connections

    from luoshi.clocks.models import Clock

    left = Clock.objects.filter(next_at__isnull=False).exists()
    connections.close_all()
    return left


def run_apart(url: str, clocks: int, kills: int, seed: int) -> dict[str, Any]:
    """`main` in a process of its own. `url`: a PostgreSQL server (a database is made and dropped), or "" for SQLite."""
    with tempfile.TemporaryDirectory() as data:
        environment = {
            **os.environ,
            "LUOSHI_DATA": data,
            "DJANGO_SETTINGS_MODULE": "luoshi.server.settings",
            "LUOSHI_DATABASE_URL": url or f"sqlite:///{data}/kill.sqlite3",
        }
        environment.pop("LUOSHI_NOW", None)
        name = f"luoshi_kill_{os.getpid()}"
        if url:
            environment["LUOSHI_DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path="/" + name))
            _psql(url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.killing", str(clocks), str(kills), str(seed)],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
        finally:
            if url:
                _psql(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _psql(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


if __name__ == "__main__":
    print(json.dumps(main(*(int(argument) for argument in sys.argv[1:4]))))
