"""A conflict somebody has settled counts: the chosen value judges wherever a verdict is shown, from that day on."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from tests.supervision.conftest import D, World
from tests.supervision.test_screens import as_

from luoshi.kernel.acting import SYSTEM
from luoshi.supervision import bulletin, conflicts, measures, queries, status, workbook
from luoshi.supervision.drafting import Draft, DraftTarget, replace
from luoshi.supervision.models import Conflict, Duty, Target

DUE = date(2024, 12, 31)


def goal(world: World, key: str, op: str, value: str, due: date = DUE) -> Duty:
    """An indicator nobody is named for: its light follows its verdict."""
    aim = DraftTarget("高新技术企业数", op, D(value), unit="家", due=due)
    return world.duty(instrument=world.quality, key=key, path=key[3:], leads=[], deadline=due, targets=[aim])


@pytest.fixture
def low(world: World, clock: Any) -> Duty:
    """30 asked for in one sentence, more than 55 in another; 40 were counted when the year was over."""
    duty = goal(world, "26:二(五)", ">=", "30")
    goal(world, "26:三(八)", ">", "55")
    conflicts.detect(world.people["supervisor"].as_actor())
    clock(datetime(2025, 1, 6, 9))
    for aim in Target.objects.all():
        measures.enter(aim, world.people["supervisor"], measures.Measured(D("40"), DUE, "科技局"))
    duty.refresh_from_db()
    return duty


def choose(world: World, value: str | None) -> Conflict:
    found = Conflict.objects.get()
    pick = found.members.get(value=D(value)).pk if value else None
    return conflicts.decide(found, world.people["leader"], chosen=pick, reason="以专章为准")


def light(duty: Duty) -> str:
    return Duty.objects.get(pk=duty.pk).light


def listed(monkeypatch: Any, capsys: Any, duty: Duty, *more: str) -> dict[str, Any]:
    from luoshi.supervision import commands

    monkeypatch.setattr(commands, "ensure_data", lambda *_: None)
    commands.duties.main(["list", "--json", *more], standalone_mode=False)
    rows = json.loads(capsys.readouterr().out)
    [aim] = next(row for row in rows if row["key"] == duty.key)["targets"]
    return dict(aim)


def test_leader_chooses_the_higher_value_and_the_duty_that_met_the_lower_turns_red(world: World, low: Duty) -> None:
    assert light(low) == "green" and queries.board().all.green == 1
    choose(world, "55")
    assert light(low) == "red" and queries.board().all.red == 2 and queries.board().all.green == 0
    kept = {(t.axis, t.ref, t.measure): t.count for t in queries.Tally.objects.exclude(count=0)}
    status.rebuild()
    assert {(t.axis, t.ref, t.measure): t.count for t in queries.Tally.objects.exclude(count=0)} == kept


def test_leader_chooses_the_lower_value_and_the_duty_asked_for_more_is_met(world: World, low: Duty) -> None:
    high = Duty.objects.get(key="26:三(八)")
    assert high.light == "red"
    choose(world, "30")
    assert light(high) == "green" and light(low) == "green"


def test_leader_lets_the_values_stand_side_by_side_and_each_is_judged_as_written(world: World, low: Duty) -> None:
    choose(world, None)
    assert light(low) == "green" and light(Duty.objects.get(key="26:三(八)")) == "red"


def test_an_earlier_step_of_the_chosen_plan_is_no_loser(world: World, clock: Any) -> None:
    step = goal(world, "26:一", ">=", "20", date(2024, 9, 1))
    goal(world, "26:二(五)", ">=", "30")
    goal(world, "26:三(八)", ">", "55")
    conflicts.detect(SYSTEM)
    assert Conflict.objects.get().members.count() == 3
    measures.enter(
        step.targets.get(), world.people["supervisor"], measures.Measured(D("21"), date(2024, 9, 1), "科技局")
    )
    choose(world, "55")
    assert light(step) == "green"


def test_shell_lists_the_verdict_by_the_chosen_value_with_the_decision(
    world: World, low: Duty, monkeypatch: Any, capsys: Any
) -> None:
    before = listed(monkeypatch, capsys, low)
    found = Conflict.objects.get()
    assert (before["verdict"], before["superseded"], before["open_conflict"]) == ("met", None, found.pk)
    choose(world, "55")
    after = listed(monkeypatch, capsys, low)
    assert after["verdict"] == "missed" and after["value"] == 30 and after["open_conflict"] is None
    assert after["superseded"] == {
        "conflict": found.pk,
        "url": reverse("supervision:conflict", args=[found.pk]),
        "citation": "26:三(八)",
        "value": 55,
        "words": ">55家",
        "decided_on": "2025-01-06",
    }
    assert "已由裁定取代" in after["verdict_reason"]


def test_shell_asks_for_a_day_before_the_decision_and_gets_what_held_then(
    world: World, low: Duty, monkeypatch: Any, capsys: Any, clock: Any
) -> None:
    clock(datetime(2025, 2, 3, 9))
    choose(world, "55")
    then = listed(monkeypatch, capsys, low, "--as-of", "2025-01-31")
    assert (then["verdict"], then["superseded"]) == ("met", None)
    assert listed(monkeypatch, capsys, low)["verdict"] == "missed"
    assert bulletin.figures("2025-01").lights["red"] == 1 and bulletin.figures("2025-02").lights["red"] == 2


def test_supervisor_reads_on_the_duty_page_that_the_value_is_superseded(world: World, low: Duty) -> None:
    client, found = as_(world.people["supervisor"]), Conflict.objects.get()
    url, decision = reverse("supervision:duty", args=[low.pk]), reverse("supervision:conflict", args=[found.pk])
    page = client.get(url).content.decode()
    assert "尚未裁定" in page and decision in page and "已由裁定取代" not in page
    choose(world, "55")
    page = client.get(url).content.decode()
    assert "已由裁定取代" in page and decision in page and "&gt;55家" in page and "尚未裁定" not in page
    other = reverse("supervision:duty", args=[Duty.objects.get(key="26:三(八)").pk])
    assert "已由裁定取代" not in client.get(other).content.decode()


def test_resident_reads_on_the_public_page_which_value_counts(world: World, low: Duty) -> None:
    url = reverse("supervision:public", args=[low.pk])
    assert "数值待裁定" in Client().get(url).content.decode()
    choose(world, "55")
    page = Client().get(url).content.decode()
    assert "已由裁定取代" in page and "&gt;55家" in page and "未达到" in page
    assert "以专章为准" not in page and "/supervision/conflicts/" not in page


def test_resident_is_not_shown_a_value_of_a_document_that_is_not_public(world: World, low: Duty) -> None:
    world.air.public = False
    world.air.save()
    Duty.objects.filter(key="26:三(八)").update(instrument=world.air)
    choose(world, "55")
    page = Client().get(reverse("supervision:public", args=[low.pk])).content.decode()
    assert "已由裁定取代" in page and "55" not in page


def test_the_ledger_workbook_says_by_which_value_it_judges(world: World, low: Duty) -> None:
    choose(world, "55")
    sheet = load_workbook(io.BytesIO(workbook.ledger(queries.confirmed().filter(pk=low.pk))))["督办台账"]
    cells = [str(cell.value) for cell in sheet[2]]
    assert any("已由裁定取代，按 26:三(八) 的“>55家”判定" in cell for cell in cells)


def test_a_reading_of_the_chosen_indicator_turns_the_light_of_the_one_that_lost(world: World, low: Duty) -> None:
    choose(world, "55")
    chosen = Target.objects.get(value=D("55"))
    measures.enter(chosen, world.people["supervisor"], measures.Measured(D("56"), DUE, "科技局更正"))
    assert light(low) == "green"


def test_loading_the_pack_again_keeps_the_decision(world: World, low: Duty) -> None:
    choose(world, "55")
    measures.Reading.objects.all().delete()
    for duty in Duty.objects.all():
        [aim] = duty.targets.all()
        draft = Draft(duty.key, duty.instrument, duty.key[3:], duty.title, deadline=DUE)
        draft.targets = [DraftTarget(aim.indicator, aim.op, aim.value, unit="家", due=DUE, note="补注")]
        replace(duty, draft, {})
    assert conflicts.detect(SYSTEM) == 0
    found = Conflict.objects.get()
    assert found.chosen == Target.objects.get(value=D("55"), note="补注") and found.members.count() == 2


def test_a_changed_value_opens_the_conflict_again_and_lifts_the_ruling(world: World, low: Duty) -> None:
    choose(world, "55")
    Target.objects.filter(value=D("55")).update(value=D("60"))
    assert conflicts.detect(SYSTEM) == 1
    assert light(low) == "green" and Conflict.objects.get().state == "open"


def test_many_losers_cost_a_list_no_more_queries(world: World, low: Duty) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    choose(world, "55")
    client = as_(world.people["supervisor"])
    client.get("/api/v1/duties")
    with CaptureQueriesContext(connection) as few:
        client.get("/api/v1/duties")
    for n in range(20):
        goal(world, f"26:四{n}", ">=", f"{30 + n}")
    conflicts.detect(SYSTEM)
    choose(world, "55")
    with CaptureQueriesContext(connection) as many:
        rows = client.get("/api/v1/duties").json()["duties"]
    assert sum(bool(row["targets"][0]["superseded"]) for row in rows) == 21
    assert len(many) <= len(few)
