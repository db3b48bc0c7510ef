"""Paging: every row is reached exactly once, in order, at a cost that does not grow with the page."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from luoshi.directory.models import Body
from luoshi.faces import paging


def walked(order: list[str], per_page: int, cap: int, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """Follows 下一页 to the end and 上一页 back; the keys seen each way."""
    monkeypatch.setattr(paging, "CAP", cap)
    params, forth = QueryDict(), []
    pages = []
    while True:
        page = paging.paginate(Body.objects.all(), params, order=order, per_page=per_page)
        forth += [row.pk for row in page.rows]
        pages.append(page)
        if page.following is None:
            break
        params = QueryDict(paging.url(params, **page.following)[1:])
    back = [row.pk for row in reversed(page.rows)]
    while page.previous is not None:
        params = QueryDict(paging.url(params, **page.previous)[1:])
        page = paging.paginate(Body.objects.all(), params, order=order, per_page=per_page)
        back += [row.pk for row in reversed(page.rows)]
    return forth, back


@pytest.mark.parametrize("order", [["name"], ["-name"], ["kind", "-name"], ["valid_until"], ["-valid_until", "name"]])
@pytest.mark.parametrize("cap", [10_000, 30])
def test_reader_pages_through_a_list_and_back_missing_no_row(
    bodies: list[Body], order: list[str], cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, body in enumerate(bodies):  # a column with gaps and repeats
        body.valid_until = date(2025, 1 + n % 5, 1) if n % 3 else None
    Body.objects.bulk_update(bodies, ["valid_until"])
    forth, back = walked(order, 7, cap, monkeypatch)
    assert sorted(forth) == sorted(b.pk for b in bodies)
    assert back == forth[::-1]


def test_rows_without_a_value_stand_last_whichever_way_the_list_is_sorted(bodies: list[Body]) -> None:
    Body.objects.filter(name__in=["单位003", "单位004"]).update(valid_until=date(2025, 1, 1))
    for order in ("valid_until", "-valid_until"):
        page = paging.paginate(Body.objects.all(), QueryDict(), order=[order], per_page=10)
        assert {row.name for row in page.rows[:2]} == {"单位003", "单位004"}


@pytest.mark.parametrize(
    "query", ["page=abc", "page=-1", "page=0", "page=99999999999", "page=４", "after=%%%", "after=bnVsbA", "after=WzFd"]
)
def test_a_meddled_address_still_shows_a_page(bodies: list[Body], query: str) -> None:
    page = paging.paginate(Body.objects.all(), QueryDict(query), order=["name"], per_page=50)
    assert page.rows


def test_a_cursor_of_another_list_is_ignored(bodies: list[Body]) -> None:
    cursor = paging._encode(type("Row", (), {"_key0": "不是日期", "_key1": 1})(), [0, 1])  # type: ignore[list-item]
    page = paging.paginate(Body.objects.all(), QueryDict(f"after={cursor}"), order=["valid_until"], per_page=50)
    assert page.number == 1 and len(page.rows) == 50


def test_an_empty_list_has_one_page_and_no_links(db: None) -> None:
    page = paging.paginate(Body.objects.all(), QueryDict(), order=["name"], per_page=50)
    links = paging.links(page, QueryDict())
    assert (links["until"], links["many"], links["following"]) == (0, False, "")


@pytest.fixture
def many(db: None) -> int:
    total = 100_000
    for start in range(0, total, 10_000):
        Body.objects.bulk_create(
            [Body(pack="many", name=f"b{i:06d}", kind="town") for i in range(start, start + 10_000)], batch_size=2000
        )
    return total


def test_a_hundred_thousand_rows_cost_what_a_hundred_cost(many: int) -> None:
    rows = Body.objects.filter(pack="many")

    def asked(query: str) -> tuple[Any, int, float]:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            start = time.perf_counter()
            page = paging.paginate(rows, QueryDict(query), order=["name"], per_page=50)
        return page, len(seen), time.perf_counter() - start

    first, queries, _ = asked("")
    assert first.capped and first.total == paging.CAP and queries == 2
    last_numbered, queries, _ = asked(f"page={paging.CAP // 50}")
    assert queries == 2 and last_numbered.rows[0].name == "b009950"
    deep, queries, seconds = asked(paging.url(QueryDict(), **last_numbered.following)[1:])
    assert queries == 2 and deep.rows[0].name == "b010000"
    # far down: as if 下一页 had been pressed 1,900 times
    row = rows.get(name="b095000")
    row._key0, row._key1 = row.name, row.pk
    keys = paging._keys(Body, ["name"], {})
    far, queries, seconds = asked(f"page=1901&after={paging._encode(row, keys)}")
    assert queries == 2 and far.rows[0].name == "b095001"
    assert seconds < 0.5, "a deep page must not read its way down"


def test_page_numbers_leave_gaps_but_keep_the_ends() -> None:
    numbers = [n for n, _ in paging._numbers(50, 200, str)]
    assert numbers == [1, 2, None, 48, 49, 50, 51, 52, None, 200]
