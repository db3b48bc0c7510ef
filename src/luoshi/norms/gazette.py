"""Bringing a gazette in: an upload is read once, then stored document by document, each whole or not at all."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from luoshi import text
from luoshi.directory.models import Body, BodyAlias
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger
from luoshi.norms import imports, uploads
from luoshi.norms.models import Upload
from luoshi.text.model import Document, Issue


@dataclass(slots=True)
class Report:
    """What became of an upload. `again`: the same bytes were stored before and nothing was done."""

    upload: int
    name: str
    state: str
    again: bool = False
    error: str = ""
    encoding: str = ""
    documents: list[dict[str, Any]] = field(default_factory=list)
    findings: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def import_upload(upload: Upload, *, by: Actor, again: bool = False) -> Report:
    """Read and store an upload. Raises BadInput when it cannot be read; the upload is kept and says why.

    An upload stored before is left alone unless `again` (after the reader has improved). Interrupted half-way, the
    documents done are whole, the others absent, and the next call does the rest.
    """
    if upload.state == Upload.State.STORED and not again:
        return Report(**upload.report | {"again": True})
    report = Report(upload.pk, upload.name, Upload.State.READ)
    Upload.objects.filter(pk=upload.pk).update(attempts=upload.attempts + 1, error="")
    try:
        issue = _read(upload, report)
        _store(issue, upload, report, by)
    except (BadInput, Refused) as error:
        _close(upload, report, Upload.State.FAILED, str(error), by)
        raise
    refused = [d["reason"] for d in report.documents if d["outcome"] == "refused"]
    _close(upload, report, Upload.State.STORED if len(refused) < len(report.documents) else Upload.State.FAILED,
           "；".join(refused), by)  # fmt: skip
    return report


def _read(upload: Upload, report: Report) -> Issue:
    issue = text.read(uploads.load(upload), name=upload.name, known=known_bodies())
    report.encoding, report.findings = issue.encoding, len(issue.findings)
    if any(finding.code == "not_chinese" for finding in issue.findings):
        raise BadInput("文件里几乎没有汉字，不像中文公文，没有存入；请上传公报的文字版", file=upload.name)
    if not any(document.provisions or document.parts for document in issue.documents):
        raise BadInput("没有读出任何文件：请确认上传的是公报或公文的文字版", file=upload.name)
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.READ)
    return issue


def known_bodies() -> dict[str, str]:
    """Every name the directory knows → the body's own name: what a printed name is compared with."""
    known = dict(BodyAlias.objects.values_list("name", "body__name"))
    known |= {full: name for full, name in Body.objects.values_list("full_name", "name") if full}
    return known | {name: name for name in Body.objects.values_list("name", flat=True)}


def _store(issue: Issue, upload: Upload, report: Report, by: Actor) -> None:
    seen: set[str] = set()
    for document in issue.documents:
        try:
            if document.number and document.number in seen:
                raise BadInput("同一期里文号重复，这一份没有存入", file=upload.name, line=document.line)
            seen.add(document.number)
            done = imports.store(document, _findings_of(issue, document), upload, by=by, name=upload.name)
        except (BadInput, Refused) as error:  # the others are still good
            done = imports.Imported(document.number, document.title, outcome="refused", reason=str(error))
        report.documents.append(asdict(done))
        Upload.objects.filter(pk=upload.pk).update(report=report.to_json() | {"total": len(issue.documents)})
    owned = {id(f) for document in issue.documents for f in _findings_of(issue, document)}
    imports.keep_findings([f for f in issue.findings if id(f) not in owned and not f.document], None, upload)


def _findings_of(issue: Issue, document: Document) -> list[Any]:
    """Findings that name this document; one without a number owns those that lie in it."""
    if document.number:
        return [f for f in issue.findings if f.document == document.number]
    return list(document.findings)


def _close(upload: Upload, report: Report, state: str, error: str, by: Actor) -> None:
    report.state, report.error = state, error
    with ledger.recording():
        Upload.objects.filter(pk=upload.pk).update(
            state=state, error=error, report=report.to_json(), finished_at=when.now()
        )
        ledger.append(
            "norms.upload_closed",
            by=by,
            subject=f"upload:{upload.pk}",
            data={"state": state, "error": error, "documents": [d["number"] for d in report.documents]},
        )
    upload.refresh_from_db()
