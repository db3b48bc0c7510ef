"""Numbers with units in running text, exact, with the words around them that say how they are meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_RATE = "%|‰|个百分点|百分点"
_MEASURE = (
    "微克/立方米|毫克/立方米|蒸吨/小时|吨/小时|吨标准煤|平方公里|平方千米|平方米|立方米|千瓦时|千瓦|兆瓦|亿元|万元|"
    "亿吨|万吨|万亩|万户|万人次|万人|万套|万辆|万平方米|亿立方米|万立方米|"
    "元|吨|蒸吨|公里|千米|公顷|亩|毫米|厘米|米|人次|床位|倍"
)
_COUNT = (
    "场次|批次|班次|户次|台次|台套|家|个|项|所|条|座|处|名|位|辆|台|套|件|场|批|张|支|间|栋|宗|户|人|次|组|种|"
    "株|头|只|艘|架|款|份|册|部|幅|盏|门|对|片|分"
)
_SPAN = "个工作日|工作日|个月|小时|分钟|年|月|日|天|岁|周"
_UNIT = f"{_RATE}|{_MEASURE}|{_SPAN}|{_COUNT}|万|亿"
_NUMBER = re.compile(
    rf"(?<![\d.A-Za-z第〔\[/_{{])(?P<v>\d{{1,3}}(?:,\d{{3}})+(?!\d)|\d{{1,12}}(?:\.\d{{1,6}})?)(?![\d.A-Za-z])"
    rf"(?:[-—~至到](?P<v2>\d{{1,12}}(?:\.\d{{1,6}})?)(?![\d.A-Za-z]))? ?(?P<u>{_UNIT})?"
    rf"(?P<suf>及以上|及以下|以上|以下|以内|之内|左右|上下)?"
)
RATES = frozenset(_RATE.split("|"))
SPANS = frozenset(_SPAN.split("|"))
COUNTS = frozenset(_COUNT.split("|"))
MEASURES = frozenset(_MEASURE.split("|"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at [start, end) of a folded text; `suffix` is 以上, 左右 …"""

    start: int
    end: int
    value: Decimal
    upper: Decimal | None
    unit: str
    suffix: str


def quantities(folded: str) -> Iterator[Quantity]:
    for found in _NUMBER.finditer(folded):
        upper = Decimal(found["v2"]) if found["v2"] else None
        value = Decimal(found["v"].replace(",", ""))
        yield Quantity(found.start(), found.end(), value, upper, found["u"] or "", found["suf"] or "")
