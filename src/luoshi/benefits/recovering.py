"""追回: proposed when a fact or the policy falls, told with the right to object, decided by another person, returned.

    proposed → notified → decided → closed        at any time before: dropped (不再追回)

The text of 25号 has no claw-back. A proposal always names what changed; nothing is demanded before a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.benefits import budget, course, opening, rulebook, telling
from luoshi.benefits.models import Claim, ClaimEvent, Recovery
from luoshi.benefits.standing import actor_of, acts_for, check, keep, lock
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.money import yuan
from luoshi.ledger.actions import recording


def claw_back(
    claim: Claim,
    user: Any,
    *,
    amount_fen: int,
    words: str,
    cite: str = "",
    version: int | None = None,
    via: str = "web",
) -> Recovery:
    """提出追回 of money paid, with the reason and the clause it rests on. Payments still planned stop."""
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "claw_back", words)
        made = propose(found, amount_fen, words, actor_of(user, via), cite=cite)
    claim.refresh_from_db()
    return made


def propose(
    claim: Claim, amount_fen: int, words: str, by: Actor, *, cite: str = "", decision: Mapping[str, Any] | None = None
) -> Recovery:
    """The proposal itself, also made by a recheck. The claim must be locked, inside `recording`."""
    left = claim.paid_fen - claim.recovered_fen
    if not 0 < amount_fen <= left:
        raise BadInput(f"追回金额应大于 0，且不超过已付而未追回的 {yuan(left)}", field="amount")
    made = Recovery.objects.create(
        claim=claim,
        amount_fen=amount_fen,
        reason=words.strip(),
        cite=cite.strip() or claim.cite,
        decision=dict(decision or {}),
        proposed_by_id=by.user_id,
        proposed_by_name=by.name,
        at=when.now(),
    )
    budget.drop_open(claim, by, words)
    keep(
        claim,
        "claw_back",
        by,
        to="recovering",
        words=words.strip(),
        data={"recovery": made.pk, "amount_fen": amount_fen, "cite": made.cite},
    )
    telling.to_staff("doubt", claim, f"拟追回 {yuan(amount_fen)}：{words.strip()}")
    return made


def tell_recovery(recovery: Recovery, user: Any, *, words: str = "", via: str = "web") -> ClaimEvent:
    """告知: the subject is told what is proposed and why, and until when it may object."""
    with recording():
        found, row, actor = _locked(recovery, user, "tell", "benefits.handle", via)
        days = rulebook.on().recovery_days
        clock = opening.start(opening.RECOVERY, found, "追回异议期", actor, days, {"recovery": row.pk})
        row.state, row.objection_until = "notified", clock.due_at
        row.save()
        until = f"可异议至 {when.aware(clock.due_at):%Y-%m-%d}"
        told = telling.to_subject("recovery", found, f"{row.reason}。{until}。", fen=row.amount_fen)
        if not told and not words.strip():
            raise BadInput("当事人没有账号，请写明以什么方式告知了谁", field="words")
        data = {"recovery": row.pk, "until": clock.due_at.isoformat(), "told": told}
        event = keep(found, "tell_recovery", actor, label="告知追回", words=words.strip() or until, data=data)
    recovery.refresh_from_db()
    return event


def check_objection(recovery: Recovery, claim: Claim, user: Any) -> None:
    """Raises Refused when an objection to this recovery is not open: only its subject, only in time."""
    if recovery.claim_id != claim.pk or recovery.state != "notified":
        raise Refused("这件追回现在不受理异议", cite=claim.cite)
    if user is not None and not acts_for(user, claim) and not user.may("benefits.handle"):
        raise Refused("只有当事人可以对追回提出异议", cite=claim.cite)
    if recovery.objection_until and when.now() > recovery.objection_until:
        raise Refused(f"异议期已于 {when.aware(recovery.objection_until):%Y-%m-%d} 届满", cite=claim.cite)


def decide_recovery(
    recovery: Recovery, user: Any, *, words: str, amount_fen: int | None = None, via: str = "web"
) -> ClaimEvent:
    """决定追回, by another person than the proposer, after the objections: the same amount or less."""
    if not words.strip():
        raise BadInput("请写明决定的理由", field="words")
    with recording():
        found, row, actor = _locked(recovery, user, "decide", "benefits.approve", via)
        amount = row.amount_fen if amount_fen is None else amount_fen
        if not 0 < amount <= row.amount_fen:
            raise BadInput(f"金额应大于 0，且不超过提出的 {yuan(row.amount_fen)}", field="amount")
        row.amount_fen, row.state = amount, "decided"
        _close(row, actor, words)
        opening.stop(found, opening.RECOVERY, actor, recovery=row.pk)
        event = keep(found, "decide_recovery", actor, label="决定追回", words=words.strip(),
                     data={"recovery": row.pk, "amount_fen": amount})  # fmt: skip
        telling.to_subject("recovery_decided", found, f"应退回 {yuan(amount)}：{words.strip()}。", fen=amount)
    recovery.refresh_from_db()
    return event


def drop_recovery(recovery: Recovery, user: Any, *, words: str, via: str = "web") -> ClaimEvent:
    """不再追回: the claim goes back to where its money stands. Parts that were stopped are planned again."""
    if not words.strip():
        raise BadInput("请写明理由", field="words")
    with recording():
        found, row, actor = _locked(recovery, user, "drop", "benefits.approve", via)
        if row.returned_fen:
            raise Refused(f"已退回 {yuan(row.returned_fen)}，不能作废", cite=found.cite)
        row.state, row.closed_at = "dropped", when.now()
        _close(row, actor, words)
        opening.stop(found, opening.RECOVERY, actor, recovery=row.pk)
        found.instalments.filter(state="dropped").update(state="planned")
        event = keep(found, "drop_recovery", actor, label="不再追回", to=budget.settle_state(found),
                     words=words.strip(), data={"recovery": row.pk})  # fmt: skip
        budget.allocate_for(found, actor)
        telling.to_subject("recovery_decided", found, f"不再追回：{words.strip()}。", fen=row.amount_fen)
    recovery.refresh_from_db()
    return event


def money_returned(recovery: Recovery, user: Any, *, amount_fen: int, words: str, via: str = "web") -> ClaimEvent:
    """登记退回: money came back; `words` names the voucher. When all of it is back the recovery is closed."""
    if not words.strip():
        raise BadInput("请写明入账凭证", field="words")
    with recording():
        found, row, actor = _locked(recovery, user, "returned", "benefits.batch", via)
        if not 0 < amount_fen <= row.amount_fen - row.returned_fen:
            raise BadInput(
                f"金额应大于 0，且不超过还应退回的 {yuan(row.amount_fen - row.returned_fen)}", field="amount"
            )
        row.returned_fen += amount_fen
        found.recovered_fen += amount_fen
        all_back = row.returned_fen == row.amount_fen
        to = ""
        if all_back:
            row.state, row.closed_at = "closed", when.now()
            to = "recovered" if found.recovered_fen == found.paid_fen else budget.settle_state(found)
            found.closed_at = when.now() if to == "recovered" else found.closed_at
        row.save()
        event = keep(found, "money_returned", actor, label="登记退回", to=to, words=words.strip(),
                     data={"recovery": row.pk, "amount_fen": amount_fen, "all": all_back})  # fmt: skip
    recovery.refresh_from_db()
    return event


def _close(row: Recovery, actor: Actor, words: str) -> None:
    row.decided_by_id, row.decided_by_name, row.decided_words = actor.user_id, actor.name, words.strip()
    row.decided_at = when.now()
    row.save()


def _locked(recovery: Recovery, user: Any, code: str, permission: str, via: str) -> tuple[Claim, Recovery, Actor]:
    found = lock(recovery.claim_id)
    row = Recovery.objects.select_for_update(of=("self",)).get(pk=recovery.pk)
    open_ = row.objections.filter(state="open").count()
    if not user.may(permission):
        raise Refused("没有这样办的权限", cite=found.cite)
    until = when.aware(row.objection_until) if row.objection_until else None
    why_not = course.recovery_refusal(row.state, code, user.pk, row.proposed_by_id, until, open_, when.now())
    if why_not:
        raise Refused(why_not, cite=row.cite)
    return found, row, actor_of(user, via)
