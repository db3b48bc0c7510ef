"""The shell: 长辈版 and theme without scripts, navigation one may open, registries that survive a faulty room."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from luoshi.faces import finders, nav, tiles, todo
from luoshi.kernel.acting import PUBLIC

pytestmark = pytest.mark.django_db


def test_resident_switches_to_the_large_version_and_it_stays(client: Client) -> None:
    assert "data-elder" not in client.get("/about/").content.decode()
    answer = client.post("/faces/preferences/", {"elder": "1", "next": "/about/"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/about/"
    html = client.get("/about/").content.decode()
    assert "data-elder" in html and "标准版" in html
    client.post("/faces/preferences/", {"elder": "0", "next": "/about/"})
    assert "data-elder" not in client.get("/about/").content.decode()


def test_resident_chooses_dark_and_nonsense_is_ignored(client: Client) -> None:
    client.post("/faces/preferences/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/about/").content.decode()
    client.post("/faces/preferences/", {"theme": "pink"})
    assert 'data-theme="dark"' in client.get("/about/").content.decode()


@pytest.mark.parametrize("next_", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_the_switch_leads_nowhere_else(client: Client, next_: str) -> None:
    answer = client.post("/faces/preferences/", {"elder": "1", "next": next_})
    assert answer.headers["Location"] == "/"


def test_demo_says_so_on_every_page(client: Client, settings: Any) -> None:
    assert "人员、单位联系方式和办理记录都是生成的" not in client.get("/about/").content.decode()
    settings.DEMO = True
    assert "人员、单位联系方式和办理记录都是生成的" in client.get("/about/").content.decode()


class Person:
    is_authenticated = True

    def __init__(self, *may: str) -> None:
        self._may = may

    def may(self, permission: str) -> bool:
        return permission in self._may


class Nobody:
    is_authenticated = False


def test_navigation_shows_only_what_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nav, "_entries", {})
    nav.register("待办", "console:home", group="工作", order=1)
    nav.register("大屏", "console:wall", "console.wall", "看板", 2)
    nav.register("没有的", "nowhere:at_all", PUBLIC, "看板", 3)
    nav.register("首页", "portal:home", PUBLIC, nav.PORTAL, 1)
    assert [g.label for g in nav.groups(Person(), "/", portal=False)] == ["工作"]
    shown = nav.groups(Person("console.wall"), "/console/wall/", portal=False)
    assert [(link.label, link.current) for g in shown for link in g.links] == [("待办", False), ("大屏", True)]
    assert nav.groups(Nobody(), "/", portal=False) == []
    assert [link.label for g in nav.groups(Nobody(), "/", portal=True) for link in g.links] == ["首页"]


def test_a_faulty_room_leaves_a_gap_that_is_named_and_hides_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def good(user: Any) -> list[todo.Todo]:
        return [todo.Todo("晚的", "/2/", light="green"), todo.Todo("早的", "/1/", light="red")]

    def broken(user: Any) -> list[todo.Todo]:
        raise RuntimeError

    monkeypatch.setattr(todo, "_providers", {})
    todo.register(good)
    todo.register(broken)
    found, failed = todo.collect(Person())
    assert len(found) == 2 and len(failed) == 1
    assert [label for _, label, _ in todo.grouped(found)] == ["逾期", "正常"]

    monkeypatch.setattr(tiles, "_providers", {})
    tiles.register(lambda: [tiles.Tile("在办", 7)])
    tiles.register(broken)  # type: ignore[arg-type]
    assert [t.value for t in tiles.collect()] == [7, None] or [t.value for t in tiles.collect()] == [None, 7]

    monkeypatch.setattr(finders, "_finders", {})
    finders.register("任务", lambda words, user, limit: [finders.Found(words, "/x/")])
    finders.register("坏的", broken)  # type: ignore[arg-type]
    finders.register("保密", lambda words, user, limit: [finders.Found("x", "/y/")], permission="secret.read")
    assert [label for label, _ in finders.find("养老", Person())] == ["任务"]


def test_todos_without_a_colour_are_grouped_as_unknown_not_lost() -> None:
    groups = todo.grouped([todo.Todo("x", "/", light="blue"), todo.Todo("y", "/", light="grey")])
    assert [(light, len(rows)) for light, _, rows in groups] == [("grey", 2)]
