"""A pack's instruments, clauses, relations, readings, parameters and known slips into the tables, in place.

What people added stays: answers to readings, values they set, findings they decided, revision dates they noted.
"""

from __future__ import annotations

from typing import Any

from luoshi.kernel import when
from luoshi.kernel.canonical import plain, sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Context, Entry, Pack
from luoshi.ledger.models import Entry as LedgerEntry
from luoshi.norms import deadlines, index, linking, models
from luoshi.norms.pack import (
    ClauseRow,
    FindingRow,
    InstrumentRow,
    InterpretationRow,
    PackRow,
    ParameterRow,
)

_INSTRUMENT = (
    "number",
    "title",
    "kind",
    "issuer",
    "addressees",
    "date",
    "public",
    "valid_from",
    "valid_until",
    "summary",
)
_BATCH = 300


def load(pack: Pack, context: Context) -> None:
    """Bring the tables to what the pack says, inside the caller's transaction."""
    head = pack.of(PackRow)[0].row
    held, _ = models.Pack.objects.update_or_create(
        pk=head.id, defaults={"district": head.district, "version": head.version, "digest": pack.digest}
    )
    instruments = {e.slug: _instrument(e, held, head.instruments) for e in pack.of(InstrumentRow)}
    _clauses(pack, instruments)
    _relations(pack, instruments)
    _interpretations(pack, instruments)
    _parameters(pack, instruments)
    _findings(pack, instruments)
    for instrument in instruments.values():
        index.index_gists(instrument)
        version = instrument.versions.filter(valid_until__isnull=True).first()
        if version is not None:
            linking.link(version)
    deadlines.watch_all(instruments.values(), by=context.by)
    context.count("文件", len(instruments))
    context.count("条目", len(pack.of(ClauseRow)))
    context.count("解释", len(pack.of(InterpretationRow)))
    context.count("参数", len(pack.of(ParameterRow)))


def _instrument(entry: Entry[InstrumentRow], held: models.Pack, order: list[str]) -> models.Instrument:
    """The instrument by its slug, else the one an import made of the same number before the pack came."""
    row = entry.row
    found = models.Instrument.objects.filter(slug=row.slug).first()
    if found is not None and found.pack_id not in (None, held.pk):
        raise BadInput(
            f"“{row.slug}”已是规范包“{found.pack_id}”的文件（{found.number}），一份文件只能属于一个包，请换一个短名",
            file=entry.file, line=entry.line("slug") or None, field="slug",
        )  # fmt: skip
    found = found or models.Instrument.objects.filter(number=row.number, pack__isnull=True).first()
    instrument = found or models.Instrument()
    for name in _INSTRUMENT:
        setattr(instrument, name, getattr(row, name))
    instrument.slug, instrument.pack = row.slug, held
    instrument.dates = plain(row.dates or [row.date])
    instrument.order = order.index(row.slug)
    noted = LedgerEntry.objects.filter(kind="norms.revision_set", subject=f"instrument:{row.slug}")
    if found is None or not noted.exists():
        instrument.revision_due = row.revision_due
    instrument.save()
    return instrument


def _clauses(pack: Pack, instruments: dict[str, models.Instrument]) -> None:
    rows = [
        models.Clause(
            instrument=instruments[e.slug],
            key=e.row.key,
            path=e.row.path,
            heading=e.row.heading,
            kind=e.row.kind,
            gist=e.row.gist,
            facts=e.row.facts,
            order=order,
        )
        for order, e in enumerate(pack.of(ClauseRow))
    ]
    models.Clause.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["instrument", "path", "heading", "kind", "gist", "facts", "order"],
    )
    _drop(models.Clause.objects.filter(instrument__in=instruments.values()), {r.key for r in rows})


def _drop(rows: Any, kept: set[str]) -> None:
    """Delete rows whose key the pack no longer has."""
    gone = set(rows.values_list("key", flat=True)) - kept
    if gone:
        rows.filter(key__in=gone).delete()


def _relations(pack: Pack, instruments: dict[str, models.Instrument]) -> None:
    models.Relation.objects.filter(instrument__in=instruments.values()).delete()
    models.Relation.objects.bulk_create(
        [
            models.Relation(
                instrument=instruments[e.slug],
                kind=relation.kind,
                number=_named(relation.target, relation.number, relation.title, instruments),
                cite=relation.cite,
                note="".join(part for part in (relation.number and relation.title, relation.note) if part)[:400],
                target=instruments.get(relation.target),
            )
            for e in pack.of(InstrumentRow)
            for relation in e.row.relations
        ]
    )


def _named(target: str, number: str, title: str, instruments: dict[str, models.Instrument]) -> str:
    return instruments[target].number if target else (number or title)[:200]


def _interpretations(pack: Pack, instruments: dict[str, models.Instrument]) -> None:
    rows = [
        models.Interpretation(
            key=e.row.key,
            instrument=instruments[e.slug],
            question=e.row.question,
            options=[option.model_dump() for option in e.row.options],
            default=e.row.default,
            body=(pack.resolve(e.row.body, e.slug) or [""])[0],
            cites=e.row.cites,
            note=("涉及资金。" if e.row.money else "") + e.row.note,
            no_effect=e.row.no_effect,
        )
        for e in pack.of(InterpretationRow)
    ]
    models.Interpretation.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["instrument", "question", "options", "default", "body", "cites", "note", "no_effect"],
    )
    unanswered = models.Interpretation.objects.filter(instrument__in=instruments.values(), answered_at__isnull=True)
    _drop(unanswered, {r.key for r in rows})


def _parameters(pack: Pack, instruments: dict[str, models.Instrument]) -> None:
    fields = ["instrument", "label", "kind", "unit", "cite", "note", "awaited_from"]
    rows = [
        models.Parameter(
            key=e.row.key,
            instrument=instruments[e.slug],
            **{name: getattr(e.row, name) for name in fields[1:]},
        )
        for e in pack.of(ParameterRow)
    ]
    models.Parameter.objects.bulk_create(
        rows, batch_size=_BATCH, update_conflicts=True, unique_fields=["key"], update_fields=fields
    )
    mine = models.Parameter.objects.filter(instrument__in=instruments.values())
    _drop(mine.exclude(values__set_by__isnull=False), {r.key for r in rows})
    held = {parameter.key: parameter for parameter in mine}
    human = set(mine.filter(values__set_by__isnull=False).values_list("key", flat=True))
    free = [e.row for e in pack.of(ParameterRow) if e.row.key not in human]
    models.ParameterValue.objects.filter(parameter__in=[held[row.key] for row in free]).delete()
    models.ParameterValue.objects.bulk_create(
        [models.ParameterValue(parameter=held[row.key], **value.model_dump()) for row in free for value in row.values]
    )


def _findings(pack: Pack, instruments: dict[str, models.Instrument]) -> None:
    rows = [
        models.Finding(
            fingerprint=sm3(f"pack:{pack.id}:{e.row.key}"),
            instrument=instruments[e.slug],
            code=f"pack.{e.row.code}",
            path=e.row.cites[0].partition(":")[2][:120],
            message=f"{e.row.key} {e.row.message}",
            raw=e.row.raw,
            suggestion=e.row.reading or None,
            found_at=when.now(),
        )
        for e in pack.of(FindingRow)
    ]
    models.Finding.objects.bulk_create(
        rows,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["fingerprint"],
        update_fields=["instrument", "code", "path", "message", "raw", "suggestion"],
    )
    kept = [row.fingerprint for row in rows]
    mine = models.Finding.objects.filter(instrument__in=instruments.values(), code__startswith="pack.", state="open")
    mine.exclude(fingerprint__in=kept).delete()
