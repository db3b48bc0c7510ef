"""信息报告, 时限和计量, 催报核实; the warning as a CAP message."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from luoshi.clocks.models import Clock
from luoshi.emergency import cap_issue, drafting, reporting, timing
from luoshi.emergency.forms_channels import AnswerForm, QueryForm, ReportForm
from luoshi.emergency.models import Incident, Measured, Query, Report, Warning
from luoshi.emergency.powers import powers
from luoshi.faces.downloads import attached
from luoshi.faces.forms import attempt
from luoshi.kernel.acting import access

SHOWN = 200  # rows of one incident shown on its page; a night has a few dozen


def _incident(pk: int) -> Incident:
    return get_object_or_404(Incident.objects.select_related("lane"), pk=pk)


def _may(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.may("emergency.report"))


@require_safe
@access("emergency.read")
def reports(request: HttpRequest, pk: int) -> HttpResponse:
    incident = _incident(pk)
    now = timing.moment(incident)
    rows = Report.objects.filter(incident=incident).order_by("-sent_at", "-pk")[:SHOWN]
    clocks = Clock.objects.filter(subject=incident.subject, kind=timing.KIND).order_by("-id")[:SHOWN]
    measured = Measured.objects.filter(incident=incident).order_by("-started_at", "-pk")[:SHOWN]
    context = {
        "incident": incident, "rows": [(row, reporting.title(row)) for row in rows], "clocks": clocks,
        "measured": [(row, _spent(row.seconds(now))) for row in measured],
        "warnings": Warning.objects.filter(case__incident=incident, state__in=cap_issue.ISSUED).select_related("case"),
        "may": _may(request), "kinds": (kinds := _offered(incident)), "next": _next(kinds), **powers(request),
    }  # fmt: skip
    return render(request, "emergency/reports.html", context)


def _spent(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours} 小时 {minutes} 分" if hours else f"{minutes} 分 {seconds % 60:02d} 秒"


def _offered(incident: Incident) -> list[tuple[str, str]]:
    """The reports that can come next."""
    known = set(Report.objects.filter(incident=incident, secret=False).values_list("kind", flat=True))
    kinds = ["oral", *(["first"] if "first" not in known else [])]
    kinds += ["follow_up", "final"] if known & {"first", "oral"} else []
    return [(kind, reporting.KINDS[kind]) for kind in kinds]


def _next(kinds: list[tuple[str, str]]) -> str:
    """What the course of reporting asks for now: the call first, then the first report in writing, then more."""
    offered = [kind for kind, _ in kinds]
    return "follow_up" if "first" not in offered else "first" if "final" in offered else "oral"


@require_http_methods(["GET", "POST"])
@access("emergency.report")
def new(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A report, drafted from what the incident knows; a person checks, changes and sends it."""
    incident = _incident(pk)
    if kind not in reporting.KINDS or kind == "answer":
        raise Http404("没有这种报告")
    form = ReportForm(request.POST or None, kind=kind, drafted=reporting.begun(incident))
    user: Any = request.user
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: reporting.report(incident, form.draft(), user, form.asked()))
        if made is not None:
            messages.success(request, f"{reporting.title(made)}已记录")
            return redirect("emergency:reports", pk)
    context = {
        "incident": incident,
        "form": form,
        "kind": kind,
        "title": reporting.KINDS[kind],
        "unknown": drafting.UNKNOWN,
    }
    return render(request, "emergency/report.html", context, status=422 if form.errors else 200)


@require_safe
@access("emergency.read")
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The report as .docx."""
    row = get_object_or_404(Report.objects.select_related("incident"), pk=pk, secret=False)
    title = reporting.title(row)
    return attached(drafting.paper(row, title), f"{row.incident.number} {title}.docx")


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def queries(request: HttpRequest, pk: int) -> HttpResponse:
    """催报、核实: what superiors asked, and by when it must be answered."""
    incident = _incident(pk)
    may, user = _may(request), request.user
    form = QueryForm(request.POST or None) if may else None
    if form is not None and request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form,
            lambda: reporting.asked_by_superior(
                incident, data["asked_by"], data["text"], user, form.asked(), received_at=data["received_at"]
            ),
        )
        if made is not None:
            messages.success(request, "已记下，30 分钟内须有效回应。")
            return redirect("emergency:superior_queries", pk)
    rows = (
        Query.objects.filter(incident=incident).select_related("clock").order_by("answered_at", "-received_at")[:SHOWN]
    )
    context = {"incident": incident, "rows": rows, "form": form, "may": may}
    return render(request, "emergency/queries.html", context, status=422 if form and form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("emergency.report")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Query.objects.select_related("incident", "clock"), pk=pk)
    form = AnswerForm(request.POST or None, label="回应", hint="写明查到的情况；“收到”不是有效回应。国家秘密不得录入。")
    if request.method == "POST" and form.is_valid():
        text, given = form.cleaned_data["text"], form.cleaned_data["answered_at"]
        done = attempt(form, lambda: reporting.answer(row, text, request.user, form.asked(), answered_at=given))
        if done is not None:
            messages.success(request, "已回应。")
            return redirect("emergency:superior_queries", row.incident_id)
    context = {"row": row, "incident": row.incident, "form": form}
    return render(request, "emergency/query_answer.html", context, status=422 if form.errors else 200)


@require_safe
@access("emergency.read")
def warning_cap(request: HttpRequest, pk: int) -> HttpResponse:
    """The warning as a CAP 1.2 message."""
    row = get_object_or_404(Warning.objects.select_related("case__incident", "previous"), pk=pk)
    response = HttpResponse(cap_issue.message(row), content_type="application/cap+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{cap_issue.identifier(row)}.xml"'
    return response
