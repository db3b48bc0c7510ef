"""The registers over HTTP: sources, imports, subjects with what is known of them, disputes, corrections."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile

from luoshi.accounts.auth import api_auth, require
from luoshi.benefits import catalogue, disputes, importing
from luoshi.benefits import register_queries as queries
from luoshi.benefits.models import Dispute, Matter, RegisterFile, Source, Subject
from luoshi.kernel.canonical import plain
from luoshi.kernel.errors import BadInput

router = Router(tags=["benefits"], auth=api_auth)
Json = dict[str, Any]
MOST = 200


@router.get("/benefits/registers", summary="The kinds of registers there are, and their sources")
def list_registers(request: HttpRequest) -> Json:
    require(request, "benefits.read")
    kinds = queries.register_choices(catalogue.pack_in_use())
    sources = queries.sources().order_by("priority", "code")
    return {
        "registers": [{"register": key, "name": name} for key, name in kinds],
        "sources": [queries.source_json(row) for row in sources],
    }


class SourceIn(Schema):
    code: str
    name: str
    priority: int = 100
    confidence: str = "official"


@router.post("/benefits/sources", summary="Register where facts come from (登记来源)")
def add_source(request: HttpRequest, given: SourceIn) -> Json:
    user = require(request, "benefits.register")
    made = importing.add_source(
        given.code, given.name, by=user.as_actor("api"), priority=given.priority, confidence=given.confidence
    )
    return {"code": made.code, "name": made.name}


class ImportIn(Schema):
    kind: str  # the register, like 25:stars
    source: str
    as_of: date
    dry_run: bool = False


@router.post("/benefits/imports", summary="Bring in a register file; `dry_run=true` only says what it would change")
def bring_in(request: HttpRequest, given: Form[ImportIn], file: File[UploadedFile]) -> Json:
    """The file is kept and checked; storing it is `…/imports/{id}/store`. A large one is checked in the background."""
    user = require(request, "benefits.register")
    source = Source.objects.filter(code=given.source).exclude(code="hand").first()
    if source is None:
        raise BadInput(f"没有来源 {given.source}", field="source")
    name = file.name or "register.csv"
    if given.dry_run:
        return plain(importing.preview(file.read(), name, given.kind, source, given.as_of))  # type: ignore[no-any-return]
    return file_json(importing.receive(file.read(), name, given.kind, source, given.as_of, by=user.as_actor("api")))


@router.get("/benefits/imports/{pk}", summary="A register file: its columns, counts, errors and progress")
def get_import(request: HttpRequest, pk: int) -> Json:
    require(request, "benefits.register")
    return file_json(_file(pk))


class MappingIn(Schema):
    mapping: dict[str, str]


@router.post("/benefits/imports/{pk}/mapping", summary="Say which column is which (核对列) and check again")
def map_columns(request: HttpRequest, pk: int, given: MappingIn) -> Json:
    user = require(request, "benefits.register")
    importing.start_check(_file(pk), by=user.as_actor("api"), mapping=given.mapping)
    return file_json(_file(pk))


class StoreIn(Schema):
    partial: bool = False


@router.post("/benefits/imports/{pk}/store", summary="Store a checked file; `partial` leaves out rows with errors")
def store_import(request: HttpRequest, pk: int, given: StoreIn) -> Json:
    user = require(request, "benefits.register")
    return file_json(importing.confirm(_file(pk), by=user.as_actor("api"), partial=given.partial))


@router.post("/benefits/imports/{pk}/discard", summary="Let a file go that was not stored (放弃)")
def discard_import(request: HttpRequest, pk: int) -> Json:
    user = require(request, "benefits.register")
    importing.discard(_file(pk), by=user.as_actor("api"))
    return file_json(_file(pk))


def _file(pk: int) -> RegisterFile:
    found = queries.files().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def file_json(found: RegisterFile) -> Json:
    return {
        "id": found.pk,
        "name": found.name,
        "register": found.kind,
        "source": found.source.code,
        "as_of": found.as_of,
        "state": found.state,
        "heads": found.report.get("heads", []),
        "mapping": found.mapping,
        "counts": found.counts,
        "errors": found.errors,
        "failure": found.report.get("failure", ""),
        "stored": found.report.get("stored"),
        "done": found.done,
    }


@router.get("/benefits/subjects", summary="Subjects by key or name; people masked")
def list_subjects(request: HttpRequest, q: str = "", after: int = 0) -> list[Json]:
    require(request, "benefits.read")
    rows = Subject.objects.filter(pk__gt=after).order_by("pk")
    if q:
        rows = rows.filter(key=q.strip().upper()) | rows.filter(name__contains=q.strip()).exclude(kind="person")
    return [subject_json(row) for row in rows[:MOST]]


@router.get("/benefits/subjects/{pk}", summary="One subject: every fact with source, date, confidence and history")
def get_subject(request: HttpRequest, pk: int) -> Json:
    require(request, "benefits.read")
    found = Subject.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return {**subject_json(found), "blocks": [_block(block) for block in queries.blocks(found)]}


def subject_json(row: Subject) -> Json:
    return {"id": row.pk, "kind": row.kind, "key": queries.shown_key(row), "name": queries.shown_name(row)}


def _block(block: queries.Block) -> Json:
    event = block.matter
    return {
        "matter": {"id": event.pk, "kind": event.kind, "date": event.date} if event else None,
        "title": block.title,
        "facts": [
            {"fact": line.fact, "label": line.label, "value": line.value, "state": line.state,
             "sources": [_voice(voice) for voice in line.voices], "past": [_voice(voice) for voice in line.past]}
            for line in block.facts
        ],
    }  # fmt: skip


def _voice(voice: queries.Voice) -> Json:
    return {
        "source": voice.source, "value": voice.value, "as_of": voice.as_of, "confidence": voice.confidence,
        "row": voice.row_no, "until": voice.until,
    }  # fmt: skip


class CorrectIn(Schema):
    fact: str
    value: Any
    reason: str
    matter: int | None = None


@router.post("/benefits/subjects/{pk}/facts", summary="Correct a fact by hand (人工核定), with a reason")
def correct_fact(request: HttpRequest, pk: int, given: CorrectIn) -> Json:
    user = require(request, "benefits.register")
    owner: Subject | Matter | None = (
        Matter.objects.filter(pk=given.matter, subject=pk).select_related("subject").first()
        if given.matter is not None
        else Subject.objects.filter(pk=pk).first()
    )
    if owner is None:
        raise Http404
    row = disputes.correct(owner, given.fact, given.value, given.reason, user, via="api")
    return {"record": row.pk, "values": row.values}


@router.get("/benefits/disputes", summary="What sources dispute, the oldest first; `state` open | decided | gone")
def list_disputes(request: HttpRequest, state: str = "open") -> list[Json]:
    require(request, "benefits.read")
    rows = queries.open_disputes().filter(state=state).order_by("found_at", "id")
    return [queries.dispute_json(row) for row in rows[:MOST]]


@router.get("/benefits/disputes/{pk}", summary="One dispute with what each value would decide")
def get_dispute(request: HttpRequest, pk: int) -> Json:
    require(request, "benefits.read")
    row = _dispute(pk)
    found = [
        {**plain({k: v for k, v in one.items() if k != "event"}), "matter": one["event"].pk}
        for one in disputes.outcomes(row)
    ]
    return {**queries.dispute_json(row), "outcomes": found}


class SettleIn(Schema):
    value: Any
    reason: str


@router.post("/benefits/disputes/{pk}/settle", summary="Choose what one source says (核定), with a reason")
def settle_dispute(request: HttpRequest, pk: int, given: SettleIn) -> Json:
    user = require(request, "benefits.register")
    _dispute(pk)
    disputes.settle(pk, given.value, given.reason, user, via="api")
    return queries.dispute_json(_dispute(pk))


def _dispute(pk: int) -> Dispute:
    row = queries.open_disputes().filter(pk=pk).first()
    if row is None:
        raise Http404
    return row
