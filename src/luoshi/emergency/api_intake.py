"""Reports of machines and people over HTTP, and the warnings that go out as CAP."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status

from luoshi.emergency import feeds
from luoshi.kernel.errors import BadInput

router = Router(tags=["emergency"])


class TakenOut(Schema):
    """What became of a call. `accepted` reports are on disk when this is answered."""

    accepted: int
    new: int
    joined: int
    set_aside: int
    incidents: list[str]
    problems: list[str]
    truncated: int = 0


def _body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > feeds.LARGEST:
        raise BadInput(f"超过 {feeds.LARGEST} 字节", field="body")
    return bytes(request.read(feeds.LARGEST + 1))


def _answer(taken: Any, truncated: int = 0) -> dict[str, Any]:
    rows = [*taken.new, *taken.joined]
    numbers = {row.incident.number: None for row in rows if row.incident is not None}
    problems = dict.fromkeys(problem for row in taken.new for problem in row.problems)
    return {
        "accepted": taken.heard,
        "new": len(taken.new),
        "joined": len(taken.joined),
        "set_aside": taken.set_aside,
        "incidents": list(numbers)[:50],
        "problems": list(problems)[:50],
        "truncated": truncated,
    }


def _too_many(response: HttpResponse) -> dict[str, Any]:
    """503 and not 429: Alertmanager sends again after a 5xx, and gives up after a 4xx."""
    response["Retry-After"] = "5"
    return {"error": "busy", "reason": "请求过多，请稍后重发", "file": "", "line": None, "field": ""}


@router.post(
    "/emergency/alerts", response={200: TakenOut, 503: dict[str, Any]}, auth=feeds.FeedKey(), url_name="alerts"
)
def alerts(request: HttpRequest, response: HttpResponse) -> Any:
    """Alertmanager webhook (version 4). The key is a feed's. Accepted means stored; a repeated alert is joined."""
    feed: Any = request.auth  # type: ignore[attr-defined]
    if not feeds.allows(feed):
        return Status(503, _too_many(response))
    taken, truncated = feeds.alertmanager(feed, _body(request))
    return _answer(taken, truncated)


@router.post("/emergency/cap", response={200: TakenOut, 503: dict[str, Any]}, auth=feeds.FeedKey(), url_name="cap_in")
def cap_in(request: HttpRequest, response: HttpResponse) -> Any:
    """One CAP 1.2 message (XML body). Actual, Exercise and Test are kept apart. The key is a feed's."""
    feed: Any = request.auth  # type: ignore[attr-defined]
    if not feeds.allows(feed):
        return Status(503, _too_many(response))
    return _answer(feeds.cap(feed, _body(request)))
