"""The findings desk: what a careful reader questions, and what was decided about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import access
from luoshi.ledger.queries import history
from luoshi.norms import actions, queries
from luoshi.norms.forms import FindingFilter, FindingForm
from luoshi.norms.models import Finding

_STATES = {"open": "warn", "accepted": "info", "dismissed": "plain", "corrected": "ok"}
_COLUMNS = [
    Column("message", "问题", title=True, link=lambda row: f"/norms/findings/{row.pk}/"),
    Column("document", "文件", lambda row: row.instrument.number if row.instrument else "", sort="instrument__order"),
    Column("path", "条款", sort="path"),
    Column("raw", "原文", lambda row: row.raw[:60]),
    Column("suggestion", "建议", lambda row: (row.suggestion or "")[:60]),
    Column("code", "代码", sort="code"),
    Column("state", "状态", lambda row: (_STATES[row.state], row.get_state_display()), kind="state", sort="state"),
    Column("decided_by", "处理人", optional=True),
    Column("found_at", "发现时间", kind="moment", sort="found_at", optional=True),
]


@access("norms.findings")
def index(request: HttpRequest) -> HttpResponse:
    rows = Finding.objects.select_related("instrument", "decided_by")
    return listing(
        request, rows, columns=_COLUMNS, filters=FindingFilter, order=("instrument__order", "id"),
        template="norms/findings.html", export="核校问题", caption="核校问题",
        empty="导入公报后，读不准的地方会列在这里，等人核对。",
    )  # fmt: skip


@access("norms.findings")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    finding = get_object_or_404(Finding.objects.select_related("instrument", "upload", "decided_by"), pk=pk)
    decided = {"state": finding.state, "correction": finding.correction} if finding.decided_at else {}
    form = FindingForm(
        request.POST if request.method == "POST" else None, initial=decided or {"correction": finding.suggestion or ""}
    )
    user: Any = request.user
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: _decide(finding, form.cleaned_data, user))
        if done:
            messages.success(request, "已处理，记入台账。")
            return redirect(_next_open(finding) or "norms:findings")
    cite = f"{finding.instrument.slug}:{finding.path}" if finding.instrument and finding.path else ""
    text = queries.provision_text(cite) if cite else None
    context = {
        "finding": finding, "form": form, "cite": cite, "marked": _marked(text or "", finding.raw),
        "state_kind": _STATES[finding.state], "history": history(f"finding:{finding.pk}"),
    }  # fmt: skip
    return render(request, "norms/finding.html", context, status=422 if form.is_bound and form.errors else 200)


def _decide(finding: Finding, data: dict[str, Any], user: Any) -> bool:
    actions.decide_finding(finding, data["state"], reason=data["reason"], correction=data["correction"], by=user)
    return True


def _next_open(finding: Finding) -> str:
    """The next one to decide in the same document, so that a desk can be worked through."""
    rows = Finding.objects.filter(state=Finding.State.OPEN, instrument=finding.instrument, pk__gt=finding.pk)
    following = rows.order_by("pk").first()
    return f"/norms/findings/{following.pk}/" if following else ""


def _marked(text: str, raw: str) -> tuple[str, str, str]:
    """The provision's text before, at and after the words in question; all of it before when they are not found."""
    at = text.find(raw) if raw else -1
    if at < 0:
        return text, "", ""
    return text[:at], raw, text[at + len(raw) :]
