"""Tables pasted as text, cells parted by tabs or |: a task list with 责任单位 columns, a list of indicators by year.

A table is known by its header row; rows before one, and tables of anything else, are left as text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from luoshi.text.bodies import looks_like_body, split_list
from luoshi.text.deadlines import deadline
from luoshi.text.duties import parse
from luoshi.text.marks import fold
from luoshi.text.model import Finding, Responsibility, Target

_ROLE = re.compile(
    r"^(?:责任|牵头|配合|参与|主管|主办|协办|承办|落实|协助|实施)(?:责任)?(?:单位|部门|主体)(?:\([^()]*\))?$"
)
_TIME = re.compile("^(?:完成|办结|实施|整改)?(?:时限|时间|期限)(?:要求)?$")
_PEOPLE = re.compile("^(?:责任|分管|牵头|包联)(?:领导|人)$")
_TASK = re.compile("任务|内容|事项|项目|措施|目标|工程")
_NAME = re.compile("指标")
_UNIT = re.compile("^(?:计量)?单位$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_VALUE = re.compile(
    r"^(?P<op>≥|≤|>|<|不低于|不高于|不超过)?[\[〔(]?(?P<v>\d{1,12}(?:\.\d{1,6})?)[\])〕]?(?P<u>%|‰)?(?P<suf>以上|以下|左右|以内)?$"
)
_OPS = {
    "≥": ">=", "≤": "<=", ">": ">", "<": "<", "不低于": ">=", "不高于": "<=", "不超过": "<=",
    "以上": ">=", "以下": "<=", "以内": "<=",
}  # fmt: skip


def cells(line: str) -> list[str]:
    """The cells of a printed line, or nothing when it is no row of a table (three cells at least)."""
    if "\t" not in line and line.count("|") < 2:
        return []
    parts = line.split("\t") if "\t" in line else line.strip("|").split("|")
    parts = [part.strip(" 　") for part in parts]
    return parts if len(parts) > 2 and len(line) < 4000 else []


@dataclass(slots=True)
class Row:
    """What one row states. `task`: its words, which may hold targets of their own."""

    duty: Responsibility | None = None
    targets: list[Target] = field(default_factory=list)
    task: str = ""


@dataclass(slots=True)
class Table:
    """Remembers the header of the table being read."""

    header: list[str] = field(default_factory=list)

    def row(self, path: str, raw: list[str], year: int | None, findings: list[Finding]) -> Row:
        folded = [fold(cell) for cell in raw]
        if _heads(folded):
            self.header = folded
            return Row()
        if not self.header or len(raw) > len(self.header):
            return Row()
        lost = len(self.header) - len(raw)
        raw, folded = [""] * lost + raw, [""] * lost + folded  # empty cells at the left margin are not printed
        row = Row(self._duty(path, raw, folded, year, findings))
        row.task = next((c for h, c in zip(self.header, folded, strict=True) if _TASK.search(h) and c), "")
        row.targets = self._indicators(path, raw, folded, year)
        return row

    def _duty(
        self, path: str, raw: list[str], folded: list[str], year: int | None, findings: list[Finding]
    ) -> Responsibility | None:
        item = Responsibility(path, [], raw="\t".join(raw))
        for head, cell, plain in zip(self.header, raw, folded, strict=True):
            if not plain:
                continue
            if _ROLE.match(head):
                found = parse(path, f"{head}:{cell}", f"{head}:{plain}", year, findings)
                if not any(looks_like_body(fold(name)) for name in found.bodies):
                    continue
                for names, more in (
                    (item.bodies, found.bodies), (item.lead, found.lead), (item.cooperate, found.cooperate),
                ):  # fmt: skip
                    names += [name for name in more if name not in names]
                item.open_list = item.open_list or found.open_list
            elif _PEOPLE.match(head):
                item.people += [cell[a:b] for a, b in split_list(plain)]
            elif _TIME.match(head):
                item.deadline = deadline(plain, year, cell)
        return item if item.bodies else None

    def _indicators(self, path: str, raw: list[str], folded: list[str], year: int | None) -> list[Target]:
        years = {at: int(found[1]) for at, head in enumerate(self.header) if (found := _YEAR.search(head))}
        named = next((at for at, head in enumerate(self.header) if _NAME.search(head) and at not in years), None)
        if not years or named is None or not folded[named]:
            return []
        unit = next((folded[at] for at, head in enumerate(self.header) if _UNIT.match(head)), "")
        name = re.sub(r"\(([^()]{1,12})\)$", "", folded[named])
        unit = unit or folded[named][len(name) :].strip("()")
        start = year or max(years.values())
        before = [at for at in years if years[at] < start]
        base = _VALUE.match(folded[before[-1]]) if before else None
        targets = []
        for at in (at for at in years if years[at] >= start):
            found = _VALUE.match(folded[at])
            if found is None:
                continue
            value = Decimal(found["v"])
            op = _OPS.get(found["op"] or found["suf"] or "") or ("<=" if base and Decimal(base["v"]) > value else ">=")
            targets.append(
                Target(
                    path, name, op, value, found["u"] or unit.strip("—-"), date(years[at], 12, 31),
                    "左右" if found["suf"] == "左右" else None, str(years[before[-1]]) if before else None,
                    raw="\t".join(raw),
                )
            )  # fmt: skip
        return targets


def _heads(folded: list[str]) -> bool:
    """Whether a row heads a table that is read here."""
    duties = any(_ROLE.match(cell) for cell in folded)
    years = any(_NAME.search(cell) for cell in folded) and any(_YEAR.search(cell) for cell in folded)
    return (duties or years) and not any(_VALUE.match(cell) for cell in folded)
