"""Drills in the browser: the library, a scenario's text with its faults by line, the score sheet as page and paper."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.emergency import drilling, drills, paper, scenarios
from luoshi.emergency.forms_drills import STARTER, ScenarioForm
from luoshi.emergency.models import DrillRun, Scenario
from luoshi.emergency.powers import powers
from luoshi.faces.downloads import attached
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput

EVENTS_SHOWN = 400
MODES = {"script": "推演", "tabletop": "桌面"}
STATES = {"open": "进行中", "done": "已评分", "cancelled": "已取消"}
VERDICTS = {
    "完成": "ok", "按时": "ok", "未做": "late", "超时": "late", "不合规定": "warn", "内容不全": "warn", "被拒": "info",
    "计量": "plain",
}  # fmt: skip
RUNS = (
    Column("name", "演练", title=True, link=lambda r: reverse("emergency:drill", args=[r.pk])),
    Column("mode", "方式", lambda r: MODES.get(r.mode, r.mode), sort="mode"),
    Column("plans", "预案", lambda r: "、".join(f"{slug}号" for slug in r.plans)),
    Column(
        "state", "状态", lambda r: ("ok" if r.state == "done" else "info", STATES.get(r.state, r.state)), kind="state"
    ),
    Column("score", "完成／应做", lambda r: f"{r.score['done']}／{r.score['of']}" if r.score else None, kind="number"),
    Column("late", "超时", lambda r: len(r.score["late"]) if r.score else None, kind="number"),
    Column("by", "组织"),
    Column("started_at", "时间", kind="moment", sort="started_at"),
)


@require_GET
@access("emergency.read")
def shelf(request: HttpRequest) -> HttpResponse:
    """Scenarios to choose from, and the drills that are going on."""
    found = drills.listed()
    going = DrillRun.objects.filter(state="open").order_by("-started_at")[:20]
    context = {"own": [s for s in found if s.own], "shipped": [s for s in found if not s.own], "going": going}
    return render(request, "emergency/drills.html", {**context, **powers(request)})


@require_GET
@access("emergency.read")
def runs(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        DrillRun.objects.defer("text", "result"),
        columns=RUNS,
        order=("-started_at", "-id"),
        template="emergency/drill_runs.html",
        empty="还没有演练过。到脚本库选一个脚本。",
        caption="演练记录",
    )


@require_GET
@access("emergency.read")
def scenario(request: HttpRequest, name: str) -> HttpResponse:
    """One scenario: what it is about, its text, what can be done with it."""
    text, origin = _text(name)
    row = Scenario.objects.filter(name=name).first()
    found = scenarios.read(text.encode(), name)
    lines = list(enumerate(text.splitlines(), 1))
    ran = DrillRun.objects.filter(scenario=name).defer("text", "result").order_by("-started_at")[:5]
    context = {"name": name, "found": found, "origin": origin, "row": row, "lines": lines, "ran": ran} | powers(request)
    return render(request, "emergency/scenario.html", context)


@require_http_methods(["GET", "POST"])
@access("emergency.drill")
def write(request: HttpRequest, name: str = "") -> HttpResponse:
    """Write a scenario, or change one of ours; `from` starts with the text of another."""
    row = get_object_or_404(Scenario, name=name) if name else None
    if request.method == "GET":
        base = request.GET.get("from", "")
        text = row.text if row else _text(base)[0] if base else STARTER
        first = {
            "name": name or (f"{base}-copy" if base else ""),
            "text": text,
            "version": row.version if row else None,
        }
        return _editor(request, ScenarioForm(initial=first, editing=row is not None), row)
    form = ScenarioForm(request.POST, request.FILES, editing=row is not None)
    if not form.is_valid():
        return _editor(request, form, row, status=422)
    data = form.cleaned_data
    found = scenarios.read(data["text"].encode(), data["name"])
    if found.problems or "check" in request.POST:
        shown = ScenarioForm(initial={**data, "file": None}, editing=row is not None)
        return _editor(request, shown, row, found, 422 if found.problems else 200)
    kept = attempt(form, lambda: drills.keep(data["name"], data["text"], request.user, version=data["version"]))
    if kept is None:
        return _editor(request, form, row, status=422)
    messages.success(request, f"已保存：{kept.title}（第 {kept.version} 版）")
    return redirect("emergency:scenario", kept.name)


def _editor(
    request: HttpRequest, form: ScenarioForm, row: Scenario | None, found: Any = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "row": row, "found": found}
    return render(request, "emergency/scenario_form.html", context, status=status)


@require_POST
@access("emergency.drill")
def run(request: HttpRequest, name: str) -> HttpResponse:
    """Run at once, on virtual time."""
    try:
        row = drills.run(name, request.user)
    except BadInput as error:
        messages.error(request, f"脚本不能运行：第 {error.line or 1} 行，{error.reason}")
        return redirect("emergency:scenario", name)
    return redirect("emergency:drill", row.pk)


@require_GET
@access("emergency.read")
def drill(request: HttpRequest, pk: int) -> HttpResponse:
    """The score sheet of a drill; one that still goes on opens at its director's table."""
    row = get_object_or_404(DrillRun, pk=pk)
    if row.state == "open":
        return redirect("emergency:director", row.pk)
    parts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in row.score.get("lines", []):
        shown = line | {"mark": VERDICTS.get(line["verdict"], "plain"), "spent": paper.spent(line["seconds"])}
        parts.setdefault((line["plan"], line["part"]), []).append(shown | {"note": paper.notes(line)})
    events = row.result.get("events", [])
    log = [(event["time"], drilling.event_words(event)) for event in events if event["kind"] != "set"]
    counts = [(v, row.score["counts"][v], VERDICTS[v]) for v in VERDICTS if row.score["counts"].get(v)]
    context = {
        "run": row, "parts": [(plan, part, lines) for (plan, part), lines in parts.items()], "counts": counts,
        "log": log[:EVENTS_SHOWN], "more": max(0, len(log) - EVENTS_SHOWN), "mode": MODES.get(row.mode, row.mode),
        "lessons": row.lessons.all(),
    }  # fmt: skip
    return render(request, "emergency/drill.html", context | powers(request))


@require_GET
@access("emergency.read")
def drill_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """演练评估表 as .docx."""
    row = get_object_or_404(DrillRun, pk=pk, state="done")
    return attached(drills.sheet(row), drills.sheet_name(row))


def _text(name: str) -> tuple[str, str]:
    try:
        return drills.text_of(name)
    except BadInput:
        raise Http404("没有这个演练脚本") from None
