"""Who sees whom in the register of residents, how much of them, and what it costs at the district's size."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from luoshi.accounts.models import Grant, User
from luoshi.directory import demo_register, residents
from luoshi.directory.models import Area, Body, Resident
from luoshi.kernel import when
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db


def signed_in(role: str, area: Area | None = None, body: Body | None = None) -> Client:
    user, _ = User.objects.get_or_create(username=f"{role}-{area}-{body}".replace(" ", ""))
    Grant.objects.create(user=user, role=role, area=area, body=body)
    client = Client()
    client.force_login(user)
    return client


def years_ago(years: int, days: int = 0) -> date:
    today = when.today()
    return date(today.year - years, today.month, min(today.day, 28)) - timedelta(days=days)


@pytest.fixture
def town() -> Area:
    district = Area.objects.create(code="d", name="某区", sort="district")
    town = Area.objects.create(code="t1", name="甲镇", sort="town", parent=district)
    other = Area.objects.create(code="t2", name="乙镇", sort="town", parent=district)
    for code, parent in (("c1", town), ("c2", other)):
        area = Area.objects.create(code=code, name=f"{code}社区", sort="community", parent=parent)
        for number, born in enumerate((years_ago(70), years_ago(30), years_ago(3, 40))):
            Resident.objects.create(
                name=f"{'赵钱'[code == 'c2']}示{'甲乙丙'[number]}",
                born=born,
                sex="f",
                id_number=f"000000{born:%Y%m%d}{number}{code[1]}0X",
                phone=f"1001234567{number}",
                address="演示3号楼2单元501室",
                household=f"H{code}",
                area=area,
                synthetic=True,
            )
    return town


def text(response: Any) -> str:
    return response.content.decode()


def test_village_worker_sees_the_own_town_only_and_nobody_in_full(town: Area) -> None:
    client = signed_in("field", town)
    page = text(client.get("/directory/residents/"))
    assert "赵*甲" in page and "c1社区" in page and "c2社区" not in page
    assert "赵示甲" not in page and "1001234567" not in page and "演示数据" in page
    other = Resident.objects.filter(area__code="c2").first()
    assert other is not None
    assert client.get(f"/directory/residents/{other.pk}/").status_code == 404
    assert client.get(f"/api/v1/residents/{other.pk}").status_code == 404
    answer = client.post(
        f"/api/v1/residents/{other.pk}/reveal", {"fields": ["name"], "why": "想看看"}, content_type="application/json"
    )
    assert answer.status_code == 404
    assert {row["area"] for row in client.get("/api/v1/residents").json()} == {"c1"}
    assert client.get("/api/v1/residents", {"area": "t2"}).json() == []


def test_grant_for_a_body_alone_reaches_no_resident(town: Area) -> None:
    body = Body.objects.create(name="区甲局", kind="department")
    page = text(signed_in("clerk", body=body).get("/directory/residents/"))
    assert "赵*甲" not in page and "没有写明区域" in page


def test_grants_answer_alike_for_one_area_and_for_a_list(town: Area) -> None:
    user = User.objects.create(username="x")
    Grant.objects.create(user=user, role="field", area=town, body=Body.objects.create(name="甲镇政府", kind="town"))
    areas = user.areas(residents.VIEW)
    assert areas is not None
    for area in Area.objects.all():
        assert user.may(residents.VIEW, area=area) == (area.pk in areas)
    assert user.areas("directory.register") == frozenset()


@pytest.mark.parametrize("role", ["supervisor", "secadmin", "auditor", "handler", "leader"])
def test_roles_without_need_do_not_see_the_register(town: Area, role: str) -> None:
    client = signed_in(role)
    assert client.get("/directory/residents/").status_code == 403
    assert client.get("/api/v1/residents").status_code == 403


def test_duty_officer_sees_masked_rows_but_can_neither_search_names_nor_reveal(town: Area) -> None:
    client = signed_in("duty_officer")
    assert "钱*丙" in text(client.get("/directory/residents/", {"name": "赵示甲"}))
    pk = Resident.objects.order_by("pk")[0].pk
    refused = client.post(f"/directory/residents/{pk}/", {"fields_": ["name"], "why": "想看看"})
    assert refused.status_code == 403 and "赵示甲" not in text(refused)
    assert not Entry.objects.filter(kind="directory.personal_read").exists()


def test_clerk_finds_by_whole_name_and_reads_what_was_asked_for_after_saying_why(town: Area) -> None:
    client = signed_in("clerk")
    found = text(client.get("/directory/residents/", {"name": "赵示甲"}))
    assert "赵*甲" in found and "赵*乙" not in found
    assert "赵*甲" not in text(client.get("/directory/residents/", {"name": "赵示"}))
    one = Resident.objects.get(name="赵示甲")
    page = text(client.get(f"/directory/residents/{one.pk}/"))
    assert one.id_number not in page and one.phone not in page and "501" not in page and "赵*乙" in page
    empty = client.post(f"/directory/residents/{one.pk}/", {"fields_": ["phone"], "why": ""})
    assert empty.status_code == 422 and one.phone not in text(empty)
    nothing = client.post(f"/directory/residents/{one.pk}/", {"why": "核实津贴"})
    assert nothing.status_code == 422 and "核实津贴" in text(nothing)
    shown = text(client.post(f"/directory/residents/{one.pk}/", {"fields_": ["phone"], "why": "核实津贴"}))
    assert one.phone in shown and one.id_number not in shown and one.name not in shown
    entry = Entry.objects.get(kind="directory.personal_read")
    assert entry.subject == f"resident:{one.pk}" and "核实津贴" in entry.payload and '"phone"' in entry.payload
    assert one.phone not in entry.payload and one.name not in entry.payload


def test_program_reveals_only_with_a_reason(town: Area) -> None:
    client = signed_in("clerk")
    one = Resident.objects.get(name="赵示甲")
    address = f"/api/v1/residents/{one.pk}/reveal"
    kind = "application/json"
    assert client.post(address, {"fields": ["id_number"], "why": " "}, content_type=kind).status_code == 422
    assert client.post(address, {"fields": ["born"], "why": "核实津贴"}, content_type=kind).status_code == 422
    full = client.post(address, {"fields": ["id_number"], "why": "核实津贴"}, content_type=kind).json()
    assert full["values"] == {"id_number": one.id_number}
    assert Entry.objects.filter(kind="directory.personal_read").count() == 1


def test_age_bands_and_area_narrow_the_list(town: Area) -> None:
    client = signed_in("clerk")
    page = text(client.get("/directory/residents/", {"band": "70-79", "area": "甲镇"}))
    assert "赵*甲" in page and "赵*乙" not in page and "钱*甲" not in page
    assert len(client.get("/api/v1/residents", {"least": 60}).json()) == 2
    assert len(client.get("/api/v1/residents", {"greatest": 17, "area": "c1"}).json()) == 1


def test_those_who_left_are_no_longer_shown(town: Area) -> None:
    Resident.objects.filter(name="赵示甲").update(left_on=when.today())
    assert "赵*甲" not in text(signed_in("clerk").get("/directory/residents/"))


def test_list_costs_the_same_however_long_the_register() -> None:
    demo_register.fill(7, 200)
    client = signed_in("clerk")
    client.get("/directory/residents/")
    with CaptureQueriesContext(connection) as few:
        client.get("/directory/residents/")
    Resident.objects.all().delete()
    demo_register.fill(7, 20_000)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/directory/residents/", {"band": "80-"})
    assert page.status_code == 200 and len(many) <= len(few) + 1


def mine(code: str = "c1") -> Resident:
    found = Resident.objects.filter(area__code=code).order_by("pk").first()
    assert found is not None
    return found


def test_a_row_is_put_right_with_a_reason_and_nothing_personal_is_shown_or_logged(town: Area) -> None:
    client, row = signed_in("field", town), mine()
    page = f"/directory/residents/{row.pk}/correct/"
    assert page in text(client.get(f"/directory/residents/{row.pk}/"))
    shown = text(client.get(page))
    assert "赵*甲" in shown and "赵示甲" not in shown and "10012345670" not in shown
    done = client.post(page, {"phone": "10099998888", "address": "无", "reason": "本人来电更正"}, follow=True)
    assert "已更正：电话、住址" in text(done) and "10099998888" not in text(done) and "本人来电更正" in text(done)
    row.refresh_from_db()
    assert (row.phone, row.address, row.name) == ("10099998888", "", "赵示甲")
    assert list(row.changes.values_list("field", "before").order_by("field")) == [
        ("address", "演示3号楼2单元501室"), ("phone", "10012345670"),
    ]  # fmt: skip
    entry = Entry.objects.get(kind="directory.resident_corrected")
    assert "本人来电更正" in entry.payload and "电话" in entry.payload
    assert not any(secret in entry.payload for secret in ("10099998888", "10012345670", "赵示甲", "501"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"phone": "10099998888", "reason": ""}, "理由"),
        ({"reason": "无事"}, "没有填写与现在不同的内容"),
        ({"id_number": "123", "reason": "证件"}, "18 位"),
        ({"born": "2999-01-01", "reason": "证件"}, "可能的出生日期"),
        ({"born": "1960-01-01", "reason": "证件"}, "请一并更正"),
        ({"area": "乙镇", "reason": "搬家"}, "应填村或社区"),
        ({"area": "c2社区", "reason": "搬家"}, "只能改到您授权区域内"),
        ({"left_on": "2999-01-01", "reason": "迁出"}, "注销日期"),
    ],
)
def test_what_cannot_be_right_is_named_and_nothing_changes(town: Area, wrong: dict[str, str], said: str) -> None:
    client, row = signed_in("field", town), mine()
    answer = client.post(f"/directory/residents/{row.pk}/correct/", wrong)
    assert answer.status_code == 422 and said in text(answer)
    assert not row.changes.exists() and not Entry.objects.filter(kind="directory.resident_corrected").exists()


def test_who_left_is_no_longer_listed_and_other_areas_are_closed(town: Area) -> None:
    client, row = signed_in("field", town), mine()
    page = "/directory/residents/{}/correct/"
    assert client.post(page.format(row.pk), {"left_on": "2024-01-02", "reason": "迁出"}).status_code == 302
    assert client.get(f"/directory/residents/{row.pk}/").status_code == 404
    assert client.get(page.format(mine("c2").pk)).status_code == 404
    assert signed_in("duty_officer").get(page.format(mine("c2").pk)).status_code == 403


def test_a_program_puts_a_row_right(town: Area) -> None:
    client, row = signed_in("field", town), mine()
    address = f"/api/v1/residents/{row.pk}/correct"
    made = client.post(address, {"household": "H9", "reason": "分户"}, "application/json")
    assert made.status_code == 200 and made.json()["household"] == "H9" and made.json()["name"] == "赵*甲"
    bad = client.post(address, {"area": "nowhere", "reason": "搬家"}, "application/json")
    assert (bad.status_code, bad.json()["field"]) == (422, "area")
