"""What was found or promised is looked at again when facts, settings or the day have moved.

Before approval a claim follows the facts of today. From approval on it keeps the settings and rules it was approved
under: only changed facts can shake it. What falls after money went out is proposed for recovery, never taken silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from luoshi.benefits import budget, opening, recovering
from luoshi.benefits.course import BEFORE, COMMITTED
from luoshi.benefits.deciding import Decided, decide, facts_for, of_facts
from luoshi.benefits.models import Claim, Dispute, Record
from luoshi.benefits.redeciding import decision_of, said_of
from luoshi.benefits.settling import in_force
from luoshi.benefits.standing import keep, lock
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import plain
from luoshi.ledger.actions import append, recording

PRO_RATA = "口径为按比例追回，原文没有写算法：应追回多少由人提出，系统不计算。"
# Our own commitments as they were at approval: later ones must not shake an earlier one.
_OWN = ("prior_awards", "already_granted_yuan", "months_already_paid")


def due() -> Any:
    """Claims to look at: all before approval; later ones of which a record or a ruling on sources has moved."""
    since = Q(changed_at__gt=OuterRef("checked_at"))
    moved = Record.objects.filter(since, Q(subject=OuterRef("subject")) | Q(subject=OuterRef("subject__employer")))
    argued = Dispute.objects.filter(
        Q(found_at__gt=OuterRef("checked_at")) | Q(decided_at__gt=OuterRef("checked_at")), subject=OuterRef("subject")
    )
    later = Q(state__in=COMMITTED) & (Q(checked_at__isnull=True) | Exists(moved) | Exists(argued))
    return Claim.objects.filter(Q(state__in=BEFORE) | later).order_by("id")


def recheck_all(by: Actor, *, claims: Any = None) -> dict[str, int]:
    """Every claim in `due`, each in its own transaction. Returns how many of each outcome."""
    counts: dict[str, int] = {}
    rows = due() if claims is None else claims
    for pk in list(rows.values_list("pk", flat=True)):
        outcome = recheck(pk, by)
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def recheck(pk: int, by: Actor) -> str:
    """Look at one claim again: same | updated | withdrawn | doubt | recovery | ended."""
    with recording():
        claim = lock(pk)
        if claim.state in BEFORE:
            outcome = _before(claim, by)
        elif claim.state in COMMITTED and claim.state != "recovering":
            outcome = _after(claim, by)
        else:
            outcome = "same"
        Claim.objects.filter(pk=pk).update(checked_at=when.now())
    return outcome


def _before(claim: Claim, by: Actor) -> str:
    decided = decide(claim.matter, claim.measure, when.today(), said=said_of(claim), claim=claim)
    line = next((line for line in decided.lines if line.limb == claim.limb), None)
    if line is not None:
        return "updated" if opening.refresh(claim, decided, line, by) else "same"
    if decided.status in ("refused", "referred"):
        opening.end(claim, "withdrawn", "withdraw", by, f"事实或口径变化后不再符合：{decided.why}", label="撤回")
        return "withdrawn"
    return "doubt" if opening.doubt(claim, f"事实不再齐全：{decided.why}", by) else "same"


def _after(claim: Claim, by: Actor) -> str:
    facts = _facts(claim)
    record = claim.decision
    day = when.today() if claim.limb == "talent" else date.fromisoformat(record["as_of"])
    decided = of_facts(claim.measure, facts, day, record["settings"])
    line = next((line for line in decided.lines if line.limb == claim.limb), None)
    if line is not None and (claim.limb == "talent" or line.hi >= claim.amount_fen):
        return "same"
    if line is None and decided.status == "pending":
        return "doubt" if opening.doubt(claim, f"事实不再齐全：{decided.why}", by) else "same"
    if claim.limb == "talent" and _merely_left(claim, facts, day, record["settings"]):
        return _left(claim, decided, by)
    return _fell(claim, decided, line.hi if line else 0, by)


def _facts(claim: Claim) -> dict[str, Any]:
    facts, _, _ = facts_for(claim.matter, claim.measure, exclude=claim.pk)
    then = claim.decision["facts"]
    kept = {name: value for name, value in facts.items() if name not in _OWN}
    kept |= {name: then[name] for name in _OWN if name in then}
    kept |= plain(said_of(claim))
    return kept


def _merely_left(claim: Claim, facts: Mapping[str, Any], day: date, settings: Mapping[str, Any]) -> bool:
    """Whether the person has only stopped working there: nothing was wrong with what was paid until then."""
    if facts.get("contract_performing") is not False:
        return False
    still = of_facts(claim.measure, {**facts, "contract_performing": True}, day, settings)
    return bool(still.lines)


def _left(claim: Claim, decided: Decided, by: Actor) -> str:
    """The stipend ends (s6.on_leave). What was paid stays, unless the district has settled otherwise (s6.clawback)."""
    if claim.closed_at is not None:
        return "same"
    answer = in_force(claim.measure.partition(":")[0]).value("s6.clawback", "none")
    if answer != "none" and claim.paid_fen > claim.recovered_fen:
        if answer == "full":
            return _fell(claim, decided, 0, by)
        return _fell(claim, decided, 0, by, propose=False, more=PRO_RATA)
    claim.closed_at = when.now()
    keep(claim, "ended", by, to=budget.settle_state(claim), label="停发", words=f"合同不再履行，停发：{decided.why}")
    return "ended"


def _fell(claim: Claim, decided: Decided, now_fen: int, by: Actor, *, propose: bool = True, more: str = "") -> str:
    """Today's facts give less than was approved: a doubt while nothing was paid, else a proposal to recover."""
    words = f"按变化后的事实重新决定：{decided.why}{more}"
    left = claim.paid_fen - claim.recovered_fen
    fresh = opening.doubt(claim, words, by)
    if not fresh:
        return "same"
    append(
        "benefits.fell",
        by=by,
        subject=claim.ref,
        cites=[claim.cite],
        data=decision_of(claim.measure, claim.limb, decided.record),
    )
    if (
        left <= now_fen
        or not propose
        or claim.recoveries.filter(state__in=("proposed", "notified", "decided")).exists()
    ):
        return "doubt"
    recovering.propose(claim, left - now_fen, words, by, decision=decided.record)
    return "recovery"


def changed_by(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of facts that differ between two decisions, for a person who must compare them."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
