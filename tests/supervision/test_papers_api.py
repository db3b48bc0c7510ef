"""A program issues bulletins, takes the ledger out, brings feedback in, and gets a calendar address."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from tests.supervision.conftest import World
from tests.supervision.test_papers import book
from tests.supervision.test_screens import as_

from luoshi.supervision.models import Bulletin, Event, FeedbackFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def supervisor(world: World) -> Client:
    return as_(world.people["supervisor"])


def test_a_program_issues_a_bulletin_and_downloads_it(world: World, supervisor: Client) -> None:
    world.duty(deadline=date(2024, 9, 1), title="逾期的事")

    def issue(client: Client, month: str) -> Any:
        return client.post("/api/v1/bulletins", {"month": month}, content_type="application/json")

    assert issue(as_(world.people["handler"]), "2024-09").status_code == 403
    for month in ("去年", "2024-13", "2024-12", "0000-01"):
        answer = issue(supervisor, month)
        assert answer.status_code == 422 and answer.json()["field"] == "month", month
    made = issue(supervisor, "2024-09")
    assert made.status_code == 200, made.content
    row = Bulletin.objects.get()
    assert made.json()["sm3"] == row.sm3
    assert [b["id"] for b in supervisor.get("/api/v1/bulletins", {"month": "2024-09"}).json()] == [row.pk]
    assert supervisor.get("/api/v1/bulletins", {"month": "2024-08"}).json() == []
    assert supervisor.get(f"/api/v1/bulletins/{row.pk}").json()["figures"]["lights"]["red"] == 1
    file = supervisor.get(f"/api/v1/bulletins/{row.pk}/file")
    assert file["Content-Disposition"].startswith("attachment") and b"".join(file)[:2] == b"PK"
    assert supervisor.get("/api/v1/bulletins/999999/file").status_code == 404


def test_a_program_takes_out_the_ledger_it_asks_for(world: World, supervisor: Client) -> None:
    world.duty(deadline=date(2024, 9, 1), title="红的")
    world.duty(deadline=date(2024, 9, 20), title="黄的", instrument=world.quality, leads=["区市场监管局"])

    def titles(**query: str) -> list[str]:
        answer = supervisor.get("/api/v1/duties.xlsx", query)
        assert answer["Content-Type"] == XLSX
        sheet = load_workbook(io.BytesIO(answer.content))["督办台账"]
        return [str(row[3]) for row in sheet.iter_rows(min_row=2, values_only=True)]

    assert titles() == ["红的", "黄的"]
    assert titles(light="red") == titles(body="区工信局") == titles(document="城政发[2024]9号") == ["红的"]
    assert titles(state="closed") == []
    assert Client().get("/api/v1/duties.xlsx").status_code == 401


def test_a_program_checks_a_feedback_workbook_and_then_stores_it(world: World, supervisor: Client) -> None:
    duty = world.working()
    good, bad = book([duty.key, "", "", "在办"]), book([duty.key, "", "", "在办"], [duty.key, "", "", ""])

    def send(data: bytes, query: str = "", client: Client = supervisor) -> Any:
        return client.post(f"/api/v1/feedback{query}", {"file": SimpleUploadedFile("反馈.xlsx", data)})

    assert send(good, client=as_(world.people["handler"])).status_code == 403
    dry = send(bad, "?dry_run=true").json()
    assert (dry["errors"][0]["line"], dry["errors"][0]["column"], dry["stored"]) == (3, "进展情况", 0)
    refused = send(bad)
    assert refused.status_code == 422 and (refused.json()["line"], refused.json()["field"]) == (3, "进展情况")
    assert send(b"junk").status_code == 422
    assert send(good, "?dry_run=true").json()["rows"][0]["words"] == "在办"
    assert not FeedbackFile.objects.exists() and not Event.objects.filter(act="feedback_for").exists()
    assert send(good).json()["stored"] == 1
    assert Event.objects.get(act="feedback_for").words == "在办"
    assert send(good).status_code == 409
    form = supervisor.get("/api/v1/feedback/template.xlsx")
    assert form["Content-Type"] == XLSX and load_workbook(io.BytesIO(form.content)).active["A2"].value == duty.key


def test_a_program_gets_a_calendar_address_that_opens_without_signing_in(world: World, supervisor: Client) -> None:
    world.duty(deadline=date(2024, 10, 20), title="十月的事")
    first = supervisor.post("/api/v1/calendar-feed").json()["url"]
    assert "十月的事" in Client().get(first).content.decode()
    supervisor.post("/api/v1/calendar-feed")
    assert Client().get(first).status_code == 404
    assert as_(world.people["enterprise"]).post("/api/v1/calendar-feed").status_code == 403
