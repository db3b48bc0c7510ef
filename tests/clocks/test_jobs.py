"""Long work goes on in the background and survives its worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from luoshi.clocks import jobs
from luoshi.clocks.models import Job
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused

pytestmark = pytest.mark.django_db
EDITOR = Actor("文本管理员", user_id=3)


def test_a_job_is_done_once_and_reports_what_it_did(made: dict[str, Any]) -> None:
    @jobs.job("test.count")
    def count(running: jobs.Running) -> dict[str, int]:
        running.progress("第 2 份，共 3 份", 2, 3)
        return {"rows": running.args["rows"]}

    job = jobs.enqueue("test.count", {"rows": 3}, by=EDITOR, key="upload:1")
    assert jobs.enqueue("test.count", {"rows": 3}, by=EDITOR, key="upload:1") == job
    assert [jobs.work_one(), jobs.work_one()] == [True, False]
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total) == ("done", {"rows": 3}, 2, 3)


def test_an_unusable_input_is_not_tried_again(made: dict[str, Any]) -> None:
    @jobs.job("test.bad")
    def bad(running: jobs.Running) -> None:
        raise BadInput("缺少“责任单位”一列", file="a.xlsx", line=1)

    job = jobs.enqueue("test.bad", by=EDITOR)
    jobs.work_one()
    job.refresh_from_db()
    assert job.state == "failed" and "a.xlsx:1" in job.error
    assert jobs.retry(job, EDITOR).state == "queued"


def test_a_stumbling_job_is_tried_again_later_and_given_up_at_last(made: dict[str, Any]) -> None:
    @jobs.job("test.stumble")
    def stumble(running: jobs.Running) -> None:
        raise OSError("磁盘满")

    job = jobs.enqueue("test.stumble", by=EDITOR)
    for attempt in range(job.max_attempts):
        with when.at(when.now() + timedelta(hours=attempt)):
            assert jobs.work_one()
            assert not jobs.work_one()
    job.refresh_from_db()
    assert job.state == "failed" and "磁盘满" in job.error


def test_the_job_of_a_dead_worker_is_taken_over_after_its_lease(made: dict[str, Any]) -> None:
    ran = []

    @jobs.job("test.slow")
    def slow(running: jobs.Running) -> None:
        ran.append(running.worker)

    job = jobs.enqueue("test.slow", by=EDITOR)
    dead = jobs._claim("dead")
    assert dead is not None and not jobs.work_one("alive")
    with when.at(when.now() + jobs.LEASE + timedelta(seconds=1)):
        assert jobs.work_one("alive")
        with pytest.raises(jobs.LeaseLost):
            dead.beat()
    jobs._end(dead, state="failed", error="too late")
    job.refresh_from_db()
    assert (job.state, ran) == ("done", ["alive#2"])


def test_a_job_nobody_can_do_is_refused(made: dict[str, Any]) -> None:
    with pytest.raises(LookupError):
        jobs.enqueue("test.unknown", by=EDITOR)
    job = Job.objects.create(kind="test.unknown", key="x")
    assert not jobs.work_one()
    with pytest.raises(Refused):
        jobs.retry(job, EDITOR)
