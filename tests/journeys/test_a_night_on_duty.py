"""A night in two browsers, from the first call to the review: the duty officer takes, asks, triages and proposes; the
commander starts and ends. Once under plan 21, once under 22, once under both."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from people import Person
from playwright.sync_api import Browser, expect

from luoshi.directory.models import Body, Holding, Post
from luoshi.directory.models import Person as Somebody
from luoshi.emergency.models import Incident, Response
from luoshi.ledger import evidence, package, replays
from luoshi.ledger.reading import verify

pytestmark = [pytest.mark.needs("browser"), pytest.mark.once, pytest.mark.django_db(transaction=True)]
ENDS = {
    "21": {"end_controlled": "故障点全部恢复", "end_secondary_cleared": "杆路已加固", "end_stable": "观察两小时无告警"},
    "22": {
        "end_rescue_done": "处置完成",
        "end_scene_controlled": "恶意流量已阻断",
        "end_secondary_cleared": "漏洞已修补",
        "end_restored": "业务全部恢复",
    },
}


@pytest.fixture
def command() -> dict[str, Post]:
    """The posts the plans name, and the bodies a call-out reaches."""
    made = {}
    for body, title in (("区政府", "分管通信工作副区长"), ("区工信局", "局长")):
        home, _ = Body.objects.get_or_create(name=body, defaults={"kind": "department"})
        made[title] = Post.objects.create(body=home, title=title)
    for name in ("区公安分局", "移动城区分公司", "联通城区分公司"):
        Body.objects.get_or_create(name=name, defaults={"kind": "department"})
    return made


def seated(person: Person, post: Post, name: str) -> Person:
    someone = Somebody.objects.create(name=name, body=post.body, synthetic=True)
    Holding.objects.create(person=someone, post=post, since=date(2024, 1, 1))
    person.user.person, person.user.display_name = someone, name
    person.user.save()
    return person


@pytest.mark.parametrize("plans", [("21",), ("22",), ("21", "22")], ids=["21", "22", "both"])
def test_a_night_from_the_first_call_to_the_review(
    browser: Browser, live_server: Any, command: dict[str, Post], plans: tuple[str, ...], tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    base = live_server.url
    duty = Person(browser, base, "duty_officer")
    commander = seated(Person(browser, base, "commander"), command["分管通信工作副区长"], "虚构总指挥")
    found = _takes_the_call(duty)
    _triages(duty, found, plans)
    _asks(duty, found, cyber="22" in plans)
    for plan in plans:
        _proposes_and_starts(duty, commander, found, plan)
    _watches(commander, found, plans)
    for plan in plans:
        _ends(duty, commander, found, plan)
    _reviews_and_closes(duty, found)
    data = evidence.build(found.subject)
    checked = package.check(data, replayers=replays.load())
    assert checked.ok, checked.problems
    assert verify().ok


def _takes_the_call(duty: Person) -> Incident:
    page = duty.opens("/emergency/")
    duty.chooses("接报")
    page.get_by_label("报告人或单位").fill("移动城区分公司网管（虚构）")
    page.get_by_label("说了什么").fill("北石店镇多处基站退服（虚构）")
    page.get_by_label("地点（镇、街道）").fill("北石店镇")
    duty.presses("记下")
    expect(page.get_by_role("heading", level=1)).to_contain_text("北石店镇多处基站退服")
    return Incident.objects.get()


def _triages(duty: Person, found: Incident, plans: tuple[str, ...]) -> None:
    for plan in ("21", "22"):
        page = duty.opens(f"/emergency/incidents/{found.pk}/plans/{plan}/triage/")
        if plan in plans:
            page.get_by_label("真实").check()
        else:
            page.get_by_label("无关：").check()
            duty.presses("确定分流")
            expect(page.get_by_text("无关信息须写明转交给谁").first).to_be_visible()  # and what was chosen is kept
            page.get_by_label("转交给").fill("区公安分局")
        duty.presses("确定分流")
    expect(page.get_by_role("heading", name="还不知道的，按对级别的影响排")).to_be_visible()
    assert page.get_by_text("不提出级别").count() >= 2


def _asks(duty: Person, found: Incident, *, cyber: bool) -> None:
    """One tap where one tap is enough; a list is typed."""
    page = duty.opens(f"/emergency/incidents/{found.pk}/facts/operators_affected/")
    page.get_by_label("移动城区分公司").check()
    duty.presses("记录")
    page = duty.opens(f"/emergency/incidents/{found.pk}/facts/multi_point_operators/")
    page.get_by_label("移动城区分公司").check()
    duty.presses("记录")
    _states(duty, found, "stage", "已发生")
    _states(duty, found, "cause", "网络攻击" if cyber else "外部突发事件")
    for name in ("spread_in_district", "spread_beyond_district"):
        page = duty.opens(f"/emergency/incidents/{found.pk}/")
        tap = page.locator(f'button[value="{name}=no"]')
        if tap.count():
            tap.click()
            page.wait_for_load_state()
        else:
            _states(duty, found, name, "否")


def _states(duty: Person, found: Incident, name: str, word: str) -> None:
    page = duty.opens(f"/emergency/incidents/{found.pk}/facts/{name}/")
    page.get_by_label(word, exact=True).check()
    duty.presses("记录")


def _proposes_and_starts(duty: Person, commander: Person, found: Incident, plan: str) -> None:
    path = f"/emergency/incidents/{found.pk}/plans/{plan}"
    duty.opens(f"{path}/propose/")
    duty.presses("提出建议")
    page = commander.opens(f"/emergency/incidents/{found.pk}/")
    if plan == "22":
        page.goto(f"{commander.base}{path}/start/")
        commander.presses("启动")
        expect(page.get_by_text("尚未确认").first).to_be_visible()
        commander.opens(f"{path}/confirm/")
        commander.presses("确认")
    page = commander.opens(f"{path}/start/")
    expect(page.get_by_role("heading", name="告知谁")).to_be_visible()
    expect(page.get_by_role("heading", name="条文措施")).to_be_visible()
    commander.presses("启动")
    expect(page.locator(".em-run").filter(has_text=f"{plan}号").first).to_contain_text("运行中")
    assert Response.objects.filter(case__plan=plan, state="running").count() == 1


def _watches(commander: Person, found: Incident, plans: tuple[str, ...]) -> None:
    page = commander.opens(f"/emergency/wall/{found.pk}/")
    for plan in plans:
        expect(page.get_by_text(f"{plan}号").first).to_be_visible()


def _ends(duty: Person, commander: Person, found: Incident, plan: str) -> None:
    """A condition is left open first: refused, with what was typed kept. The duty officer may not end at all."""
    path = f"/emergency/incidents/{found.pk}/plans/{plan}/end/"
    shown = dict(ENDS[plan])
    last, words = shown.popitem()
    page = commander.opens(path)
    for name, text in shown.items():
        page.locator(f"[name={name}]").fill(text)
    commander.presses("宣布结束")
    expect(page.locator(".error-summary")).to_be_visible()
    first = next(iter(shown))
    expect(page.locator(f"[name={first}]")).to_have_value(shown[first])
    page.locator(f"[name={last}]").fill(words)
    commander.presses("宣布结束")
    assert Response.objects.get(case__plan=plan).state == "ended"


def _reviews_and_closes(duty: Person, found: Incident) -> None:
    page = duty.opens(f"/emergency/incidents/{found.pk}/after/")
    assert page.get_by_role("row").count() > 1, "the plan asks for something after the end"
    duty.opens(f"/emergency/incidents/{found.pk}/acts/close/")
    page.get_by_label("理由").fill("恢复正常，转入评估")
    duty.presses("结案")
    found.refresh_from_db()
    assert found.state == "closed"
    expect(page.get_by_text("已结案").first).to_be_visible()
