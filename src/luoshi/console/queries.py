"""What the staff shell reads from the rooms below it."""

from __future__ import annotations

from typing import Any

from luoshi.notices.models import Delivery


def recent_notices(user: Any, limit: int = 6) -> list[Delivery]:
    """The newest messages to `user`, newest first. One query."""
    rows = Delivery.objects.filter(user=user).select_related("notice").order_by("-id")
    return list(rows[:limit])
