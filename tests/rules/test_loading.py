"""A rule file is checked when it is loaded: every mistake is named with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from luoshi.benefits import pack
from luoshi.kernel.errors import BadInput

FACTS = """
- {name: star, type: int, min: 1, max: 5, label: 星级}
- {name: sales, type: money, label: 营业额}
- {name: day, type: date, label: 日期}
- {name: kind, type: word, values: [甲, 乙], label: 种类}
- {name: ok, type: bool, label: 合格}
- {name: big, type: money, max: 1000000000000, label: 很大的数}
- {name: items, type: list, of: money, label: 各项}
- {name: name, type: text, label: 名称}
"""
TERMS = "- {name: high, is: star >= 4}\n"
RULE = """
- key: "9:一"
  name: 奖励
  cite: "9:一"
  limbs:
    - key: a
      name: 甲
      cite: "9:一"
      conditions:
        - {{cite: "9:一", text: 条件, test: '{test}'}}
      amount:
        by: {by}
        rows:
{rows}
"""
ROWS = ["{is: 5, give: 500}", "{is: [4, 3], give: 200}"]


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def run(
        test: str = "ok", by: str = "star", rows: list[str] | None = None, rest: str | None = "0", more: str = ""
    ) -> Any:
        folder = tmp_path / "9"
        folder.mkdir()
        (folder / "measure_facts.yaml").write_text(FACTS)
        table = "\n".join(f"          - {row}" for row in (rows if rows is not None else ROWS))
        text = RULE.format(test=test, by=by, rows=table) + (f"        rest: {rest}\n" if rest is not None else "")
        (folder / "measures.yaml").write_text(text)
        (folder / "measure_terms.yaml").write_text(TERMS + more)
        pack.read.cache_clear()
        return pack.read("9", str(tmp_path))

    return run


def test_a_sound_rule_is_read(load: Any) -> None:
    assert list(load().assembly.rules) == ["9:一"]


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("strar == 5", "没有这个名称：strar（是否应为 star）"),
        ("star == kind", "类型不符"),
        ("day > 5", "类型不符"),
        ("star", "类型不符"),
        ('kind > "甲"', "没有先后"),
        ('kind == "丙"', "没有选项“丙”"),
        ("star > 5", "永远不成立"),
        ("star >= 1", "永远成立"),
        ("star in {6, 7}", "永远取不到"),
        ("ok and ok", "写了两次"),
        ("ok and not ok", "互相矛盾"),
        ("star >= 4 and star < 4", "互相矛盾，永远不成立，分支走不到（star）"),
        ("star > 3 and 4.5 > star and star != 4", "互相矛盾"),
        ("star in {1, 2} and star in {4, 5}", "互相矛盾"),
        ("star == 2 and (ok or sales > 5) and not star < 3", "互相矛盾"),
        ("star == 2 and (star > 3 or star < 2)", "互相矛盾"),
        ('kind == "甲" and kind == "乙"', "互相矛盾"),
        ('kind != "甲" and kind != "乙"', "互相矛盾"),
        ('name == "甲" and name == "乙"', "互相矛盾"),
        ('name in {"甲", "乙"} and name not in {"乙", "甲", "丙"}', "互相矛盾"),
        ('day > date("2024-01-31") and day < date("2024-02-01")', "互相矛盾"),
        ('date("2024-07-19") <= day <= date("2023-07-18")', "互相矛盾"),
        ("sales >= 10.01 and sales < 10.01", "互相矛盾"),
        ("any(items, it > 5 and it < 5)", "互相矛盾"),
        ("high and star < 4", "互相矛盾"),
        ("ok if star > 3 else (ok if star > 4 else not ok)", "走不到"),
        ("sales + star > 5", "单位不同"),
        ("sales * sales > 5", "带单位"),
        ("big * 100000 * 1000 > 5", "64 位"),
        ("star / 2 > 1", "div"),
        ("div(star, star - 1, 0) > 1", "除数"),
        ("any(items, any(items, it > 1))", "不能套"),
        ('__import__("os")', "没有这个函数"),
        ("ok.real", "没有这个名称"),
        ("(lambda: 1)()", "不支持"),
        ("[x for x in items]", "不支持"),
        ("star ==", "写法有误"),
        ("ok if ok else (ok if ok else ok)", "走不到"),
        ("(" * 90 + "ok" + ")" * 90 + " and not " * 1 + "not " * 70 + "ok", "过深"),
    ],
)
def test_a_wrong_condition_is_named_with_file_and_line(load: Any, test: str, reason: str) -> None:
    with pytest.raises(BadInput) as error:
        load(test=test)
    told = str(error.value)
    assert reason in told, told
    assert error.value.file.endswith("9/measures.yaml") and error.value.line == 10
    assert error.value.field == "limbs[1].conditions[1].test"


@pytest.mark.parametrize(
    "test",
    [
        "star >= 4 and star < 5",
        "star > 3 and star < 4.5",
        "star == 2 and (star > 3 or ok)",
        'name != "甲" and name != "乙"',
        'name == "甲" or name != "乙"',
        'day > date("2024-02-28") and day < date("2024-03-01")',
        "any(items, it > 5) and any(items, it < 5)",
        "star >= 4 or star < 4",  # asks whether it is known
        "(star >= 4 and ok) or (star < 4 and not ok)",
        "ok if star > 4 else (ok if star > 3 else not ok)",
    ],
)
def test_a_condition_that_can_hold_is_not_called_a_contradiction(load: Any, test: str) -> None:
    assert list(load(test=test).assembly.rules) == ["9:一"]


@pytest.mark.parametrize(
    ("by", "rows", "rest", "reason", "line"),
    [
        ("star", ROWS, None, "表有缺口：没有写明 1", 11),
        ("star", [*ROWS, "{is: 5, give: 1}"], "0", "表有重叠：5", 16),
        ("star", [*ROWS, "{is: 7, give: 1}"], "0", "走不到", 16),
        ("star", ["{is: [1, 2, 3, 4, 5], give: 1}"], "0", "走不到", 15),
        ("kind", ["{is: 甲, give: 1}"], None, "表有缺口：没有写明 “乙”", 11),
        ("sales", ["{below: 100, give: 1}", "{since: 200, give: 2}"], None, "表有缺口：没有写明 100元", 11),
        ("sales", ["{below: 300, give: 1}", "{since: 200, give: 2}"], None, "表有重叠", 15),
        ("day", ["{below: 2024-07-19, give: 1}"], None, "表有缺口：没有写明 2024-07-19", 11),
        ("ok", ["{is: 1, give: 1}"], None, "表不能按", 11),
        ("star", ["{is: 5, give: 0.001}"], "0", "两位小数", 11),
        ("star", ["{is: 5, give: day}"], "0", "类型不符", 11),
    ],
)
def test_a_gap_or_overlap_in_a_table_is_named_with_its_row(
    load: Any, by: str, rows: list[str], rest: str | None, reason: str, line: int
) -> None:
    with pytest.raises(BadInput) as error:
        load(by=by, rows=rows, rest=rest)
    assert reason in str(error.value)
    assert error.value.line == line, str(error.value)


def test_a_name_used_twice_is_named(load: Any) -> None:
    with pytest.raises(BadInput, match="名称“star”已用过"):
        load(more="- {name: star, is: ok}\n")


def test_a_table_by_spans_covers_everything_once(load: Any) -> None:
    made = load(by="sales", rows=["{below: 100, give: 1}", "{since: 100, give: 2}"], rest=None)
    assert list(made.assembly.rules) == ["9:一"]
