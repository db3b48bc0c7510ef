"""Targets in words that stand for figures: 动态清零, 全覆盖, 负增长, 翻一番, 前10名, 市定目标, 达到全市平均水平."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from luoshi.text.marks import cn_int
from luoshi.text.model import Target
from luoshi.text.surroundings import Sentence

_ZERO = re.compile("(?:动态)?清零|(?:严禁|禁止|杜绝)新增[^,。;、]{2,20}|不再(?:新上|新增|新建)[^,。;、]{2,20}")
_FULL = re.compile("全覆盖|覆盖(?:率达到百分之百|所有[^,。;、]{2,20})")
_NEGATIVE = re.compile("负增长|零增长")
_DOUBLE = re.compile("翻(?P<times>[一两])?番")
_RANK = re.compile(
    "(?:进入|位居|位列|排名|居|列|跻身|保持|稳定|稳)[^,。;、\\d]{0,10}前(?P<n>\\d{1,3}|[一二三四五六七八九十]{1,2})(?P<u>名|位|强)?(?!章|期|款|条)"
)
_UNSET = re.compile(
    "(?:达到|完成|落实|符合)(?P<what>(?P<level>(?:国家|省|市|上级)(?:定|级?下达)|[全省市国]{1,2}平均水平)(?:[^,。;]{0,40}?(?:指标|目标|任务))?)"
)
_OPEN = re.compile("24小时(?P<how>不打烊|(?:对外)?(?:营业|开放))")
_LOOSE = re.compile("全面消除|基本(?:实现|消除|建成|建立|完成|达到)|实现新突破|(?:稳定|持续)?前移")


def implied(s: Sentence) -> Iterator[tuple[int, Target]]:
    """(place, target) of every word of a sentence that stands for a figure."""
    for found in _ZERO.finditer(s.masked):
        start, _stop = s.comma(found.start(), found.end())
        if "原则上" in s.text[start : found.end()]:
            continue
        words = s.text[start : found.start()] if "清零" in found.group() else s.text[found.start() : found.end()]
        yield _implied(s, found, words, "=", Decimal(0), "")
    for found in _FULL.finditer(s.masked):
        start, _stop = s.comma(found.start(), found.end())
        words = s.text[start : found.start()]
        words = words if s.tidy(words) else s.subject(start)
        yield _implied(s, found, words, "=", Decimal(100), "%")
    for found in _NEGATIVE.finditer(s.masked):
        start, _stop = s.comma(found.start(), found.end())
        op = "<" if found.group() == "负增长" else "<="
        yield _implied(s, found, s.text[start : found.start()], op, Decimal(0), "%")
    yield from _places(s)
    for found in _UNSET.finditer(s.masked):
        yield from _unset(s, found)
    for found in _OPEN.finditer(s.masked):
        words = re.split("[,、;:]", s.text[max(0, found.start() - 40) : found.start()])[-1] + found["how"]
        yield found.start(), s.target(found.start(), found.end(), words, "=", Decimal(24), "小时")
    for found in _LOOSE.finditer(s.masked):
        start, stop = s.comma(found.start(), found.end())
        if s.due(found.start()) or s.aim or "力争" in s.text[start:stop]:
            word = found.group()
            value = Decimal(0) if "消除" in word else None
            yield _implied(s, found, s.text[start:stop].replace(word, ""), _loose_op(word), value, "")


def _places(s: Sentence) -> Iterator[tuple[int, Target]]:
    """翻一番, and a place among the first: 进入全省前10名."""
    for found in _DOUBLE.finditer(s.masked):
        start, _stop = s.comma(found.start(), found.end())
        fold_ = Decimal(4 if found["times"] == "两" else 2)
        yield _implied(s, found, s.text[start : found.start()], ">=", fold_, "倍")
    for found in _RANK.finditer(s.masked):
        start, stop = s.comma(found.start(), found.end())
        place, words = cn_int(found["n"]), s.text[start : found.start()]
        if place is None or re.search("连续|已|曾|蝉联|奖", s.text[start:stop]):
            continue
        words = re.sub("(?:总?排名)$", "", words if s.tidy(words) else s.subject(start)) + "排名"
        yield (
            found.start(),
            s.target(found.start(), found.end(), words, "<=", Decimal(place), found["u"] or "名"),
        )


def _implied(
    s: Sentence, found: re.Match[str], words: str, op: str, value: Decimal | None, unit: str
) -> tuple[int, Target]:
    target = s.target(found.start(), found.end(), words, op, value, unit)
    word = re.sub("(?<=严禁)新增.*|(?<=禁止)新增.*|(?<=不再新.).*", "", found.group())
    words_ = [w for w in (target.fuzzy or "").split("、") if w not in word]
    target.fuzzy = "、".join([*words_, word]).strip("、")
    target.implied = value is not None
    return found.start(), target


def _unset(s: Sentence, found: re.Match[str]) -> Iterator[tuple[int, Target]]:
    """A figure that another level sets: one target per indicator named, and per year named after it."""
    start, stop = s.comma(found.start(), found.end())
    names = [name for name in re.split("、", s.text[start : found.start()]) if name.strip()]
    years = sorted({t.day for t in s.times if t.day and start <= t.start <= stop + 12})
    inner: list[date | None] = [day for day in years if str(day.year) in found["what"]]
    for name in names if not inner else re.split("和|以及", found["what"]):
        for day in inner or [s.due(found.start())]:
            average = found["level"].endswith("平均水平")
            at, target = _implied(s, found, name, ">=", Decimal(1) if average else None, "倍" if average else "")
            target.due, target.fuzzy = day, found["level"]
            if average:  # as much as the others have on average: once that
                target.baseline, target.fuzzy = found["level"], "力争" if "力争" in name else None
            target.indicator = s.tidy(name)
            yield at, target


def _loose_op(word: str) -> str:
    if word.endswith("前移"):
        return "<"
    return ">" if "突破" in word else "=" if "消除" in word else ">="
