"""What only shows when the documents of an issue are laid side by side."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from luoshi.text.bodies import COLLECTIVE, nearest, variants
from luoshi.text.copies import carried
from luoshi.text.model import Document, Finding

_NUMBER = re.compile(r"^(.+)〔(\d{4})〕(\d+)号$")


def compare(documents: list[Document], known: Mapping[str, str] | None) -> Iterator[Finding]:
    """Findings about several documents together."""
    yield from _order(documents)
    yield from _twice(documents)
    yield from _addressees(documents, known)
    yield from _names(documents, known)
    yield from carried(documents)


def _order(documents: list[Document]) -> Iterator[Finding]:
    """Numbers of one series whose dates run the other way."""
    series: dict[tuple[str, str], list[tuple[int, Document]]] = defaultdict(list)
    for document in documents:
        found = _NUMBER.match(document.number)
        if found and document.date:
            series[found[1], found[2]].append((int(found[3]), document))
    for numbered in series.values():
        numbered.sort(key=lambda pair: pair[0])
        latest: Document | None = None
        for _number, document in numbered:
            if latest is not None and latest.date and document.date and document.date < latest.date:
                text = f"成文日期 {document.date} 早于号数在前的 {latest.number}（{latest.date}）"
                yield Finding("date_order", text, document.date.isoformat(), document=document.number)
            if latest is None or (document.date and latest.date and document.date > latest.date):
                latest = document


def _twice(documents: list[Document]) -> Iterator[Finding]:
    counts = Counter(d.number for d in documents if d.number)
    for number, count in counts.items():
        if count > 1:
            yield Finding("number_duplicate", f"文号 {number} 出现 {count} 次", number, document=number)


def _addressees(documents: list[Document], known: Mapping[str, str] | None) -> Iterator[Finding]:
    """An addressee one character away from what the other documents print."""
    counts = Counter(name for d in documents for name in d.addressees)
    usual = {name for name, count in counts.items() if count > 1}
    for document in documents:
        for name in document.addressees:
            if COLLECTIVE.search(name):
                continue
            close = nearest(name, usual) if counts[name] == 1 and not (known and name in known) else []
            if close and abs(len(close[0]) - len(name)) < 2 and counts[close[0]] > 1:
                text = f"主送“{name}”与其他文件的“{close[0]}”差一字"
                yield Finding("name_variant", text, name, close[0], document=document.number)


def _names(documents: list[Document], known: Mapping[str, str] | None) -> Iterator[Finding]:
    where: dict[str, Document] = {}
    for document in documents:
        for item in (r for r in document.responsibilities if not r.sentence):
            for name in item.bodies:
                where.setdefault(name, document)
    if known is None and len(documents) < 2:
        return
    for long, short in variants(where, known):
        if where[long] is where[short] and known is None:
            continue  # told within the document
        text = f"“{short}”与“{long}”可能是同一单位，各文件名称不统一"
        yield Finding("body_variant", text, short, long, document=where[short].number)
