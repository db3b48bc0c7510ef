"""追回 on a page: what is asked back and why, what is open now, and objecting to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from luoshi.benefits import actions, course, queries, recovering, rulebook, standing
from luoshi.benefits.forms import ObjectionForm, fen, yuan_field
from luoshi.benefits.models import Recovery
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.money import yuan

# code → (what it is called, who may)
ACTS = {
    "tell": ("告知当事人", "benefits.handle"),
    "decide": ("决定追回", "benefits.approve"),
    "drop": ("不再追回", "benefits.approve"),
    "returned": ("登记退回", "benefits.batch"),
}


class RecoveryForm(forms.Form):
    def __init__(self, *args: Any, code: str, recovery: Recovery, **more: Any) -> None:
        super().__init__(*args, **more)
        if code == "decide":
            self.fields["amount"] = yuan_field(
                "决定追回", help_text=f"最多 {yuan(recovery.amount_fen)}", required=False
            )
        if code == "returned":
            left = recovery.amount_fen - recovery.returned_fen
            self.fields["amount"] = yuan_field("退回金额", help_text=f"还应退回 {yuan(left)}")
        label = {"tell": "告知方式（当事人没有账号时必填）", "returned": "入账凭证"}.get(code, "理由")
        self.fields["words"] = forms.CharField(
            label=label, widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=code != "tell"
        )


def _found(pk: int) -> Recovery:
    rows = queries.recoveries().select_related("claim__matter")
    return get_object_or_404(rows, pk=pk)


def _why_not(row: Recovery, code: str, user: Any) -> str:
    until = when.aware(row.objection_until) if row.objection_until else None
    open_ = row.objections.filter(state="open").count()
    return course.recovery_refusal(row.state, code, user.pk, row.proposed_by_id, until, open_, when.now())


@require_http_methods(["GET"])
@access("benefits.read")
def recovery(request: HttpRequest, pk: int) -> HttpResponse:
    """One recovery, and every act that fits it with what stands in the way."""
    row, user = _found(pk), request.user
    doors = [(code, label, _why_not(row, code, user)) for code, (label, may) in ACTS.items() if user.may(may)]  # type: ignore[union-attr]
    context = {
        "recovery": row,
        "claim": row.claim,
        "acts": [(code, label) for code, label, why in doors if not why],
        "shut": [(label, why) for _, label, why in doors if why and ("同一人" in why or "异议" in why)],
        "objections": row.objections.all(),
    }
    return render(request, "benefits/recovery.html", context)


@require_http_methods(["GET", "POST"])
@access("benefits.read")
def act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """告知, 决定, 不再追回, 登记退回: each with what will follow."""
    row, user = _found(pk), request.user
    if code not in ACTS:
        raise Http404("没有这个操作")
    label, _ = ACTS[code]
    form = RecoveryForm(request.POST or None, code=code, recovery=row)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: _do(row, code, user, form.cleaned_data))
        if done is not None:
            messages.success(request, f"已{label}")
            return redirect("benefits:recovery", pk)
    context = {
        "claim": row.claim, "recovery": row, "title": label, "form": form, "back": "benefits:claim",
        "follows": _follows(code, row), "danger": code == "decide",
    }  # fmt: skip
    return render(request, "benefits/act.html", context, status=422 if form.errors else 200)


def _do(row: Recovery, code: str, user: Any, given: dict[str, Any]) -> Any:
    words = given["words"]
    if code == "tell":
        return recovering.tell_recovery(row, user, words=words)
    if code == "decide":
        return recovering.decide_recovery(row, user, words=words, amount_fen=fen(given["amount"]))
    if code == "drop":
        return recovering.drop_recovery(row, user, words=words)
    return recovering.money_returned(row, user, amount_fen=fen(given["amount"]) or 0, words=words)


def _follows(code: str, row: Recovery) -> list[str]:
    name = row.claim.payee.name
    return {
        "tell": [f"通知 {name}，{rulebook.on().recovery_days} 个工作日内可以提出异议", "期满由另一人决定"],
        "decide": [f"通知 {name} 退回 {yuan(row.amount_fen)}", "决定人不能是提出人"],
        "drop": ["事项回到付款后的状态，停下的分期重新安排", f"通知 {name}"],
        "returned": ["记入台账；全部退回后追回办结"],
    }[code]


@require_http_methods(["GET", "POST"])
@access("benefits.own")
def object_to(request: HttpRequest, pk: int) -> HttpResponse:
    """对追回提出异议: by an account of the subject only, in time."""
    row = _found(pk)
    user: Any = request.user
    if not standing.acts_for(user, row.claim):
        raise Http404("没有这件追回")
    form = ObjectionForm(request.POST or None, initial={"by": row.claim.subject.name})
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.object_to(row.claim, user=user, recovery=row, **form.cleaned_data))
        if made is not None:
            messages.success(request, "异议已提出，答复前不会决定追回")
            return redirect("benefits:my_claim", row.claim_id)
    context = {
        "claim": row.claim, "recovery": row, "title": "对追回提出异议", "form": form, "back": "benefits:my_claim",
        "follows": [f"经办单位 {rulebook.on().answer_days} 个工作日内答复", "答复前不会决定追回"],
    }  # fmt: skip
    return render(request, "benefits/act.html", context, status=422 if form.errors else 200)
