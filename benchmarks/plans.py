"""Grading, proposing and drilling: what the emergency plans cost.

    python -m benchmarks.plans [--rounds 2000]

Grading (one plan, one kind, with its trace) has a bound of 300 µs; a drill of 24 hours of 2 s. Median and p95 over
synthetic events, each with another part of the facts unknown. Ends with 1 when a bound is broken.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from luoshi.emergency import desk, drilling, proposing

GRADING_US = 300
DRILL_S = 2
BOOLS = [
    "all_networks", "backbone_large_area_outage", "hub_destroyed", "large_area_paralysis", "spread_in_district",
    "spread_beyond_district", "all_important_systems", "risk_major", "beyond_operator_capacity",
    "hq_coordination_needed", "beyond_district_capacity", "minor_harm", "base_unit_can_handle",
]  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=2000)
    rounds = options.parse_args(argv).rounds
    events = _events(200)
    kept = desk.desk({})
    read = [kept.given(event) for event in events]
    slow = False
    for slug, grader in kept.graders.items():
        facts = [kept.facts_for(grader.plan, given) for given in read]
        for kind in ("warning", "response"):
            middle, high = _time(lambda i, g=grader, k=kind, f=facts: g.grade(k, f[i % len(f)]), rounds)
            slow |= high > GRADING_US
            print(f"grade {slug} {kind:9} {middle:9.1f} µs   p95 {high:9.1f} µs   bound {GRADING_US} µs")
    for event in events:  # readings are tried under their other answers: build those graders once
        proposing.propose(event)
    middle, high = _time(lambda i: proposing.propose(events[i % len(events)]), max(1, rounds // 10))
    print(f"propose both plans     {middle / 1000:9.2f} ms   p95 {high / 1000:9.2f} ms")
    seconds, events_told = _day()
    slow |= seconds > DRILL_S
    print(f"drill of 24 hours      {seconds:9.2f} s    {events_told} events    bound {DRILL_S} s")
    return int(slow)


def _events(count: int) -> list[dict[str, Any]]:
    chance = random.Random(21)
    return [_event(chance) for _ in range(count)]


def _event(chance: random.Random) -> dict[str, Any]:
    facts: dict[str, Any] = {name: chance.random() < 0.3 for name in BOOLS if chance.random() < 0.6}
    facts |= {"triage": "true", "stage": chance.choice(["threat", "occurred"])}
    facts |= {"cause": chance.choice(["external_emergency", "own_fault", "cyber"])} if chance.random() < 0.7 else {}
    names = chance.sample(["移动城区分公司", "联通城区分公司", "铁塔城区分公司"], chance.randrange(4))
    facts |= {"operators_affected": names, "multi_point_operators": names[:1]} if chance.random() < 0.7 else {}
    facts |= {"important_systems_full_business": chance.randrange(4)} if chance.random() < 0.5 else {}
    return facts


def _time(work: Callable[[int], Any], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile in microseconds."""
    for i in range(50):
        work(i)
    took = []
    for i in range(rounds):
        began = time.perf_counter()
        work(i)
        took.append((time.perf_counter() - began) * 1e6)
    return statistics.median(took), sorted(took)[int(len(took) * 0.95)]


def _day() -> tuple[float, int]:
    """Both plans for 24 hours: a new fact or a superior's query every five minutes."""
    chance = random.Random(22)
    timeline: list[list[Any]] = [
        ["00:00", {"set": {"stage": "occurred", "cause": "cyber", "large_area_paralysis": True,
                           "beyond_district_capacity": True, "beyond_operator_capacity": True}}],
        ["00:01", {"act": "triage", "by": "值班人员"}],
        ["00:02", {"act": "propose", "by": "办公室"}],
        ["00:03", {"act": "confirm", "by": "区通信网络指挥部", "plan": "22"}],
        ["00:04", {"act": "start", "by": "总指挥"}],
    ]  # fmt: skip
    for minute in range(5, 24 * 60, 5):
        at = f"{minute // 60:02d}:{minute % 60:02d}"
        query = {"act": "superior_query", "by": "上级(演练)", "ref": at}
        timeline.append([at, query if minute % 10 else {"set": {chance.choice(BOOLS): chance.random() < 0.5}}])
    began = time.perf_counter()
    result = drilling.run({"name": "演练", "timeline": timeline})
    return time.perf_counter() - began, len(result["events"])


if __name__ == "__main__":
    sys.exit(main())
