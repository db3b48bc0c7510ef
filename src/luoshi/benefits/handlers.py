"""What a clock of this room does when it breaks, and what is done every day without anybody looking."""

from __future__ import annotations

from datetime import datetime

from luoshi.benefits import opening, rulebook, telling
from luoshi.benefits.models import Claim, Objection, Recovery
from luoshi.benefits.standing import keep
from luoshi.clocks.models import Clock
from luoshi.clocks.registry import on
from luoshi.clocks.ticking import CLOCKWORK


def register() -> None:
    """Importing this module registers the handlers; the call keeps linters and readers honest."""


@on(opening.CONFIRM, "break")
def not_confirmed(clock: Clock, moment: datetime) -> None:
    """No account yet: the subject is reminded, a few times; then the office is told to telephone."""
    claim = _locked(clock)
    if claim is None or claim.state not in ("found", "notified"):
        return
    rules, turn = rulebook.on(), int(clock.data.get("round", 1))
    if turn <= rules.reminders:
        told = telling.to_subject("remind", claim)
        keep(claim, "remind", CLOCKWORK, label="提醒确认账户", words=f"第 {turn} 次，{told} 个账号", version=False)
        opening.start(opening.CONFIRM, claim, "确认账户", CLOCKWORK, max(rules.confirm_days, 1), {"round": turn + 1})
    else:
        telling.to_staff("unconfirmed", claim)
        keep(claim, "remind", CLOCKWORK, label="多次未确认", words="已告知经办人电话联系", version=False)


@on(opening.PUBLICATION, "break")
def publication_over(clock: Clock, moment: datetime) -> None:
    """The objection window has closed: whoever approves is told what stands in the way, if anything."""
    claim = _locked(clock)
    if claim is None or claim.state != "published":
        return
    open_ = claim.objections.filter(state="open", recovery=None).count()
    words = f"有 {open_} 件异议尚未答复。" if open_ else "没有未答复的异议，可以批准。"
    keep(claim, "publication_over", CLOCKWORK, label="公示期满", words=words, version=False)
    telling.to_staff("publication_over", claim, words)


@on(opening.ANSWER, "break")
def not_answered(clock: Clock, moment: datetime) -> None:
    """An objection was not answered in time: the chief is told."""
    claim = _locked(clock)
    row = Objection.objects.filter(pk=clock.data.get("objection"), state="open").first()
    if claim is None or row is None:
        return
    telling.send("objection_late", telling.chiefs() or telling.staff(), claim, f"{row.by}：{row.words[:200]}")
    keep(claim, "answer_late", CLOCKWORK, label="异议逾期未答复", words=row.words[:200], version=False)


@on(opening.RECOVERY, "break")
def recovery_window_over(clock: Clock, moment: datetime) -> None:
    """The time to object to a recovery is over: it may be decided."""
    claim = _locked(clock)
    row = Recovery.objects.filter(pk=clock.data.get("recovery"), state="notified").first()
    if claim is None or row is None:
        return
    keep(claim, "recovery_window_over", CLOCKWORK, label="追回异议期满", words="可以决定是否追回", version=False)
    telling.to_staff("publication_over", claim, "追回的异议期已满，可以决定。")


def _locked(clock: Clock) -> Claim | None:
    return (
        Claim.objects.select_for_update(of=("self",))
        .select_related("subject", "payee", "matter")
        .filter(pk=clock.data.get("claim"))
        .first()
    )
