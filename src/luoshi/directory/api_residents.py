"""The register of residents over HTTP: masked rows within one's areas; a full reading needs its reason."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.directory import actions, residents, residents_upkeep
from luoshi.directory.models import Resident
from luoshi.directory.queries import area as area_of
from luoshi.kernel.acting import require
from luoshi.kernel.errors import BadInput

router = Router(tags=["directory"])
PAGE = 500


class ResidentOut(Schema):
    """Personal data masked. `born` is the year only."""

    id: int
    name: str
    sex: str
    born: int
    id_number: str
    phone: str
    address: str
    household: str
    area: str
    synthetic: bool


class Asked(Schema):
    fields: list[Literal["name", "id_number", "phone", "address"]] = Field(min_length=1)
    why: str


class Full(Schema):
    id: int
    born: date
    values: dict[str, str]


def _out(row: Resident) -> ResidentOut:
    return ResidentOut(
        id=row.pk,
        **residents.masked(row),
        sex=row.sex,
        born=row.born.year,
        household=row.household,
        area=row.area.code,
        synthetic=row.synthetic,
    )


@router.get(
    "/residents", response=list[ResidentOut], summary="Residents of one's areas, masked (500 a page; `after` = last id)"
)
def listed(
    request: HttpRequest, area: str = "", least: int | None = None, greatest: int | None = None, after: int = 0
) -> Any:
    user = require(request, "directory.residents")
    rows = residents.visible(user).filter(pk__gt=after).order_by("pk")
    rows = rows.filter(area__in=residents.around(area)) if area else rows
    return [_out(row) for row in residents.aged(rows, _years(least), _years(greatest))[:PAGE]]


def _years(value: int | None) -> int | None:
    return None if value is None else min(max(value, 0), 150)


@router.get("/residents/{pk}", response=ResidentOut, summary="One resident, masked")
def one(request: HttpRequest, pk: int) -> Any:
    user = require(request, "directory.residents")
    return _out(get_object_or_404(residents.visible(user), pk=pk))


@router.post("/residents/{pk}/reveal", response=Full, summary="Personal data in full, for a reason that is recorded")
def reveal(request: HttpRequest, pk: int, asked: Asked) -> Any:
    user = require(request, "directory.resident_personal")
    row = get_object_or_404(residents.visible(user, residents.PERSONAL), pk=pk)
    actions.read_personal(user.as_actor("api"), f"resident:{pk}", asked.fields, asked.why)
    return Full(id=pk, born=row.born, values={name: getattr(row, name) for name in asked.fields})


class Correction(Schema):
    """What is to be put right; null stays as it is, "无" empties a column. `area` is a code."""

    name: str | None = None
    sex: Literal["m", "f"] | None = None
    born: date | None = None
    id_number: str | None = None
    phone: str | None = None
    address: str | None = None
    household: str | None = None
    area: str | None = None
    left_on: date | None = None
    reason: str


@router.post(
    "/residents/{pk}/correct", response=ResidentOut, summary="Put one row right, for a reason that is recorded"
)
def correct(request: HttpRequest, pk: int, asked: Correction) -> Any:
    user = require(request, "directory.resident_correct")
    row = get_object_or_404(residents.visible(user, residents_upkeep.CORRECT), pk=pk)
    given: dict[str, Any] = asked.dict(exclude={"reason"})
    if asked.area:
        given["area"] = area_of(asked.area)
        if given["area"] is None:
            raise BadInput("没有这个区域编码", field="area")
    residents_upkeep.correct(row, user, given, reason=asked.reason, via="api")
    return _out(row)
