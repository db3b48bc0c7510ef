"""Deadlines and background jobs over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.clocks.models import Clock, Job
from luoshi.kernel.acting import require

router = Router(tags=["clocks"])
PAGE = 500


class ClockOut(Schema):
    id: int
    kind: str
    subject: str
    name: str
    cite: str
    state: str
    started_at: datetime
    due_at: datetime
    provisional: bool
    late: bool
    broke_at: datetime | None
    ended_at: datetime | None
    suspended_at: datetime | None
    lane_id: int | None
    error: str


class FiringOut(Schema):
    event: str
    moment: datetime
    fired_at: datetime
    late_ms: int


class ClockDetail(ClockOut):
    firings: list[FiringOut]

    @staticmethod
    def resolve_firings(clock: Clock) -> list[Any]:
        return list(clock.firings.all())


class ClocksOut(Schema):
    clocks: list[ClockOut]
    next_after: int | None


class JobOut(Schema):
    id: int
    kind: str
    state: str
    progress: str
    done: int
    total: int
    result: Any = None
    error: str
    created_at: datetime
    ended_at: datetime | None


@router.get("/clocks", response=ClocksOut, url_name="clocks")
def clocks(
    request: HttpRequest,
    subject: str = "",
    kind: str = "",
    state: str = "",
    after: Annotated[int, Field(description="Clocks with a larger id than this: the next page.")] = 0,
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 100,
) -> dict[str, Any]:
    """Deadlines in order of their id. Permission clocks.read."""
    require(request, "clocks.read")
    wanted = {key: value for key, value in (("subject", subject), ("kind", kind), ("state", state)) if value}
    found = list(Clock.objects.filter(pk__gt=after, **wanted).order_by("pk")[: limit + 1])
    return {"clocks": found[:limit], "next_after": found[limit - 1].pk if len(found) > limit else None}


@router.get("/clocks/{int:pk}", response=ClockDetail, url_name="clock")
def clock(request: HttpRequest, pk: int) -> Any:
    """One deadline with what it fired. Permission clocks.read."""
    require(request, "clocks.read")
    return get_object_or_404(Clock.objects.prefetch_related("firings"), pk=pk)


@router.get("/jobs/{int:pk}", response=JobOut, url_name="job")
def job(request: HttpRequest, pk: int) -> Job:
    """How far a background job is. Its submitter may always ask; others need clocks.jobs."""
    found = get_object_or_404(Job, pk=pk)
    if found.by_user != request.user.pk:
        require(request, "clocks.jobs")
    return found
