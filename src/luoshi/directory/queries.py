"""Reads of the directory: whose name is this, who holds that post, is this a working day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Max, Prefetch, Q, QuerySet

from luoshi.directory.engine import WorkingCalendar, in_force, one, spellings
from luoshi.directory.models import Area, Body, BodyAlias, CalendarDay, CalendarYear, Holding, Person, Post, Succession
from luoshi.kernel import when

_memo: ContextVar[dict[Any, Any] | None] = ContextVar("luoshi_directory_memo", default=None)
_calendars: dict[Any, WorkingCalendar] = {}


@contextmanager
def memo() -> Iterator[None]:
    """Within the block (a request, an import) a name is looked up once and the calendar's stamp read once."""
    token = _memo.set({})
    try:
        yield
    finally:
        _memo.reset(token)


def forget() -> None:
    """The directory changed within a memo block."""
    known = _memo.get()
    if known is not None:
        known.clear()


def resolve(name: str, on: date | None = None, pack: str = "jccq", *, document: str = "") -> Body | None:
    """The body that documents call `name`, on day `on` (None: at any time), in instrument `document` (slug).

    The canonical name wins over the full name, and both over aliases; of aliases, one bound to `document` wins. A name
    two bodies share resolves to None: which of them is meant is a question for a person.
    """
    known, key = _memo.get(), ("body", name, on, pack, document)
    if known is not None and key in known:
        found: Body | None = known[key]
        return found
    found = _resolve(spellings(name), on, pack, document)
    if known is not None:
        known[key] = found
    return found


def _resolve(names: list[str], on: date | None, pack: str, document: str) -> Body | None:
    own = Body.objects.filter(Q(name__in=names) | Q(full_name__in=names), pack=pack)
    bodies = [body for body in own if in_force(body.valid_from, body.valid_until, on)]
    for exact in ([b for b in bodies if b.name in names], bodies):
        if exact:
            return exact[0] if len(exact) == 1 else None
    rows = BodyAlias.objects.filter(name__in=names, body__pack=pack, document__in=["", document]).select_related("body")
    fitting = [
        row
        for row in rows
        if in_force(row.valid_from, row.valid_until, on) and in_force(row.body.valid_from, row.body.valid_until, on)
    ]
    fitting = [row for row in fitting if row.document] or fitting
    pk = one(row.body_id for row in fitting)
    return next((row.body for row in fitting if row.body_id == pk), None)


@dataclass
class Resolver:
    """Every name of a pack at once, for imports that resolve thousands of names without a query each."""

    pack: str = "jccq"
    on: date | None = None
    bodies: dict[int, Body] = field(default_factory=dict)
    _names: dict[str, set[int]] = field(default_factory=dict)
    _aliases: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bodies = {
            b.pk: b
            for b in Body.objects.filter(pack=self.pack).iterator()
            if in_force(b.valid_from, b.valid_until, self.on)
        }
        for body in self.bodies.values():
            self._names.setdefault(body.name, set()).add(body.pk)
        for body in self.bodies.values():
            if body.full_name:
                self._names.setdefault(body.full_name, {body.pk})
        for row in BodyAlias.objects.filter(body__pack=self.pack).iterator():
            if row.body_id in self.bodies and in_force(row.valid_from, row.valid_until, self.on):
                self._aliases.setdefault((row.name, row.document), set()).add(row.body_id)

    def resolve(self, name: str, document: str = "") -> Body | None:
        names = spellings(name)
        own = {pk for n in names for pk in self._names.get(n, ())}
        if own:
            pk = one(own)
            return self.bodies[pk] if pk else None
        for scope in dict.fromkeys((document, "")):
            found = {pk for n in names for pk in self._aliases.get((n, scope), ())}
            if found:
                pk = one(found)
                return self.bodies[pk] if pk else None
        return None


def successor(body: Body, function: str = "", on: date | None = None) -> Body | None:
    """Who does `function` of `body` now: a confirmed succession only, and only when it names one body."""
    rows = Succession.objects.filter(old=body, status="confirmed").select_related("new")
    rows = rows.filter(function=function) if function else rows
    candidates = {row.new_id: row.new for row in rows if in_force(row.since, None, on)}
    pk = one(candidates)
    return candidates[pk] if pk is not None else None


def calendar() -> WorkingCalendar:
    """The working calendar. Rebuilt when any process has changed it; otherwise one small query, none within `memo`."""
    known = _memo.get()
    if known is not None and "calendar" in known:
        found: WorkingCalendar = known["calendar"]
        return found
    stamp = tuple(CalendarYear.objects.aggregate(n=Count("year"), last=Max("updated_at"), top=Max("year")).values())
    found = _calendars.get(stamp) or _load_calendar()
    _calendars.clear()
    _calendars[stamp] = found
    if known is not None:
        known["calendar"] = found
    return found


def _load_calendar() -> WorkingCalendar:
    days = list(CalendarDay.objects.values_list("date", "sort"))
    return WorkingCalendar(
        years=frozenset(CalendarYear.objects.values_list("year", flat=True)),
        off=frozenset(day for day, sort in days if sort == "holiday"),
        worked=frozenset(day for day, sort in days if sort == "makeup"),
    )


def holders(post: Post, on: date | None = None) -> list[Person]:
    """Who holds `post` on a day (default today)."""
    day = on or when.today()
    rows = Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=day), post=post, since__lte=day)
    return [row.person for row in rows.select_related("person")]


def head_of(body: Body, on: date | None = None) -> Person | None:
    """The person who leads `body` on a day, if one is recorded."""
    day = on or when.today()
    rows = Holding.objects.filter(
        Q(until__isnull=True) | Q(until__gte=day), post__body=body, post__head=True, since__lte=day
    )
    row = rows.select_related("person").first()
    return row.person if row else None


def area(code: str, on: date | None = None, pack: str = "jccq") -> Area | None:
    """The territory `code` as it was on a day (default today)."""
    day = on or when.today()
    rows = Area.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day),
        Q(valid_until__isnull=True) | Q(valid_until__gte=day),
        pack=pack,
        code=code,
    )
    return rows.order_by("-valid_from").first()


def bodies() -> QuerySet[Body]:
    """Bodies for a list, with the number of ways documents print them."""
    return Body.objects.annotate(alias_count=Count("aliases")).order_by("name", "pk")


def body_details(pk: int) -> Body | None:
    """A body with its names, successions, posts and present holders, in a bounded number of queries."""
    today = when.today()
    current = (
        Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
        .select_related("person")
        .order_by("since")
    )
    return (
        Body.objects.filter(pk=pk)
        .prefetch_related(
            "aliases",
            Prefetch("successors", Succession.objects.select_related("new")),
            Prefetch("predecessors", Succession.objects.select_related("old")),
            Prefetch("posts", Post.objects.select_related("stand_in__body")),
            Prefetch("posts__holdings", current, to_attr="current"),
            "areas",
        )
        .first()
    )
