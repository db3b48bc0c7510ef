"""A measure's whole way, in a real browser: the office brings registers in and screens them, the hotel confirms its
account, the claim is published, approved by another, paid in a batch two people answer for, reconciled with the bank's
file; then a fact falls, and the money is claimed back. A hotel that gets nothing reads why on the sentence."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from people import Person
from playwright.sync_api import Browser, Page, expect

from luoshi.benefits import auditing, daily
from luoshi.benefits.cells import credit_code
from luoshi.benefits.models import Batch, Claim, Membership, Payment, Recovery, Source, Subject
from luoshi.clocks import actions as clocks
from luoshi.clocks import jobs
from luoshi.directory.models import CalendarYear
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM
from luoshi.ledger.reading import verify
from luoshi.norms import engine
from luoshi.norms.models import Clause, Instrument, InstrumentVersion, Pack, Provision

pytestmark = [pytest.mark.needs("browser"), pytest.mark.django_db(transaction=True)]
TEXT = "（一）演示奖励。对新评定五星级的酒店，年营业额在1000万元以上的，给予一次性奖励。"  # our words, for the test
CLAUSES = {
    "25:二(一).1": "新评定五星级旅游饭店的，一次性奖励。",
    "25:二(一).3": "年营业额在1000万元以上，含本数。",
}
CODES = [(first := f"91140502MA0T0000{n}") + credit_code(first) for n in (1, 2)]
GOOD, SMALL = "山泉酒店（虚构）", "小溪酒店（虚构）"


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the time for the server and the test alike, and lets the clocks fire."""

    def move(moment: str) -> None:
        monkeypatch.setenv("LUOSHI_NOW", moment)
        clocks.tick(when.now())

    return move


@pytest.fixture
def measure() -> None:
    for year in range(2024, 2028):
        CalendarYear.objects.get_or_create(year=year, defaults={"source": "测试"})
    pack = Pack.objects.create(id="jccq", district="演示区")
    made = Instrument.objects.create(
        pack=pack, slug="25", number="城政办发〔2024〕25号", title="住宿业措施（演示）", date=date(2024, 7, 19)
    )
    version = InstrumentVersion.objects.create(
        instrument=made, no=1, source="演示", text=TEXT, digest=engine.digest(TEXT), imported_at=when.now()
    )
    provision = Provision.objects.create(version=version, path="二(一)", label="", text=TEXT, order=1, depth=1)
    for key, gist in CLAUSES.items():
        Clause.objects.create(
            instrument=made, key=key, path="二(一)", gist=gist, kind="amount", provision=provision, fit="part"
        )
    for code, name in (("market", "市场主体登记"), ("statistics", "统计联网直报"), ("rating", "评定机构公告")):
        Source.objects.create(code=code, name=f"{name}（虚构）")


def table(folder: Path, name: str, rows: list[list[str]]) -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def test_a_measure_goes_from_a_register_to_a_paid_batch_and_back(
    browser: Browser, live_server: Any, measure: None, on: Callable[[str], None], tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    on("2026-03-02T09:00:00")
    base = live_server.url
    office, second = (Person(browser, base, "culture", name=name) for name in ("culture", "culture2"))
    finance, releaser = (Person(browser, base, "finance", name=name) for name in ("finance", "finance2"))
    hotel, auditor = Person(browser, base, "enterprise"), Person(browser, base, "auditor")

    _brings_registers_in(office, tmp_path)
    _screens(office)
    claim = Claim.objects.get()
    Membership.objects.create(subject=claim.subject, user=hotel.user)
    Membership.objects.create(subject=Subject.objects.get(name=SMALL), user=hotel.user)
    _hotel_confirms_its_account(hotel, claim)
    _hotel_reads_why_not(hotel)
    _budget(finance)
    _publishes(office, browser, base)
    on("2026-03-16T09:00:00")
    _approved_by_another(office, second, claim)
    batch = _pays_in_a_batch(finance, releaser, tmp_path)
    claim.refresh_from_db()
    assert (claim.state, claim.paid_fen) == ("reconciled", 50_000_000)
    _auditor_follows_the_payment(auditor, batch)
    _a_fact_falls(office, tmp_path)
    _claims_it_back(office, second, hotel, finance, on)
    claim.refresh_from_db()
    assert (claim.state, claim.recovered_fen) == ("recovered", 50_000_000)
    assert auditing.discrepancies() == []
    assert verify().ok


def _brings_in(office: Person, path: Path, kind: str, source: str) -> Page:
    page = office.opens(reverse("benefits:imports"))
    page.set_input_files("input[type=file]", path)
    page.select_option("[name=kind]", value=kind)
    page.select_option("[name=source]", label=f"{source}（虚构）")
    page.locator("form[enctype] button").last.click()
    page.wait_for_load_state()
    _works()
    page.reload()
    return page


def _brings_registers_in(office: Person, folder: Path) -> None:
    yes = ["是"] * 4
    hotels = [["统一社会信用代码", "名称", "在城区经营", "依法经营", "营业执照注册", "纳税登记", "经营地址"]]
    hotels += [[code, name, *yes, "晋城市城区演示路1号"] for code, name in zip(CODES, (GOOD, SMALL), strict=True)]
    turnover = [["信用代码", "单位名称", "年份", "营业额"]]
    turnover += [[CODES[0], GOOD, "2025", "12,000,000.00"], [CODES[1], SMALL, "2025", "９９９９９９９"]]
    stars = [["信用代码", "单位名称", "事项", "星级", "评定日期", "证书"]]
    stars += [
        [code, name, "新评定", "五星级", "2026-01-15", "演示1号"]
        for code, name in zip(CODES, (GOOD, SMALL), strict=True)
    ]
    rated = ["新评定", "五星级", "2026-01-15", "演示1号"]
    stars += [[code, name, *rated] for code, name in zip(CODES, (GOOD, SMALL), strict=True)]
    stars += [["不是代码", "坏行", "新评定", "五星级", "2026-01-15", ""]]
    for name, rows, source in (
        ("hotels", hotels, "市场主体登记"), ("turnover", turnover, "统计联网直报"), ("stars", stars, "评定机构公告"),
    ):  # fmt: skip
        page = _brings_in(office, table(folder, f"{name}.csv", rows), f"25:{name}", source)
        if name == "stars":  # a bad row is named, and the good ones may still come in
            expect(page.locator("body")).to_contain_text("不是代码")
            office.presses("只导入没有错的行")
        else:
            office.presses("导入")
        _works()
        expect(office.opens(reverse("benefits:imports")).locator("table")).to_contain_text(f"{name}.csv")
    assert Subject.objects.count() == 2


def _works() -> None:
    while jobs.work_one():
        pass


def _screens(office: Person) -> None:
    page = office.opens("/benefits/screenings/")
    page.select_option("[name=measure]", "25:二(一)")
    office.presses("现在筛查")
    _works()
    expect(office.opens("/benefits/screenings/").locator("table")).to_contain_text("符合条件 1")
    expect(office.opens("/benefits/claims/").locator("table")).to_contain_text(GOOD)


def _hotel_confirms_its_account(hotel: Person, claim: Claim) -> None:
    page = hotel.opens("/benefits/mine/")
    expect(page.locator("main")).to_contain_text("￥500,000.00")
    hotel.chooses("填写收款账户")
    page.fill("[name=bank_name]", "演示银行（虚构）")
    page.fill("[name=bank_account]", "不是账号")
    hotel.presses("确认账户")
    expect(page.locator("[name=bank_name]")).to_have_value("演示银行（虚构）")  # kept, and what is wrong is said
    expect(page.locator(".error-summary")).to_contain_text("账号应为")
    page.fill("[name=bank_account]", "6222021234567890")
    hotel.presses("确认账户")
    expect(page.locator("main")).to_contain_text("账户已确认")
    expect(page.locator(".bf-true").first).to_be_visible()  # why, on the sentence


def _hotel_reads_why_not(hotel: Person) -> None:
    page = hotel.opens("/benefits/mine/")
    hotel.chooses(SMALL)
    expect(page.locator("main")).to_contain_text("不符合")
    page.locator("main .bf-measure a", has_text="星级").first.click()
    expect(page.locator(".bf-false").first).to_contain_text("年营业额在1000万元以上")
    expect(page.locator(".bf-step-false")).to_contain_text("￥9,999,999.00")
    expect(page.locator(".bf-step-false")).to_contain_text("统计联网直报")
    assert GOOD not in page.locator("main").inner_text()


def _budget(finance: Person) -> None:
    page = finance.opens("/benefits/pots/set/")
    page.select_option("[name=scope]", "25")
    page.fill("[name=total]", "2000000")
    page.fill("[name=source]", "演示预算（虚构）")
    finance.presses("编列")
    expect(page.locator("main")).to_contain_text("￥2,000,000.00")


def _publishes(office: Person, browser: Browser, base: str) -> None:
    page = office.opens("/benefits/publication/")
    office.presses("公示选中的事项")
    expect(page.locator(".message-success")).to_contain_text("已公示 1 项")
    resident = browser.new_context(locale="zh-CN").new_page()
    resident.goto(base + "/benefits/published/")
    expect(resident.locator("main")).to_contain_text(GOOD)
    resident.context.close()


def _approved_by_another(office: Person, second: Person, claim: Claim) -> None:
    page = office.opens(f"/benefits/claims/{claim.pk}/")
    expect(page.locator("main")).to_contain_text("公示和批准不能是同一人")
    page = second.opens(f"/benefits/claims/{claim.pk}/")
    second.chooses("批准")
    expect(page.locator(".follows")).to_contain_text("从预算预留 ￥500,000.00")
    second.presses("批准")
    expect(page.locator("[aria-current=step]")).to_contain_text("已批准")


def _pays_in_a_batch(finance: Person, releaser: Person, folder: Path) -> Batch:
    page = finance.opens("/benefits/batches/")
    finance.presses("编制批次")
    batch = Batch.objects.get()
    expect(page.locator("main")).to_contain_text("编制和复核不能是同一人")
    releaser.opens(f"/benefits/batches/{batch.pk}/")
    releaser.chooses("复核放行")
    releaser.presses("复核放行")
    finance.opens(f"/benefits/batches/{batch.pk}/")
    finance.chooses("送出")
    finance.presses("送出")
    sent = finance.context.request.get(f"{finance.base}/benefits/batches/{batch.pk}/file.csv")
    lines = list(csv.DictReader(io.StringIO(sent.body().decode("utf-8-sig"))))
    assert [line["金额（元）"] for line in lines] == ["500000.00"]
    head = ["付款编号", "金额", "结果", "支付日期"]
    wrong = [head, [lines[0]["付款编号"], "499999.99", "成功", "2026-03-17"]]
    right = [head, [lines[0]["付款编号"], "500000.00", "成功", "2026-03-17"]]
    _brings_the_bank_file(finance, table(folder, "错.csv", wrong))
    expect(page.locator("main")).to_contain_text("应为 ￥500,000.00")
    assert page.get_by_role("button", name="入账", exact=True).count() == 0
    _brings_the_bank_file(finance, table(folder, "对.csv", right))
    finance.presses("入账")
    expect(page.locator("main")).to_contain_text("银行已答复")
    finance.chooses("对账")
    page.fill("[name=statement]", "500000.00")
    finance.presses("对账")
    expect(page.locator("main")).to_contain_text("已对账")
    return batch


def _brings_the_bank_file(finance: Person, path: Path) -> None:
    page = finance.opens("/benefits/bank/")
    page.set_input_files("input[type=file]", path)
    finance.presses("上传并读取")


def _auditor_follows_the_payment(auditor: Person, batch: Batch) -> None:
    payment = Payment.objects.get(batch=batch)
    page = auditor.opens(f"/benefits/payments/?q={payment.reference}")
    auditor.chooses(payment.reference)
    expect(page.locator("main")).to_contain_text("为什么付")
    with page.expect_download() as package:
        auditor.presses("下载证据包")
    assert package.value.suggested_filename.endswith(".zip")


def _a_fact_falls(office: Person, folder: Path) -> None:
    """A later register says the hotel does not operate lawfully; the nightly recheck proposes a recovery."""
    rows = [["统一社会信用代码", "名称", "依法经营"], [CODES[0], GOOD, "否"]]
    page = _brings_in(office, table(folder, "later.csv", rows), "25:hotels", "市场主体登记")
    office.presses("导入")
    _works()
    jobs.enqueue(daily.KIND, {}, by=SYSTEM)
    _works()
    expect(office.opens("/benefits/objections/").locator("main")).to_contain_text(GOOD)
    assert Recovery.objects.get().state == "proposed"
    page.close()
    office.page = office.context.new_page()


def _claims_it_back(office: Person, second: Person, hotel: Person, finance: Person, on: Callable[[str], None]) -> None:
    row = Recovery.objects.get()
    office.opens(f"/benefits/recoveries/{row.pk}/")
    office.chooses("告知当事人")
    office.presses("告知当事人")
    expect(hotel.opens(f"/benefits/mine/claims/{row.claim_id}/").locator("main")).to_contain_text("对追回提出异议")
    on("2026-04-13T09:00:00")
    page = second.opens(f"/benefits/recoveries/{row.pk}/")
    second.chooses("决定追回")
    page.fill("[name=words]", "演示：主体不再依法经营，应当退回。")
    second.presses("决定追回")
    page = finance.opens(f"/benefits/recoveries/{row.pk}/")
    finance.chooses("登记退回")
    page.fill("[name=amount]", "500000.00")
    page.fill("[name=words]", "演示：入账凭证1号")
    finance.presses("登记退回")
    row.refresh_from_db()
    assert row.state == "closed"
