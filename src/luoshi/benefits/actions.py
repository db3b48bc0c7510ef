"""What people do to a claim (兑现事项) on its way: one function per act, one transaction, one ledger entry, one event.

Every act takes the claim's `version` as the person saw it; who acts on an older one is told so and nothing changes.
Claw-backs: `recovering`. Budgets: `budget`. Batches and bank files: `batches`, `banking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.benefits import budget, opening, rulebook, telling
from luoshi.benefits.course import AGAIN
from luoshi.benefits.models import Claim, ClaimEvent, Subject
from luoshi.benefits.objecting import answer_objection, object_to
from luoshi.benefits.payfile import masked
from luoshi.benefits.redeciding import decide_again, decision_data, go_back, make_sure
from luoshi.benefits.standing import actor_of, acts_for, check, keep, lock
from luoshi.benefits.wording import span_text
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.money import yuan
from luoshi.ledger.actions import recording

__all__ = [
    "answer_objection",
    "approve",
    "clear_doubt",
    "confirm_account",
    "give_up",
    "notify",
    "object_to",
    "publish",
    "recognise",
    "redo",
    "refuse",
    "revoke",
]
FIELDS = {"bank_name": ("开户行", 120), "bank_account": ("账号", 64), "account_name": ("户名", 200)}


def notify(claim: Claim, user: Any, *, words: str = "", version: int | None = None, via: str = "web") -> ClaimEvent:
    """通知: told in another way (by telephone, on paper); `words` says how. The system notifies accounts by itself."""
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "notify", words)
        if not words.strip():
            raise BadInput("没有可通知的账号时，请写明以什么方式、通知了谁", field="words")
        found.notified_at = when.now()
        event = keep(found, "notify", actor_of(user, via), to="notified", words=words.strip())
    return _done(claim, event)


def confirm_account(
    claim: Claim,
    user: Any,
    *,
    bank_name: str = "",
    bank_account: str = "",
    account_name: str = "",
    words: str = "",
    version: int | None = None,
    via: str = "web",
) -> ClaimEvent:
    """确认账户: the subject says where the money should go. Blank fields keep what is on file (one tap).

    Staff may do it on behalf of the subject; then `words` says who told them and how.
    """
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "confirm_account", words)
        on_behalf = not acts_for(user, found)
        if on_behalf and not words.strip():
            raise BadInput("代为登记账户须写明依据（谁提供、以什么方式）", field="words")
        payee = Subject.objects.select_for_update().get(pk=found.payee_id)
        changed = _set_account(
            payee, {"bank_name": bank_name, "bank_account": bank_account, "account_name": account_name}
        )
        payee.account_confirmed_at, payee.account_confirmed_by_id = when.now(), user.pk
        payee.save()
        found.payee, found.confirmed_at = payee, found.confirmed_at or when.now()
        opening.stop(found, opening.CONFIRM, actor_of(user, via))
        event = keep(
            found,
            "confirm_account",
            actor_of(user, via),
            to="" if found.state in AGAIN else "confirmed",
            words=words.strip(),
            data={"on_behalf": on_behalf, "changed": sorted(changed), "account": masked(payee.bank_account)},
        )
        if why := "；".join(row["why"] for row in found.needs if not row.get("done")):
            telling.to_staff("to_recognise", found, why)
    return _done(claim, event)


def _set_account(payee: Subject, given: Mapping[str, str]) -> set[str]:
    changed = set()
    for name, (label, most) in FIELDS.items():
        text = "".join(given[name].split()) if name == "bank_account" else given[name].strip()
        if len(text) > most:
            raise BadInput(f"{label}最多 {most} 个字符", field=name)
        if text and text != getattr(payee, name):
            setattr(payee, name, text)
            changed.add(name)
    payee.account_name = payee.account_name or payee.name
    for name, (label, _) in FIELDS.items():
        if not getattr(payee, name):
            raise BadInput(f"请填写{label}", field=name)
    if not payee.bank_account.isdigit() or not 8 <= len(payee.bank_account) <= 32:
        raise BadInput("账号应为 8 至 32 位数字", field="bank_account")
    return changed


def recognise(
    claim: Claim,
    user: Any,
    *,
    verdict: bool,
    words: str,
    amount_fen: int | None = None,
    version: int | None = None,
    via: str = "web",
) -> ClaimEvent:
    """认定（经认定）、同意扶持（可）、裁定: a person says what the text leaves to a person, with the reason.

    A ruling on a range must name an amount within it. Refusing ends the claim. 认定 is decided again with the fact.
    """
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "recognise", words)
        actor = actor_of(user, via)
        row = next(row for row in found.needs if not row.get("done") and _fits(found, row))
        said = {
            "verdict": verdict,
            "reason": words.strip(),
            "by": actor.name,
            "user": actor.user_id,
            "at": when.now().isoformat(),
        }
        row.update(done=True, **said)
        data: dict[str, Any] = {"sort": row["sort"], "cite": row["cite"], "verdict": verdict}
        if not verdict:
            found.recognition = said | {"sort": row["sort"]}
            event = _negative(found, actor, words, data)
            return _done(claim, event)
        amount = _ruled_amount(found, row["sort"], amount_fen)
        kept = found.recognition.get("amount_fen") if amount is None else amount
        found.recognition = said | {"sort": row["sort"], "amount_fen": kept}
        if row.get("fact"):
            decide_again(found)
        if amount is not None:
            found.amount_fen, data["amount_fen"] = amount, amount
        to = "found" if found.state == "review" else _after_recognition(found)
        event = keep(found, "recognise", actor, to=to, words=words.strip(), data=data)
        if to == "found":
            opening.announce(found, actor)
    return _done(claim, event)


def _fits(claim: Claim, row: Mapping[str, Any]) -> bool:
    return bool((row["sort"] == "ruling") == (claim.state == "review"))


def _after_recognition(claim: Claim) -> str:
    return "confirmed" if any(not row.get("done") for row in claim.needs) else "recognised"


def _negative(claim: Claim, actor: Actor, words: str, data: dict[str, Any]) -> ClaimEvent:
    for kind in opening.KINDS:
        opening.stop(claim, kind, actor)
    claim.closed_at = when.now()
    event = keep(claim, "recognise", actor, to="refused", words=words.strip(), data=data)
    telling.to_subject("refused", claim, words.strip())
    return event


def _ruled_amount(claim: Claim, sort: str, amount_fen: int | None) -> int | None:
    if sort != "ruling":
        return None
    if amount_fen is None and claim.lo_fen == claim.hi_fen:
        return claim.hi_fen
    if amount_fen is None:
        raise BadInput(f"请在 {span_text(claim.lo_fen, claim.hi_fen)} 之间确定金额", field="amount")
    if not claim.lo_fen <= amount_fen <= claim.hi_fen or amount_fen <= 0:
        raise BadInput(f"金额应在 {span_text(claim.lo_fen, claim.hi_fen)} 之间", field="amount")
    return amount_fen


def publish(claim: Claim, user: Any, *, words: str = "", version: int | None = None, via: str = "web") -> ClaimEvent:
    """公示: the claim is shown to everyone for the days of the setting; it is decided again first."""
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "publish", words)
        decide_again(found)
        if not found.amount_fen:
            raise Refused("金额还没有确定，不能公示", cite=found.cite)
        actor = actor_of(user, via)
        days = rulebook.on().publish_days
        clock = opening.start(opening.PUBLICATION, found, "公示", actor, days)
        found.published_at, found.published_until = when.now(), clock.due_at
        found.published_by_id = actor.user_id
        until = f"公示至 {when.aware(clock.due_at):%Y-%m-%d}"
        kept = {"until": clock.due_at.isoformat(), "amount_fen": found.amount_fen, "days": days}
        event = keep(found, "publish", actor, to="published", words=words.strip() or until, data=kept)
        telling.to_subject("published", found, until)
    return _done(claim, event)


def redo(claim: Claim, user: Any, *, words: str, version: int | None = None, via: str = "web") -> ClaimEvent:
    """重新核定: back before publication, decided again from today's facts; what people stated must be stated again."""
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "redo", words)
        event = go_back(found, actor_of(user, via), words.strip())
    return _done(claim, event)


def approve(claim: Claim, user: Any, *, words: str = "", version: int | None = None, via: str = "web") -> ClaimEvent:
    """批准 (four eyes): decided again as of today with all other commitments to the subject; never on unknown.

    The ledger entry holds facts, settings, rule version and result: whoever has the package can decide it again.
    """
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "approve", words)
        Subject.objects.select_for_update().get(pk=found.subject_id)  # one commitment to a subject at a time
        before = (found.amount_fen, found.lo_fen, found.hi_fen)
        decide_again(found)
        make_sure(found, before)
        actor = actor_of(user, via)
        found.approved_at, found.approved_by_id = when.now(), actor.user_id
        opening.stop(found, opening.PUBLICATION, actor)
        event = keep(
            found, "approve", actor, to="approved", words=words.strip(),
            data={"amount_fen": found.amount_fen}, ledger=decision_data(found),
        )  # fmt: skip
        budget.plan(found)
        budget.allocate_for(found, actor)
        telling.to_subject("approved", found, f"金额 {yuan(found.amount_fen)}，按预算安排付款。")
    return _done(claim, event)


def refuse(claim: Claim, user: Any, *, words: str, version: int | None = None, via: str = "web") -> ClaimEvent:
    """不予兑现, with the reason; the subject is told."""
    return _end(claim, user, "refuse", "refused", words, version, via)


def give_up(claim: Claim, user: Any, *, words: str, version: int | None = None, via: str = "web") -> ClaimEvent:
    """放弃: the subject does not want it. Not opened again while nothing changes."""
    return _end(claim, user, "give_up", "withdrawn", words, version, via)


def revoke(claim: Claim, user: Any, *, words: str, version: int | None = None, via: str = "web") -> ClaimEvent:
    """撤销批准 while nothing was paid; reserved money goes back to the pot."""
    return _end(claim, user, "revoke", "withdrawn", words, version, via)


def _end(claim: Claim, user: Any, code: str, to: str, words: str, version: int | None, via: str) -> ClaimEvent:
    with recording():
        found = lock(claim.pk, version)
        check(found, user, code, words)
        actor = actor_of(user, via)
        if code == "revoke":
            budget.drop_open(found, actor, words)
        opening.end(found, to, code, actor, words.strip())
        event = found.events.latest("id")
    return _done(claim, event)


def clear_doubt(claim: Claim, user: Any, *, words: str, version: int | None = None, via: str = "web") -> ClaimEvent:
    """排除存疑: a person has looked; what was promised goes on."""
    with recording():
        found = lock(claim.pk, version)
        check(found, user, "clear_doubt", words)
        was, found.doubt = found.doubt, ""
        event = keep(found, "clear_doubt", actor_of(user, via), words=words.strip(), data={"doubt": was})
    return _done(claim, event)


def _done(claim: Claim, event: ClaimEvent) -> ClaimEvent:
    claim.refresh_from_db()
    return event
