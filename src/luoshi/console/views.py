"""The staff shell: what must I do now, search over all rooms, the wall, help."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from luoshi.console import queries
from luoshi.faces import finders, tiles, todo
from luoshi.kernel import when
from luoshi.kernel.acting import SIGNED_IN, access

SHOWN = 100  # things to do drawn at once; a person with more needs the lists of the rooms
WALL_SECONDS = 30


@access(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """Answer first: what must I do now, most urgent on top; then what I was told."""
    todos, failed = todo.collect(request.user)
    groups = todo.grouped(todos)
    context = {
        "groups": todo.grouped(todos[:SHOWN]),
        "counts": [(light, label, len(rows)) for light, label, rows in groups],
        "total": len(todos),
        "more": max(0, len(todos) - SHOWN),
        "failed": failed,
        "deliveries": queries.recent_notices(request.user),
        "today": when.today(),
    }
    return render(request, "console/home.html", context)


@access(SIGNED_IN)
def search(request: HttpRequest) -> HttpResponse:
    """One box over documents, duties, bodies: whatever rooms registered a finder."""
    words = request.GET.get("q", "").strip()[:100]
    groups = finders.find(words, request.user) if words else []
    count = sum(len(hits) for _, hits in groups)
    return render(request, "console/search.html", {"words": words, "groups": groups, "count": count})


@access("console.wall")
def wall(request: HttpRequest) -> HttpResponse:
    """Big figures on a dark ground; asks for news of itself and stays readable when the line is gone."""
    context = {"tiles": tiles.collect(), "moment": when.now(), "seconds": WALL_SECONDS}
    part = bool(getattr(request, "htmx", False))
    return render(request, "console/_wall.html" if part else "console/wall.html", context)


@access(SIGNED_IN)
def guide(request: HttpRequest) -> HttpResponse:
    return render(request, "console/help.html")
