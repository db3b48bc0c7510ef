"""Measured values of targets, and values another level was to give: entered, verified, never overwritten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.supervision import actions, conflicts, status
from luoshi.supervision.engine import State
from luoshi.supervision.models import Duty, Reading, Target

LARGEST = Decimal(10) ** 17
SMALLEST_STEP = 6  # decimals kept


@dataclass(frozen=True, slots=True)
class Measured:
    """What a person reports of a target: value, the period it is for, where it comes from."""

    value: Decimal
    period_end: date
    source: str
    document: str = ""
    period_start: date | None = None
    reference: Decimal | None = None
    note: str = ""


def number(text: Any, *, field: str = "value") -> Decimal:
    """An exact number from what people type: full-width digits, thousands separators, a percent sign."""
    import unicodedata

    flat = unicodedata.normalize("NFKC", str(text)).replace(",", "").replace(" ", "").rstrip("%").strip()
    try:
        value = Decimal(flat)
    except InvalidOperation:
        raise BadInput(f"“{text}”不是数字", field=field) from None
    if not value.is_finite() or abs(value) >= LARGEST:
        raise BadInput(f"“{text}”不是可用的数字", field=field)
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > SMALLEST_STEP:
        raise BadInput(f"最多 {SMALLEST_STEP} 位小数", field=field)
    return value


def enter(target: Target, user: Any, given: Measured, *, via: str = "web", demo: bool = False) -> Reading:
    """Enter a measured value: a supervisor for any target, a handler or chief for those of their bodies' duties."""
    _usable(given)
    with recording():
        duty = actions.lock(target.duty_id, None)
        if Target.objects.filter(pk=target.pk, removed_on__isnull=False).exists():
            raise Refused("这个指标已移除，不再录入读数", cite=target.citation)
        _may_measure(user, duty)
        counted = status.keys_of(duty)
        reading = Reading.objects.create(
            target=target,
            value=given.value,
            reference=given.reference,
            period_start=given.period_start,
            period_end=given.period_end,
            source=given.source.strip()[:200],
            document=given.document.strip()[:200],
            note=given.note.strip(),
            entered_by_id=user.pk,
            entered_at=when.now(),
            demo=demo,
        )
        status.recount_of(duty, counted)
        conflicts.refresh_followers(target)
        append(
            "supervision.measured",
            by=user.as_actor(via),
            subject=duty.subject,
            cites=[target.citation],
            data={
                "indicator": target.indicator,
                "value": given.value,
                "period_end": given.period_end,
                "source": given.source,
                "document": given.document,
            },
        )
    return reading


def verify(reading: Reading, user: Any, *, via: str = "web") -> Reading:
    """Confirm a reading against its source: by a supervisor other than the person who entered it."""
    if not user.may("supervision.supervise"):
        raise Refused("读数由督查员核实")
    with recording():
        found = Reading.objects.select_for_update(of=("self",)).select_related("target__duty").get(pk=reading.pk)
        if found.verified_at is not None:
            raise Refused("这条读数已经核实")
        if found.entered_by_id == user.pk:
            raise Refused("录入人不能核实自己录入的读数")
        found.verified_by_id, found.verified_at = user.pk, when.now()
        found.save(update_fields=["verified_by", "verified_at"])
        append(
            "supervision.reading_verified",
            by=user.as_actor(via),
            subject=found.target.duty.subject,
            cites=[found.target.citation],
            data={"indicator": found.target.indicator, "value": found.value, "period_end": found.period_end},
        )
    return found


def set_value(
    target: Target, user: Any, *, value: Decimal, source: str, on: date | None = None, via: str = "web"
) -> None:
    """Fill a slot that waited for another level's figure (待下达), with the paper that gives it."""
    if not source.strip():
        raise BadInput("须写明下达文件", field="source")
    if not user.may("supervision.supervise"):
        raise Refused("下达的数值由督查员录入")
    with recording():
        duty = actions.lock(target.duty_id, None)
        found = Target.objects.select_for_update().get(pk=target.pk)
        if found.removed_on:
            raise Refused("这个指标已移除", cite=found.citation)
        if not found.awaited_from:
            raise Refused("这个指标的数值由文件写定，不是待下达", cite=found.citation)
        counted = status.keys_of(duty)
        before = found.value
        found.value, found.value_source, found.value_set_on = value, source.strip()[:400], on or when.today()
        found.save(update_fields=["value", "value_source", "value_set_on"])
        status.recount_of(duty, counted)
        append(
            "supervision.value_set",
            by=user.as_actor(via),
            subject=duty.subject,
            cites=[found.citation],
            data={"indicator": found.indicator, "value": value, "before": before, "source": source.strip()},
        )
        conflicts.detect(user.as_actor(via), {found.indicator_key})
    target.refresh_from_db()


def _usable(given: Measured) -> None:
    if not given.source.strip():
        raise BadInput("须写明数据来源", field="source")
    if given.period_end > when.today():
        raise BadInput("期末不能晚于今天", field="period_end")
    if given.period_start and given.period_start > given.period_end:
        raise BadInput("期初晚于期末", field="period_start")


def _may_measure(user: Any, duty: Duty) -> None:
    if duty.status != Duty.Status.CONFIRMED:
        raise Refused("事项还没有立项", cite=duty.citation)
    if duty.state == State.CLOSED and not user.may("supervision.supervise"):
        raise Refused("事项已销号，只有督查员可以补录读数", cite=duty.citation)
    if user.may("supervision.supervise"):
        return
    bodies = [b.body_id for b in duty.bodies.all() if b.body_id]
    if not any(user.may("supervision.measure", body=b) for b in bodies):
        raise Refused("读数由责任单位或督查员录入", cite=duty.citation)
