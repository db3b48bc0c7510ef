"""Work in the background: leased, kept alive by a heartbeat, taken over when its worker dies, idempotent by key."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection, connections, transaction
from django.db.models import Q

from luoshi.clocks import engine, registry
from luoshi.clocks.models import Job
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import plain
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger

log = logging.getLogger("luoshi.jobs")
LEASE = timedelta(seconds=60)
job = registry.job  # `@jobs.job("norms.import")`


class LeaseLost(Exception):
    """Another worker took this job over; what this one does no longer counts."""


@dataclass
class Running:
    """What a job's function is given: its arguments and a way to say how far it is."""

    job: Job
    worker: str
    _shown: float = field(default=0.0, repr=False)

    @property
    def args(self) -> dict[str, Any]:
        found: dict[str, Any] = self.job.args
        return found

    def progress(self, text: str, done: int = 0, total: int = 0) -> None:
        """Say how far the work is. Cheap enough for every row; inside a transaction the heartbeat writes it."""
        self.job.progress, self.job.done, self.job.total = text[:300], done, total
        if not connection.in_atomic_block and time.monotonic() - self._shown > 0.5:
            self.beat()

    def beat(self) -> None:
        """Renew the lease and show the progress. LeaseLost when the job is no longer ours."""
        self._shown = time.monotonic()
        shown = {"progress": self.job.progress, "done": self.job.done, "total": self.job.total}
        if not _mine(self).update(lease_until=when.now() + LEASE, **shown):
            raise LeaseLost(str(self.job))


def enqueue(kind: str, args: Mapping[str, Any] | None = None, *, by: Actor, key: str = "") -> Job:
    """Have a job done. The same `key` again returns the job already there, whatever became of it (see `retry`)."""
    if kind not in registry.jobs:
        raise LookupError(f"no job {kind!r} is registered")
    key = key or f"{kind}:{uuid.uuid4().hex}"
    with ledger.recording():
        found = Job.objects.filter(key=key).first()
        if found is None:
            found = Job.objects.create(
                kind=kind, key=key, args=plain(dict(args or {})), by_name=by.name, by_user=by.user_id
            )
            ledger.append("clocks.job_queued", by=by, subject=f"job:{found.pk}", data={"kind": kind, "key": key})
    return found


def retry(job: Job, by: Actor) -> Job:
    """Let a failed job run again from its beginning."""
    with ledger.recording():
        found = Job.objects.select_for_update().get(pk=job.pk)
        if found.state != "failed":
            raise Refused("只有失败的任务可以重新执行")
        found.state, found.attempts, found.error, found.ended_at = "queued", 0, "", None
        found.run_at = when.now()
        found.save()
        ledger.append("clocks.job_retried", by=by, subject=f"job:{found.pk}", data={"kind": found.kind})
    return found


def work_one(worker: str = "") -> bool:
    """Do one waiting job, or one whose worker stopped renewing its lease. False when there is none."""
    running = _claim(worker or f"{socket.gethostname()}:{os.getpid()}")
    if running is None:
        return False
    ended = threading.Event()
    heart = threading.Thread(target=_keep_alive, args=(running, ended), daemon=True)
    heart.start()
    try:
        result = registry.jobs[running.job.kind](running)
        _end(running, state="done", result=plain(result), error="")
    except LeaseLost:
        log.warning("job %s was taken over", running.job)
    except (BadInput, Refused) as error:  # trying again would say the same
        _end(running, state="failed", error=str(error))
    except Exception as error:
        log.exception("job %s failed", running.job)
        _again(running, f"{type(error).__name__}: {error}"[:2000])
    finally:
        ended.set()
    return True


def _claim(worker: str) -> Running | None:
    now = when.now()
    waiting = Q(state="queued", run_at__lte=now) | Q(state="running", lease_until__lt=now)
    known = Job.objects.filter(waiting, kind__in=list(registry.jobs))
    if not known.exists():
        return None
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            known = known.select_for_update(skip_locked=True)
        found = known.order_by("id").first()
        if found is None:
            return None
        if found.attempts >= found.max_attempts:
            found.state, found.ended_at = "failed", now
            found.error = found.error or "执行者多次中断，已停止重试"
            found.save()
            return None
        found.state, found.attempts = "running", found.attempts + 1
        found.worker = f"{worker}#{found.attempts}"
        found.started_at = found.started_at or now
        found.lease_until = now + LEASE
        found.save()
    return Running(found, found.worker)


def _keep_alive(running: Running, ended: threading.Event) -> None:
    try:
        while not ended.wait(LEASE.total_seconds() / 6):
            try:
                running.beat()
            except DatabaseError as error:  # locked for now; the lease outlives several missed beats
                log.info("heartbeat of %s: %s", running.job, error)
                close_old_connections()
    except LeaseLost:
        log.warning("job %s is no longer ours", running.job)
    finally:
        connections.close_all()


def _mine(running: Running) -> Any:
    return Job.objects.filter(pk=running.job.pk, worker=running.worker, state="running")


def _end(running: Running, *, state: str, error: str, result: Any = None) -> None:
    job = running.job
    shown = {"progress": job.progress, "done": job.done, "total": job.total}
    ended = {"state": state, "error": error, "result": result, "ended_at": when.now(), "lease_until": None}
    _mine(running).update(**ended, **shown)


def _again(running: Running, error: str) -> None:
    job = running.job
    if job.attempts >= job.max_attempts:
        _end(running, state="failed", error=error)
    else:
        later = when.now() + engine.backoff(job.attempts)
        _mine(running).update(state="queued", error=error, run_at=later, lease_until=None)
