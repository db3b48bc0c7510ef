"""Handing outbox rows to their channels: claimed with a lease, tried outside any transaction, then recorded."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from luoshi.kernel import when
from luoshi.notices import channels, engine
from luoshi.notices.models import Attempt, Delivery
from luoshi.notices.proofs import code_of, link_token

log = logging.getLogger("luoshi.notices")
AT_ONCE = 8  # messages in the hands of channels at a time


def deliver_due(now: datetime | None = None, limit: int = 200) -> int:
    """Try what is due; returns how many were handed over. Safe with several workers; a slow gateway holds up only those
    who wait for it.

    A worker killed while a channel had a message in hand leaves it unknown whether it arrived. A message that must be
    confirmed is then not sent again but put on the list to telephone: nobody is told twice by the machine, nobody is
    forgotten. Any other message is sent again.
    """
    moment = when.aware(now) if now else when.now()
    claimed, handed = _claim(moment, limit), 0
    for i in range(0, len(claimed), AT_ONCE):
        ready = [one for one in claimed[i : i + AT_ONCE] if _in_hand(one, moment)]
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            errors = list(pool.map(_try, ready)) if len(ready) > 1 else [_try(one) for one in ready]
        for delivery, error in zip(ready, errors, strict=True):
            _record(delivery, error, moment)
            handed += not error
    return handed


def _claim(now: datetime, limit: int) -> list[Delivery]:
    due = Delivery.objects.filter(next_try_at__lte=now, state__in=("queued", "sending"))
    if not due.exists():
        return []
    with transaction.atomic():
        _unknown(now)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True, of=("self",))
        claimed = list(due.select_related("notice").order_by("next_try_at", "id")[:limit])
        ids = [delivery.pk for delivery in claimed]
        Delivery.objects.filter(pk__in=ids).update(state="sending", next_try_at=now + engine.LEASE, handing_at=None)
    for delivery in claimed:
        delivery.next_try_at = now + engine.LEASE
    return claimed


def _unknown(now: datetime) -> None:
    """Those a killed worker had handed over to a channel, with no word of what became of them."""
    lost = Delivery.objects.filter(next_try_at__lte=now, state="sending", handing_at__isnull=False)
    lost.filter(notice__confirm_minutes__isnull=False).update(
        state="failed", dial=True, next_try_at=None, handing_at=None, error="发送时服务中断，是否送达不明，请电话核实"
    )


def _in_hand(delivery: Delivery, now: datetime) -> bool:
    """Note, before the channel gets it, that it is about to: False when another worker has taken it over."""
    mine = Delivery.objects.filter(pk=delivery.pk, state="sending", next_try_at=delivery.next_try_at)
    lease = max(when.now(), now) + engine.LEASE
    taken = bool(mine.update(handing_at=now, next_try_at=lease))
    delivery.next_try_at = lease
    return taken


def _try(delivery: Delivery) -> str:
    """Empty when handed over, else what went wrong."""
    try:
        channels.SENDERS[delivery.channel](delivery.address, delivery.notice.title, _text(delivery))
    except Exception as error:  # any channel fault is a failed try, never a stopped outbox
        log.warning("delivery %s by %s failed: %s", delivery.pk, delivery.channel, error)
        return str(error)[:1000] or type(error).__name__
    return ""


def _text(delivery: Delivery) -> str:
    notice = delivery.notice
    parts = [notice.body, delivery.own] if delivery.own else [notice.body]
    if notice.cite:
        parts.append(f"依据：{notice.cite}")
    if notice.confirm_minutes is not None:
        parts.append(f"请在 {notice.confirm_minutes} 分钟内确认。电话确认码 {code_of(delivery)}")
        if settings.CSRF_TRUSTED_ORIGINS:  # the public address of this installation, when it has one
            parts.append(f"{settings.CSRF_TRUSTED_ORIGINS[0]}/notices/c/{link_token(delivery)}/")
    return "\n".join(parts)


def _record(delivery: Delivery, error: str, now: datetime) -> None:
    with transaction.atomic():
        Attempt.objects.create(delivery=delivery, channel=delivery.channel, ok=not error, error=error, at=now)
        delivery.attempts += 1
        delivery.error = error
        delivery.handing_at = None
        if not error:
            delivery.state, delivery.sent_at, delivery.next_try_at = "sent", now, None
        else:
            _after_failure(delivery, now)
        # Whoever read or confirmed it on screen meanwhile stays recorded as having done so.
        Delivery.objects.filter(pk=delivery.pk, state="sending").update(
            state=delivery.state,
            sent_at=delivery.sent_at,
            next_try_at=delivery.next_try_at,
            attempts=delivery.attempts,
            error=error,
            step=delivery.step,
            channel=delivery.channel,
            address=delivery.address,
            dial=delivery.dial,
            handing_at=None,
        )


def _after_failure(delivery: Delivery, now: datetime) -> None:
    onward = engine.after_failure(delivery.step, delivery.attempts, delivery.plan)
    if onward is None:
        delivery.state, delivery.next_try_at, delivery.dial = "failed", None, True
        return
    changed = onward[0] != delivery.step
    delivery.step, delivery.attempts = onward
    delivery.channel, delivery.address = delivery.plan[delivery.step]
    delivery.state = "queued"
    delivery.next_try_at = now if changed else now + engine.wait_after(delivery.attempts)
