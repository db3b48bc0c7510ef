"""Numbers with units in running text, exact, with the words around them that say how they are meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from luoshi.text.marks import cn_int

_RATE = "%|‰|个百分点|百分点"
_MEASURE = (
    "微克/立方米|毫克/立方米|蒸吨/小时|吨/小时|吨标准煤|平方公里|平方千米|平方米|立方米|千瓦时|千瓦|兆瓦|亿元|万元|"
    "亿吨|万吨|万亩|万户|万人次|万人|万套|万辆|万平方米|亿立方米|万立方米|万株|万件|万家|万个|万台|万头|万只|㎡|㎞|"
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
_ONE = "一二两三四五六七八九"
_SUFFIX = "及以上|及以下|以上|以下|以内|之内|左右|上下"
_WRITTEN = re.compile(  # 百分之八十五, 九成以上, 一千户, 三个以上: what is counted, not what is numbered
    rf"百分之(?P<rate>[{_ONE}十百]{{1,5}})(?!点|的)(?P<s1>{_SUFFIX})?|(?P<tenth>[{_ONE}])成(?P<half>半)?(?P<s2>{_SUFFIX})"
    rf"|(?<![第{_ONE}十百千万分之])(?:(?P<n>[{_ONE}][十百千万][{_ONE}十百千万]{{0,6}})(?P<u>{_MEASURE}|{_COUNT})(?P<s3>{_SUFFIX})?"
    rf"|(?P<few>[{_ONE}])(?P<u2>{_COUNT})(?P<s4>以上|以内))"
)
_WRITTEN_QUICK = re.compile(f"百分之|[{_ONE}](?:[十百千万]|成|[{_COUNT.replace('|', '')}]以)")
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


def quantities(folded: str) -> list[Quantity]:
    """The numbers of a folded text in order, written in figures or in words."""
    found = [_figure(match) for match in _NUMBER.finditer(folded)]
    if _WRITTEN_QUICK.search(folded):
        words = [word for match in _WRITTEN.finditer(folded) if (word := _word(match)) is not None]
        found = sorted([*found, *words], key=lambda one: one.start) if words else found
    return found


def _figure(found: re.Match[str]) -> Quantity:
    upper = Decimal(found["v2"]) if found["v2"] else None
    value = Decimal(found["v"].replace(",", ""))
    return Quantity(found.start(), found.end(), value, upper, found["u"] or "", found["suf"] or "")


def _word(found: re.Match[str]) -> Quantity | None:
    suffix = found["s1"] or found["s2"] or found["s3"] or found["s4"] or ""
    if found["tenth"]:
        value, unit = 10 * (cn_int(found["tenth"]) or 0) + (5 if found["half"] else 0), "%"
    else:
        value, unit = cn_int(found["rate"] or found["n"] or found["few"]) or 0, found["u"] or found["u2"] or "%"
    return Quantity(found.start(), found.end(), Decimal(value), None, unit, suffix) if value else None
