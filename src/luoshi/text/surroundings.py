"""One sentence and the surroundings of a place in it: its clause, its due day, the name of what is counted there."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from luoshi.text.deadlines import Time, times
from luoshi.text.model import Target

REACH = 200  # characters of a clause
_CLAUSE_END = re.compile("[,;:]")
_TRIM = re.compile(
    "^(?:[、,且则的—-]|做到|[和](?!谐)|及(?!时)|与|并(?!网)|确保|力争|努力|争取|使(?!用)|推动|实现|全年|年内|到(?!位)|其中|以及|坚决|力求|"
    "要(?!求|素|点)|应(?![急对用收尽])|须|继续|进一步|把|将(?!来)|让|对(?![口接外]))+"
)
_TAIL = re.compile(
    "(?:做到|实现|达到|逐步|动态|力争|确保|年内|要|应|须|需|均|都|稳定|基本|全部|将|有望|累计|总数|努力|为|约|近)+$"
)
_FUZZY = re.compile(
    "每年|每半年|每季度|每月|力争|争取|稳定控制在|稳定在|稳定保持在|保持在|维持在|左右|上下|大约|约(?=\\d)|近(?=\\d)|基本|逐步|原则上|有所|明显|大幅"
)
_BASELINE = re.compile(
    "(?:比|较|与)(?P<base>(?:\\d{4}年?|上年|去年|同期|上年同期|基准年|前[一三五]年)(?:同期|底|末|基数|[上下]半年)?)(?:相比|比)?"
)
_FROM = re.compile(r"(?<=.)(?:由|从)[\d.]+(?:%|[万亿]?[^\d,;:由从]{0,3})$")
_SAID = re.compile(r"(?:增长|提高|提升|增加|下降|降低|减少|达到?|不低于|超过)[\d.]+(?:%|个?百分点|[万亿]?元).*$")


class Sentence:
    """`text` folded; `masked` the same length without the figures of titles, quotations and brackets. `carried`: a due
    day set by an earlier sentence; `aim`: whether the provision is headed 目标 or 指标."""

    def __init__(self, path: str, text: str, masked: str, year: int | None, carried: date | None, aim: bool):
        self.path, self.text, self.masked, self.carried, self.aim = path, text, masked, carried, aim
        self.times: list[Time] = [t for t in times(masked, year) if t.kind in ("day", "bare")]

    def comma(self, at: int, end: int) -> tuple[int, int]:
        """The clause around [at, end), told by commas and semicolons."""
        low, high = max(0, at - REACH), min(len(self.masked), end + REACH)
        start = max(max(self.masked.rfind(mark, low, at) for mark in ",;:") + 1, low)
        after = _CLAUSE_END.search(self.masked, end, high)
        return start, after.start() if after else high

    def clause(self, at: int, end: int) -> tuple[int, int]:
        """The same, parted also by 、 and 和 where what precedes them holds a figure of its own."""
        start, stop = self.comma(at, end)
        if at - start > 1 and self.masked[at - 1] in "和及" and re.search(r"\d", self.masked[start:at]):
            return at, stop
        mark = self.masked.rfind("、", start, at)
        while mark >= 0:
            left = max(self.masked.rfind("、", start, mark), start - 1) + 1
            if re.search(r"\d", self.masked[left:mark]):
                start = mark + 1
                break
            mark = self.masked.rfind("、", start, mark)
        return start, stop

    def due(self, at: int) -> date | None:
        """The day last named before a place, else the one carried from before."""
        before = [t for t in self.times if t.start <= at]
        return before[-1].day if before else self.carried

    def target(self, at: int, end: int, indicator: str, op: str, value: Decimal | None, unit: str) -> Target:
        """A target as the clause around [at, end) states it."""
        start, stop = self.clause(at, end)
        clause = self.text[start:stop]
        words = list(dict.fromkeys(_FUZZY.findall(clause)))
        base = _BASELINE.search(clause)
        fuzzy = "、".join(words) or None
        return Target(
            self.path, self.tidy(indicator), op, value, unit, self.due(at), fuzzy,
            re.sub(r"(?<=\d)年$", "", base["base"]) if base else None, raw=clause,
        )  # fmt: skip

    def tidy(self, words: str) -> str:
        """Words as an indicator's name: without days, bases and the words that only connect."""
        for time in self.times:
            printed = self.text[time.start : time.end]
            words = words.replace(printed + "、", "").replace(printed, "")
        words = (
            _FROM.sub("", _BASELINE.sub("", words.replace("、、", "、")))
            .replace("_{2.5}", "2.5")
            .replace("_{10}", "10")
        )
        return _TAIL.sub("", _TRIM.sub("", words.strip("—- ,、"))).strip("—- ,、\0")[:60]

    def subject(self, start: int) -> str:
        """The clause before, when this one begins with its comparison."""
        before = self.text[max(0, start - 40) : max(0, start - 1)]
        return _SAID.sub("", re.split("[,;:]", before)[-1])
