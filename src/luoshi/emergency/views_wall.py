"""The wall: a page that fetches itself anew when its stamp changes, and reads on when the line is gone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_GET

from luoshi.emergency import wall
from luoshi.emergency.models import Incident
from luoshi.kernel.acting import access

SECONDS = 20  # a screen without scripts reloads itself this often


@require_GET
@access("emergency.read")
def index(request: HttpRequest) -> HttpResponse:
    """Which incident to put on the wall: the only open one at once, else a choice."""
    rows = list(Incident.objects.filter(state="open").order_by("exercise", "-opened_at")[:30])
    if len(rows) == 1:
        return redirect("emergency:wall", rows[0].pk)
    return render(request, "emergency/walls.html", {"rows": rows})


@require_GET
@access("emergency.read")
def screen(request: HttpRequest, pk: int) -> HttpResponse:
    incident = get_object_or_404(Incident.objects.select_related("lane"), pk=pk)
    made = wall.state(incident)
    context = {"wall": made, "counts": wall.counts(incident), "seconds": SECONDS, "stale": wall.STALE_AFTER}
    response = render(request, "emergency/wall.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@access("emergency.read")
def news(request: HttpRequest, pk: int) -> HttpResponse:
    """What is inside the wall when it has changed, else 304. Costs a screen that looks on almost nothing."""
    seen = parse_etags(request.headers.get("If-None-Match", ""))
    if quote_etag(wall.stamp(pk)) in seen:
        return HttpResponseNotModified()
    incident = get_object_or_404(Incident.objects.select_related("lane"), pk=pk)
    made = wall.state(incident)
    response = render(request, "emergency/_wall.html", {"wall": made, "counts": wall.counts(incident)})
    response["ETag"], response["Cache-Control"] = quote_etag(made.stamp), "no-store"
    return response
