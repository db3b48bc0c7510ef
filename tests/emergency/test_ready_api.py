"""Drills, resources, after and wall over HTTP: the same acts, the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from luoshi.emergency import drills

pytestmark = pytest.mark.django_db
BASE = "/api/v1/emergency"


def signed_in(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"{BASE}/{path}", body, content_type="application/json")


def test_a_scenario_is_checked_kept_and_run_over_http(night: Any, client: Client) -> None:
    signed_in(client, night.duty)
    text, _ = drills.text_of("02-one-operator-multi-point")
    wrong = post(client, "scenarios/check", text=text.replace("act: propose", "act: nonsense", 1)).json()
    assert not wrong["usable"] and wrong["problems"][0]["line"] > 1
    kept = client.put(f"{BASE}/scenarios/ours", {"text": text}, content_type="application/json").json()
    assert kept["version"] == 1
    assert (
        client.put(f"{BASE}/scenarios/ours", {"text": text + "\n"}, content_type="application/json").status_code == 422
    )
    ran = post(client, "scenarios/ours/runs").json()
    assert ran["status"] == "Exercise" and ran["score"]["of"] > 0 and ran["result"]["sent"] == 0
    assert client.get(f"{BASE}/drills/{ran['id']}/sheet.docx").content[:2] == b"PK"
    assert client.get(f"{BASE}/drills").json()["drills"][0]["id"] == ran["id"]
    signed_in(client, night.stranger)
    assert post(client, "scenarios/ours/runs").status_code in (200, 403)


def test_a_table_top_moves_over_http(night: Any, client: Client) -> None:
    signed_in(client, night.duty)
    run = post(client, "scenarios/03-small-outage-reinforced/tabletops").json()
    moved = post(client, f"drills/{run['id']}/advance").json()
    assert moved["injected"] == 1
    assert post(client, f"drills/{run['id']}/advance", minutes=5).json()["now"] > moved["now"]
    assert post(client, f"drills/{run['id']}/finish").json()["state"] == "done"
    assert post(client, f"drills/{run['id']}/advance", minutes=5).status_code == 409


def test_resources_move_over_http_with_the_same_refusals(night: Any, client: Client) -> None:
    signed_in(client, night.duty)
    made = post(client, "resources/generator", name="油机（虚构）", owner_name="移动城区分公司", quantity=2).json()
    assert post(client, f"resources/items/{made['id']}/moves", kind="call", quantity=3).status_code == 409
    assert post(client, f"resources/items/{made['id']}/moves", kind="call", quantity=2).json()["free"] == 0
    assert client.get(f"{BASE}/resources/generator").json()["items"][0]["out"] == 2
    assert client.get(f"{BASE}/resources/nonsense").status_code == 404
    assert client.get(f"{BASE}/roster").json() == {"on_duty": {}}
    assert {row["name"]: row["counts"] for row in client.get(f"{BASE}/operators").json()["operators"]}[
        "铁塔城区分公司"
    ] is False


def test_the_wall_and_what_comes_after_answer_as_data(night: Any, client: Client) -> None:
    signed_in(client, night.duty)
    incident = night.runs()
    told = client.get(f"{BASE}/incidents/{incident.pk}/wall").json()
    assert told["plans"][0]["response"] == "II级" and told["known"]["原因"] == "外部突发事件"
    same = client.get(f"{BASE}/incidents/{incident.pk}/wall", {"seen": told["stamp"]}).json()
    assert same == {"stamp": told["stamp"], "changed": False}
    assert client.get(f"{BASE}/incidents/{incident.pk}/after").json() == {"reviews": []}
    cost = post(client, f"incidents/{incident.pk}/costs", what="租车（虚构）", amount_yuan="1200.50").json()
    assert (cost["amount_fen"], cost["payer"]) == (120_050, "财政分级承担")
    post(client, "upkeep/check")
    plans = {row["plan"]: row for row in client.get(f"{BASE}/upkeep").json()["plans"]}
    assert len(plans["21"]["linked"]) == 23 and plans["21"]["defects"]
