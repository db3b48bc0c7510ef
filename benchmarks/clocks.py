"""Deadlines fired: how many a second beside django-tasks' database worker, how late, and whether kills lose any.

`python -m benchmarks.clocks [CLOCKS]`. The peer needs an interpreter with django-tasks, django-tasks-db and psycopg:
LUOSHI_BENCH_PYTHON (default: this one); without it the comparison is skipped by name.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks import databases
from benchmarks.databases import POSTGRES
from benchmarks.killing import run_apart

ROOT = Path(__file__).resolve().parent.parent
PEER_PYTHON = os.environ.get("LUOSHI_BENCH_PYTHON", sys.executable)
PEER_DONE = 1000  # of all that are due; the rest wait, as they would
KILLS = 50


def measure(clocks: int) -> dict[str, Any]:
    """In a process of its own, on an empty database: fire `clocks` due at once, singly and in batches; lateness."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from luoshi.clocks import actions, registry

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_effect (clock_id bigint)")

    def one(clock: Any, moment: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_effect (clock_id) VALUES (%s)", [clock.pk])

    def many(found: Any, now: Any) -> None:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO bench_effect (clock_id) VALUES (%s)", [[clock.pk] for clock in found])

    registry.on("bench.single", "break")(one)
    registry.on("bench.batch", "break", batch=True)(many)
    result: dict[str, Any] = {"engine": connection.vendor, "clocks": clocks}
    for kind in ("bench.single", "bench.batch"):
        _due(kind, clocks)
        began, fired = time.perf_counter(), 0
        while step := actions.tick():
            fired += step
        seconds = time.perf_counter() - began
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(DISTINCT clock_id) FROM bench_effect")
            assert cursor.fetchone() == (clocks, clocks) and fired == clocks
            cursor.execute("DELETE FROM bench_effect")
        result[kind] = {"seconds": round(seconds, 3), "per_s": round(clocks / seconds)}
    result["lateness_ms"] = _lateness()
    return result


def _due(kind: str, count: int) -> None:
    from luoshi.clocks.models import Clock
    from luoshi.kernel import when

    due = when.now() - timedelta(hours=1)
    coming = due + timedelta(microseconds=1)
    stored = {"started_at": due, "counted_from": due, "due_at": due, "next_event": "break"}
    Clock.objects.bulk_create(
        (
            Clock(kind=kind, subject=f"bench:{n}", name="x", event_at=coming, next_at=coming, **stored)
            for n in range(count)
        ),
        batch_size=1000,
    )


def _lateness(seconds: float = 20.0, count: int = 400) -> dict[str, float]:
    """Clocks due at random moments while the loop runs, half of them started meanwhile: ms from due to committed."""
    from django.db import transaction

    from luoshi.clocks import actions, registry
    from luoshi.kernel import when
    from luoshi.kernel.acting import SYSTEM

    late: list[float] = []

    def handler(clock: Any, moment: Any) -> None:
        transaction.on_commit(lambda: late.append((when.now() - clock.due_at).total_seconds() * 1000))

    registry.on("bench.late", "break")(handler)
    dice, begun = random.Random(20240509), when.now()
    moments = sorted(begun + timedelta(seconds=dice.uniform(3, seconds)) for _ in range(count))

    def start(moment: Any) -> None:
        actions.start("bench.late", subject="bench:1", name="x", due_at=moment, started_at=begun, by=SYSTEM)

    for moment in moments[::2]:
        start(moment)
    stop = threading.Event()
    worker = threading.Thread(target=actions.loop, args=(stop,))
    worker.start()
    for moment in moments[1::2]:  # made known between 20 and 500 ms before they are due
        ahead = (moment - when.now()).total_seconds() - dice.uniform(0.02, 0.5)
        time.sleep(max(0.0, ahead))
        start(moment)
    deadline = time.monotonic() + 15
    while len(late) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    worker.join()
    assert len(late) == count, f"{len(late)} of {count} fired"
    late.sort()
    return {"p50": round(late[count // 2], 1), "p95": round(late[count * 95 // 100], 1), "max": round(late[-1], 1)}


def run(clocks: int = 10_000) -> dict[str, Any]:
    """SQLite and PostgreSQL; the effects are counted exactly before any ratio is printed."""
    results: dict[str, Any] = {}
    for engine, url in (("sqlite", ""), ("postgresql", POSTGRES)):
        if url and not databases.reachable(url):
            print("PostgreSQL skipped: not reachable")
            continue
        with databases.empty(url) as (_, environment):
            ours = _json([sys.executable, "-m", "benchmarks.clocks", "--measure", str(clocks)], environment)
        ours["peer"] = _peer(url, clocks)
        ours["kills"] = run_apart(url, clocks=4000, kills=KILLS, seed=random.SystemRandom().randrange(10**6))
        results[engine] = ours
        _tell(ours)
    return {"clocks": results}


def _tell(ours: dict[str, Any]) -> None:
    single, batch, peer, kills = ours["bench.single"], ours["bench.batch"], ours["peer"], ours["kills"]
    print(f"\nClocks on {ours['engine']}, {ours['clocks']:,} due at once")
    print(f"  one handler call each   {single['per_s']:>8,}/s   in batches {batch['per_s']:>8,}/s")
    if peer:
        print(
            f"  django-tasks worker     {peer['per_s']:>8,}/s   ratio {single['per_s'] / peer['per_s']:.0f}x"
            f" singly, {batch['per_s'] / peer['per_s']:.0f}x in batches (required 10x)"
        )
    late = ours["lateness_ms"]
    print(f"  lateness, due to committed: p50 {late['p50']}, p95 {late['p95']} (required < 200), max {late['max']} ms")
    print(
        f"  {kills['kills']} kill -9 over {kills['clocks']:,} clocks: {kills['lost']} lost, {kills['doubled']} doubled,"
        f" ledger {'sound' if kills['ledger_ok'] else 'BROKEN'}"
    )


def _peer(url: str, clocks: int) -> dict[str, Any] | None:
    probe = [PEER_PYTHON, "-c", "import django_tasks, django_tasks_db"]
    if not Path(PEER_PYTHON).exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        print("django-tasks skipped: set LUOSHI_BENCH_PYTHON to an interpreter that has it")
        return None
    with databases.empty(url) as (target, environment):
        environment["PYTHONPATH"] = str(ROOT / "benchmarks" / "peers")
        script = str(ROOT / "benchmarks" / "peers" / "django_tasks_peer.py")
        return _json([PEER_PYTHON, script, target, str(clocks), str(min(PEER_DONE, clocks))], environment)


def _json(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
