"""A list as people need it: filters and sort order in the URL, columns of their choice, bounded paging, CSV, cards on a
phone. One call makes the whole screen: `return listing(request, duties, columns=[…], filters=DutyFilter)`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from luoshi.faces import marks, paging
from luoshi.faces.reach import opens
from luoshi.kernel import money, when

YEAR = 365 * 24 * 3600
EXPORT_ROWS = 200_000  # a spreadsheet opens no more with comfort; the file says when it was cut
Value = Callable[[Any], Any]
_NOT_KEPT = ("cols", "page", "after", "before", "export")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `key` names it in the URL; `value` is an attribute path or a function of the row (default: `key`).

    kind: text · number · money (fen) · day · moment · light · state · citation · html. `sort`: ORM path(s) to order by,
    empty = not sortable. `link`: address of the row's own page. `template`: drawn with `row` and `value` instead.
    `optional`: hidden until chosen. `title`: the card's heading on a phone.
    """

    key: str
    label: str
    value: str | Value = ""
    kind: str = "text"
    sort: str | Sequence[str] = ""
    link: Value | None = None
    template: str = ""
    optional: bool = False
    title: bool = False
    export: str | Value = ""

    @property
    def sorts(self) -> tuple[str, ...]:
        return (self.sort,) if isinstance(self.sort, str) and self.sort else tuple(self.sort)

    def raw(self, row: Any) -> Any:
        return _read(row, self.value or self.key)

    def plain(self, row: Any) -> str:
        """The value as it stands in a CSV file."""
        value = _read(row, self.export) if self.export else self.raw(row)
        return _safe(_text(value, self.kind))


@dataclass(frozen=True, slots=True)
class Action:
    """Something one can do with a row: a link, or a small form when `post`."""

    label: str
    url: str
    post: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    html: str


@dataclass(frozen=True, slots=True)
class Head:
    column: Column
    url: str
    direction: str  # ascending | descending | ""


@dataclass(slots=True)
class Listing:
    """What the list template draws. `page` holds the rows; `heads` and `lines` are the table."""

    page: paging.Page
    columns: list[Column]
    chosen: list[Column]
    heads: list[Head]
    filters: Any
    params: Any
    name: str
    actions: Callable[[Any], Sequence[Action]] | None = None
    export_url: str = ""
    empty: str = ""
    caption: str = ""
    filtered: bool = False
    kept: list[tuple[str, str]] = field(default_factory=list)
    user: Any = None

    def lines(self) -> Iterator[tuple[Any, list[Cell], Sequence[Action]]]:
        for row in self.page.rows:
            cells = [Cell(c, draw(c, row, self.user)) for c in self.chosen]
            acts = [a for a in self.actions(row) if opens(self.user, a.url)] if self.actions else ()
            yield row, cells, acts

    @property
    def acts(self) -> bool:
        """Whether rows have actions; a template would call `actions` itself."""
        return self.actions is not None

    @property
    def chosen_keys(self) -> set[str]:
        return {c.key for c in self.chosen}


def listing(
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    columns: Sequence[Column],
    filters: Any = None,
    per_page: int = 50,
    template: str = "faces/list.html",
    context: Mapping[str, Any] | None = None,
    order: Sequence[str] = ("pk",),
    export: str = "",
    actions: Callable[[Any], Sequence[Action]] | None = None,
    empty: str = "",
    caption: str = "",
) -> HttpResponse:
    """The list screen. `filters` is a FilterSet class (or bound instance); `export` the CSV's file name, empty = none.

    URL: the filters' own names · `sort=key|-key` · `cols=a,b` (remembered in a cookie) · `page`, `after`, `before` ·
    `export=csv`. A filter value that makes no sense shows the error beside its field and the list unfiltered by it.
    """
    bound = filters(request.GET, queryset=queryset, request=request) if isinstance(filters, type) else filters
    rows = bound.qs if bound is not None else queryset
    sorted_by, how = _order(request, columns, order)
    chosen, remembered = _chosen(request, columns)
    if export and request.GET.get("export") == "csv":
        streamed: Any = _csv(rows.order_by(*how), chosen, export)  # a response like any other to whoever sends it
        answer: HttpResponse = streamed
        return answer
    page = paging.paginate(rows, request.GET, order=how, per_page=per_page)
    table = Listing(
        page=page,
        columns=list(columns),
        chosen=chosen,
        heads=[_head(request, c, sorted_by) for c in chosen],
        filters=bound,
        params=request.GET,
        name=_name(request),
        actions=actions,
        export_url=paging.url(request.GET, export="csv", page=None, after=None, before=None) if export else "",
        empty=empty,
        caption=caption,
        filtered=bound is not None and bool(paging.chips(bound, request.GET)),
        kept=[(k, v) for k in request.GET for v in request.GET.getlist(k) if k not in _NOT_KEPT],
        user=getattr(request, "user", None),
    )
    response = render(request, template, {**(context or {}), "listing": table, "page": page, "filters": bound})
    if remembered is not None:
        response.set_cookie(_cookie(request), remembered, max_age=YEAR, samesite="Lax", httponly=True)
    return response


def draw(column: Column, row: Any, user: Any = None) -> str:
    """One cell as HTML; plain values are escaped. A link `user` may not open is left as its words."""
    value = column.raw(row)
    if column.template:
        return render_to_string(column.template, {"row": row, "value": value})
    html = _html(value, column.kind)
    if column.link and (target := column.link(row)) and opens(user, target):
        return format_html('<a href="{}">{}</a>', target, html)
    return html


def _html(value: Any, kind: str) -> SafeString:
    if value is None or value == "":
        return SafeString('<span class="none" aria-label="无">—</span>') if kind != "light" else marks.light("grey")
    if kind == "light":
        colour, text = value if isinstance(value, tuple) else (value, "")
        return marks.light(colour, text)
    if kind == "state":
        state_kind, text = value if isinstance(value, tuple) else ("plain", value)
        return marks.state(state_kind, text)
    if kind == "citation":
        return marks.citation(str(value))
    if isinstance(value, SafeString):
        return value
    text = _text(value, kind)
    # a document number is read as one word: 城政发〔2024〕9号
    return format_html('<span class="nowrap">{}</span>' if "〔" in text and len(text) < 20 else "{}", text)


def _text(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind == "light":
        colour, text = value if isinstance(value, tuple) else (value, "")
        return text or marks.WORDS.get(colour, marks.WORDS["grey"])
    if kind == "state" and isinstance(value, tuple):
        return str(value[1])
    if kind == "money":
        return money.yuan(int(value))
    if isinstance(value, datetime):
        return when.aware(value).strftime("%Y-%m-%d" if kind == "day" else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)


def _read(row: Any, source: str | Value) -> Any:
    if callable(source):
        return source(row)
    value = row
    for part in source.replace("__", ".").split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
        if value is None:
            return None
    return value() if callable(value) else value


def _order(request: HttpRequest, columns: Sequence[Column], order: Sequence[str]) -> tuple[str, list[str]]:
    asked = request.GET.get("sort", "")
    column = next((c for c in columns if c.key == asked.lstrip("-") and c.sorts), None)
    if column is None:
        return "", list(order)
    flip = asked.startswith("-")
    return asked, [_flipped(s) if flip else s for s in column.sorts]


def _flipped(path: str) -> str:
    return path[1:] if path.startswith("-") else "-" + path


def _head(request: HttpRequest, column: Column, sorted_by: str) -> Head:
    if not column.sorts:
        return Head(column, "", "")
    up, down = sorted_by == column.key, sorted_by == "-" + column.key
    target = "-" + column.key if up else column.key
    direction = "ascending" if up else "descending" if down else ""
    return Head(column, paging.url(request.GET, sort=target, page=None, after=None, before=None), direction)


def _chosen(request: HttpRequest, columns: Sequence[Column]) -> tuple[list[Column], str | None]:
    """The columns to show, and what to remember when the person just chose them."""
    asked = ",".join(request.GET.getlist("cols"))
    wanted = [k for k in (asked or request.COOKIES.get(_cookie(request), "")).split(",") if k]
    known = [c for c in columns if c.key in wanted or (wanted and c.title)]
    if not wanted or not known:
        return [c for c in columns if not c.optional], None
    return known, ",".join(c.key for c in known) if asked else None


def _name(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.view_name if match else "") or "list"


def _cookie(request: HttpRequest) -> str:
    return "cols_" + "".join(c if c.isalnum() else "_" for c in _name(request))


class _Echo:
    def write(self, value: str) -> str:
        return value


def _csv(rows: QuerySet[Any], columns: Sequence[Column], name: str) -> StreamingHttpResponse:
    """The filtered list as CSV for a spreadsheet (UTF-8 with a mark), streamed row by row."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow([c.label for c in columns])
        for row in rows[:EXPORT_ROWS].iterator(chunk_size=2000):
            yield writer.writerow([c.plain(row) for c in columns])

    stem = name.removesuffix(".csv")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{_quoted(stem)}-{when.today().isoformat()}.csv"}
    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8", headers=headers)


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _safe(text: str) -> str:
    """A cell that a spreadsheet would run as a formula is marked as text."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).replace(",", "").isdigit()
