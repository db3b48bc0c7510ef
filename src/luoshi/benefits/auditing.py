"""账实核对: whether pots, claims, instalments and payments add up. Four queries; an empty answer is the good one.

The acts keep these sums and the database keeps their bounds; this asks independently, nightly and for the auditor.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from luoshi.benefits.course import ARRIVABLE
from luoshi.benefits.models import Claim, Instalment, Payment, Pot
from luoshi.kernel.money import yuan

_ARRIVED = ("paid", "reconciled")
_UNDER_WAY = ("queued", "sent")


def discrepancies() -> list[str]:
    """What does not add up, in plain words."""
    return [*_pots(), *_claims(), *_instalments(), *_payments()]


def _sum(field: str, **where: Any) -> Any:
    return Coalesce(Sum(field, filter=Q(**where)), 0)


def _pots() -> Iterator[str]:
    rows = Pot.objects.annotate(
        reserved=_sum("instalments__amount_fen", instalments__state__in=("reserved", "paying")),
        spent=_sum("instalments__amount_fen", instalments__state="paid"),
    )
    for pot in rows.exclude(reserved=F("reserved_fen"), spent=F("paid_fen")):
        reserved, spent = pot.reserved, pot.spent
        yield (
            f"预算 {pot}：账上预留 {yuan(pot.reserved_fen)}、已付 {yuan(pot.paid_fen)}，"
            f"分期合计预留 {yuan(reserved)}、已付 {yuan(spent)}"
        )
    for over in Pot.objects.filter(total_fen__lt=F("reserved_fen") + F("paid_fen")):
        yield f"预算 {over} 超支"


def _claims() -> Iterator[str]:
    rows = Claim.objects.annotate(
        bound=_sum("payments__amount_fen", payments__state__in=ARRIVABLE),
        arrived=_sum("payments__amount_fen", payments__state__in=_ARRIVED),
    )
    for claim in rows.exclude(bound=F("committed_fen"), arrived=F("paid_fen")):
        bound, arrived = claim.bound, claim.arrived
        yield (
            f"事项 {claim.number}：账上已安排 {yuan(claim.committed_fen)}、已付 {yuan(claim.paid_fen)}，"
            f"付款合计 {yuan(bound)}、{yuan(arrived)}"
        )
    for claim in rows.filter(bound__gt=F("amount_fen")):
        yield f"事项 {claim.number}：付款超过应得金额 {yuan(claim.amount_fen)}"


def _instalments() -> Iterator[str]:
    rows = Instalment.objects.select_related("claim").annotate(
        under_way=Count("payments", filter=Q(payments__state__in=_UNDER_WAY)),
        arrived=Count("payments", filter=Q(payments__state__in=_ARRIVED)),
    )
    paying, paid = Q(state="paying"), Q(state="paid")
    wrong = Q(under_way__gt=0) & ~paying | Q(arrived__gt=0) & ~paid | paying & ~Q(under_way=1) | paid & ~Q(arrived=1)
    for part in rows.filter(wrong):
        yield f"分期 {part}：状态“{part.get_state_display()}”，在途 {part.under_way} 笔、已付 {part.arrived} 笔"


def _payments() -> Iterator[str]:
    for row in Payment.objects.filter(state__in=ARRIVABLE).exclude(amount_fen=F("instalment__amount_fen")):
        yield f"付款 {row.key}：金额与分期不同"
