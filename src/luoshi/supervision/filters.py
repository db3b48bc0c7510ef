"""What a list of duties can be filtered by; every filter is in the URL and has an index behind it."""

from __future__ import annotations

from typing import Any

import django_filters as df
from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from luoshi.directory.models import Body
from luoshi.norms.models import Instrument
from luoshi.supervision.engine import STATE_LABELS
from luoshi.supervision.lights import LIGHT_LABELS, LIGHTS
from luoshi.supervision.models import Conflict, Duty, DutyBody


# Both ask the index once for each body or document, not every duty which it names: there are few of those.
def _bodies() -> list[tuple[str, str]]:
    used = Body.objects.filter(Exists(DutyBody.objects.filter(body=OuterRef("pk"))))
    return [(str(b.pk), b.name) for b in used.order_by("name")]


def _documents() -> list[tuple[str, str]]:
    used = Instrument.objects.filter(Exists(Duty.objects.filter(instrument=OuterRef("pk"))))
    return [(str(i.pk), f"{i.number or i.slug} {i.title[:24]}") for i in used.order_by("order", "slug")]


class _WithChoices(df.FilterSet):  # type: ignore[misc]
    """Reads the choices of document and body once per request (a callable would be asked again and again)."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, choices in (("document", _documents), ("body", _bodies)):
            if name in self.filters:
                self.filters[name].extra["choices"] = choices()


class DutyFilter(_WithChoices):
    q = df.CharFilter(label="事项", method="by_words")
    light = df.ChoiceFilter(label="灯", choices=[(c, LIGHT_LABELS[c]) for c in LIGHTS], empty_label="全部")
    document = df.ChoiceFilter(label="文件", field_name="instrument_id", choices=(), empty_label="全部")
    body = df.ChoiceFilter(label="责任单位", method="by_body", choices=(), empty_label="全部")
    state = df.ChoiceFilter(label="状态", choices=list(STATE_LABELS.items()), empty_label="全部")
    month = df.CharFilter(
        label="期限月",
        method="by_month",
        widget=forms.TextInput(attrs={"type": "month", "placeholder": "2024-12", "size": 9}),
    )

    class Meta:
        model = Duty
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Duty], name: str, value: str) -> QuerySet[Duty]:
        from django.db.models import Q

        words = value.strip()
        return rows.filter(Q(title__icontains=words) | Q(key__icontains=words) | Q(gist__icontains=words))

    def by_body(self, rows: QuerySet[Duty], name: str, value: str) -> QuerySet[Duty]:
        return rows.filter(pk__in=DutyBody.objects.filter(body_id=int(value)).values("duty_id"))

    def by_month(self, rows: QuerySet[Duty], name: str, value: str) -> QuerySet[Duty]:
        return rows.filter(month="" if value == "none" else value.strip()[:7])


class ProposalFilter(_WithChoices):
    document = df.ChoiceFilter(label="文件", field_name="instrument_id", choices=(), empty_label="全部")
    status = df.ChoiceFilter(
        label="立项",
        choices=[("proposed", "待立项"), ("rejected", "不立项"), ("merged", "已并入")],
        method="by_status",
        empty_label="待立项",
    )
    similar = df.BooleanFilter(
        label="可能重复", method="by_similar", widget=forms.Select(choices=[("", "全部"), ("true", "只看可能重复")])
    )

    class Meta:
        model = Duty
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Duty]) -> QuerySet[Duty]:
        if not self.form.cleaned_data.get("status"):
            queryset = queryset.filter(status=Duty.Status.PROPOSED)
        found: Any = super().filter_queryset(queryset)
        rows: QuerySet[Duty] = found
        return rows

    def by_status(self, rows: QuerySet[Duty], name: str, value: str) -> QuerySet[Duty]:
        return rows.filter(status=value)

    def by_similar(self, rows: QuerySet[Duty], name: str, value: bool) -> QuerySet[Duty]:
        return rows.filter(similar_to__isnull=not value)


class ConflictFilter(df.FilterSet):  # type: ignore[misc]
    state = df.ChoiceFilter(label="状态", choices=Conflict.State.choices, empty_label="全部")

    class Meta:
        model = Conflict
        fields: list[str] = []
