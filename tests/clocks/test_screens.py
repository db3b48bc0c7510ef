"""Deadlines as people see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.clocks.conftest import Seen

from luoshi.accounts.models import Grant, User
from luoshi.clocks import actions, jobs
from luoshi.clocks.models import Clock, Job
from luoshi.kernel import when
from luoshi.kernel.acting import Actor

pytestmark = pytest.mark.django_db
WANG = Actor("王督查", user_id=7, via="web")


def sign_in(client: Client, role: str) -> User:
    user = User.objects.create_user(role, display_name=role)
    Grant.objects.create(user=user, role=role)
    client.force_login(user)
    return user


def start(name: str = "签收任务", minutes: int = 60 * 24 * 9, **more: object) -> Clock:
    facts: dict[str, object] = {"subject": "duty:17", "cite": "13710", **more}
    return actions.start("test.one", name=name, minutes=minutes, by=WANG, **facts)  # type: ignore[arg-type]


def get(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def test_running_clocks_are_listed_earliest_due_first_and_ended_ones_on_demand(client: Client, seen: Seen) -> None:
    sign_in(client, "supervisor")
    assert "任务分办" in get(client, "/clocks/")
    later, sooner, ended = start("晚的", 9000), start("早的", 90), start("办完的", 80)
    actions.finish(ended, WANG)
    text = get(client, "/clocks/")
    assert text.index("早的") < text.index("晚的") and "办完的" not in text and "任务 17" in text
    assert "办完的" in get(client, "/clocks/?state=finished")
    assert "早的" not in get(client, f"/clocks/?due_at_after={(when.today() + timedelta(days=4)).isoformat()}")
    assert str(later.pk) in get(client, "/clocks/?name=晚") and str(sooner.pk)


def test_the_list_costs_the_same_with_many_clocks(client: Client, seen: Seen) -> None:
    sign_in(client, "supervisor")
    start()
    get(client, "/clocks/")
    with CaptureQueriesContext(connection) as few:
        get(client, "/clocks/")
    template = Clock.objects.get()
    fields = {f.attname: getattr(template, f.attname) for f in Clock._meta.concrete_fields if f.attname != "id"}
    Clock.objects.bulk_create(Clock(**fields) for _ in range(500))
    with CaptureQueriesContext(connection) as many:
        get(client, "/clocks/")
    assert len(many) <= len(few) <= 14


def test_one_clock_shows_its_history_with_reasons(client: Client, seen: Seen) -> None:
    sign_in(client, "supervisor")
    clock = start(warn_before=[timedelta(days=1), timedelta(hours=2)])
    actions.suspend(clock, "等待市级文件", WANG)
    actions.resume(clock, WANG)
    text = get(client, f"/clocks/{clock.pk}/")
    assert "等待市级文件" in text and "时限恢复" in text and "1 天" in text and "2 小时" in text
    assert client.get("/clocks/999999/").status_code == 404


def test_a_failing_clock_is_visible_and_can_be_tried_again(client: Client, seen: Seen) -> None:
    sign_in(client, "sysadmin")
    clock = start(minutes=1, data={"fails": True})
    with when.at(when.now() + timedelta(minutes=2)):
        actions.tick()
    assert "没有处理成功" in get(client, "/clocks/")
    assert "没有指定负责人" in get(client, f"/clocks/{clock.pk}/")
    assert client.post(f"/clocks/{clock.pk}/retry/").status_code == 302
    clock.refresh_from_db()
    assert clock.next_at == clock.event_at
    assert client.post(f"/clocks/{start().pk}/retry/").status_code == 409


def test_handlers_do_not_look_into_the_clockwork(client: Client, seen: Seen) -> None:
    sign_in(client, "handler")
    assert client.get("/clocks/").status_code == client.get("/clocks/jobs/").status_code == 403


def test_background_jobs_show_progress_and_can_be_run_again(client: Client, made: dict[str, object]) -> None:
    sign_in(client, "sysadmin")
    assert "筛查名册" in get(client, "/clocks/jobs/")

    @jobs.job("test.job")
    def work(running: jobs.Running) -> dict[str, int]:
        return {"rows": 3}

    job = jobs.enqueue("test.job", by=WANG)
    assert "hx-get" in get(client, f"/clocks/jobs/{job.pk}/")
    jobs.work_one()
    assert "rows" in get(client, f"/clocks/jobs/{job.pk}/")
    Job.objects.filter(pk=job.pk).update(state="failed", error="磁盘满")
    assert "重新执行" in get(client, "/clocks/jobs/") and "磁盘满" in get(client, f"/clocks/jobs/{job.pk}/")
    client.post(f"/clocks/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert job.state == "queued"
    client.post(f"/clocks/jobs/{job.pk}/retry/")


def test_programs_read_clocks(client: Client, seen: Seen) -> None:
    user = sign_in(client, "supervisor")
    clocks = [start() for _ in range(3)]
    page = client.get("/api/v1/clocks?subject=duty:17&limit=2").json()
    assert [c["id"] for c in page["clocks"]] == [c.pk for c in clocks[:2]] and page["next_after"] == clocks[1].pk
    with when.at(when.now() + timedelta(days=10)):
        actions.tick()
    detail = client.get(f"/api/v1/clocks/{clocks[0].pk}").json()
    assert detail["state"] == "broken" and detail["late"] and detail["firings"][0]["event"] == "break"
    job = Job.objects.create(kind="x", key="x", by_user=user.pk)
    assert client.get(f"/api/v1/jobs/{job.pk}").json()["state"] == "queued"
    client.logout()
    assert client.get("/api/v1/clocks").status_code == 401
