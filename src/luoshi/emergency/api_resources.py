"""Resources, rosters, operators and costs over HTTP: the same acts and refusals as on screen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.accounts.auth import api_auth, require
from luoshi.directory.models import Person
from luoshi.emergency import costs, operators, resources, rosters
from luoshi.emergency.models import Asset, Cost, Incident
from luoshi.emergency.stock import KINDS
from luoshi.kernel import money, when

router = Router(tags=["emergency"], auth=api_auth)
Json = dict[str, Any]
MOST = 500


class AssetIn(Schema):
    name: str
    owner_name: str = ""
    place: str = ""
    quantity: int = Field(1, ge=0, le=1_000_000)
    unit: str = ""
    contact: str = ""
    checked_on: date | None = None
    state: str = "ready"
    data: dict[str, str] = {}


class MoveIn(Schema):
    kind: str = Field(description="purchase|top_up|upkeep|scrap|call|requisition|return|lost|compensate")
    quantity: int = Field(0, ge=0, le=1_000_000)
    incident: int | None = None
    cost_yuan: str = ""
    note: str = ""


class ShiftIn(Schema):
    role: str
    person: int
    starts_at: datetime
    ends_at: datetime
    override: bool = False
    reason: str = ""


class OperatorIn(Schema):
    name: str
    counts: bool | None = None
    source: str


class CostIn(Schema):
    what: str
    amount_yuan: str


class SettleIn(Schema):
    payer: str
    reason: str


@router.get("/emergency/resources", summary="How much there is of each sort; systems and their owners counted apart")
def count_resources(request: HttpRequest) -> Json:
    require(request, "emergency.read")
    return {"kinds": {kind: {"label": KINDS[kind].label, **n} for kind, n in resources.counts().items()}}


@router.get("/emergency/resources/{kind}", summary="The register of one sort, with what is out")
def list_resources(request: HttpRequest, kind: str, after: int = 0, limit: int = 100) -> Json:
    require(request, "emergency.read")
    if kind not in KINDS:
        raise Http404
    limit = max(1, min(limit, MOST))
    found = list(resources.rows(kind).filter(pk__gt=after).order_by("pk")[:limit])
    return {"items": [_asset(row) for row in found], "next": found[-1].pk if len(found) == limit else None}


@router.post("/emergency/resources/{kind}", summary="Note a resource")
def add_resource(request: HttpRequest, kind: str, given: AssetIn) -> Json:
    user = require(request, "emergency.resource")
    return _asset(resources.save(kind, given.dict(), user, via="api"))


@router.post("/emergency/resources/items/{pk}/moves", summary="采购、调用、补充、报废、征用、归还、补偿")
def move_resource(request: HttpRequest, pk: int, given: MoveIn) -> Json:
    """Refused when there is not so much; a return is measured from the end of the response."""
    user = require(request, "emergency.resource")
    incident = get_object_or_404(Incident, pk=given.incident) if given.incident else None
    row = get_object_or_404(Asset, pk=pk)
    made = resources.move(row, given.kind, given.quantity, user, incident=incident,
                          cost_fen=resources.amount(given.cost_yuan), note=given.note, via="api")  # fmt: skip
    at = resources.stock_of(row)
    return {"move": made.pk, "total": at.total, "out": at.away, "free": at.free}


@router.get("/emergency/roster", summary="Who is on duty, at a moment or through a month")
def read_roster(request: HttpRequest, month: str = "") -> Json:
    require(request, "emergency.read")
    if not month:
        held = rosters.on_duty()
        return {"on_duty": {role: [rosters.name_of(s) for s in shifts] for role, shifts in held.items()}}
    start, end = rosters.month(date.fromisoformat(f"{month[:7]}-01"))
    return {"slots": [
        {"role": s.role, "from": s.starts, "to": s.ends, "person": rosters.name_of(s.shift) if s.shift else None,
         "override": bool(s.shift and s.shift.override), "instead_of": list(s.instead_of)}
        for s in rosters.slots(rosters.between(start, end), start, end)
    ]}  # fmt: skip


@router.post("/emergency/roster", summary="Put somebody on duty, or change a shift")
def add_shift(request: HttpRequest, given: ShiftIn) -> Json:
    user = require(request, "emergency.resource")
    person = get_object_or_404(Person, pk=given.person)
    row = rosters.add(given.role, person, when.aware(given.starts_at), when.aware(given.ends_at), user,
                      override=given.override, reason=given.reason, via="api")  # fmt: skip
    return {"shift": row.pk}


@router.get("/emergency/operators", summary="Network operators, and whether each counts (A27)")
def list_operators(request: HttpRequest) -> Json:
    require(request, "emergency.read")
    return {"operators": [
        {"name": o.name, "counts": o.counts, "listed": o.fixed, "why": o.why, "reading": o.reading, "cite": o.cite}
        for o in operators.listed()
    ]}  # fmt: skip


@router.post("/emergency/operators", summary="Say of an operator whether it counts")
def set_operator(request: HttpRequest, given: OperatorIn) -> Json:
    user = require(request, "norms.parameters")
    operators.set_counts(given.name, given.counts, user, source=given.source, via="api")
    return list_operators(request)


@router.get(
    "/emergency/incidents/{pk}/costs", summary="What an incident cost, and who pays as far as the cause is known"
)
def list_costs(request: HttpRequest, pk: int) -> Json:
    require(request, "emergency.read")
    incident = get_object_or_404(Incident, pk=pk)
    rule = costs.rule(incident)
    return {
        "rule": {"payer": rule.payer, "cites": list(rule.cites), "why": rule.why, "reading": rule.reading or None},
        "costs": [_cost(row) for row in costs.of(incident)[:MOST]],
    }


@router.post("/emergency/incidents/{pk}/costs", summary="Note a cost; its payer is 待定 until the cause is settled")
def add_cost(request: HttpRequest, pk: int, given: CostIn) -> Json:
    user = require(request, "emergency.review")
    incident = get_object_or_404(Incident, pk=pk)
    return _cost(costs.add(incident, given.what, money.fen(given.amount_yuan, field="amount_yuan"), user, via="api"))


@router.post("/emergency/costs/{pk}/settle", summary="Say who pays, with a reason")
def settle_cost(request: HttpRequest, pk: int, given: SettleIn) -> Json:
    user = require(request, "emergency.review")
    return _cost(costs.settle(get_object_or_404(Cost, pk=pk), given.payer, given.reason, user, via="api"))


def _asset(row: Asset) -> Json:
    return {"id": row.pk, "kind": row.kind, "name": row.name, "owner": row.owner_name, "quantity": row.quantity,
            "out": resources.away(row), "unit": row.unit, "state": row.state, "place": row.place, "data": row.data,
            "checked_on": row.checked_on, "synthetic": row.synthetic}  # fmt: skip


def _cost(row: Cost) -> Json:
    return {"id": row.pk, "what": row.what, "amount_fen": row.amount_fen, "payer": row.payer, "settled": row.settled,
            "cites": row.cites, "reason": row.reason}  # fmt: skip
