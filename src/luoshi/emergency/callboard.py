"""Who was called, how far the message got, who has answered: the tree of a screen, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from luoshi.emergency.models import CallNode, CallOut, Incident
from luoshi.kernel import when
from luoshi.notices.models import Delivery


@dataclass(slots=True)
class Hand:
    """One person the message went to, and who stands in for them."""

    delivery: Delivery
    stand_ins: list[Delivery] = field(default_factory=list)


@dataclass(slots=True)
class Unit:
    """One addressee: its roles and everybody it is reached through."""

    name: str
    roles: list[dict[str, Any]]
    note: str
    merged: bool = False
    over: bool = False  # what it was called for has ended
    hands: list[Hand] = field(default_factory=list)

    @property
    def groups(self) -> list[str]:
        return list(dict.fromkeys(group for role in self.roles for group in role.get("groups", [])))

    @property
    def cites(self) -> list[str]:
        return list(dict.fromkeys(role["cite"] for role in self.roles))

    @property
    def ours(self) -> bool:
        """Whether it is told for a reading's sake alone."""
        return all(role.get("source") == "reading" for role in self.roles)

    def every(self) -> list[Delivery]:
        return [one for hand in self.hands for one in (hand.delivery, *hand.stand_ins)]

    @property
    def answered(self) -> Delivery | None:
        return next((one for one in self.every() if one.confirmed_at), None)

    @property
    def dial(self) -> bool:
        """Nothing but a telephone will do."""
        if self.answered or self.over:
            return False
        every = self.every()
        return not every or any(one.dial for one in every)

    @property
    def state(self) -> tuple[str, str]:
        """How it stands, as (kind, words)."""
        if (one := self.answered) is not None:
            return "ok", f"{when.aware(one.confirmed_at):%H:%M} 已确认" if one.confirmed_at else "已确认"
        if self.dial:
            return "late", "须电话通知"
        if self.over:
            return "plain", "已结束，未确认"
        reached = any(one.sent_at or one.read_at for one in self.every())
        return ("warn", "已送达，未确认") if reached else ("info", "正在发送")


@dataclass(slots=True)
class Call:
    """One call-out with its addressees, those who have not answered first."""

    row: CallOut
    units: list[Unit]

    @property
    def answered(self) -> int:
        return sum(1 for unit in self.units if unit.answered)

    @property
    def dial(self) -> list[Unit]:
        return [unit for unit in self.units if unit.dial]

    @property
    def since(self) -> datetime:
        return when.aware(self.row.at)


def of(incident: Incident) -> list[Call]:
    """Every call-out of an incident, the newest first. Four queries."""
    stand_ins: Prefetch[Any] = Prefetch("stand_ins", Delivery.objects.order_by("pk"))
    hands = Delivery.objects.select_related("notice", "person", "user").prefetch_related(stand_ins)
    nodes = CallNode.objects.select_related("body", "person").prefetch_related(Prefetch("delivery", hands))
    rows = CallOut.objects.filter(incident=incident).select_related("case", "notice", "response", "warning")
    return [Call(row, _units(row)) for row in rows.prefetch_related(Prefetch("nodes", nodes)).order_by("-pk")]


def _over(row: CallOut) -> bool:
    if row.response is not None:
        return row.response.state in ("ended", "dropped", "changed")
    return row.warning is not None and row.warning.state in ("lifted", "adjusted")


def _units(row: CallOut) -> list[Unit]:
    found: dict[str, Unit] = {}
    over = _over(row)
    for node in row.nodes.all():
        unit = found.setdefault(node.printed, Unit(node.printed, node.roles, node.note, node.state == "merged", over))
        if node.delivery is not None and node.delivery.stands_in_for_id is None:
            unit.hands.append(Hand(node.delivery, list(node.delivery.stand_ins.all())))
    return sorted(found.values(), key=lambda unit: (unit.answered is not None, not unit.dial))
