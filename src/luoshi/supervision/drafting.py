"""A duty before it is stored: one shape for what comes from a pack, from a text, or from a person's hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from luoshi.directory.models import Body
from luoshi.norms.models import Instrument, Provision
from luoshi.supervision.likeness import indicator_key
from luoshi.supervision.models import Duty, DutyBody, Target

Resolve = Callable[[str], Body | None]
_RATE_OF_CHANGE = re.compile(r"下降|降低|减少|压减|增速|增长|增幅|降幅|提高(?:率|幅度)")


@dataclass(frozen=True, slots=True)
class DraftBody:
    """A body as printed; `body` when the directory knows it."""

    printed: str
    role: str
    body: Body | None = None


@dataclass(slots=True)
class DraftTarget:
    """A target as stated. `value` None: no number; `awaited_from`: who is still to give it."""

    indicator: str
    op: str
    value: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    due: date | None = None
    baseline: str = ""
    fuzzy: str = ""
    binding: bool = True
    implied: bool = False
    awaited_from: str = ""
    citation: str = ""
    note: str = ""

    def row(self, duty: Duty, position: int) -> Target:
        return Target(
            duty=duty,
            position=position,
            citation=(self.citation or duty.citation)[:160],
            indicator=self.indicator[:200],
            indicator_key=indicator_key(self.indicator)[:200],
            op="between" if self.op == "range" else self.op,
            value=self.value,
            value_high=self.high,
            unit=self.unit[:40],
            due=self.due,
            baseline=self.baseline[:120],
            baseline_missing=self.needs_baseline,
            fuzzy=self.fuzzy[:40],
            binding=self.binding and "力争" not in self.fuzzy,
            stable="稳定" in self.fuzzy,
            implied=self.implied,
            awaited_from=self.awaited_from[:120],
            note=self.note,
        )

    @property
    def needs_baseline(self) -> bool:
        """A rate of change without a printed base period cannot be judged."""
        relative = self.unit in ("%", "百分点", "个百分点", "倍") and bool(_RATE_OF_CHANGE.search(self.indicator))
        return relative and not self.baseline and not re.search(r"\d{4}年", self.indicator)


@dataclass(slots=True)
class Draft:
    """Everything of a duty that a document says."""

    key: str
    instrument: Instrument
    path: str
    title: str
    gist: str = ""
    clauses: list[str] = field(default_factory=list)
    group: str = ""
    bodies: list[DraftBody] = field(default_factory=list)
    division: str = ""
    no_lead_marked: bool = False
    joint_lead: bool = False
    open_list: bool = False
    open_words: str = ""
    deadline: date | None = None
    deadline_words: str = ""
    deadline_note: str = ""
    stage_result: bool = False
    continuous: bool = False
    targets: list[DraftTarget] = field(default_factory=list)
    task_no: int | None = None
    note: str = ""
    source: str = Duty.Source.PACK
    status: str = Duty.Status.CONFIRMED

    @property
    def citation(self) -> str:
        return f"{self.instrument.slug}:{self.path}"

    def fill(self, duty: Duty, provisions: dict[str, Provision]) -> Duty:
        """Put what the document says into a (new or known) duty; its course is not touched."""
        duty.key, duty.instrument = self.key, self.instrument
        duty.citation = self.citation[:160]
        duty.provision = provision_for(self.path, provisions)
        duty.clauses, duty.group, duty.task_no = self.clauses, self.group[:200], self.task_no
        duty.title, duty.gist, duty.note = self.title[:400], self.gist, self.note
        duty.goal = not self.bodies
        duty.division = self.division[:400]
        duty.no_lead_marked, duty.joint_lead = self.no_lead_marked, self.joint_lead
        duty.open_list, duty.open_words = self.open_list, self.open_words[:120]
        duty.deadline = duty.deadline_printed = self.deadline
        duty.deadline_words, duty.deadline_note = self.deadline_words[:200], self.deadline_note[:400]
        duty.stage_result, duty.continuous = self.stage_result, self.continuous
        duty.source, duty.status = self.source, self.status
        return duty

    def body_rows(self, duty: Duty) -> list[DutyBody]:
        return [
            DutyBody(duty=duty, body=b.body, printed=b.printed[:200], role=b.role, position=i)
            for i, b in enumerate(self.bodies, start=1)
        ]

    def target_rows(self, duty: Duty) -> list[Target]:
        return [t.row(duty, i) for i, t in enumerate(self.targets, start=1)]


def bodies_of(lead: Sequence[str], cooperate: Sequence[str], resolve: Resolve) -> list[DraftBody]:
    """Printed names with their bodies, leads first, each part in printed order."""
    found = [DraftBody(name, DutyBody.Role.LEAD, resolve(name)) for name in lead]
    return found + [DraftBody(name, DutyBody.Role.COOPERATE, resolve(name)) for name in cooperate]


def provision_for(path: str, provisions: dict[str, Provision]) -> Provision | None:
    """The provision at `path`, else the nearest one around it that the text has."""
    while path:
        if path in provisions:
            return provisions[path]
        path = path[:-1]
    return None


def store(drafts: Sequence[Draft]) -> list[Duty]:
    """Insert new duties with bodies and targets in a handful of statements. The caller holds the transaction."""
    provisions = current_provisions({d.instrument.pk for d in drafts})
    duties = [d.fill(Duty(), provisions.get(d.instrument.pk, {})) for d in drafts]
    Duty.objects.bulk_create(duties, batch_size=500)
    pairs = list(zip(drafts, duties, strict=True))
    DutyBody.objects.bulk_create([row for d, duty in pairs for row in d.body_rows(duty)], batch_size=1000)
    Target.objects.bulk_create([row for d, duty in pairs for row in d.target_rows(duty)], batch_size=1000)
    return duties


def replace(duty: Duty, draft: Draft, provisions: dict[str, Provision]) -> None:
    """Bring a duty nobody has acted on up to what the document (now) says."""
    draft.fill(duty, provisions).save()
    duty.bodies.all().delete()
    DutyBody.objects.bulk_create(draft.body_rows(duty))
    if not any(t.value_set_on or t.readings.exists() for t in duty.targets.all()):
        _replace_targets(duty, draft.target_rows(duty))


def _replace_targets(duty: Duty, rows: list[Target]) -> None:
    """A target that says the same as before stays the same row: a decision on a conflict names it."""
    known = {(t.citation, t.indicator_key, t.op, t.value, t.due): t.pk for t in duty.targets.all()}
    for row in rows:
        row.pk = known.pop((row.citation, row.indicator_key, row.op, row.value, row.due), None)
    duty.targets.exclude(pk__in=[row.pk for row in rows if row.pk]).delete()
    for row in rows:
        if row.pk:
            row.save(force_update=True)
    Target.objects.bulk_create([row for row in rows if not row.pk])


def current_provisions(instruments: set[Any]) -> dict[Any, dict[str, Provision]]:
    """Path → provision of the wording in force, for several instruments, in one query."""
    found: dict[Any, dict[str, Provision]] = {}
    rows = Provision.objects.filter(
        version__instrument_id__in=instruments, version__valid_until__isnull=True
    ).select_related("version")
    for provision in rows.defer("text", "version__text", "version__reading"):
        found.setdefault(provision.version.instrument_id, {})[provision.path] = provision
    return found
