"""The supervisor's board with 100, 10,000 and 100,000 duties: does it answer the same?

    python -m benchmarks.board [--most 100000] [--rounds 15]

Duties are synthetic (shuffled titles, 40 bodies, 12 documents). Each page is asked for through the whole stack:
routing, session, queries, template. Medians in milliseconds, queries counted, ratios against the smallest size.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--most", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=15)
    asked = options.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="luoshi-board-") as folder:
        os.environ.setdefault("LUOSHI_DATA", folder)
        os.environ["LUOSHI_NOW"] = "2024-12-15T09:00:00+08:00"
        from luoshi.server.boot import ensure_data

        ensure_data()
        _measure(asked.most, asked.rounds)
    return 0


def _measure(most: int, rounds: int) -> None:
    user, bodies, documents = _district()
    sizes = [n for n in (100, 10_000, 100_000) if n <= most]
    have, base = 0, {}
    pages = _pages(bodies[0].pk, documents[0].pk)
    print(f"{'page':28}" + "".join(f"{n:>16,}" for n in sizes))
    found: dict[str, list[str]] = {name: [] for name, _ in pages}
    for size in sizes:
        _grow(size - have, have, bodies, documents)
        have = size
        client = _client(user)
        for name, url in pages:
            took, queries = _time(client, url, rounds)
            base.setdefault(name, took)
            found[name].append(f"{took:7.1f} ms {queries:2d}q")
        _refresh(size)
    for name, cells in found.items():
        print(f"{name:28}" + "".join(f"{c:>16}" for c in cells))
    for name, cells in found.items():
        last = float(cells[-1].split()[0])
        print(f"{name:28}{last / base[name]:5.2f}x the time of {sizes[0]} duties")


def _district():
    from luoshi.accounts.models import Grant, User
    from luoshi.directory.models import Body
    from luoshi.norms.models import Instrument

    user = User.objects.create_user("board")
    Grant.objects.create(user=user, role="supervisor", since=date(2020, 1, 1))
    bodies = [Body.objects.create(pack="bench", name=f"第{n}局", kind="department") for n in range(40)]
    documents = [
        Instrument.objects.create(slug=f"b{n}", number=f"测发〔2024〕{n}号", title=f"文件{n}", date=date(2024, 1, 1))
        for n in range(12)
    ]
    return user, bodies, documents


def _grow(count: int, start: int, bodies, documents) -> None:
    from django.db import transaction

    from luoshi.supervision import status
    from luoshi.supervision.drafting import Draft, DraftBody, store

    chance = random.Random(start)
    words = list("推进建设完善整治提升服务项目园区道路排放监管培训设施平台机制")
    with transaction.atomic():
        for chunk in range(start, start + count, 5000):
            drafts = []
            for n in range(chunk, min(chunk + 5000, start + count)):
                chance.shuffle(words)
                leads = chance.sample(bodies, 3)
                drafts.append(
                    Draft(
                        key=f"b:{n}",
                        instrument=chance.choice(documents),
                        path=f"一{n % 400}",
                        title="".join(words[:12]),
                        bodies=[DraftBody(b.name, "lead", b) for b in leads],
                        deadline=date(2024, 10, 1) + timedelta(days=chance.randrange(200)) if n % 3 else None,
                        continuous=not n % 3,
                    )
                )
            store(drafts)
    status.refresh_all()


def _pages(body: int, document: int) -> list[tuple[str, str]]:
    return [
        ("board", "/supervision/"),
        ("list", "/supervision/duties/"),
        ("list, red", "/supervision/duties/?light=red"),
        ("list, one document", f"/supervision/duties/?document={document}&light=yellow"),
        ("list, one body", f"/supervision/duties/?body={body}"),
        ("list, one month", "/supervision/duties/?month=2024-12"),
        ("list, page 100", "/supervision/duties/?page=100"),
        ("scoreboard", "/supervision/scoreboard/"),
        ("calendar", "/supervision/calendar/"),
    ]


def _client(user):
    from django.test import Client

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _time(client, url: str, rounds: int) -> tuple[float, int]:
    from django.db import connection

    seen: list[str] = []

    def counted(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    client.get(url)
    with connection.execute_wrapper(counted):
        answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    spans = []
    for _ in range(rounds):
        begun = time.perf_counter()
        client.get(url)
        spans.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spans), len(seen)


def _refresh(size: int) -> None:
    """What the clock does each day: only the lights whose day has come."""
    from luoshi.kernel import when
    from luoshi.supervision import status

    with when.at(when.now() + timedelta(days=1)):
        begun = time.perf_counter()
        turned = status.refresh_due()
    print(f"  {size:,} duties: one day passes, {turned} lights looked at in {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
