"""Long work of the rooms below, done by the workers here."""

from __future__ import annotations

from typing import Any

from luoshi.clocks import jobs, registry
from luoshi.clocks.models import Job
from luoshi.kernel import later
from luoshi.kernel.acting import Actor

_STATES = {"queued": "waiting", "running": "running", "done": "done", "failed": "failed"}


def _learn(kind: str, work: later.Work) -> None:
    if kind not in registry.jobs:
        registry.job(kind)(lambda running: work(running.args, running.progress))


def _start(kind: str, args: dict[str, Any], by: Actor, key: str) -> None:
    jobs.enqueue(kind, args, by=by, key=key)


def _look(key: str) -> later.Standing | None:
    found = Job.objects.filter(key=key).first()
    if found is None:
        return None
    return later.Standing(_STATES[found.state], found.progress, found.done, found.total, found.error)


later.take_up(later.Doer(_learn, _start, _look))
