"""One duty's whole way, in a real browser: the editor imports, the supervisor confirms and assigns, the department
signs for it, feeds back and asks to close, the supervisor accepts and issues the bulletin, a resident reads how the
text stands."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from people import Person
from playwright.sync_api import Browser, expect

from luoshi.directory.models import Body
from luoshi.ledger.reading import verify
from luoshi.supervision.models import Duty

pytestmark = [pytest.mark.needs("browser"), pytest.mark.django_db(transaction=True)]
GAZETTE = Path(__file__).with_name("gazette_demo.txt")
DEPARTMENTS = ("县演示民政局", "县演示财政局", "县演示市场监管局")


@pytest.fixture
def departments() -> dict[str, Body]:
    return {name: Body.objects.create(pack="jccq", name=name, kind="department") for name in DEPARTMENTS}


def test_a_duty_goes_from_the_gazette_to_the_bulletin(
    browser: Browser, live_server: Any, departments: dict[str, Body], tmp_path: Path
) -> None:
    base = live_server.url
    editor = Person(browser, base, "editor")
    supervisor = Person(browser, base, "supervisor")
    handler = Person(browser, base, "handler", departments["县演示民政局"])

    _imports(editor)
    duty = _confirms_and_assigns(supervisor)
    _signs_and_feeds_back(handler, duty, tmp_path)
    _cannot_accept_own_work(handler, duty)
    _accepts(supervisor, duty)
    _issues_the_bulletin(supervisor)
    _reads_the_text(browser, base)
    assert verify().ok


def _imports(editor: Person) -> None:
    page = editor.opens("/norms/imports/")
    page.set_input_files("input[type=file]", GAZETTE)
    editor.presses("上传并读取")
    expect(page.locator("body")).to_contain_text("演示县养老助餐工作方案")
    expect(page.locator("body")).to_contain_text("新存入")
    page = editor.opens("/norms/imports/")  # the same file again is kept once and says so
    page.set_input_files("input[type=file]", GAZETTE)
    editor.presses("上传并读取")
    expect(page.locator("body")).not_to_contain_text("Traceback")
    assert Duty.objects.filter(status="proposed").count() >= 2


def _confirms_and_assigns(supervisor: Person) -> Duty:
    duty = Duty.objects.get(status="proposed", deadline="2026-12-31", bodies__printed="县演示民政局", goal=False)
    page = supervisor.opens("/supervision/proposals/")
    expect(page.locator("body")).to_contain_text("2026-12-31")
    supervisor.opens(f"/supervision/duties/{duty.pk}/")
    supervisor.chooses("立项")
    expect(supervisor.page.locator("blockquote").first).to_contain_text("6家老年助餐点")  # the sentence beside the form
    supervisor.presses("立项")
    supervisor.opens(f"/supervision/duties/{duty.pk}/")
    supervisor.chooses("分办")
    supervisor.presses("分办")
    expect(supervisor.page.locator("[aria-current=step]")).to_contain_text("分办")
    return duty


def _signs_and_feeds_back(handler: Person, duty: Duty, tmp_path: Path) -> None:
    proof = tmp_path / "验收记录.pdf"
    proof.write_bytes(b"%PDF-1.4\n% synthetic\n%%EOF\n")
    page = handler.opens("/supervision/mine/")
    expect(page.locator("body")).to_contain_text(duty.title)
    handler.opens(f"/supervision/duties/{duty.pk}/")
    handler.chooses("签收")
    handler.presses("签收")
    handler.opens(f"/supervision/duties/{duty.pk}/")
    handler.chooses("反馈")
    page.fill("[name=words]", "")
    page.fill("[name=progress]", "140")
    page.evaluate("document.querySelector('form[method=post].form').noValidate = true")
    handler.presses("反馈")
    expect(page.locator("[name=progress]")).to_have_value("140")  # what was typed is kept, and said to be wrong
    page.fill("[name=words]", "演示:六家助餐点已建成并供餐。")
    page.fill("[name=progress]", "100")
    page.set_input_files("input[type=file]", proof)
    handler.presses("反馈")
    expect(page.locator("body")).to_contain_text("验收记录.pdf")
    handler.opens(f"/supervision/duties/{duty.pk}/")
    handler.chooses("申请办结")
    page.fill("[name=words]", "演示:请予核验。")
    page.set_input_files("input[type=file]", proof)
    handler.presses("申请办结")
    duty.refresh_from_db()
    assert duty.state == "completion_requested"


def _cannot_accept_own_work(handler: Person, duty: Duty) -> None:
    page = handler.opens(f"/supervision/duties/{duty.pk}/")
    assert page.get_by_role("link", name="核验通过", exact=True).count() == 0
    answer = handler.page.goto(f"{handler.base}/supervision/duties/{duty.pk}/do/accept/")
    assert answer is not None and answer.status in (403, 409)
    assert "Traceback" not in page.content()


def _accepts(supervisor: Person, duty: Duty) -> None:
    page = supervisor.opens(f"/supervision/duties/{duty.pk}/")
    supervisor.chooses("开始核验")
    supervisor.presses("开始核验")
    supervisor.opens(f"/supervision/duties/{duty.pk}/")
    supervisor.chooses("核验通过")
    page.fill("[name=words]", "演示:现场核对,六家均已供餐。")
    if page.locator("[name=despite]").count():
        page.fill("[name=despite]", "演示:指标读数随月报补录。")
    supervisor.presses("核验通过")
    duty.refresh_from_db()
    assert duty.state == "closed" and duty.light == "green"


def _issues_the_bulletin(supervisor: Person) -> None:
    page = supervisor.opens("/supervision/bulletins/")
    supervisor.presses("看这个月的通报")
    supervisor.presses("印发通报")
    page.wait_for_load_state()
    href = supervisor.opens("/supervision/bulletins/").locator("table tbody a").first.get_attribute("href")
    answer = supervisor.context.request.get(supervisor.base + str(href))
    assert answer.ok
    with zipfile.ZipFile(io.BytesIO(answer.body())) as paper:
        words = paper.read("word/document.xml").decode()
    assert "督查" in words and "销号" in words


def _reads_the_text(browser: Browser, base: str) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(base + "/d/")
    page.get_by_role("link", name="演示县养老助餐工作方案").first.click()
    expect(page.locator("body")).to_contain_text("选点建设")
    expect(page.locator("body")).to_contain_text("县演示民政局")
    expect(page.locator(".light, [class*=light]").first).to_be_visible()
