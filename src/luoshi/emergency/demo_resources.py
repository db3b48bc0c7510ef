"""Resources and a roster for the demo: made up, marked 演示数据, enough to see every register."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Any

from luoshi.accounts.models import User
from luoshi.directory.models import Person
from luoshi.emergency import resources, rosters
from luoshi.emergency.models import Asset, Shift
from luoshi.kernel import when

VIA = "demo"
OPERATORS = ("移动城区分公司", "联通城区分公司", "铁塔城区分公司")
# sort: (name, quantity, what is noted of it)
MADE: dict[str, list[tuple[str, str, int, dict[str, str]]]] = {
    "team": [
        ("光缆抢修一队（虚构）", OPERATORS[0], 12, {"skill": "运营维护"}),
        ("基站抢修队（虚构）", OPERATORS[1], 9, {"skill": "运营维护"}),
        ("网络管理组（虚构）", OPERATORS[0], 5, {"skill": "网络管理"}),
        ("铁塔维护队（虚构）", OPERATORS[2], 8, {"skill": "工程"}),
    ],
    "equipment": [
        ("卫星电话（虚构）", OPERATORS[0], 6, {"sort": "小型便携装备"}),
        ("便携式基站（虚构）", OPERATORS[1], 2, {"sort": "独立组网系列"}),
        ("反光背心和头盔（虚构）", OPERATORS[2], 40, {"sort": "防护装备"}),
        ("光纤熔接机（虚构）", OPERATORS[0], 5, {"sort": "小型便携装备"}),
    ],
    "vehicle": [
        ("应急通信车（虚构）", OPERATORS[0], 1, {"plate": "晋E·演001"}),
        ("抢修皮卡（虚构）", OPERATORS[2], 3, {"plate": "晋E·演002"}),
    ],
    "permit": [("特许通行证（虚构）", OPERATORS[0], 4, {"number": "演示-01", "issuer": "区公安分局"})],
    "generator": [
        ("移动油机（虚构）", OPERATORS[1], 8, {"power": "5", "fuel": "汽油"}),
        ("车载电源（虚构）", OPERATORS[2], 2, {"power": "30", "fuel": "柴油"}),
    ],
    "customer": [
        ("区政府值班电话（虚构）", "区政府办公室", 1, {"sort": "党政机关"}),
        ("某医院急诊（虚构）", "某医院（虚构）", 1, {"sort": "国计民生重点单位"}),
    ],
    "system": [
        ("政务云平台（虚构）", "某数据中心（虚构）", 1, {"business": "政务应用"}),
        ("一体化服务平台（虚构）", "某数据中心（虚构）", 1, {"business": "办事服务"}),
        ("急救调度系统（虚构）", "某急救中心（虚构）", 1, {"business": "急救调度"}),
    ],
}


def fill(seed: int, people: int) -> None:
    """Idempotent: does nothing when there is anything already."""
    duty = User.objects.filter(username="duty_officer", synthetic=True).first()
    if duty is None or Asset.objects.exists():
        return
    day = when.today()
    for kind, rows in MADE.items():
        for i, (name, owner, quantity, data) in enumerate(rows):
            checked = day - timedelta(days=20 + 17 * i)
            given: dict[str, Any] = {"name": name, "owner_name": owner, "quantity": quantity, "data": data,
                                     "checked_on": checked, "place": "某库房（虚构）"}  # fmt: skip
            row = resources.save(kind, given, duty, via=VIA)
            Asset.objects.filter(pk=row.pk).update(synthetic=True)
    _roster(random.Random(seed), duty)  # noqa: S311 the demo must come out the same again


def _roster(chance: random.Random, duty: User) -> None:
    """Three weeks of days and nights, with one change of shift and one gap."""
    if Shift.objects.exists():
        return
    crew = list(Person.objects.filter(synthetic=True, left_on__isnull=True).order_by("pk")[:40])
    if len(crew) < 6:
        return
    crew = chance.sample(crew, 6)
    first = when.today() - timedelta(days=7)
    for i in range(21):
        start = when.aware(datetime.combine(first + timedelta(days=i), time(8, 30)))
        if i != 16:
            rosters.add(rosters.MAIN, crew[i % 4], start, start + timedelta(days=1), duty, via=VIA)
        rosters.add(rosters.ROLES[1], crew[4 + i % 2], start, start + timedelta(days=1), duty, via=VIA)
    swap = when.aware(datetime.combine(first + timedelta(days=9), time(20, 0)))
    rosters.add(
        rosters.MAIN, crew[5], swap, swap + timedelta(hours=12), duty, override=True, reason="病假（虚构）", via=VIA
    )
