"""What is known of one subject or event when several sources speak: agreement, disagreement, silence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from luoshi.kernel.canonical import dumps

HAND = "hand"  # code of the source 人工核定
HAND_NAME = "人工核定"


@dataclass(frozen=True, slots=True)
class Said:
    """One record of one source. `year`: the year its figures are of, 0 when they are of no year."""

    record: int
    source: str
    priority: int
    values: Mapping[str, Any]
    as_of: date
    confidence: str = "official"
    source_name: str = ""
    year: int = 0


@dataclass(slots=True)
class Known:
    """`values`: fact → value, None where sources mention it without knowing, or dispute it; see `disputed`."""

    values: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputed: dict[str, list[Said]] = field(default_factory=dict)
    settled: dict[str, list[Said]] = field(default_factory=dict)


def year_of(part: str) -> int:
    """`25:turnover/2024` → 2024."""
    year = part.rpartition("/")[2]
    return int(year) if "/" in part and year.isdigit() else 0


def named(fact: str, year: int) -> str:
    """How a fact of one year is called: `turnover_year_yuan@2024`."""
    return f"{fact}@{year}" if year else fact


def resolve(records: Iterable[Said], settled: Mapping[str, Any]) -> Known:
    """What the records say together. `settled`: fact → the value a person chose where sources disagree."""
    known = Known()
    speak: dict[str, list[Said]] = {}
    for said in sorted(records, key=lambda r: (r.priority, r.record)):
        for fact in said.values:
            speak.setdefault(named(fact, said.year), []).append(said)
    for name, those in speak.items():
        fact = name.partition("@")[0]
        sure = [said for said in those if said.values[fact] is not None]
        if not sure:
            known.values[name] = None
            continue
        if len({dumps(said.values[fact]) for said in sure}) == 1:
            known.values[name] = sure[0].values[fact]
            known.provenance[name] = told(sure[0], fact)
        elif name in settled:
            known.values[name] = settled[name]
            chosen = dumps(settled[name])
            source = next((said for said in sure if dumps(said.values[fact]) == chosen), sure[0])
            known.provenance[name] = {**told(source, fact), "settled": True}
            known.settled[name] = sure
        else:
            known.values[name] = None
            known.disputed[name] = sure
    return known


def told(said: Said, fact: str) -> dict[str, Any]:
    return {
        "source": said.source_name or said.source,
        "as_of": said.as_of.isoformat(),
        "confidence": said.confidence,
        "record": said.record,
    }


def joined(levels: Iterable[Known]) -> Known:
    """Several levels as one, the nearest first: the event, the business, the employer."""
    known = Known()
    for level in levels:
        for name, value in level.values.items():
            if name in known.disputed or known.values.get(name) is not None:
                continue
            known.values[name] = value
            if name in level.disputed:
                known.disputed[name] = level.disputed[name]
            if name in level.provenance:
                known.provenance[name] = level.provenance[name]
            if name in level.settled:
                known.settled[name] = level.settled[name]
    return known
