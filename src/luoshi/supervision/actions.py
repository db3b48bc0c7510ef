"""What people do to a duty on its way: one function per act, one transaction, one ledger entry, one event.

Every act takes the duty's `version` as the person saw it; who acts on an older one is told so and nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.supervision import course, engine, evidence
from luoshi.supervision.facts import actor_facts, duty_facts
from luoshi.supervision.models import Duty, Event, Evidence
from luoshi.supervision.periods import PERIOD_LABELS
from luoshi.supervision.rulebook import on
from luoshi.supervision.status import keys_of, recount_of


@dataclass(slots=True)
class Asked:
    """What a person hands in with an act."""

    words: str = ""
    body: int | None = None
    despite: str = ""
    progress: int | None = None
    covers_until: date | None = None
    files: Sequence[evidence.Given] = ()
    version: int | None = None
    via: str = "web"
    data: dict[str, Any] = field(default_factory=dict)


def assign(duty: Duty, user: Any, asked: Asked, *, grade: str = "") -> Event:
    """分办: hand the duty to its bodies. `grade` simple|complex sets a 13710 time where the document prints none."""
    if grade not in Duty.Grade.values:
        raise BadInput("办理类别只有一般事项、复杂事项", field="grade")
    asked.data["grade"] = grade
    return _perform(duty, "assign", user, asked)


def receive(duty: Duty, user: Any, asked: Asked) -> Event:
    """签收: a body signs for the duty."""
    return _perform(duty, "receive", user, asked)


def feedback(duty: Duty, user: Any, asked: Asked) -> Event:
    """反馈: progress in words, with percent, the period it covers, and files."""
    if asked.progress is not None and not 0 <= asked.progress <= 100:
        raise BadInput("进度应在 0 到 100 之间", field="progress")
    if asked.covers_until and asked.covers_until > when.today():
        raise BadInput("反馈期不能晚于今天", field="covers_until")
    return _perform(duty, "feedback", user, asked)


def feedback_for(duty: Duty, user: Any, asked: Asked) -> Event:
    """反馈 that a supervisor enters on behalf of a body that sent it on paper or in a workbook."""
    asked.data["on_behalf"] = True
    return _perform(duty, "feedback_for", user, asked)


def return_feedback(duty: Duty, user: Any, asked: Asked) -> Event:
    """退回反馈: the last feedback does not do; its period counts as not reported."""
    return _perform(duty, "return_feedback", user, asked)


def request_completion(duty: Duty, user: Any, asked: Asked) -> Event:
    """申请办结: a lead body says that it is done."""
    return _perform(duty, "request_completion", user, asked)


def withdraw(duty: Duty, user: Any, asked: Asked) -> Event:
    """撤回申请."""
    return _perform(duty, "withdraw", user, asked)


def verify(duty: Duty, user: Any, asked: Asked) -> Event:
    """开始核验: a supervisor who is neither the doer nor of a doing body takes it up."""
    return _perform(duty, "verify", user, asked)


def send_back(duty: Duty, user: Any, asked: Asked) -> Event:
    """退回: the completion is not accepted."""
    return _perform(duty, "return", user, asked)


def accept(duty: Duty, user: Any, asked: Asked) -> Event:
    """核验通过: the duty is closed (销号), or its stage result accepted when it goes on."""
    return _perform(duty, "accept", user, asked)


def suspend(duty: Duty, user: Any, asked: Asked) -> Event:
    """中止: the clocks stand still."""
    return _perform(duty, "suspend", user, asked)


def resume(duty: Duty, user: Any, asked: Asked) -> Event:
    """恢复: back to where it was, with the time that was left."""
    return _perform(duty, "resume", user, asked)


def reopen(duty: Duty, user: Any, asked: Asked) -> Event:
    """撤销销号: it was closed wrongly."""
    return _perform(duty, "reopen", user, asked)


def urge(duty: Duty, user: Any, asked: Asked) -> Event:
    """催办: a reminder to its bodies, kept in the history."""
    return _perform(duty, "urge", user, asked)


def extend(duty: Duty, user: Any, asked: Asked, *, deadline: date) -> Event:
    """延期: another deadline, with a reason; the printed one stays visible."""
    if duty.deadline and deadline == duty.deadline:
        raise BadInput("新期限与现在的期限相同", field="deadline")
    asked.data["deadline"] = deadline.isoformat()
    return _perform(duty, "extend", user, asked)


def set_period(duty: Duty, user: Any, asked: Asked, *, period: str) -> Event:
    """更正报送周期 of a duty that goes on."""
    if period not in PERIOD_LABELS:
        raise BadInput("报送周期只有每月、每季度、每半年、每年", field="period")
    asked.data["period"] = period
    return _perform(duty, "correct", user, asked)


ACTIONS = {
    "receive": receive,
    "feedback": feedback,
    "return_feedback": return_feedback,
    "request_completion": request_completion,
    "withdraw": withdraw,
    "verify": verify,
    "return": send_back,
    "accept": accept,
    "suspend": suspend,
    "resume": resume,
    "reopen": reopen,
    "urge": urge,
}
"""Acts that need nothing beyond `Asked`; assign, extend and set_period have their own arguments."""


def _perform(duty: Duty, code: str, user: Any, asked: Asked) -> Event:
    act = engine.ACTS[code]
    kept = evidence.store(asked.files) if asked.files else []
    actor: Actor = user.as_actor(asked.via)
    with recording():
        locked = lock(duty.pk, asked.version)
        rules = on()
        facts = duty_facts(locked, rules if code == "accept" else None)
        if kept:
            facts = _with_evidence(facts, len(kept))
        who = actor_facts(user, locked)
        why_not = engine.refusal(facts, who, engine.Wish(code, asked.words, asked.body, asked.despite))
        if why_not:
            raise Refused(why_not, cite=locked.citation)
        counted = keys_of(locked)
        event = _event(locked, act, actor, user, asked, facts, who)
        _keep(event, kept, user)
        course.follow(locked, event, rules, actor)
        _seal(locked, event, actor, asked, [k.sm3 for k in kept])
        locked.version += 1
        locked.save()
        recount_of(locked, counted, rules)
    duty.refresh_from_db()
    return event


def lock(pk: int, version: int | None) -> Duty:
    """The duty, locked for this transaction. Refused when somebody else acted since the person looked."""
    duty = Duty.objects.select_for_update(of=("self",)).select_related("instrument").get(pk=pk)
    if version is not None and version != duty.version:
        last = duty.events.order_by("-at", "-id").first()
        done = f"{last.by} 于 {when.aware(last.at):%H:%M} 已“{last.label}”" if last else "已被他人更改"
        raise Refused(f"本事项刚刚有变化：{done}。请看过最新情况再办", cite=duty.citation)
    return duty


def _with_evidence(facts: engine.DutyFacts, more: int) -> engine.DutyFacts:
    from dataclasses import replace

    return replace(facts, evidence=facts.evidence + more)


def _event(
    duty: Duty,
    act: engine.Act,
    actor: Actor,
    user: Any,
    asked: Asked,
    facts: engine.DutyFacts,
    who: engine.ActorFacts,
) -> Event:
    after = engine.after(facts, act.code)
    body = asked.body or _acting_body(act, facts, who)
    words = asked.words.strip()
    if asked.despite.strip():
        words = f"{words}（仍予通过的理由：{asked.despite.strip()}）"
    event = Event(
        duty=duty,
        at=when.now(),
        act=act.code,
        label=act.label,
        from_state=duty.state,
        to_state=after,
        by=actor.name,
        user_id=user.pk,
        body_id=body,
        words=words,
        progress=asked.progress,
        covers_until=asked.covers_until or (when.today() if act.code in course.FEEDBACK else None),
        data=asked.data,
    )
    event.save()
    return event


def _acting_body(act: engine.Act, facts: engine.DutyFacts, who: engine.ActorFacts) -> int | None:
    """The body a person acts for when only one is possible; supervisors act for none."""
    if act.who not in (engine.Who.BODY, engine.Who.LEAD):
        return None
    mine = who.handles & (facts.leads if act.who is engine.Who.LEAD else facts.bodies)
    if act.code == "receive":
        mine = (mine - facts.received) or mine
    if act.code == "feedback":
        mine = (mine & facts.received) or mine
    if len(mine) > 1:
        raise BadInput("您代表本事项的不止一个责任单位，请选定是为哪个单位办理", field="body")
    return next(iter(mine), None)


def _keep(event: Event, kept: Iterable[evidence.Stored], user: Any) -> None:
    Evidence.objects.bulk_create(
        Evidence(
            duty_id=event.duty_id,
            event=event,
            name=k.name,
            size=k.size,
            sm3=k.sm3,
            media_type=k.media_type,
            added_by_id=user.pk,
            added_at=event.at,
        )
        for k in kept
    )


def _seal(duty: Duty, event: Event, actor: Actor, asked: Asked, files: list[str]) -> None:
    entry = append(
        f"supervision.{event.act}",
        by=actor,
        subject=duty.subject,
        cites=[duty.citation],
        data={
            "key": duty.key,
            "from": event.from_state,
            "to": event.to_state,
            "words": event.words,
            "body": event.body_id,
            "progress": event.progress,
            "covers_until": event.covers_until,
            "files": files,
            **asked.data,
        },
    )
    event.entry = entry.seq
    event.save(update_fields=["entry"])
