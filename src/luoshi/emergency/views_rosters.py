"""值班表, the operators that count, and the cost ledger of an incident."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from luoshi.emergency import costs, operators, rosters
from luoshi.emergency.forms_resources import CostForm, FileForm, OperatorForm, SettleForm, ShiftForm
from luoshi.emergency.models import Cost, Incident, Shift
from luoshi.emergency.powers import powers
from luoshi.faces.forms import attempt, confirm
from luoshi.kernel import when
from luoshi.kernel.acting import access


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def roster(request: HttpRequest) -> HttpResponse:
    """A month: who is on duty, who replaces whom, when nobody is."""
    first = _month(request.GET.get("month", ""))
    may = powers(request)
    form = ShiftForm(request.POST or None)
    if request.method == "POST" and may["perms_resource"] and form.is_valid():
        data, (starts, ends) = form.cleaned_data, form.times()
        row = attempt(form, lambda: rosters.add(
            data["role"], data["person"], starts, ends, request.user, override=data["override"], reason=data["reason"]
        ))  # fmt: skip
        if row is not None:
            messages.success(request, f"已安排：{rosters.name_of(row)}，{row.role}")
            return redirect(f"{reverse('emergency:roster')}?month={when.aware(row.starts_at):%Y-%m}")
    start, end = rosters.month(first)
    found = rosters.slots(rosters.between(start, end), start, end)
    context = {
        "first": first, "before": f"{first - timedelta(days=1):%Y-%m}", "after": f"{end:%Y-%m}", "slots": found,
        "gaps": rosters.gaps(found), "now": rosters.on_duty(), "form": form, "roles": rosters.ROLES,
        "moment": when.now(),
    }  # fmt: skip
    return render(request, "emergency/roster.html", context | may, status=422 if form.is_bound and form.errors else 200)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return when.today().replace(day=1)


@require_http_methods(["GET", "POST"])
@access("emergency.resource")
def remove_shift(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Shift.objects.select_related("person", "user"), pk=pk)
    return confirm(
        request,
        lambda reason: rosters.remove(row, reason, request.user),
        title="删除班次",
        facts=[
            ("岗位", row.role),
            ("人员", rosters.name_of(row)),
            ("时间", f"{when.aware(row.starts_at):%Y-%m-%d %H:%M} 起"),
        ],
        follows=["这段时间如果没有别人值班，会标为“无人”。", "删除和理由记入台账。"],
        button="删除",
        back=reverse("emergency:roster"),
        done="已删除",
        danger=True,
    )


@require_http_methods(["GET", "POST"])
@access("emergency.resource")
def roster_file(request: HttpRequest) -> HttpResponse:
    """A roster as a workbook: 岗位、姓名、开始、结束; one bad row, and nothing is stored."""
    form = FileForm(request.POST or None, request.FILES or None)
    found = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        data = given.read()
        found = attempt(form, lambda: rosters.read(data, given.name))
        if found is not None and not found.errors and not form.cleaned_data["only_check"]:
            count = attempt(form, lambda: rosters.store(data, given.name, request.user))
            if count is not None:
                messages.success(request, f"已入库 {count} 个班次")
                return redirect("emergency:roster")
    wrong = bool(form.errors or (found and found.errors))
    context = {"form": form, "found": found, "heads": rosters.HEADS}
    return render(request, "emergency/roster_import.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def operator_list(request: HttpRequest) -> HttpResponse:
    """Which operators count (A27); whoever may set parameters may add one."""
    may_set = bool(request.user.may("norms.parameters"))  # type: ignore[union-attr]
    form = OperatorForm(request.POST or None)
    if request.method == "POST" and may_set and form.is_valid():
        data = form.cleaned_data
        done = attempt(form, lambda: operators.set_counts(
            data["name"], operators.CHOICES[data["counts"]], request.user, source=data["source"]
        ))  # fmt: skip
        if done is not None:
            messages.success(request, f"已设置：{data['name']}")
            return redirect("emergency:operators")
    context = {"rows": operators.listed(), "form": form, "may_set": may_set}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "emergency/operators.html", context, status=status)


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def cost_list(request: HttpRequest, pk: int) -> HttpResponse:
    """What an incident cost, and who pays as far as the cause is known."""
    incident = get_object_or_404(Incident, pk=pk)
    may = powers(request)
    form = CostForm(request.POST or None)
    if request.method == "POST" and may["perms_review"] and form.is_valid():
        data = form.cleaned_data
        row = attempt(form, lambda: costs.add(incident, data["what"], data["amount"], request.user))
        if row is not None:
            messages.success(request, f"已记：{row.what}")
            return redirect("emergency:costs", pk)
    context = {
        "incident": incident, "rows": costs.of(incident)[:500], "totals": costs.totals(incident),
        "rule": costs.rule(incident), "form": form,
    }  # fmt: skip
    return render(request, "emergency/costs.html", context | may, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("emergency.review")
def settle_cost(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Cost.objects.select_related("incident"), pk=pk)
    found = costs.rule(row.incident)
    first = {"payer": "" if found.pending else found.payer}
    form = SettleForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: costs.settle(row, data["payer"], data["reason"], request.user)) is not None:
            messages.success(request, "承担方已定")
            return redirect("emergency:costs", row.incident_id)
    back = reverse("emergency:costs", args=[row.incident_id])
    lead = f"按条文：{found.payer}。{found.why}。"
    context = {"form": form, "title": f"定承担方：{row.what}", "back": back, "lead": lead, "button": "确定"}
    return render(request, "faces/form.html", context, status=422 if form.is_bound and form.errors else 200)
