"""What people do to resources: note, change, move, bring in from a workbook; and the two counts of systems (A24)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from luoshi.directory import queries as directory
from luoshi.emergency import stock
from luoshi.emergency.models import Asset, AssetMove, Incident
from luoshi.emergency.stock import KINDS, MOVES, Stock
from luoshi.faces import nav
from luoshi.kernel import money, when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording

STATES = {"ready": "可用", "upkeep": "检修", "retired": "停用"}
FIELDS = ("name", "owner_name", "place", "quantity", "unit", "state", "contact", "checked_on")
_OUT = Q(kind__in=["call", "requisition"])
_IN = Q(kind__in=["return", "lost"])


def register() -> None:
    nav.register("应急资源", "emergency:resources", "emergency.read", "应急", 570)
    nav.register("值班表", "emergency:roster", "emergency.read", "应急", 575)


def rows(kind: str) -> QuerySet[Asset]:
    """The resources of a sort, each with how much of it is out. No further queries for a list."""
    found = Asset.objects.filter(kind=kind).select_related("owner", "area")
    return found.annotate(went=Sum("moves__quantity", filter=_of(_OUT)), came=Sum("moves__quantity", filter=_of(_IN)))


def _of(condition: Q) -> Q:
    [(_, kinds)] = condition.children  # type: ignore[misc]
    return Q(moves__kind__in=kinds)


def away(asset: Asset) -> int:
    """How much of an annotated row is out."""
    return int(getattr(asset, "went", None) or 0) - int(getattr(asset, "came", None) or 0)


def stock_of(asset: Asset) -> Stock:
    moves = asset.moves.values_list("kind", "quantity", "incident_id")
    return stock.stock(asset.quantity, moves, unit=asset.unit or KINDS[asset.kind].unit)


def counts() -> dict[str, dict[str, int]]:
    """How many rows and how many units of each sort; of systems also how many owners (家). Two queries."""
    found = {kind: {"rows": 0, "units": 0} for kind in KINDS}
    live = Asset.objects.exclude(state="retired")
    for row in live.order_by().values("kind").annotate(n=Count("pk"), q=Sum("quantity")):
        if row["kind"] in found:
            found[row["kind"]] = {"rows": row["n"], "units": row["q"] or 0}
    found["system"]["owners"] = live.filter(kind="system").order_by().values("owner_name").distinct().count()
    return found


def save(kind: str, given: Mapping[str, Any], user: Any, *, asset: Asset | None = None, via: str = "web") -> Asset:
    """Note a resource, or change what is noted. Its quantity afterwards changes by moves alone."""
    if kind not in KINDS:
        raise BadInput("没有这类资源", field="kind")
    with recording():
        row = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk) if asset else Asset(kind=kind)
        before = {name: getattr(row, name) for name in FIELDS} if asset else {}
        _fill(row, given, fresh=asset is None)
        row.save()
        changed = {name: getattr(row, name) for name in FIELDS if not asset or getattr(row, name) != before[name]}
        act = "asset_changed" if asset else "asset_added"
        append(f"emergency.{act}", by=user.as_actor(via), subject=f"asset:{row.pk}", cites=KINDS[kind].cites[:1],
               data={"kind": kind, "name": row.name, **_plain(changed), "more": row.data})  # fmt: skip
    return row


def _fill(row: Asset, given: Mapping[str, Any], *, fresh: bool) -> None:
    for name in FIELDS:
        if name in given and (fresh or name != "quantity"):
            setattr(row, name, given[name])
    row.unit = row.unit or KINDS[row.kind].unit
    row.owner = directory.resolve(row.owner_name) if row.owner_name else None
    known = dict(KINDS[row.kind].extra)
    row.data = {key: value for key, value in {**row.data, **given.get("data", {})}.items() if key in known and value}
    if not row.name.strip():
        raise BadInput("请写名称", field="name")
    if row.state not in STATES:
        raise BadInput("状态只有可用、检修、停用", field="state")
    if row.kind == "system" and not row.owner_name.strip():
        raise BadInput("重要信息系统须写明归属单位，按“家”计数（A24）", field="owner_name")


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in told.items()}


def move(
    asset: Asset, kind: str, quantity: int, user: Any, *, incident: Incident | None = None, cost_fen: int | None = None,
    note: str = "", via: str = "web",
) -> AssetMove:  # fmt: skip
    """采购、调用、补充、报废、征用、归还、补偿 …: checked against what there is, then noted."""
    plan = _plan_of(incident)
    cite = f"{plan}:{MOVES[kind].part}" if kind in MOVES else ""
    with recording():
        row = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
        if row.state == "retired" and kind != "return":
            raise Refused("已停用的资源不能再办理", cite=cite)
        after = stock.check(stock_of(row), kind, quantity, incident.pk if incident else None, cost_fen, cite)
        row.quantity = after.total
        row.save(update_fields=["quantity"])
        at = when.now() if incident is None or incident.lane is None else when.aware(incident.lane.now)
        made = AssetMove.objects.create(
            asset=row, incident=incident, kind=kind, quantity=quantity, at=at, by=user.as_actor(via).name,
            cost_fen=cost_fen, note=note.strip(), cite=cite,
        )  # fmt: skip
        append("emergency.asset_moved", by=user.as_actor(via), subject=f"asset:{row.pk}", cites=[cite], data={
            "kind": kind, "quantity": quantity, "name": row.name, "total": after.total, "out": after.away,
            "incident": incident.number if incident else None, "cost_fen": cost_fen, "note": note.strip(),
            **({"exercise": True} if incident is not None and incident.exercise else {}),
        })  # fmt: skip
        if incident is not None and kind in ("return", "lost"):
            _all_back(incident, user, via)
    asset.refresh_from_db()
    return made


def _plan_of(incident: Incident | None) -> str:
    if incident is None:
        return "21"
    chosen = incident.cases.filter(chosen=True).order_by("plan").values_list("plan", flat=True).first()
    return str(chosen or "21")


def outstanding(incidents: Iterable[int]) -> dict[int, int]:
    """By incident: how many requisitioned or called-up units are not back. One query."""
    found: dict[int, int] = {}
    counted = AssetMove.objects.filter(incident__in=list(incidents)).order_by().values("incident", "kind")
    for row in counted.annotate(n=Sum("quantity")):
        found[row["incident"]] = found.get(row["incident"], 0) + MOVES[row["kind"]].out * (row["n"] or 0)
    return found


def _all_back(incident: Incident, user: Any, via: str) -> None:
    """When the last of it is back after the end, the step 归还 of each ended plan is done and its clock stops."""
    from luoshi.emergency import after

    if outstanding([incident.pk]).get(incident.pk, 0) == 0:
        after.goods_returned(incident, user, via=via)


def amount(text: str, field: str = "cost") -> int | None:
    """Yuan as typed → fen; nothing typed is not known."""
    return money.fen(text, field=field) if text.strip() else None
