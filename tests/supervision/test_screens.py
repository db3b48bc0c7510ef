"""The screens and the API as people use them, and what each costs in queries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.supervision.conftest import D, World
from tests.supervision.test_papers import book

from luoshi.accounts.models import User
from luoshi.faces import finders, tiles, todo
from luoshi.norms.margin import collect
from luoshi.supervision import actions, hooks, status
from luoshi.supervision.actions import Asked
from luoshi.supervision.drafting import Draft, DraftBody, DraftTarget, store
from luoshi.supervision.models import Conflict, Duty, Evidence, FeedbackFile


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


PAGES = ["board", "mine", "duties", "proposals", "conflicts", "calendar", "scoreboard", "bulletins", "feedback_files"]


@pytest.mark.parametrize("page", PAGES)
def test_every_screen_shows_its_empty_state(world: World, page: str) -> None:
    answer = as_(world.people["supervisor"]).get(reverse(f"supervision:{page}"))
    assert answer.status_code == 200 and "<h1>" in answer.content.decode()


def grow(world: World, count: int) -> None:
    bodies = [DraftBody(name, "lead", world.bodies[name]) for name in ("区工信局", "区生态环境分局")]
    drafts = []
    for _ in range(count):
        world.made += 1
        n = world.made
        drafts.append(
            Draft(
                key=f"09:九{n}",
                instrument=world.air,
                path=f"九{n}",
                title=f"事项{n}",
                bodies=bodies,
                deadline=date(2024, 9 + n % 3, 10),
                targets=[DraftTarget(f"家数{n}", ">=", D("5"), unit="家")],
            )
        )
    store(drafts)
    status.refresh_all()


@pytest.mark.parametrize("page", PAGES)
def test_a_screen_costs_the_same_queries_for_ten_duties_and_for_two_hundred(
    world: World, page: str, django_assert_max_num_queries: Any
) -> None:
    client = as_(world.people["supervisor"])
    grow(world, 10)
    client.get(reverse(f"supervision:{page}"))
    few = _count(client, page)
    grow(world, 190)
    assert _count(client, page) <= few + 2, page  # a second page of rows may add its own count
    assert few <= 30


def _count(client: Client, page: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(reverse(f"supervision:{page}")).status_code == 200
    return len(seen)


def test_a_list_is_filtered_by_what_stands_in_its_address(world: World) -> None:
    world.duty(deadline=date(2024, 9, 1), title="红的")
    world.duty(deadline=date(2024, 9, 20), title="黄的", instrument=world.quality, leads=["区市场监管局"])
    client = as_(world.people["supervisor"])
    body, document = world.bodies["区市场监管局"].pk, world.air.pk
    for query, shown, hidden in (
        ("light=red", "红的", "黄的"),
        (f"body={body}", "黄的", "红的"),
        (f"document={document}&light=red", "红的", "黄的"),
        ("month=2024-09&q=黄", "黄的", "红的"),
        ("state=established&sort=-due", "黄的", "没有"),
    ):
        page = client.get(f"/supervision/duties/?{query}").content.decode()
        rows = page.partition("<tbody>")[2]
        assert shown in rows and hidden not in rows, query
    assert "没有符合" in client.get("/supervision/duties/?month=2031-01").content.decode()
    assert client.get("/supervision/duties/?light=purple&body=x").status_code == 200
    assert client.get("/supervision/duties/?export=csv").status_code == 200


def test_the_page_of_a_duty_costs_the_same_for_a_long_history(world: World) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    duty = world.working()
    client = as_(world.people["supervisor"])
    url = reverse("supervision:duty", args=[duty.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as short:
        client.get(url)
    for n in range(20):
        actions.feedback(duty, world.people["handler"], Asked(f"第{n}次"))
    with CaptureQueriesContext(connection) as long:
        page = client.get(url).content.decode()
    assert len(long) <= len(short) and "第19次" in page


def test_a_handler_signs_and_feeds_back_on_screen(world: World) -> None:
    duty = world.assigned(deadline=date(2024, 12, 31))
    client = as_(world.people["handler"])
    page = client.get(reverse("supervision:duty", args=[duty.pk])).content.decode()
    assert "签收" in page and "核验通过" not in page
    client.post(reverse("supervision:act", args=[duty.pk, "receive"]), {"version": duty.version + 0})
    duty.refresh_from_db()
    assert duty.state == "received"
    file = SimpleUploadedFile("照片.png", b"\x89PNG proof", "image/png")
    answer = client.post(
        reverse("supervision:act", args=[duty.pk, "feedback"]),
        {"words": "已断电", "progress": "70", "files": [file], "version": duty.version},
    )
    assert answer.status_code == 302
    kept = Evidence.objects.get()
    download = client.get(reverse("supervision:evidence", args=[kept.pk]))
    assert download["Content-Disposition"].startswith("attachment") and b"".join(download) == b"\x89PNG proof"


def test_a_form_that_is_refused_keeps_what_was_typed(world: World) -> None:
    duty = world.working()
    answer = as_(world.people["handler"]).post(
        reverse("supervision:act", args=[duty.pk, "feedback"]), {"words": "写了很久的话", "progress": "700"}
    )
    assert answer.status_code == 422 and "写了很久的话" in answer.content.decode()
    stale = as_(world.people["supervisor"]).post(
        reverse("supervision:act", args=[duty.pk, "suspend"]), {"words": "停", "version": duty.version - 1}
    )
    assert stale.status_code == 422 and "刚刚有变化" in stale.content.decode()


def test_what_is_not_open_is_refused_with_its_reason(world: World) -> None:
    duty = world.duty()
    assert as_(world.people["handler"]).get(reverse("supervision:act", args=[duty.pk, "assign"])).status_code == 409
    assert as_(world.people["enterprise"]).get(reverse("supervision:board")).status_code == 403
    assert Client().get(reverse("supervision:board")).status_code == 302
    assert as_(world.people["handler"]).get(reverse("supervision:proposals")).status_code == 403


def test_a_supervisor_works_through_the_desks_on_screen(world: World) -> None:
    client = as_(world.people["supervisor"])
    duty = world.duty(status="proposed", gist="一句话")
    assert duty.title in client.get(reverse("supervision:proposals")).content.decode()
    client.post(reverse("supervision:decide_proposal", args=[duty.pk, "confirm"]), {"reason": "", "version": 0})
    duty.refresh_from_db()
    assert duty.status == "confirmed"
    answer = client.post(
        reverse("supervision:correct", args=[duty.pk]),
        {
            "title": "改后的事",
            "lead": "区工信局\n区没有局",
            "period": "month",
            "reason": "读错",
            "version": duty.version,
        },
    )
    assert answer.status_code == 422 and "区没有局" in answer.content.decode()
    answer = client.post(
        reverse("supervision:correct", args=[duty.pk]),
        {
            "title": "改后的事",
            "lead": "区工信局\n区市场监管局",
            "period": "month",
            "reason": "读错",
            "version": duty.version,
        },
    )
    duty.refresh_from_db()
    assert answer.status_code == 302 and duty.title == "改后的事" and duty.bodies.count() == 2


def test_a_conflict_is_settled_on_screen(world: World) -> None:
    from luoshi.supervision import conflicts

    for value in ("30", "55"):
        world.duty(targets=[{"indicator": "高新技术企业数", "op": ">=", "value": D(value), "unit": "家"}])
    conflicts.detect(world.people["supervisor"].as_actor())
    found = Conflict.objects.get()
    client = as_(world.people["leader"])
    url = reverse("supervision:conflict", args=[found.pk])
    page = client.get(url).content.decode()
    assert "≥30家" in page and "≥55家" in page
    assert client.post(url, {"chosen": "all", "reason": ""}).status_code == 422
    assert client.post(url, {"chosen": "all", "reason": "口径不同"}).status_code == 302
    assert "口径不同" in client.get(url).content.decode()


def test_a_workbook_is_checked_on_screen_before_it_is_stored(world: World) -> None:
    duty = world.working()
    client = as_(world.people["supervisor"])
    bad = SimpleUploadedFile("反馈.xlsx", book([duty.key, "", "", ""]))
    answer = client.post(reverse("supervision:feedback_files"), {"file": bad}, follow=True)
    assert "没有填" in answer.content.decode()
    good = SimpleUploadedFile("反馈2.xlsx", book([duty.key, "", "", "在办"]))
    client.post(reverse("supervision:feedback_files"), {"file": good})
    kept = FeedbackFile.objects.get(name="反馈2.xlsx")
    client.post(reverse("supervision:feedback_file", args=[kept.pk]))
    assert duty.events.filter(act="feedback_for").count() == 1
    junk = client.post(reverse("supervision:feedback_files"), {"file": SimpleUploadedFile("x.xlsx", b"junk")})
    assert junk.status_code == 422 and "不是可以打开的" in junk.content.decode()


def test_a_bulletin_is_previewed_issued_and_downloaded(world: World, clock: Any) -> None:
    world.duty(deadline=date(2024, 9, 1), title="逾期的事")
    client = as_(world.people["supervisor"])
    assert "逾期的事" in client.get(reverse("supervision:bulletin_new"), {"month": "2024-09"}).content.decode()
    assert client.get(reverse("supervision:bulletin_new"), {"month": "去年"}).status_code == 422
    client.post(reverse("supervision:bulletin_new"), {"month": "2024-09"})
    page = client.get(reverse("supervision:bulletins")).content.decode()
    assert "2024年9月重点工作" in page
    from luoshi.supervision.models import Bulletin

    data = b"".join(client.get(reverse("supervision:bulletin_file", args=[Bulletin.objects.get().pk])))
    assert data[:2] == b"PK"
    assert client.get(reverse("supervision:ledger"))["Content-Type"].endswith("sheet")
    assert client.get(reverse("supervision:feedback_template")).status_code == 200


def test_residents_see_the_status_and_no_inner_words(world: World) -> None:
    duty = world.working(title="关停砖厂")
    page = Client().get(reverse("supervision:public", args=[duty.pk])).content.decode()
    assert "关停砖厂" in page and "办理中" in page
    assert "已完成一半" not in page and "验收单" not in page
    hidden = world.duty(status="proposed")
    assert Client().get(reverse("supervision:public", args=[hidden.pk])).status_code == 404


def test_the_margin_the_todo_the_finder_and_the_wall_know_the_duty(world: World) -> None:
    duty = world.assigned(title="关停砖厂", deadline=date(2024, 9, 1))
    [note] = collect(world.air, public=True)[duty.citation[3:]]
    assert note.light == "red" and note.owner == "区工信局"
    assert any("签收：关停砖厂" in t.title for t in todo.collect(world.people["handler"])[0])
    assert not any("签收" in t.title for t in todo.collect(world.people["handler2"])[0])
    assert [f.title for f in hooks.find("砖厂", world.people["supervisor"], 5)] == ["关停砖厂"]
    assert finders.find("砖厂", world.people["supervisor"])
    assert any(t.label == "逾期" and t.value == 1 for t in tiles.collect())
    panel = hooks.panel(world.bodies["区工信局"], world.people["supervisor"])
    assert panel is not None and panel.context["rows"]


def test_a_program_lists_and_acts_with_a_token(world: World) -> None:
    from luoshi.accounts.actions import create_token

    duty = world.assigned(deadline=date(2024, 12, 31))
    _, text = create_token(world.people["handler"], "测试", by=world.people["handler"].as_actor())
    head = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    client = Client()
    assert client.get("/api/v1/duties").status_code == 401
    found = client.get("/api/v1/duties", {"document": "城政发[2024]9号"}, **head).json()
    assert found["duties"][0]["citation"] == duty.citation and found["next"] is None
    past = client.get("/api/v1/duties", {"as_of": "2025-01-01"}, **head).json()
    assert past["duties"][0]["light"] == "red"
    answer = client.post(f"/api/v1/duties/{duty.pk}/acts/receive", {}, **head)
    assert answer.status_code == 200 and answer.json()["state"] == "received"
    refused = client.post(f"/api/v1/duties/{duty.pk}/acts/suspend", {"words": "停"}, **head)
    assert refused.status_code == 409 and "督查员" in refused.json()["reason"]
    assert client.post(f"/api/v1/duties/{duty.pk}/acts/nonsense", {}, **head).status_code == 422
    events = duty.events.count()
    unread = client.post(
        f"/api/v1/duties/{duty.pk}/acts/urge", '{"words": "催"', content_type="application/json", **head
    )
    assert (unread.status_code, unread.json()["field"], duty.events.count()) == (422, "Content-Type", events)
    one = client.get(f"/api/v1/duties/{duty.pk}", **head).json()
    assert [e["act"] for e in one["events"]] == ["assign", "receive"]
    assert {a["code"] for a in one["acts"]} == {"feedback"}
    assert client.get("/api/v1/duties/board", **head).json()["all"]["label"]
    assert "得分" in client.get("/api/v1/duties/scoreboard", **head).json()["formula"]
    assert client.get("/api/v1/proposals", **head).status_code == 403
    assert client.get("/api/v1/duties/999999", **head).status_code == 404


def test_readings_enter_through_the_api_exactly(world: World, clock: Any) -> None:
    clock(datetime(2025, 1, 5, 9))
    duty = world.duty(
        targets=[{"indicator": "合格率", "op": ">=", "value": D("98.5"), "unit": "%", "due": date(2024, 12, 31)}]
    )
    client = as_(world.people["supervisor"])
    target = duty.targets.get()
    body = {"value": "98.49", "period_end": "2024-12-31", "source": "监测"}
    made = client.post(f"/api/v1/targets/{target.pk}/readings", body, content_type="application/json")
    assert made.status_code == 200 and made.json()["value"] == 98.49
    shown = client.get(f"/api/v1/duties/{duty.pk}").json()["targets"][0]
    assert shown["verdict"] == "missed" and shown["latest"]["value"] == 98.49
    bad = client.post(f"/api/v1/targets/{target.pk}/readings", {**body, "value": "多"}, content_type="application/json")
    assert bad.status_code == 422
    assert Duty.objects.get().targets.count() == 1
