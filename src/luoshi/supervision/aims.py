"""Targets a supervisor adds to a duty, or takes off it again: what the reader of its sentence missed or misread."""

from __future__ import annotations

from typing import Any

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.supervision import conflicts
from luoshi.supervision.actions import lock
from luoshi.supervision.drafting import DraftTarget
from luoshi.supervision.engine import State
from luoshi.supervision.facts import target_words
from luoshi.supervision.models import OPS, Duty, Event, Target
from luoshi.supervision.status import keys_of, recount_of

MOST = 40  # targets of one duty; no sentence has more


def add_target(
    duty: Duty, user: Any, given: DraftTarget, *, reason: str, version: int | None = None, via: str = "web"
) -> Target:
    """添加指标: the duty is judged by it from now on. One transaction, one entry; conflicts are looked for at once.

    BadInput names the field: no indicator, no number where one is needed, a range upside down, a day before the
    document, a target the duty has already. Refused to all but supervisors, and on a duty that is closed.
    """
    if not user.may("supervision.supervise"):
        raise Refused("添加指标由督查员操作")
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    actor = user.as_actor(via)
    with recording():
        found = lock(duty.pk, version)
        if found.state == State.CLOSED or found.status not in (Duty.Status.CONFIRMED, Duty.Status.PROPOSED):
            raise Refused("已销号、已并入和不立项的事项不能添加指标", cite=found.citation)
        aims = list(found.targets.filter(removed_on=None))
        _sound(given, found, aims)
        counted = keys_of(found) if found.status == Duty.Status.CONFIRMED else []
        target = given.row(found, max((t.position for t in aims), default=0) + 1)
        target.added_on = when.today()
        target.save()
        words = f"{target.indicator}：{OPS[target.op]}{_value(given)}。{reason.strip()}"
        data = {
            "indicator": target.indicator,
            "op": target.op,
            "value": given.value,
            "high": given.high,
            "unit": target.unit,
            "due": given.due,
            "awaited_from": target.awaited_from,
            "reason": reason.strip(),
        }
        _keep(found, target, actor, "target_added", "添加指标", words, data)
        conflicts.detect(actor, {target.indicator_key})
        recount_of(found, counted)
    duty.refresh_from_db()
    return target


def remove_target(target: Target, user: Any, *, reason: str, version: int | None = None, via: str = "web") -> Target:
    """移除指标: from today on the duty is not judged by it. It and its readings stay, in the history and `as_of` views.

    Conflicts it stood in are looked at again. Refused to all but supervisors, for a target of a pack (a pack is
    corrected in the pack), a target already removed, and a duty that is closed.
    """
    if not user.may("supervision.supervise"):
        raise Refused("移除指标由督查员操作")
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    actor = user.as_actor(via)
    with recording():
        duty = lock(target.duty_id, version)
        found = Target.objects.select_related("duty").select_for_update(of=("self",)).get(pk=target.pk)
        if found.removed_on:
            raise Refused(f"这个指标已于 {found.removed_on} 移除", cite=found.citation)
        if not found.removable:
            raise Refused("规范包里的指标随规范包更正，不能单独移除", cite=found.citation)
        if duty.state == State.CLOSED:
            raise Refused("已销号的事项不能移除指标", cite=duty.citation)
        counted = keys_of(duty) if duty.status == Duty.Status.CONFIRMED else []
        found.removed_on = when.today()
        found.save(update_fields=["removed_on"])
        words = f"{found.indicator}：{target_words(found)}。{reason.strip()}"
        data = {
            "indicator": found.indicator,
            "op": found.op,
            "value": found.value,
            "due": found.due,
            "readings": found.readings.count(),
            "reason": reason.strip(),
        }
        _keep(duty, found, actor, "target_removed", "移除指标", words, data)
        conflicts.without(found, actor)
        recount_of(duty, counted)
    target.refresh_from_db()
    return target


def _keep(duty: Duty, target: Target, actor: Actor, act: str, label: str, words: str, data: dict[str, Any]) -> None:
    """Into the ledger and the duty's history; the duty moves on."""
    entry = append(
        f"supervision.{act}", by=actor, subject=duty.subject, cites=[target.citation], data={"key": duty.key, **data}
    )
    Event.objects.create(
        duty=duty, at=when.now(), act=act, label=label, from_state=duty.state, by=actor.name, user_id=actor.user_id,
        words=words, data={"target": target.pk}, entry=entry.seq,
    )  # fmt: skip
    duty.version += 1
    duty.save(update_fields=["version"])


def _sound(given: DraftTarget, duty: Duty, aims: list[Target]) -> None:
    if not given.indicator.strip():
        raise BadInput("请填写指标名称", field="indicator")
    if given.op not in OPS:
        raise BadInput("请选择怎样比较", field="op")
    if given.op == "done":
        given.value = given.high = None
    elif given.value is None and not given.awaited_from.strip():
        raise BadInput("请填写数值；上级还没有下达的，写明待哪一级下达", field="value")
    if given.op == "between" and given.value is not None and (given.high is None or given.high <= given.value):
        raise BadInput("区间的上限应大于下限", field="high")
    if given.op != "between" and given.high is not None:
        raise BadInput("只有区间才填上限", field="high")
    if given.due and duty.instrument.date and given.due < duty.instrument.date:
        raise BadInput(f"时限早于文件日期（{duty.instrument.date}）", field="due")
    if len(aims) >= MOST:
        raise Refused(f"一个事项最多 {MOST} 个指标", cite=duty.citation)
    row = given.row(duty, 0)
    if any((t.indicator_key, t.op, t.value, t.due) == (row.indicator_key, row.op, row.value, row.due) for t in aims):
        raise BadInput("本事项已有同样的指标", field="indicator")


def _value(given: DraftTarget) -> str:
    if given.op == "done":
        return ""
    if given.value is None:
        return f"待{given.awaited_from}下达"
    high = f"—{given.high:f}" if given.high is not None else ""
    return f" {given.value:f}{high}{given.unit}"
