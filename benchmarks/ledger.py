"""How fast the ledger is verified and written. `python -m benchmarks.ledger [ENTRIES]`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import databases
from benchmarks.databases import POSTGRES

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = 100_000  # entries per second


def measure(entries: int) -> dict[str, Any]:
    """In a process of its own, against an empty database: write `entries`, verify them, say where the time went."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from luoshi.kernel.acting import Actor
    from luoshi.ledger import actions, engine, reading
    from luoshi.ledger.models import Entry

    call_command("migrate", verbosity=0)
    actor = Actor("王督查", user_id=7, post="区政府督查室督查员", via="web")
    data = {"from": "分办", "to": "签收", "reason": "演示数据", "facts": {"owner": "区发改局", "due": "2026-12-31"}}
    began = time.perf_counter()
    for start in range(0, entries, 1000):
        with transaction.atomic():
            actions.append_many(
                actions.Record("supervision.confirmed", actor, f"duty:{n}", ["09:三(一)1"], data)
                for n in range(start, min(start + 1000, entries))
            )
    written = time.perf_counter() - began
    with transaction.atomic():
        began = time.perf_counter()
        held = list(reading.rows())
        fetched = time.perf_counter() - began
    best, alone, report = 1e9, 1e9, None
    for _ in range(3):
        began = time.perf_counter()
        report = reading.verify()
        alone = min(alone, time.perf_counter() - began)
        began = time.perf_counter()
        assert reading.verify(processes=os.cpu_count() or 1).to_json() == report.to_json()
        best = min(best, time.perf_counter() - began)
    began = time.perf_counter()
    assert engine.verify_chain(held).ok
    walked = time.perf_counter() - began
    assert report is not None and report.ok and report.entries == entries
    began, singles = time.perf_counter(), 200
    for n in range(singles):
        with transaction.atomic():
            actions.append("supervision.confirmed", by=actor, subject=f"duty:{n}", data=data)
    single = time.perf_counter() - began
    began = time.perf_counter()
    page = list(Entry.objects.filter(kind="supervision.confirmed", seq__lt=entries // 2).order_by("-seq")[:50])
    paged = time.perf_counter() - began
    assert len(page) == 50
    return {
        "engine": connection.vendor,
        "entries": entries,
        "verify_per_s": round(entries / best),
        "verify_one_process_per_s": round(entries / alone),
        "walk_only_per_s": round(entries / walked),
        "fetch_only_per_s": round(entries / fetched),
        "append_many_per_s": round(entries / written),
        "append_ms": round(single / singles * 1000, 2),
        "page_in_the_middle_ms": round(paged * 1000, 2),
    }


def run(entries: int = 200_000) -> dict[str, Any]:
    """Both databases; the answer is checked (every entry sound) before any time is printed."""
    results = [_apart("", entries)]
    if databases.reachable(POSTGRES):
        results.append(_apart(POSTGRES, entries))
    else:
        print("PostgreSQL skipped: not reachable")
    print(f"\nLedger, {entries:,} entries")
    for result in results:
        ratio = result["verify_per_s"] / REQUIRED
        print(
            f"  {result['engine']:<10} verify {result['verify_per_s']:>9,}/s on {os.cpu_count()} cores"
            f" ({ratio:.2f}x of the required {REQUIRED:,}/s), {result['verify_one_process_per_s']:,}/s on one;"
            f" of that hashing and comparing alone {result['walk_only_per_s']:,}/s, reading alone"
            f" {result['fetch_only_per_s']:,}/s; append {result['append_ms']} ms each,"
            f" {result['append_many_per_s']:,}/s in batches; a page in the middle {result['page_in_the_middle_ms']} ms"
        )
    return {"ledger": results}


def _apart(url: str, entries: int) -> dict[str, Any]:
    with databases.empty(url) as (_, environment):
        command = [sys.executable, "-m", "benchmarks.ledger", "--measure", str(entries)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        run(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
