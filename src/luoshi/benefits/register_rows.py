"""The rows of a register file, as typed by people in a pack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from luoshi.kernel import sheets
from luoshi.kernel.packing import Entry, Problem, Row
from luoshi.rules.rows import Words
from luoshi.rules.tree import Fact

FILE = "registers.yaml"
Role = Literal[
    "", "key", "name", "kind", "area", "bank_name", "bank_account", "employer", "employer_name", "matter", "year", "row"
]


class ColumnRow(Row):
    """A column: its heading, what others call it (`also`), and the fact it states or the part (`role`) it plays.

    `part`: of a list fact, one row of the register being one record. `day`: the date of the matter. `each_year`: a
    figure of one year; the fact it is for an event so many years later. `words`: the register's words for the fact's.
    `total`: added up over the rows of one matter. The role `row` tells rows of one matter apart.
    """

    head: str = Words
    also: list[str] = []
    role: Role = ""
    fact: str = ""
    part: str = ""
    needed: bool = False
    day: bool = False
    words: dict[str, str] = {}
    each_year: dict[str, int] = {}
    total: bool = False


class RegisterRow(Row):
    """A register. `matter`: the kind of event its rows tell of; or `by` a fact's value, `matters`. `yearly`: one event
    a year. Neither: its rows are about the subject itself."""

    register_: str = Field(min_length=1, alias="register")
    name: str = Words
    cite: str = Words
    about: Literal["business", "person"] = "business"
    matter: str = ""
    by: str = ""
    matters: dict[str, str] = {}
    yearly: bool = False
    columns: list[ColumnRow] = []


def spelt(head: str) -> str:
    """A heading as it is compared: no blanks, marks, units or width. `营业额（万元）*` → `营业额`."""
    text = re.sub(r"[\s*＊:：、“”\"']", "", sheets.plain(head))
    text = text.replace("(", "（").replace(")", "）")
    return re.sub(r"（(必填|选填|元|万元|亿元|年|月|个月|%|是/否|是否)）$", "", text).lower()


def faults(entry: Entry[RegisterRow], facts: Mapping[str, Fact], cites: set[str]) -> Iterator[Problem]:
    """What is wrong with a register of a pack: a fact nobody knows, a heading two columns claim."""
    row = entry.row
    if row.cite not in cites:
        yield entry.problem(f"引用了不存在的条款“{row.cite}”", "cite")
    heads: dict[str, str] = {}
    for i, column in enumerate(row.columns):
        for name in [column.fact or next(iter(column.each_year), ""), *column.each_year]:
            if name and name not in facts and not (name == column.fact and column.each_year):
                yield entry.problem(f"没有名为“{name}”的事实", "columns", i)
        if bool(column.role) == bool(column.fact):
            yield entry.problem("role 和 fact 应写一个，且只写一个", "columns", i)
        if spelt(column.head) in heads:
            yield entry.problem(f"两列都叫“{column.head}”", "columns", i, "head")
        heads[spelt(column.head)] = column.head
    if row.by and not row.matters:
        yield entry.problem("写了 by，应写 matters", "by")
