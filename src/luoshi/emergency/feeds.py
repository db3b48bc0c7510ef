"""接入渠道: the monitoring systems that may report, each with a key of its own that opens nothing else."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import F
from django.http import HttpRequest
from ninja.security import HttpBearer

from luoshi.directory.models import Body
from luoshi.emergency import flood, intake, intake_alertmanager, intake_cap, tuning
from luoshi.emergency.models import Feed
from luoshi.kernel import when
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger

MARK = "lf_"
LARGEST = 8 * 1024 * 1024  # bytes of one webhook call; 10,000 alerts are about 5 MB
FRESH = 5  # seconds
SHOWN = 11  # characters of a key that may be shown


class FeedKey(HttpBearer):
    """`Authorization: Bearer lf_…`: a monitoring system and nothing else. `request.auth` is the feed."""

    def authenticate(self, request: HttpRequest, token: str) -> Feed | None:
        return _holder(sm3(token)) if token.startswith(MARK) else None


_holders: dict[str, tuple[float, Feed]] = {}


def _holder(digest: str) -> Feed | None:
    """Whose key this is, as read within the last seconds. Whether it was stopped since is asked when a call is kept."""
    at, found = _holders.get(digest, (0.0, None))
    if found is not None and time.monotonic() - at < FRESH:
        return found
    _holders.pop(digest, None)
    row = Feed.objects.filter(digest=digest, revoked_at__isnull=True).select_related("body").first()
    if row is not None:
        _holders[digest] = time.monotonic(), row
    return row


def open_feed(name: str, user: Any, *, body: Body | None = None, exercise: bool = False) -> tuple[Feed, str]:
    """Let a system report. The key is returned once and never shown again."""
    name = name.strip()
    if not name:
        raise BadInput("请写明系统名称", field="name")
    if Feed.objects.filter(name=name).exists():
        raise BadInput("已有同名的系统", field="name")
    key = MARK + secrets.token_urlsafe(32)
    with ledger.recording():
        made = Feed.objects.create(
            name=name[:80], body=body, exercise=exercise, prefix=key[:SHOWN], digest=sm3(key), created_by=str(user)
        )
        data = {"name": made.name, "body": body.name if body else "", "exercise": exercise, "prefix": made.prefix}
        ledger.append("emergency.feed_opened", by=user.as_actor(), subject=f"feed:{made.pk}", data=data)
    return made, key


def close_feed(feed: Feed, reason: str, user: Any) -> None:
    """停用: its key no longer opens anything; what it reported stays."""
    if not reason.strip():
        raise BadInput("请写明停用理由", field="reason")
    with ledger.recording():
        row = Feed.objects.select_for_update().get(pk=feed.pk)
        if row.revoked_at is not None:
            raise Refused("这个系统已经停用")
        row.revoked_at = when.now()
        row.save(update_fields=["revoked_at"])
        data = {"name": row.name, "reason": reason.strip()}
        ledger.append("emergency.feed_closed", by=user.as_actor(), subject=f"feed:{row.pk}", data=data)


def alertmanager(feed: Feed, body: bytes) -> tuple[intake.Taken, int]:
    """Take a webhook call; also how many alerts the sender itself left out. Answered only when stored."""
    told = _read(feed, lambda: intake_alertmanager.message(body))
    return flood.take(feed, flood.ALERTS, body, len(told.alerts), told.heard), told.truncated


def cap(feed: Feed, body: bytes) -> intake.Taken:
    """Take a CAP 1.2 message."""
    told = _read(feed, lambda: intake_cap.read(body))
    return flood.take(feed, flood.CAP, body, 1, lambda: [told])


T = TypeVar("T")


def _read(feed: Feed, reader: Callable[[], T]) -> T:
    """What is turned away is counted with its reason: an officer sees that a system sends what nobody can read."""
    try:
        return reader()
    except BadInput as error:
        refused(feed, str(error))
        raise


def refused(feed: Feed, why: str) -> None:
    now = when.now()
    Feed.objects.filter(pk=feed.pk).update(refused=F("refused") + 1, last_error=why[:300], last_error_at=now)


class Meter:
    """Calls of each feed in this process during the running minute."""

    def __init__(self) -> None:
        self._lock, self._minute = threading.Lock(), 0
        self._counts: dict[int, int] = {}

    def allows(self, feed: Feed, most: int) -> bool:
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts[feed.pk] = self._counts.get(feed.pk, 0) + 1
        return count <= most


_meter, _known = Meter(), {"at": 0.0, "most": 20_000.0}


def allows(feed: Feed) -> bool:
    """Whether this call is within the feed's bound (a setting, read every ten seconds)."""
    if time.monotonic() - _known["at"] > 10 or not _known["at"]:
        _known["at"], _known["most"] = time.monotonic(), tuning.on().feed_per_minute
    return _meter.allows(feed, int(_known["most"]))
