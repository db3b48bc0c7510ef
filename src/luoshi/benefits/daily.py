"""Every night: screen every measure, look again at what was promised, add what has become due, reserve money."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from luoshi.benefits import auditing, budget, deciding, rechecking, screening
from luoshi.benefits import pack as packs
from luoshi.benefits.models import Claim, Instalment, Pot
from luoshi.benefits.redeciding import decision_of, said_of
from luoshi.benefits.settling import in_force
from luoshi.benefits.standing import keep, lock
from luoshi.clocks import jobs
from luoshi.clocks.registry import every
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger.actions import recording
from luoshi.norms.models import Instrument

NIGHT = Actor("夜间筛查", via="clock")
KIND = "benefits.daily"
HOUR = 2  # from two in the morning on, Shanghai time


def register() -> None:
    """Importing this module registers the night's work; the call keeps linters and readers honest."""


def measures() -> list[str]:
    """The measures of every loaded document that has any."""
    found: list[str] = []
    for slug, pack in Instrument.objects.filter(pack__isnull=False).values_list("slug", "pack_id"):
        if (Path(packs.SHIPPED) / str(pack) / slug / "measures.yaml").is_file():
            found += list(packs.read(slug, str(pack)).assembly.rules)
    return found


@every(1800, "benefits.nightly")
def nightly() -> None:
    """Queue the night's work, once a day; an installation that was off at night does it when it is on again."""
    now = when.now()
    if now.hour < HOUR:
        return
    for measure in measures():
        screening.request(measure, by=NIGHT, night=True, key=f"{screening.KIND}:{measure}:{now:%Y-%m-%d}")
    if measures():
        jobs.enqueue(KIND, {}, by=NIGHT, key=f"{KIND}:{now:%Y-%m-%d}")


@jobs.job(KIND)
def work(running: jobs.Running) -> dict[str, int]:
    """Recheck, stipends, tails, reserving. Safe to run twice: each step asks what is missing."""
    running.progress("复查")
    counts = rechecking.recheck_all(NIGHT)
    running.progress("月补贴")
    counts["months"] = grow_all(NIGHT)
    counts["stopped"] = stop_tails(NIGHT)
    running.progress("安排预算")
    counts["reserved"] = reserve_all(NIGHT)
    counts["discrepancies"] = len(auditing.discrepancies())
    return counts


def grow_all(by: Actor) -> int:
    """Add the months every running stipend has earned. Returns how many months."""
    rows = Claim.objects.filter(limb="talent", state__in=("approved", "in_batch", "failed", "returned", "paid"))
    return sum(grow_one(pk, by) for pk in rows.filter(closed_at=None, doubt="").values_list("pk", flat=True))


def grow_one(pk: int, by: Actor) -> int:
    with recording():
        claim = lock(pk)
        settings = claim.decision["settings"]
        frozen = in_force(claim.measure.partition(":")[0])
        kept = type(frozen)(frozen.slug, frozen.day, settings, claim.decision["digests"]["settings"])
        try:
            decided = deciding.decide(claim.matter, claim.measure, when.today(), kept, said=said_of(claim), claim=claim)
        except BadInput:
            return 0  # the recheck has put such a claim in doubt
        if decided.status != claim.status or not decided.lines:
            return 0
        months = budget.grow(claim, decided.result)
        if months:
            keep(
                claim,
                "grow",
                by,
                to=budget.settle_state(claim),
                label="按月增加",
                words=f"增加 {months} 个月",
                data={"months": months},
                ledger=decision_of(claim.measure, claim.limb, decided.record),
            )
    return months


def stop_tails(by: Actor) -> int:
    """tail_policy `stop_at_valid_to`: after the last day of validity what is not yet due is not paid."""
    stopped = 0
    for slug in {measure.partition(":")[0] for measure in measures()}:
        settings = in_force(slug)
        last = settings.value("valid_to")
        if settings.value("tail_policy") != "stop_at_valid_to" or last is None:
            continue
        if when.today() <= (end := date.fromisoformat(str(last))):
            continue
        rows = Instalment.objects.filter(claim__measure__startswith=f"{slug}:", state="planned", due_on__gt=end)
        for claim_id in set(rows.values_list("claim_id", flat=True)):
            stopped += _stop(claim_id, rows, last, by)
    return stopped


def _stop(claim_id: int, rows: Any, last: Any, by: Actor) -> int:
    with recording():
        claim = lock(claim_id)
        count: int = rows.filter(claim=claim).update(state="dropped")
        words = f"有效期至 {last}，按口径 tail_policy 期满停止"
        keep(claim, "tail", by, to=budget.settle_state(claim), label="期满停止", words=words, data={"parts": count})
    return count


def reserve_all(by: Actor) -> int:
    reserved = 0
    for pot in Pot.objects.filter(year=when.today().year):
        with recording():
            reserved += budget.allocate(pot, by)
    return reserved
