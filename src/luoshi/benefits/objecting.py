"""Objections (异议): to a published claim by anyone, to a proposed recovery by its subject. Answering has a clock."""

from __future__ import annotations

from typing import Any

from luoshi.benefits import opening, rulebook, telling
from luoshi.benefits.models import Claim, ClaimEvent, Objection
from luoshi.benefits.redeciding import go_back
from luoshi.benefits.standing import actor_of, acts_for, check, keep, lock
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import recording


def object_to(
    claim: Claim,
    *,
    by: str,
    words: str,
    contact: str = "",
    user: Any = None,
    recovery: Any = None,
    via: str = "web",
) -> Objection:
    """提出异议 to a published claim by anyone, or to a proposed recovery by its subject. Answering it has a clock."""
    for name, text, label in (("by", by, "姓名或单位"), ("words", words, "异议内容")):
        if not text.strip():
            raise BadInput(f"请填写{label}", field=name)
    with recording():
        found = lock(claim.pk)
        actor = Actor(by.strip(), user_id=user.pk if user else None, via=via)
        if recovery is None:
            check(found, user, "object")
        else:
            from luoshi.benefits.recovering import check_objection

            check_objection(recovery, found, user)
        own = user is not None and acts_for(user, found)
        made = Objection.objects.create(
            claim=found, recovery=recovery, by=by.strip()[:150], contact=contact.strip()[:120], words=words.strip(),
            user_id=user.pk if user else None, subject=found.subject if own else None, at=when.now(),
        )  # fmt: skip
        keep(found, "object", actor, words=words.strip(), data={"objection": made.pk, "own": own})
        opening.start(opening.ANSWER, found, "答复异议", actor, rulebook.on().answer_days, {"objection": made.pk})
        telling.to_staff("objection", found, words.strip()[:500])
    return made


def answer_objection(
    objection: Objection,
    user: Any,
    *,
    upheld: bool,
    words: str,
    then: str = "redo",
    version: int | None = None,
    via: str = "web",
) -> ClaimEvent:
    """答复异议. Upheld: `then` redo (the claim goes back to be decided again) or refuse (it ends)."""
    if then not in ("redo", "refuse"):
        raise BadInput("异议成立后只有重新核定、不予兑现两种处理", field="then")
    with recording():
        found = lock(objection.claim_id, version)
        check(found, user, "answer_objection", words)
        row = Objection.objects.select_for_update().get(pk=objection.pk)
        if row.state != "open":
            raise Refused("这件异议已经答复", cite=found.cite)
        actor = actor_of(user, via)
        row.state, row.answer = "upheld" if upheld else "rejected", words.strip()
        row.answered_by_id, row.answered_by_name, row.answered_at = actor.user_id, actor.name, when.now()
        row.save()
        opening.stop(found, opening.ANSWER, actor, objection=row.pk)
        event = keep(found, "answer_objection", actor, words=words.strip(),
                     data={"objection": row.pk, "upheld": upheld, "then": then if upheld else ""})  # fmt: skip
        if row.user is not None:
            telling.send("answered", [row.user], found, words.strip())
        if upheld and row.recovery_id is None:
            _uphold(found, then, actor, words)
    objection.refresh_from_db()
    return event


def _uphold(claim: Claim, then: str, actor: Actor, words: str) -> None:
    if then == "refuse":
        opening.end(claim, "refused", "refuse", actor, f"异议成立：{words.strip()}")
    else:
        go_back(claim, actor, f"异议成立，重新核定：{words.strip()}")
