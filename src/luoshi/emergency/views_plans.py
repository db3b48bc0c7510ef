"""The plans this installation knows, its own and those of other packs that were loaded: what they say, and defects."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from luoshi.emergency import checking, live, plans
from luoshi.emergency.models import PlanSnapshot
from luoshi.emergency.plans import Plans
from luoshi.kernel.acting import access

CODES = {
    "unusable": "不能用",
    "repeated_level": "级别重复",
    "undefined_starter": "启动人未定义",
    "no_starter": "没有启动人",
    "no_issuer": "没有发布人",
    "gap": "空当",
    "overlap": "重叠",
    "clock_without_number": "时限没有数字",
    "count_differs": "数目不符",
    "not_stated": "没有写明",
    "no_lowering": "没有降级规定",
    "no_duty": "没有职责",
    "same_duty": "职责重复",
    "two_names": "一家两名",
    "missing_member": "成员未列",
    "group_roster": "工作组组成",
    "fewer_measures": "高级措施更少",
    "unnamed_body": "单位未点名",
    "plans_differ": "两份预案不同",
    "end_question": "结束条件存疑",
}


@require_GET
@access("emergency.read")
def editions(request: HttpRequest) -> HttpResponse:
    """Every current edition with its plans: three at most on one installation, so there is nothing to page."""
    live.current()
    rows = [(row, live.plans_of(row)) for row in PlanSnapshot.objects.filter(current=True).order_by("pack")]
    context = {"rows": [(row, list(found.by_slug.values())) for row, found in rows], "ours": live.current().pk}
    return render(request, "emergency/plan_editions.html", context)


@require_GET
@access("emergency.read")
def plan(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One plan with its clauses, and the checker's questions to whoever wrote it."""
    row = get_object_or_404(PlanSnapshot, pk=pk)
    found = live.plans_of(row)
    if slug not in found.by_slug:
        raise Http404("这个版本没有这份预案")
    report = checked(found, slug)
    kind = request.GET.get("code", "")
    shown = [one for one in report["defects"] if kind in ("", one["code"])]
    codes = list(dict.fromkeys(one["code"] for one in report["defects"]))
    context = {
        "row": row,
        "plan": found.by_slug[slug],
        "told": plans.snapshot(found.by_slug[slug]),
        "report": report,
        "defects": [{**one, "label": CODES.get(one["code"], one["code"])} for one in shown],
        "codes": [
            (code, CODES.get(code, code), sum(one["code"] == code for one in report["defects"])) for code in codes
        ],
        "code": kind,
    }
    return render(request, "emergency/plan.html", context)


@lru_cache(maxsize=16)
def checked(found: Plans, slug: str) -> dict[str, Any]:
    """The checker's report; an edition never changes, so it is made once."""
    return checking.of_plan(found, found.by_slug[slug])
