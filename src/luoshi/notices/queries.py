"""Reading notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from luoshi.accounts.models import User
from luoshi.notices.models import Delivery, Notice


@dataclass(slots=True)
class Branch:
    """A delivery and those who stand in for it."""

    delivery: Delivery
    stand_ins: list[Branch] = field(default_factory=list)


def mailbox(user: User) -> QuerySet[Delivery]:
    """Everything sent to `user`."""
    return Delivery.objects.filter(user=user).select_related("notice")


def unread(user: User) -> int:
    """How many messages of `user` were never opened. One query."""
    return Delivery.objects.filter(user=user, read_at__isnull=True, confirmed_at__isnull=True).count()


def to_confirm(user: User, limit: int = 50) -> list[Delivery]:
    """Messages `user` still has to confirm, oldest first. One query."""
    waiting = mailbox(user).filter(notice__confirm_minutes__isnull=False, confirmed_at__isnull=True)
    return list(waiting.order_by("id")[:limit])


def tree(notice: Notice) -> list[Branch]:
    """Deliveries with their stand-ins beneath them. Two queries."""
    branches = {d.pk: Branch(d) for d in notice.deliveries.prefetch_related("tries").order_by("id")}
    roots: list[Branch] = []
    for branch in branches.values():
        above = branches.get(branch.delivery.stands_in_for_id or 0)
        (above.stand_ins if above else roots).append(branch)
    return roots


def sent() -> QuerySet[Notice]:
    """Notices with how many recipients they have, and how many confirmed, failed or are to be telephoned."""
    how_many: dict[str, Any] = {
        "recipients": Count("deliveries"),
        "confirmed": Count("deliveries", filter=Q(deliveries__state="confirmed")),
        "failed": Count("deliveries", filter=Q(deliveries__state="failed")),
        "calls": Count("deliveries", filter=Q(deliveries__dial=True)),
    }
    return Notice.objects.annotate(**how_many)


def to_dial() -> QuerySet[Delivery]:
    """Whom no channel reached or who did not confirm: to be telephoned."""
    return Delivery.objects.filter(dial=True).select_related("notice", "person", "body", "user")
