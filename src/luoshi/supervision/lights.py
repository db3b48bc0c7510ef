"""The light of a duty on a day, and when it will next change by itself. Pure.

Green: done or on time. Yellow: due soon. Red: late. Grey: unknown. A light always comes with its reason in words.
A value the city has not set is 待下达: whatever else holds, such a duty is never green.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from luoshi.supervision.engine import State
from luoshi.supervision.periods import Period, period_of, previous

GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "grey"
LIGHTS = (RED, YELLOW, GREY, GREEN)
LIGHT_LABELS = {GREEN: "正常", YELLOW: "临期", RED: "逾期", GREY: "未知"}


@dataclass(frozen=True, slots=True)
class LightFacts:
    """A duty as it stood on the day asked about.

    `reported_until`: last day covered by feedback that was not returned. `broken`: names of 13710 clocks that have
    run out and are unanswered. `unset`: indicators whose value is 待下达. `missed`/`unjudged`/`met`: binding targets.
    """

    state: State
    confirmed: bool = True
    goal: bool = False  # an indicator without a responsible body: judged by its targets alone
    deadline: date | None = None
    continuous: bool = False
    stage_done: date | None = None
    closed_on: date | None = None
    started_on: date | None = None
    reported_until: date | None = None
    period: str = "quarter"
    broken: tuple[str, ...] = ()
    broken_on: date | None = None  # the day the first of them ran out
    unset: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    met: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LightRules:
    """Settings, in calendar days. None comes from the documents; each is a dated parameter."""

    warn_days: int = 30
    report_grace_days: int = 10
    report_warn_days: int = 10


@dataclass(frozen=True, slots=True)
class Light:
    """`until`: the first day on which time alone changes the colour (None: never). `due`: the next due day."""

    colour: str
    why: str
    due: date | None = None
    until: date | None = None

    @property
    def label(self) -> str:
        return LIGHT_LABELS[self.colour]


def light(facts: LightFacts, as_of: date, rules: LightRules = LightRules()) -> Light:
    """The light on `as_of`."""
    return _never_green_when_unset(facts, _light(facts, as_of, rules))


def _never_green_when_unset(facts: LightFacts, found: Light) -> Light:
    if facts.unset and found.colour == GREEN:
        return Light(GREY, "待下达：" + "、".join(facts.unset), found.due, found.until)
    return found


def _light(facts: LightFacts, as_of: date, rules: LightRules) -> Light:
    if not facts.confirmed:
        return Light(GREY, "尚未立项")
    if facts.closed_on and facts.closed_on <= as_of:
        return _closed(facts)
    if facts.state is State.SUSPENDED:
        return Light(GREY, "已中止", facts.deadline)
    if facts.goal:
        return _goal(facts, as_of, rules)
    if facts.broken:
        return Light(RED, "超时：" + "、".join(facts.broken), facts.broken_on or facts.deadline)
    found = _by_date(facts, as_of, rules)
    if found is None or (found.colour == GREEN and facts.continuous):
        return _continuing(facts, as_of, rules, found) if facts.continuous else (found or _undated(facts))
    return found


def _closed(facts: LightFacts) -> Light:
    assert facts.closed_on is not None
    if facts.deadline and facts.closed_on > facts.deadline:
        return Light(GREEN, f"已销号（逾期 {(facts.closed_on - facts.deadline).days} 天）")
    return Light(GREEN, "已按期销号")


def _by_date(facts: LightFacts, as_of: date, rules: LightRules) -> Light | None:
    """Judged by the printed deadline (the stage result's, for a duty that goes on); None when there is none."""
    if facts.deadline is None or (facts.stage_done and facts.stage_done <= as_of):
        return None
    left = (facts.deadline - as_of).days
    if left < 0:
        return Light(RED, f"逾期 {-left} 天", facts.deadline)
    if left <= rules.warn_days:
        return Light(YELLOW, f"还剩 {left} 天" if left else "今天到期", facts.deadline, facts.deadline + _DAY)
    return Light(GREEN, "未到期", facts.deadline, facts.deadline - timedelta(days=rules.warn_days))


_DAY = timedelta(days=1)


def _undated(facts: LightFacts) -> Light:
    return Light(GREY, "文中没有写期限，也没有设定办理期限")


def _continuing(facts: LightFacts, as_of: date, rules: LightRules, dated: Light | None) -> Light:
    """Judged by its reporting periods: the last one that has ended must have been reported within the grace."""
    if facts.started_on is None or facts.started_on > as_of:
        if dated is not None:
            return dated
        return Light(GREY, "持续推进，尚未分办，没有报送可判断")
    now = period_of(facts.period, as_of)
    last = previous(now)
    if last.last >= facts.started_on and not _covered(facts, last):
        before = previous(last)
        owed_before = before.last >= facts.started_on and not _covered(facts, before)
        return _owing(last, before if owed_before else None, as_of, rules)
    ends = now.last + _DAY
    soon = now.last - timedelta(days=rules.report_warn_days)
    next_due = now.last + timedelta(days=rules.report_grace_days)
    why = f"{now.label}报送期未到"
    if _covered(facts, now):
        return Light(GREEN, f"{now.label}已反馈", next_due, _first(ends, dated))
    if as_of >= soon:
        return Light(YELLOW, f"{now.label}应反馈，{next_due:%Y-%m-%d}前报送", next_due, next_due + _DAY)
    return Light(GREEN, why, next_due, _first(soon, dated))


def _owing(last: Period, before: Period | None, as_of: date, rules: LightRules) -> Light:
    """The last period is not reported. While it still may be, one `before` it that never was keeps the light red."""
    due = last.last + timedelta(days=rules.report_grace_days)
    if as_of <= due and before is not None:
        last, due = before, before.last + timedelta(days=rules.report_grace_days)
    if as_of > due:
        return Light(RED, f"{last.label}未反馈，逾期 {(as_of - due).days} 天", due)
    return Light(YELLOW, f"{last.label}应反馈，{due:%Y-%m-%d}前报送", due, due + _DAY)


def _first(day: date, dated: Light | None) -> date:
    return min(day, dated.until) if dated and dated.until else day


def _covered(facts: LightFacts, period: Period) -> bool:
    return facts.reported_until is not None and facts.reported_until >= period.first


def _goal(facts: LightFacts, as_of: date, rules: LightRules) -> Light:
    """An indicator with no responsible body: green only when every binding target is known to be met."""
    if facts.missed:
        return Light(RED, "未达到：" + "、".join(facts.missed), facts.deadline)
    if facts.unset:
        return Light(GREY, "待下达：" + "、".join(facts.unset), facts.deadline)
    if facts.unjudged:
        return Light(GREY, "不能判定：" + "、".join(facts.unjudged), facts.deadline, _after(facts.deadline, as_of))
    if facts.met:
        return Light(GREEN, "指标已达到", facts.deadline, _after(facts.deadline, as_of))
    return Light(GREY, "目标没有可计量的指标", facts.deadline)


def _after(deadline: date | None, as_of: date) -> date | None:
    """A verdict may turn on the day after the due date: look again then."""
    return deadline + _DAY if deadline and deadline >= as_of else None
