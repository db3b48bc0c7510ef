"""What the room shows elsewhere: the margin of the text, to-do lists, search, the wall, a reading's page."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.emergency import actions, faces
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import DrillRun
from luoshi.kernel import when
from luoshi.norms.models import Instrument, Interpretation

pytestmark = pytest.mark.django_db


def test_the_margin_of_a_plan_says_what_runs_and_when_it_was_last_drilled(night: Any) -> None:
    plan = Instrument.objects.create(slug="21", title="预案")
    other = Instrument.objects.create(slug="09", title="空气")
    assert faces.margin_notes(other) == {}
    notes = faces.margin_notes(plan)
    assert "还没有演练记录" in notes[""][0].text and not notes[""][0].public
    DrillRun.objects.create(name="年度演练", plans=["21"], by="x", ended_at=when.now())
    night.runs()
    notes = faces.margin_notes(plan)
    assert notes[""][0].text == "上次演练 2026-03-02：年度演练"
    assert "响应II级运行中" in notes["4.3.2(1)"][0].text


def test_everyone_is_reminded_of_what_waits_for_them(night: Any) -> None:
    night.opens()
    assert any(todo.title.startswith("分流") for todo in faces.todos(night.duty))
    night.says(multi_point_operators=["移动城区分公司"], stage="occurred")
    night.triages()
    actions.propose(night.at, "21", night.duty, Asked())
    assert any("待决定：II级响应" in todo.title for todo in faces.todos(night.commander))
    actions.start(night.at, "21", night.duty, Asked(post="总指挥", ordered_by="虚构commander", ordered_how="电话"))
    assert any("补签口头命令" in todo.title for todo in faces.todos(night.commander))
    assert not any("补签" in todo.title for todo in faces.todos(night.deputy))
    from luoshi.accounts.models import User

    assert list(faces.todos(User.objects.create(username="nobody"))) == []


def test_incidents_are_found_by_title_number_and_report(night: Any) -> None:
    found = night.opens()
    assert [hit.title for hit in faces.find("退服", night.duty, 5)] == [found.title]
    assert [hit.snippet for hit in faces.find(found.number, night.duty, 5)] == [found.number]
    assert list(faces.find("  ", night.duty, 5)) == []


def test_the_wall_of_the_house_counts_what_runs(night: Any) -> None:
    assert next(faces.wall()).note == "没有办理中的事件"
    night.runs()
    tiles = list(faces.wall())
    assert tiles[0].value == 1 and tiles[-1].lines[0][1] == "21号II级"


def test_a_reading_s_page_lists_the_decisions_that_rested_on_it(night: Any) -> None:
    plan = Instrument.objects.create(slug="21", title="预案")
    reading = Interpretation.objects.create(key="A01", instrument=plan, question="指挥长是谁？")
    night.runs()
    told = list(faces.leanings(reading))
    assert len(told) == 1 and "21号II级响应" in told[0].text
    unused = Interpretation.objects.create(key="A15", instrument=plan, question="？")
    assert list(faces.leanings(unused)) == []
