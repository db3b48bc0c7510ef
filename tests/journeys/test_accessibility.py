"""Nobody is shut out: axe finds nothing on any screen, at 1440 and 390 wide, in the standard and in the 长辈版."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import pages as screens
import pytest
import scenery
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from luoshi.accounts.models import Grant, User

pytestmark = [pytest.mark.needs("browser"), pytest.mark.once, pytest.mark.django_db(transaction=True)]
SIZES = ((1440, 900), (390, 844))
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# The 长辈版 is the same page with other sizes and colours, and its colours are the same at any width.
ELDER_RULES = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast", "target-size"]}}
TARGETS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["target-size"]}}
WIDE, NARROW = SIZES
LOOKS = ((False, WIDE, RULES), (False, NARROW, RULES), (True, NARROW, TARGETS), (True, WIDE, ELDER_RULES))
# One account per face of the product; a screen is examined as the first of them meets it.
ROLES = (
    "supervisor", "handler", "editor", "auditor", "secadmin", "culture", "finance", "enterprise", "duty_officer",
    "commander",
)  # fmt: skip
SHARES = 3  # screens are dealt out by name, so that several workers can examine them
# What axe finds, the first three places of each; and by how much the page is wider than the window.
LOOK = """async options => {
  const found = (await axe.run(document, options)).violations.flatMap(
    v => v.nodes.slice(0, 3).map(n => `${v.id} ${n.target} ${n.failureSummary.trim().split("\\n").pop().trim()}`))
  return [found, document.documentElement.scrollWidth - document.documentElement.clientWidth]
}"""


def visitor(role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role:
        user = User.objects.filter(username=role).first()  # the night on duty brings some of its people along
        if user is None:
            user = User.objects.create_user(role, display_name=f"演示{role}")
        if not user.grants.filter(role=role).exists():
            Grant.objects.create(user=user, role=role)
        client.force_login(user)
    return client


def found_by(client: Client, starts: Iterable[str], broken: list[str]) -> dict[str, str]:
    """The screens one can reach by links; links that lead nowhere, or to a defect of ours, go to `broken`."""

    def get(path: str) -> str | None:
        answer = client.get(path)
        if (answer.status_code == 404 and not path.startswith(scenery.ABSENT)) or answer.status_code >= 500:
            broken.append(f"{path}: {answer.status_code}")
        html = answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html")
        return answer.content.decode() if html and not answer.streaming else None

    return screens.walk(get, starts)


def as_seen_by(browser: Browser, client: Client, base: str) -> BrowserContext:
    context = browser.new_context(locale="zh-CN")
    session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if session:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.value, "url": base}])
    return context


def examined(page: Page, what: str, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe finds, one line each; and whether the page scrolls sideways, which a narrow screen must not."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found, wide = page.evaluate(LOOK, rules)
    return [f"{what}: {line}" for line in found] + ([f"{what}: {wide} px wider than the window"] if wide > 1 else [])


def test_the_examination_would_notice(page: Page) -> None:
    page.set_content('<html lang="zh"><title>x</title><main><h1>x</h1><input><p style="width:5000px">宽</p></main>')
    found = examined(page, "坏页")
    assert any("label" in line for line in found) and any("wider" in line for line in found)


@pytest.fixture
def second_factor_is_not_the_matter(settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = frozenset()


@pytest.mark.parametrize("share", range(SHARES))
def test_axe_finds_nothing_on_any_screen(
    share: int, browser: Browser, live_server: Any, district: None, second_factor_is_not_the_matter: None
) -> None:
    scenery.night()
    done: set[str] = set()
    wrong: list[str] = []
    for role in ("", *ROLES):
        client = visitor(role)
        found = found_by(client, screens.STAFF_STARTS if role else screens.PUBLIC_STARTS, wrong)
        new = {name: path for name, path in found.items() if name not in done}
        mine = {name: path for name, path in new.items() if crc32(name.encode()) % SHARES == share}
        done |= mine.keys()
        context = as_seen_by(browser, client, live_server.url)
        page = context.new_page()
        page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        for name, path in mine.items():
            page.goto(live_server.url + path, timeout=90_000)
            for elder, (width, height), rules in LOOKS:  # ends as it began: the next page loads at full width
                page.evaluate("on => document.documentElement.toggleAttribute('data-elder', on)", elder)
                page.set_viewport_size({"width": width, "height": height})
                wrong += examined(page, f"{role or '居民'} {name} {path} {width}{' 长辈版' * elder}", rules)
        context.close()
    assert len(done) >= 10
    assert not wrong, "\n" + "\n".join(wrong)


def test_dark_and_enlarged_pages_stay_legible(browser: Browser, live_server: Any, district: None) -> None:
    """The dark theme keeps its contrast; at 200 % (half the width) nothing is cut off."""
    client = visitor("supervisor")
    context = as_seen_by(browser, client, live_server.url)
    context.add_cookies([{"name": "luoshi_theme", "value": "dark", "url": live_server.url}])
    page = context.new_page()
    wrong: list[str] = []
    for path in (*screens.PUBLIC_STARTS[:4], *screens.STAFF_STARTS):
        for width in (1440, 720):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(live_server.url + path)
            wrong += examined(page, f"{path} {width} 深色")
    context.close()
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_keyboard_alone_reaches_everything(page: Page, live_server: Any, district: None) -> None:
    page.goto(live_server.url + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("养老")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    outline = page.evaluate("getComputedStyle(document.querySelector('.brand')).outlineStyle")
    assert outline == "none"
    page.keyboard.press("Tab")
    shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shown == "solid", "the focus must be seen"


def test_without_scripts_the_large_version_and_search_still_work(
    browser: Browser, live_server: Any, district: None
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(live_server.url + "/about/")
    page.get_by_role("button", name="长辈版").click()
    assert page.locator("html[data-elder]").count() == 1 and page.url.endswith("/about/")
    page.goto(live_server.url + "/")
    page.locator("#q").fill("养老")
    page.get_by_role("button", name="检索").click()
    assert "/search/" in page.url
    context.close()


def test_the_large_version_has_large_letters_and_targets(page: Page, live_server: Any, district: None) -> None:
    page.goto(live_server.url + "/")
    page.get_by_role("button", name="长辈版").click()
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "20px"
    assert page.evaluate("getComputedStyle(document.body).lineHeight") == "32px"
    small = page.evaluate(
        "[...document.querySelectorAll('main button, header button, nav a, .button')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 47.5).map(e => e.textContent.trim())"
    )
    assert small == []
