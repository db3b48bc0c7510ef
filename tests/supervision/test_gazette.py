"""The duties of the real gazette, as the pack has them: what a supervisor of the district finds on the first day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from luoshi.norms import packs
from luoshi.supervision import queries, rulebook, status
from luoshi.supervision.models import Conflict, Duty, DutyBody
from luoshi.supervision.wire import duty_json


@pytest.fixture
def gazette(db: Any, clock: Any) -> dict[str, Duty]:
    clock(datetime(2024, 12, 15, 9))
    packs.load(packs.folder("jccq"))
    return {d.key: d for d in queries.confirmed().select_related("instrument").prefetch_related("bodies__body")}


def on(duty: Duty, day: date) -> dict[str, Any]:
    fresh = status.whole().prefetch_related("events", "bodies__body").get(pk=duty.pk)
    return duty_json(fresh, day, rulebook.on(day), replay=True)


@pytest.mark.clause("09:三(一)1-2")
def test_the_brickworks_and_the_power_plant_turn_red_on_new_years_day(gazette: dict[str, Duty]) -> None:
    duty = gazette["09:三(一)1-2"]
    leads = [b.printed for b in duty.bodies.all() if b.role == "lead"]
    assert leads == ["区发改局", "区工信局", "区民营经济局", "区生态环境分局", "区行政审批局"]
    assert [b.printed for b in duty.bodies.all() if b.role != "lead"] == ["各镇(街道)"]
    assert duty.light == "yellow" and duty.joint_lead and duty.open_list
    assert on(duty, date(2024, 12, 31))["light"] == "yellow"
    assert on(duty, date(2025, 1, 1))["light"] == "red"
    assert {t["value"] for t in on(duty, date(2025, 1, 1))["targets"]} == {1}


@pytest.mark.clause("09:二(一)", "09:三(二)7-1")
def test_what_the_city_has_not_set_is_awaited_and_never_green(gazette: dict[str, Duty]) -> None:
    for key in ("09:二(一)", "09:三(二)7-1"):
        shown = on(gazette[key], date(2025, 6, 1))
        assert shown["light"] != "green"
        assert any(t["awaited"] and t["verdict"] == "unknown" and t["value"] is None for t in shown["targets"])


@pytest.mark.clause("26:一(二)1-2", "26:二(五)3", "26:三(八)3")
def test_thirty_and_fifty_five_stand_side_by_side_on_the_desk(gazette: dict[str, Duty]) -> None:
    found = Conflict.objects.get(indicator_key__startswith="高新技术企业")
    assert sorted(int(t.value or 0) for t in found.members.all()) == [30, 30, 55]
    assert found.state == "open"


@pytest.mark.clause("08:二(一).责", "08:二(二).责", "08:二(三).责", "08:二(九).责")
def test_stage_results_and_plain_deadlines_of_the_service_plan_are_told_apart(gazette: dict[str, Duty]) -> None:
    of_8 = [d for d in gazette.values() if d.instrument.slug == "08" and not d.goal]
    stage = [d for d in of_8 if d.stage_result]
    assert stage and all(d.continuous and d.deadline == date(2024, 12, 31) for d in stage)
    windows = next(d for d in of_8 if "08:二(三).责" in d.clauses)
    assert windows.deadline == date(2024, 12, 31) and not windows.continuous
    promise = next(d for d in of_8 if "08:二(九).责" in d.clauses)
    assert promise.deadline == date(2025, 12, 31) and len(promise.bodies.all()) == 11


@pytest.mark.clause("23:二(二)5.10", "23:二(四)12.4", "23:二(六)24.2")
def test_elderly_care_targets_are_due_at_the_end_of_2025(gazette: dict[str, Duty]) -> None:
    cited = [d for d in gazette.values() if set(d.clauses) & {"23:二(二)5.10", "23:二(四)12.4", "23:二(六)24.2"}]
    assert cited
    for duty in cited:
        due = {t["due"] for t in on(duty, date(2025, 6, 1))["targets"] if t["due"]}
        assert "2025-12-31" in due or duty.deadline == date(2025, 12, 31)


@pytest.mark.clause("26:一(二)1-1")
def test_energy_use_per_gdp_lacks_its_base_period(gazette: dict[str, Duty]) -> None:
    [target] = on(gazette["26:一(二)1-1"], date(2026, 1, 10))["targets"]
    assert target["verdict"] == "unknown" and "缺基期" in target["verdict_reason"]


def test_every_named_body_is_in_the_directory_and_nothing_is_green_without_cause(gazette: dict[str, Duty]) -> None:
    assert not DutyBody.objects.filter(body__isnull=True).exists()
    assert {d.light_why for d in gazette.values() if d.light == "green"} <= {"未到期"}
    assert all(d.light == "grey" for d in gazette.values() if d.continuous and not d.deadline)
    assert queries.board().all.total == len(gazette)
