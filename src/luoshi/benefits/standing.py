"""How the pure course sees a stored claim and the person before it; and how one act on it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.benefits import course
from luoshi.benefits.course import Need, Standing, Who
from luoshi.benefits.models import Claim, ClaimEvent
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.errors import Refused
from luoshi.ledger.actions import append

_PERMISSIONS = tuple(dict.fromkeys(act.permission for act in course.ACTS.values() if act.permission))


def standing_of(claim: Claim) -> Standing:
    """The claim as the course asks about it. Three small queries."""
    recognisers = frozenset(row["user"] for row in claim.needs if row.get("done") and row.get("user"))
    return Standing(
        state=claim.state,
        cite=claim.cite,
        needs=tuple(needs_of(claim)),
        account=claim.payee.account_confirmed_at is not None,
        doubt=claim.doubt,
        published_until=when.aware(claim.published_until) if claim.published_until else None,
        open_objections=claim.objections.filter(state="open", recovery=None).count(),
        paid_fen=claim.paid_fen - claim.recovered_fen,
        in_flight=claim.payments.filter(state__in=("queued", "sent")).count(),
        open_recovery=claim.recoveries.filter(state__in=course.OPEN_RECOVERY).exists(),
        hands={"公示": frozenset(pk for pk in [claim.published_by_id] if pk is not None), "认定": recognisers},
    )


def needs_of(claim: Claim) -> list[Need]:
    """What a person has still to say; `claim.needs` keeps the answered ones with "done"."""
    return [
        Need(row["sort"], row["cite"], row["why"], row.get("fact", "")) for row in claim.needs if not row.get("done")
    ]


def who_of(user: Any, claim: Claim) -> Who:
    """`user` None: the system itself."""
    if user is None:
        return Who(system=True)
    held = frozenset(code for code in _PERMISSIONS if user.may(code))
    return Who(user.pk, held, own=user.may("benefits.own") and acts_for(user, claim))


def must(user: Any, permission: str) -> None:
    """Raises Refused when the person lacks a permission; screens and the API ask too, an act does not rely on them."""
    if not user.may(permission):
        raise Refused("没有这样办的权限")


def acts_for(user: Any, claim: Claim) -> bool:
    """Whether the account acts for the claim's subject, its payee, or (for a person) the employer."""
    ids = {claim.subject_id, claim.payee_id, claim.subject.employer_id} - {None}
    return bool(user.benefit_subjects.filter(subject__in=ids).exists())


def actor_of(user: Any, via: str, fallback: Actor = SYSTEM) -> Actor:
    made: Actor = user.as_actor(via) if user is not None else fallback
    return made


def lock(pk: int, version: int | None = None) -> Claim:
    """The claim, locked for this transaction. Refused when somebody else acted since the person looked."""
    claim = Claim.objects.select_for_update(of=("self",)).select_related("subject", "payee", "matter").get(pk=pk)
    if version is not None and version != claim.version:
        last = claim.events.order_by("-at", "-id").first()
        done = f"{last.by} 于 {when.aware(last.at):%H:%M} 已“{last.label}”" if last else "已被他人更改"
        raise Refused(f"本事项刚刚有变化：{done}。请看过最新情况再办", cite=claim.cite)
    return claim


def check(claim: Claim, user: Any, code: str, words: str = "") -> None:
    """Raises Refused when the course does not allow `code` now."""
    why_not = course.refusal(standing_of(claim), who_of(user, claim), code, when.now(), words)
    if why_not:
        raise Refused(why_not, cite=claim.cite)


def keep(
    claim: Claim,
    code: str,
    actor: Actor,
    *,
    to: str = "",
    label: str = "",
    words: str = "",
    data: Mapping[str, Any] | None = None,
    ledger: Mapping[str, Any] | None = None,
    version: bool = True,
) -> ClaimEvent:
    """Record one act: the event, the ledger entry, the new state and version. `ledger`: what only the ledger keeps."""
    act = course.ACTS.get(code)
    before, claim.state = claim.state, to or claim.state
    entry = append(
        f"benefits.{code}",
        by=actor,
        subject=claim.ref,
        cites=[claim.cite] if claim.cite else [],
        data={
            "number": claim.number,
            "from": before,
            "to": claim.state,
            "words": words,
            **dict(data or {}),
            **dict(ledger or {}),
        },
    )
    event = ClaimEvent.objects.create(
        claim=claim,
        at=when.now(),
        act=code,
        label=label or (act.label if act else code),
        from_state=before,
        to_state=claim.state,
        by=actor.name,
        user_id=actor.user_id,
        words=words,
        data=dict(data or {}),
        entry=entry.seq,
    )
    claim.version += 1 if version else 0
    claim.updated_at = event.at
    claim.save()
    return event
