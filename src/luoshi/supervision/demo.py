"""Synthetic progress on real duties, so that a demo shows every light. Everything is marked 演示数据.

The acts themselves are the room's own, performed as if on earlier days; nothing is written past the state machine.
"""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q

from luoshi.accounts.models import Grant, User
from luoshi.accounts.queries import users_of
from luoshi.directory.queries import memo
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.supervision import actions, measures, queries, status
from luoshi.supervision.actions import Asked
from luoshi.supervision.engine import State
from luoshi.supervision.models import Duty, Target
from luoshi.supervision.periods import period_of, previous

MOVED = 16  # duties that get a course; the rest stay as the documents leave them
CROWD = (4, 2)  # most lead bodies of a moved duty with and without a date: each signs by itself, a start must be quick
WORDS = (
    "已制定工作台账，按月推进。",
    "现场检查完成，问题清单已交办。",
    "任务已分解到科室，正在实施。",
    "完成阶段任务，资料已归档。",
)


class _Note:
    """A small text file as synthetic evidence."""

    def __init__(self, key: str) -> None:
        self.name: str | None = "演示佐证.txt"
        self._data = f"演示数据：{key} 的佐证材料，不是真实文件。".encode()

    def read(self, size: int = -1, /) -> bytes:
        return self._data


def fill(seed: int, people: int) -> int:
    """Move some duties along. Idempotent: does nothing once any duty is marked. Returns how many were moved."""
    if Duty.objects.filter(demo=True).exists():
        return 0
    # the demo's past needs people who were already in office then
    Grant.objects.filter(user__synthetic=True).update(since=when.today() - timedelta(days=500))
    supervisors = users_of(None, ("supervisor",))
    if not supervisors:
        return 0
    chance = random.Random(seed)  # noqa: S311 synthetic data, repeatable by design
    leads = Count("bodies", filter=Q(bodies__role="lead", bodies__body__isnull=False))
    rows = queries.confirmed().annotate(leads=leads).filter(goal=False, state=State.ESTABLISHED).order_by("id")
    chosen = []
    for most, dated in zip(CROWD, (True, False), strict=True):
        fit = list(rows.filter(leads__gte=1, leads__lte=most, deadline__isnull=not dated))
        chosen += sorted(chance.sample(fit, min(MOVED // 2, len(fit))), key=lambda d: d.pk)
    with memo():
        moved = sum(_move(duty, index, chance, supervisors) for index, duty in enumerate(chosen))
        _measure(chance, supervisors[0])
    Duty.objects.filter(pk__in=[d.pk for d in chosen]).exclude(state=State.ESTABLISHED).update(demo=True)
    status.refresh_all()
    return moved


def _move(duty: Duty, index: int, chance: random.Random, supervisors: list[User]) -> int:
    """One duty along its course: how far depends on its place in the sample, so that every state occurs."""
    handler = _handler(duty)
    if handler is None:
        return 0
    today = when.today()
    supervisor = supervisors[0]
    steps = index % 6
    ago = 40 if steps else 1
    try:
        with when.at(_at(today - timedelta(days=ago), 9)):
            _reset_deadline(duty, index, today, supervisor)
            actions.assign(duty, supervisor, Asked(via="demo"))
        if steps >= 1:
            with when.at(_at(today - timedelta(days=ago), 15)):
                _everyone_signs(duty, but_one=index % 10 == 7)
        if steps >= 2:
            with when.at(_at(today - timedelta(days=ago - 2), 10)):
                _feedback(duty, handler, chance, _covers(duty, today - timedelta(days=ago - 2)))
        stage = not duty.continuous or duty.stage_result
        if steps >= 4 and stage:
            with when.at(_at(today - timedelta(days=5), 10)):
                actions.request_completion(
                    duty, handler, Asked("任务完成，申请办结。", files=[_Note(duty.key)], via="demo")
                )
        if steps == 5 and stage:
            with when.at(_at(today - timedelta(days=2), 10)):
                actions.verify(duty, supervisor, Asked(via="demo"))
                actions.accept(duty, supervisor, Asked("现场核验属实。", despite="演示数据", via="demo"))
    except (Refused, BadInput):
        return 0
    return 1


def _everyone_signs(duty: Duty, *, but_one: bool) -> None:
    """Every lead body signs on the day; in some duties one forgets, so that a 13710 clock is seen to break."""
    rows = list(duty.bodies.filter(role="lead", body__isnull=False).order_by("position"))
    for row in rows[:-1] if but_one and len(rows) > 1 else rows:
        people = users_of(row.body_id, ("handler",))
        if people:
            actions.receive(duty, people[0], Asked(body=row.body_id, via="demo"))


def _reset_deadline(duty: Duty, index: int, today: date, supervisor: User) -> None:
    """Some dated duties are extended, so that the demo is not one wall of red long after the documents' dates."""
    if duty.deadline is None or index % 5 == 0:
        return
    later = today + timedelta(days=(12, 75)[index % 2])
    actions.extend(duty, supervisor, Asked("演示数据：经同意延期", via="demo"), deadline=later)


def _handler(duty: Duty) -> User | None:
    for row in duty.bodies.filter(role="lead", body__isnull=False).order_by("position"):
        people = users_of(row.body_id, ("handler",))
        if people:
            return people[0]
    return None


def _feedback(duty: Duty, handler: User, chance: random.Random, covers: date) -> None:
    asked = Asked(
        f"演示数据：{chance.choice(WORDS)}",
        progress=chance.choice((20, 40, 60, 80)),
        covers_until=covers,
        files=[_Note(duty.key)],
        via="demo",
    )
    actions.feedback(duty, handler, asked)


def _covers(duty: Duty, day: date) -> date:
    """The last period that had ended by then."""
    return previous(period_of(duty.period, day)).last if duty.continuous else day


def _measure(chance: random.Random, supervisor: User) -> None:
    """A few readings over the last quarters: some reach their target, some do not, most targets stay unmeasured."""
    rows = Target.objects.filter(value__isnull=False, duty__status=Duty.Status.CONFIRMED, op__in=[">=", "<=", ">"])
    targets = list(rows.select_related("duty__instrument").order_by("id"))
    for target in chance.sample(targets, min(8, len(targets))):
        day = previous(period_of("quarter", when.today())).last
        for quarter in range(4, 0, -1):
            end = day
            for _ in range(quarter - 1):
                end = previous(period_of("quarter", end)).last
            good = chance.random() < 0.6 or quarter > 2
            with when.at(_at(end + timedelta(days=5), 10)):
                _reading(target, supervisor, end, good, chance)


def _reading(target: Target, user: Any, end: date, good: bool, chance: random.Random) -> None:
    assert target.value is not None
    step = abs(target.value) * Decimal(chance.randint(1, 6)) / 100
    up = target.op != "<="
    value = target.value + (step if good == up else -step)
    if target.unit in ("家", "个", "台", "项"):
        value = Decimal(int(value) + (1 if good and up else 0))
    given = measures.Measured(value.quantize(Decimal("0.01")), end, "演示数据", document="演示数据")
    try:
        measures.enter(target, user, given, via="demo", demo=True)
    except (Refused, BadInput):
        return


def _at(day: date, hour: int) -> datetime:
    return when.aware(datetime.combine(day, time(hour)))
