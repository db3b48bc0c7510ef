"""Invented registers for tests (虚构): subjects with valid codes, records of several sources."""

from __future__ import annotations

import random
from datetime import date, datetime
from typing import Any

from luoshi.benefits.assembling import kinds_of
from luoshi.benefits.cells import credit_code
from luoshi.benefits.engine import rule_of
from luoshi.benefits.models import Dispute, Matter, Record, Source, Subject
from luoshi.kernel import when
from luoshi.kernel.canonical import dumps, sm3


def code(number: int) -> str:
    """The `number`th invented 统一社会信用代码, its check letter right."""
    first = f"91140502MA0K{number:05d}"
    return first + credit_code(first)


def source(name: str, priority: int = 100) -> Source:
    return Source.objects.get_or_create(code=name, defaults={"name": f"{name}（虚构）", "priority": priority})[0]


def record(
    owner: Subject | Matter, by: Source, part: str, values: dict[str, Any], *, changed_at: datetime | None = None
) -> Record:
    matter = owner if isinstance(owner, Matter) else None
    subject = owner.subject if isinstance(owner, Matter) else owner
    return Record.objects.create(
        subject=subject, matter=matter, source=by, part=part, values=values, as_of=date(2025, 3, 1),
        digest=sm3(dumps(values)), changed_at=changed_at or when.now(),
    )  # fmt: skip


def fill(measure: str, count: int, seed: int) -> list[Matter]:
    """`count` events of a measure, of which two sources say what they like: they agree, differ or leave blanks."""
    from tests.benefits.test_screening import subjects  # random values a fact may have

    r, rule = random.Random(seed), rule_of(measure)[0]
    kinds, one, two = kinds_of(rule), source("one", 10), source("two", 20)
    about = ("in_district", "lawful_operation", "licence_registered", "tax_registered", "business_address",
             "opening_date", "in_national_statistics", "operating_continuous", "prior_awards")  # fmt: skip
    made = []
    for number, values in enumerate(subjects(seed, count)):
        kept = {name: spelt(name, value) for name, value in values.items()}
        employer = None
        person = "talent" in kinds
        if person:
            employer = Subject.objects.create(kind="hotel", key=code(50_000 + number), name=f"酒店{number}")
        subject = Subject.objects.create(
            kind="person" if person else "hotel",
            key=f"p{number}" if person else code(number),
            name="某",
            employer=employer,
        )
        kind = r.choice(kinds)
        day = date.fromisoformat(kept["event_date"]) if kept["event_date"] else None
        matter = Matter.objects.create(subject=subject, kind=kind, key=f"{subject.key}/{kind}/x", date=day)
        made.append(matter)
        _say(r, employer or subject, (one, two), "", {name: kept[name] for name in about})
        own = {name: value for name, value in kept.items() if name not in about and not name.startswith("turnover")}
        _say(r, matter, (one, two), "", own)
        for year in (2023, 2024, 2025, 2026):
            figure = {"turnover_year_yuan": r.choice(["9999999.99", "10000000.00", "12000000.00", None])}
            _say(r, subject, (one, two), f"25:turnover/{year}", figure, doubt=0.3)
    return made


def _say(
    r: random.Random, owner: Subject | Matter, by: tuple[Source, Source], part: str, values: dict[str, Any],
    doubt: float = 0.1,
) -> None:  # fmt: skip
    first = {name: value for name, value in values.items() if r.random() > doubt / 2}
    record(owner, by[0], part, first)
    if r.random() < 0.5:
        return
    other = {name: value for name, value in first.items() if r.random() > 0.5}
    for name, value in list(other.items()):
        if value is not None and r.random() < doubt:
            other[name] = _another(value)
    record(owner, by[1], part, other)
    for name, value in other.items():
        if value is not None and first[name] is not None and value != first[name] and r.random() < 0.5:
            matter = owner if isinstance(owner, Matter) else None
            subject = owner.subject if isinstance(owner, Matter) else owner
            fact = f"{name}@{part.rpartition('/')[2]}" if "/" in part else name
            Dispute.objects.create(subject=subject, matter=matter, fact=fact, state=Dispute.State.DECIDED, chosen=value)


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1 if value < 5 else value - 1
    if isinstance(value, list):
        return []
    other = {"2024-08-01": "2024-08-02", "12000000.00": "10000000.00", "10000000.00": "12000000.00"}
    return other.get(value, "2025-01-02" if value[:2] == "20" and value[4:5] == "-" else value)


def spelt(name: str, value: Any) -> Any:
    """A value as records keep it."""
    from luoshi.benefits import cells
    from luoshi.benefits.pack import read

    return cells.kept(read("25").assembly.scope.facts[name].type, value)
