"""What a resident does: reads the gazette, searches it, follows what becomes of a provision, cites it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from luoshi.norms.models import Instrument
from luoshi.portal import following

pytestmark = pytest.mark.django_db
Gazette = dict[str, Instrument]
Make = Callable[..., Instrument]


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_resident_opens_the_front_page_and_sees_how_far_things_have_come(client: Client, gazette: Gazette) -> None:
    html = page(client, "/")
    assert "演示县" in html and html.index("演示养老方案") < html.index("演示住宿措施"), "newest first"
    assert "1 项逾期" in html and "1 项正常" in html and "1 项未知" in html
    assert "演示内部通知" not in html


def test_before_any_document_the_front_page_says_what_will_be_there(client: Client) -> None:
    assert "公报导入后" in page(client, "/") and "公报导入后" in page(client, "/gazette/")


def test_resident_lists_documents_of_one_year(client: Client, gazette: Gazette) -> None:
    assert "演示养老方案" not in page(client, "/gazette/?year=2023")
    for odd in ("abcd", "99999", "２０２３", "-1"):
        assert "演示养老方案" in page(client, f"/gazette/?year={odd}")


def test_resident_finds_any_substring_marked_and_citable(client: Client, gazette: Gazette) -> None:
    html = page(client, "/search/?q=驿站")
    assert "找到 1 处" in html and "<mark>驿站</mark>" in html and "&lt;床位&gt;" in html
    assert "/d/1/%E4%BA%8C(%E4%B8%80)" in html and 'data-copy="《演示养老方案》（演政发〔2024〕1号）二(一)"' in html
    found = page(client, "/search/?q=养老")
    assert "演示养老方案" in found and "内部" not in found, "what is not public is not found"


@pytest.mark.parametrize(
    "query", ["q=", "q=%20%20", "", "q=没有的字词", "q=" + "长" * 101, "q=养老&page=99", "q=%22%27*()"]
)
def test_odd_searches_are_answered(client: Client, gazette: Gazette, query: str) -> None:
    page(client, f"/search/?{query}")


def test_a_date_that_is_none_is_explained_and_the_words_stay(client: Client, gazette: Gazette) -> None:
    html = page(client, "/search/?q=养老&as_of=去年")
    assert "日期请写成" in html and 'value="养老"' in html


def test_resident_asks_what_was_in_force_on_a_day(client: Client, gazette: Gazette) -> None:
    assert "没有找到" in page(client, "/search/?q=驿站&as_of=2024-02-01")
    assert "找到 1 处" in page(client, "/search/?q=驿站&as_of=2024-04-01")


def test_resident_follows_a_provision_without_an_account_and_stops(client: Client, gazette: Gazette) -> None:
    assert "还没有关注" in page(client, "/follow/")
    answer = client.post("/follow/", {"cite": "1:二(一)", "on": "1", "next": "/d/1/"})
    assert answer.status_code == 302 and answer.headers["Location"] == "/d/1/"
    html = page(client, "/follow/")
    assert "建设&lt;床位&gt;，养老驿站" in html and "演政发〔2024〕1号 二(一)" in html
    client.post("/follow/", {"cite": "1:二(一)", "on": "0"})
    assert "还没有关注" in page(client, "/follow/")


@pytest.mark.parametrize("cite", ["", "9:一", "3:一", "1:" + "一" * 200, "javascript:alert(1)", "<b>:x"])
def test_what_does_not_exist_or_is_not_public_cannot_be_followed(client: Client, gazette: Gazette, cite: str) -> None:
    answer = client.post("/follow/", {"cite": cite, "on": "1"})
    assert answer.status_code == 422 and "没有这一条" in answer.content.decode()


def test_a_list_that_was_tampered_with_is_no_list(client: Client, gazette: Gazette) -> None:
    client.cookies[following.COOKIE] = "forged:value"
    assert "还没有关注" in page(client, "/follow/")
    client.cookies[following.COOKIE] = signing.dumps({"not": "a list"}, salt=following.SALT)
    assert "还没有关注" in page(client, "/follow/")


def test_a_followed_provision_that_a_new_text_no_longer_has_says_so(client: Client, gazette: Gazette) -> None:
    client.post("/follow/", {"cite": "1:九(九)", "on": "1"})
    assert "文本里已经没有这一条" in page(client, "/follow/")


def test_following_has_a_limit_that_is_told(client: Client, gazette: Gazette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST", 1)
    client.post("/follow/", {"cite": "1:一", "on": "1"})
    answer = client.post("/follow/", {"cite": "1:二(一)", "on": "1"})
    assert answer.status_code == 422 and "最多关注 1 条" in answer.content.decode()


def test_the_switch_back_leads_nowhere_else(client: Client, gazette: Gazette) -> None:
    answer = client.post("/follow/", {"cite": "1:一", "on": "1", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/follow/"


def test_forty_followed_provisions_fit_into_a_cookie(client: Client, gazette: Gazette) -> None:
    from django.http import HttpResponse

    response = HttpResponse()
    following.write(response, [f"09:三(一){n}" for n in range(60)], secure=False)
    assert len(response.cookies[following.COOKIE].value) < 3800


@pytest.mark.parametrize("address", ["/", "/gazette/", "/search/?q=演示", "/about/", "/accessibility/"])
def test_public_pages_cost_a_bounded_number_of_queries(
    client: Client, gazette: Gazette, address: str, make_instrument: Make
) -> None:
    page(client, address)
    with CaptureQueriesContext(connection) as few:
        page(client, address)
    for n in range(20, 45):
        make_instrument(str(n), f"演示文件{n}", {"一": "演示内容"}, on=date(2022, 1, 1))
    with CaptureQueriesContext(connection) as many:
        page(client, address)
    assert len(many) <= len(few) + 1 and len(many) <= 9


def test_resident_follows_from_the_page_of_the_provision_itself(client: Client, gazette: Gazette) -> None:
    address = "/d/1/二(一)"
    assert "关注这一条" in page(client, address)
    client.post("/follow/", {"cite": "1:二(一)", "on": "1", "next": address})
    assert "取消关注" in page(client, address)
