"""The columns of the lists of benefits: what a claim, a finding, a payment is called on every screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse

from luoshi.benefits import catalogue
from luoshi.benefits.models import Claim, Finding, Matter, Subject
from luoshi.faces.lists import Column
from luoshi.kernel import when
from luoshi.kernel.masking import mask_name

STATE_MARKS = {
    "review": "warn", "found": "info", "notified": "info", "confirmed": "info", "recognised": "info",
    "published": "info", "approved": "ok", "in_batch": "info", "failed": "late", "returned": "late", "paid": "ok",
    "reconciled": "ok", "recovering": "warn", "recovered": "plain", "refused": "plain", "withdrawn": "plain",
}  # fmt: skip
PAYMENT_MARKS = {
    "queued": "plain", "sent": "info", "paid": "ok", "reconciled": "ok", "failed": "late", "returned": "late",
    "cancelled": "plain",
}  # fmt: skip
BATCH_MARKS = {
    "draft": "warn", "released": "info", "sent": "info", "answered": "warn", "reconciled": "ok", "cancelled": "plain",
}  # fmt: skip
FINDING_MARKS = {
    "eligible": "ok", "pending": "unknown", "refused": "late", "referred": "info", "human_review": "warn",
}  # fmt: skip


def state_in(marks: Mapping[str, str], field: str = "state") -> Callable[[Any], tuple[str, str]]:
    """The state of a row as a mark and its word."""
    return lambda row: (marks.get(getattr(row, field), "plain"), getattr(row, f"get_{field}_display")())


def matter_words(matter: Matter) -> str:
    """An event by its title; without one, by its kind and day."""
    day = matter.date.isoformat() if matter.date else ""
    return matter.title or f"{matter.get_kind_display()} {day}".strip()


def public_name(subject: Subject) -> str:
    """A person is published by a masked name, a business by its own."""
    return mask_name(subject.name) if subject.kind == "person" else subject.name


def money_of(claim: Claim) -> int | None:
    """The amount; None while a person must still choose within a range."""
    return None if claim.lo_fen != claim.hi_fen and not claim.amount_fen else claim.amount_fen


def age(claim: Claim) -> str:
    days = (when.now() - claim.updated_at).days
    return f"{days} 天" if days else "今天"


def claim_url(claim: Claim) -> str:
    return reverse("benefits:claim", args=[claim.pk])


CLAIMS = (
    Column("state", "状态", state_in(STATE_MARKS), kind="state", sort=("state", "id")),
    Column("title", "事项", sort=("title", "id"), link=claim_url, title=True),
    Column("subject", "主体", "subject.name", sort="subject__name"),
    Column("amount", "金额", money_of, kind="money", sort="amount_fen"),
    Column("cite", "出处", kind="citation"),
    Column("age", "停留", age, sort="updated_at"),
    Column("number", "编号", optional=True, sort="number"),
    Column("event_date", "事项日期", kind="day", sort="event_date", optional=True),
    Column("why", "理由", optional=True),
)
PUBLISHED = (
    Column("subject", "主体", lambda c: public_name(c.subject), title=True),
    Column("title", "事项"),
    Column("cite", "依据", kind="citation"),
    Column("amount", "金额", money_of, kind="money", sort="amount_fen"),
    Column("published_at", "公示", kind="day", sort="published_at"),
    Column("published_until", "公示至", kind="moment", sort="published_until"),
    Column("object", "异议", template="benefits/_object_link.html"),
)


def missing_words(finding: Finding) -> list[str]:
    """What is missing, in the words of the facts; the first would decide most."""
    labels = labels_of(finding.measure)
    return [labels.get(name, name) for name in finding.missing]


def labels_of(measure: str) -> dict[str, str]:
    from luoshi.benefits import engine

    rule, _ = engine.rule_of(measure, catalogue.pack_in_use())
    return {name: fact.label for name, fact in rule.scope.facts.items()}


FINDINGS = (
    Column(
        "status", "结论", state_in(FINDING_MARKS, "status"), kind="state", sort=("status", "id")
    ),
    Column("subject", "主体", "subject.name", sort="subject__name", title=True,
           link=lambda f: reverse("benefits:finding", args=[f.pk])),
    Column("measure", "措施", sort=("measure", "id"), kind="citation"),
    Column("matter", "事项", lambda f: matter_words(f.matter) if f.matter else ""),
    Column("missing", "还缺什么", missing_words, template="benefits/_missing.html"),
    # 0 where a fact is unknown would read as nothing to gain: what it comes to is unknown too
    Column("hi_fen", "最多", lambda f: f.hi_fen or None, kind="money", sort="hi_fen"),
    Column("why", "理由", optional=True),
    Column("decided_at", "判断时间", kind="day", optional=True, sort="decided_at"),
)  # fmt: skip
PAYMENTS = (
    Column("state", "状态", state_in(PAYMENT_MARKS), kind="state", sort=("state", "id")),
    Column("key", "付款编号", "reference", title=True, link=lambda p: reverse("benefits:payment", args=[p.pk])),
    Column("subject", "主体", "claim.subject.name", sort="claim__subject__name"),
    Column("title", "事项", "claim.title"),
    Column("amount", "金额", "amount_fen", kind="money", sort="amount_fen"),
    Column("paid_on", "支付日期", kind="day", sort="paid_on"),
    Column("batch", "批次", "batch.number", link=lambda p: reverse("benefits:batch", args=[p.batch_id])),
    Column("result", "银行说明", optional=True),
)  # fmt: skip
BATCHES = (
    Column("state", "状态", state_in(BATCH_MARKS), kind="state", sort=("state", "id")),
    Column("number", "批次", title=True, sort="number", link=lambda b: reverse("benefits:batch", args=[b.pk])),
    Column("count", "笔数", kind="number", sort="count"),
    Column("total_fen", "金额", kind="money", sort="total_fen"),
    Column("made_by_name", "编制"),
    Column("released_by_name", "复核"),
    Column("made_at", "编制时间", kind="moment", sort="made_at"),
    Column("sent_at", "送出时间", kind="moment", sort="sent_at"),
)  # fmt: skip
OBJECTIONS = (
    Column("state", "状态", lambda o: ("warn" if o.state == "open" else "plain", o.get_state_display()), kind="state",
           sort=("state", "id")),
    Column("words", "异议", lambda o: o.words[:60], title=True, link=lambda o: claim_url(o.claim) + "#objections"),
    Column("claim", "事项", "claim.title"),
    Column("subject", "主体", "claim.subject.name"),
    Column("by", "提出人"),
    Column("at", "提出时间", kind="moment", sort="at"),
    Column("answer", "答复", lambda o: o.answer[:60], optional=True),
)  # fmt: skip
RECOVERIES = (
    Column("state", "状态", lambda r: ("warn" if r.closed_at is None else "plain", r.get_state_display()), kind="state",
           sort=("state", "id")),
    Column("claim", "事项", "claim.title", title=True, link=lambda r: claim_url(r.claim) + "#recoveries"),
    Column("subject", "主体", "claim.subject.name"),
    Column("amount_fen", "应追回", kind="money", sort="amount_fen"),
    Column("returned_fen", "已退回", kind="money"),
    Column("reason", "理由", lambda r: r.reason[:60]),
    Column("at", "提出时间", kind="moment", sort="at"),
)  # fmt: skip
