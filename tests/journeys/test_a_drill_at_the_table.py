"""A table-top drill in two browsers and on a wall: the director shows what happens, the officer acts on the ordinary
screens, the wall follows by itself and stays readable when the line is gone, and a sheet to sign comes out."""

from __future__ import annotations

from typing import Any

import pytest
from people import Person
from playwright.sync_api import Browser, expect

from luoshi.emergency import drills
from luoshi.emergency.models import DrillRun, Incident

pytestmark = [pytest.mark.needs("browser"), pytest.mark.once, pytest.mark.django_db(transaction=True)]

SCENARIO = """name: 演练 夜间一家企业多点故障
exercise: true
plans: ['21']
places: [演练甲街道]
timeline:
- ['02:50:00', {inject: 热线转来断网报告（演练）}]
- ['02:55:00', {set: {stage: occurred, cause: external_emergency, multi_point_operators: [移动城区分公司]}}]
- ['03:05:00', {set: {spread_in_district: false}}]
"""


def test_a_drill_is_played_at_the_table_and_comes_out_as_a_sheet_to_sign(
    browser: Browser, live_server: Any, tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    director = Person(browser, live_server.url, "duty_officer", name="director")
    officer = Person(browser, live_server.url, "duty_officer")
    _writes_a_scenario(director)
    _begins(director)
    incident = Incident.objects.get()
    watcher = Person(browser, live_server.url, "commander")
    wall = watcher.opens(f"/emergency/wall/{incident.pk}/")
    expect(wall.get_by_text("推演时刻")).to_be_visible()
    director.presses("到下一个注入")
    expect(wall.get_by_text("热线转来断网报告（演练）").first).to_be_visible(timeout=5000)  # nobody reloads the wall
    director.presses("前进 5 分钟")
    expect(director.page.get_by_text("预期动作").first).not_to_be_visible()
    _triages(officer, incident)
    expect(wall.get_by_text("21号分流：真实").first).to_be_visible(timeout=5000)
    _loses_the_line(watcher)
    _by_keyboard(watcher)
    _finishes(director)
    page = director.page
    with page.expect_download() as got:
        page.get_by_role("link", name="下载演练评估表").click()
    assert got.value.suggested_filename.startswith("演练评估表-演练 夜间一家企业多点故障")
    run = DrillRun.objects.get(mode="tabletop")
    triage = next(line for line in run.score["lines"] if line["what"].startswith("分流"))
    assert (triage["verdict"], triage["done_at"]) == ("完成", "02:55:00")


def _writes_a_scenario(director: Person) -> None:
    """A fault is named by its line, what was typed stays, and the corrected text is kept."""
    page = director.opens("/emergency/drills/new/")
    page.locator("[name=name]").fill("night-one")
    page.locator("[name=text]").fill(SCENARIO.replace("02:55:00", "02:40:00"))
    director.presses("保存脚本")
    expect(page.get_by_role("cell", name="7", exact=True)).to_be_visible()
    expect(page.get_by_text("时间倒退：02:40:00")).to_be_visible()
    page.locator("[name=text]").fill(SCENARIO)
    director.presses("保存脚本")
    expect(page.get_by_role("heading", level=1)).to_contain_text("演练 夜间一家企业多点故障")
    assert [s.name for s in drills.listed() if s.own] == ["night-one"]


def _begins(director: Person) -> None:
    director.chooses("桌面演练")
    director.presses("开始桌面演练")
    page = director.page
    expect(page.get_by_text("演练 Exercise").first).to_be_visible()
    expect(page.get_by_text("02:50:00").first).to_be_visible()


def _triages(officer: Person, incident: Incident) -> None:
    page = officer.opens(f"/emergency/incidents/{incident.pk}/")
    expect(page.get_by_text("演练 Exercise").first).to_be_visible()
    page = officer.opens(f"/emergency/incidents/{incident.pk}/plans/21/triage/")
    page.get_by_label("真实").check()
    officer.presses("确定分流")


def _loses_the_line(watcher: Person) -> None:
    """The last state stays, under a large notice; it goes away by itself when the line is back."""
    page = watcher.page
    watcher.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("连接已断开", timeout=6000)
    expect(page.get_by_text("21号分流：真实").first).to_be_visible()
    watcher.context.set_offline(False)
    expect(page.locator("#gone")).to_be_hidden(timeout=6000)


def _by_keyboard(watcher: Person) -> None:
    watcher.page.keyboard.press("5")
    assert watcher.page.evaluate("document.activeElement.id") == "ew-h5"


def _finishes(director: Person) -> None:
    director.chooses("结束演练并评估")
    director.presses("结束并评估")
    expect(director.page.get_by_role("heading", level=1)).to_contain_text("演练 夜间一家企业多点故障")
    expect(director.page.get_by_text("演练 Exercise").first).to_be_visible()
