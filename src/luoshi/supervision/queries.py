"""Reads of supervision, shaped for a screen, an export or a program. Each says its number of queries in its test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.norms.models import Instrument
from luoshi.supervision import rulings
from luoshi.supervision.engine import STATE_LABELS
from luoshi.supervision.lights import LIGHTS
from luoshi.supervision.models import Duty, DutyBody, Event, Tally
from luoshi.supervision.rulebook import Rules, on
from luoshi.supervision.scoring import Score, score

CONFIRMED = Duty.Status.CONFIRMED


def confirmed() -> QuerySet[Duty]:
    return Duty.objects.filter(status=CONFIRMED)


def rows() -> QuerySet[Duty]:
    """Duties as lists show them: three queries however many rows."""
    return confirmed().select_related("instrument", "lead").prefetch_related(named_bodies())


def named_bodies() -> Prefetch[Any]:
    return Prefetch("bodies", DutyBody.objects.select_related("body").order_by("position"))


def whole(pk: int) -> Duty | None:
    """One duty with everything its page shows."""
    return (
        Duty.objects.select_related("instrument", "lead", "merged_into", "similar_to__instrument", "provision")
        .prefetch_related(
            named_bodies(),
            "targets__readings__entered_by",
            "targets__readings__verified_by",
            rulings.of_targets(),
            "evidence__event",
            Prefetch("events", Event.objects.select_related("body").prefetch_related("evidence")),
        )
        .filter(pk=pk)
        .first()
    )


def for_bodies(bodies: list[int]) -> QuerySet[Duty]:
    """Confirmed duties that one of `bodies` leads or cooperates in."""
    return rows().filter(pk__in=DutyBody.objects.filter(body_id__in=bodies).values("duty_id"))


def open_for(user: Any) -> QuerySet[Duty]:
    """Duties that may be fed back on now: of the bodies `user` acts for, or of all for those bound to none."""
    bodies = [b.pk for b in user.bodies()]
    found = for_bodies(bodies) if bodies else rows()
    return found.filter(state__in=["received", "in_progress"])


def as_of_rows(as_of: date, *, document: str = "", body: str = "", state: str = "") -> Iterator[Duty]:
    """Confirmed duties of documents already issued on `as_of`, with everything a replay needs, streamed in order."""
    found = confirmed().filter(Q(instrument__date__isnull=True) | Q(instrument__date__lte=as_of))
    if document:
        found = found.filter(instrument__in=documents(document))
    if body:
        found = found.filter(pk__in=of_body(body))
    if state and as_of >= when.today():
        found = found.filter(state=state)
    ordered = found.select_related("instrument").order_by("instrument__order", "instrument__slug", "id")
    prefetched = ordered.prefetch_related(
        named_bodies(), "targets__readings", rulings.of_targets(), "evidence", "events"
    )
    yield from prefetched.iterator(chunk_size=500)


def documents(text: str) -> QuerySet[Instrument]:
    """The documents a person means by a number (any brackets), a slug, or a part of the title."""
    flat = text.strip().translate(str.maketrans("[]【】()()", "〔〕〔〕〔〕〔〕"))
    return Instrument.objects.filter(Q(number=flat) | Q(slug=text.strip()) | Q(title__contains=text.strip()))


def is_known(name: str) -> bool:
    """Whether any body or printed name is called so."""
    from luoshi.directory.queries import resolve

    return bool(resolve(name.strip())) or DutyBody.objects.filter(_named(name)).exists()


def of_body(name: str) -> QuerySet[DutyBody, Any]:
    """The ids of duties of the body a person means by a name: canonical, full, alias, or as printed."""
    return DutyBody.objects.filter(_named(name)).values("duty_id")


def _named(name: str) -> Q:
    from luoshi.directory.queries import resolve

    found = resolve(name.strip())
    return Q(body=found) | Q(printed=name.strip()) if found else Q(printed=name.strip()) | Q(body__name=name.strip())


# -- the board --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """One line of the board: a document, a body or a month with its duties by light."""

    ref: str
    label: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.get(light, 0) for light in LIGHTS)

    def count(self, light: str) -> int:
        return self.counts.get(light, 0)

    @property
    def cells(self) -> list[tuple[str, int]]:
        """(light, count) in the order of the columns."""
        return [(light, self.count(light)) for light in LIGHTS]

    @property
    def red(self) -> int:
        return self.count("red")

    @property
    def yellow(self) -> int:
        return self.count("yellow")

    @property
    def green(self) -> int:
        return self.count("green")

    @property
    def grey(self) -> int:
        return self.count("grey")


@dataclass(slots=True)
class Board:
    """The whole board in four queries, whatever the number of duties: counts are kept, not counted."""

    all: Row
    documents: list[Row]
    bodies: list[Row]
    months: list[Row]
    states: list[tuple[str, str, int]]


def board() -> Board:
    kept: dict[str, dict[str, Row]] = {"all": {}, "document": {}, "body": {}, "month": {}}
    states: dict[str, int] = {}
    for tally in Tally.objects.filter(axis__in=[*kept, "state"]):
        if tally.axis == "state":
            states[tally.measure] = tally.count
        elif tally.count > 0:
            row = kept[tally.axis].setdefault(tally.ref, Row(tally.ref, tally.ref))
            row.counts[tally.measure] = tally.count
    _label(kept["document"], {str(i.pk): i for i in Instrument.objects.filter(pk__in=_ids(kept["document"]))})
    _label(kept["body"], {str(b.pk): b for b in Body.objects.filter(pk__in=_ids(kept["body"]))})
    for ref, row in kept["month"].items():
        row.label = ref or "没有期限"
    for row in kept["all"].values():
        row.label = "全部"
    return Board(
        all=kept["all"].get("", Row("", "全部")),
        documents=sorted(kept["document"].values(), key=lambda r: (-r.red, -r.total, r.label)),
        bodies=sorted((r for r in kept["body"].values() if r.total), key=lambda r: (-r.red, -r.yellow, -r.total)),
        months=sorted((r for r in kept["month"].values() if r.total), key=lambda r: r.ref or "9999"),
        states=[(code, label, states.get(code, 0)) for code, label in STATE_LABELS.items()],
    )


def _ids(found: dict[str, Row]) -> list[int]:
    return [int(ref) for ref in found if ref.isdigit()]


def _label(found: dict[str, Row], named: dict[str, Any]) -> None:
    for ref, row in found.items():
        thing = named.get(ref)
        row.label = (getattr(thing, "number", "") or str(thing)) if thing is not None else ref


def scoreboard(rules: Rules | None = None) -> list[tuple[Row, Score]]:
    """Bodies by score, best first; those with nothing to judge at the end. Two queries."""
    rules = rules or on()
    found: dict[str, Row] = {}
    for tally in Tally.objects.filter(axis="body", count__gt=0):
        found.setdefault(tally.ref, Row(tally.ref, tally.ref)).counts[tally.measure] = tally.count
    _label(found, {str(b.pk): b for b in Body.objects.filter(pk__in=_ids(found))})
    scored = [(row, score(row.counts, rules.weights)) for row in found.values() if row.total]
    return sorted(scored, key=lambda pair: (pair[1].points is None, -(pair[1].points or 0), pair[0].label))


def burn_down(months: int = 18) -> list[tuple[str, int, int]]:
    """(month, dated duties still open at its end, how many the deadlines allow to be open then). One query.

    Allowed: what would be open had every dated duty been closed by its deadline.
    """
    rows = list(Tally.objects.filter(axis__in=["deadline", "closed"], count__gt=0))
    due = {t.ref: t.count for t in rows if t.axis == "deadline"}
    closed = {t.ref: t.count for t in rows if t.axis == "closed"}
    if not due:
        return []
    last = min(max(due), f"{when.today():%Y-%m}")
    points = []
    for month in _months(last, months):
        done = sum(n for ref, n in closed.items() if ref <= month)
        gone = sum(n for ref, n in due.items() if ref <= month)
        total = sum(due.values())
        points.append((month, total - done, total - gone))
    return points


def _months(last: str, count: int) -> list[str]:
    """The `count` months up to and with `last`, as YYYY-MM."""
    index = int(last[:4]) * 12 + int(last[5:]) - 1
    return [f"{i // 12:04d}-{i % 12 + 1:02d}" for i in range(index - count + 1, index + 1)]


def due_between(first: date, last: date) -> QuerySet[Duty]:
    return rows().filter(due__gte=first, due__lte=last).order_by("due", "id")


def late(limit: int = 10) -> QuerySet[Duty]:
    """The longest overdue first."""
    return rows().filter(light="red").order_by("due", "id")[:limit]
