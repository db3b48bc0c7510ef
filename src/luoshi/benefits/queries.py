"""Reads shaped for the screens, exports and the API; each a bounded number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse

from luoshi.benefits import catalogue, settling
from luoshi.benefits.course import LIVE
from luoshi.benefits.models import (
    Batch,
    Claim,
    Finding,
    LinkAsk,
    Membership,
    Objection,
    Payment,
    Pot,
    Recovery,
    SettingAnswer,
    Subject,
)
from luoshi.faces.finders import Found
from luoshi.norms.models import Clause, Instrument

PAID = ("paid", "reconciled", "recovering", "recovered")
WORKING = ("review", "found", "notified", "confirmed", "recognised", "published")


def answers_in_force(pack: str = "", on: date | None = None) -> dict[str, Mapping[str, Any]]:
    """Document → question → {value, status, by, date}, of every document with measures. One query per document."""
    slugs = catalogue.slugs(pack or catalogue.pack_in_use())
    return {slug: settling.in_force(slug, on).given for slug in slugs}


def instruments(slugs: Iterable[str]) -> dict[str, Instrument]:
    return {found.slug: found for found in Instrument.objects.filter(slug__in=set(slugs))}


def gists(cites: Iterable[str]) -> dict[str, str]:
    """Clause → its sense in the pack's words."""
    return dict(Clause.objects.filter(key__in=list(cites)).values_list("key", "gist"))


def claims() -> QuerySet[Claim]:
    return Claim.objects.select_related("subject", "payee", "matter")


def claim(pk: int) -> Claim | None:
    """One claim with its history, objections, instalments, payments and recoveries."""
    whole = claims().prefetch_related(
        "events", "objections", "recoveries", "instalments__pot", "payments__batch", "payments__instalment"
    )
    return whole.filter(pk=pk).first()


def published() -> QuerySet[Claim]:
    """What has been published, in publication or after it. A refused or withdrawn one is taken off."""
    rows = claims().filter(published_at__isnull=False, state__in=LIVE)
    return rows.defer("decision", "provenance", "why", "needs")


def public_counts() -> dict[str, Mapping[str, Any]]:
    """`measure limb` → how many are published now, paid, and how much was paid. One query."""
    rows = Claim.objects.filter(state__in=LIVE).values("measure", "limb")
    counted = rows.annotate(
        published=Count("id", filter=Q(state="published")),
        paid=Count("id", filter=Q(state__in=PAID)),
        paid_fen=Sum("paid_fen", default=0),
    )
    return {f"{row['measure']} {row['limb']}": row for row in counted.order_by()}


def counts_by_state(rows: QuerySet[Claim]) -> dict[str, int]:
    return {row["state"]: row["n"] for row in rows.order_by().values("state").annotate(n=Count("id"))}


def nearly() -> QuerySet[Finding]:
    """Those who would get it but for something: a fact is missing, or a person has not spoken yet."""
    rows = Finding.objects.filter(Q(status="pending") | Q(status="human_review"))
    return rows.select_related("subject", "matter")


def subjects_of(user: Any) -> list[Subject]:
    """The subjects an enterprise account acts for, oldest first."""
    rows = Membership.objects.filter(user=user).select_related("subject").order_by("since", "id")
    return [row.subject for row in rows]


def asks_of(user: Any) -> list[LinkAsk]:
    """What an account asked for and is not linked to: still waiting, or not agreed; the newest five."""
    rows = LinkAsk.objects.filter(user=user).exclude(state=LinkAsk.State.LINKED)
    return list(rows.order_by("-at", "-id")[:5])


def reach_of(subject: Subject) -> Q:
    """What a subject may see of claims and findings: its own, what is payable to it, and its staff's."""
    return Q(subject=subject) | Q(subject__employer=subject)


def pots(year: int | None = None) -> QuerySet[Pot]:
    return Pot.objects.filter(year=year) if year else Pot.objects.all()


def paid_by_month(pot: Pot) -> list[tuple[str, int]]:
    """(month, fen paid in it) out of a pot, in order."""
    rows = Payment.objects.filter(instalment__pot=pot, state__in=("paid", "reconciled"), paid_on__isnull=False)
    counted = rows.annotate(month=TruncMonth("paid_on")).order_by().values("month").annotate(fen=Sum("amount_fen"))
    return [(f"{row['month']:%Y-%m}", int(row["fen"])) for row in sorted(counted, key=lambda r: r["month"])]


def batches() -> QuerySet[Batch]:
    return Batch.objects.all()


def payments() -> QuerySet[Payment]:
    return Payment.objects.select_related("claim", "claim__subject", "batch", "instalment")


def open_objections() -> QuerySet[Objection]:
    return Objection.objects.select_related("claim", "claim__subject", "recovery")


def recoveries() -> QuerySet[Recovery]:
    return Recovery.objects.select_related("claim", "claim__subject", "claim__payee")


def setting_history(slug: str, key: str) -> QuerySet[SettingAnswer]:
    return SettingAnswer.objects.filter(slug=slug, key=key).order_by("-at", "-id")


def total(rows: QuerySet[Claim]) -> Mapping[str, int]:
    return rows.order_by().aggregate(count=Count("id"), fen=Sum("amount_fen", default=0))


def find(words: str, user: Any, limit: int) -> list[Found]:
    """Claims whose title, number or subject contains the words. One query, cut at `limit`."""
    text = words.strip()
    if not text:
        return []
    rows = claims().filter(Q(title__icontains=text) | Q(number__icontains=text) | Q(subject__name__icontains=text))
    return [
        Found(f"{c.subject.name} {c.title}", reverse("benefits:claim", args=[c.pk]), c.get_state_display(), c.cite)
        for c in rows.defer("decision", "provenance").order_by("-id")[:limit]
    ]
