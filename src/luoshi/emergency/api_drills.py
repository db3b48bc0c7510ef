"""Drills over HTTP: scenarios checked, kept and run; score sheets; the time of a table-top."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.accounts.auth import api_auth, require
from luoshi.emergency import drills, scenarios, tabletop
from luoshi.emergency.models import DrillRun, Scenario
from luoshi.faces.downloads import attached
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput

router = Router(tags=["emergency"], auth=api_auth)
Json = dict[str, Any]
MOST = 200


class ScenarioIn(Schema):
    text: str = Field(description="YAML or JSON")
    version: int | None = Field(None, description="as you saw it, when changing one")


class MinutesIn(Schema):
    minutes: int = Field(0, description="0: go to the next inject")


@router.get("/emergency/scenarios", summary="Scenarios that can be run")
def list_scenarios(request: HttpRequest) -> Json:
    require(request, "emergency.read")
    return {"scenarios": [
        {"name": s.name, "title": s.title, "note": s.note, "plans": list(s.plans), "own": s.own, "version": s.version}
        for s in drills.listed()
    ]}  # fmt: skip


@router.post("/emergency/scenarios/check", summary="What is wrong with a scenario, line by line; nothing is kept")
def check_scenario(request: HttpRequest, given: ScenarioIn) -> Json:
    require(request, "emergency.read")
    found = scenarios.read(given.text.encode(), "text")
    problems = [{"line": p.line, "field": p.field, "reason": p.reason} for p in found.problems]
    return {"usable": not problems, "title": found.title, "problems": problems}


@router.put("/emergency/scenarios/{name}", summary="Keep a scenario; one that does not run is not kept")
def keep_scenario(request: HttpRequest, name: str, given: ScenarioIn) -> Json:
    user = require(request, "emergency.drill")
    row = drills.keep(name, given.text, user, via="api", version=given.version)
    return {"name": row.name, "title": row.title, "version": row.version, "sm3": row.digest}


@router.get("/emergency/scenarios/{name}", summary="A scenario's text")
def read_scenario(request: HttpRequest, name: str) -> Json:
    require(request, "emergency.read")
    try:
        text, origin = drills.text_of(name)
    except BadInput:
        raise Http404 from None
    row = Scenario.objects.filter(name=name).first()
    return {"name": name, "origin": origin, "version": row.version if row else 1, "text": text}


@router.post("/emergency/scenarios/{name}/runs", summary="Run a scenario on virtual time; keeps its score")
def run_scenario(request: HttpRequest, name: str) -> Json:
    user = require(request, "emergency.drill")
    return _run(drills.run(name, user, via="api"), whole=True)


@router.post("/emergency/scenarios/{name}/tabletops", summary="Begin a table-top drill of a scenario")
def open_tabletop(request: HttpRequest, name: str) -> Json:
    user = require(request, "emergency.drill")
    return _run(tabletop.open_run(name, user, via="api"))


@router.get("/emergency/drills", summary="Drills that were run or are going on, the newest first")
def list_drills(request: HttpRequest, before: int = 0, limit: int = 50) -> Json:
    require(request, "emergency.read")
    rows = DrillRun.objects.defer("text", "result").select_related("lane").order_by("-pk")
    rows = rows.filter(pk__lt=before) if before else rows
    limit = max(1, min(limit, MOST))
    found = list(rows[:limit])
    return {"drills": [_run(row) for row in found], "next": found[-1].pk if len(found) == limit else None}


@router.get("/emergency/drills/{pk}", summary="A drill: every event in order, and its score sheet")
def read_drill(request: HttpRequest, pk: int) -> Json:
    require(request, "emergency.read")
    return _run(get_object_or_404(DrillRun.objects.select_related("lane"), pk=pk), whole=True)


@router.get("/emergency/drills/{pk}/sheet.docx", summary="演练评估表, to be signed")
def drill_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, "emergency.read")
    row = get_object_or_404(DrillRun, pk=pk, state="done")
    return attached(drills.sheet(row), drills.sheet_name(row))


@router.post("/emergency/drills/{pk}/advance", summary="Move a table-top's time on, or to the next inject")
def advance_drill(request: HttpRequest, pk: int, given: MinutesIn) -> Json:
    user = require(request, "emergency.drill")
    row = get_object_or_404(DrillRun.objects.select_related("lane"), pk=pk)
    if given.minutes:
        shown = tabletop.advance(row, user, given.minutes, via="api")
    else:
        shown = tabletop.next_inject(row, user, via="api")
    return _run(DrillRun.objects.select_related("lane").get(pk=pk)) | {"injected": shown}


@router.post("/emergency/drills/{pk}/finish", summary="End a table-top and score its log")
def finish_drill(request: HttpRequest, pk: int) -> Json:
    user = require(request, "emergency.drill")
    return _run(tabletop.finish(get_object_or_404(DrillRun, pk=pk), user, via="api"), whole=True)


def _run(row: DrillRun, *, whole: bool = False) -> Json:
    told: Json = {
        "id": row.pk, "name": row.name, "scenario": row.scenario, "mode": row.mode, "plans": row.plans,
        "state": row.state, "status": "Exercise", "started_at": row.started_at, "by": row.by,
        "now": when.aware(row.lane.now) if row.lane else None,
    }  # fmt: skip
    if row.score:
        told["score"] = row.score if whole else {key: row.score[key] for key in ("done", "of", "counts")}
    return told | ({"result": row.result} if whole and row.result else {})
