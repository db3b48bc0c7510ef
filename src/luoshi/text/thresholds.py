"""Figures that say what a rule holds for, in a plan: 运距500公里以上优先采用铁路, 淘汰国三及以下柴油货车.

And a class so bounded that is to be dealt with entirely: 完成10蒸吨/小时及以上锅炉监控设施安装 (100 %, implied)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from luoshi.text.marks import cn_int
from luoshi.text.model import Target
from luoshi.text.quantities import MEASURES, Quantity, quantities
from luoshi.text.surroundings import Sentence

_QUICK = re.compile("以[上下]")
_RULED = re.compile(r"^\)?的?[^,。;:()]{0,30}(?:,[^,。;:()]{0,4})?(?:优先|原则上|逐步|一律|全部|必须|不得|严禁|禁止)")
_REMOVED = re.compile("(?:淘汰|关停|拆除|取缔|报废|替代|整合|退出)[^,。;:、]{0,6}$")
_COMPLETED = re.compile("完成[^,。;:、]{0,4}$")
_WORK = re.compile("建设|安装|改造|联网|淘汰|拆除|治理|整治|关停|替代")
_BRACKET = re.compile(r"\([^()]{1,8}$")
_STAGE = re.compile("(?:第(?P<n>[一二三四五六])阶段|国(?P<s>[一二三四五六ⅠⅡⅢⅣⅤⅥ]|I{1,3}|IV|VI?))(?P<suf>及?以[上下])")
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6} | {c: n for n, c in enumerate("ⅠⅡⅢⅣⅤⅥ", 1)}


def thresholds(s: Sentence, taken: set[int]) -> Iterator[tuple[int, Target]]:
    """(place, target) of a sentence's bounds. `taken`: places of figures that are aims themselves."""
    if not _QUICK.search(s.text):
        return
    for number in (*_measures(s), *_stages(s)):
        if number.start in taken:
            continue
        start, stop = s.comma(number.start, number.end)
        left, right = s.text[start : number.start], s.text[number.end : number.end + 80]
        inside = left.rfind("(") > left.rfind(")")
        if _COMPLETED.search(left) and not inside and _WORK.search(s.text, number.end, stop):
            target = s.target(number.start, number.end, s.text[number.start : stop], "=", Decimal(100), "%")
            yield number.start, replace(target, implied=True)
        elif _RULED.match(right) or (_REMOVED.search(left) and not inside):
            op = ">=" if number.suffix.endswith("上") else "<="
            words = left[left.rfind("(") + 1 :]
            if _REMOVED.search(left) or not s.tidy(words):  # what is bounded follows
                words = re.split("[,。;:()]|(?:优先|原则上|逐步|一律|全部|必须|不得|严禁|禁止)", right)[0].removeprefix(
                    "的"
                )
            target = s.target(number.start, number.end, words, op, number.value, number.unit)
            yield number.start, replace(target, threshold=True)


def _measures(s: Sentence) -> Iterator[Quantity]:
    """Lengths, weights and capacities; money and ages bound who is paid, and that is no plan's aim."""
    for number in quantities(s.text):
        if not number.suffix.endswith(("以上", "以下")) or number.unit not in MEASURES or number.unit.endswith("元"):
            continue
        if s.masked[number.start] != "\0" or _BRACKET.search(s.text, max(0, number.start - 9), number.start):
            yield number


def _stages(s: Sentence) -> Iterator[Quantity]:
    """Stages of an emission standard: 第二阶段及以下, 国三及以下."""
    for found in _STAGE.finditer(s.text):
        word = found["n"] or found["s"]
        value = _ROMAN.get(word) or cn_int(word)
        if value:
            yield Quantity(found.start(), found.end(), Decimal(value), None, "阶段", found["suf"])
