"""The ledger over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.kernel.acting import require
from luoshi.ledger import queries
from luoshi.ledger.models import Entry
from luoshi.ledger.verifying import verify_now

router = Router(tags=["ledger"])
PAGE = 500


class EntryOut(Schema):
    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    content: dict[str, Any]
    prev_hash: str
    hash: str


class EntriesOut(Schema):
    entries: list[EntryOut]
    next_before: int | None


class HeadOut(Schema):
    seq: int
    hash: str


@router.get("/ledger/entries", response=EntriesOut, url_name="ledger_entries")
def entries(
    request: HttpRequest,
    subject: str = "",
    kind: str = "",
    actor: str = "",
    before: Annotated[int | None, Field(description="Entries with a smaller number than this: the next page.")] = None,
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 100,
) -> dict[str, Any]:
    """Entries, newest first; `next_before` leads to the next page. Permission ledger.read."""
    require(request, "ledger.read")
    wanted = {key: value for key, value in (("subject", subject), ("kind", kind), ("actor", actor)) if value}
    rows = Entry.objects.filter(**wanted).order_by("-seq")
    found = list((rows.filter(seq__lt=before) if before is not None else rows)[: limit + 1])
    return {"entries": found[:limit], "next_before": found[limit - 1].seq if len(found) > limit else None}


@router.get("/ledger/entries/{int:seq}", response=EntryOut, url_name="ledger_entry")
def entry(request: HttpRequest, seq: int) -> Entry:
    """One entry. Permission ledger.read."""
    require(request, "ledger.read")
    return get_object_or_404(Entry, pk=seq)


@router.get("/ledger/head", response=HeadOut, url_name="ledger_head")
def head(request: HttpRequest) -> dict[str, Any]:
    """Number and hash of the last entry: what one publishes to bind the whole ledger. Permission ledger.read."""
    require(request, "ledger.read")
    return queries.head()._asdict()


@router.post("/ledger/verify", url_name="ledger_verify")
def verify(request: HttpRequest) -> dict[str, Any]:
    """Verify the whole ledger; the same answer as `luoshi ledger verify --json`. Permission ledger.verify."""
    user: Any = require(request, "ledger.verify")
    return verify_now(user.as_actor("api")).to_json()
