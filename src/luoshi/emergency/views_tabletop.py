"""The director's table of a table-top drill: the time, what has been shown, what comes, what players did."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.emergency import drills, tabletop
from luoshi.emergency.forms_drills import MinutesForm
from luoshi.emergency.models import Act, DrillRun
from luoshi.emergency.powers import powers
from luoshi.faces.forms import confirm
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput

SHOWN = 40


@require_http_methods(["GET", "POST"])
@access("emergency.drill")
def open_run(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a table-top, after saying what follows."""
    try:
        found = drills.checked(name)
    except BadInput as error:
        messages.error(request, f"脚本不能用：第 {error.line or 1} 行，{error.reason}")
        return redirect("emergency:scenario", name)
    if request.method == "POST":
        run = tabletop.open_run(name, request.user)
        messages.success(request, "桌面演练已开始，时间停在脚本的第一个时刻。")
        return redirect("emergency:director", run.pk)
    return render(request, "emergency/tabletop_open.html", {"name": name, "found": found})


@require_GET
@access("emergency.read")
def director(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(DrillRun.objects.select_related("lane"), pk=pk)
    if run.state != "open":
        return redirect("emergency:drill", run.pk)
    incident = tabletop.incident_of(run)
    left = tabletop.coming(run)
    context = {
        "run": run, "incident": incident, "now": when.aware(run.lane.now) if run.lane else None,
        "coming": left[:SHOWN], "left": len(left), "injects": sum(one.kind == "inject" for one in left),
        "steps": tabletop.STEPS, "log": Act.objects.filter(incident=incident).order_by("-at", "-pk")[:SHOWN],
        "refused": run.said[-8:],
    }  # fmt: skip
    return render(request, "emergency/tabletop.html", context | powers(request))


@require_POST
@access("emergency.drill")
def advance(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the time on by minutes, or to the next inject."""
    run = get_object_or_404(DrillRun.objects.select_related("lane"), pk=pk)
    form = MinutesForm(request.POST)
    try:
        if "next" in request.POST:
            shown = tabletop.next_inject(run, request.user)
        elif form.is_valid():
            shown = tabletop.advance(run, request.user, form.cleaned_data["minutes"])
        else:
            raise BadInput("请写 1 到 43200 之间的分钟数", field="minutes")
    except BadInput as error:
        messages.error(request, error.reason)
        return redirect("emergency:director", pk)
    run.refresh_from_db()
    told = f"，注入 {shown} 项" if shown else ""
    messages.success(request, f"推演时刻到 {when.aware(run.lane.now):%m-%d %H:%M:%S}{told}" if run.lane else "")
    return redirect("emergency:director", pk)


@require_http_methods(["GET", "POST"])
@access("emergency.drill")
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(DrillRun, pk=pk)
    left = tabletop.coming(run) if run.state == "open" else []
    return confirm(
        request,
        lambda reason: tabletop.finish(run, request.user),
        title=f"结束演练：{run.name}",
        follows=[
            "推演时间停止，没有办结的时限撤销。",
            "按处置记录逐项评估，生成演练评估表。",
            f"脚本还有 {len(left)} 项没有用到。" if left else "脚本已全部用完。",
            "演练事件结案，参演人员不能再在上面办理。",
        ],
        button="结束并评估",
        back=reverse("emergency:director", args=[pk]),
        to=reverse("emergency:drill", args=[pk]),
        done="演练已结束，评估表如下。",
        reason_optional=True,
    )
