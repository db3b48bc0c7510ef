"""What comes after an end, and the upkeep of the plans, over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.accounts.auth import api_auth, require
from luoshi.emergency import after, upkeep
from luoshi.emergency.models import DrillRun, Incident, LinkedPlan, PlanDefect, Review, Trigger

router = Router(tags=["emergency"], auth=api_auth)
Json = dict[str, Any]


class ReviewIn(Schema):
    data: Json = Field(description="text; rows; for an investigation also members, experts, topics")
    done: bool = False


class LessonIn(Schema):
    text: str
    action: str = ""
    drill: int | None = None
    incident: int | None = None
    plan: str = ""
    cites: list[str] = []
    major: bool = False


class TriggerIn(Schema):
    plan: str
    kind: str = Field(description="law | organisation")
    text: str
    source: str


class DecideIn(Schema):
    state: str
    reason: str
    major: bool = False


class LinkedIn(Schema):
    title: str


@router.get("/emergency/incidents/{pk}/after", summary="What the plans ask for after the end of an incident")
def list_reviews(request: HttpRequest, pk: int) -> Json:
    require(request, "emergency.read")
    incident = get_object_or_404(Incident, pk=pk)
    return {"reviews": [_review(row) for row in incident.reviews.select_related("case").all()]}


@router.put("/emergency/reviews/{pk}", summary="Write one of them: a draft, or done")
def write_review(request: HttpRequest, pk: int, given: ReviewIn) -> Json:
    user = require(request, "emergency.review")
    return _review(after.save(get_object_or_404(Review, pk=pk), given.data, user, done=given.done, via="api"))


@router.post("/emergency/lessons", summary="A lesson of an incident or a drill; with `plan` a defect of that plan too")
def add_lesson(request: HttpRequest, given: LessonIn) -> Json:
    user = require(request, "emergency.review")
    incident = get_object_or_404(Incident, pk=given.incident) if given.incident else None
    drill = get_object_or_404(DrillRun, pk=given.drill) if given.drill else None
    row = after.learn(given.text, user, incident=incident, drill=drill, action=given.action, plan=given.plan,
                      cites=given.cites, major=given.major, via="api")  # fmt: skip
    return {"lesson": row.pk, "defect": row.defect_id}


@router.get("/emergency/upkeep", summary="Whether plans are due for revision and why, defects, linked plans on file")
def read_upkeep(request: HttpRequest) -> Json:
    require(request, "emergency.read")
    return {"plans": [
        {"plan": s.plan.slug, "title": s.plan.row.title, "due": s.due, "due_cite": s.due_cite, "revise": s.fired,
         "triggers": [_trigger(t) for t in s.triggers], "readings_open": s.readings,
         "defects": [{"id": d.pk, "code": d.code, "message": d.message, "cites": d.cites, "major": d.major,
                      "state": d.state, "source": d.source} for d in s.defects],
         "linked": [{"id": p.pk, "member": p.printed, "title": p.title, "filed_at": p.filed_at} for p in s.linked]}
        for s in upkeep.states()
    ]}  # fmt: skip


@router.post("/emergency/upkeep/check", summary="Check the plans again; what is new is counted")
def check_plans(request: HttpRequest) -> Json:
    user = require(request, "emergency.review")
    return dict(upkeep.look(user, via="api"))


@router.post("/emergency/triggers", summary="Say that a law or the organisation has changed; still to be verified")
def raise_trigger(request: HttpRequest, given: TriggerIn) -> Json:
    user = require(request, "emergency.review")
    return _trigger(upkeep.raise_trigger(given.plan, given.kind, given.text, given.source, user, via="api"))


@router.post("/emergency/triggers/{pk}/decide", summary="Verify: fired | dismissed, with a reason")
def decide_trigger(request: HttpRequest, pk: int, given: DecideIn) -> Json:
    user = require(request, "emergency.review")
    return _trigger(upkeep.decide(get_object_or_404(Trigger, pk=pk), given.state, given.reason, user, via="api"))


@router.post("/emergency/defects/{pk}/decide", summary="Accept, dismiss or close a defect of a plan")
def decide_defect(request: HttpRequest, pk: int, given: DecideIn) -> Json:
    user = require(request, "emergency.review")
    row = get_object_or_404(PlanDefect, pk=pk)
    upkeep.decide_defect(row, given.state, given.reason, user, major=given.major, via="api")
    return {"defect": pk, "state": given.state}


@router.post("/emergency/linked-plans/{pk}", summary="Put a member's linked plan on file (its file by the screen)")
def file_plan(request: HttpRequest, pk: int, given: LinkedIn) -> Json:
    user = require(request, "emergency.review")
    row = upkeep.file_plan(get_object_or_404(LinkedPlan, pk=pk), given.title, user, via="api")
    return {"id": row.pk, "member": row.printed, "title": row.title, "filed_at": row.filed_at}


def _review(row: Review) -> Json:
    return {"id": row.pk, "plan": row.case.plan if row.case else None, "kind": row.kind, "state": row.state,
            "responsible": row.responsible, "cite": row.cite, "timing": row.timing or None, "data": row.data,
            "opened_at": row.opened_at, "done_at": row.done_at}  # fmt: skip


def _trigger(row: Trigger) -> Json:
    return {"id": row.pk, "plan": row.plan, "kind": row.kind, "state": row.state, "text": row.text,
            "source": row.source, "cite": row.cite, "decided_by": row.decided_by,
            "reason": row.decided_reason}  # fmt: skip
