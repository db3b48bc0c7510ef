"""What the lists of benefits can be filtered by; every filter is in the URL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters as df
from django.db.models import Q, QuerySet

from luoshi.benefits import catalogue
from luoshi.benefits.course import (
    BATCH_STATES,
    OBJECTION_STATES,
    PAYMENT_STATES,
    RECOVERY_STATES,
    STATES,
)
from luoshi.benefits.models import Batch, Claim, Finding, Objection, Payment, Recovery
from luoshi.kernel import when

AGES = [("3", "3 天以上"), ("7", "7 天以上"), ("30", "30 天以上")]


class _WithMeasures(df.FilterSet):  # type: ignore[misc]
    """Reads the measures of the pack in use once per request."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if "measure" in self.filters:
            names = catalogue.names(catalogue.pack_in_use())
            self.filters["measure"].extra["choices"] = list(names.items())


class ClaimFilter(_WithMeasures):
    q = df.CharFilter(label="事项或主体", method="by_words")
    state = df.ChoiceFilter(label="状态", choices=list(STATES.items()), empty_label="全部")
    measure = df.ChoiceFilter(label="措施", choices=(), empty_label="全部")
    age = df.ChoiceFilter(label="停留", choices=AGES, method="by_age", empty_label="不限")
    doubt = df.ChoiceFilter(label="存疑", choices=[("1", "只看存疑")], method="by_doubt", empty_label="全部")

    class Meta:
        model = Claim
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        words = value.strip()
        return rows.filter(Q(title__icontains=words) | Q(number__icontains=words) | Q(subject__name__icontains=words))

    def by_age(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        return rows.filter(updated_at__lte=when.now() - timedelta(days=int(value)))

    def by_doubt(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        return rows.exclude(doubt="")


class PublishedFilter(_WithMeasures):
    measure = df.ChoiceFilter(label="措施", choices=(), empty_label="全部")
    now = df.ChoiceFilter(label="公示期", choices=[("1", "正在公示")], method="by_now", empty_label="全部")

    class Meta:
        model = Claim
        fields: list[str] = []

    def by_now(self, rows: QuerySet[Claim], name: str, value: str) -> QuerySet[Claim]:
        return rows.filter(state="published", published_until__gte=when.now())


class FindingFilter(_WithMeasures):
    q = df.CharFilter(label="主体", field_name="subject__name", lookup_expr="icontains")
    measure = df.ChoiceFilter(label="措施", choices=(), empty_label="全部")
    status = df.ChoiceFilter(
        label="差什么", choices=[("pending", "缺事实"), ("human_review", "须由人决定")], empty_label="全部"
    )
    near = df.ChoiceFilter(label="只差人的意见", choices=[("1", "是")], method="by_near", empty_label="全部")

    class Meta:
        model = Finding
        fields: list[str] = []

    def by_near(self, rows: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        return rows.filter(near=True)


class PaymentFilter(df.FilterSet):  # type: ignore[misc]
    q = df.CharFilter(label="编号或主体", method="by_words")
    state = df.ChoiceFilter(label="状态", choices=list(PAYMENT_STATES.items()), empty_label="全部")
    batch = df.CharFilter(label="批次", field_name="batch__number", lookup_expr="icontains")
    least = df.NumberFilter(label="金额不低于（元）", method="by_least")

    class Meta:
        model = Payment
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        words = value.strip()
        return rows.filter(
            Q(reference__icontains=words)
            | Q(key__icontains=words)
            | Q(claim__number__icontains=words)
            | Q(claim__subject__name__icontains=words)
        )

    def by_least(self, rows: QuerySet[Payment], name: str, value: Any) -> QuerySet[Payment]:
        return rows.filter(amount_fen__gte=int(value * 100))


class BatchFilter(df.FilterSet):  # type: ignore[misc]
    state = df.ChoiceFilter(label="状态", choices=list(BATCH_STATES.items()), empty_label="全部")

    class Meta:
        model = Batch
        fields: list[str] = []


class ObjectionFilter(df.FilterSet):  # type: ignore[misc]
    state = df.ChoiceFilter(label="状态", choices=list(OBJECTION_STATES.items()), empty_label="全部")

    class Meta:
        model = Objection
        fields: list[str] = []


class RecoveryFilter(df.FilterSet):  # type: ignore[misc]
    state = df.ChoiceFilter(label="状态", choices=list(RECOVERY_STATES.items()), empty_label="全部")

    class Meta:
        model = Recovery
        fields: list[str] = []
