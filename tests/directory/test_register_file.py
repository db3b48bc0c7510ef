"""A register of residents from a file: checked, shown without personal data, stored whole or not at all."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from luoshi.accounts.models import Grant, User
from luoshi.directory.engine import check_digit
from luoshi.directory.models import Area, RegisterFile, Resident
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db
PATH = "/directory/register/"
# A number with an area code that no place has; the setting DEMO lets it in.
FIRST = "00000019500307001"
NUMBER = FIRST + check_digit(FIRST)


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def area() -> Area:
    return Area.objects.create(code="c1", name="某社区", sort="community")


@pytest.fixture
def client(area: Area) -> Client:
    user = User.objects.create(username="sysadmin")
    Grant.objects.create(user=user, role="sysadmin")
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return response.content.decode()


def send(client: Client, data: bytes | str, name: str = "底册.csv") -> Any:
    raw = data.encode() if isinstance(data, str) else data
    return client.post(PATH, {"file": SimpleUploadedFile(name, raw), "source": "某所底册（虚构）"}, follow=True)


def test_administrator_checks_looks_and_imports_without_seeing_anyone(client: Client, area: Area) -> None:
    rows = (
        f"姓名,性别,出生日期,身份证号,电话,村(社区)\n张示甲,男,,{NUMBER},10012345678,某社区\n"
        "李示乙,,１９６０年１月２日,,,c1\n"
    )
    page = text(send(client, rows))
    assert "2 人可以导入" in page and "某社区" in page
    assert "张示甲" not in page and NUMBER not in page and "10012345678" not in page
    assert not Resident.objects.exists()
    kept = RegisterFile.objects.get()
    done = client.post(f"{PATH}{kept.pk}/", follow=True)
    assert "已导入 2 人" in text(done)
    first, second = Resident.objects.order_by("pk")
    assert (first.born, first.sex, first.area, first.synthetic) == (date(1950, 3, 7), "m", area, True)
    assert second.born == date(1960, 1, 2)
    entry = Entry.objects.get(kind="directory.register_imported")
    assert "张示甲" not in entry.payload and NUMBER not in entry.payload
    assert client.post(f"{PATH}{kept.pk}/").status_code == 409
    again = send(client, rows)
    assert again.status_code == 422 and "以前导入过" in text(again)
    assert Resident.objects.count() == 2


@pytest.mark.parametrize(
    "row,column,reason",
    [
        (",1950-03-07,,某社区", "姓名", "没有填"),
        ("甲,1950-02-30,,某社区", "出生日期", "不是一个可能的出生日期"),
        ("甲,2999-01-01,,某社区", "出生日期", "不是一个可能的出生日期"),
        ("甲,,,某社区", "出生日期", "没有填"),
        ("甲,1950-03-07,123,某社区", "身份证号", "应为 18 位"),
        (f"甲,1950-03-07,{FIRST}{'0' if NUMBER[17] != '0' else '1'},某社区", "身份证号", "末位校验不符"),
        (f"甲,1951-03-07,{NUMBER},某社区", "出生日期", "不一致"),
        ("甲,1950-03-07,,没有的村", "村（社区）", "没有这个村"),
        ("甲,1950-03-07,#REF!,某社区", "—", "公式出错"),
    ],
)
def test_bad_row_is_named_and_nothing_is_stored(client: Client, row: str, column: str, reason: str) -> None:
    page = text(send(client, f"姓名,出生日期,身份证号,村（社区）\n好,1950-01-01,,某社区\n{row}\n"))
    assert reason in page and f">{column}</td>" in page and ">3</th>" in page and "全部导入" not in page
    kept = RegisterFile.objects.get()
    assert client.post(f"{PATH}{kept.pk}/").status_code == 409 and not Resident.objects.exists()


def test_duplicates_within_the_file_and_with_the_register_are_found(client: Client, area: Area) -> None:
    head = "姓名,身份证号,出生日期,户号,村（社区）\n"
    page = text(
        send(
            client,
            f"{head}甲,{NUMBER},,,某社区\n乙,{NUMBER},,,某社区\n丙,,1950-01-01,H1,某社区\n丙,,1950-01-01,H1,c1\n",
        )
    )
    assert "与第 2 行重复" in page and "与第 4 行重复" in page
    Resident.objects.create(name="甲", born=date(1950, 3, 7), id_number=NUMBER, area=area)
    assert "底册里已有这个号码" in text(send(client, f"{head}甲,{NUMBER},,,某社区\n"))


def test_full_width_digits_are_read(client: Client) -> None:
    wide = NUMBER.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))
    assert "1 人可以导入" in text(send(client, f"姓名,身份证号,村（社区）\n甲,{wide},某社区\n".encode("gb18030")))


def test_workbook_is_read_with_its_dates(client: Client) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["姓名", "出生日期", "户号", "村（社区）"])
    sheet.append(["甲", datetime(1950, 3, 7), 12.0, "某社区"])
    packed = io.BytesIO()
    book.save(packed)
    assert "1 人可以导入" in text(send(client, packed.getvalue(), "底册.xlsx"))
    client.post(f"{PATH}{RegisterFile.objects.get().pk}/")
    assert Resident.objects.values_list("born", "household").get() == (date(1950, 3, 7), "12")


@pytest.mark.parametrize(
    "data,reason",
    [
        (b"\xd0\xcf\x11\xe0\x00\x00", "读不"),
        (b"PK\x03\x04broken", "不是可以打开的"),
        ("姓名,出生日期\n甲,1950-01-01\n".encode(), "缺少“村（社区）”列"),
        ("姓名,村（社区）\n甲,某社区\n".encode(), "缺少“出生日期”列"),
        (b"", "缺少"),
        ("姓名,出生日期,村（社区）\n".encode(), "没有任何一行"),
        (b"\xff\xfe\x00\x00\x81", "读不"),
    ],
)
def test_unusable_file_is_explained_and_kept(client: Client, data: bytes, reason: str) -> None:
    if not data:  # the browser's empty file is refused by the form itself
        assert send(client, data).status_code == 422
        return
    page = text(send(client, data))
    kept = RegisterFile.objects.get()
    assert kept.state == "failed" and "原文件已保留" in page
    assert reason in page or "这不是 CSV" in page
    place = Path(configured.MEDIA_ROOT) / "register" / kept.sha256
    assert place.read_bytes() == data and place.stat().st_mode & 0o077 == 0


def test_made_up_numbers_do_not_enter_a_real_register(client: Client, settings: Any) -> None:
    settings.DEMO = False
    assert "演示数据的号码" in text(send(client, f"姓名,身份证号,村（社区）\n甲,{NUMBER},某社区\n"))


@pytest.mark.parametrize("role", ["clerk", "editor", "secadmin"])
def test_others_may_not_bring_in_a_register(role: str) -> None:
    user = User.objects.create(username=role)
    Grant.objects.create(user=user, role=role)
    browser = Client()
    browser.force_login(user)
    assert browser.get(PATH).status_code == 403 and browser.post(f"{PATH}1/").status_code == 403


def work() -> None:
    from luoshi.clocks import jobs

    while jobs.work_one():
        pass


def test_a_large_register_is_checked_and_stored_in_the_background(
    client: Client, area: Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    from luoshi.directory import register_file, register_store

    monkeypatch.setattr(register_file, "AT_ONCE", 100)
    monkeypatch.setattr(register_file, "BATCH", 4)
    rows = "姓名,出生日期,村（社区）\n" + "".join(f"张示{n},1960-01-{n:02d},某社区\n" for n in range(1, 20))
    page = text(send(client, rows))
    kept = RegisterFile.objects.get()
    assert kept.state == "received" and "正在检查" in page and "可以离开本页" in page and "全部导入" not in page
    assert client.post(f"{PATH}{kept.pk}/").status_code == 409, "not while it is being checked"
    work()
    assert "19 人可以导入" in text(client.get(f"{PATH}{kept.pk}/")) and not Resident.objects.exists()
    assert "正在后台导入" in text(client.post(f"{PATH}{kept.pk}/", follow=True)) and not Resident.objects.exists()
    work()
    assert Resident.objects.count() == 19 and "19 人已导入" in text(client.get(f"{PATH}{kept.pk}/"))
    assert Entry.objects.get(kind="directory.register_imported").actor == "sysadmin"
    register_store.store_later({"file": kept.pk, "by": {"name": "x"}}, lambda *_: None)  # a worker that took over
    assert Resident.objects.count() == 19


def test_a_crash_half_way_leaves_the_register_as_it_was_and_the_upload_to_be_tried_again(
    client: Client, area: Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    from luoshi.clocks.models import Job
    from luoshi.directory import register_file, register_store

    monkeypatch.setattr(register_file, "AT_ONCE", 100)
    monkeypatch.setattr(register_store, "CHUNK", 4)
    Resident.objects.create(name="在册", born=date(1950, 1, 1), area=area)
    rows = f"姓名,出生日期,身份证号,村（社区）\n张示甲,1950-03-07,{NUMBER},某社区\n"
    rows += "".join(f"张示{n},1960-01-{n:02d},,某社区\n" for n in range(1, 19))
    send(client, rows)
    work()
    kept = RegisterFile.objects.get()
    client.post(f"{PATH}{kept.pk}/")

    def cut(text: str, done: int, total: int) -> None:
        if done >= 8:
            raise KeyboardInterrupt  # the power goes

    job = {"file": kept.pk, "by": {"name": "x"}}
    with pytest.raises(KeyboardInterrupt):
        register_store.store_later(job, cut)
    assert Resident.everyone.count() == 9, "two chunks lie aside"
    assert [one.name for one in Resident.objects.all()] == ["在册"], "and nobody sees them"
    with pytest.raises(register_store.Overtaken):  # it was not dead after all, but another took over
        register_store.store_later(job, lambda *_: register_store._begin(kept) and None)
    Job.objects.update(state="failed", error="执行者多次中断，已停止重试")
    # the same people from another file are not kept out by what lies aside
    second = rows.replace("张示18,", "张示十八,")
    send(client, second)
    work()
    other = RegisterFile.objects.exclude(pk=kept.pk).get()
    assert other.state == "checked" and other.report["rows"] == 19
    client.post(f"{PATH}{other.pk}/")
    work()
    assert Resident.objects.count() == Resident.everyone.count() == 20
    assert "再试一次" in text(client.get(f"{PATH}{kept.pk}/"))
    client.post(f"{PATH}{kept.pk}/")
    work()
    kept.refresh_from_db()
    assert kept.state == "checked" and Resident.everyone.count() == 20, "each number once"
    Resident.objects.filter(file=other).delete()
    client.post(f"{PATH}{kept.pk}/")
    work()
    assert Resident.objects.count() == 20
    assert Entry.objects.filter(kind="directory.register_imported").count() == 2


def test_an_import_that_no_longer_fits_stores_nothing_and_can_be_tried_again(
    client: Client, area: Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    from luoshi.directory import register_file

    monkeypatch.setattr(register_file, "AT_ONCE", 10)
    send(client, f"姓名,身份证号,村（社区）\n李示乙,,某社区\n张示甲,{NUMBER},某社区\n")
    work()
    kept = RegisterFile.objects.get()
    assert kept.state == "failed", "no birthday in the first row"
    send(client, f"姓名,身份证号,村（社区）\n张示甲,{NUMBER},某社区\n")
    work()
    kept = RegisterFile.objects.order_by("-pk")[0]
    other = Resident.objects.create(name="先到", born=date(1950, 3, 7), id_number=NUMBER, area=area)
    client.post(f"{PATH}{kept.pk}/")
    work()
    kept.refresh_from_db()
    assert kept.state == "checked" and Resident.objects.count() == 1
    other.delete()
    client.post(f"{PATH}{kept.pk}/")
    work()
    assert Resident.objects.get().name == "张示甲"


def test_a_check_that_broke_off_is_said_and_tried_again(
    client: Client, area: Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    from luoshi.clocks.models import Job
    from luoshi.directory import register_file

    monkeypatch.setattr(register_file, "AT_ONCE", 10)
    send(client, "姓名,出生日期,村（社区）\n张示甲,1950-03-07,某社区\n")
    Job.objects.update(state="failed", error="磁盘已满")
    kept = RegisterFile.objects.get()
    assert "磁盘已满" in text(client.get(f"{PATH}{kept.pk}/"))
    client.post(f"{PATH}{kept.pk}/")
    work()
    assert "1 人可以导入" in text(client.get(f"{PATH}{kept.pk}/"))
