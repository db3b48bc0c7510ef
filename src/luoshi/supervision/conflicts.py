"""Indicators whose values cannot all stand: found by rule, shown side by side, settled by a person with a reason."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import dumps, sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.ledger.models import Entry
from luoshi.supervision import rulebook, rulings, status
from luoshi.supervision.likeness import Clash, clashes, contradict
from luoshi.supervision.models import Conflict, Duty, Event, Target

LIVE = (Duty.Status.CONFIRMED, Duty.Status.PROPOSED)


def detect(by: Actor, keys: set[str] | None = None) -> int:
    """Look for conflicts among the targets of live duties (only indicators in `keys`, when given).

    A settled conflict opens again only when its values have changed. Returns how many are new or opened again.
    """
    rows = Target.objects.filter(duty__status__in=LIVE, value__isnull=False, removed_on=None).select_related("duty")
    if keys is not None:
        rows = rows.filter(indicator_key__in=keys)
    targets = {t.pk: t for t in rows}
    found = clashes(rulings.claim(t) for t in targets.values())
    known = {c.indicator_key: c for c in Conflict.objects.filter(indicator_key__in=[_key(f, targets) for f in found])}
    opened = 0
    with transaction.atomic():
        for clash in found:
            opened += _keep(clash, targets, known.get(_key(clash, targets)), by)
    return opened


def without(target: Target, by: Actor) -> None:
    """A target was removed: what it contradicted is looked at again. Where the rest goes together, the conflict is over
    and no ruling of it holds; where it does not, it waits for a decision again. Inside the act's transaction.
    """
    touched = [c.pk for c in target.conflicts.exclude(state=Conflict.State.OVER)]
    detect(by, {target.indicator_key})
    for found in Conflict.objects.filter(pk__in=touched, members=target):
        members = list(found.members.all())
        found.state, found.chosen, found.keep_all, found.fingerprint = Conflict.State.OVER, None, False, ""
        found.save()
        _refresh({t.duty_id for t in members} - {target.duty_id})
        append(
            "supervision.conflict_over",
            by=by,
            subject=f"conflict:{found.pk}",
            cites=[t.citation for t in members],
            data={"indicator": found.indicator, "removed": target.citation},
        )


def refresh_followers(target: Target) -> None:
    """Recompute the duties judged by `target` since a ruling: it has a new reading. Inside the act's transaction."""
    ruled = Conflict.objects.filter(chosen=target, state=Conflict.State.DECIDED)
    _refresh(set(Duty.objects.filter(targets__conflicts__in=ruled).values_list("pk", flat=True)) - {target.duty_id})


def _refresh(duties: set[int]) -> None:
    rules = rulebook.on()
    for duty in status.whole().select_for_update(of=("self",)).filter(pk__in=duties).order_by("pk"):
        status.refresh(duty, rules)


def _key(clash: Clash, targets: dict[int, Target]) -> str:
    return f"{clash.key}|{targets[clash.members[0]].unit}"[:200]


def _keep(clash: Clash, targets: dict[int, Target], known: Conflict | None, by: Actor) -> int:
    members = [targets[pk] for pk in clash.members]
    mark = sm3(dumps([[t.citation, t.op, t.value, t.due] for t in members]))
    if known is not None and known.fingerprint == mark:
        return 0
    fresh = known or Conflict(indicator_key=_key(clash, targets), found_at=when.now())
    ruled = set(fresh.members.values_list("duty_id", flat=True)) if known and known.chosen_id else set()
    fresh.indicator, fresh.why, fresh.fingerprint = clash.indicator[:200], clash.why, mark
    fresh.state, fresh.chosen, fresh.keep_all, fresh.reason = Conflict.State.OPEN, None, False, ""
    fresh.decided_by_id, fresh.decided_at = None, None
    fresh.save()
    fresh.members.set(members)
    _refresh(ruled)  # the values have changed: the old decision no longer says what they are judged by
    append(
        "supervision.conflict_found",
        by=by,
        subject=f"conflict:{fresh.pk}",
        cites=[t.citation for t in members],
        data={"indicator": fresh.indicator, "why": fresh.why},
    )
    return 1


def _tell_losers(found: Conflict, members: dict[int, Target], chosen: Target, user: Any, entry: Entry) -> None:
    """In the history of every duty whose value cannot stand beside the chosen one: by what it is judged from now on."""
    winner = rulings.claim(chosen)
    lost: dict[int, list[Target]] = {}
    for target in members.values():
        if target.pk != chosen.pk and contradict(rulings.claim(target), winner):
            lost.setdefault(target.duty_id, []).append(target)
    said = f"由裁定改按 {chosen.citation} 的数值判定，原文不改。{found.reason}"
    Event.objects.bulk_create(
        Event(
            duty_id=pk, at=found.decided_at or when.now(), act="ruled", label="裁定", from_state=aims[0].duty.state,
            by=entry.actor, user_id=user.pk, entry=entry.seq,
            data={"conflict": found.pk, "targets": [t.pk for t in aims]},
            words=f"“{'”“'.join(t.indicator for t in aims)}”{said}",
        )
        for pk, aims in sorted(lost.items())
    )  # fmt: skip


def decide(conflict: Conflict, user: Any, *, chosen: int | None, reason: str, via: str = "web") -> Conflict:
    """Settle a conflict: one target counts (`chosen`), or all stay side by side (`chosen` None), always with a reason.

    The sentences stay as they are; the decision says which figure supervision goes by: from now on the values that
    cannot stand beside the chosen one are judged by it, and the lights of their duties follow at once.
    """
    if not reason.strip():
        raise BadInput("裁定须写明理由", field="reason")
    if not user.may("supervision.decide"):
        raise Refused("指标冲突由督查员或区领导裁定")
    with recording():
        found = Conflict.objects.select_for_update().get(pk=conflict.pk)
        if found.state == Conflict.State.OVER:
            raise Refused("其中一个数值已移除，不再冲突")
        if found.state == Conflict.State.DECIDED:
            raise Refused(f"已由 {found.decided_by} 裁定，请刷新后查看")
        members = {t.pk: t for t in found.members.select_related("duty")}
        if chosen is not None and chosen not in members:
            raise BadInput("请选定其中一个指标", field="chosen")
        found.state, found.chosen_id, found.keep_all = Conflict.State.DECIDED, chosen, chosen is None
        found.reason, found.decided_by_id, found.decided_at = reason.strip(), user.pk, when.now()
        found.save()
        entry = append(
            "supervision.conflict_decided",
            by=user.as_actor(via),
            subject=f"conflict:{found.pk}",
            cites=[t.citation for t in members.values()],
            data={
                "indicator": found.indicator,
                "chosen": members[chosen].citation if chosen is not None else "并存",
                "reason": found.reason,
            },
        )
        if chosen is not None:
            _tell_losers(found, members, members[chosen], user, entry)
        _refresh({t.duty_id for t in members.values()})
    conflict.refresh_from_db()
    return found
