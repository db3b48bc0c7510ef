"""A document's own promises: to be revised, and to end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from luoshi.accounts.models import User
from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.norms import actions, deadlines
from luoshi.norms.models import Clause, Instrument
from luoshi.notices.models import Notice

pytestmark = pytest.mark.django_db


def run_clocks() -> None:
    while clocks.tick():
        pass


@pytest.fixture
def plan(db: None) -> Instrument:
    instrument = Instrument.objects.create(
        slug="21", number="演政办发〔2024〕21号", title="演示预案", date=date(2024, 7, 4)
    )
    Clause.objects.create(
        instrument=instrument, key="21:7.2/p1", path="7.2", kind="validity", gist="三年一修", facts={"cycle_years": 3}
    )
    return instrument


def test_revision_falls_due_after_the_cycle_its_clause_states(plan: Instrument, by: Actor) -> None:
    assert deadlines.revision_due(plan) == (date(2027, 7, 4), "21:7.2/p1")
    deadlines.watch(plan, by=by)
    deadlines.watch(plan, by=by)
    clock = Clock.objects.get(kind="norms.revision_due")
    assert clock.due_at is not None and when.aware(clock.due_at).date() == date(2027, 7, 4)
    assert clock.cite == "21:7.2/p1"


def test_leap_day_has_an_anniversary_every_year() -> None:
    assert deadlines.years_later(date(2024, 2, 29), 3) == date(2027, 2, 28)


def test_document_without_such_a_clause_is_not_watched(by: Actor) -> None:
    instrument = Instrument.objects.create(slug="x", title="演示", date=date(2024, 1, 1))
    deadlines.watch(instrument, by=by)
    assert not Clock.objects.exists()


def test_editors_are_told_when_the_validity_ends(by: Actor, person: Callable[..., User]) -> None:
    person("文", "editor")
    instrument = Instrument.objects.create(
        slug="25",
        number="演政办发〔2024〕25号",
        title="演示措施",
        date=date(2024, 7, 19),
        valid_until=date(2027, 7, 18),
    )
    with when.at(datetime(2027, 1, 1, 9)):
        deadlines.watch(instrument, by=by)
    with when.at(datetime(2027, 7, 18, 23, 59, 59)):
        run_clocks()
    assert not Notice.objects.filter(title__contains="有效期已满").exists()  # the last day is still valid
    with when.at(datetime(2027, 7, 19, 0, 1)):
        run_clocks()
        run_clocks()
    assert Notice.objects.filter(title__contains="有效期已满").count() == 1


def test_editor_notes_a_revision_and_the_clock_moves_on(
    plan: Instrument, by: Actor, person: Callable[..., User]
) -> None:
    deadlines.watch(plan, by=by)
    actions.set_revision("21", date(2030, 7, 4), reason="已修订", by=person("文", "editor"))
    running = Clock.objects.filter(kind="norms.revision_due").exclude(state="cancelled").get()
    assert running.due_at is not None and when.aware(running.due_at).date() == date(2030, 7, 4)
