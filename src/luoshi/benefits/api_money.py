"""Pots, batches, payments and the bank's files over HTTP."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile

from luoshi.accounts.auth import api_auth, require
from luoshi.benefits import auditing, banking, batches, budget, queries, wire
from luoshi.benefits.models import Batch
from luoshi.benefits.wire import Json
from luoshi.faces.downloads import attached
from luoshi.kernel.errors import BadInput, Refused

router = Router(tags=["benefits"], auth=api_auth)
MOST = 500


@router.get("/benefits/pots", summary="Budgets: total, reserved, paid, free")
def list_pots(request: HttpRequest, year: int | None = None) -> Json:
    require(request, "benefits.read")
    return {"pots": [wire.pot_json(pot) for pot in queries.pots(year).order_by("-year", "scope")[:MOST]]}


class PotIn(Schema):
    scope: str
    year: int
    total_fen: int
    order_rule: str = "approved"
    source: str = ""


@router.post("/benefits/pots", summary="Set the budget of a measure or document for a year")
def set_pot(request: HttpRequest, given: PotIn) -> Json:
    user = require(request, "benefits.budget")
    made = budget.set_pot(
        given.scope, given.year, given.total_fen, user=user, order_rule=given.order_rule, source=given.source, via="api"
    )
    return wire.pot_json(made)


@router.get("/benefits/batches", summary="Payment batches, newest first")
def list_batches(request: HttpRequest, state: str = "", limit: int = 100) -> Json:
    require(request, "benefits.read")
    rows = queries.batches().filter(state=state) if state else queries.batches()
    return {"batches": [wire.batch_json(row) for row in rows.order_by("-id")[: max(1, min(limit, MOST))]]}


class BatchIn(Schema):
    measure: str = ""
    claims: list[int] | None = None
    note: str = ""


@router.post("/benefits/batches", summary="Make a batch of what is payable now")
def make_batch(request: HttpRequest, given: BatchIn) -> Json:
    user = require(request, "benefits.batch")
    made = batches.make_batch(user, measure=given.measure, claims=given.claims, note=given.note, via="api")
    return wire.batch_json(made)


def _batch(pk: int) -> Batch:
    found = Batch.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/benefits/batches/{pk}", summary="One batch with its payments")
def get_batch(request: HttpRequest, pk: int) -> Json:
    require(request, "benefits.read")
    found = _batch(pk)
    rows = found.payments.select_related("batch", "instalment").order_by("id")
    return {**wire.batch_json(found), "payments": [wire.payment_json(row) for row in rows[: batches.LARGEST]]}


class BatchActIn(Schema):
    words: str = ""
    version: int | None = None
    statement_fen: int | None = None


# act → who may
ACTS = {
    "release": "benefits.release",
    "send": "benefits.batch",
    "cancel": "benefits.batch",
    "reconcile": "benefits.batch",
}


@router.post("/benefits/batches/{pk}/acts/{code}", summary="release (another person), send, cancel, reconcile")
def batch_act(request: HttpRequest, pk: int, code: str, given: BatchActIn) -> Json:
    if code not in ACTS:
        raise BadInput("只有 release、send、cancel、reconcile", field="code")
    user, found = require(request, ACTS[code]), _batch(pk)
    extra: dict[str, Any] = {"version": given.version, "via": "api"}
    if code == "release":
        batches.release_batch(found, user, words=given.words, **extra)
    elif code == "cancel":
        batches.cancel_batch(found, user, words=given.words, **extra)
    elif code == "send":
        batches.send_batch(found, user, **extra)
    else:
        if given.statement_fen is None:
            raise BadInput("须写明对账单金额（分）", field="statement_fen")
        batches.reconcile(found, user, statement_fen=given.statement_fen, words=given.words, **extra)
    found.refresh_from_db()
    return wire.batch_json(found)


@router.get("/benefits/batches/{pk}/file", summary="The payment file, format=csv or xlsx")
def batch_file(request: HttpRequest, pk: int, format: str = "csv") -> HttpResponse:
    user: Any = request.user
    require(request, "benefits.read")
    if not (user.may("benefits.batch") or user.may("benefits.release")):
        raise Refused("付款文件有账号，只有财政人员可以下载")
    name, data = batches.file_of(_batch(pk), "xlsx" if format == "xlsx" else "csv")
    return attached(data, name)


@router.post("/benefits/bank-files", summary="The bank's answer; dry_run=true only reads it")
def bank_file(request: HttpRequest, file: File[UploadedFile], dry_run: bool = False) -> Json:
    """Taken whole or not at all; the same bytes twice are one. Errors name line, column and reason."""
    user = require(request, "benefits.batch")
    data, name = file.read(), file.name or "回单.csv"
    if dry_run:
        read = banking.preview(data, name)
        return {"state": "read", "counts": read.counts, "errors": list(read.errors)}
    return wire.bank_file_json(banking.take_bank_file(data, name, user, via="api"))


class PaymentQuery(Schema):
    state: str = ""
    reference: str = ""
    after: int = 0
    limit: int = 100


@router.get("/benefits/payments", summary="Payments by state or reference")
def list_payments(request: HttpRequest, query: Query[PaymentQuery]) -> Json:
    require(request, "benefits.read")
    rows = queries.payments().filter(pk__gt=query.after)
    rows = rows.filter(state=query.state) if query.state else rows
    rows = rows.filter(reference=query.reference) if query.reference else rows
    limit = max(1, min(query.limit, MOST))
    found = list(rows.order_by("pk")[:limit])
    return {
        "payments": [wire.payment_json(row) for row in found],
        "next": found[-1].pk if len(found) == limit else None,
    }


@router.get("/benefits/audit", summary="Whether pots, claims, instalments and payments add up (账实核对)")
def audit(request: HttpRequest) -> Json:
    require(request, "benefits.read")
    found = auditing.discrepancies()
    return {"holds": not found, "discrepancies": found}
