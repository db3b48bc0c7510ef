"""The wall as data: for a screen that is not a browser."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from luoshi.accounts.auth import api_auth, require
from luoshi.emergency import wall, watching
from luoshi.emergency.models import Incident

router = Router(tags=["emergency"], auth=api_auth)


@router.get(
    "/emergency/incidents/{pk}/wall", summary="An incident as the command post sees it; `stamp` changes with it"
)
def read_wall(request: HttpRequest, pk: int, seen: str = "") -> dict[str, Any]:
    """With `seen`, the stamp you have: only `{"stamp", "changed": false}` while nothing has moved."""
    require(request, "emergency.read")
    incident = get_object_or_404(Incident.objects.select_related("lane"), pk=pk)
    if seen and seen == watching.stamp(pk):
        return {"stamp": seen, "changed": False}
    made = wall.state(incident)
    return {
        "stamp": made.stamp, "changed": True, "now": made.now, "exercise": incident.exercise, "title": incident.title,
        "plans": [{"plan": x.plan, "response": x.response, "note": x.response_note, "since": x.since,
                   "warning": x.warning or None, "ask": x.ask} for x in made.lines],
        "clocks": [{"name": c.name, "cite": c.cite, "state": c.state, "started": c.started, "due": c.due,
                    "word": c.word or None} for c in made.clocks],
        "groups": [{"name": g.name, "lead": g.lead, "open": g.open, "acked": g.acked, "done": g.done, "help": g.help}
                   for g in made.groups],
        "told": made.told, "answered": made.answered, "silent": [name for name, *_ in made.silent],
        "places": made.map.hit, "known": dict(made.known),
        "log": [{"at": a.at, "text": a.text, "by": a.actor, "cite": a.cite or None} for a in made.log],
    }  # fmt: skip
