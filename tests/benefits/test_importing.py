"""Bringing in a register: kept, shown, confirmed, stored once, whatever happens on the way."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from tests.benefits.registering import code
from tests.benefits.registering import source as source_of

from luoshi.accounts.models import User
from luoshi.benefits import assembling, demo_register, disputes, importing, storing
from luoshi.benefits.models import Dispute, Matter, Record, RecordPast, RegisterFile, Source, Subject
from luoshi.clocks import jobs
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db
WHO = Actor("经办员（虚构）")
DAY = date(2025, 3, 1)
State = RegisterFile.State


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def officer() -> User:
    return User.objects.create_user("culture", display_name="核定员（虚构）")


def hotels(count: int, start: int = 1, *, inside: str = "是") -> str:
    rows = "".join(f"{code(i)},酒店{i}（虚构）,{inside}\n" for i in range(start, start + count))
    return "统一社会信用代码,企业名称,在城区经营\n" + rows


def send(
    text: str, kind: str = "25:hotels", by: str = "registry", as_of: date = DAY, name: str = "名册.csv"
) -> RegisterFile:
    return importing.receive(text.encode(), name, kind, source_of(by), as_of, by=WHO)


def bring(text: str, kind: str = "25:hotels", by: str = "registry", as_of: date = DAY) -> RegisterFile:
    return importing.confirm(send(text, kind, by, as_of), by=WHO, partial=True)


def kinds() -> list[str]:
    return list(Entry.objects.filter(kind__startswith="benefits.").order_by("seq").values_list("kind", flat=True))


def test_a_file_is_shown_before_anything_enters() -> None:
    found = send(hotels(3))
    assert found.state == State.CHECKED and not Subject.objects.exists()
    assert {name: found.counts[name] for name in ("rows", "new", "changed", "wrong")} == {
        "rows": 3, "new": 3, "changed": 0, "wrong": 0}  # fmt: skip
    assert found.mapping == {"统一社会信用代码": "key", "企业名称": "name", "在城区经营": "in_district"}
    assert found.report["sample"][0][0] == code(1)
    importing.confirm(found, by=WHO)
    assert Subject.objects.count() == 3 and Record.objects.count() == 3
    assert Record.objects.get(subject__key=code(2)).values == {"in_district": True}
    assert kinds() == ["benefits.register_received", "benefits.register_confirmed", "benefits.register_stored"]


def test_the_same_file_twice_changes_nothing() -> None:
    first = send(hotels(3))
    assert send(hotels(3)).pk == first.pk
    importing.confirm(first, by=WHO)
    with pytest.raises(Refused, match="以前导入过"):
        send(hotels(3))
    with pytest.raises(Refused, match="已导入"):
        importing.confirm(first, by=WHO)
    again = bring(hotels(3) + "\n", as_of=DAY + timedelta(days=1))
    assert again.report["stored"]["unchanged"] == 3 and Record.objects.count() == 3
    assert not RecordPast.objects.exists()


def test_what_changed_keeps_what_it_was_and_says_when() -> None:
    bring(hotels(3))
    moment = Record.objects.latest("changed_at").changed_at
    text = hotels(2).replace(f"{code(2)},酒店2（虚构）,是", f"{code(2)},酒店2（虚构）,否") + f"{code(9)},酒店9,是\n"
    found = send(text, as_of=DAY + timedelta(days=30))
    assert (found.counts["new"], found.counts["changed"], found.counts["unchanged"]) == (1, 1, 1)
    importing.confirm(found, by=WHO)
    [past] = RecordPast.objects.all()
    assert past.values == {"in_district": True} and past.as_of == DAY
    moved = Record.objects.filter(changed_at__gt=moment).values_list("subject__key", flat=True)
    assert set(moved) == {code(2), code(9)}


def test_an_older_file_never_overwrites_a_newer_one() -> None:
    bring(hotels(2))
    found = bring(hotels(2, inside="否"), as_of=DAY - timedelta(days=1))
    assert found.report["stored"]["older"] == 2
    assert all(row.values == {"in_district": True} for row in Record.objects.all())


def test_rows_with_errors_are_left_out_only_when_somebody_said_so() -> None:
    found = send(hotels(2) + "错的,酒店,是\n")
    assert found.counts["wrong"] == 1 and found.errors[0]["line"] == 4
    with pytest.raises(Refused, match="有 1 行出错"):
        importing.confirm(found, by=WHO)
    assert not Subject.objects.exists()
    importing.confirm(found, by=WHO, partial=True)
    assert Subject.objects.count() == 2
    assert Entry.objects.get(kind="benefits.register_stored").payload.count('"left_out":1') == 1
    # corrected and sent again: only what is new enters
    again = bring(hotels(2) + f"{code(3)},酒店,是\n")
    assert again.report["stored"] | {"disputes": 0} == {
        "new": 1, "changed": 0, "unchanged": 2, "older": 0, "disputes": 0}  # fmt: skip


def test_columns_nobody_knows_are_matched_by_a_person_and_remembered() -> None:
    text = f"代号,叫法,营业所得,那一年\n{code(1)},甲,1200,2024\n"
    found = send(text, "25:turnover")
    assert found.state == State.RECEIVED and "缺少" in found.report["failure"]
    chosen = {"代号": "key", "叫法": "name", "营业所得": "turnover_year_yuan", "那一年": "year"}
    importing.start_check(found, by=WHO, mapping=chosen)
    found.refresh_from_db()
    assert found.state == State.CHECKED and found.counts["new"] == 1
    importing.confirm(found, by=WHO)
    assert send(text + f"{code(2)},乙,5,2024\n", "25:turnover").mapping == chosen


def test_a_file_that_cannot_be_read_is_kept_with_its_reason() -> None:
    found = send("%PDF-1.7", name="名册.pdf")
    assert found.state == State.FAILED and "PDF" in found.report["failure"]
    with pytest.raises(Refused):
        importing.confirm(found, by=WHO, partial=True)
    with pytest.raises(BadInput, match="上限"):
        importing.receive(b"x" * 100, "a.csv", "25:hotels", source_of("a"), DAY, by=WHO, limit=50)


@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_an_import_that_dies_goes_on_where_it_stopped(monkeypatch: Any, fails_at: int) -> None:
    monkeypatch.setattr(storing, "CHUNK", 4)
    found = send(hotels(10))
    real, calls = disputes.refresh, []

    def dies(owners: Any) -> Any:
        calls.append(1)
        if len(calls) == fails_at + 1:
            raise KeyboardInterrupt  # nothing after this line of the chunk happens, as with a killed process
        return real(owners)

    monkeypatch.setattr(disputes, "refresh", dies)
    with pytest.raises(KeyboardInterrupt):
        importing.confirm(found, by=WHO)
    found.refresh_from_db()
    assert found.state == State.STORING and found.done == 4 * fails_at == Record.objects.count()
    importing.confirm(found, by=WHO)
    found.refresh_from_db()
    assert found.state == State.STORED and Record.objects.count() == Subject.objects.count() == 10
    assert found.report["stored"]["new"] == 10 and kinds().count("benefits.register_stored") == 1


def test_a_large_file_is_checked_and_stored_in_the_background(monkeypatch: Any) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    found = send(hotels(5))
    assert found.state == State.RECEIVED and jobs.work_one()
    found.refresh_from_db()
    assert found.state == State.CHECKED
    importing.confirm(found, by=WHO)
    assert not Subject.objects.exists() and jobs.work_one()
    found.refresh_from_db()
    assert found.state == State.STORED and Subject.objects.count() == 5


def test_a_discarded_file_brings_nothing() -> None:
    found = send(hotels(2))
    importing.discard(found, by=WHO)
    with pytest.raises(Refused, match="已放弃"):
        importing.confirm(found, by=WHO)
    assert send(hotels(2)).pk != found.pk


STARS = "信用代码,企业名称,事项,星级,日期\n"


def test_a_register_of_ratings_makes_events_that_can_be_decided() -> None:
    bring(hotels(1))
    bring(f"信用代码,年度,营业额（万元）\n{code(1)},2024,1200\n", "25:turnover", "statistics")
    bring(STARS + f"{code(1)},甲,新评定,五星级,2025-05-01\n", "25:stars", "announcement")
    [matter] = Matter.objects.all()
    assert (matter.kind, matter.date, str(matter)) == ("star", date(2025, 5, 1), "星级评定 2025")
    facts, provenance, _ = assembling.facts_of(matter, "25:二(一)")
    assert facts["star"] == 5 and facts["turnover_prior_year_yuan"] == "12000000.00" and facts["in_district"] is True
    assert provenance["in_district"]["source"] == "registry（虚构）"


def two_say(officer: User) -> Dispute:
    bring(STARS + f"{code(1)},甲,新评定,五星级,2025-05-01\n", "25:stars", "announcement")
    found = bring(STARS + f"{code(1)},甲,新评定,四星级,2025-05-01\n", "25:stars", "plaque")
    assert found.report["stored"]["disputes"] == 1
    return Dispute.objects.get()


def test_sources_that_disagree_wait_for_a_person(officer: User) -> None:
    row = two_say(officer)
    assert (row.fact, row.state) == ("star", Dispute.State.OPEN)
    assert {one["source"]: one["value"] for one in row.values} == {"announcement": 5, "plaque": 4}
    assert Matter.objects.count() == 1, "one event, whoever tells of it"
    with pytest.raises(BadInput, match="理由"):
        disputes.settle(row.pk, 5, " ", officer)
    with pytest.raises(BadInput, match="没有一个来源"):
        disputes.settle(row.pk, 3, "看过原件", officer)
    disputes.settle(row.pk, 5, "核对评定公告原件", officer)
    matter = Matter.objects.get()
    assert assembling.facts_of(matter, "25:二(一)")[0]["star"] == 5
    assert Entry.objects.filter(kind="benefits.dispute_settled").exists()


def test_other_values_open_a_settled_question_again_and_agreement_ends_it(officer: User) -> None:
    row = two_say(officer)
    disputes.settle(row.pk, 5, "核对评定公告原件", officer)
    later = DAY + timedelta(days=9)
    bring(STARS + f"{code(1)},甲,新评定,四星级,2025-05-01\n\n", "25:stars", "plaque", later)
    row.refresh_from_db()
    assert row.state == Dispute.State.DECIDED, "the same words again are no new question"
    bring(STARS + f"{code(1)},甲,新评定,三星级,2025-05-01\n", "25:stars", "plaque", later)
    row.refresh_from_db()
    assert row.state == Dispute.State.OPEN
    bring(STARS + f"{code(1)},甲,新评定,五星级,2025-05-01\n", "25:stars", "plaque", later + timedelta(days=1))
    row.refresh_from_db()
    assert row.state == Dispute.State.GONE
    assert assembling.facts_of(Matter.objects.get(), "25:二(一)")[2] == []


def test_a_correction_by_hand_stands_beside_what_the_sources_say(officer: User) -> None:
    two_say(officer)
    matter = Matter.objects.get()
    disputes.correct(matter, "star", "四星级", "现场核对标牌", officer)
    facts, provenance, disputed = assembling.facts_of(matter, "25:二(一)")
    assert facts["star"] == 4 and not disputed and provenance["star"]["source"] == "人工核定"
    assert Source.objects.get(code="hand") and Record.objects.filter(matter=matter).count() == 3
    disputes.correct(matter, "event_date", "2025年6月1日", "公告日期有误", officer)
    matter.refresh_from_db()
    assert matter.date == date(2025, 6, 1)
    with pytest.raises(BadInput):
        disputes.correct(matter, "star", "九", "试", officer)
    with pytest.raises(BadInput, match="没有这个事实"):
        disputes.correct(matter, "in_district", True, "试一试", officer)


def test_what_each_value_would_decide_is_shown_with_its_amount(officer: User) -> None:
    bring(hotels(1))
    rest = "依法经营,营业执照注册,纳税登记"
    bring(
        f"信用代码,名称,在城区经营,{rest}\n{code(1)},甲,是,是,是,是\n", "25:hotels", "registry", DAY + timedelta(days=1)
    )
    bring(f"信用代码,年度,营业额（万元）\n{code(1)},2024,1200\n", "25:turnover", "statistics")
    row = two_say(officer)
    with when.at(when.parse_moment("2025-07-01")):
        found = disputes.outcomes(row)
    amounts = {row.values[one["number"]]["value"]: one["amount_yuan"] for one in found}
    assert amounts == {5: 500000, 4: 200000}


def test_a_confirmed_account_is_never_changed_by_a_file() -> None:
    text = f"信用代码,名称,开户银行,银行账号\n{code(1)},甲,某行,6222000000000001\n"
    bring(text)
    subject = Subject.objects.get()
    assert subject.bank_account == "6222000000000001" and subject.account_confirmed_at is None
    Subject.objects.update(account_confirmed_at=when.now())
    bring(text.replace("0001\n", "0002\n"), as_of=DAY + timedelta(days=1))
    subject.refresh_from_db()
    assert subject.bank_account == "6222000000000001"


def test_staff_are_kept_by_a_digest_with_their_employer() -> None:
    from luoshi.directory.engine import check_digit

    number = "00000019900101001"
    number += check_digit(number)
    bring(
        f"身份证号,姓名,单位代码,单位名称,学历,合同起始日\n{number},张三,{code(1)},甲酒店,硕士,2024-09-01\n",
        "25:employment",
        "hr",
    )
    person = Subject.objects.get(kind="person")
    assert person.employer is not None and person.employer.name == "甲酒店"
    assert number not in person.key and Matter.objects.get().subject == person
    assert number not in str(list(RegisterFile.objects.values())) + "".join(
        Entry.objects.values_list("payload", flat=True)
    )


def test_a_register_brought_into_the_demo_speaks_of_the_demos_own_events() -> None:
    """The keys of made-up events are those an import makes, for every register; nothing stands there twice."""
    demo_register.fill(random.Random(1), date(2025, 11, 1))
    before = Matter.objects.count()
    for kind, register, head, rest in (
        ("star", "25:stars", "事项,星级,日期", "新评定,{star},{day}"),
        ("review", "25:stars", "事项,星级,日期", "复核,{star},{day}"),
        ("green", "25:green", "绿色标识,评定日期", "五叶级中国绿色饭店,{day}"),
        ("brand", "25:brands", "品牌,入驻日期", "{of},{day}"),
        ("homestay", "25:homestays", "等级,评定日期", "{homestay_grade_new},{day}"),
        ("interest", "25:projects", "项目编号,申报日期", "{of},{day}"),
        ("contest", "25:contests", "大赛名称,大赛级别,获奖日期", "{of},{award_level},{day}"),
    ):
        matter = Matter.objects.filter(kind=kind).order_by("id")[0]
        said = matter.records.order_by("id")[0].values
        row = rest.format(**said, day=matter.date, of=matter.key.rpartition("/")[2])
        text = f"信用代码,名称,{head}\n{matter.subject.key},{matter.subject.name},{row}\n"
        bring(text, register, "new")
        assert matter.records.filter(source__code="new").count() == 1, register
    assert Matter.objects.count() == before
    person = Matter.objects.filter(kind="talent").order_by("id")[0]
    assert person.key == f"{person.subject.key}/talent/{person.subject.employer.key}"
