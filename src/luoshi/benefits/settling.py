"""Answers to what a text leaves open (口径): which are in force on a day, and settling one with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from luoshi.benefits import pack as packs
from luoshi.benefits.models import SettingAnswer
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import dumps, plain, sm3
from luoshi.kernel.errors import BadInput
from luoshi.ledger.actions import append, recording
from luoshi.rules import values


@dataclass(frozen=True, slots=True)
class InForce:
    """A frozen copy: what is given to the engine as settings ({key: {value, status, by, date}}), and its digest."""

    slug: str
    day: date
    given: Mapping[str, Any]
    digest: str

    def value(self, key: str, default: Any = None) -> Any:
        """The answer in force, the pack's default where nobody settled it."""
        if key in self.given:
            return self.given[key]["value"]
        known = packs.read(self.slug).questions.get(key)
        return known.default if known else default


def in_force(slug: str, day: date | None = None) -> InForce:
    """The answers in force on `day` (default today). One query; a later row of the same day replaces an earlier."""
    day = day or when.today()
    rows = SettingAnswer.objects.filter(slug=slug, valid_from__lte=day).order_by("valid_from", "id")
    given = {
        row.key: {"value": row.value, "status": row.state, "by": row.by, "date": row.valid_from.isoformat()}
        for row in rows
    }
    return InForce(slug, day, given, sm3(dumps(given)))


def settle(
    slug: str,
    key: str,
    value: Any,
    *,
    user: Any,
    reason: str,
    state: str = "confirmed",
    valid_from: date | None = None,
    via: str = "web",
) -> SettingAnswer:
    """裁定口径: one answer with its reason. BadInput for an unknown key or a value the rules cannot use.

    What is already approved keeps the answer it was approved under; a screening under way starts again.
    """
    known = packs.read(slug).assembly.scope.settings.get(key)
    if known is None:
        raise BadInput("没有这个口径", field="key")
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    if state not in SettingAnswer.State.values:
        raise BadInput("状态只有暂定、已裁定", field="state")
    values.setting(known, value)  # BadInput when the rules cannot use it
    actor: Actor = user.as_actor(via)
    with recording():
        made = SettingAnswer.objects.create(
            slug=slug,
            key=key,
            value=plain(value),
            state=state,
            valid_from=valid_from or when.today(),
            by=actor.name,
            user_id=actor.user_id,
            reason=reason.strip(),
            at=when.now(),
        )
        append(
            "benefits.settled",
            by=actor,
            subject=f"setting:{slug}/{key}",
            cites=[known.cite] if known.cite else [],
            data={"value": made.value, "state": state, "valid_from": made.valid_from, "reason": made.reason},
        )
    return made
