"""The course of an incident over HTTP: same answers, same refusals, safe to repeat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from luoshi.emergency.models import Incident, Response

pytestmark = pytest.mark.django_db
BASE = "/api/v1/emergency"


class Http:
    def __init__(self, user: Any) -> None:
        self.client = Client()
        self.client.force_login(user)

    def get(self, path: str) -> Any:
        answer = self.client.get(BASE + path)
        return answer.status_code, answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(BASE + path, json.dumps(body), content_type="application/json")
        return answer.status_code, answer.json()


def test_a_response_runs_from_open_to_end_over_http(night: Any) -> None:
    duty, commander = Http(night.duty), Http(night.commander)
    status, told = duty.post(
        "/incidents", title="机房火情", places=["北石店镇"], once="o" * 32,
        facts=[{"name": "beyond_district_capacity", "value": True}, {"name": "stage", "value": "occurred"}],
    )  # fmt: skip
    assert status == 200
    pk = told["incident"]
    again = duty.post("/incidents", title="机房火情", once="o" * 32)
    assert again[1].get("incident") == pk, again
    assert duty.post(f"/incidents/{pk}/acts/triage", plan="21", outcome="true")[0] == 200
    status, told = duty.get(f"/incidents/{pk}")
    assert told["plans"][0]["card"]["response"]["level"] == "I"
    assert duty.post(f"/incidents/{pk}/acts/propose", plan="21")[0] == 200
    status, told = Http(night.deputy).post(f"/incidents/{pk}/acts/start", plan="21")
    assert (status, told["error"], told["cite"]) == (409, "refused", "21:4.3.1(2)")
    assert commander.post(f"/incidents/{pk}/acts/start", plan="21", once="s" * 32)[0] == 200
    assert commander.post(f"/incidents/{pk}/acts/start", plan="21", once="s" * 32)[0] == 200
    assert Response.objects.count() == 1
    shown = {"controlled": "是", "secondary_cleared": "是", "stable": "是"}
    assert commander.post(f"/incidents/{pk}/acts/end", plan="21", evidence=shown)[0] == 200
    status, told = duty.get("/incidents?state=open")
    assert [row["id"] for row in told["incidents"]] == [pk]


def test_what_cannot_be_used_names_its_field(night: Any) -> None:
    night.opens()
    duty = Http(night.duty)
    pk = night.at.pk
    status, told = duty.post(f"/incidents/{pk}/facts", facts=[{"name": "spred", "value": True}])
    assert (status, told["field"]) == (422, "spred")
    status, told = duty.post(f"/incidents/{pk}/acts/fly")
    assert (status, told["field"]) == (422, "name")
    assert duty.post("/incidents/999999/acts/close", reason="x")[0] == 404
    assert Incident.objects.count() == 1


def test_who_may_not_is_told_which_permission(night: Any) -> None:
    night.opens()
    stranger = Http(night.stranger)
    assert stranger.post(f"/incidents/{night.at.pk}/acts/triage", plan="21", outcome="true")[0] == 403
    assert stranger.post(f"/incidents/{night.at.pk}/facts", facts=[{"name": "minor_harm", "value": True}])[0] == 403


def test_propose_answers_as_the_command_does(night: Any) -> None:
    from luoshi.emergency import proposing

    facts = {"triage": "true", "stage": "occurred", "multi_point_operators": ["移动"]}
    status, told = Http(night.duty).post("/propose", facts=facts)
    assert status == 200
    wanted = json.loads(json.dumps(proposing.propose(facts)))
    assert told["plans"][0]["response"]["level"] == wanted["plans"][0]["response"]["level"] == "II"
    assert told == wanted


def test_a_plan_is_data_and_its_defects_are_listed(night: Any) -> None:
    duty = Http(night.duty)
    assert duty.get("/plans/21")[1]["plan"]["title"] == "晋城市城区通信保障应急预案"
    assert duty.get("/plans/99")[0] == 404
    codes = {defect["code"] for defect in duty.get("/plans/21/defects")[1]["defects"]}
    assert "clock_without_number" in codes
