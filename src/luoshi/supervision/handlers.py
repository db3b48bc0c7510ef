"""What a supervision clock does when it warns or breaks: nobody has to look for it to happen."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from luoshi.clocks.models import Clock
from luoshi.clocks.registry import every, on
from luoshi.clocks.ticking import CLOCKWORK
from luoshi.kernel import when
from luoshi.ledger.actions import append
from luoshi.supervision import course, rulebook, status, telling
from luoshi.supervision.engine import State
from luoshi.supervision.models import Duty, Event


def register() -> None:
    """Importing this module registers the handlers; the call keeps linters and readers honest."""


@on(course.RECEIPT, "break")
def receipt_missed(clock: Clock, moment: datetime) -> None:
    """Nobody of a lead body signed in time: the chief of that body is told, the light turns red."""
    body = clock.data.get("body")
    _broke(clock, f"receipt:{body}", "逾期未签收", only=body)


@on(course.FIRST, "break")
def first_feedback_missed(clock: Clock, moment: datetime) -> None:
    _broke(clock, "first_feedback", "逾期未首次反馈")


@on(course.DEADLINE, "warn")
def deadline_near(clock: Clock, moment: datetime) -> None:
    _warn(clock, "临期")


@on(course.DEADLINE, "break")
def deadline_missed(clock: Clock, moment: datetime) -> None:
    duty = _broke(clock, "deadline", "逾期未办结")
    if duty is not None:
        chase(duty)


@on(course.REPORT, "warn")
def report_near(clock: Clock, moment: datetime) -> None:
    _warn(clock, "应按期反馈")


@on(course.REPORT, "break")
def report_missed(clock: Clock, moment: datetime) -> None:
    _broke(clock, "report", f"逾期未反馈（{clock.name}）")


@on(course.VERIFY, "break")
def verification_missed(clock: Clock, moment: datetime) -> None:
    """The office's own promise: supervisors are told, then a leader; the bodies are not blamed with a red light."""
    duty = _locked(clock)
    if duty is None:
        return
    words = f"申请办结后没有在规定时间内核验，应于 {_day(clock)} 前核验。"
    telling.to_supervisors("verification_missed", duty, 时限=clock.name, 到期日=_day(clock))
    _note(duty, "break", "逾期未核验", words, clock)
    _to_leader_later(duty, clock, "逾期未核验")


@on(course.TO_LEADER, "break")
def still_late(clock: Clock, moment: datetime) -> None:
    """What was escalated to the chief is still not answered: a district leader is told."""
    duty = _locked(clock)
    key = clock.data.get("key", "")
    if duty is None or not _unanswered(duty, key):
        return
    what = clock.data.get("what", "逾期")
    told = telling.to_leaders("to_leader", duty, 情况=what)
    duty.escalated = 2
    duty.save(update_fields=["escalated"])
    _note(duty, "escalate", "报区领导", f"{what}：已报区领导（{told} 人）", clock)


@on(course.CHASE, "break")
def chase_again(clock: Clock, moment: datetime) -> None:
    """一抓到底: an overdue duty is chased again and again until it is closed."""
    duty = _locked(clock)
    if duty is None or not _unanswered(duty, "deadline"):
        return
    telling.to_bodies("chased", duty, 逾期天数=(when.today() - _due(duty)).days)
    _note(duty, "chase", "逾期催办", "", clock)
    chase(duty)


@every(900, "supervision.lights")
def turn_lights() -> int:
    """The days that pass change lights by themselves: yellow, then red."""
    return status.refresh_due()


def chase(duty: Duty) -> None:
    days = rulebook.on().chase_days
    if days and not course.running(duty, course.CHASE):
        course.begin(
            course.CHASE,
            duty,
            "逾期催办",
            CLOCKWORK,
            due_at=course.end_of(when.today() + timedelta(days=days)),
        )


def _broke(clock: Clock, key: str, what: str, only: int | None = None) -> Duty | None:
    """A promise to the office was broken: mark it, tell the chief, start the way to the leader. None: nothing to do."""
    if course.in_hand(clock):  # it is being answered, late, in this very transaction
        return None
    duty = _locked(clock)
    if duty is None:
        return None
    counted = status.keys_of(duty)
    course.mark_broken(duty, key, clock.name if key != "deadline" else what)
    duty.escalated = max(duty.escalated, 1)
    duty.save(update_fields=["broken", "escalated"])
    status.recount_of(duty, counted)
    words = f"“{clock.name}”应于 {_day(clock)} 前完成，现已超时。牵头单位：{telling.leads_of(duty)}。"
    told = telling.to_chiefs("overdue", duty, only=only, 情况=what, 时限=clock.name, 到期日=_day(clock))
    _note(duty, "break", what, f"{words}已通知单位负责人（{told} 人）", clock)
    _to_leader_later(duty, clock, what, key)
    return duty


def _warn(clock: Clock, what: str) -> None:
    duty = _locked(clock)
    if duty is None:
        return
    counted = status.keys_of(duty)
    status.recount_of(duty, counted)
    telling.to_bodies("due_soon", duty, 提醒=what, 时限=clock.name, 到期日=_day(clock))
    _note(duty, "warn", what, f"{_day(clock)} 到期", clock)


def _to_leader_later(duty: Duty, clock: Clock, what: str, key: str = "verify") -> None:
    course.begin(
        course.TO_LEADER,
        duty,
        f"{what}，报区领导",
        CLOCKWORK,
        working_days=rulebook.on().leader_days,
        data={"key": key, "what": what},
    )


def _locked(clock: Clock) -> Duty | None:
    """The duty of a clock, while it is still one to be chased."""
    found = status.whole().select_for_update(of=("self",)).filter(pk=clock.data.get("duty", 0)).first()
    if found is None or found.status != Duty.Status.CONFIRMED or found.state in (State.CLOSED, State.SUSPENDED):
        return None
    return found


def _unanswered(duty: Duty, key: str) -> bool:
    if key == "verify":
        return duty.state in (State.COMPLETION_REQUESTED, State.VERIFYING)
    return any(item["key"] == key for item in duty.broken)


def _note(duty: Duty, act: str, label: str, words: str, clock: Clock) -> None:
    entry = append(
        f"supervision.clock_{act}",
        by=CLOCKWORK,
        subject=duty.subject,
        cites=[duty.citation],
        data={"key": duty.key, "clock": clock.kind, "name": clock.name, "what": label, "words": words},
    )
    Event.objects.create(
        duty=duty,
        at=when.now(),
        act=act,
        label=label,
        from_state=duty.state,
        by=CLOCKWORK.name,
        words=words,
        entry=entry.seq,
        data={"clock": clock.pk, "kind": clock.kind},
    )


def _day(clock: Clock) -> str:
    return f"{when.aware(clock.due_at):%Y-%m-%d}"


def _due(duty: Duty) -> date:
    return duty.deadline or when.today()
