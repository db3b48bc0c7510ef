"""Plans on screen: this district's and one brought in from elsewhere, each with what a careful reader would ask."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from luoshi.emergency import bundle, live, plans
from luoshi.emergency.models import PlanSnapshot

pytestmark = pytest.mark.django_db


def _foreign() -> PlanSnapshot:
    """Another district's plan: level III is called II once more, and its clock has no number."""
    data = bundle.take(plans.read())
    data["plans"] = {"tx1": data["plans"].pop("21")}
    data["pack"] = "tx"
    levels = [row for row in data["plans"]["tx1"]["plan_levels.yaml"] if row["kind"] == "response"]
    levels[-1]["level"] = "II"
    rows = (bundle._entries(data["shared"], bundle.SHARED, "", "t"),
            {"tx1": bundle._entries(data["plans"]["tx1"], bundle.FILES, "tx1", "t")})  # fmt: skip
    from luoshi.norms.pack import InterpretationRow, ParameterRow

    readings = [InterpretationRow.model_validate(row) for row in data["readings"]]
    parameters = [ParameterRow.model_validate(row) for row in data["parameters"]]
    made = plans.assemble("tx", *rows, readings, parameters, [])
    return live.keep(data | {"digest": made.digest})


def test_a_foreign_plan_is_checked_like_our_own_and_judges_no_incident_of_ours(night: Any) -> None:
    ours = live.current()
    foreign = _foreign()
    assert live.current().pk == ours.pk
    client = Client()
    client.force_login(night.duty)
    text = client.get(reverse("emergency:plan_editions")).content.decode()
    assert "外来规范包" in text and "本区现行" in text
    text = client.get(reverse("emergency:plan", args=[foreign.pk, "tx1"])).content.decode()
    assert "级别重复" in text
    text = client.get(reverse("emergency:plan", args=[ours.pk, "21"]) + "?code=clock_without_number").content.decode()
    assert "没有数字" in text
    assert client.get(reverse("emergency:plan", args=[ours.pk, "tx1"])).status_code == 404
    assert {case.plan for case in night.opens().cases.all()} == {"21", "22"}


def test_the_same_bundle_kept_twice_is_one_edition(db: Any) -> None:
    data = bundle.take(plans.read())
    assert live.keep(data).pk == live.keep(data).pk
    assert PlanSnapshot.objects.count() == 1


def test_a_bundle_that_was_altered_is_refused() -> None:
    from luoshi.kernel.errors import BadInput

    data = bundle.take(plans.read())
    data["plans"]["21"]["plan.yaml"][0]["title"] = "别的预案"
    with pytest.raises(BadInput, match="摘要不符"):
        bundle.plans_of(data)
    for broken in ("", "不是", bundle.packed({"format": "x"})):
        with pytest.raises(BadInput):
            bundle.plans_of(bundle.unpacked(broken))
