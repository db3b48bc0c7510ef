"""Deadlines and background jobs on screen. Acts on a deadline belong to the room it serves; here one looks."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from luoshi.clocks import actions, jobs, queries
from luoshi.clocks.models import JOB_STATES, STATES, Clock, Job
from luoshi.faces.lists import Action, Column, listing
from luoshi.kernel.acting import access
from luoshi.kernel.errors import Refused
from luoshi.ledger import subjects

OPEN = ("running", "suspended", "broken")


class Clocks(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(label="名称", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(label="状态", choices=list(STATES.items()), empty_label="未结束的")
    kind = django_filters.CharFilter(label="种类", lookup_expr="startswith")
    subject = django_filters.CharFilter(label="对象", lookup_expr="exact")
    due_at = django_filters.DateFromToRangeFilter(label="到期")
    trouble = django_filters.ChoiceFilter(
        label="问题",
        choices=[("error", "处理出错"), ("provisional", "到期日暂定")],
        method="troubled",
        empty_label="全部",
    )
    lane = django_filters.ChoiceFilter(
        label="时间线", choices=[("real", "真实"), ("drill", "推演")], method="on_lane", empty_label="全部"
    )

    def troubled(self, rows: QuerySet[Clock], name: str, value: str) -> QuerySet[Clock]:
        return rows.filter(attempts__gt=0) if value == "error" else rows.filter(provisional=True)

    def on_lane(self, rows: QuerySet[Clock], name: str, value: str) -> QuerySet[Clock]:
        return rows.filter(lane__isnull=value == "real")


COLUMNS = [
    Column("light", "状态", queries.light, kind="light"),
    Column("name", "时限", title=True, link=lambda c: reverse("clocks:clock", args=[c.pk])),
    Column(
        "subject", "对象", lambda c: subjects.named(c.subject), export="subject", link=lambda c: subjects.url(c.subject)
    ),
    Column("due_at", "到期", kind="moment", sort=("due_at", "id")),
    Column("cite", "依据", kind="citation"),
    Column("mark", "说明", lambda c: _mark(c), kind="state"),
    Column("started_at", "开始", kind="moment", sort=("started_at", "id"), optional=True),
    Column("kind", "种类", optional=True),
]


def _mark(clock: Clock) -> tuple[str, str] | None:
    if clock.attempts:
        return "late", "处理出错"
    if clock.lane_id:
        return "info", "推演"
    return ("unknown", "到期日暂定") if clock.provisional else None


@require_safe
@access("clocks.read")
def clocks(request: HttpRequest) -> HttpResponse:
    rows = Clock.objects.all()
    if not request.GET.get("state"):
        rows = rows.filter(state__in=OPEN)
    failing = Clock.objects.filter(attempts__gt=0, next_at__isnull=False)[:1000].count()
    return listing(
        request,
        rows,
        columns=COLUMNS,
        filters=Clocks,
        order=("due_at", "id"),
        template="clocks/clocks.html",
        context={"failing": failing},
        caption="时限",
        export="时限",
        empty="任务分办、通知发出后，它们的时限会列在这里。",
    )


@require_safe
@access("clocks.read")
def clock(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Clock.objects.select_related("lane"), pk=pk)
    context = {
        "clock": found,
        "light": queries.light(found),
        "steps": queries.history(found),
        "subject": subjects.named(found.subject),
        "subject_url": subjects.url(found.subject),
        "warnings": found.warnings(),
        "may_retry": found.attempts and request.user.may("clocks.retry"),  # type: ignore[union-attr]
    }
    return render(request, "clocks/clock.html", context)


@require_POST
@access("clocks.retry")
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Clock, pk=pk)
    actions.retry(found, request.user.as_actor())  # type: ignore[union-attr]
    messages.success(request, "已安排马上重新处理。")
    return redirect("clocks:clock", pk=pk)


class Jobs(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(label="状态", choices=list(JOB_STATES.items()), empty_label="全部")
    kind = django_filters.CharFilter(label="种类", lookup_expr="startswith")
    by_name = django_filters.CharFilter(label="提交人", lookup_expr="exact")


_JOB_KIND = {"queued": "info", "running": "warn", "done": "ok", "failed": "late"}
JOB_COLUMNS = [
    Column("id", "编号", title=True, kind="number", sort="id", link=lambda j: reverse("clocks:job", args=[j.pk])),
    Column("kind", "种类"),
    Column("state", "状态", lambda j: (_JOB_KIND[j.state], j.get_state_display()), kind="state"),
    Column("progress", "进度"),
    Column("by_name", "提交人"),
    Column("created_at", "提交", kind="moment"),
    Column("ended_at", "结束", kind="moment"),
    Column("attempts", "尝试", kind="number", optional=True),
]


def _job_actions(job: Job) -> list[Action]:
    return [Action("重新执行", reverse("clocks:job-retry", args=[job.pk]), post=True)] if job.state == "failed" else []


@require_safe
@access("clocks.jobs")
def all_jobs(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        Job.objects.all(),
        columns=JOB_COLUMNS,
        filters=Jobs,
        order=["-id"],
        template="clocks/jobs.html",
        actions=_job_actions if request.user.may("clocks.retry") else None,  # type: ignore[union-attr]
        caption="后台任务",
        empty="导入文件、筛查名册等较长的工作会列在这里。",
    )


@require_safe
@access("clocks.jobs")
def job(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Job, pk=pk)
    context: dict[str, Any] = {
        "job": found,
        "kind": _JOB_KIND[found.state],
        "running": found.state in ("queued", "running"),
    }
    context["may_retry"] = found.state == "failed" and request.user.may("clocks.retry")  # type: ignore[union-attr]
    part = request.headers.get("HX-Request") == "true"
    return render(request, "clocks/_job.html" if part else "clocks/job.html", context)


@require_POST
@access("clocks.retry")
def retry_job(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Job, pk=pk)
    try:
        jobs.retry(found, request.user.as_actor())  # type: ignore[union-attr]
        messages.success(request, "已重新排队。")
    except Refused as error:
        messages.error(request, error.reason)
    return redirect("clocks:job", pk=pk)
