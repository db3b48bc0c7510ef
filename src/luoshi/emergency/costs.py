"""The cost ledger of an incident: what was spent, and who pays once the cause is settled (6.6, A17)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Sum

from luoshi.emergency import live, paying
from luoshi.emergency.models import Cost, Incident
from luoshi.emergency.paying import Payer
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording


def rule(incident: Incident) -> Payer:
    """What the text would have for this incident as far as its cause is known."""
    table = live.Table(incident)
    plans = [slug for slug, case in table.cases.items() if case.chosen] or list(table.running)
    cause = table.facts.get("cause")
    said = table.desk.plans.vocabulary.shown("cause", cause)
    return paying.payer(plans, cause, table.desk.words(), said)


def of(incident: Incident) -> QuerySet[Cost]:
    return Cost.objects.filter(incident=incident).order_by("at", "pk")


def totals(incident: Incident) -> list[tuple[str, int]]:
    """Fen by payer, 待定 first."""
    rows = of(incident).order_by().values("payer").annotate(n=Sum("amount_fen"))
    return sorted(((r["payer"], r["n"] or 0) for r in rows), key=lambda pair: (not pair[0].startswith("待定"), pair[0]))


def add(incident: Incident, what: str, amount_fen: int, user: Any, *, via: str = "web") -> Cost:
    """Note a cost. Its payer is what the rule says now; an unsettled cause leaves it 待定."""
    if not what.strip():
        raise BadInput("请写费用事项", field="what")
    if amount_fen < 0:
        raise BadInput("金额不能为负数", field="amount")
    found = rule(incident)
    with recording():
        row = Cost.objects.create(
            incident=incident, what=what.strip(), amount_fen=amount_fen, payer=found.payer, cites=list(found.cites),
            at=when.now(), by=user.as_actor(via).name,
        )  # fmt: skip
        append("emergency.cost_noted", by=user.as_actor(via), subject=incident.subject, cites=found.cites, data={
            "cost": row.pk, "what": row.what, "amount_fen": amount_fen, "payer": found.payer, "why": found.why,
            **({"exercise": True} if incident.exercise else {}),
        })  # fmt: skip
    return row


def settle(cost: Cost, payer: str, reason: str, user: Any, *, via: str = "web") -> Cost:
    """Say who pays, with a reason. Refused while the cause is not settled and nothing but the rule would say so."""
    payer, reason = payer.strip(), reason.strip()
    if not payer or payer.startswith(paying.PENDING):
        raise BadInput("请写承担方", field="payer")
    if not reason:
        raise BadInput("请写明理由和依据（如调查结论、会议纪要）", field="reason")
    with recording():
        row = Cost.objects.select_for_update(of=("self",)).select_related("incident").get(pk=cost.pk)
        found = rule(row.incident)
        if (
            found.pending
            and "A17" in found.reading
            and live.Table(row.incident).facts.get("cause") in (None, "unknown")
        ):
            raise Refused(f"原因未定，承担方待定：{found.why}", cite=found.cites[0])
        before, row.payer, row.settled = row.payer, payer, True
        row.reason, row.cites = reason, list(found.cites)
        row.save()
        data = {"cost": row.pk, "before": before, "payer": payer, "by_rule": found.payer, "reason": reason}
        append(
            "emergency.cost_settled", by=user.as_actor(via), subject=row.incident.subject, cites=found.cites, data=data
        )
    return row
