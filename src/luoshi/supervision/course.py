"""What an act changes on the duty and on its clocks, inside the act's transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta

from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.supervision import telling
from luoshi.supervision.engine import State
from luoshi.supervision.models import Duty, DutyBody, Event
from luoshi.supervision.periods import following, period_of
from luoshi.supervision.rulebook import PRACTICE, Rules, on
from luoshi.supervision.status import add

RECEIPT = "supervision.receipt"
FIRST = "supervision.first_feedback"
DEADLINE = "supervision.deadline"
REPORT = "supervision.report"
VERIFY = "supervision.verify"
TO_LEADER = "supervision.to_leader"
CHASE = "supervision.chase"
KINDS = (RECEIPT, FIRST, DEADLINE, REPORT, VERIFY, TO_LEADER, CHASE)
CITE_13710 = "13710"
FEEDBACK = ("feedback", "feedback_for")
Follow = Callable[[Duty, Event, Rules, Actor], None]


def follow(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    """Apply one event to its duty: state, dates, clocks, and who is told."""
    step = _STEPS.get(event.act)
    if step:
        step(duty, event, rules, actor)
    duty.state = event.to_state or duty.state


def _assign(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    duty.assigned_on = when.today()
    duty.grade = event.data.get("grade", "")
    if duty.deadline is None and not duty.continuous and duty.grade:
        days = rules.simple_days if duty.grade == Duty.Grade.SIMPLE else rules.complex_days
        duty.deadline = when.today() + timedelta(days=days)
        duty.deadline_note = f"文中没有写期限；按{PRACTICE}定为 {days} 日"
        event.data["deadline"] = duty.deadline.isoformat()
        event.save(update_fields=["data"])
    for row in _accountable(duty):
        begin(RECEIPT, duty, f"签收：{row.printed}", actor, working_days=rules.receipt_days, data={"body": row.body_id})
    begin(FIRST, duty, "首次反馈", actor, working_days=rules.feedback_days)
    _start_deadline(duty, rules, actor)
    if duty.continuous:
        start_report(duty, rules, actor)
    telling.assigned(duty)


def _accountable(duty: Duty) -> list[DutyBody]:
    """Lead bodies that are one organisation: a collective (各镇街道) has nobody who could sign."""
    rows = duty.bodies.filter(role=DutyBody.Role.LEAD, body__isnull=False).select_related("body")
    return [row for row in rows if row.body is not None and not row.body.collective]


def _receive(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    rows = duty.bodies.filter(body=event.body, received_at__isnull=True)
    rows.update(received_at=event.at, received_by=event.user_id)
    late = _finish(duty, RECEIPT, actor, body=event.body_id)
    answer(duty, f"receipt:{event.body_id}")
    if late is not None:
        _count(event, ["receipt_late" if late else "receipt_ok"])


def _feedback(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    duty.progress = event.progress if event.progress is not None else duty.progress
    duty.returned = False
    late = _finish(duty, FIRST, actor)
    late_report = None
    if duty.continuous and event.covers_until:
        duty.reported_until = max(duty.reported_until or event.covers_until, event.covers_until)
        late_report = _finish(duty, REPORT, actor, covers=event.covers_until)
        start_report(duty, rules, actor)
    answer(duty, "first_feedback", "report")
    _count(event, ["report_late" if outcome else "report_ok" for outcome in (late, late_report) if outcome is not None])


OUTCOMES = "outcomes"  # in an event's data: what the scoreboard counted for it, so that a past day can be counted again


def _count(event: Event, outcomes: list[str]) -> None:
    """What was done in time or late counts for the acting body, and stays with the event."""
    if not event.body_id or not outcomes:
        return
    for name in outcomes:
        add("body", str(event.body_id), name, 1)
    event.data = {**event.data, OUTCOMES: outcomes}
    event.save(update_fields=["data"])


def _return_feedback(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    last = duty.events.filter(act__in=FEEDBACK, returned=False).order_by("-at", "-id").first()
    duty.returned = True
    if last is not None:
        Event.objects.filter(pk=last.pk).update(returned=True)
        earlier = duty.events.filter(act__in=FEEDBACK, returned=False).order_by("-covers_until").first()
        duty.reported_until = earlier.covers_until if earlier else None
        event.data["returned"] = last.pk
        event.save(update_fields=["data"])
    telling.to_bodies("feedback_returned", duty, only=last.body_id if last else None, 说明=event.words)


def _request(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    begin(VERIFY, duty, "核验", actor, working_days=rules.verify_days)
    telling.to_supervisors("completion_requested", duty, 说明=event.words)


def _stop_verifying(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    _finish(duty, VERIFY, actor)
    answer(duty, "verify")
    if event.act == "return":
        telling.to_bodies("completion_returned", duty, 说明=event.words)


def _accept(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    _finish(duty, VERIFY, actor)
    _finish(duty, DEADLINE, actor)
    duty.broken, duty.escalated = [], 0
    for kind in (TO_LEADER, CHASE, FIRST, RECEIPT):
        _cancel(duty, kind, "已核验通过", actor)
    if event.to_state == State.CLOSED:
        _cancel(duty, REPORT, "已销号", actor)
        duty.closed_on, duty.progress = when.today(), 100
    else:
        duty.stage_done_on = when.today()
    telling.to_bodies("accepted" if event.to_state == State.CLOSED else "stage_accepted", duty, 说明=event.words)


def _suspend(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    duty.resume_to = duty.state
    for clock in running(duty):
        if clock.due_at >= when.now():
            clocks.suspend(clock, event.words, actor)


def _resume(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    duty.resume_to = ""
    for clock in Clock.objects.filter(subject=duty.subject, state="suspended"):
        clocks.resume(clock, actor)


def _reopen(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    duty.closed_on = None
    _start_deadline(duty, rules, actor)


def _extend(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    duty.deadline = date.fromisoformat(event.data["deadline"])
    answer(duty, "deadline")
    for kind in (DEADLINE, TO_LEADER, CHASE):
        _cancel(duty, kind, "已延期", actor)
    if duty.assigned_on:
        _start_deadline(duty, rules, actor)
    telling.to_bodies("extended", duty, 说明=event.words)


def _correct(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    if event.data.get("period"):
        duty.period = event.data["period"]
        _cancel(duty, REPORT, "报送周期更正", actor)
        if duty.assigned_on and duty.continuous:
            start_report(duty, rules, actor)


def realign(duty: Duty, actor: Actor, *, deadline: bool) -> None:
    """After a correction: clocks of bodies that are no longer lead end, new leads get theirs, the deadline moves."""
    rules = on()
    rows = {row.body_id: row for row in _accountable(duty)}
    timed = set()
    for clock in running(duty, RECEIPT):
        if clock.data.get("body") in rows:
            timed.add(clock.data.get("body"))
        else:
            clocks.cancel(clock, "责任单位已更正", actor)
    for pk, row in rows.items():
        if pk not in timed and row.received_at is None:
            begin(RECEIPT, duty, f"签收：{row.printed}", actor, working_days=rules.receipt_days, data={"body": pk})
    duty.broken = [b for b in duty.broken if not b["key"].startswith("receipt:") or int(b["key"][8:]) in rows]
    if deadline:
        for kind in (DEADLINE, TO_LEADER, CHASE):
            _cancel(duty, kind, "期限已更正", actor)
        answer(duty, "deadline")
        _start_deadline(duty, rules, actor)
    duty.save(update_fields=["broken"])


def _urge(duty: Duty, event: Event, rules: Rules, actor: Actor) -> None:
    telling.to_bodies("urged", duty, 说明=event.words or "请尽快办理并反馈。")


_STEPS: dict[str, Follow] = {
    "assign": _assign,
    "receive": _receive,
    "feedback": _feedback,
    "feedback_for": _feedback,
    "return_feedback": _return_feedback,
    "request_completion": _request,
    "withdraw": _stop_verifying,
    "return": _stop_verifying,
    "accept": _accept,
    "suspend": _suspend,
    "resume": _resume,
    "reopen": _reopen,
    "extend": _extend,
    "correct": _correct,
    "urge": _urge,
}


# -- clocks -----------------------------------------------------------------------------------------------------------


def end_of(day: date) -> datetime:
    """The last moment of a day in Shanghai: finishing then is still on time."""
    return when.aware(datetime.combine(day, time(23, 59, 59)))


def running(duty: Duty, kind: str | None = None) -> list[Clock]:
    found = Clock.objects.filter(subject=duty.subject, state="running")
    return list(found.filter(kind=kind) if kind else found)


_in_hand: ContextVar[int | None] = ContextVar("supervision_in_hand", default=None)


def in_hand(clock: Clock) -> bool:
    """Whether the clock's duty is being acted on right now: its late break then only goes on record."""
    return bool(_in_hand.get() == clock.data.get("duty"))


def begin(kind: str, duty: Duty, name: str, actor: Actor, **more: object) -> None:
    cite = duty.citation if kind == DEADLINE else CITE_13710
    data = {"duty": duty.pk, **(more.pop("data", None) or {})}  # type: ignore[dict-item]
    clocks.start(kind, subject=duty.subject, name=name, cite=cite, data=data, by=actor, **more)  # type: ignore[arg-type]


def _start_deadline(duty: Duty, rules: Rules, actor: Actor) -> None:
    if duty.deadline and duty.stage_done_on is None and not running(duty, DEADLINE):
        warn = [timedelta(days=rules.warn_days)] if rules.warn_days else []
        begin(DEADLINE, duty, "办理期限", actor, due_at=end_of(duty.deadline), warn_before=warn)


def start_report(duty: Duty, rules: Rules, actor: Actor) -> None:
    """The clock of the next period that still has to be reported."""
    if running(duty, REPORT):
        return
    period = period_of(duty.period, when.today())
    if duty.reported_until and duty.reported_until >= period.first:
        period = following(period)
    due = period.last + timedelta(days=rules.report_grace_days)
    warn = [timedelta(days=rules.report_grace_days + rules.report_warn_days)]
    data = {"first": period.first.isoformat()}
    begin(REPORT, duty, f"{period.label}反馈", actor, due_at=end_of(due), warn_before=warn, data=data)


def _finish(duty: Duty, kind: str, actor: Actor, *, body: int | None = None, covers: date | None = None) -> bool | None:
    """End the clocks of a kind (of one body; of periods that feedback up to `covers` reaches into).

    Whether one of them had run out; None when there was none.
    """
    rows = Clock.objects.filter(subject=duty.subject, kind=kind, state__in=["running", "suspended", "broken"])
    late: bool | None = None
    for clock in rows:
        if body is not None and clock.data.get("body") not in (None, body):
            continue
        if clock.ended_at is not None:
            continue
        if covers is not None and clock.data.get("first", "") > covers.isoformat():
            continue
        late = bool(late) or clock.late or when.now() > clock.due_at
        token = _in_hand.set(duty.pk)
        try:
            clocks.finish(clock, actor)
        finally:
            _in_hand.reset(token)
    return late


def _cancel(duty: Duty, kind: str, reason: str, actor: Actor) -> None:
    for clock in Clock.objects.filter(
        subject=duty.subject, kind=kind, state__in=["running", "suspended", "broken"], ended_at__isnull=True
    ):
        clocks.cancel(clock, reason, actor)


def stop_all(duty: Duty, reason: str, actor: Actor) -> None:
    """The duty is no longer ours to chase: rejected, merged."""
    for kind in KINDS:
        _cancel(duty, kind, reason, actor)


# -- what has run out and is not yet answered -------------------------------------------------------------------------


def mark_broken(duty: Duty, key: str, label: str) -> None:
    if all(item["key"] != key for item in duty.broken):
        duty.broken = [*duty.broken, {"key": key, "label": label, "on": when.today().isoformat()}]


def answer(duty: Duty, *keys: str) -> None:
    duty.broken = [item for item in duty.broken if item["key"] not in keys]
