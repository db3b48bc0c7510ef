"""A million-row register imported, facts put together and screened, and the night after 1 % of them changed.

    python -m benchmarks registers [--subjects 1000000]

On SQLite and, where it answers, PostgreSQL. Hotels, their turnover and one star rating each are invented. Before
anything is timed the records are counted, single decisions are held against the screening for a sample, and what the
night finds, as columns and as stored findings with their claims, is held against screening everything again. One hotel
in two hundred has a new star that gives something: a first screening opens a claim for each, with its whole record.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.databases import POSTGRES, empty, reachable

MEASURE = "25:二(一)"
AS_OF = date(2025, 9, 1)
SAMPLE = 200


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--subjects", type=int, default=1_000_000)
    options.add_argument("--inside", action="store_true", help="work in the database of the environment")
    asked = options.parse_args(argv)
    if asked.inside:
        _measure(asked.subjects)
        return 0
    worst = 0
    for name, url in (("SQLite", ""), ("PostgreSQL", POSTGRES)):
        if url and not reachable(url):
            print(f"SKIPPED {name}: {url} does not answer")
            continue
        print(f"{name}, {asked.subjects:,} subjects", flush=True)
        with empty(url) as (_, environment):
            command = [sys.executable, "-m", "benchmarks.registers", "--inside", "--subjects", str(asked.subjects)]
            worst |= subprocess.run(command, env=environment, check=False).returncode
    return worst


def _measure(count: int) -> None:
    from django.core.management import call_command

    from luoshi.server.boot import setup_django

    setup_django()
    call_command("migrate", verbosity=0)
    from luoshi.accounts.models import User
    from luoshi.benefits import importing

    user = User.objects.create_user("bench")
    sources = {
        code: importing.add_source(code, code, by=user.as_actor()) for code in ("registry", "statistics", "rating")
    }
    codes = _codes(count)
    draw = random.Random(7)
    turnover = [draw.choice((9_999_999, 10_000_000, 25_000_000)) for _ in range(count)]
    stars = draw.choices((5, 4, 3), (1, 1, 398), k=count)
    days = [(date(2025, 1, 1) + timedelta(draw.randrange(200))).isoformat() for _ in range(count)]
    hotels = pl.DataFrame(
        {"统一社会信用代码": codes, "企业名称": [f"酒店{i}（虚构）" for i in range(count)]}
    ).with_columns(在城区经营=pl.lit("是"), 依法经营=pl.lit("是"), 营业执照注册=pl.lit("是"))
    figures = pl.DataFrame({"信用代码": codes, "年度": ["2024"] * count, "营业额": turnover})
    rated = pl.DataFrame(
        {"信用代码": codes, "事项": ["新评定"] * count, "星级": stars, "日期": days, "文号": ["X-1"] * count}
    )
    for kind, source, frame in (
        ("hotels", "registry", hotels), ("turnover", "statistics", figures), ("stars", "rating", rated)
    ):  # fmt: skip
        _import(frame, f"25:{kind}", sources[source], date(2025, 3, 1), user, new=frame.height)
    full = _screened("screening everything", None, count)
    _sampled(full)
    _stored("first screening stored", count, night=True)
    moved = figures.head(count // 100).with_columns(
        营业额=pl.when(pl.col("营业额") < 10**7).then(25_000_000).otherwise(1)
    )
    since = _now()
    _import(moved, "25:turnover", sources["statistics"], date(2025, 4, 1), user, changed=moved.height)
    night = _screened("the night after 1 %", since, moved.height)
    again = _screened("everything again", None, count)
    both = again.join(night, on="matter", suffix="_night")
    assert both.height == moved.height, "the night must look at all that changed and at nothing else"
    assert (both["status"] == both["status_night"]).all() and (both["amount_yuan"] == both["amount_yuan_night"]).all()
    differs = full.join(again, on="matter", suffix="_new").filter(pl.col("amount_yuan") != pl.col("amount_yuan_new"))
    assert differs.join(night, on="matter", how="anti").height == 0, "nothing may change that the night did not see"
    noted = _stored("the night stored", moved.height, night=True)
    assert _stored("everything stored", count) == noted, "the night and screening everything must leave the same"
    print(f"  equal: single decisions on {SAMPLE}, the night and everything on {moved.height:,}")


def _import(frame: pl.DataFrame, kind: str, source: Any, as_of: date, user: Any, **expected: int) -> None:
    from luoshi.benefits import importing

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        frame.write_csv(path)
        data = path.read_bytes()
    by = user.as_actor("cli")
    took, found = _timed(
        lambda: importing.receive(
            data, "register.csv", kind, source, as_of, by=by, limit=importing.FROM_FILES, inline=True
        )
    )
    assert {name: found.counts[name] for name in expected} == expected and not found.counts["wrong"], found.counts
    stored, done = _timed(lambda: importing.confirm(found, by=by, inline=True))
    assert {name: done.report["stored"][name] for name in expected} == expected
    rate = frame.height / (took + stored)
    size = len(data) / 1e6
    print(
        f"  import {kind:14} {frame.height:>9,} rows, {size:5.1f} MB: check {took:6.1f} s, store {stored:6.1f} s "
        f"({rate:,.0f} rows/s)",
        flush=True,
    )


def _screened(name: str, since: Any, expected: int) -> pl.DataFrame:
    from luoshi.benefits import assembling, engine

    took, frame = _timed(lambda: assembling.frame_of(MEASURE, since))
    assert frame.height == expected, (frame.height, expected)
    decided, answer = _timed(lambda: engine.screen(MEASURE, frame, AS_OF))
    print(f"  {name:24} facts together {took:6.2f} s, decided {decided:6.2f} s", flush=True)
    return answer.select("matter", "status", "amount_yuan")


def _stored(name: str, expected: int, night: bool = False) -> int:
    """Screens as the night does, or everything; a number that tells what all findings say."""
    from luoshi.benefits import screening, turning
    from luoshi.benefits.models import Claim, Finding
    from luoshi.kernel.acting import SYSTEM

    turning.MARGIN = timedelta(0)  # here nothing is imported while a screening reads, and a day takes minutes
    most = expected + (Claim.objects.count() if night else 0)  # a night looks at those whose claims have moved, too
    took, made = _timed(lambda: screening.screen(MEASURE, by=SYSTEM, as_of=AS_OF, night=night))
    assert made.state == "done" and expected <= made.counts["rows"] <= most, (made.state, made.counts)
    print(
        f"  {name:24} {took:6.1f} s: {made.counts['rows']:,} events looked at, "
        f"{made.counts.get('claims', 0):,} claims opened",
        flush=True,
    )
    told = Finding.objects.order_by("key").values_list("key", "status", "near", "lo_fen", "hi_fen", "why")
    return hash(tuple(told.iterator()))


def _sampled(full: pl.DataFrame) -> None:
    from luoshi.benefits import assembling, engine
    from luoshi.benefits.models import Matter

    rows = full.sample(min(SAMPLE, full.height), seed=1)
    for row in rows.iter_rows(named=True):
        facts, _, disputed = assembling.facts_of(Matter.objects.get(pk=row["matter"]), MEASURE)
        one = engine.decide(MEASURE, facts, AS_OF)
        assert not disputed and (one["status"], one["amount_yuan"]) == (row["status"], row["amount_yuan"]), (row, one)


def _codes(count: int) -> list[str]:
    from luoshi.benefits.cells import credit_code

    return [first + credit_code(first) for first in (f"91140502{i:09d}" for i in range(count))]


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def _now() -> Any:
    from luoshi.kernel import when

    time.sleep(0.01)
    return when.now()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")
    sys.exit(main())
