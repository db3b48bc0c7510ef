"""Reads shaped for the duty officer's screens; each in a fixed number of queries, however long an incident has run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from luoshi.emergency import bearing, items, offering, people, stating
from luoshi.emergency.actions_response import holding, stricter
from luoshi.emergency.live import Table
from luoshi.emergency.models import LIVE, WAITING, Act, Case, Incident, Query, Response, Signal, Warning
from luoshi.emergency.offering import Offer, Standing

LOG = 30  # lines of the log on an incident's page; all of them are one click away
ASKED = 6  # questions shown at once
_LIVE_RESPONSES: Prefetch[Any] = Prefetch("responses", Response.objects.filter(state__in=[*LIVE, *WAITING]), "current")
_LIVE_WARNINGS: Prefetch[Any] = Prefetch(
    "warnings", Warning.objects.filter(state__in=["issued", *WAITING]), "current_w"
)


def incidents() -> QuerySet[Incident]:
    """Incidents with what runs in each: three queries for any number of rows."""
    cases = Case.objects.prefetch_related(_LIVE_RESPONSES, _LIVE_WARNINGS)
    return Incident.objects.prefetch_related(Prefetch("cases", cases)).order_by("-opened_at", "-id")


def open_now() -> QuerySet[Incident]:
    return incidents().filter(state=Incident.State.OPEN)


def unplaced() -> QuerySet[Signal]:
    """Reports that belong to no incident yet."""
    return Signal.objects.filter(state=Signal.State.NEW).order_by("-last_at", "-id")


def unanswered() -> QuerySet[Query]:
    """Superiors' queries without an effective answer, the oldest first."""
    return Query.objects.filter(answered_at__isnull=True).select_related("incident", "clock").order_by("received_at")


def running_of(incident: Incident) -> list[tuple[str, str, str, str]]:
    """What runs in an incident as the lists show it: (plan, kind, words, state)."""
    found = []
    for case in incident.cases.all():
        for row in getattr(case, "current", []):
            found.append((case.plan, "response", f"{row.level}级响应", row.state))
        for row in getattr(case, "current_w", []):
            found.append((case.plan, "warning", f"预警{row.level}", row.state))
    return found


@dataclass(slots=True)
class Question:
    """A fact still unknown, as a thing to ask."""

    name: str
    label: str
    cite: str
    kind: str  # bool | word | list | int | record
    values: list[tuple[str, str]] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    conflict: bool = False
    asked: bool = False


@dataclass(slots=True)
class Panel:
    """One plan of the incident on its page."""

    slug: str
    title: str
    case: Case
    card: dict[str, Any]
    response: Response | None
    response_waits: Response | None
    warning: Warning | None
    warning_waits: Warning | None
    history: list[Response]
    warnings: list[Warning]
    offers: list[Offer]
    names: dict[str, str]
    changed_edition: bool = False
    counted: list[dict[str, list[str]]] = field(default_factory=list)
    ends: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    incident: Incident
    table: Table
    panels: list[Panel]
    questions: list[Question]
    more: int
    facts: list[dict[str, Any]]
    conflicts: int
    log: list[Act]
    log_more: int
    signals: list[Signal]
    early: list[bearing.Told]
    untriggered: list[dict[str, Any]]
    notes: list[str]


def page(pk: int) -> Page | None:
    incident = Incident.objects.filter(pk=pk).select_related("opened_by", "drill").first()
    if incident is None:
        return None
    cases = list(incident.cases.prefetch_related("responses__snapshot", "warnings"))
    table = Table(incident, cases)
    panels = [panel(table, case) for case in cases]
    for made, offers in zip(panels, offering.leading([one.offers for one in panels]), strict=True):
        made.offers = offers
    asked = questions(table, panels)
    log = list(incident.acts.select_related("case").order_by("-at", "-id")[: LOG + 1])
    signals = list(incident.signals.order_by("received_at")[:20])
    clauses = dict.fromkeys(signal.clause for signal in signals if signal.clause)
    return Page(
        incident,
        table,
        panels,
        asked[:ASKED],
        max(0, len(asked) - ASKED),
        fact_rows(table),
        sum(known.conflict for known in table.known.values()),
        log[:LOG],
        max(0, len(log) - LOG),
        signals,
        bearing.early_reports(table),
        [told for told in (bearing.without_trigger(table, clause) for clause in clauses) if told],
        list(dict.fromkeys(note for slug in table.cases for note in table.given(slug).notes)),
    )


def panel(table: Table, case: Case) -> Panel:
    slug, rules = case.plan, table.plan(case.plan)
    card = table.card(slug)
    responses = sorted(case.responses.all(), key=lambda row: row.pk)
    warnings = sorted(case.warnings.all(), key=lambda row: row.pk)
    running = next((row for row in responses if row.live), None)
    waits = next((row for row in responses if row.state in WAITING), None)
    warned = next((row for row in warnings if row.state == Warning.State.ISSUED), None)
    warning_waits = next((row for row in warnings if row.state in WAITING), None)
    ctx = table.context(slug)
    level = rules.level("response", waits.level) if waits else None
    at = Standing(
        case.triage,
        case.chosen,
        card["warning"]["level"] or "",
        card["response"]["level"] or "",
        warned.level if warned else "",
        warning_waits.state if warning_waits else "",
        running.level if running else "",
        bool(running and running.state == Response.State.ASSISTING),
        bool(running and running.superior_agreed_at),
        waits.state if waits else "",
        waits.level if waits else "",
        bool(level and items.confirms(ctx, level)),
        rules.row.warning_confirms is not None,
        any(row.state == Response.State.ENDED for row in responses),
        bool(card["response"].get("optional")),
    )
    made = Panel(slug, rules.row.title, case, card, running, waits, warned, warning_waits, responses, warnings,
                 offering.offers(at), dict(rules.row.level_names))  # fmt: skip
    told = [*card["warning"].get("counted", {}).values(), *card["response"].get("counted", {}).values()]
    made.counted = [one for i, one in enumerate(told) if one not in told[:i]]
    if running is not None:
        made.ends = end_rows(table, slug)
        made.changed_edition = table.desk.plans.digest != table.desk_of(slug).plans.digest
    return made


def end_rows(table: Table, slug: str) -> list[dict[str, Any]]:
    """The conditions of the end in this case, with what shows each. `stands`: true, false or unknown."""
    case, ctx = table.cases[slug], table.context(slug)
    stands, strict = holding(table, slug), stricter(table, slug)
    return [
        items.marked(row, {
            "key": row.key, "text": row.text, "blocking": row.blocking or row.key in strict,
            "stricter": row.key in strict, "stands": stands.get(row.key, True), "evidence": case.evidence.get(row.key),
        })
        for row in ctx.plan.row.end if stands.get(row.key, True) is not False
    ]  # fmt: skip


def questions(table: Table, panels: Iterable[Panel]) -> list[Question]:
    """What to ask next: conflicts first, then what weighs most, over all plans still in play."""
    order: dict[str, Question] = {}
    rounds = [
        [name for name in made.card["ask"] if name != "triage"] for made in panels if made.case.chosen is not False
    ]
    disputed = [known.name for known in table.known.values() if known.conflict]
    for i in range(max((len(names) for names in rounds), default=0)):
        for names in rounds:
            if i < len(names):
                order.setdefault(names[i], question(table, names[i]))
    for made in panels:
        for name in made.card["ask"]:
            if name in order:
                order[name].plans.append(made.slug)
    first = [order.pop(name) if name in order else question(table, name) for name in disputed]
    return [*first, *order.values()]


def question(table: Table, name: str) -> Question:
    row = table.desk.plans.vocabulary.facts[name]
    known = table.known.get(name)
    values = [(value, row.say(value)) for value in row.values] if row.type == "word" else []
    kind = "record" if row.fields else row.type
    return Question(name, row.label or name, row.cite, kind, values, [], bool(known and known.conflict),
                    bool(known and known.asked))  # fmt: skip


def fact_rows(table: Table) -> list[dict[str, Any]]:
    """Every fact somebody stated, with everybody's word for it; disputed ones first."""
    words = table.desk.plans.vocabulary
    rows = [
        {
            "name": name,
            "label": words.label(name),
            "value": words.shown(name, known.value) if known.value is not None else "",
            "known": known,
            "cite": stating.cite_of(table, name),
            "rows": [{"row": row, "shown": words.shown(name, row.value)} for row in reversed(known.rows)],
            "joinable": known.conflict and sum(isinstance(row.value, list) for row in known.standing) > 1,
        }
        for name, known in table.known.items()
    ]
    return sorted(rows, key=lambda row: not row["known"].conflict)


def starters(table: Table, slug: str, level: str) -> list[dict[str, Any]]:
    """Who may start this level: the printed words, the posts they stand for, who holds them today."""
    rules, ctx = table.plan(slug), table.context(slug)
    row = rules.level("response", level)
    if row is None:
        return []
    posts = items.entitled(ctx, row)
    held = people.holders_of(rules, posts)
    printed = "、".join(items.printed(ctx, title) for title in row.starters)
    reading = items.starter_reading(ctx, row) or ""
    return [
        {"printed": printed, "reading": reading, "post": post, "people": [one.name for one in held[post]]}
        for post in posts
    ]


def counts() -> dict[str, int]:
    """For tiles and to-do lists, in two queries."""
    told = Response.objects.filter(state__in=[*LIVE, *WAITING], case__incident__state="open").values("state").annotate(
        n=Count("pk")).order_by("state")  # fmt: skip
    by_state = {row["state"]: row["n"] for row in told}
    open_ = Incident.objects.filter(state=Incident.State.OPEN).aggregate(
        real=Count("pk", filter=Q(exercise=False)), drills=Count("pk", filter=Q(exercise=True)))  # fmt: skip
    return {
        "running": sum(by_state.get(state, 0) for state in LIVE),
        "waiting": sum(by_state.get(state, 0) for state in WAITING),
        **open_,
    }
