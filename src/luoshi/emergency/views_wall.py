"""The wall: a page that fetches itself anew when its stamp changes, and reads on when the line is gone."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import parse_etags, quote_etag
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.emergency import shapes, wall, watching
from luoshi.emergency.models import Incident
from luoshi.emergency.powers import powers
from luoshi.faces.forms import attempt
from luoshi.kernel.acting import access

SECONDS = 20  # a screen without scripts reloads itself this often


class OutlineForm(forms.Form):
    file = forms.FileField(label="GeoJSON 文件", help_text="FeatureCollection；每个要素的 name 是镇、街道的名称。")
    source = forms.CharField(label="来源", max_length=200, help_text="测绘成果、公开地图等；会印在大屏上。")


@require_GET
@access("emergency.read")
def index(request: HttpRequest) -> HttpResponse:
    """Which incident to put on the wall: the only open one at once, else a choice."""
    rows = list(Incident.objects.filter(state="open").order_by("exercise", "-opened_at")[:30])
    if len(rows) == 1:
        return redirect("emergency:wall", rows[0].pk)
    return render(request, "emergency/walls.html", {"rows": rows, **powers(request)})


@require_http_methods(["GET", "POST"])
@access("emergency.setup")
def outlines(request: HttpRequest) -> HttpResponse:
    """Outlines of the towns, from a file somebody has; without them the wall draws boxes."""
    form = OutlineForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        count = attempt(form, lambda: shapes.bring_in(data["file"].read(), data["source"], request.user))
        if count is not None:
            messages.success(request, f"已导入 {count} 个镇、街道的轮廓")
            return redirect("emergency:walls")
    lead = "文件里没有行政区的图形。导入全部镇、街道的轮廓后，大屏按轮廓画；缺一个，就仍画方块。"
    context = {
        "form": form,
        "title": "导入行政区轮廓",
        "lead": lead,
        "back": reverse("emergency:walls"),
        "button": "导入",
    }
    return render(request, "faces/form.html", context, status=422 if form.is_bound and form.errors else 200)


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
    if quote_etag(watching.stamp(pk)) in seen:
        return HttpResponseNotModified()
    found = watching.drawn(pk, lambda: _draw(pk))
    headers = {"ETag": quote_etag(found.stamp), "Cache-Control": "no-store"}
    return HttpResponse(found.told(), headers=headers)


def _draw(pk: int) -> watching.Drawn:
    """The inside of the wall for every screen alike: nothing in it depends on who looks."""
    incident = get_object_or_404(Incident.objects.select_related("lane"), pk=pk)
    made = wall.state(incident)
    told = {"wall": made, "counts": wall.counts(incident), "now_mark": watching.NOW}
    html = render_to_string("emergency/_wall.html", told)
    return watching.Drawn(made.stamp, html, made.now if made.frozen else None)
