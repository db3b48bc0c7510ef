"""Reports, superiors' queries, clocks, and warnings as CAP over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.clocks.models import Clock
from luoshi.emergency import cap_issue, course, reporting, timing
from luoshi.emergency.models import Incident, Measured, Query, Report, Warning
from luoshi.emergency.sitting import Asked
from luoshi.kernel.acting import require

router = Router(tags=["emergency"])


class ReportOut(Schema):
    """`sm3`: digest of the words, kept in the ledger. A secret one is a stub. `entered_at`: written down when."""

    id: int
    kind: str
    title: str
    number: int
    to: list[str]
    upward: bool
    channel: str
    channel_reason: str
    parts: dict[str, str]
    secret: bool
    sm3: str
    sent_at: datetime
    delivered_at: datetime | None
    entered_at: datetime | None
    by: str


class ReportIn(Schema):
    kind: Literal["oral", "first", "follow_up", "final"]
    to: list[str]
    parts: dict[str, str] = {}
    upward: bool = True
    channel: str = course.SECURE
    channel_reason: str = ""
    secret: bool = False
    delivered_at: datetime | None = None
    once: Annotated[str, Field(max_length=64)] = ""


class QueryIn(Schema):
    asked_by: str
    text: str
    received_at: datetime | None = None
    once: Annotated[str, Field(max_length=64)] = ""


class AnswerIn(Schema):
    content: str
    answered_at: datetime | None = None
    once: Annotated[str, Field(max_length=64)] = ""


class QueryOut(Schema):
    id: int
    asked_by: str
    text: str
    received_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    answer: str
    answered_by: str
    late: bool


class TimingOut(Schema):
    """`minutes`: a number of the text; without it the delay is measured and `late` is null: nobody judges it."""

    name: str
    plans: list[str]
    cites: list[str]
    word: str
    minutes: int | None
    target_minutes: int | None
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    late: bool | None


@router.get("/emergency/incidents/{int:pk}/reports", response=list[ReportOut], url_name="reports")
def reports(request: HttpRequest, pk: int) -> list[dict[str, Any]]:
    """Reports of an incident in order. Permission emergency.read."""
    require(request, "emergency.read")
    incident = get_object_or_404(Incident, pk=pk)
    return [_report(row) for row in Report.objects.filter(incident=incident).order_by("pk")[:500]]


@router.get("/emergency/incidents/{int:pk}/reports/draft", response=dict[str, str], url_name="report_draft")
def draft(request: HttpRequest, pk: int) -> dict[str, str]:
    """The five parts and the additions as far as the incident knows them. Permission emergency.report."""
    require(request, "emergency.report")
    return reporting.begun(get_object_or_404(Incident, pk=pk))


@router.post("/emergency/incidents/{int:pk}/reports", response=ReportOut, url_name="report")
def report(request: HttpRequest, pk: int, told: ReportIn) -> dict[str, Any]:
    """Record a report; its clocks start and stop. Secret content is refused and a stub kept. emergency.report."""
    user = require(request, "emergency.report")
    incident = get_object_or_404(Incident, pk=pk)
    made = reporting.Draft(**told.dict(exclude={"once"}))
    return _report(reporting.report(incident, made, user, Asked(once=told.once, via="api")))


def _report(row: Report) -> dict[str, Any]:
    names = [name for name in ReportOut.model_fields if name != "title"]
    return {name: getattr(row, name) for name in names} | {"title": reporting.title(row)}


@router.post("/emergency/incidents/{int:pk}/queries", response=QueryOut, url_name="superior_query")
def superior_query(request: HttpRequest, pk: int, told: QueryIn) -> dict[str, Any]:
    """催报、核实: a superior asks; thirty minutes to an effective answer. Permission emergency.report."""
    user = require(request, "emergency.report")
    incident = get_object_or_404(Incident, pk=pk)
    asked = Asked(once=told.once, via="api")
    came = told.received_at
    return _query(reporting.asked_by_superior(incident, told.asked_by, told.text, user, asked, received_at=came))


@router.post("/emergency/queries/{int:pk}/answer", response=QueryOut, url_name="answer_query")
def answer(request: HttpRequest, pk: int, told: AnswerIn) -> dict[str, Any]:
    """An effective answer; “收到” is refused with its clause. Permission emergency.report."""
    user = require(request, "emergency.report")
    row = get_object_or_404(Query, pk=pk)
    asked = Asked(once=told.once, via="api")
    reporting.answer(row, told.content, user, asked, answered_at=told.answered_at)
    return _query(Query.objects.select_related("clock").get(pk=pk))


def _query(row: Query) -> dict[str, Any]:
    names = ("id", "asked_by", "text", "received_at", "answered_at", "answer", "answered_by")
    clock = row.clock
    return {name: getattr(row, name) for name in names} | {
        "due_at": clock.due_at if clock else None, "late": bool(clock and clock.late)
    }  # fmt: skip


@router.get("/emergency/incidents/{int:pk}/clocks", response=list[TimingOut], url_name="incident_clocks")
def clocks(request: HttpRequest, pk: int) -> list[dict[str, Any]]:
    """Deadlines with a number, and delays that are only measured, in order of their start. emergency.read."""
    require(request, "emergency.read")
    incident = get_object_or_404(Incident, pk=pk)
    rows = Clock.objects.filter(subject=incident.subject, kind=timing.KIND).order_by("id")[:500]
    found = [
        {"name": row.name, "plans": row.data["plans"], "cites": row.data["cites"], "word": "", "target_minutes": None,
         "minutes": row.allowance, "started_at": row.started_at, "due_at": row.due_at, "ended_at": row.ended_at,
         "late": row.late}
        for row in rows
    ]  # fmt: skip
    found += [
        {"name": m.name, "plans": m.plans, "cites": m.cites, "word": m.word, "minutes": None, "due_at": None,
         "target_minutes": m.target_minutes, "started_at": m.started_at, "ended_at": m.stopped_at, "late": None}
        for m in Measured.objects.filter(incident=incident).order_by("pk")[:500]
    ]  # fmt: skip
    return sorted(found, key=lambda told: told["started_at"])


@router.get("/emergency/warnings/{int:pk}/cap", url_name="warning_cap")
def warning_cap(request: HttpRequest, pk: int) -> HttpResponse:
    """The warning as CAP 1.2 XML: Alert, Update or Cancel, status Actual or Exercise. Permission emergency.read."""
    require(request, "emergency.read")
    row = get_object_or_404(Warning.objects.select_related("case__incident", "previous"), pk=pk)
    return HttpResponse(cap_issue.message(row), content_type="application/cap+xml; charset=utf-8")
