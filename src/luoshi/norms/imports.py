"""Storing what the reader understood: one document, one transaction, one ledger entry; nothing half-stored.

Rooms upstairs add what they make of a document (`on_import`), inside the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger import actions as ledger
from luoshi.norms import engine, index, linking, shape
from luoshi.norms.models import Finding, Instrument, InstrumentVersion, Relation, Upload
from luoshi.text.model import Document
from luoshi.text.model import Finding as Found


@dataclass(slots=True)
class Imported:
    """What became of one document. `outcome` new|changed|unchanged|reread|refused; `more` is what other rooms add."""

    number: str
    title: str
    slug: str = ""
    outcome: str = ""
    version: int = 0
    provisions: int = 0
    known_to_pack: bool = False
    clauses: int = 0
    linked: int = 0
    unmatched_clauses: list[str] = field(default_factory=list)
    uncovered_provisions: list[str] = field(default_factory=list)
    findings: int = 0
    reason: str = ""
    more: dict[str, Any] = field(default_factory=dict)


Callback = Callable[[InstrumentVersion, Document, Actor], "dict[str, Any] | None"]
_callbacks: dict[str, Callback] = {}


def on_import(callback: Callback) -> Callback:
    """Call `callback(version, document, by)` for every new wording, within its transaction. Also a decorator.

    What it returns is merged into the import's report (e.g. `{"proposals": 12}`). If it raises, nothing is stored.
    """
    _callbacks[f"{callback.__module__}.{callback.__qualname__}"] = callback
    return callback


def store(document: Document, findings: list[Found], upload: Upload, *, by: Actor, name: str = "") -> Imported:
    """Store one document as a version of its instrument. The same text again changes nothing.

    A changed text of a known instrument becomes its next version; the old one stays, closed on the day the new began.
    """
    rows, content = shape.rows_of(document)
    digest = engine.digest(content)
    with ledger.recording():
        instrument = _instrument(document, digest, name)
        report = Imported(instrument.number, instrument.title, slug=instrument.slug)
        report.known_to_pack = instrument.pack_id is not None
        version = instrument.versions.filter(digest=digest).first()
        if version is None:
            version = _new_version(instrument, document, digest, content, upload)
            report.outcome = "new" if version.no == 1 else "changed"
            shape.write(version, rows)
        elif shape.differs(version, rows):  # the same words, read better than before
            report.outcome = "reread"
            version.text, version.reading = content, shape.reading_of(document)
            version.save(update_fields=["text", "reading"])
            shape.write(version, rows)
        else:
            report.outcome = "unchanged"
        report.version, report.provisions = version.no, len(rows)
        report.findings = keep_findings(findings, instrument, upload)
        if version.valid_until is None:
            _report_links(version, report)
        if report.outcome != "unchanged":
            _follow_up(version, document, report, by)
    return report


def _follow_up(version: InstrumentVersion, document: Document, report: Imported, by: Actor) -> None:
    """What a new wording brings along: the index, the relations, the other rooms, the ledger."""
    if report.outcome == "reread":
        index.drop_version(version)
    index.index_version(version)
    Relation.objects.filter(target=None, number=version.instrument.number).update(target=version.instrument)
    for callback in _callbacks.values():
        report.more |= callback(version, document, by) or {}
    ledger.append(
        f"norms.{'reread' if report.outcome == 'reread' else 'imported'}",
        by=by,
        subject=f"instrument:{version.instrument.slug}",
        cites=[version.instrument.slug],
        data={
            "number": version.instrument.number, "version": version.no, "digest": version.digest,
            "provisions": report.provisions, "upload": version.upload.sha256 if version.upload else "",
            "unmatched": report.unmatched_clauses,
        },
    )  # fmt: skip


def _instrument(document: Document, digest: str, name: str) -> Instrument:
    number = engine.normal_number(document.number)
    title = document.title or document.attached_title
    known = Instrument.objects.filter(number=number).first() if number else None
    if known is None and not number and title:
        known = Instrument.objects.filter(number="", title=title[:400]).first()
    if known is not None:
        return _filled(known, document)
    slug = engine.slug_of(number, digest)
    if Instrument.objects.filter(slug=slug).exists():
        if number:
            raise BadInput(f"永久链接 {slug} 已被另一份文件占用", file=name, line=document.line, field=number)
        return Instrument.objects.get(slug=slug)
    return Instrument.objects.create(
        slug=slug, number=number[:80], title=(title or shape.first_words(document) or name)[:400],
        kind=document.kind[:40], issuer=document.issuer[:200], addressees=document.addressees, date=document.date,
        dates=[day.isoformat() for day in document.dates], public=document.public is not False,
        order=Instrument.objects.count() + 1,
    )  # fmt: skip


def _filled(instrument: Instrument, document: Document) -> Instrument:
    """What the pack or an earlier import left empty is taken from the text; what they state stands."""
    given: dict[str, Any] = {
        "title": document.title[:400], "kind": document.kind[:40], "issuer": document.issuer[:200],
        "addressees": document.addressees, "date": document.date, "dates": [d.isoformat() for d in document.dates],
    }  # fmt: skip
    missing = {key: value for key, value in given.items() if value and not getattr(instrument, key)}
    for key, value in missing.items():
        setattr(instrument, key, value)
    if missing:
        instrument.save(update_fields=list(missing))
    return instrument


def _new_version(
    instrument: Instrument, document: Document, digest: str, content: str, upload: Upload
) -> InstrumentVersion:
    last = instrument.versions.order_by("-no").first()
    since = _in_force_from(instrument, document.date, last)
    if last is not None and last.valid_until is None:
        last.valid_until = since
        last.save(update_fields=["valid_until"])
        index.close_version(last)
    return InstrumentVersion.objects.create(
        instrument=instrument, no=last.no + 1 if last else 1, source=upload.name, upload=upload, text=content,
        digest=digest, reading=shape.reading_of(document), valid_from=since, imported_at=when.now(),
    )  # fmt: skip


def _in_force_from(instrument: Instrument, dated: date | None, last: InstrumentVersion | None) -> date | None:
    """The first wording holds from the document's date; a changed one from its own later date, else from today."""
    if last is None:
        return instrument.valid_from or dated or instrument.date
    if last.valid_from is None:
        return dated or when.today()
    if dated and dated > last.valid_from:
        return dated
    return max(when.today(), last.valid_from + timedelta(days=1))


def _report_links(version: InstrumentVersion, report: Imported) -> None:
    links = linking.link(version)
    report.clauses, report.linked = links.clauses, links.linked
    report.unmatched_clauses, report.uncovered_provisions = links.unmatched, links.uncovered


def keep_findings(findings: list[Found], instrument: Instrument | None, upload: Upload) -> int:
    """Store what the reader questions, once each; a finding somebody has decided keeps its decision, also when the
    reader has come to word it otherwise."""
    owner = instrument.slug if instrument else upload.sha256
    same = {"instrument": instrument} if instrument else {"instrument": None, "upload": upload}
    decided = Finding.objects.filter(**same).exclude(state=Finding.State.OPEN)
    settled = set(decided.values_list("code", "path", "raw", "suggestion"))
    rows, seen = [], set()
    for found in findings:
        mark = _fingerprint(owner, found)
        if mark in seen:
            continue
        seen.add(mark)
        if (found.code, found.path, found.raw, found.suggestion) in settled:
            continue
        rows.append(
            Finding(
                upload=upload,
                instrument=instrument,
                code=found.code[:60],
                path=found.path[:120],
                message=found.message,
                raw=found.raw,
                suggestion=found.suggestion,
                fingerprint=mark,
                found_at=when.now(),
            )
        )
    stale = Finding.objects.filter(instrument=instrument, upload=upload, state=Finding.State.OPEN)
    stale.exclude(fingerprint__in=seen).delete()
    Finding.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return len(seen)


def _fingerprint(owner: str, found: Found) -> str:
    whole = "\x1f".join([owner, found.code, found.path, found.raw, found.message])
    return hashlib.sha256(whole.encode()).hexdigest()
