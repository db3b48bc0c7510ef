"""What the reader returns. Every part carries the spans of the original it was read from; `to_json` is sent out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

Pieces = list[tuple[int, int]]  # [start, end) character offsets in the decoded original, ascending, disjoint
Json = dict[str, Any]
Day = date


@dataclass(slots=True)
class Finding:
    """What a careful reader would question. `document` is a number, `path` a provision path, both may be empty."""

    code: str
    message: str
    raw: str = ""
    suggestion: str | None = None
    document: str = ""
    path: str = ""
    line: int | None = None

    def to_json(self) -> Json:
        return {
            "code": self.code, "document": self.document, "path": self.path, "message": self.message,
            "raw": self.raw, "suggestion": self.suggestion,
        }  # fmt: skip


@dataclass(slots=True)
class Part:
    """A piece of the title block, or named furniture: `kind`, its text as printed, and where it stands."""

    kind: str
    text: str
    pieces: Pieces

    def to_json(self) -> Json:
        return {"kind": self.kind, "text": self.text}


@dataclass(slots=True)
class Deadline:
    """A time limit as worded. `assumed_year` says the year is the document's own, because none is printed."""

    date: Day | None = None
    stage_result: bool = False
    continuous: bool = False
    raw: str = ""
    assumed_year: bool = False

    def to_json(self) -> Json:
        return {
            "date": self.date.isoformat() if self.date else None, "stage_result": self.stage_result,
            "continuous": self.continuous, "raw": self.raw, "assumed_year": self.assumed_year,
        }  # fmt: skip


@dataclass(slots=True)
class Responsibility:
    """Who answers for a provision. Bodies as printed, in printed order; `lead` is empty where the text marks none.
    `people`: leaders named beside them; `sentence`: read from a sentence, not from a bracket, a line or a table."""

    path: str
    bodies: list[str]
    lead: list[str] = field(default_factory=list)
    cooperate: list[str] = field(default_factory=list)
    division: str = ""
    deadline: Deadline = field(default_factory=Deadline)
    raw: str = ""
    open_list: bool = False
    known: dict[str, str] = field(default_factory=dict)
    people: list[str] = field(default_factory=list)
    sentence: bool = False

    def to_json(self) -> Json:
        return {
            "path": self.path, "bodies": self.bodies, "lead": self.lead, "cooperate": self.cooperate,
            "division": self.division, "deadline": self.deadline.to_json(), "raw": self.raw,
            "open_list": self.open_list, "known": self.known, "people": self.people, "sentence": self.sentence,
        }  # fmt: skip


Value = Decimal | list[Decimal] | None


@dataclass(slots=True)
class Target:
    """A stated aim. `value` is exact; None where the text gives no number (see `fuzzy`); `implied` where a word
    such as 清零 or 全覆盖 stands for one; `threshold`: the figure bounds what a rule holds for, and is not aimed at."""

    path: str
    indicator: str
    op: str
    value: Value
    unit: str
    due: date | None = None
    fuzzy: str | None = None
    baseline: str | None = None
    implied: bool = False
    raw: str = ""
    threshold: bool = False

    def to_json(self) -> Json:
        return {
            "path": self.path, "indicator": self.indicator, "op": self.op, "value": exact(self.value),
            "unit": self.unit, "due": self.due.isoformat() if self.due else None, "fuzzy": self.fuzzy,
            "baseline": self.baseline, "implied": self.implied, "raw": self.raw,
            "threshold": self.threshold,
        }  # fmt: skip


def exact(value: Value) -> Any:
    """A JSON number that prints the very digits, or the digits as a string when no float does."""
    if value is None:
        return None
    if isinstance(value, list):
        return [exact(v) for v in value]
    if value == value.to_integral_value():
        return int(value)
    near = float(value)
    return near if Decimal(repr(near)) == value else format(value, "f")


@dataclass(slots=True)
class Provision:
    """One numbered piece of text. label + heading + mark + text is the original without its line breaks."""

    path: str
    label: str
    heading: str
    mark: str
    text: str
    pieces: Pieces
    family: str = ""
    ordinal: int = 0
    children: list[Provision] = field(default_factory=list)

    def walk(self) -> Iterator[Provision]:
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def to_json(self) -> Json:
        return {
            "path": self.path, "label": self.label, "heading": self.heading, "mark": self.mark, "text": self.text,
            "children": [c.to_json() for c in self.children],
        }  # fmt: skip


@dataclass(slots=True)
class Document:
    """One document of an issue, from its title to the line before the next one's title."""

    number: str = ""
    raw_number: str = ""
    title: str = ""
    attached_title: str = ""
    kind: str = ""
    attached_kind: str = ""
    issuer: str = ""
    addressees: list[str] = field(default_factory=list)
    date: Day | None = None
    dates: list[Day] = field(default_factory=list)
    public: bool | None = None
    provisions: list[Provision] = field(default_factory=list)
    responsibilities: list[Responsibility] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    deadlines: list[tuple[str, Deadline]] = field(default_factory=list)
    annexes: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    furniture: list[Part] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    start: int = 0
    end: int = 0
    line: int = 1

    def walk(self) -> Iterator[Provision]:
        """Every provision, in printed order."""
        for top in self.provisions:
            yield from top.walk()

    def provision(self, path: str) -> Provision | None:
        return next((p for p in self.walk() if p.path == path), None)

    def to_json(self) -> Json:
        return {
            "number": self.number, "raw_number": self.raw_number, "title": self.title,
            "attached_title": self.attached_title, "kind": self.kind, "attached_kind": self.attached_kind,
            "issuer": self.issuer, "addressees": self.addressees,
            "date": self.date.isoformat() if self.date else None, "dates": [d.isoformat() for d in self.dates],
            "public": self.public, "provisions": [p.to_json() for p in self.provisions],
            "responsibilities": [r.to_json() for r in self.responsibilities],
            "targets": [t.to_json() for t in self.targets],
            "deadlines": [{"path": path, **d.to_json()} for path, d in self.deadlines],
            "annexes": self.annexes, "parts": [p.to_json() for p in self.parts],
            "furniture": [p.to_json() for p in self.furniture],
        }  # fmt: skip


@dataclass(slots=True)
class Issue:
    """A file as read: its documents in printed order and every finding. `text` is the decoded original."""

    documents: list[Document]
    findings: list[Finding]
    name: str = ""
    encoding: str = "utf-8"
    text: str = ""

    def to_json(self) -> Json:
        return {
            "name": self.name, "encoding": self.encoding, "documents": [d.to_json() for d in self.documents],
            "findings": [f.to_json() for f in self.findings],
        }  # fmt: skip

    def spans(self) -> list[tuple[int, int, str]]:
        """The whole original as (start, end, what): `part:title`, `provision:三(一)1`, `furniture:页码`, and
        `furniture:空白` for white space that only lays out the page. Adjacent, complete, in order."""
        held = sorted(span for document in self.documents for span in _held(document))
        covered: list[tuple[int, int, str]] = []
        at = 0
        for start, end, what in held:
            if start > at:
                covered.append((at, start, "furniture:空白"))
            covered.append((start, end, what))
            at = end
        if at < len(self.text):
            covered.append((at, len(self.text), "furniture:空白"))
        return covered


def _held(document: Document) -> Iterator[tuple[int, int, str]]:
    for kind, parts in (("part", document.parts), ("furniture", document.furniture)):
        for part in parts:
            yield from ((start, end, f"{kind}:{part.kind}") for start, end in part.pieces)
    for provision in document.walk():
        yield from ((start, end, f"provision:{provision.path}") for start, end in provision.pieces)
