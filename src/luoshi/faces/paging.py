"""Paging whose cost does not grow with the list: the count stops at a cap, and deep pages are reached by position
in the sort order (keyset), never by skipping rows one by one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import QueryDict

CAP = 10_000  # rows counted and reachable by page number; beyond it, forward and back by position
Row = Any


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `total` is exact up to CAP; `capped` says there are more. Cursors are opaque strings for the URL."""

    rows: list[Row]
    number: int
    per_page: int
    total: int
    capped: bool
    previous: Mapping[str, str | None] | None = None
    following: Mapping[str, str | None] | None = None
    last: int = 1
    object_list: list[Row] = field(default_factory=list)

    @property
    def first_row(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last_row(self) -> int:
        return self.first_row + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True, slots=True)
class _Key:
    """One field of the sort order. NULLs always stand last, on SQLite and PostgreSQL alike."""

    path: str
    descending: bool
    nullable: bool

    def order(self, backwards: bool) -> OrderBy:
        down = self.descending != backwards
        expression = F(self.path)
        if not self.nullable:
            return expression.desc() if down else expression.asc()
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        return expression.desc(**nulls) if down else expression.asc(**nulls)

    def beyond(self, value: Any, backwards: bool) -> Q | None:
        """Rows strictly past `value` in this field; None when there can be none."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if backwards else None
        step = "lt" if self.descending != backwards else "gt"
        past = Q(**{f"{self.path}__{step}": value})
        return past | Q(**{f"{self.path}__isnull": True}) if self.nullable and not backwards else past

    def same(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})


def paginate(rows: QuerySet[Any], params: QueryDict, *, order: Sequence[str], per_page: int = 50) -> Page:
    """One page of `rows` sorted by `order` (ORM paths, `-` for descending; the primary key is added).

    `params` holds `page` (number) and, past the cap, `after` or `before` (a cursor). A cursor that does not fit the
    list is ignored. Costs three queries at most: count, page, and nothing else.
    """
    keys = _keys(rows.model, order, rows.query.annotations)
    counted = rows.order_by().values("pk")[: CAP + 1].count()
    capped, total = counted > CAP, min(counted, CAP)
    last = max(1, -(-total // per_page))
    number = _number(params.get("page"))
    for name in ("after", "before"):
        values = _decode(params.get(name, ""), keys)
        if values is not None:
            try:
                found = _slice(rows, keys, values, per_page, backwards=name == "before")
            except (ValueError, TypeError, ValidationError):
                break  # a cursor from another list
            return _page(found, number, per_page, total, capped, last, keys, backwards=name == "before")
    number = min(number, last)
    start = (number - 1) * per_page
    fetched = list(_annotated(rows, keys).order_by(*(k.order(False) for k in keys))[start : start + per_page + 1])
    return _page(fetched, number, per_page, total, capped, last, keys, backwards=False)


def _page(
    fetched: list[Row],
    number: int,
    per_page: int,
    total: int,
    capped: bool,
    last: int,
    keys: Sequence[_Key],
    *,
    backwards: bool,
) -> Page:
    more, shown = len(fetched) > per_page, fetched[:per_page]
    if backwards:
        shown.reverse()
    has_next, has_previous = (True, more) if backwards else (more, number > 1)
    if backwards and not more:
        number = 1
    clean: dict[str, str | None] = {"after": None, "before": None}
    previous = following = None
    if has_next and shown:
        by_number = number + 1 <= last
        following = {**clean, "page": str(number + 1)} | ({} if by_number else {"after": _encode(shown[-1], keys)})
    if has_previous and shown:
        by_number = 1 <= number - 1 <= last
        previous = {**clean, "page": str(max(1, number - 1))} | (
            {} if by_number else {"before": _encode(shown[0], keys)}
        )
    return Page(shown, number, per_page, total, capped, previous, following, last, shown)


def _annotated(rows: QuerySet[Any], keys: Sequence[_Key]) -> QuerySet[Any]:
    """Carries each sort value on its row, so that a cursor needs no second read."""
    carried: QuerySet[Any] = rows.annotate(**{f"_key{i}": F(key.path) for i, key in enumerate(keys)})
    return carried


def _slice(
    rows: QuerySet[Any], keys: Sequence[_Key], values: Sequence[Any], per_page: int, *, backwards: bool
) -> list[Row]:
    past, same = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        step = key.beyond(value, backwards)
        if step is not None:
            past |= same & step
        same &= key.same(value)
    ordered = _annotated(rows.filter(past), keys).order_by(*(k.order(backwards) for k in keys))
    return list(ordered[: per_page + 1])


def _keys(model: type[Model], order: Sequence[str], annotations: Mapping[str, Any]) -> list[_Key]:
    keys = [_Key(o.lstrip("-"), o.startswith("-"), _nullable(model, o.lstrip("-"), annotations)) for o in order]
    if not any(k.path in ("pk", "id") for k in keys):
        keys.append(_Key("pk", bool(keys) and keys[-1].descending, False))
    return keys


def _nullable(model: type[Model], path: str, annotations: Mapping[str, Any]) -> bool:
    if path == "pk":
        return False
    if "__" in path or path in annotations:
        return True
    try:
        return bool(getattr(model._meta.get_field(path), "null", True))
    except FieldDoesNotExist:
        return True


def _encode(row: Row, keys: Sequence[_Key]) -> str:
    values = [getattr(row, f"_key{i}") for i in range(len(keys))]
    return base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _decode(text: str, keys: Sequence[_Key]) -> list[Any] | None:
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        return None
    fits = isinstance(values, list) and len(values) == len(keys)
    return values if fits and all(v is None or isinstance(v, str | int | float) for v in values) else None


def _number(text: str | None) -> int:
    return max(1, int(text)) if text and text.isascii() and text.isdigit() and len(text) < 8 else 1


# -- how a page and its filters are written into the URL -------------------------------------------------------------


def url(params: QueryDict, **changes: str | None) -> str:
    """The query string with `changes` applied; None takes a parameter away."""
    changed = params.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return "?" + changed.urlencode()


def links(page: Any, params: QueryDict) -> dict[str, Any]:
    """What `{% page_links %}` draws, for our Page and for Django's."""
    if isinstance(page, Page):
        return {
            "number": page.number,
            "first": page.first_row,
            "until": page.last_row,
            "total": page.total,
            "capped": page.capped,
            "many": page.previous is not None or page.following is not None,
            "start": url(params, page=None, after=None, before=None) if page.previous is not None else "",
            "previous": url(params, **page.previous) if page.previous is not None else "",
            "following": url(params, **page.following) if page.following is not None else "",
            "numbers": _numbers(page.number, page.last, lambda n: url(params, page=str(n), after=None, before=None)),
        }
    count = page.paginator.count
    return {
        "number": page.number,
        "first": page.start_index(),
        "until": page.end_index(),
        "total": count,
        "capped": False,
        "many": page.has_other_pages(),
        "start": url(params, page=None) if page.has_previous() else "",
        "previous": url(params, page=str(page.previous_page_number())) if page.has_previous() else "",
        "following": url(params, page=str(page.next_page_number())) if page.has_next() else "",
        "numbers": _numbers(page.number, page.paginator.num_pages, lambda n: url(params, page=str(n))),
    }


def _numbers(here: int, last: int, to: Callable[[int], str]) -> list[tuple[int | None, str]]:
    """Page numbers around `here`, with None where some are left out."""
    shown = sorted({n for n in (1, 2, here - 2, here - 1, here, here + 1, here + 2, last) if 1 <= n <= last})
    out: list[tuple[int | None, str]] = []
    for n in shown:
        if out and out[-1][0] is not None and n - out[-1][0] > 1:
            out.append((None, ""))
        out.append((n, to(n)))
    return out


def chips(filters: Any, params: QueryDict) -> list[dict[str, str]]:
    """Each filter in force: its label, its value in words, and the address without it."""
    if filters is None:
        return []
    form, found = filters.form, []
    for name, bound in ((n, form[n]) for n in form.fields):
        keys = [
            k for k in params if k == name or k in (f"{name}_min", f"{name}_max", f"{name}_after", f"{name}_before")
        ]
        values = [v for k in keys for v in params.getlist(k) if v]
        if not values:
            continue
        words = dict(_choices(bound.field))
        lifted = dict.fromkeys((*keys, "page", "after", "before"))
        found.append(
            {
                "label": str(bound.label),
                "value": "、".join(str(words.get(v, v)) for v in values),
                "url": url(params, **lifted),
            }
        )
    return found


def _choices(form_field: Any) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for value, label in getattr(form_field, "choices", None) or ():
        inner = label if isinstance(label, list | tuple) else [(value, label)]
        flat += [(str(v), text) for v, text in inner]
    return flat
