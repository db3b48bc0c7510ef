"""Lists: filters and order in the address, columns of one's choice, export, cards, and every state designed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import django_filters
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from luoshi.directory.models import Body
from luoshi.faces.lists import Action, Column, listing

COLUMNS = [
    Column("name", "名称", sort="name", title=True, link=lambda b: f"/b/{b.pk}/"),
    Column("kind", "类型", sort="kind"),
    Column("light", "灯", value=lambda b: "red" if b.kind == "town" else None, kind="light"),
    Column("full_name", "全称", sort="full_name", optional=True),
]


class BodyFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(label="名称", lookup_expr="contains")
    kind = django_filters.ChoiceFilter(label="类型", choices=[("town", "镇"), ("department", "部门")])

    class Meta:
        model = Body
        fields = ["name", "kind"]


def shown(request: HttpRequest, **more: Any) -> str:
    given: dict[str, Any] = {"columns": COLUMNS, "filters": BodyFilter, "order": ["name"], **more}
    return listing(request, Body.objects.all(), **given).content.decode()


def test_reader_filters_and_sees_the_filter_as_a_chip_to_lift(
    bodies: list[Body], get: Callable[..., HttpRequest]
) -> None:
    html = shown(get("?kind=town&name=单位00"))
    assert "共 5 条" in html and "单位001" not in html
    assert '<span class="chip-label">类型</span>镇' in html
    assert 'href="?name=%E5%8D%95%E4%BD%8D00"' in html  # the address without the kind


def test_reader_sorts_by_a_heading_and_sorts_back(bodies: list[Body], get: Callable[..., HttpRequest]) -> None:
    down = shown(get("?sort=-name"), per_page=5)
    assert down.index("单位119") < down.index("单位115") and "单位000" not in down
    assert 'aria-sort="descending"' in down and 'href="?sort=name"' in down


def test_a_column_that_cannot_be_sorted_by_is_not_sorted_by(
    bodies: list[Body], get: Callable[..., HttpRequest]
) -> None:
    assert "单位000" in shown(get("?sort=password"), per_page=5)


def test_reader_chooses_columns_and_they_are_remembered(bodies: list[Body], get: Callable[..., HttpRequest]) -> None:
    assert "全称1" not in shown(get())
    response = listing(get("?cols=full_name"), Body.objects.all(), columns=COLUMNS, order=["name"])
    html = response.content.decode()
    assert "全称1" in html and "单位001" in html, "the title stays whatever is chosen"
    kept = response.cookies["cols_list"].value
    assert "全称1" in shown(get(cols_list=kept)) and 'scope="col" class="k-light"' not in shown(get(cols_list=kept))


def test_each_cell_carries_its_heading_for_the_card_on_a_phone(
    bodies: list[Body], get: Callable[..., HttpRequest]
) -> None:
    html = shown(get())
    assert 'data-label="类型"' in html and '<th scope="row"' in html


def test_unknown_is_drawn_as_unknown(bodies: list[Body], get: Callable[..., HttpRequest]) -> None:
    html = shown(get("?kind=department"))
    assert "light-grey" in html and "未知" in html and "light-green" not in html


def test_nothing_found_says_how_to_go_on(bodies: list[Body], get: Callable[..., HttpRequest]) -> None:
    html = shown(get("?name=没有这个"))
    assert "没有符合这些条件的内容" in html and "看全部" in html


def test_an_empty_list_says_what_would_fill_it(db: None, get: Callable[..., HttpRequest]) -> None:
    html = shown(get(), empty="装入规范包后，这里会列出单位。")
    assert "装入规范包后，这里会列出单位。" in html and "<table" not in html


def test_a_filter_that_makes_no_sense_keeps_what_was_typed_and_says_why(
    bodies: list[Body], get: Callable[..., HttpRequest]
) -> None:
    html = shown(get("?kind=planet&name=单位00"))
    assert 'aria-invalid="true"' in html and 'value="单位00"' in html


def test_reader_exports_what_is_filtered_and_formulas_stay_text(
    bodies: list[Body], get: Callable[..., HttpRequest]
) -> None:
    Body.objects.filter(name="单位002").update(name="=1+1")
    response = listing(
        get("?export=csv&kind=town"),
        Body.objects.all(),
        columns=COLUMNS,
        filters=BodyFilter,
        order=["name"],
        export="单位",
    )
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert text.startswith("\ufeff") and rows[0] == ["名称", "类型", "灯"] and len(rows) == 61
    assert rows[1][0] == "'=1+1" and rows[1][2] == "逾期"


def test_names_with_markup_are_shown_not_run(bodies: list[Body], get: Callable[..., HttpRequest]) -> None:
    Body.objects.filter(name="单位000").update(name="<script>x</script>")
    html = shown(get("?name=script"))
    assert "<script>x" not in html and "&lt;script&gt;x" in html


def test_row_actions_that_change_something_are_posted(bodies: list[Body], get: Callable[..., HttpRequest]) -> None:
    html = shown(get(), per_page=1, actions=lambda b: [Action("看", "/a/"), Action("退", "/b/", post=True)])
    assert (
        '<a href="/a/">看</a>' in html and '<form method="post" action="/b/">' in html and "csrfmiddlewaretoken" in html
    )


@pytest.mark.parametrize("rows", [1, 120])
def test_a_page_costs_the_same_queries_for_one_row_and_for_many(
    bodies: list[Body], rows: int, get: Callable[..., HttpRequest]
) -> None:
    Body.objects.filter(pk__in=[b.pk for b in bodies[rows:]]).delete()
    request = get("?kind=town")
    request.user = AnonymousUser()
    with CaptureQueriesContext(connection) as seen:
        shown(request)
    assert len(seen) == 2
