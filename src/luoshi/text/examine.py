"""Second reading of a document: responsibilities, targets and deadlines, paragraph by paragraph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from luoshi.text.deadlines import times
from luoshi.text.duties import Reading, keyed, merge, read_duties
from luoshi.text.model import Deadline, Document, Responsibility
from luoshi.text.sentences import fresh, read_sentences
from luoshi.text.tables import Table
from luoshi.text.targets import read_targets
from luoshi.text.tree import Para

_AIMS = re.compile("目标|指标")
_THRESHOLD = re.compile("条件$|对象$|资格$|情形$|适用范围$|^(?:预警|事件|响应)分级")
_LEGAL = ("article", "para")


def examine(document: Document, paras: list[Para], known: Mapping[str, str] | None) -> None:
    """Fills responsibilities, targets and deadlines of `document`."""
    year = document.date.year if document.date else None
    carried: tuple[str, date | None] = ("", None)
    line: tuple[str, Responsibility] | None = None
    law = any(p.family == "article" for p in document.walk())
    table = Table()
    conditions = _conditions(document)
    for para in paras:
        path = para.provision.path
        if para.cells:
            _row(document, table, para, year)
            continue
        own = keyed(path, para.text, para.fold, year, document.findings)
        if own is not None:
            if line is not None and line[0] == path and len(line[1].bodies) < 100 and len(line[1].raw) < 2000:
                merge(line[1], own)
            else:
                document.responsibilities.append(own)
                line = (path, own)
            continue
        reading = read_duties(path, para.text, para.fold, year)
        document.findings += reading.findings
        cut = reading.spans[0][0] if reading.spans and reading.spans[-1][1] >= len(para.fold) - 1 else None
        days = _deadlines(document, para, year, reading)
        for item in reading.items:
            _inherit(item, days)
            document.responsibilities.append(item)
        masked = blank(para.fold, reading.spans)
        stated = fresh(read_sentences(path, para.text, masked, year), reading.items)
        document.responsibilities += stated
        if not law:
            aim = _AIMS.search(para.provision.heading) is not None
            due = carried[1] if carried[0] == path and aim else None
            if id(para.provision) not in conditions:
                found = read_targets(path, para.fold, year, due, cut, aim)
                document.targets += [t for t in found if not (t.due and year and t.due.year < year)]  # told, not aimed
            if days and days[0].date and not para.heading:
                carried = (path, days[0].date)
    for item in document.responsibilities:
        item.known = {name: known[name] for name in item.bodies if name in known} if known else {}


def _deadlines(document: Document, para: Para, year: int | None, reading: Reading) -> list[Deadline]:
    """Days named in the running text, outside responsibility brackets."""
    found = []
    for time in times(para.fold, year):
        if time.kind == "bare" or any(a <= time.start < b for a, b in reading.spans):
            continue
        if time.kind == "words" or (time.kind == "day" and time.day is not None):
            raw = para.text[time.start : time.end]
            limit = Deadline(time.day, raw=raw, assumed_year=time.assumed)
            found.append(limit)
            document.deadlines.append((para.provision.path, limit))
    return found


def _conditions(document: Document) -> set[int]:
    """Provisions headed 申请条件, 补助对象 … and all below them: figures there are thresholds, not aims."""
    stack = [p for top in document.provisions for p in ([top] if not _THRESHOLD.search(top.heading) else [])]
    free = set()
    while stack:
        node = stack.pop()
        free.add(id(node))
        stack += [child for child in node.children if not _THRESHOLD.search(child.heading)]
    return {id(node) for node in document.walk()} - free


def _row(document: Document, table: Table, para: Para, year: int | None) -> None:
    path = para.provision.path
    row = table.row(path, para.cells, year, document.findings)
    if row.duty:
        document.responsibilities.append(row.duty)
        document.targets += read_targets(path, row.task, year, row.duty.deadline.date, None, aim=False)
    document.targets += row.targets


def blank(folded: str, spans: list[tuple[int, int]]) -> str:
    """The same length with the responsibility brackets taken out."""
    for start, end in spans:
        folded = folded[:start] + "。" * (end - start) + folded[end:]
    return folded


def _inherit(item: Responsibility, days: list[Deadline]) -> None:
    """A bracket without a time limit takes that of its paragraph when the paragraph names exactly one day."""
    dated = [day for day in days if day.date is not None]
    if not item.deadline.raw and len({d.date for d in dated}) == 1:
        item.deadline = dated[0]
