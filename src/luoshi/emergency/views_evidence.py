"""The evidence package of an incident: what is in it, how to check it without this system, and the file itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from luoshi.emergency.models import Incident
from luoshi.faces.downloads import attached
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.ledger import evidence, queries, replays

DECIDED = {"emergency.proposed", "emergency.warning_proposed", "emergency.started", "emergency.ended"}


@require_GET
@access("emergency.review")
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """What a package would hold now."""
    incident = get_object_or_404(Incident, pk=pk)
    entries = queries.history(incident.subject)
    known = replays.load()
    context = {
        "incident": incident,
        "entries": len(entries),
        "first": entries[0] if entries else None,
        "last": entries[-1] if entries else None,
        "decisions": sum(entry.kind in known for entry in entries if entry.kind in DECIDED),
        "cites": sorted({cite for entry in entries for cite in entry.cites}),
        "head": queries.head(),
    }
    return render(request, "emergency/evidence.html", context)


@require_POST
@access("emergency.review")
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """The package; that it was taken, and its digest, go to the ledger."""
    incident = get_object_or_404(Incident, pk=pk)
    data = evidence.export(incident.subject, request.user.as_actor())  # type: ignore[union-attr]
    return attached(data, f"证据包-{incident.number}-{when.today()}.zip")
