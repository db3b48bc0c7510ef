"""The documents, open to everyone: the list, one document with its margin, one provision, versions side by side."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from luoshi.kernel import when
from luoshi.kernel.acting import PUBLIC, access
from luoshi.kernel.errors import BadInput
from luoshi.norms import compare, document
from luoshi.norms.models import Instrument, InstrumentVersion
from luoshi.norms.search import search

PER_PAGE = 30


def _staff(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_authenticated and user.may("norms.read"))


def _as_of(request: HttpRequest) -> date | None:
    asked = request.GET.get("as_of", "").strip()
    if not asked:
        return None
    try:
        return when.parse_date(asked)
    except BadInput:
        raise BadInput(f"“{asked}”不是日期，请写成 2025-01-01 的样子", field="as_of") from None


def _readable(request: HttpRequest) -> QuerySet[Instrument]:
    rows = Instrument.objects.all()
    return rows if _staff(request) else rows.filter(public=True)


def _one(request: HttpRequest, slug: str) -> Instrument:
    found = _readable(request).filter(slug=slug).first()
    if found is None:
        raise Http404("没有这份文件")
    return found


@access(PUBLIC)
def index(request: HttpRequest) -> HttpResponse:
    """The documents, newest first; with `q`, where the words stand."""
    words = request.GET.get("q", "").strip()
    as_of = _as_of(request)
    rows = _readable(request)
    kind, issuer = request.GET.get("kind", ""), request.GET.get("issuer", "")
    if kind:
        rows = rows.filter(kind=kind)
    if issuer:
        rows = rows.filter(issuer=issuer)
    hits = search(words, as_of=as_of, limit=100, public_only=not _staff(request)) if words else []
    found = Paginator(rows.order_by("-date", "order", "slug"), PER_PAGE).get_page(request.GET.get("page"))
    choices = _readable(request).order_by().values_list("kind", "issuer").distinct()[:200]
    context = {
        "words": words, "as_of": as_of, "hits": hits, "page": found, "documents": document.listed(found),
        "kinds": sorted({k for k, _ in choices if k}), "issuers": sorted({i for _, i in choices if i}),
        "kind": kind, "issuer": issuer, "filtered": bool(kind or issuer),
    }  # fmt: skip
    return render(request, "norms/documents.html", context)


@access(PUBLIC)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The document as a printed gazette with its margin."""
    instrument = _one(request, slug)
    page = document.page(instrument, as_of=_as_of(request), public=not _staff(request))
    return render(request, "norms/document.html", {"page": page, "instrument": instrument, "staff": _staff(request)})


@access(PUBLIC)
def provision(request: HttpRequest, slug: str, path: str) -> HttpResponse:
    """The permalink of one provision."""
    instrument = _one(request, slug)
    page = document.provision_page(
        instrument, path.strip("/"), as_of=_as_of(request), public=not _staff(request)
    )  # fmt: skip
    if page is None:
        raise Http404("这份文件没有这一条")
    context = {"page": page, "instrument": instrument, "staff": _staff(request), "as_of": _as_of(request)}
    return render(request, "norms/provision.html", context)


@access(PUBLIC)
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    """Every wording of a document, and two of them compared (`old`, `new` are version numbers)."""
    instrument = _one(request, slug)
    rows = list(instrument.versions.select_related("upload").defer("text", "reading").order_by("-no"))
    by_no = {row.no: row for row in rows}
    new = by_no.get(_number(request, "new")) or (rows[0] if rows else None)
    old = by_no.get(_number(request, "old")) or by_no.get(new.no - 1 if new else 0)
    changes = compare.compare(_texts(old), _texts(new)) if old and new and old != new else []
    context = {"instrument": instrument, "versions": rows, "old": old, "new": new, "changes": changes}
    return render(request, "norms/versions.html", context)


def _number(request: HttpRequest, name: str) -> int:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0


def _texts(version: InstrumentVersion) -> list[tuple[str, str]]:
    rows = version.provisions.order_by("order").values_list("path", "label", "heading", "mark", "text")
    return [(path, "".join(parts)) for path, *parts in rows]
