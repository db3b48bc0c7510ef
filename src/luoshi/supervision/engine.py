"""The state machine of a duty: which act is open to whom, in which state, and why not. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where a confirmed duty stands. The codes are stable; people read the Chinese labels."""

    ESTABLISHED = "established"
    ASSIGNED = "assigned"
    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    COMPLETION_REQUESTED = "completion_requested"
    VERIFYING = "verifying"
    CLOSED = "closed"
    SUSPENDED = "suspended"


STATE_LABELS: dict[str, str] = {
    State.ESTABLISHED: "已立项",
    State.ASSIGNED: "已分办",
    State.RECEIVED: "已签收",
    State.IN_PROGRESS: "办理中",
    State.COMPLETION_REQUESTED: "已申请办结",
    State.VERIFYING: "核验中",
    State.CLOSED: "已销号",
    State.SUSPENDED: "已中止",
}
ORDER: list[State] = [s for s in State if s is not State.SUSPENDED]
"""The states in the order a duty passes through them, for the progress line on its page."""

WORKING = frozenset({State.ASSIGNED, State.RECEIVED, State.IN_PROGRESS, State.COMPLETION_REQUESTED, State.VERIFYING})
"""States in which somebody owes the duty work and its clocks run."""


class Who(StrEnum):
    SUPERVISOR = "supervisor"
    LEAD = "lead"  # handler or chief of a lead body
    BODY = "body"  # handler or chief of any body of the duty
    ACCEPTOR = "acceptor"  # a supervisor who neither did the work nor belongs to a body that did


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the state machine. `to` None keeps the state."""

    code: str
    label: str
    who: Who
    sources: frozenset[State]
    to: State | None
    needs_words: bool = False
    words: str = "说明"

    @property
    def forward(self) -> bool:
        """Whether the act carries the duty on: the one a page offers first."""
        return self.code in ("assign", "receive", "feedback", "request_completion", "verify", "accept", "resume")


def _act(code: str, label: str, who: Who, sources: set[State], to: State | None, words: str = "") -> Act:
    return Act(code, label, who, frozenset(sources), to, bool(words), words or "说明")


_ALL = set(State)
ACTS: dict[str, Act] = {
    a.code: a
    for a in (
        _act("assign", "分办", Who.SUPERVISOR, {State.ESTABLISHED}, State.ASSIGNED),
        _act("receive", "签收", Who.BODY, {State.ASSIGNED, State.RECEIVED, State.IN_PROGRESS}, State.RECEIVED),
        _act("feedback", "反馈", Who.BODY, {State.RECEIVED, State.IN_PROGRESS}, State.IN_PROGRESS, "进展情况"),
        _act(
            "feedback_for",
            "代录反馈",
            Who.SUPERVISOR,
            {State.RECEIVED, State.IN_PROGRESS},
            State.IN_PROGRESS,
            "进展情况",
        ),
        _act("return_feedback", "退回反馈", Who.SUPERVISOR, {State.IN_PROGRESS}, None, "退回原因"),
        _act("request_completion", "申请办结", Who.LEAD, {State.IN_PROGRESS}, State.COMPLETION_REQUESTED, "办结情况"),
        _act("withdraw", "撤回申请", Who.LEAD, {State.COMPLETION_REQUESTED}, State.IN_PROGRESS, "撤回原因"),
        _act("verify", "开始核验", Who.ACCEPTOR, {State.COMPLETION_REQUESTED}, State.VERIFYING),
        _act(
            "return",
            "退回",
            Who.SUPERVISOR,
            {State.COMPLETION_REQUESTED, State.VERIFYING},
            State.IN_PROGRESS,
            "退回原因",
        ),
        _act("accept", "核验通过", Who.ACCEPTOR, {State.VERIFYING}, State.CLOSED, "核验意见"),
        _act("suspend", "中止", Who.SUPERVISOR, _ALL - {State.CLOSED, State.SUSPENDED}, State.SUSPENDED, "中止原因"),
        _act("resume", "恢复", Who.SUPERVISOR, {State.SUSPENDED}, None),
        _act("reopen", "撤销销号", Who.SUPERVISOR, {State.CLOSED}, State.IN_PROGRESS, "撤销原因"),
        _act("extend", "延期", Who.SUPERVISOR, _ALL - {State.CLOSED, State.SUSPENDED}, None, "延期原因"),
        _act("correct", "更正", Who.SUPERVISOR, _ALL - {State.CLOSED}, None, "更正原因"),
        _act("urge", "催办", Who.SUPERVISOR, set(WORKING), None, "催办要求"),
    )
}


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """What the state machine needs to know of a duty. Bodies and people are ids."""

    state: State
    confirmed: bool = True
    leads: frozenset[int] = frozenset()
    cooperating: frozenset[int] = frozenset()
    received: frozenset[int] = frozenset()
    doers: frozenset[int] = frozenset()
    continuous: bool = False
    stage_result: bool = False
    stage_done: bool = False
    deadline: date | None = None
    evidence: int = 0
    returned_without_answer: bool = False
    open_targets: tuple[str, ...] = ()
    resume_to: State | None = None

    @property
    def bodies(self) -> frozenset[int]:
        return self.leads | self.cooperating


@dataclass(frozen=True, slots=True)
class ActorFacts:
    """Who wants to act: an account, whether it supervises, the bodies it handles duties for and those it belongs to."""

    user: int | None
    supervises: bool = False
    handles: frozenset[int] = frozenset()
    belongs: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked: the act, its words, and for which body."""

    act: str
    words: str = ""
    body: int | None = None
    despite: str = ""
    has_feedback: bool = field(default=True)


def refusal(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    """Why this act is not open to this person now, in Chinese; None when it is."""
    act = ACTS.get(wish.act)
    if act is None:
        return f"没有“{wish.act}”这一操作"
    if not duty.confirmed:
        return "事项还没有立项，先在立项台确认"
    if duty.state not in act.sources:
        return _wrong_state(duty, act)
    return _not_yours(duty, actor, act) or _not_ready(duty, actor, wish, act)


def _wrong_state(duty: DutyFacts, act: Act) -> str:
    allowed = "、".join(STATE_LABELS[s] for s in State if s in act.sources)
    return f"事项现为“{STATE_LABELS[duty.state]}”，不能{act.label}；只有“{allowed}”时可以"


def _not_yours(duty: DutyFacts, actor: ActorFacts, act: Act) -> str | None:
    if act.who in (Who.SUPERVISOR, Who.ACCEPTOR) and not actor.supervises:
        return f"{act.label}由督查员操作"
    if act.who is Who.ACCEPTOR:
        return _not_independent(duty, actor)
    if act.who is Who.BODY and not actor.handles & duty.bodies:
        return f"{act.label}由责任单位的承办员或负责人操作，您不代表本事项的任何责任单位"
    if act.who is Who.LEAD and not actor.handles & duty.leads:
        return f"{act.label}由牵头单位的承办员或负责人操作"
    return None


def _not_independent(duty: DutyFacts, actor: ActorFacts) -> str | None:
    if actor.user in duty.doers:
        return "办理人不能核验自己办理的事项，请由其他督查员核验"
    if actor.belongs & duty.bodies:
        return "核验人不能来自本事项的责任单位，请由其他督查员核验"
    return None


def _not_ready(duty: DutyFacts, actor: ActorFacts, wish: Wish, act: Act) -> str | None:
    if act.needs_words and not wish.words.strip():
        return f"{act.label}须填写{act.words}"
    special = _SPECIAL.get(act.code)
    return special(duty, actor, wish) if special else None


def _assign(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    return None if duty.leads else "责任单位都没有对应到机构名录，先更正责任单位再分办"


def _receive(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    mine = {wish.body} if wish.body else actor.handles & duty.bodies
    if wish.body and wish.body not in actor.handles & duty.bodies:
        return "您不能代表该单位签收"
    return "本单位已经签收过" if mine <= duty.received else None


def _feedback(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    if wish.body and wish.body not in actor.handles & duty.bodies:
        return "您不能代表该单位反馈"
    mine = {wish.body} if wish.body else actor.handles & duty.bodies
    return None if mine & duty.received else "本单位还没有签收，先签收再反馈"


def _feedback_for(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    return None if wish.body in duty.received else "代录反馈须写明已签收的责任单位"


def _completion(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    if duty.returned_without_answer:
        return "上次反馈被退回，先补充反馈再申请办结"
    if not duty.evidence:
        return "申请办结须附至少一份佐证材料"
    if duty.continuous and (duty.stage_done or not duty.stage_result):
        return "持续推进的事项不办结，按报送周期反馈；确需结束的，请督查员更正期限"
    return None


def _accept(duty: DutyFacts, actor: ActorFacts, wish: Wish) -> str | None:
    if duty.open_targets and not wish.despite.strip():
        return "指标尚不能认定完成：" + ";".join(duty.open_targets) + "。仍要通过的，须写明理由"
    return None


_SPECIAL = {
    "assign": _assign,
    "receive": _receive,
    "feedback": _feedback,
    "feedback_for": _feedback_for,
    "request_completion": _completion,
    "accept": _accept,
}


def after(duty: DutyFacts, act: str) -> State:
    """The state after an act that was not refused."""
    rule = ACTS[act]
    if act == "receive" and duty.state is State.IN_PROGRESS:
        return State.IN_PROGRESS  # a later body signs for work that has begun
    if act == "accept" and duty.continuous and duty.stage_result:
        return State.IN_PROGRESS  # the stage result is accepted, the duty goes on
    if act == "resume":
        return duty.resume_to or State.ESTABLISHED
    return rule.to or duty.state


def open_acts(duty: DutyFacts, actor: ActorFacts) -> list[Act]:
    """The acts a person could take now, were the words filled in: what the page offers as buttons."""
    shown = (a for a in ACTS.values() if a.code != "feedback_for")  # entered from a workbook, for a named body
    return [a for a in shown if refusal(duty, actor, Wish(a.code, words="…", despite="…")) is None]
