"""The papers of supervision over HTTP: bulletins, the ledger, feedback workbooks, the calendar's address."""

from __future__ import annotations

from typing import Any, cast

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import File, Query, Router, Schema
from ninja.files import UploadedFile

from luoshi.accounts.auth import api_auth, require
from luoshi.faces.downloads import KINDS, attached
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput
from luoshi.supervision import bulletin, calendar_feed, evidence, feedback_file, queries, workbook
from luoshi.supervision.models import Bulletin

router = Router(tags=["supervision"], auth=api_auth)
Json = dict[str, Any]
MOST = 500


@router.get("/bulletins", summary="Bulletins that went out, the newest first")
def list_bulletins(request: HttpRequest, month: str = "") -> list[Json]:
    require(request, "supervision.read")
    rows = Bulletin.objects.filter(month=month) if month else Bulletin.objects.all()
    return [_bulletin_json(row) for row in rows[:MOST]]


class BulletinIn(Schema):
    month: str


@router.post("/bulletins", summary="Issue the bulletin of a month, like 2024-12")
def issue_bulletin(request: HttpRequest, given: BulletinIn) -> Json:
    user = require(request, "supervision.publish")
    return _bulletin_json(bulletin.issue(given.month, user, via="api"))


@router.get("/bulletins/{pk}", summary="A bulletin with the figures it printed")
def get_bulletin(request: HttpRequest, pk: int) -> Json:
    require(request, "supervision.read")
    row = _bulletin(pk)
    return {**_bulletin_json(row), "figures": row.figures}


@router.get("/bulletins/{pk}/file", summary="A bulletin as .docx, the very file that went out")
def get_bulletin_file(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, "supervision.read")
    row = _bulletin(pk)
    path = evidence.path_of("bulletins", row.sm3)
    if not path.exists():
        raise Http404
    sent = FileResponse(path.open("rb"), as_attachment=True, filename=f"{row.title}.docx", content_type=KINDS["docx"])
    return cast(HttpResponse, sent)


def _bulletin(pk: int) -> Bulletin:
    found = Bulletin.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _bulletin_json(row: Bulletin) -> Json:
    return {"id": row.pk, "month": row.month, "title": row.title, "issued_at": row.issued_at, "sm3": row.sm3}


class LedgerQuery(Schema):
    document: str = ""
    body: str = ""
    state: str = ""
    light: str = ""
    month: str = ""


@router.get("/duties.xlsx", summary="The ledger of duties (督办台账) as .xlsx, by document, body, state, light, month")
def get_ledger(request: HttpRequest, query: Query[LedgerQuery]) -> HttpResponse:
    require(request, "supervision.read")
    rows = queries.confirmed()
    if query.document:
        rows = rows.filter(instrument__in=queries.documents(query.document))
    if query.body:
        rows = rows.filter(pk__in=queries.of_body(query.body))
    for name in ("state", "light", "month"):
        if getattr(query, name):
            rows = rows.filter(**{name: getattr(query, name)})
    return attached(workbook.ledger(rows), f"督办台账-{when.today()}.xlsx")


@router.get("/feedback/template.xlsx", summary="The feedback workbook with one's open duties, to be filled in")
def get_feedback_template(request: HttpRequest) -> HttpResponse:
    user = require(request, "supervision.read")
    return attached(workbook.template(queries.open_for(user)), "反馈表.xlsx")


@router.post("/feedback", summary="Bring in a feedback workbook; `dry_run=true` only checks it")
def import_feedback(request: HttpRequest, file: File[UploadedFile], dry_run: bool = False) -> Json:
    """All rows or none. Checked only: 200 with every error by row and column. Else 422 names the first one."""
    user = require(request, "supervision.supervise")
    data, name = file.read(), file.name or "feedback.xlsx"
    report = feedback_file.check(data, name)
    if not dry_run:
        if report.errors:
            first = report.errors[0]
            raise BadInput(first.reason, file=name, line=first.line, field=first.column)
        feedback_file.apply_file(feedback_file.keep(data, name, user), user, via="api")
    return {**report.to_json(), "stored": 0 if dry_run else len(report.rows)}


@router.post("/calendar-feed", summary="A new private address of one's calendar of deadlines; the old one ends")
def new_calendar_feed(request: HttpRequest) -> Json:
    user = require(request, "supervision.read")
    token = calendar_feed.new_feed(user, via="api")
    return {"url": request.build_absolute_uri(reverse("supervision:feed", args=[token]))}
