"""Incidents as JSON: one shape for the API and for whatever reads it."""

from __future__ import annotations

from typing import Any

from luoshi.emergency import queries
from luoshi.emergency.models import Act, Fact, Incident, Response, Warning
from luoshi.emergency.queries import Page, Panel
from luoshi.kernel.canonical import plain

Json = dict[str, Any]


def line(row: Incident) -> Json:
    """An incident in a list."""
    runs = [{"plan": plan, "kind": kind, "level": words, "state": state}
            for plan, kind, words, state in queries.running_of(row)]  # fmt: skip
    return head(row) | {"running": runs}


def head(row: Incident) -> Json:
    told: Json = plain({
        "id": row.pk, "number": row.number, "title": row.title, "exercise": row.exercise, "synthetic": row.demo,
        "status": "Exercise" if row.exercise else "Actual", "places": row.places, "state": row.state,
        "version": row.version, "occurred_at": row.occurred_at, "opened_at": row.opened_at, "closed_at": row.closed_at,
    })  # fmt: skip
    return told


def incident(page: Page) -> Json:
    """The whole page: cards, facts with everybody's word, questions by weight, log."""
    return head(page.incident) | {
        "plans": [panel(one) for one in page.panels],
        "ask": [
            {"name": q.name, "label": q.label, "cite": q.cite, "kind": q.kind, "conflict": q.conflict, "asked": q.asked,
             "plans": q.plans, "values": [value for value, _ in q.values]}
            for q in page.questions
        ],
        "facts": [fact(row) for row in page.facts],
        "notes": page.notes,
        "signals": [plain({"id": s.pk, "source": s.source, "reporter": s.reporter, "text": s.text, "repeats": s.repeats,
                           "received_at": s.received_at}) for s in page.signals],
        "early_reports": [{"who": t.who, "named": list(t.named), "cite": t.cite, "interpretation": t.reading or None}
                          for t in page.early],
        "log": [act(row) for row in page.log],
    }  # fmt: skip


def fact(row: Json) -> Json:
    known = row["known"]
    said = [statement(told["row"]) for told in row["rows"]]
    value = known.value if known.value is not None else "unknown"
    return {"name": row["name"], "label": row["label"], "value": value, "conflict": known.conflict, "cite": row["cite"],
            "statements": said}  # fmt: skip


def statement(row: Fact) -> Json:
    """What one reporter said of a fact."""
    told: Json = plain({"id": row.pk, "value": row.value, "source": row.source, "reporter": row.reporter, "at": row.at,
                        "replaced": row.replaced, "chosen": row.chosen, "reason": row.reason})  # fmt: skip
    return told


def panel(one: Panel) -> Json:
    case = one.case
    return {
        "plan": one.slug,
        "triage": case.triage or None,
        "transferee": case.transferee or None,
        "chosen": case.chosen,
        "card": plain(one.card),
        "responses": [response(row) for row in one.history],
        "warnings": [warning(row) for row in one.warnings],
        "offers": [{"act": offer.code, "label": offer.label, "next": offer.main} for offer in one.offers],
        "end_conditions": plain(one.ends),
    }


def _signed(row: Response | Warning) -> Json:
    stages = ("proposed", "confirmed", "started" if isinstance(row, Response) else "issued", "ended")
    return {
        stage: {"at": getattr(row, f"{stage}_at"), "post": getattr(row, f"{stage}_post", ""),
                "name": getattr(row, f"{stage}_name", "")}
        for stage in stages if getattr(row, f"{stage}_at")
    }  # fmt: skip


def response(row: Response) -> Json:
    told: Json = plain(
        {"id": row.pk, "level": row.level, "state": row.state, "previous": row.previous_id, "leaned": row.leaned,
         "edition": row.snapshot.digest if row.snapshot else None, "flags": row.flags, **_signed(row)}
    )  # fmt: skip
    return told


def warning(row: Warning) -> Json:
    told: Json = plain(
        {"id": row.pk, "level": row.level, "state": row.state, "previous": row.previous_id, "issuer": row.issuer,
         "to": row.recipients, "flags": row.flags, **_signed(row)}
    )  # fmt: skip
    return told


def act(row: Act) -> Json:
    told: Json = plain(
        {"id": row.pk, "kind": row.kind, "plan": row.case.plan if row.case else None, "text": row.text, "at": row.at,
         "by": row.actor, "post": row.post, "cite": row.cite, "interpretation": row.reading or None,
         "entry": row.entry, "data": row.data}
    )  # fmt: skip
    return told
