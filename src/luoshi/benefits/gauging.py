"""The money at stake of every open question in the present registers, computed when asked.

Trying every answer to every question means screening the register some dozens of times: seconds, so a screen shows the
last result with its day and can have it made again in the background.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from luoshi.benefits import assembling, catalogue, settling, whatif
from luoshi.clocks import jobs
from luoshi.clocks.models import Job
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import plain

KIND = "benefits.stakes"
# A last day one earlier and one later: what a question without a list of answers can be tried with.
TRIED: Mapping[str, tuple[Any, ...]] = {"valid_to": ("2027-07-18", "2027-07-19")}


def register() -> None:
    """Importing this module registers the job; the call keeps readers honest."""


def request(by: Actor) -> Job:
    """Have the stakes computed in the background; asking again while it waits or runs is the same job."""
    return running() or jobs.enqueue(KIND, {}, by=by)


@jobs.job(KIND)
def work(job: jobs.Running) -> dict[str, Any]:
    """Computes; the result is kept with the job. Safe to run twice."""
    return compute(when.today(), say=job.progress)


def compute(day: date, say: Any = None) -> dict[str, Any]:
    """measure → question → options with subjects and fen, from the registers as they are."""
    pack = catalogue.pack_in_use()
    found: dict[str, Any] = {}
    keys = list(catalogue.names(pack))
    for n, measure in enumerate(keys):
        if say is not None:
            say(measure, n, len(keys))
        frame = assembling.frame_of(measure)
        given = settling.in_force(measure.partition(":")[0], day).given
        rows = whatif.stakes(measure, frame, day, whatif.Side(given, pack), more=TRIED) if frame.height else []
        found[measure] = {"rows": frame.height, "stakes": {row.key: plain(asdict(row)) for row in rows}}
    return {"at": when.now().isoformat(), "day": day.isoformat(), "measures": found}


def kept() -> dict[str, Any] | None:
    """The last result; None before the first."""
    last = Job.objects.filter(kind=KIND, state="done", result__isnull=False).order_by("-id").first()
    found: dict[str, Any] | None = last.result if last is not None else None
    return found


def running() -> Job | None:
    return Job.objects.filter(kind=KIND, state__in=("queued", "running")).order_by("-id").first()


def of_question(made: Mapping[str, Any] | None, slug: str, key: str) -> dict[str, Any] | None:
    """One question over all measures of its document: options with the sums, and the widest difference."""
    options: dict[str, dict[str, Any]] = {}
    tried = False
    for measure, one in (made or {}).get("measures", {}).items():
        stake = one["stakes"].get(key) if measure.startswith(f"{slug}:") else None
        for option in stake["options"] if stake else ():
            tried = True
            sum_ = options.setdefault(str(option["value"]), {**option, "subjects": 0, "sure": 0, "most": 0})
            for name in ("subjects", "sure", "most"):
                sum_[name] += option[name]
    if not tried:
        return None
    ends = [o["most"] for o in options.values()] + [o["sure"] for o in options.values()]
    return {"options": list(options.values()), "widest": max(ends) - min(ends)}
