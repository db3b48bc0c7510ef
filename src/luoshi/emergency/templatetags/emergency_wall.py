"""Times as a wall shows them: what is left, what has gone by. The screen's script goes on from there by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from luoshi.kernel import when

register = template.Library()


@register.filter
def clocktime(moment: datetime | None) -> str:
    """`03:07`, with the day when it is not today's."""
    if moment is None:
        return "—"
    local = when.aware(moment)
    return f"{local:%H:%M}" if local.date() == when.today() else f"{local:%m-%d %H:%M}"


@register.filter
def gone(since: datetime | None, now: datetime) -> str:
    """How long since `since`: `12:05`, `3:12:05`."""
    return "—" if since is None else _span(int((now - since).total_seconds()))


@register.filter
def remaining(clock: Any, now: datetime) -> str:
    """What a clock shows: time left, or how late; a measured one shows what has gone by."""
    if clock.due is None:
        return gone(clock.started, now)
    left = int((clock.due - now).total_seconds())
    if clock.state == "done":
        return "已办"
    return _span(left) if left >= 0 else f"超时 {_span(-left)}"


def _span(seconds: int) -> str:
    seconds = max(0, seconds)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes:02d}:{seconds % 60:02d}"
