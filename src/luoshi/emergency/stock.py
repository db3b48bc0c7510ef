"""Resources: what sorts there are, how they move, and which moves the plans' section 6 allows. Pure.

Something called up or requisitioned is out until it is returned or lost. Requisitioned goods go back 及时 after the end
(6.2/p2): how long that took is measured and judged by nobody. What is lost is compensated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from luoshi.kernel.errors import BadInput, Refused


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of resource: its cites in both plans, and what is noted of it beside the common fields."""

    label: str
    unit: str
    cites: tuple[str, ...]
    extra: tuple[tuple[str, str], ...] = ()
    help: str = ""


KINDS: dict[str, Kind] = {
    "team": Kind("应急队伍", "人", ("21:6.1/p1", "22:6.1/p1"), (("skill", "专业"), ("leader", "队长")),
                 "由运营企业的网络管理、运营维护、工程等专业人员组成。"),
    "equipment": Kind("装备物资", "台（套）", ("21:6.2/p1s1", "22:6.2/p1s1"), (("sort", "装备类别"), ("model", "型号")),
                      "类别如防护装备、小型便携装备、独立组网系列。"),
    "vehicle": Kind("应急车辆", "辆", ("21:6.4", "22:6.4"), (("plate", "车牌"), ("driver", "驾驶员"))),
    "permit": Kind("特许通行证", "张", ("21:6.4", "22:6.4"),
                   (("number", "证号"), ("plate", "车牌"), ("issuer", "发证单位"), ("until", "有效期至")),
                   "由区公安分局、区交通局配发。"),
    "generator": Kind("发电设备", "台", ("21:6.5/s1", "22:6.5/s1"), (("power", "功率（千瓦）"), ("fuel", "燃料"))),
    "customer": Kind("重点用户", "家", ("21:6.3/p1s1", "22:6.3/p1s1"), (("sort", "类别"), ("line", "电路、号码")),
                     "党政机关、国计民生和社会安定重点单位；22号另有列入省重点单位名录的。"),
    "system": Kind("重要信息系统", "个", ("21:4.3/p1", "22:4.3.1(1)①"),
                   (("business", "主要业务"), ("grade", "等级保护")),
                   "文中未附名录，由区工信局提供。归属单位按“家”计，一家的几个系统算1家（A24），两个数都列。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """What may happen to a resource. `total`, `out`: +1, 0 or −1 times the quantity."""

    label: str
    total: int
    out: int
    part: str  # the part of section 6 that speaks of it
    incident: bool = False  # only in an incident
    money: bool = False  # an amount must be given


MOVES: dict[str, Move] = {
    "purchase": Move("采购", 1, 0, "6.2/p1s2"),
    "top_up": Move("补充", 1, 0, "6.2/p1s2"),
    "upkeep": Move("维护保养", 0, 0, "6.2/p1s2"),
    "scrap": Move("报废", -1, 0, "6.2/p1s2"),
    "call": Move("调用", 0, 1, "6.2/p1s2"),
    "requisition": Move("征用", 0, 1, "6.2/p2", incident=True),
    "return": Move("归还", 0, -1, "6.2/p2"),
    "lost": Move("损失（无法归还）", -1, -1, "6.2/p2"),
    "compensate": Move("补偿", 0, 0, "6.2/p2", incident=True, money=True),
}


@dataclass(slots=True)
class Stock:
    """How much there is, and how much of it is out, by incident (None: outside any)."""

    total: int
    out: dict[int | None, int] = field(default_factory=dict)
    taken: dict[int | None, int] = field(default_factory=dict)  # requisitioned, ever
    label: str = ""
    unit: str = ""

    @property
    def away(self) -> int:
        return sum(self.out.values())

    @property
    def free(self) -> int:
        return self.total - self.away


def stock(total: int, moves: Iterable[tuple[str, int, int | None]], *, unit: str = "") -> Stock:
    """Where a resource stands. `total` is what there is now; `moves`: (kind, quantity, incident)."""
    made = Stock(total, unit=unit)
    for kind, quantity, incident in moves:
        made.out[incident] = made.out.get(incident, 0) + MOVES[kind].out * quantity
        if kind == "requisition":
            made.taken[incident] = made.taken.get(incident, 0) + quantity
    made.out = {incident: n for incident, n in made.out.items() if n}
    return made


def check(at: Stock, kind: str, quantity: int, incident: int | None, cost: int | None, cite: str) -> Stock:
    """The stock after a move. BadInput for what makes no sense, Refused for what there is not enough of."""
    move = MOVES.get(kind)
    if move is None:
        raise BadInput("没有这种变动", field="kind", hint="可用的有：" + "、".join(m.label for m in MOVES.values()))
    if quantity < 0 or (quantity == 0 and (move.total or move.out)):
        raise BadInput("数量应为 1 以上的整数", field="quantity")
    if move.incident and incident is None:
        raise BadInput(f"{move.label}须写明是哪次事件", field="incident")
    if move.money and not cost:
        raise BadInput(f"{move.label}须写明金额", field="cost")
    _enough(at, move, kind, quantity, incident, cite)
    out = dict(at.out)
    out[incident] = out.get(incident, 0) + move.out * quantity
    return Stock(at.total + move.total * quantity, {k: n for k, n in out.items() if n}, at.taken, at.label, at.unit)


def _enough(at: Stock, move: Move, kind: str, quantity: int, incident: int | None, cite: str) -> None:
    if (move.out > 0 or kind == "scrap") and quantity > at.free:
        raise Refused(
            f"可用的只有 {at.free} {at.unit}（共 {at.total}，在外 {at.away}），不能{move.label} {quantity}", cite=cite
        )
    if move.out < 0 and quantity > at.out.get(incident, 0):
        raise Refused(f"这次事件在外的只有 {at.out.get(incident, 0)} {at.unit}，不能{move.label} {quantity}", cite=cite)
    if kind == "compensate" and not at.taken.get(incident):
        raise Refused("这次事件没有征用过它，不能补偿", cite=cite)
