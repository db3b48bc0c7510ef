"""What people see of the directory, and what they may do there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from luoshi.accounts.models import Grant, User
from luoshi.directory import actions, hooks
from luoshi.directory.models import Area, Body, BodyAlias, CalendarDay, Holding, Person, Post, Succession
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db


def signed_in(role: str, body: Body | None = None) -> Client:
    user, _ = User.objects.get_or_create(username=role)
    Grant.objects.create(user=user, role=role, body=body)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def office() -> Body:
    body = Body.objects.create(name="区甲局", kind="department", uncertain=True, note="两种写法可能是一家")
    BodyAlias.objects.create(body=body, name="区甲分局")
    post = Post.objects.create(body=body, title="联络员")
    person = Person.objects.create(name="甲一", phone="10012345678", body=body, synthetic=True)
    Holding.objects.create(person=person, post=post, since=date(2024, 1, 1))
    return body


def text(response: Any) -> str:
    return response.content.decode()


def test_staff_search_bodies_by_any_printed_name(office: Body) -> None:
    Body.objects.create(name="区乙局", kind="department")
    page = text(signed_in("handler").get("/directory/", {"q": "甲分局"}))
    assert "区甲局" in page and "区乙局" not in page and "身份存疑" in page


def test_empty_directory_says_what_would_fill_it() -> None:
    assert "载入规范包后" in text(signed_in("handler").get("/directory/"))


def test_list_costs_the_same_with_a_hundred_thousand_bodies() -> None:
    client = signed_in("handler")
    Body.objects.bulk_create(Body(name=f"演示单位{n:06d}", kind="enterprise") for n in range(200))
    with CaptureQueriesContext(connection) as few:
        client.get("/directory/")
    Body.objects.bulk_create(
        (Body(name=f"演示单位{n:06d}", kind="enterprise") for n in range(200, 100_000)), batch_size=5000
    )
    with CaptureQueriesContext(connection) as many:
        assert client.get("/directory/", {"q": "演示单位0999"}).status_code == 200
    assert len(many) <= len(few) + 2


def test_page_of_a_body_shows_its_doubt_names_and_people_masked(office: Body) -> None:
    page = text(signed_in("supervisor").get(f"/directory/bodies/{office.pk}/"))
    assert "两种写法可能是一家" in page and "区甲分局" in page
    assert "100****5678" in page and "10012345678" not in page and "演示数据" in page


def test_rooms_upstairs_put_their_panel_on_the_page(office: Body) -> None:
    def provider(body: Body, user: Any) -> hooks.Panel:
        return hooks.Panel("正在督办的任务", "directory/_phone.html", {"row": Person(name="乙", phone="")})

    hooks.register_panel(provider)
    try:
        assert "正在督办的任务" in text(signed_in("supervisor").get(f"/directory/bodies/{office.pk}/"))
    finally:
        hooks._providers.remove(provider)


def test_full_number_needs_a_reason_and_leaves_a_record(office: Body) -> None:
    person = office.people.get()
    client = signed_in("duty_officer")
    refused = client.post(f"/directory/people/{person.pk}/phone/", {"why": " "})
    assert refused.status_code == 422 and "10012345678" not in text(refused)
    assert not Entry.objects.filter(kind="directory.personal_read").exists()
    shown = client.post(f"/directory/people/{person.pk}/phone/", {"why": "通知启动三级响应"})
    assert "10012345678" in text(shown)
    entry = Entry.objects.get(kind="directory.personal_read")
    assert entry.subject == f"person:{person.pk}" and "通知启动三级响应" in entry.payload
    assert "10012345678" not in entry.payload


@pytest.mark.parametrize("role", ["secadmin", "sysadmin", "auditor", "handler"])
def test_roles_without_need_cannot_read_numbers(office: Body, role: str) -> None:
    person = office.people.get()
    response = signed_in(role).post(f"/directory/people/{person.pk}/phone/", {"why": "想看看"})
    assert response.status_code == 403
    assert not Entry.objects.filter(kind="directory.personal_read").exists()


def test_chief_reads_numbers_of_the_own_body_only(office: Body) -> None:
    other = Person.objects.create(
        name="乙二", phone="10087654321", body=Body.objects.create(name="区乙局", kind="department")
    )
    client = signed_in("chief", office)
    assert client.post(f"/directory/people/{other.pk}/phone/", {"why": "联系工作"}).status_code == 403
    assert client.post(f"/directory/people/{office.people.get().pk}/phone/", {"why": "联系工作"}).status_code == 200


def test_people_list_and_its_export_never_show_a_number(office: Body) -> None:
    client = signed_in("supervisor")
    assert "10012345678" not in text(client.get("/directory/people/"))
    assert "甲一" in text(client.get("/directory/people/", {"body": "区甲分局"}))


def test_editor_confirms_who_took_over(office: Body) -> None:
    row = Succession.objects.create(
        old=office, new=Body.objects.create(name="区乙局", kind="department"), function="教育"
    )
    assert signed_in("handler").post(f"/directory/successions/{row.pk}/confirm/", {"note": "x"}).status_code == 403
    signed_in("editor").post(f"/directory/successions/{row.pk}/confirm/", {"note": "机构改革方案"})
    row.refresh_from_db()
    assert row.status == "confirmed"


@pytest.mark.clause("07:1-四至", "07:1-四至-边界含义")
def test_unsettled_limit_is_shown_as_unknown_until_someone_decides() -> None:
    limits = [
        {"side": "east", "text": "司徒小区交界处", "inclusion": "inclusive"},
        {"side": "west", "text": "宇光电缆厂", "inclusion": "unresolved"},
    ]
    area = Area.objects.create(code="x", name="阳光社区", sort="community", limits=limits)
    client = signed_in("editor")
    page = text(client.get(f"/directory/areas/{area.pk}/"))
    assert "未明确" in page and "宇光电缆厂" in page
    client.post(f"/directory/areas/{area.pk}/limits/", {"side": "west", "inclusion": "exclusive", "why": "镇政府答复"})
    area.refresh_from_db()
    assert area.limits[1]["inclusion"] == "exclusive" and area.limits[0]["inclusion"] == "inclusive"
    assert "未明确" not in text(client.get(f"/directory/areas/{area.pk}/"))
    assert Entry.objects.filter(kind="directory.limit_decided").count() == 1


def test_deciding_a_limit_without_reason_changes_nothing() -> None:
    area = Area.objects.create(code="x", name="阳光社区", sort="community", limits=[{"side": "west", "text": "厂"}])
    data = {"side": "west", "inclusion": "exclusive", "why": ""}
    assert signed_in("editor").post(f"/directory/areas/{area.pk}/limits/", data).status_code == 422
    area.refresh_from_db()
    assert "inclusion" not in area.limits[0]


def test_area_as_it_was_on_a_day() -> None:
    Area.objects.create(code="x", name="旧界", sort="community", valid_until=date(2024, 7, 24))
    Area.objects.create(code="x", name="新界", sort="community", valid_from=date(2024, 7, 25))
    client = signed_in("handler")
    page = text(client.get("/directory/areas/", {"on": "2024-07-24"}))
    assert "旧界" in page and "新界" not in page
    page = text(client.get("/directory/areas/", {"on": "2024-07-25"}))
    assert "新界" in page and "旧界" not in page


def test_year_without_data_says_unknown() -> None:
    actions.seed_calendar()
    client = signed_in("handler")
    assert "未知" in text(client.get("/directory/calendar/2035/"))
    assert "春节" in text(client.get("/directory/calendar/2026/"))
    assert client.get("/directory/calendar/9999/").status_code == 404


def test_system_administrator_imports_next_year() -> None:
    actions.seed_calendar()
    client = signed_in("sysadmin")
    file = SimpleUploadedFile("2027.csv", "日期,性质,名称\n2027-01-01,放假,元旦\n".encode("gb18030"))
    response = client.post("/directory/calendar/import/", {"file": file, "source": "国办通知(虚构)"})
    assert response.status_code == 302
    assert CalendarDay.objects.get(date=date(2027, 1, 1)).source == "国办通知(虚构)"


def test_wrong_file_is_refused_with_its_line_and_keeps_the_year() -> None:
    actions.seed_calendar()
    before = list(CalendarDay.objects.filter(date__year=2026).values_list("date", "sort"))
    file = SimpleUploadedFile("2026.csv", "日期,性质\n2026-01-01,放假\n昨天,放假\n".encode())
    response = signed_in("sysadmin").post("/directory/calendar/import/", {"file": file, "source": "国办通知"})
    assert response.status_code == 422 and "第 3 行" in text(response)
    assert list(CalendarDay.objects.filter(date__year=2026).values_list("date", "sort")) == before


def test_others_may_not_change_the_calendar() -> None:
    client = signed_in("supervisor")
    assert client.get("/directory/calendar/import/").status_code == 403
    assert client.post("/directory/calendar/set/", {"date": "2026-06-18"}).status_code == 403


def test_setting_a_day_keeps_the_form_when_something_is_missing() -> None:
    actions.seed_calendar()
    client = signed_in("sysadmin")
    response = client.post("/directory/calendar/set/", {"date": "2026-06-18", "sort": "holiday", "source": ""})
    assert response.status_code == 422 and "2026-06-18" in text(response)
    client.post("/directory/calendar/set/", {"date": "2026-06-18", "sort": "holiday", "source": "通知"})
    assert CalendarDay.objects.get(date=date(2026, 6, 18)).sort == "holiday"


def test_program_asks_whose_name_it_is_and_when_a_promise_falls_due(office: Body) -> None:
    actions.seed_calendar()
    client = signed_in("handler")
    answer = client.get("/api/v1/bodies/resolve", {"name": "区甲分局"}).json()
    assert answer["body"]["name"] == "区甲局"
    assert client.get("/api/v1/bodies/resolve", {"name": "谁"}).json()["body"] is None
    due = client.get("/api/v1/calendar/count", {"start": "2026-12-30", "days": 5}).json()
    assert due["provisional"] is True
    assert client.get("/api/v1/calendar/2031").json() == {"year": 2031, "known": False, "source": None, "days": []}
    assert client.get(f"/api/v1/bodies/{office.pk}").json()["aliases"][0]["name"] == "区甲分局"
    assert client.get("/api/v1/areas").json() == []
    assert client.get("/api/v1/bodies/999999").status_code == 404
    assert Client().get("/api/v1/bodies").status_code == 401
