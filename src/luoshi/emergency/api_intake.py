"""Reports of machines and people over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import Field

from luoshi.emergency import feeds, intake
from luoshi.emergency.heard import Heard
from luoshi.emergency.models import Incident, Signal
from luoshi.kernel.acting import require
from luoshi.kernel.errors import BadInput

router = Router(tags=["emergency"])


class TakenOut(Schema):
    """What became of a call. `accepted` reports are on disk when this is answered.

    `waiting` of them will be joined in a moment: what is new, and where it went, is not known yet (status 202).
    """

    accepted: int
    new: int
    joined: int
    set_aside: int
    incidents: list[str]
    incident_ids: list[int]
    problems: list[str]
    waiting: int = 0
    truncated: int = 0


def _body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > feeds.LARGEST:
        raise BadInput(f"超过 {feeds.LARGEST} 字节", field="body")
    return bytes(request.read(feeds.LARGEST + 1))


def _told(taken: intake.Taken, truncated: int = 0) -> Status[dict[str, Any]]:
    return Status(202 if taken.waiting else 200, _answer(taken, truncated))


def _answer(taken: intake.Taken, truncated: int) -> dict[str, Any]:
    rows = [*taken.new, *taken.joined]
    found = {row.incident.pk: row.incident.number for row in rows if row.incident is not None}
    problems = dict.fromkeys(problem for row in taken.new for problem in row.problems)
    return {
        "accepted": taken.heard,
        "new": len(taken.new),
        "joined": len(taken.joined),
        "set_aside": taken.set_aside,
        "incidents": list(found.values())[:50],
        "incident_ids": list(found)[:50],
        "problems": list(problems)[:50],
        "waiting": taken.waiting,
        "truncated": truncated,
    }


def _too_many(response: HttpResponse) -> dict[str, Any]:
    """503 and not 429: Alertmanager sends again after a 5xx, and gives up after a 4xx."""
    response["Retry-After"] = "5"
    return {"error": "busy", "reason": "请求过多，请稍后重发", "file": "", "line": None, "field": ""}


ANSWERS = {200: TakenOut, 202: TakenOut, 503: dict[str, Any]}


@router.post("/emergency/alerts", response=ANSWERS, auth=feeds.FeedKey(), url_name="alerts")
def alerts(request: HttpRequest, response: HttpResponse) -> Any:
    """Alertmanager webhook (version 4). The key is a feed's. Accepted means stored; a repeated alert is joined."""
    feed: Any = request.auth  # type: ignore[attr-defined]
    if not feeds.allows(feed):
        return Status(503, _too_many(response))
    taken, truncated = feeds.alertmanager(feed, _body(request))
    return _told(taken, truncated)


@router.post("/emergency/cap", response=ANSWERS, auth=feeds.FeedKey(), url_name="cap_in")
def cap_in(request: HttpRequest, response: HttpResponse) -> Any:
    """One CAP 1.2 message (XML body). Actual, Exercise and Test are kept apart. The key is a feed's."""
    feed: Any = request.auth  # type: ignore[attr-defined]
    if not feeds.allows(feed):
        return Status(503, _too_many(response))
    return _told(feeds.cap(feed, _body(request)))


class SignalIn(Schema):
    """`incident`: where it belongs, when that is known. `number`: the other side's ticket."""

    source: Literal["form", "phone", "hotline"]
    reporter: str
    text: str
    contact: str = ""
    occurred_at: datetime | None = None
    places: list[str] = []
    number: str = ""
    clause: str = ""
    incident: int | None = None


class SignalOut(Schema):
    id: int
    source: str
    reporter: str
    text: str
    state: str
    status: str
    received_at: datetime
    last_at: datetime
    occurred_at: datetime | None
    repeats: int
    skewed: bool
    exercise: bool
    incident_id: int | None
    problems: list[str]


class DismissIn(Schema):
    reason: str


@router.post("/emergency/signals", response=SignalOut, url_name="signal_new")
def record(request: HttpRequest, told: SignalIn) -> Signal:
    """Write down a report of a person. The same words of the same reporter are joined. Permission emergency.intake."""
    user = require(request, "emergency.intake")
    incident = get_object_or_404(Incident, pk=told.incident) if told.incident is not None else None
    heard = Heard(
        told.source, told.text, key=told.number.strip(), reporter=told.reporter, occurred_at=told.occurred_at,
        places=told.places,
    )  # fmt: skip
    return intake.record(heard, user, incident=incident, contact=told.contact, clause=told.clause)


@router.get("/emergency/signals", response=list[SignalOut], url_name="signals")
def signals(
    request: HttpRequest, state: str = "", incident: int | None = None,
    before: Annotated[int | None, Field(description="Reports with a smaller id than this: the next page.")] = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> list[Signal]:  # fmt: skip
    """Reports as they came in, the newest first. Permission emergency.read."""
    require(request, "emergency.read")
    rows = Signal.objects.defer("raw").order_by("-pk")
    rows = rows.filter(state=state) if state else rows
    rows = rows.filter(incident=incident) if incident is not None else rows
    rows = rows.filter(pk__lt=before) if before is not None else rows
    return list(rows[:limit])


@router.post("/emergency/signals/{int:pk}/dismiss", response=SignalOut, url_name="signal_dismiss")
def dismiss(request: HttpRequest, pk: int, told: DismissIn) -> Signal:
    """不立案, with a reason; the report stays. Permission emergency.intake."""
    user = require(request, "emergency.intake")
    intake.dismiss(get_object_or_404(Signal, pk=pk), told.reason, user)
    return Signal.objects.get(pk=pk)
