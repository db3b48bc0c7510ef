"""A supervisor enters a duty by hand: on screen and through the API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.supervision.conftest import World
from tests.supervision.test_screens import as_

from luoshi.ledger.models import Entry
from luoshi.norms.models import Clause
from luoshi.supervision import queries
from luoshi.supervision.models import Duty

URL = "/supervision/duties/new/"


def form(world: World, **more: Any) -> dict[str, Any]:
    return {
        "title": "关停砖厂",
        "instrument": world.air.pk,
        "path": "三(一)9",
        "lead": "区工信局",
        "cooperate": "区生态环境分局、区市场监管局",
        "deadline": "2024-12-31",
        "reason": "句子没有写“负责”，没有自动列出",
        **more,
    }


def test_supervisor_enters_a_duty_by_hand_and_it_stands_on_the_board(world: World) -> None:
    client = as_(world.people["supervisor"])
    assert URL in client.get(reverse("supervision:proposals")).content.decode()
    assert "人工立项" in client.get(URL).content.decode()
    answer = client.post(URL, form(world))
    duty = Duty.objects.get()
    assert answer.status_code == 302 and answer["Location"] == reverse("supervision:duty", args=[duty.pk])
    assert (duty.citation, duty.source, duty.status, duty.light) == ("09:三(一)9", "manual", "confirmed", "green")
    assert duty.deadline == duty.deadline_printed == date(2024, 12, 31)
    assert [(b.printed, b.role) for b in duty.bodies.all()] == [
        ("区工信局", "lead"),
        ("区生态环境分局", "cooperate"),
        ("区市场监管局", "cooperate"),
    ]
    assert queries.board().all.total == 1 and "没有自动列出" in duty.decision_reason
    assert Entry.objects.filter(kind="supervision.confirm", subject=duty.subject).exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "事项"),
        ({"instrument": ""}, "文件"),
        ({"path": "九(九)9"}, "里没有“九(九)9”这一处"),
        ({"path": "26:三(一)9"}, "不在所选的文件里"),
        ({"lead": "区没有局"}, "机构名录里没有“区没有局”"),
        ({"cooperate": "区没有局"}, "机构名录里没有“区没有局”"),
        ({"lead": ""}, "牵头"),
        ({"cooperate": "区工信局"}, "“区工信局”写了两次"),
        ({"deadline": "2024-01-01"}, "期限早于文件日期"),
        ({"deadline": "年底"}, "期限"),
        ({"reason": ""}, "理由"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(world: World, wrong: dict[str, str], said: str) -> None:
    Clause.objects.create(instrument=world.air, key="09:三(一)9", path="三(一)9", gist="关停砖厂", order=1)
    answer = as_(world.people["supervisor"]).post(URL, form(world, **wrong))
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    assert ("没有自动列出" if "reason" not in wrong else "关停砖厂") in page
    assert 'aria-invalid="true"' in page and not Duty.objects.exists()


def test_the_same_duty_is_not_entered_twice(world: World) -> None:
    client = as_(world.people["supervisor"])
    client.post(URL, form(world))
    again = client.post(URL, form(world))
    assert again.status_code == 422 and "已有同名事项" in again.content.decode()
    client.post(URL, form(world, title="另一件事", path="09:三（一）9"))
    assert [d.key for d in Duty.objects.order_by("pk")] == ["09:三(一)9-人工1", "09:三(一)9-人工2"]


def test_the_form_opens_at_the_place_somebody_came_from(world: World) -> None:
    page = as_(world.people["supervisor"]).get(URL, {"citation": "26:四(二)"}).content.decode()
    assert 'value="四(二)"' in page and f'<option value="{world.quality.pk}" selected' in page


def test_handler_cannot_enter_a_duty(world: World) -> None:
    assert as_(world.people["handler"]).post(URL, form(world)).status_code == 403
    assert not Duty.objects.exists()


def test_a_program_enters_a_duty(world: World) -> None:
    given = {"citation": "09:三(一)9", "title": "关停砖厂", "lead": ["区工信局"], "continuous": True, "reason": "补录"}

    def post(client: Client, **more: Any) -> Any:
        return client.post("/api/v1/duties", {**given, **more}, content_type="application/json")

    client = as_(world.people["supervisor"])
    assert post(as_(world.people["handler"])).status_code == 403
    for field, value in (("citation", "99:一"), ("lead", ["区没有局"]), ("lead", []), ("reason", " ")):
        bad = post(client, **{field: value})
        assert bad.status_code == 422 and bad.json()["field"] == field, bad.content
    made = post(client)
    assert made.status_code == 200 and made.json()["key"] == "09:三(一)9-人工1" and made.json()["lead"] == ["区工信局"]
    assert Duty.objects.get().events.get().act == "confirm"
