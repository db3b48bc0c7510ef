"""Text that no person wrote takes no more than its share of time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from luoshi.text import read

CASES: dict[str, Callable[[int], str]] = {
    "brackets never closed": lambda n: "一、" + "(" * n,
    "brackets nested": lambda n: "一、" + "[(〔「" * (n // 8) + ")〕」]" * (n // 8),
    "duties nested": lambda n: "一、" + "(区财政局、" * (n // 6) + "负责)" * (n // 6),
    "figures": lambda n: "一、完成" + "1家、" * (n // 3),
    "years": lambda n: "一、到" + "2024年" * (n // 5),
    "bureaus": lambda n: "\n".join(f"一、甲。[责任单位:区第{i}局、区第{i}办]" for i in range(n // 22)),
    "keyed lines": lambda n: "牵头单位:区财政局\n" * (n // 9),
    "same label": lambda n: "一、事项内容如下。\n" * (n // 9),
    "paragraphs of an article": lambda n: "第一条 总则。\n" + "这是一款。\n" * (n // 6),
    "lines that never end": lambda n: "一、总则\n" + "这是一行正文,内容没有结束的标点呢\n" * (n // 18),
    "titles": lambda n: "关于某事的通知\n" * (n // 8),
    "numbers": lambda n: "某政发[2024]1号\n" * (n // 12),
    "contents": lambda n: "目录\n" + "一、总则……1\n" * (n // 8),
    "spaces": lambda n: "一、" + "甲 " * (n // 2),
    "carriage returns": lambda n: "\r" * n + "甲",
    "quotes": lambda n: "一、" + '"' * n,
    "books": lambda n: "一、" + "《甲乙丙丁戊》和" * (n // 8),
    "levels": lambda n: "一、" + "I级、" * (n // 3) + "级别",
    "leads": lambda n: "一、" + "由区财政局牵头," * (n // 8),
    "leads without a stop": lambda n: "一、" + "区财政局、区民政局会同" * (n // 11),
    "said again and again": lambda n: "一、" + "由" * (n // 2) + "负责牵头" * (n // 8),
    "run-on keys": lambda n: "一、" + "。责任单位:区财政局" * (n // 10),
    "tables": lambda n: "一、分工\n任务\t责任单位\t完成时限\n" + "甲\t区财政局、区民政局\t年底前\n" * (n // 17),
    "joined rates": lambda n: "一、到2025年," + "甲率和乙率均达到98%、" * (n // 13),
    "days in words": lambda n: "一、自" + "自印发之日起5个工作日" * (n // 11),
    "short names": lambda n: "一、" + '(以下简称"区甲指挥部")' * (n // 14) + "区" * n,
}


def _seconds(text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began


@pytest.mark.parametrize("name", CASES)
def test_four_times_the_text_takes_about_four_times_as_long(name: str) -> None:
    # A quadratic reader needs 16 times as long, at every attempt; a busy machine disturbs some, never all.
    assert any(_ratio(CASES[name]) < 9 for _ in range(5))


def _ratio(make: Callable[[int], str]) -> float:
    """Processor time of 48,000 characters against 12,000; the floor keeps clock noise of the quick ones out."""
    short = min(_seconds(make(12_000)) for _ in range(2))
    return _seconds(make(48_000)) / max(short, 0.02)
