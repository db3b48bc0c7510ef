"""来源分歧 on screen: both values side by side, what each would decide, and the choice with its reason."""

from __future__ import annotations

import json
from typing import Any

import django_filters as df
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import disputes
from luoshi.benefits import register_queries as queries
from luoshi.benefits.models import Dispute
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import access

MARKS = {"open": "warn", "decided": "ok", "gone": "plain"}


class Disputes(df.FilterSet):  # type: ignore[misc]
    state = df.ChoiceFilter(label="状态", choices=Dispute.State.choices, empty_label="全部")
    q = df.CharFilter(label="名称或信用代码", method="by_words")

    def by_words(self, rows: QuerySet[Dispute], name: str, value: str) -> QuerySet[Dispute]:
        words = value.strip()
        whose = Q(subject__name=words) | (Q(subject__name__contains=words) & ~Q(subject__kind="person"))
        return rows.filter(whose | Q(subject__key=words.upper()))


@require_GET
@access("benefits.read")
def queue(request: HttpRequest) -> HttpResponse:
    """What waits for a person, the oldest first."""
    return listing(
        request,
        queries.open_disputes(),
        columns=[
            Column(
                "state", "状态", lambda d: (MARKS[d.state], d.get_state_display()), kind="state", sort=("state", "id")
            ),
            Column(
                "fact", "事实", queries.what_of, title=True, link=lambda d: reverse("benefits:dispute", args=[d.pk])
            ),
            Column("subject", "主体", lambda d: queries.shown_name(d.subject), sort=("subject__name", "id")),
            Column("matter", "事项", lambda d: queries.event_title(d.matter) if d.matter else None),
            Column(
                "values",
                "各来源",
                lambda d: "；".join(f"{v['name']} {queries.spell(d.fact, v['value'])}" for v in d.values),
            ),
            Column("found_at", "发现", kind="moment", sort=("found_at", "id")),
            Column("by", "核定人", optional=True),
        ],
        filters=Disputes,
        order=("-state", "found_at", "id"),
        template="benefits/disputes.html",
        context={"open": disputes.open_count()},
        export="来源分歧.csv",
        empty="各来源没有分歧。两个来源写得不一样时，会在这里等人核定。",
        caption="来源分歧",
    )


class SettleForm(forms.Form):
    value = forms.ChoiceField(
        label="以哪一个为准", widget=forms.RadioSelect, error_messages={"required": "请选择一个。"}
    )
    reason = forms.CharField(
        label="理由", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="会原样记入台账，请写清楚看了什么材料。", error_messages={"required": "请写明理由。"},
    )  # fmt: skip

    def __init__(self, *args: Any, row: Dispute, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["value"]
        different = {json.dumps(one["value"], ensure_ascii=False, sort_keys=True): one["value"] for one in row.values}
        field.choices = [(key, queries.spell(row.fact, value)) for key, value in different.items()]


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.read")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: what each source says, from when, and what would follow."""
    user: Any = request.user
    row = get_object_or_404(queries.open_disputes(), pk=pk)
    may = user.may("benefits.register") and row.state != Dispute.State.GONE
    form = SettleForm(request.POST or None, row=row) if may else None
    if request.method == "POST" and form is not None and form.is_valid():
        given = form.cleaned_data
        if attempt(form, lambda: disputes.settle(pk, json.loads(given["value"]), given["reason"], user)) is not None:
            return redirect("benefits:dispute", pk)
    correct = reverse("benefits:correct", args=[row.subject_id, row.fact]) + (
        f"?matter={row.matter_id}" if row.matter_id else ""
    )
    context = {
        "row": row,
        "label": queries.what_of(row),
        "name": queries.shown_name(row.subject),
        "matter_title": queries.event_title(row.matter) if row.matter else "",
        "sides": _sides(row),
        "form": form,
        "mark": MARKS[row.state],
        "correct": correct,
        "chosen": queries.spell(row.fact, row.chosen),
    }
    denied = request.method == "POST" and form is None
    status = 403 if denied else 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "benefits/dispute.html", context, status=status)


def _sides(row: Dispute) -> list[dict[str, Any]]:
    """What each source says, and what its value would decide for each event; `same`: as every other value would."""
    outcomes = disputes.outcomes(row)
    results: dict[tuple[str, int], set[str]] = {}
    for found in outcomes:
        result = f"{found['status']} {found['amount_yuan']}"
        results.setdefault((found["measure"], found["event"].pk), set()).add(result)
    followed: dict[int, list[dict[str, Any]]] = {}
    for found in outcomes:
        told = {
            **found,
            "same": len(results[found["measure"], found["event"].pk]) == 1,
            "title": queries.event_title(found["event"]),
            "word": queries.status_word(found["status"]),
            "amount": queries.amount_word(found),
        }
        followed.setdefault(found["number"], []).append(told)
    return [
        {
            "said": said,
            "value": queries.spell(row.fact, said["value"]),
            "follows": followed.get(number, []),
            "chosen": row.state == Dispute.State.DECIDED and row.chosen == said["value"],
        }
        for number, said in enumerate(row.values)
    ]
