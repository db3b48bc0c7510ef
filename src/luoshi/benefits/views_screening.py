"""筛查: what ran, under which answers, what it found; and having a measure screened now."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from luoshi.benefits import catalogue, screening
from luoshi.benefits.models import Screening
from luoshi.benefits.models.claim import FINDING_STATUS
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import Refused

MARKS = {"running": "info", "done": "ok", "stale": "unknown", "failed": "late"}


def _found(row: Screening) -> str:
    """符合条件 12、尚缺事实 3…"""
    labels = {**FINDING_STATUS, "claims": "新立事项", "changed": "结论有变"}
    told = [f"{labels[name]} {n}" for name, n in row.counts.items() if name in labels and n]
    return "、".join(told) or row.why


COLUMNS = (
    Column("state", "状态", lambda s: (MARKS[s.state], s.get_state_display()), kind="state", sort=("state", "id")),
    Column("measure", "措施", kind="citation", sort=("measure", "id"), title=True),
    Column("rows", "事项", lambda s: s.counts.get("rows"), kind="number"),
    Column("found", "结果", _found),
    Column("as_of", "判断日", kind="day", sort="as_of"),
    Column("by", "发起"),
    Column("started_at", "开始", kind="moment", sort="started_at"),
    Column("ended_at", "结束", kind="moment", optional=True),
    Column("why", "说明", optional=True),
    Column("settings", "口径摘要", lambda s: s.settings_digest[:16], optional=True),
)


class ScreenForm(forms.Form):
    measure = forms.ChoiceField(label="措施", required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = catalogue.names(catalogue.pack_in_use())
        self.fields["measure"].choices = [("", "全部措施"), *names.items()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@access("benefits.read")
def screenings(request: HttpRequest) -> HttpResponse:
    """Runs, newest first. A POST has one measure, or all, screened in the background."""
    user: Any = request.user
    may = user.may("benefits.handle")
    form = ScreenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not may:
            raise Refused("没有发起筛查的权限")
        chosen = form.cleaned_data["measure"]
        for measure in [chosen] if chosen else catalogue.names(catalogue.pack_in_use()):
            screening.request(measure, by=user.as_actor())
        messages.success(request, "已在后台开始筛查，做完后刷新本页")
        return redirect(reverse("benefits:screenings"))
    return listing(
        request,
        Screening.objects.all(),
        columns=COLUMNS,
        order=("-started_at", "-id"),
        template="benefits/screenings.html",
        context={"form": form if may else None, "now": when.now()},
        empty="导入名册后筛查；每天夜里也会自动筛查一次。",
        caption="筛查",
    )
