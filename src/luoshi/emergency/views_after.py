"""After an end: what is owed and how far it is; lessons; the plans' upkeep."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.emergency import after, live, upkeep
from luoshi.emergency.forms_after import DecideTriggerForm, DefectForm, LinkedPlanForm, ReviewForm, TriggerForm
from luoshi.emergency.forms_drills import LessonForm
from luoshi.emergency.models import DrillRun, Incident, LinkedPlan, PlanDefect, Response, Review, Trigger
from luoshi.emergency.powers import powers
from luoshi.faces.forms import attempt
from luoshi.faces.kept import path_of
from luoshi.kernel.acting import access

DEFECTS = {"open": "待处理", "accepted": "确是缺陷", "dismissed": "不是缺陷", "fixed": "已改正", "gone": "已不存在"}


@require_GET
@access("emergency.read")
def aftermath(request: HttpRequest, pk: int) -> HttpResponse:
    """What the plans ask for after the end of an incident, each with how long it took."""
    incident = get_object_or_404(Incident, pk=pk)
    ended = {r.case_id: r.ended_at for r in Response.objects.filter(case__incident=incident, state="ended")}
    rows = [
        (
            row,
            after.KINDS[row.kind].label if row.kind in after.KINDS else row.kind,
            _span(ended.get(row.case_id or 0), row.done_at),
        )
        for row in incident.reviews.select_related("case").order_by("case__plan", "pk")
    ]
    context = {"incident": incident, "rows": rows, "lessons": incident.lessons.select_related("defect").all()}
    return render(request, "emergency/aftermath.html", context | powers(request))


def _span(start: Any, end: Any) -> str:
    if start is None or end is None:
        return ""
    minutes = max(0, int((end - start).total_seconds() // 60))
    return (
        f"{minutes // 1440} 天 {minutes // 60 % 24} 小时"
        if minutes >= 1440
        else f"{minutes // 60} 小时 {minutes % 60} 分"
    )


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Write one of them: kept as a draft, or completed."""
    row = get_object_or_404(Review.objects.select_related("incident", "case"), pk=pk)
    if row.kind not in after.KINDS:
        raise Http404("没有这一项")
    form = ReviewForm(request.POST or None, review=row)
    if request.method == "POST" and form.is_valid():
        done = "done" in request.POST
        kept = attempt(form, lambda: after.save(row, form.told(), request.user, done=done))
        if kept is not None:
            messages.success(request, "已完成" if done else "已保存，可以继续写")
            return redirect("emergency:aftermath", row.incident_id) if done else redirect("emergency:review", pk)
    context = {"review": row, "kind": after.KINDS[row.kind], "form": form}
    return render(request, "emergency/review.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def new_lesson(request: HttpRequest) -> HttpResponse:
    """A lesson of an incident or of a drill (`?incident=`, `?drill=`)."""
    incident = Incident.objects.filter(pk=_int(request.GET.get("incident"))).first()
    drill = DrillRun.objects.filter(pk=_int(request.GET.get("drill"))).first()
    if incident is None and drill is None:
        messages.info(request, "请从事件或演练的页面记教训。")
        return redirect("emergency:incidents")
    back = (
        reverse("emergency:aftermath", args=[incident.pk])
        if incident
        else reverse("emergency:drill", args=[drill.pk if drill else 0])
    )
    form = LessonForm(request.POST or None, plans=list(live.desk().plans.by_slug))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        cites = [c.strip() for c in data["cites"].replace("，", "、").split("、") if c.strip()]
        row = attempt(form, lambda: after.learn(
            data["text"], request.user, incident=incident, drill=drill, action=data["action"], plan=data["plan"],
            cites=cites, major=data["major"],
        ))  # fmt: skip
        if row is not None:
            messages.success(request, "已记教训")
            return redirect(back)
    about = incident or drill
    context = {"form": form, "title": "记一条教训", "lead": str(about), "back": back, "button": "记入"}
    return render(request, "faces/form.html", context, status=422 if form.is_bound and form.errors else 200)


def _int(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 10 else 0


@require_GET
@access("emergency.read")
def plans(request: HttpRequest) -> HttpResponse:
    """Every plan: due for revision or not, and why; its defects; whose linked plans are on file."""
    context = {"states": upkeep.states(), "words": DEFECTS}
    return render(request, "emergency/upkeep.html", context | powers(request))


@require_POST
@access("emergency.review")
def look(request: HttpRequest) -> HttpResponse:
    new = upkeep.look(request.user)
    messages.success(
        request,
        f"已检查：新发现缺陷 {new['defects']} 处，待核实情形 {new['triggers']} 项，应备案单位新增 {new['linked']} 个",
    )
    return redirect("emergency:upkeep")


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def new_trigger(request: HttpRequest) -> HttpResponse:
    form = TriggerForm(request.POST or None, plans=list(live.desk().plans.by_slug))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form, lambda: upkeep.raise_trigger(data["plan"], data["kind"], data["text"], data["source"], request.user)
        )
        if made is not None:
            messages.success(request, "已提出，待核实")
            return redirect("emergency:upkeep")
    return _form(
        request, form, "提出修订情形", "法律法规或机构职责有变化的，在这里提出；核实属实才算触发修订。", "提出"
    )


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def decide_trigger(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Trigger, pk=pk)
    form = DecideTriggerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: upkeep.decide(row, data["state"], data["reason"], request.user)) is not None:
            messages.success(request, "已核实")
            return redirect("emergency:upkeep")
    return _form(
        request, form, f"核实：{row.plan}号 {row.get_kind_display()}", f"{row.text}来源：{row.source}。", "确定"
    )


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def decide_defect(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(PlanDefect, pk=pk)
    form = DefectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = attempt(form, lambda: upkeep.decide_defect(
            row, data["state"], data["reason"], request.user, major=data["major"]
        ))  # fmt: skip
        if done is not None:
            messages.success(request, "已处理")
            return redirect("emergency:upkeep")
    return _form(request, form, f"处理缺陷：{row.plan}号", row.message, "确定")


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def file_plan(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(LinkedPlan, pk=pk)
    form = LinkedPlanForm(request.POST or None, request.FILES or None, initial={"title": row.title})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        data, name = (given.read(), given.name) if given else (b"", "")
        kept = attempt(
            form, lambda: upkeep.file_plan(row, form.cleaned_data["title"], request.user, data=data, name=name)
        )
        if kept is not None:
            messages.success(request, f"已备案：{kept.printed}")
            return redirect("emergency:upkeep")
    return _form(request, form, f"备案：{row.printed}的配套联动方案（{row.plan}号）", "", "备案")


def _form(request: HttpRequest, form: Any, title: str, lead: str, button: str) -> HttpResponse:
    context = {"form": form, "title": title, "lead": lead, "back": reverse("emergency:upkeep"), "button": button}
    return render(request, "faces/form.html", context, status=422 if form.is_bound and form.errors else 200)


@require_GET
@access("emergency.read")
def linked_file(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(LinkedPlan, pk=pk)
    path = path_of(upkeep.FOLDER, row.sm3)
    if not row.sm3 or not path.exists():
        raise Http404("没有留存方案文件")
    return cast(HttpResponse, FileResponse(path.open("rb"), as_attachment=True, filename=row.name))
