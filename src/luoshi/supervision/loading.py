"""Duties of a pack into the database: confirmed as the pack has them, again and again without doubling."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from luoshi.directory.queries import Resolver
from luoshi.kernel.acting import SYSTEM
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Context, Entry
from luoshi.ledger.actions import append
from luoshi.norms.models import Clause, Instrument
from luoshi.supervision import conflicts, rulebook, status
from luoshi.supervision.drafting import Draft, DraftBody, DraftTarget, current_provisions, replace, store
from luoshi.supervision.models import Duty

if TYPE_CHECKING:
    from luoshi.supervision.pack import DutyRow, NamedRow, TargetRow

DEFAULT_PACK = "jccq"


def load_duties(rows: Iterable[Entry[DutyRow]], context: Context) -> int:
    """Load the duties of a pack. New ones are added, untouched ones brought up to date, acted-on ones left alone.

    Returns how many were added. Runs in one transaction; the pack's instruments, clauses and bodies must be loaded.
    """
    entries = list(rows)
    with transaction.atomic():
        rulebook.ensure_parameters()
        instruments = {i.slug: i for i in Instrument.objects.filter(slug__in={e.slug for e in entries})}
        drafts = _drafts(entries, instruments)
        known = {d.key: d for d in Duty.objects.filter(key__in=[d.key for d in drafts])}
        provisions = current_provisions({i.pk for i in instruments.values()})
        added = [d for d in drafts if d.key not in known]
        changed = kept = 0
        for draft in drafts:
            duty = known.get(draft.key)
            if duty is None:
                continue
            if duty.version or duty.status != Duty.Status.CONFIRMED:
                kept += 1
            else:
                replace(duty, draft, provisions.get(draft.instrument.pk, {}))
                changed += 1
        store(added)
        status.refresh_all()
        conflicts.detect(context.by or SYSTEM)
        counts = {"added": len(added), "changed": changed, "kept": kept}
        append("supervision.loaded", by=context.by or SYSTEM, subject="pack:duties", data=counts)
    context.count("督办事项", len(added))
    context.count("督办目标", sum(len(d.targets) for d in added))
    return len(added)


def _drafts(entries: list[Entry[DutyRow]], instruments: dict[str, Instrument]) -> list[Draft]:
    cited = {key for e in entries for key in e.row.clauses}
    gists = {c.key: c for c in Clause.objects.filter(key__in=cited)}
    resolvers: dict[str, Resolver] = {}
    drafts = []
    for entry in entries:
        instrument = instruments.get(entry.slug)
        if instrument is None:
            raise BadInput(f"文件“{entry.slug}”还没有载入", file=entry.file, line=entry.line(), field="slug")
        pack = instrument.pack_id or DEFAULT_PACK
        if pack not in resolvers:  # reads all names: once per pack, not once per duty
            resolvers[pack] = Resolver(pack=pack)
        resolver = resolvers[pack]
        drafts.append(_draft(entry, instrument, resolver, gists))
    return drafts


def _draft(entry: Entry[DutyRow], instrument: Instrument, resolver: Resolver, gists: dict[str, Clause]) -> Draft:
    row = entry.row
    clauses = [gists[key] for key in row.clauses if key in gists]
    due = row.deadline
    return Draft(
        key=row.key,
        instrument=instrument,
        path=row.provision,
        title=row.title,
        gist=" ".join(c.gist for c in clauses),
        clauses=list(row.clauses),
        group=row.group,
        task_no=row.task_no,
        bodies=_bodies(row.lead, "lead", resolver, entry.slug)
        + _bodies(row.cooperate, "cooperate", resolver, entry.slug),
        division=row.division,
        no_lead_marked=bool(row.lead) and not row.lead_marked,
        joint_lead=row.joint_lead,
        open_list=row.open_list,
        open_words="等" if row.open_list else "",
        deadline=due.date,
        deadline_words=due.printed,
        deadline_note="日期是我们对原文用语的理解" if due.inferred and due.date else "",
        stage_result=due.stage_result,
        continuous=due.continuous,
        targets=[_target(t, entry.slug) for t in row.targets],
        note=row.note,
        status=row.status,
    )


def _bodies(names: list[Any], role: str, resolver: Resolver, slug: str) -> list[DraftBody]:
    found = []
    for name in names:
        named: NamedRow | None = None if isinstance(name, str) else name
        printed = named.printed if named else str(name)
        found.append(DraftBody(printed, role, resolver.resolve(named.body if named else printed, slug)))
    return found


def _target(row: TargetRow, slug: str) -> DraftTarget:
    low, high = _values(row.value)
    return DraftTarget(
        indicator=row.indicator,
        op=row.op,
        value=low,
        high=high,
        unit=row.unit,
        due=row.due,
        baseline=row.baseline,
        fuzzy=row.fuzzy,
        binding=row.binding,
        implied=row.implied,
        awaited_from=(row.awaited_from or "上级") if row.status == "待下达" else row.awaited_from,
        citation=row.clause,
        note="文中没有量化" if row.status == "未量化" else "",
    )


def _values(value: Decimal | list[Decimal] | None) -> tuple[Decimal | None, Decimal | None]:
    if isinstance(value, list):
        return value[0], value[-1]
    return value, None
