"""Facts put together from what the sources say: of one event with where each comes from, of all of them as columns.

A fact that sources dispute is unknown until a person has chosen. A fact nobody mentions is left to the rules, which may
presume it; one that a source leaves blank is unknown. What this office itself has paid is not a register's business:
`deciding` adds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from luoshi.benefits import engine, registers
from luoshi.benefits.models import Dispute, Matter, Record, Subject
from luoshi.benefits.models.register import MATTER_KINDS
from luoshi.benefits.resolving import Known, Said, joined, named, resolve, year_of
from luoshi.benefits.widening import frame_of
from luoshi.rules.rule import Rule
from luoshi.rules.rule import named as facts_in

__all__ = ["Sheet", "facts_of", "frame_of", "kinds_of", "known_of", "yearly"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is known of one event or subject, level by level."""

    own: Known
    subject: Known
    employer: Known

    @property
    def all(self) -> Known:
        return joined((self.own, self.subject, self.employer))


def facts_of(
    target: Matter | Subject, measure: str, pack: str = "jccq"
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], list[str]]:
    """Facts as `engine.decide` takes them; fact → {source, as_of, confidence, record}; names that are in dispute."""
    rule, _ = engine.rule_of(measure, pack)
    wanted = names_in(rule.key, pack)
    known = known_of(target).all
    matter = target if isinstance(target, Matter) else None
    facts: dict[str, Any] = {}
    provenance: dict[str, dict[str, Any]] = {}
    disputed: list[str] = []
    for name, source in _sources(known, matter.date if matter else None, yearly(rule.key.partition(":")[0], pack)):
        if name in wanted:
            facts[name] = known.values[source]
            if source in known.disputed:
                disputed.append(name)
            elif source in known.provenance:
                provenance[name] = known.provenance[source]
    return facts, provenance, disputed


def _sources(known: Known, day: date | None, years: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    """(fact of the rules, name it is known under): a figure of a year is the fact of events some years later."""
    found = [(name, name) for name in known.values if "@" not in name]
    for fact, uses in years.items():
        for name, offset in uses.items():
            source = named(fact, day.year - offset) if day is not None else ""
            direct = known.values.get(name) is not None or name in known.disputed
            if source in known.values and not direct:
                found.append((name, source))
    return found


def known_of(target: Matter | Subject) -> Sheet:
    """Everything sources say about an event, its subject and, for a person, the employer. Two queries."""
    subject = target.subject if isinstance(target, Matter) else target
    matter = target.pk if isinstance(target, Matter) else None
    subjects = [pk for pk in (subject.pk, subject.employer_id) if pk is not None]
    records = Record.objects.filter(subject__in=subjects).filter(_about(matter)).select_related("source")
    decided = Dispute.objects.filter(subject__in=subjects, state=Dispute.State.DECIDED).filter(_about(matter))
    settled = {(row.subject_id, row.matter_id, row.fact): row.chosen for row in decided}
    said = [(row.subject_id, row.matter_id, said_of(row)) for row in records]

    def level(owner: int | None, event: int | None) -> Known:
        chosen = {fact: value for (s, m, fact), value in settled.items() if s == owner and m == event}
        return resolve([one for s, m, one in said if s == owner and m == event], chosen)

    own = level(subject.pk, matter) if matter is not None else Known()
    return Sheet(own, level(subject.pk, None), level(subject.employer_id, None))


def _about(matter: int | None) -> Any:
    from django.db.models import Q

    return Q(matter__isnull=True) if matter is None else Q(matter__isnull=True) | Q(matter=matter)


def said_of(row: Record) -> Said:
    return Said(
        row.pk, row.source.code, row.source.priority, row.values, row.as_of, row.confidence, row.source.name,
        year_of(row.part),
    )  # fmt: skip


def kinds_of(rule: Rule) -> list[str]:
    """The kinds of events a measure is about: its limbs are named after them."""
    return [limb.key for limb in rule.limbs if limb.key in MATTER_KINDS]


@lru_cache(maxsize=64)
def names_in(measure: str, pack: str = "jccq") -> frozenset[str]:
    """Every fact a measure may look at, and those its document presumes."""
    rule, _ = engine.rule_of(measure, pack)
    nodes = [condition.node for condition in rule.gate]
    for limb in rule.limbs:
        nodes += [limb.claimed, *(condition.node for condition in limb.conditions), *limb.extras.values()]
        nodes += [node for node in (limb.amount, limb.upto, limb.uncapped, limb.table) if node is not None]
    nodes += [rule.deduct] if rule.deduct is not None else []
    found = {name for node in nodes for name in facts_in(node, rule.scope)}
    return frozenset(found) & frozenset(rule.scope.facts)


@lru_cache(maxsize=8)
def yearly(slug: str, pack: str = "jccq") -> Mapping[str, Mapping[str, int]]:
    """Figures of a year: column → {fact of the rules: how many years later the event is}."""
    return {
        column.fact: dict(column.each_year)
        for register in registers.read(slug, pack).values()
        for column in register.columns
        if column.each_year
    }
