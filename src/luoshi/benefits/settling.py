"""Answers to what a text leaves open (口径): which are in force, and settling one: two persons, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from luoshi.benefits import pack as packs
from luoshi.benefits.models import SettingAnswer
from luoshi.benefits.standing import must
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import dumps, plain, sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.rules import values
from luoshi.rules.tree import Setting


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
    rows = rows.exclude(state__in=(SettingAnswer.State.PROPOSED, SettingAnswer.State.REJECTED))
    given = {
        row.key: {"value": row.value, "status": row.state, "by": row.by, "date": row.valid_from.isoformat()}
        for row in rows
    }
    return InForce(slug, day, given, sm3(dumps(given)))


def propose(
    slug: str, key: str, value: Any, *, user: Any, reason: str, valid_from: date | None = None, via: str = "web"
) -> SettingAnswer:
    """提出口径: an answer with its reason, which decides nothing until another person confirms it (`judge`).

    BadInput for an unknown key or a value the rules cannot use; Refused without the permission 确定文件留白的口径.
    """
    known = _known(slug, key, user)
    values.setting(known, value)  # BadInput when the rules cannot use it
    with recording():
        start = valid_from or when.today()
        return _write(slug, known, plain(value), SettingAnswer.State.PROPOSED, start, user.as_actor(via), reason)


def _known(slug: str, key: str, user: Any) -> Setting:
    must(user, "benefits.settle")
    known = packs.read(slug).assembly.scope.settings.get(key)
    if known is None:
        raise BadInput("没有这个口径", field="key")
    return known


def _write(
    slug: str, known: Setting, value: Any, state: str, valid_from: date, actor: Actor, reason: str
) -> SettingAnswer:
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    made = SettingAnswer.objects.create(
        slug=slug,
        key=known.key,
        value=value,
        state=state,
        valid_from=valid_from,
        by=actor.name,
        user_id=actor.user_id,
        reason=reason.strip(),
        at=when.now(),
    )
    append(
        "benefits.settled",
        by=actor,
        subject=f"setting:{slug}/{known.key}",
        cites=[known.cite] if known.cite else [],
        data={"value": made.value, "state": state, "valid_from": made.valid_from, "reason": made.reason},
    )
    return made


def open_proposal(slug: str, key: str) -> SettingAnswer | None:
    """The answer that waits for a second person: the newest row, when it is a proposal."""
    newest = SettingAnswer.objects.filter(slug=slug, key=key).order_by("-id").first()
    return newest if newest is not None and newest.state == SettingAnswer.State.PROPOSED else None


def judge(proposal: SettingAnswer, user: Any, *, agreed: bool, reason: str, via: str = "web") -> SettingAnswer:
    """确认口径 by another person than the one who proposed it: a new row, in force from then on, or a refusal.

    No other way puts an answer in force. What is already approved keeps the answer it was approved under; a
    screening under way starts again.
    """
    known = _known(proposal.slug, proposal.key, user)
    with recording():  # two who answer one proposal queue here; the second finds it answered
        newest = open_proposal(proposal.slug, proposal.key)
        if newest is None or newest.pk != proposal.pk:
            raise Refused("这个答案已经处理过，请看最新情况")
        if agreed and user.pk == newest.user_id:
            raise Refused("提出和确认不能是同一人（两人负责）")
        if agreed:
            values.setting(known, newest.value)  # the pack may have changed since
        state = SettingAnswer.State.CONFIRMED if agreed else SettingAnswer.State.REJECTED
        start = max(newest.valid_from, when.today())
        return _write(newest.slug, known, newest.value, state, start, user.as_actor(via), reason)
