"""Call-out and tasks over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.emergency import callboard, calling, tasks
from luoshi.emergency.models import LIVE, Incident, Response, Task
from luoshi.emergency.sitting import Asked
from luoshi.kernel.acting import require

router = Router(tags=["emergency"])
PAGE = 200


class CalledOut(Schema):
    """One addressee. `state`: what an officer sees; `deliveries`: ids for the notices API."""

    name: str
    state: str
    answered_at: datetime | None
    dial: bool
    merged: bool
    note: str
    roles: list[dict[str, Any]]
    deliveries: list[int]


class CallOutOut(Schema):
    id: int
    purpose: str
    plan: str
    at: datetime
    by: str
    exercise: bool
    answered: int
    told: int
    units: list[CalledOut]


class CallIn(Schema):
    who: str
    reason: str


class TaskOut(Schema):
    id: int
    incident_id: int
    plan: str
    what: str
    by: str
    group: str
    body: str
    cites: list[str]
    column: str
    reading: str
    timing: str
    state: str
    help_wanted: bool
    created_at: datetime
    acked_at: datetime | None
    done_at: datetime | None
    entries: list[dict[str, Any]]


class TaskIn(Schema):
    """`once`: the same key again does nothing."""

    act: Literal["ack", "feedback", "help", "done", "drop"]
    text: str = ""
    once: Annotated[str, Field(max_length=64)] = ""


class AdoptIn(Schema):
    cite: str
    reason: str


@router.get("/emergency/incidents/{int:pk}/callouts", response=list[CallOutOut], url_name="callouts")
def callouts(request: HttpRequest, pk: int) -> list[dict[str, Any]]:
    """Who was called and who has answered, the newest call-out first. Permission emergency.read."""
    require(request, "emergency.read")
    incident = get_object_or_404(Incident, pk=pk)
    return [
        {
            "id": call.row.pk, "purpose": call.row.purpose, "plan": call.row.case.plan if call.row.case else "",
            "at": call.row.at, "by": call.row.by, "exercise": call.row.exercise, "answered": call.answered,
            "told": len(call.units), "units": [_unit(unit) for unit in call.units],
        }
        for call in callboard.of(incident)
    ]  # fmt: skip


def _unit(unit: callboard.Unit) -> dict[str, Any]:
    answered = unit.answered
    return {
        "name": unit.name, "state": unit.state[1], "answered_at": answered.confirmed_at if answered else None,
        "dial": unit.dial, "merged": unit.merged, "note": unit.note, "roles": unit.roles,
        "deliveries": [one.pk for one in unit.every()],
    }  # fmt: skip


@router.post("/emergency/responses/{int:pk}/call", response={200: dict[str, int]}, url_name="call")
def call(request: HttpRequest, pk: int, told: CallIn) -> dict[str, int]:
    """Call a row of the running level that is told 需要时, or one only recommended. Permission emergency.intake."""
    user = require(request, "emergency.intake")
    response = get_object_or_404(Response.objects.select_related("case__incident"), pk=pk, state__in=LIVE)
    return {"callout": calling.call_for(response, told.who, told.reason, user).pk}


@router.get("/emergency/tasks", response=list[TaskOut], url_name="tasks")
def listed(
    request: HttpRequest, incident: int | None = None, mine: bool = False, state: str = "",
    after: Annotated[int, Field(ge=0, description="Tasks with a larger id than this: the next page.")] = 0,
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 50,
) -> list[dict[str, Any]]:  # fmt: skip
    """Tasks in order of id. `mine`: those the units one acts for may do. Permission emergency.read."""
    user = require(request, "emergency.read")
    rows = tasks.of_bodies([body.pk for body in user.bodies()]) if mine else Task.objects.all()
    rows = rows.filter(incident=incident) if incident is not None else rows
    rows = rows.filter(state=state) if state else rows
    found = rows.filter(pk__gt=after).order_by("pk").select_related("body", "case").prefetch_related("entries")
    return [_task(row) for row in found[:limit]]


@router.post("/emergency/tasks/{int:pk}", response=TaskOut, url_name="task")
def act(request: HttpRequest, pk: int, told: TaskIn) -> dict[str, Any]:
    """签收, 反馈, 求助, 完成, 不办. Open to the units of the task, the officer on duty and the command."""
    user = require(request, "emergency.task")
    row = get_object_or_404(Task, pk=pk)
    asked = Asked(once=told.once, via="api")
    if told.act == "ack":
        tasks.ack(row, user, asked)
    else:
        does = {"feedback": tasks.feedback, "help": tasks.help_wanted, "done": tasks.done, "drop": tasks.drop}
        does[told.act](row, told.text, user, asked)
    return _task(Task.objects.select_related("body", "case").get(pk=pk))


@router.post("/emergency/responses/{int:pk}/tasks", response=list[TaskOut], url_name="adopt")
def adopt(request: HttpRequest, pk: int, told: AdoptIn) -> list[dict[str, Any]]:
    """Give a measure that a reading only recommends (建议沿用), with a reason. Permission emergency.command."""
    user = require(request, "emergency.command")
    response = get_object_or_404(Response.objects.select_related("case"), pk=pk, state__in=LIVE)
    return [_task(row) for row in tasks.adopt(response, told.cite, told.reason, user, Asked(via="api"))]


def _task(row: Task) -> dict[str, Any]:
    names = ("id", "incident_id", "what", "by", "group", "cites", "column", "reading", "timing", "state",
             "help_wanted", "created_at", "acked_at", "done_at")  # fmt: skip
    entries = [{"kind": e.kind, "text": e.text, "at": e.at, "by": e.by} for e in row.entries.all()]
    told = {name: getattr(row, name) for name in names}
    return told | {"plan": row.case.plan, "body": row.body.name if row.body else "", "entries": entries}
