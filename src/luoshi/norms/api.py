"""`/api/v1/`: documents, provisions, search, findings, readings, parameters, uploads. Public texts need no key."""

from __future__ import annotations

from datetime import date as Day
from datetime import datetime
from typing import Annotated, Any, BinaryIO, cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile

from luoshi.accounts.auth import api_auth, public_auth, require
from luoshi.kernel import when
from luoshi.norms import actions, api_gazette, deadlines, document, gazette, queries, uploads
from luoshi.norms.models import Finding, Instrument, Interpretation, Parameter, Upload
from luoshi.norms.search import MOST, search

router = Router(tags=["norms"])
router.add_router("", api_gazette.router)
PER_PAGE = 100


class DocumentOut(Schema):
    slug: str
    number: str
    title: str
    kind: str
    issuer: str
    date: Day | None
    public: bool
    valid_from: Day | None
    valid_until: Day | None
    summary: str


class ProvisionOut(Schema):
    citation: str
    path: str
    label: str
    heading: str
    text: str
    depth: int
    sort: str


class DocumentDetail(DocumentOut):
    """`version` 0: the text is not imported (or was not in force on `as_of`), `provisions` is then empty."""

    version: int
    as_of: Day | None
    provisions: list[ProvisionOut]
    responsibilities: list[dict[str, Any]]
    targets: list[dict[str, Any]]


class ProvisionDetail(ProvisionOut):
    whole_text: str
    clauses: list[dict[str, Any]]


class HitOut(Schema):
    citation: str
    document: str
    title: str
    snippet: str
    gist: bool
    expired: bool


class FindingOut(Schema):
    id: int
    document: str
    code: str
    path: str
    message: str
    raw: str
    suggestion: str | None
    state: str
    correction: str
    reason: str


class Decision(Schema):
    state: str
    reason: str
    correction: str = ""


class ReadingOut(Schema):
    key: str
    document: str
    question: str
    options: list[dict[str, Any]]
    default: Any
    answer: Any
    status: str
    body: str
    cites: list[str]
    note: str


class Answer(Schema):
    answer: Any
    reason: str


class Reason(Schema):
    reason: str


class ValueOut(Schema):
    value: Any
    valid_from: Day
    valid_until: Day | None
    source: str


class ParameterOut(Schema):
    """`value` null: not configured on that day. Money is in fen."""

    key: str
    label: str
    kind: str
    unit: str
    cite: str
    value: Any
    blank: str
    values: list[ValueOut]


class ValueIn(Schema):
    """`value` as a person types it: money in yuan, a list one item per line."""

    value: str
    valid_from: Day
    valid_until: Day | None = None
    source: str


class UploadOut(Schema):
    id: int
    name: str
    size: int
    sha256: str
    state: str
    error: str
    report: dict[str, Any]
    uploaded_at: datetime


def _user(request: HttpRequest) -> Any:
    return request.user


def _staff(request: HttpRequest) -> bool:
    user = _user(request)
    return bool(user.is_authenticated and user.may("norms.read"))


def _readable(request: HttpRequest) -> QuerySet[Instrument]:
    rows = Instrument.objects.order_by("order", "slug")
    return rows if _staff(request) else rows.filter(public=True)


def _document(request: HttpRequest, slug: str) -> Instrument:
    found = _readable(request).filter(slug=slug).first()
    if found is None:
        raise Http404("没有这份文件")
    return found


def _page(rows: QuerySet[Any], page: int) -> list[Any]:
    start = (max(1, min(page, 1000)) - 1) * PER_PAGE
    return list(rows[start : start + PER_PAGE])


def _citable(slug: str, line: document.Line) -> dict[str, Any]:
    return {
        "citation": f"{slug}:{line.path}", "path": line.path, "label": line.label, "heading": line.heading,
        "text": line.mark + line.text, "depth": line.depth, "sort": line.sort,
    }  # fmt: skip


@router.get("/documents", response=list[DocumentOut], auth=public_auth, summary="文件目录")
def documents(request: HttpRequest, page: int = 1) -> Any:
    return _page(_readable(request), page)


@router.get("/documents/{slug}", response=DocumentDetail, auth=public_auth, summary="一份文件及其正文")
def one_document(request: HttpRequest, slug: str, as_of: Day | None = None) -> Any:
    instrument = _document(request, slug)
    version = queries.version_on(instrument, as_of)
    lines = document.lines_of(instrument, version)
    reading = version.reading if version else {}
    return DocumentOut.from_orm(instrument).dict() | {
        "version": version.no if version else 0, "as_of": as_of,
        "provisions": [_citable(slug, line) for line in lines],
        "responsibilities": reading.get("responsibilities", []), "targets": reading.get("targets", []),
    }  # fmt: skip


@router.get(
    "/documents/{slug}/provisions/{path:path}", response=ProvisionDetail, auth=public_auth, summary="一条及其以下"
)
def one_provision(request: HttpRequest, slug: str, path: str, as_of: Day | None = None) -> Any:
    found = document.provision_page(_document(request, slug), path, as_of=as_of, public=not _staff(request))
    if found is None:
        raise Http404("这份文件没有这一条")
    said = [f"{line.label}{line.heading}{line.mark}{line.text}" for line in (found.line, *found.under)]
    clauses = [{"key": c.key, "kind": c.kind, "heading": c.heading, "gist": c.gist} for c in found.clauses]
    return _citable(slug, found.line) | {"whole_text": "\n".join(said), "clauses": clauses}


class Revision(Schema):
    due: Day
    reason: str


class RevisionOut(Schema):
    """`cite`: the clause that states the cycle; `set_by_hand`: a person set the day."""

    due: Day | None
    cite: str
    set_by_hand: bool


@router.get("/documents/{slug}/revision", response=RevisionOut, auth=public_auth, summary="应修订的日期")
def revision(request: HttpRequest, slug: str) -> Any:
    instrument = _document(request, slug)
    due, cite = deadlines.revision_due(instrument)
    return {"due": due, "cite": cite, "set_by_hand": instrument.revision_due is not None}


@router.post("/documents/{slug}/revision", response=RevisionOut, auth=api_auth, summary="登记修订期限")
def set_revision(request: HttpRequest, slug: str, given: Revision) -> Any:
    user = require(request, "norms.import")
    instrument = _document(request, slug)
    actions.set_revision(instrument.slug, given.due, reason=given.reason, by=user, via="api")
    return revision(request, slug)


@router.get("/search", response=list[HitOut], auth=public_auth, summary="检索正文")
def find(
    request: HttpRequest,
    q: Annotated[str, Query(min_length=1, max_length=200)],
    as_of: Day | None = None,
    limit: int = 50,
) -> Any:
    hits = search(q, as_of=as_of, limit=max(1, min(limit, MOST)), public_only=not _staff(request))
    return [hit.to_json() for hit in hits]


@router.get("/findings", response=list[FindingOut], auth=api_auth, summary="核校问题")
def findings(request: HttpRequest, document: str = "", state: str = "", code: str = "", page: int = 1) -> Any:
    require(request, "norms.findings")
    rows = Finding.objects.select_related("instrument").order_by("id")
    wanted = {"instrument__slug": document, "state": state, "code": code}
    return [_finding(row) for row in _page(rows.filter(**{k: v for k, v in wanted.items() if v}), page)]


def _finding(row: Finding) -> dict[str, Any]:
    whole = FindingOut.model_fields
    return {key: getattr(row, key) for key in whole if key != "document"} | {
        "document": row.instrument.slug if row.instrument else ""
    }


@router.post("/findings/{pk}/decide", response=FindingOut, auth=api_auth, summary="处理一个核校问题")
def decide(request: HttpRequest, pk: int, given: Decision) -> Any:
    require(request, "norms.findings")
    row = _found(Finding.objects.select_related("instrument").filter(pk=pk).first())
    actions.decide_finding(
        row, given.state, reason=given.reason, correction=given.correction, by=_user(request), via="api"
    )
    return _finding(row)


def _found(row: Any) -> Any:
    if row is None:
        raise Http404("没有这一项")
    return row


@router.get("/interpretations", response=list[ReadingOut], auth=api_auth, summary="口径")
def interpretations(request: HttpRequest, document: str = "", status: str = "", page: int = 1) -> Any:
    require(request, "norms.read")
    rows = Interpretation.objects.select_related("instrument").order_by("key")
    wanted = {"instrument__slug": document, "status": status}
    return [_reading(row) for row in _page(rows.filter(**{k: v for k, v in wanted.items() if v}), page)]


def _reading(row: Interpretation) -> dict[str, Any]:
    fields = ReadingOut.model_fields
    return {key: getattr(row, key) for key in fields if key != "document"} | {"document": row.instrument.slug}


@router.post("/interpretations/{path:key}/answer", response=ReadingOut, auth=api_auth, summary="答复口径")
def answer(request: HttpRequest, key: str, given: Answer) -> Any:
    require(request, "norms.answer")
    row = _found(queries.interpretation(key))
    actions.answer_interpretation(row, given.answer, reason=given.reason, by=_user(request), via="api")
    return _reading(row)


@router.post("/interpretations/{path:key}/confirm", response=ReadingOut, auth=api_auth, summary="确认口径")
def confirm(request: HttpRequest, key: str, given: Reason) -> Any:
    require(request, "norms.confirm")
    row = _found(queries.interpretation(key))
    actions.confirm_interpretation(row, reason=given.reason, by=_user(request), via="api")
    return _reading(row)


@router.get("/interpretations/{path:key}", response=ReadingOut, auth=api_auth, summary="一条口径")
def one_interpretation(request: HttpRequest, key: str) -> Any:
    require(request, "norms.read")
    return _reading(_found(queries.interpretation(key)))


@router.get("/parameters", response=list[ParameterOut], auth=api_auth, summary="参数")
def parameters(request: HttpRequest, on: Day | None = None, page: int = 1) -> Any:
    require(request, "norms.read")
    day = on or when.today()
    return [_parameter(row, day) for row in _page(Parameter.objects.prefetch_related("values").order_by("key"), page)]


def _parameter(row: Parameter, day: Day) -> dict[str, Any]:
    values = sorted(row.values.all(), key=lambda value: value.valid_from)
    held = [v for v in values if v.valid_from <= day and (v.valid_until is None or v.valid_until > day)]
    return {
        "key": row.key, "label": row.label, "kind": row.kind, "unit": row.unit, "cite": row.cite,
        "value": held[-1].value if held else None, "blank": "" if held else row.blank_word, "values": values,
    }  # fmt: skip


@router.post("/parameters/{path:key}/values", response=ParameterOut, auth=api_auth, summary="设定参数")
def set_parameter(request: HttpRequest, key: str, given: ValueIn) -> Any:
    require(request, "norms.parameters")
    row = _found(Parameter.objects.filter(key=key).first())
    actions.set_parameter(
        row, given.value, valid_from=given.valid_from, valid_until=given.valid_until, source=given.source,
        by=_user(request), via="api",
    )  # fmt: skip
    return _parameter(row, when.today())


@router.get("/parameters/{path:key}", response=ParameterOut, auth=api_auth, summary="一个参数")
def one_parameter(request: HttpRequest, key: str, on: Day | None = None) -> Any:
    require(request, "norms.read")
    row = _found(Parameter.objects.prefetch_related("values").filter(key=key).first())
    return _parameter(row, on or when.today())


@router.get("/uploads", response=list[UploadOut], auth=api_auth, summary="导入过的文件")
def list_uploads(request: HttpRequest, state: str = "", page: int = 1) -> Any:
    require(request, "norms.import")
    rows = Upload.objects.order_by("-uploaded_at", "-id")
    return _page(rows.filter(state=state) if state else rows, page)


@router.post("/uploads", response=UploadOut, auth=api_auth, summary="上传并导入一期公报")
def upload(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """The file is kept first, then read; an unreadable one answers 422 and stays, listed with its reason."""
    require(request, "norms.import")
    user = _user(request)
    kept = uploads.receive(cast(BinaryIO, file), file.name or "", by=user.as_actor("api"), user=user)
    gazette.import_upload(kept, by=user.as_actor("api"))
    kept.refresh_from_db()
    return kept


@router.get("/uploads/{pk}", response=UploadOut, auth=api_auth, summary="一次导入的结果")
def one_upload(request: HttpRequest, pk: int) -> Any:
    require(request, "norms.import")
    return _found(Upload.objects.filter(pk=pk).first())
