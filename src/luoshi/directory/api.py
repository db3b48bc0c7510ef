"""The directory over HTTP: whose name is this, what lies around it, which days are worked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.directory import queries
from luoshi.directory.api_residents import router as residents
from luoshi.directory.engine import in_force
from luoshi.directory.models import Area, Body, CalendarDay, CalendarYear
from luoshi.kernel.acting import require
from luoshi.kernel.errors import BadInput

router = Router(tags=["directory"])
router.add_router("", residents)
PAGE = 500
FURTHEST = 10_000  # working days: forty years, beyond any promise


class AliasOut(Schema):
    name: str
    sort: str
    document: str
    valid_from: date | None
    valid_until: date | None


class SuccessorOut(Schema):
    name: str
    function: str
    since: date | None
    status: str


class BodyRow(Schema):
    id: int
    name: str
    kind: str
    full_name: str
    collective: bool
    uncertain: bool


class BodyOut(BodyRow):
    note: str
    valid_from: date | None
    valid_until: date | None
    aliases: list[AliasOut]
    successors: list[SuccessorOut]


class Resolved(Schema):
    name: str
    body: BodyRow | None


class AreaOut(Schema):
    id: int
    code: str
    name: str
    full_name: str
    sort: str
    parent: str | None
    valid_from: date | None
    valid_until: date | None
    limits: list[dict[str, Any]]
    basis: str


class DayOut(Schema):
    date: date
    sort: str
    name: str
    source: str


class YearOut(Schema):
    year: int
    known: bool
    source: str | None
    days: list[DayOut]


class Counted(Schema):
    start: date
    days: int
    date: date
    provisional: bool


@router.get("/bodies", response=list[BodyRow], summary="Bodies by name (500 a page; `after` = last id)")
def bodies(request: HttpRequest, q: str = "", kind: str = "", after: int = 0) -> Any:
    require(request, "directory.view")
    rows = Body.objects.filter(pk__gt=after).order_by("pk")
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(full_name__icontains=q) | Q(aliases__name__icontains=q)).distinct()
    if kind:
        rows = rows.filter(kind=kind)
    return list(rows[:PAGE])


@router.get(
    "/bodies/resolve", response=Resolved, summary="The body that documents call `name`; null when none or several"
)
def resolve(request: HttpRequest, name: str, on: date | None = None, document: str = "", pack: str = "jccq") -> Any:
    require(request, "directory.view")
    return {"name": name, "body": queries.resolve(name, on, pack, document=document)}


@router.get("/bodies/{pk}", response=BodyOut, summary="One body with its names and successors")
def body(request: HttpRequest, pk: int) -> Any:
    require(request, "directory.view")
    found = queries.body_details(pk) or get_object_or_404(Body, pk=pk)
    successors = [
        SuccessorOut(name=s.new.name, function=s.function, since=s.since, status=s.status)
        for s in found.successors.all()
    ]
    plain = BodyRow.from_orm(found).dict()
    aliases = [AliasOut.from_orm(alias) for alias in found.aliases.all()]
    return BodyOut(
        **plain,
        note=found.note,
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        aliases=aliases,
        successors=successors,
    )


@router.get("/areas", response=list[AreaOut], summary="Areas as they were on a day (default: every version)")
def areas(request: HttpRequest, on: date | None = None, code: str = "", after: int = 0) -> Any:
    require(request, "directory.view")
    rows = Area.objects.filter(pk__gt=after).select_related("parent").order_by("pk")
    rows = rows.filter(code=code) if code else rows
    return [_area(row) for row in rows[:PAGE] if in_force(row.valid_from, row.valid_until, on)]


def _area(row: Area) -> AreaOut:
    return AreaOut(
        id=row.pk,
        code=row.code,
        name=row.name,
        full_name=row.full_name,
        sort=row.sort,
        parent=row.parent.code if row.parent else None,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        limits=row.limits,
        basis=row.basis,
    )


@router.get("/calendar/count", response=Counted, summary="The n-th working day after a date")
def count(request: HttpRequest, start: date, days: Annotated[int, Field(ge=-FURTHEST, le=FURTHEST)]) -> Any:
    require(request, "directory.view")
    try:
        due, provisional = queries.calendar().add_working_days(start, days)
    except OverflowError:
        raise BadInput("结果超出历法的范围", field="days") from None
    return Counted(start=start, days=days, date=due, provisional=provisional)


@router.get("/calendar/{year}", response=YearOut, summary="Days of a year that depart from the week")
def year(request: HttpRequest, year: int) -> Any:
    require(request, "directory.view")
    known = CalendarYear.objects.filter(year=year).first()
    days = [DayOut.from_orm(day) for day in CalendarDay.objects.filter(date__year=year)] if known else []
    return YearOut(year=year, known=known is not None, source=known.source if known else None, days=days)
