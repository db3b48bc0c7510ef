"""What staff meet first: what must I do now, one search over all rooms, the wall, help."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.notices.conftest import NOTE, words

from luoshi.accounts.models import Grant, User
from luoshi.faces import finders, tiles, todo
from luoshi.kernel.acting import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def supervisor(client: Client) -> User:
    user = User.objects.create_user("supervisor", display_name="督查员")
    Grant.objects.create(user=user, role="supervisor")
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def _own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other rooms bring is theirs to test."""
    monkeypatch.setattr(todo, "_providers", {})
    monkeypatch.setattr(tiles, "_providers", {})
    monkeypatch.setattr(finders, "_finders", {})


def page(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/console/", "/console/search/", "/console/wall/", "/console/help/"])
def test_nobody_enters_without_signing_in(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302 and "/accounts/sign-in/" in answer.headers["Location"]


def test_officer_sees_what_is_late_before_what_is_not(client: Client, supervisor: User) -> None:
    def mine(user: Any) -> list[todo.Todo]:
        assert user == supervisor
        return [
            todo.Todo("审核二季度反馈", "/s/2/", date(2026, 12, 1), "green", "09:三(一)1"),
            todo.Todo("催办洒水作业", "/s/1/", datetime(2026, 11, 1, 9, 0), "red", note="已逾期 3 天"),
        ]

    todo.register(mine)
    html = page(client, "/console/")
    assert "现在有 2 件事要办" in html and html.index("催办洒水作业") < html.index("审核二季度反馈")
    assert "2026-11-01 09:00" in html and "已逾期 3 天" in html and 'href="/d/09/' in html


def test_an_officer_with_nothing_to_do_is_told_so(client: Client, supervisor: User) -> None:
    html = page(client, "/console/")
    assert "现在没有要办的事" in html and "没有通知" in html


def test_a_room_that_fails_is_said_not_hidden(client: Client, supervisor: User) -> None:
    def broken(user: Any) -> list[todo.Todo]:
        raise RuntimeError

    todo.register(broken)
    assert "1 处待办暂时读不到" in page(client, "/console/")


def test_a_thousand_things_to_do_are_counted_and_the_first_hundred_shown(client: Client, supervisor: User) -> None:
    def mine(user: Any) -> list[todo.Todo]:
        return [todo.Todo(f"事{n}", "/", light="yellow") for n in range(1000)]

    todo.register(mine)
    html = page(client, "/console/")
    assert "现在有 1000 件事要办" in html and "还有 900 件没有列出" in html and html.count("data-row>") == 100


def test_officer_sees_the_latest_notices(client: Client, supervisor: User) -> None:
    from luoshi.notices.actions import send

    with transaction.atomic():
        send(
            NOTE,
            to=[supervisor],
            subject="duty:1",
            fields=words("请核验材料"),
            link="/s/1/",
            confirm_minutes=30,
        )
    html = page(client, "/console/")
    assert "请核验材料" in html and "待确认" in html and 'href="/s/1/"' in html


def test_officer_searches_all_rooms_at_once(client: Client, supervisor: User) -> None:
    finders.register("任务", lambda words, user, limit: [finders.Found("推进<养老>服务", "/s/9/", light="red")])
    html = page(client, "/console/search/?q=养老")
    assert "推进&lt;<mark>养老</mark>&gt;服务" in html and "找到 1 处" in html
    finders._finders.clear()
    assert "没有找到" in page(client, "/console/search/?q=没有的")
    assert "没有找到" in page(client, "/console/search/?q=" + "无" * 500)
    assert "想找什么" in page(client, "/console/search/")


def test_the_wall_shows_big_figures_and_unknown_as_unknown(client: Client, supervisor: User) -> None:
    tiles.register(
        lambda: [
            tiles.Tile("逾期", 3, "red", "项"),
            tiles.Tile("空气质量", None, note="今日读数未到"),
            tiles.Tile("最近到期", None, lines=(("洒水", "11-25"),)),
        ]
    )
    html = page(client, "/console/wall/")
    assert '<p class="tile-value">3<small>项</small></p>' in html and "未知" in html and "洒水" in html
    assert 'http-equiv="refresh"' in html and 'hx-trigger="every 30s"' in html
    part = page(client, "/console/wall/", **{"HX-Request": "true"})
    assert "<html" not in part and "tile-value" in part


def test_the_wall_is_not_for_everyone(client: Client) -> None:
    user = User.objects.create_user("enterprise")
    Grant.objects.create(user=user, role="enterprise")
    client.force_login(user)
    answer = client.get("/console/wall/")
    assert answer.status_code == 403 and "没有查看这个页面的权限" in answer.content.decode()


def test_help_names_the_keys_and_the_lights(client: Client, supervisor: User) -> None:
    html = page(client, "/console/help/")
    assert "<kbd>j</kbd>" in html and "逾期" in html and "绝不当作" in html


def test_the_first_screen_costs_a_bounded_number_of_queries(client: Client, supervisor: User) -> None:
    from luoshi.notices.actions import send

    with CaptureQueriesContext(connection) as few:
        page(client, "/console/")
    with transaction.atomic():
        for n in range(20):
            send(NOTE, to=[supervisor], subject=f"duty:{n}", fields=words(f"通知{n}"), by=SYSTEM)
    with CaptureQueriesContext(connection) as many:
        page(client, "/console/")
    assert len(many) <= len(few) <= 10
