"""The plans in force on this installation: which edition, under which answers to the readings, with which settings.

An incident is judged by the current edition until a response starts; from then on by the edition and the answers that
stood at the start, whatever is loaded or answered later.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Q

from luoshi.emergency import bundle, items, knowing, plans, vocabulary
from luoshi.emergency import desk as desks
from luoshi.emergency.desk import Desk
from luoshi.emergency.models import LIVE, Case, Incident, PlanSnapshot, Response
from luoshi.emergency.plans import Plan, Plans
from luoshi.kernel import when
from luoshi.norms import queries as norms
from luoshi.norms.models import Interpretation
from luoshi.rules.answers import Answer

DEFAULT_PACK = "jccq"
COUNTED, NOT_COUNTED = "emergency.operators_counted", "emergency.operators_not_counted"
SUPERIOR_COMMAND, SUPERIOR_AUTHORITY = "emergency.superior_command", "emergency.superior_authority"


def keep(data: Mapping[str, Any]) -> PlanSnapshot:
    """Keep a bundle and make it the current edition of its pack. The same bundle again changes nothing."""
    with transaction.atomic():
        row, _ = PlanSnapshot.objects.get_or_create(
            digest=data["digest"], defaults={"pack": data["pack"], "data": dict(data)}
        )
        if not row.current:
            PlanSnapshot.objects.filter(pack=row.pack, current=True).update(current=False)
            row.current = True
            row.save(update_fields=["current"])
    return row


def current() -> PlanSnapshot:
    """The edition new incidents are judged by; the shipped one until a pack was loaded."""
    rows = PlanSnapshot.objects.filter(current=True).defer("data").order_by("pack")
    found = next((row for row in rows if row.pack == DEFAULT_PACK), None) or rows.first()
    return found or keep(bundle.take(plans.read(DEFAULT_PACK)))


_held: dict[str, Plans] = {}


def plans_of(snapshot: PlanSnapshot) -> Plans:
    """The plans of an edition; read once per process."""
    found = _held.get(snapshot.digest)
    if found is None:
        found = _held[snapshot.digest] = bundle.plans_of(snapshot.data)
    return found


def settings(found: Plans) -> dict[str, Any]:
    """Answers given to the readings, operators entered, targets set: what a desk takes. Three queries."""
    return _answers(found) | _settings(found)


def _answers(found: Plans) -> dict[str, Any]:
    rows = Interpretation.objects.filter(key__in=list(found.settings)).filter(
        Q(answer__isnull=False) | Q(status=Interpretation.Status.CONFIRMED)
    )
    told: dict[str, Any] = {}
    for row in rows.select_related("answered_by", "confirmed_by"):
        value = row.default if row.answer is None else row.answer
        if value is None:
            continue
        confirmed = row.status == Interpretation.Status.CONFIRMED
        by, at = (row.confirmed_by, row.confirmed_at) if confirmed else (row.answered_by, row.answered_at)
        told[row.key] = {
            "value": value,
            "status": "confirmed" if confirmed else "given",
            "by": str(by or ""),
            "date": when.aware(at).date().isoformat() if at else "",
        }
    return told


def _settings(found: Plans) -> dict[str, Any]:
    targets = {clock.target for plan in found.by_slug.values() for clock in plan.clocks if clock.target}
    values = norms.parameters([COUNTED, NOT_COUNTED, *sorted(targets)], when.today())
    operators = {str(name): key == COUNTED for key in (COUNTED, NOT_COUNTED) for name in _list(values.get(key))}
    minutes = {key: values[key] for key in targets if isinstance(values.get(key), int)}
    return ({"operators": operators} if operators else {}) | ({"targets": minutes} if minutes else {})


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def desk(snapshot: PlanSnapshot | None = None, given: Mapping[str, Any] | None = None) -> Desk:
    """The desk of an edition (default: the current one) under `given` settings (default: those in force now)."""
    from luoshi.kernel.canonical import dumps

    found = plans_of(snapshot or current())
    told = settings(found) if given is None else given
    return _desk(found, dumps(told))


@lru_cache(maxsize=32)
def _desk(found: Plans, spelt: str) -> Desk:
    import json

    return desks.of(found, json.loads(spelt))


def spelt_settings(at: Desk) -> dict[str, Any]:
    """The settings of a desk as a decision records them: enough to set up the same desk again."""
    said = {key: _spelt(a) for key, a in at.answers.by_key.items() if a.status != "inferred"}
    operators = {"operators": at.operators} if at.operators else {}
    return said | operators | ({"targets": at.targets} if at.targets else {})


def _spelt(answer: Answer) -> dict[str, Any]:
    told = {"value": answer.shown, "status": answer.status}
    return told | {name: text for name, text in (("by", answer.by), ("date", answer.date)) if text}


class Table:
    """One incident on its desk: plans, facts known, conflicts, and for each case the desk it is judged on."""

    def __init__(self, incident: Incident, cases: list[Case] | None = None) -> None:
        """Reads what it needs in a fixed number of queries, whatever the number of statements."""
        self.incident = incident
        self.cases = {case.plan: case for case in (incident.cases.all() if cases is None else cases)}
        self.known = knowing.know(incident.facts.order_by("at", "pk"))
        self.triage = {slug: case.triage for slug, case in self.cases.items()}
        self.facts = knowing.facts(self.known, self.triage)
        self.running: dict[str, Response] = {
            row.case.plan: row
            for row in Response.objects.filter(case__incident=incident, state__in=LIVE).select_related(
                "snapshot", "case"
            )
        }
        self._desk: Desk | None = None
        self._own: dict[str, Desk] = {}
        self._given: dict[int, vocabulary.Given] = {}

    @property
    def desk(self) -> Desk:
        """The desk under today's edition and answers."""
        if self._desk is None:
            self._desk = desk()
        return self._desk

    def desk_of(self, slug: str) -> Desk:
        """The desk a case is judged on: while its response runs, that of the start."""
        running = self.running.get(slug)
        if running is None or running.snapshot is None:
            return self.desk
        if slug not in self._own:
            self._own[slug] = desk(running.snapshot, running.settings)
        return self._own[slug]

    def plan(self, slug: str) -> Plan:
        return self.desk_of(slug).plans.by_slug[slug]

    def given(self, slug: str) -> vocabulary.Given:
        """The facts as this case's edition reads them; a fact it does not know is left out."""
        at = self.desk_of(slug)
        if id(at) not in self._given:
            known = {name: value for name, value in self.facts.items() if name in at.plans.vocabulary.facts}
            if isinstance(known.get("triage"), dict):
                known["triage"] = {k: v for k, v in known["triage"].items() if k in at.plans.by_slug}
            self._given[id(at)] = at.given(known)
        return self._given[id(at)]

    def context(self, slug: str) -> items.Context:
        at, given = self.desk_of(slug), self.given(slug)
        plan = at.plans.by_slug[slug]
        return items.Context(plan, at.answers, at.plans, at.facts_for(plan, given), given.shown, at.targets)

    def card(self, slug: str, *, weighed: bool = True) -> dict[str, Any]:
        """The proposal card of one plan, as the rules give it now."""
        from luoshi.emergency import proposing

        at = self.desk_of(slug)
        return proposing.one(at, at.plans.by_slug[slug], self.given(slug), weighed=weighed)

    def edition(self, slug: str) -> PlanSnapshot:
        running = self.running.get(slug)
        return running.snapshot if running is not None and running.snapshot is not None else current()
