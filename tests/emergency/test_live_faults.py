"""Faults: the database goes away between statements, two officers act at once, nothing is known, every wrong hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, connection

from luoshi.emergency import actions, plans
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Act, Response
from luoshi.kernel import when
from luoshi.kernel.errors import Refused
from luoshi.kernel.when import SHANGHAI
from luoshi.ledger.models import Entry, Head

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 3, 2, 3, 30, tzinfo=SHANGHAI)


class Gone:
    """Lets `left` statements that write through, then the database is gone."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE"):
            if self.left == 0:
                raise OperationalError("server closed the connection unexpectedly")
            self.left -= 1
        return execute(sql, params, many, context)


def _state() -> tuple[Any, ...]:
    rows = Response.objects.order_by("pk").values_list("level", "state", "started_at")
    head = Head.objects.get()
    return (*rows, Act.objects.count(), Entry.objects.count(), head.seq, head.hash)


def test_wherever_the_database_goes_away_in_a_start_nothing_is_half_done_and_a_retry_starts_once(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    before, key, failed = _state(), "r" * 32, 0
    for left in [*range(12), *range(12, 600, 11)]:  # each statement at first, then some of the many that follow
        try:
            with connection.execute_wrapper(Gone(left)):
                actions.start(night.at, "21", night.commander, Asked(once=key))
        except OperationalError:
            failed += 1
            assert _state() == before
            continue
        break
    assert failed > 3, "a start writes the response, the log, the ledger and the incident"
    after = _state()
    actions.start(night.at, "21", night.commander, Asked(once=key))
    assert _state() == after
    assert Response.objects.filter(state="running").count() == 1


def _wrong() -> Iterator[tuple[str, str, str]]:
    """(plan, level, account) of everybody who may not start that level, from the plans themselves."""
    held = {
        "duty": {"21": {"值班人员"}, "22": {"值班人员"}},
        "commander": {"21": {"总指挥"}, "22": {"总指挥"}},
        "deputy": {"21": {"副总指挥"}, "22": set[str]()},
        "deputy22": {"21": set[str](), "22": {"副总指挥"}},
        "director": {"21": {"副总指挥", "办公室主任"}, "22": {"副总指挥", "办公室主任"}},
        "stranger": {"21": set[str](), "22": set[str]()},
    }
    for plan in plans.read().by_slug.values():
        for level in plan.of_kind("response"):
            meant = {post for title in level.starters for post in _meant(plan, title)}
            for name, posts in held.items():
                if not posts[plan.slug] & meant:
                    yield plan.slug, level.level, name


def _meant(plan: Any, title: str) -> list[str]:
    post = plan.post(title)
    return ["总指挥"] if post is not None and post.meaning else [title]


@pytest.mark.parametrize(("plan", "level", "name"), list(_wrong()))
def test_nobody_but_who_the_plan_names_starts_a_level(night: Any, plan: str, level: str, name: str) -> None:
    night.opens()
    night.triages(plan)
    actions.propose(night.at, plan, night.duty, Asked(reason="按预案逐级核对"), level=level)
    if plan == "22":
        actions.confirm(night.at, plan, night.commander, Asked())
    row = plans.read().by_slug[plan].level("response", level)
    assert row is not None
    with pytest.raises(Refused) as refused:
        actions.start(night.at, plan, night.people[name], Asked())
    assert refused.value.cite == row.procedure
    assert not Response.objects.filter(state="running").exists()


def test_unknown_everywhere_is_questions_never_a_level(night: Any) -> None:
    night.opens()
    night.triages()
    names = [n for n, row in plans.read().vocabulary.facts.items() if n != "triage" and not row.act]
    night.says(**dict.fromkeys(names))
    for case in night.at.cases.all():
        assert (case.warning_level, case.response_level) == ("", "")
        assert case.ask
    with pytest.raises(Refused, match="没有达到任何级别"):
        actions.propose(night.at, "21", night.duty, Asked())


@pytest.mark.needs("postgres")
@pytest.mark.django_db(transaction=True)
def test_two_officers_start_at_once_one_starts_the_other_is_told(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    seen, barrier, told = night.at.version, threading.Barrier(2), []

    def presses(key: str) -> None:
        barrier.wait()
        try:
            with when.at(NIGHT):
                act = actions.start(night.incident, "21", night.commander, Asked(version=seen, once=key))
            told.append(("started", act.pk))
        except Refused as error:
            told.append(("refused", error.reason))
        finally:
            connection.close()

    hands = [threading.Thread(target=presses, args=(key * 32,)) for key in "ab"]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    assert sorted(kind for kind, _ in told) == ["refused", "started"], told
    assert "刚刚有变化" in dict(told)["refused"]
    assert Response.objects.filter(state="running").count() == 1


@pytest.mark.needs("postgres")
@pytest.mark.django_db(transaction=True)
def test_one_form_pressed_in_two_windows_at_once_starts_once(night: Any) -> None:
    night.second_level()
    actions.propose(night.at, "21", night.duty, Asked())
    barrier, told = threading.Barrier(2), []

    def presses() -> None:
        barrier.wait()
        try:
            with when.at(NIGHT):
                told.append(actions.start(night.incident, "21", night.commander, Asked(once="k" * 32)).pk)
        finally:
            connection.close()

    hands = [threading.Thread(target=presses) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    assert len(set(told)) == 1 and len(told) == 2
    assert Entry.objects.filter(kind="emergency.started").count() == 1
