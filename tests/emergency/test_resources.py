"""Resources, rosters, operators and costs: what there is, what is out, who pays, who is on duty."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from luoshi.directory.models import Person
from luoshi.emergency import actions, costs, operators, paying, resources, rosters, stock, workbook_resources
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import Asset, Cost, Review, Shift
from luoshi.emergency.stock import MOVES
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

pytestmark = pytest.mark.django_db


def radio(night: Any, **more: Any) -> Asset:
    given_ = {
        "name": "卫星电话（虚构）",
        "owner_name": "移动城区分公司",
        "quantity": 4,
        "data": {"sort": "小型便携装备"},
    }
    return resources.save("equipment", given_ | more, night.duty)


def sheet(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.clause("21:6.2/p1s2", "22:6.2/p1s2")
def test_equipment_is_bought_called_up_and_scrapped_never_below_nothing(night: Any) -> None:
    row = radio(night)
    incident = night.opens()
    resources.move(row, "purchase", 2, night.duty, cost_fen=1_200_000)
    resources.move(row, "call", 5, night.duty, incident=incident)
    at = resources.stock_of(row)
    assert (at.total, at.free, at.out) == (6, 1, {incident.pk: 5})
    for kind, quantity in (("call", 2), ("scrap", 2)):
        with pytest.raises(Refused) as error:
            resources.move(row, kind, quantity, night.duty, incident=incident)
        assert error.value.cite == "21:6.2/p1s2"
    with pytest.raises(Refused):
        resources.move(row, "return", 1, night.duty)  # it is out for the incident, not outside any
    resources.move(row, "return", 5, night.duty, incident=incident)
    assert resources.stock_of(row).free == 6
    assert Entry.objects.filter(kind="emergency.asset_moved").count() == 3


@pytest.mark.clause("21:6.2/p2", "22:6.2/p2")
def test_what_was_requisitioned_is_returned_or_compensated_and_the_step_is_done_then(night: Any) -> None:
    row = radio(night, owner_name="区融媒体中心")
    incident = night.runs()
    resources.move(row, "requisition", 3, night.duty, incident=incident)
    evidence = dict.fromkeys(("controlled", "secondary_cleared", "stable"), "抢修单")
    actions.end(night.at, "21", night.commander, Asked(), evidence=evidence)
    review = Review.objects.get(incident=incident, kind="goods_returned")
    with when.at(when.now() + timedelta(hours=30)):
        resources.move(row, "return", 2, night.duty, incident=incident)
        assert Review.objects.get(pk=review.pk).state == "open"
        resources.move(row, "lost", 1, night.duty, incident=incident, note="损坏")
        resources.move(row, "compensate", 0, night.duty, incident=incident, cost_fen=350_000)
    review.refresh_from_db()
    assert review.state == "done" and row.moves.get(kind="compensate").cost_fen == 350_000
    row.refresh_from_db()
    assert row.quantity == 3


def test_nobody_is_compensated_for_what_was_not_taken(night: Any) -> None:
    row, incident = radio(night), night.opens()
    with pytest.raises(Refused):
        resources.move(row, "compensate", 0, night.duty, incident=incident, cost_fen=100)
    with pytest.raises(BadInput):
        resources.move(row, "requisition", 1, night.duty)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 9), st.sampled_from([None, 1, 2])), max_size=40)
)
def test_whatever_is_tried_there_is_never_less_than_nothing(moves: list[tuple[str, int, int | None]]) -> None:
    at = stock.Stock(5, unit="台")
    for kind, quantity, incident in moves:
        try:
            at = stock.check(at, kind, quantity, incident, 1, "21:6.2/p2")
        except (BadInput, Refused):
            continue
        assert at.total >= at.away >= 0 and all(n > 0 for n in at.out.values())


@pytest.mark.clause("22:4.3.1(1)①")
def test_systems_are_counted_as_systems_and_as_owners(night: Any) -> None:
    for name, owner in (("政务云", "区大数据中心"), ("一体化平台", "区大数据中心"), ("医保系统", "区医保局")):
        resources.save("system", {"name": name, "owner_name": owner}, night.duty)
    assert resources.counts()["system"] == {"rows": 3, "units": 3, "owners": 2}
    with pytest.raises(BadInput):
        resources.save("system", {"name": "无主系统"}, night.duty)


def test_a_workbook_with_a_bad_row_stores_nothing_and_names_row_and_column(night: Any) -> None:
    data = sheet(
        ("名称", "归属单位", "数量", "状态", "最近检查"),
        ("应急发电车", "移动城区分公司", "两台", "可用", "2026-02-30"),
        ("", "联通城区分公司", 1, "好", ""),
        ("油机", "联通城区分公司", 3, "可用", "2026-02-01"),
    )
    found = workbook_resources.check("generator", data, "发电.xlsx")
    wrong = {(error.line, error.column) for error in found.errors}
    assert wrong == {(2, "数量"), (2, "最近检查"), (3, "名称"), (3, "状态")}
    with pytest.raises(BadInput) as error:
        workbook_resources.store("generator", data, "发电.xlsx", night.duty)
    assert error.value.line == 2 and not Asset.objects.exists()


def test_a_workbook_brought_in_twice_changes_and_does_not_double(night: Any) -> None:
    radio(night, name="=危险", contact="张")
    exported = workbook_resources.export("equipment", Asset.objects.filter(kind="equipment"))
    cells = [c.value for c in load_workbook(io.BytesIO(exported)).active[2]]  # type: ignore[index]
    assert cells[0] == "'=危险", "no cell is taken for a formula"
    data = sheet(("名称", "归属单位", "数量"), ("对讲机", "移动城区分公司", 9))
    assert workbook_resources.store("equipment", data, "a.xlsx", night.duty) == (1, 0)
    assert workbook_resources.store("equipment", data, "a.xlsx", night.duty) == (0, 1)
    assert Asset.objects.filter(name="对讲机").count() == 1


def at(text: str) -> datetime:
    return when.parse_moment(text)


def test_an_override_replaces_who_the_roster_has_and_gaps_are_shown(night: Any) -> None:
    one, two = Person.objects.order_by("pk")[:2]
    start, end = at("2026-03-01T00:00"), at("2026-03-03T00:00")
    rosters.add(rosters.MAIN, one, start, at("2026-03-02T12:00"), night.duty)
    with pytest.raises(BadInput):
        rosters.add(rosters.MAIN, two, at("2026-03-01T20:00"), at("2026-03-02T04:00"), night.duty, override=True)
    rosters.add(
        rosters.MAIN, two, at("2026-03-01T20:00"), at("2026-03-02T04:00"), night.duty, override=True, reason="病假"
    )
    with pytest.raises(Refused):
        rosters.add(rosters.MAIN, one, at("2026-03-02T11:00"), end, night.duty)
    assert [rosters.name_of(s) for s in rosters.on_duty(at("2026-03-02T03:00"))[rosters.MAIN]] == [two.name]
    found = rosters.slots(rosters.between(start, end), start, end)
    assert [(rosters.name_of(s.shift) if s.shift else None, s.instead_of) for s in found] == [
        (one.name, ()), (two.name, (one.name,)), (one.name, ()), (None, ())
    ]  # fmt: skip
    assert [slot.starts for slot in rosters.gaps(found)] == [at("2026-03-02T12:00")]


def test_a_roster_workbook_names_who_the_directory_does_not_know(night: Any) -> None:
    name = Person.objects.order_by("pk")[0].name
    heads = rosters.HEADS
    good = sheet(heads, (rosters.MAIN, name, "2026-03-01 08:30", "2026-03-02 08:30"))
    bad = sheet(heads, (rosters.MAIN, "没有此人", "昨天", "2026-03-02 08:30"))
    assert [(line, column) for line, column, _ in rosters.read(bad, "b.xlsx").errors] == [(2, "姓名"), (2, "开始")]
    assert rosters.store(good, "a.xlsx", night.duty) == 1 and Shift.objects.count() == 1
    with pytest.raises(BadInput) as error:
        rosters.store(good, "a.xlsx", night.duty)
    assert error.value.line == 2 and Shift.objects.count() == 1


@pytest.mark.clause("21:6.6/s1", "21:6.6/s2", "22:6.6/s1", "22:6.6/s2")
@pytest.mark.parametrize(
    ("plans", "cause", "payer", "cites"),
    [
        (["21"], None, "待定", ("21:6.6/s1", "21:6.6/s2")),
        (["21"], "unknown", "待定", ("21:6.6/s1", "21:6.6/s2")),
        (["21"], "external_emergency", paying.FINANCE, ("21:6.6/s1",)),
        (["21"], "own_fault", paying.OPERATOR, ("21:6.6/s2",)),
        (["22"], "cyber", paying.OPERATOR, ("22:6.6/s1", "22:6.6/s2")),
        (["22"], "external_emergency", paying.FINANCE, ("22:6.6/s1",)),
        (["21", "22"], "cyber", "待定", ("21:6.6/s1", "21:6.6/s2", "22:6.6/s1", "22:6.6/s2")),
    ],
)
def test_the_payer_follows_the_cause_and_is_open_until_it_is_known(
    plans: list[str], cause: str | None, payer: str, cites: tuple[str, ...]
) -> None:
    found = paying.payer(plans, cause)
    assert (found.payer, found.cites) == (payer, cites)


def test_a_cost_stays_open_until_the_cause_is_settled(night: Any) -> None:
    night.opens()
    night.says(stage="occurred", multi_point_operators=["移动城区分公司"])
    row = costs.add(night.at, "租用发电机（虚构）", 88_000, night.duty)
    assert (row.payer, row.settled) == ("待定", False)
    with pytest.raises(Refused) as error:
        costs.settle(row, "移动城区分公司", "就这样定", night.duty)
    assert error.value.cite.endswith("6.6/s1")
    night.says(cause="own_fault")
    costs.settle(row, "移动城区分公司", "调查结论：光缆老化（虚构）", night.duty)
    row = Cost.objects.get(pk=row.pk)
    assert (row.payer, row.settled, costs.totals(night.at)) == ("移动城区分公司", True, [("移动城区分公司", 88_000)])


def test_an_added_operator_counts_from_then_on(night: Any) -> None:
    from luoshi.norms.models import Parameter

    for key in ("emergency.operators_counted", "emergency.operators_not_counted"):
        Parameter.objects.get_or_create(key=key, defaults={"kind": "list", "label": key})
    operators.set_counts("广电网络（虚构）", True, night.director, source="区工信局答复（虚构）")
    assert {row.name: row.counts for row in operators.listed()}["广电网络（虚构）"] is True
    night.opens()
    night.says(stage="threat", multi_point_operators=["移动", "广电网络（虚构）"], spread_in_district=True)
    night.triages("21")
    assert night.at.cases.get(plan="21").warning_level == "II"
    operators.set_counts("广电网络（虚构）", False, night.director, source="更正（虚构）")
    assert {row.name: row.counts for row in operators.listed()}["广电网络（虚构）"] is False
    with pytest.raises(Refused):
        operators.set_counts("铁塔城区分公司", True, night.director, source="口头")


def test_screens_of_resources_answer_and_keep_what_was_typed(night: Any, client: Client) -> None:
    row = radio(night)
    client.force_login(night.duty)
    for url in ("/emergency/resources/", "/emergency/resources/equipment/", f"/emergency/resources/item/{row.pk}/",
                "/emergency/resources/system/new/", "/emergency/resources/equipment/import/", "/emergency/roster/",
                "/emergency/operators/", "/emergency/roster/import/"):  # fmt: skip
        assert client.get(url).status_code == 200, url
    answer = client.post(f"/emergency/resources/item/{row.pk}/", {"kind": "call", "quantity": "99", "note": "抢修用"})
    assert answer.status_code == 422 and "抢修用" in answer.content.decode()
    client.force_login(night.stranger)
    assert client.get("/emergency/resources/equipment/new/").status_code in (200, 403)
