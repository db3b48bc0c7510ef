"""The registers on screen: bring a file, match its columns, settle what sources dispute, look at one subject."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.benefits.registering import code
from tests.benefits.registering import source as source_of

from luoshi.benefits import disputes, importing
from luoshi.benefits.models import Dispute, Record, RegisterFile, Source, Subject
from luoshi.kernel.acting import Actor
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db
WHO = Actor("经办员（虚构）")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sign_in(world: Any) -> Callable[[str], Client]:
    def signed(name: str) -> Client:
        client = Client()
        client.force_login(world.people[name])
        return client

    return signed


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"benefits:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def upload(client: Client, text: str, kind: str = "25:hotels", source: str = "registry") -> RegisterFile:
    sent = {
        "file": SimpleUploadedFile("名册.csv", text.encode()),
        "kind": kind,
        "source": source_of(source).pk,
        "as_of": "2025-03-01",
    }
    answer = client.post(reverse("benefits:imports"), sent)
    assert answer.status_code == 302, answer.content.decode()
    return RegisterFile.objects.latest("id")


def bring(text: str, kind: str, source: str) -> None:
    found = importing.receive(text.encode(), "a.csv", kind, source_of(source), date(2025, 3, 1), by=WHO)
    importing.confirm(found, by=WHO, partial=True)


def disputed() -> Dispute:
    head = "信用代码,企业名称,事项,星级,日期\n"
    for star, source in (("五星级", "announcement"), ("四星级", "plaque")):
        bring(f"{head}{code(1)},甲酒店,新评定,{star},2025-05-01\n", "25:stars", source)
    return Dispute.objects.get()


def test_an_officer_brings_a_register_in_and_finds_its_subjects(sign_in: Any) -> None:
    client = sign_in("culture")
    text = f"信用代码,名称,在城区经营,备注\n{code(1)},甲酒店,是,x\n错,乙,是,\n"
    found = upload(client, text)
    shown = page(client, "import", found.pk)
    assert "导入会带来什么" in shown and "只导入没有错的行" in shown and "没有用到的列：备注" in shown
    assert "统一社会信用代码应为 18 位" in shown
    report = client.get(reverse("benefits:import_faults", args=[found.pk])).content.decode()
    assert "3,信用代码,统一社会信用代码应为 18 位" in report
    assert client.post(reverse("benefits:import", args=[found.pk]), {"do": "store"}).status_code == 422
    assert client.post(reverse("benefits:import", args=[found.pk]), {"do": "partial"}).status_code == 302
    assert "导入结果" in page(client, "import", found.pk)
    assert "甲酒店" in page(client, "subjects", q=code(1))
    assert "已导入" in page(client, "imports")


def test_columns_are_matched_on_the_page(sign_in: Any) -> None:
    client = sign_in("culture")
    found = upload(client, f"代号,那一年,所得\n{code(1)},2024,100\n", "25:turnover")
    shown = page(client, "import", found.pk)
    assert "现在还不能导入" in shown and "不用这一列" in shown
    chosen = {"do": "map", "c0": "key", "c1": "year", "c2": "turnover_year_yuan"}
    assert client.post(reverse("benefits:import", args=[found.pk]), chosen).status_code == 302
    assert ">导入</button>" in page(client, "import", found.pk)
    assert client.post(reverse("benefits:import", args=[found.pk]), {"do": "store"}).status_code == 302
    assert Record.objects.get().values == {"turnover_year_yuan": "100.00"}


def test_a_dispute_shows_both_sides_and_is_settled_with_a_reason(sign_in: Any) -> None:
    row, client = disputed(), sign_in("culture")
    assert "星级" in page(client, "disputes", state="open")
    shown = page(client, "dispute", row.pk)
    assert "announcement（虚构）" in shown and "plaque（虚构）" in shown and "按这个值判断" in shown
    where = reverse("benefits:dispute", args=[row.pk])
    assert client.post(where, {"value": "5", "reason": ""}).status_code == 422
    assert client.post(where, {"value": "5", "reason": "核对公告原件"}).status_code == 302
    assert "以此为准" in page(client, "dispute", row.pk) and "核对公告原件" in page(client, "dispute", row.pk)


def test_a_subjects_page_shows_every_fact_with_source_date_and_history(sign_in: Any) -> None:
    row, client = disputed(), sign_in("culture")
    shown = page(client, "subject", row.subject_id)
    assert "来源不一致，按未知" in shown and "announcement（虚构） · 2025-03-01" in shown and "第 2 行" in shown
    correct = reverse("benefits:correct", args=[row.subject_id, "star"]) + f"?matter={row.matter_id}"
    assert client.post(correct, {"value": "六", "reason": "看过"}).status_code == 422
    assert client.post(correct, {"value": "四星级", "reason": "现场核对标牌"}).status_code == 302
    shown = page(client, "subject", row.subject_id)
    assert "已核定" in shown and "人工核定 · " in shown


def test_personal_data_is_masked_until_a_reason_is_given_and_kept(sign_in: Any) -> None:
    from luoshi.directory.engine import check_digit

    number = "00000019900101001"
    number += check_digit(number)
    bring(
        f"身份证号,姓名,单位代码,单位名称,学历,合同起始日\n{number},欧阳小明,{code(1)},甲酒店,硕士,2024-09-01\n",
        "25:employment",
        "hr",
    )
    bring(f"信用代码,名称,银行账号\n{code(1)},甲酒店,6222000000001234\n", "25:hotels", "registry")
    client = sign_in("culture")
    person, hotel = Subject.objects.get(kind="person"), Subject.objects.get(kind="hotel")
    assert "欧**明" in page(client, "subjects") and "欧阳小明" not in page(client, "subjects", q="欧阳")
    shown = page(client, "subject", person.pk)
    assert "欧阳小明" not in shown and number not in shown
    assert "6222000000001234" not in page(client, "subject", hotel.pk)
    where = reverse("benefits:subject", args=[person.pk])
    assert client.post(where, {"fields_": "name", "why": ""}).status_code == 422
    answer = client.post(where, {"fields_": "name", "why": "核对补贴申领人"})
    assert "欧阳小明" in answer.content.decode()
    assert Entry.objects.filter(kind="directory.personal_read", subject=person.subject).count() == 1
    auditor = sign_in("auditor")
    assert auditor.post(where, {"fields_": "name", "why": "看看"}).status_code == 403


def test_who_may_not_is_told_so(sign_in: Any) -> None:
    row = disputed()
    auditor, enterprise = sign_in("auditor"), sign_in("enterprise")
    assert "由区文旅局经办人核定" in page(auditor, "dispute", row.pk)
    assert auditor.post(reverse("benefits:dispute", args=[row.pk]), {"value": "5", "reason": "定了"}).status_code == 403
    for name, args in (("imports", ()), ("sources", ()), ("correct", (row.subject_id, "star"))):
        assert auditor.get(reverse(f"benefits:{name}", args=args)).status_code == 403
    for name, args in (("subjects", ()), ("subject", (row.subject_id,)), ("disputes", ())):
        assert enterprise.get(reverse(f"benefits:{name}", args=args)).status_code == 403
    row.refresh_from_db()
    assert row.state == Dispute.State.OPEN


def test_empty_registers_say_what_would_fill_them(sign_in: Any) -> None:
    client = sign_in("culture")
    assert "导入名册后" in page(client, "subjects")
    assert "先登记名册从哪里来" in page(client, "imports")
    assert client.post(reverse("benefits:sources"), {"code": "X 1", "name": "a"}).status_code == 422
    sent = {"code": "statistics", "name": "统计联网直报", "priority": 10, "confidence": "official"}
    assert client.post(reverse("benefits:sources"), sent).status_code == 302
    assert Source.objects.get(code="statistics").name in page(client, "imports")


def test_a_thousand_subjects_take_no_more_queries_than_ten(sign_in: Any, django_assert_max_num_queries: Any) -> None:
    client = sign_in("culture")
    Subject.objects.bulk_create(Subject(kind="hotel", key=code(i), name=f"酒店{i:04d}") for i in range(1000))
    with django_assert_max_num_queries(20):
        shown = page(client, "subjects")
    assert "酒店0000" in shown and "酒店0999" not in shown
    assert disputes.open_count() == 0


def test_the_demo_has_a_file_with_errors_and_a_dispute(world: Any, sign_in: Any) -> None:
    from tests.benefits.registering import record

    from luoshi.benefits import demo_imports
    from luoshi.benefits.models import Matter

    hotels = [
        Subject.objects.create(kind="hotel", key=code(i), name=f"酒店{i}（虚构）", synthetic=True) for i in range(8)
    ]
    matter = Matter.objects.create(subject=hotels[0], kind="contest", key="c", date=date(2025, 3, 1))
    record(matter, source_of("ys-rating"), "25:contests", {"award_level": "区级"})
    source_of("ys-tax")
    demo_imports.fill(world.people["culture"])
    found = RegisterFile.objects.get()
    assert found.state == "checked" and found.counts["wrong"] == 4 and found.counts["new"] == 4
    assert Dispute.objects.get().fact == "award_level"
    assert "大赛级别" in page(sign_in("culture"), "disputes")
