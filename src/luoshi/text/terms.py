"""One thing under several names: the event a document is about (…事件, …事故), found from the text's own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from luoshi.text.marks import HAN, TITLE
from luoshi.text.model import Finding

HEADS = "事件|事故|灾害|险情|疫情|灾情"
EVENT = re.compile(HEADS)
_RUN = 12  # characters a name of an event has at most
_LEAST, _FREE = 5, 0.5  # times the usual name must stand; share the commonest character before it may have
# what everyone calls by these names: laws, systems, kinds of event; never one document's own thing
_COMMON = re.compile("^(?:突发|公共|突发公共|紧急|应急|重大|特大|次生|次生衍生|衍生|自然|各类|此类|该类)*$")
_JOINT = re.compile("[的了和与及或等后前中因由对在是为将把被向从成生起致使其该此本各以并也可能够应处有无未不]")
_BEFORE = "的对因为于是生置与和及或到由大般上急后时将把了入报"


def usual(texts: Sequence[str]) -> str:
    """The name the document has for its event: the commonest whose beginning is free, or nothing. Freedom tells a
    name from its tail: before 网络事故 there is nearly always 通信, before 通信网络事故 there is anything."""
    runs: Counter[str] = Counter()
    for text in texts:
        for found in EVENT.finditer(text):
            start = max(0, found.start() - _RUN)
            runs[re.split(f"[^{HAN}]", text[start : found.end()])[-1]] += 1
    if runs.total() < _LEAST:
        return ""
    counts: Counter[str] = Counter()
    before: dict[str, Counter[str]] = {}
    for run, times in runs.items():
        for length in range(4, len(run) + 1):
            name = run[-length:]
            if _COMMON.match(name[:-2]) or _JOINT.search(name[:-2]):
                continue
            counts[name] += times
            before.setdefault(name, Counter())[run[-length - 1 : -length]] += times
    free = [
        (times, len(name), name)
        for name, times in counts.items()
        if times >= _LEAST and len(before[name]) > 2 and max(before[name].values()) <= times * _FREE
    ]
    return max(free)[2] if free else ""


def mixed(paras: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """The document's event under three names or more. `paras`: (path, folded text)."""
    shown = [(path, TITLE.sub(lambda m: "。" * len(m.group()), text)) for path, text in paras if EVENT.search(text)]
    name = usual([text for _path, text in shown])
    if len(name) < 6:
        return
    first, second = name[:2], name[2:4]
    other = re.compile(
        f"{first}(?P<a>[{HAN}]{{0,6}}?)(?:{HEADS})|(?:(?<=[{_BEFORE}])|(?<![{HAN}])){second}(?P<b>[{HAN}]{{0,6}}?)(?:{HEADS})"
    )
    counts: Counter[str] = Counter()
    places: dict[str, str] = {}
    for path, text in shown:
        for found in other.finditer(text):
            word = found.group()
            if not _JOINT.search(word[:-2]):
                counts[word] += 1
                places.setdefault(word, path)
    odd = [(times, word) for word, times in counts.most_common() if word != name]
    if len(odd) < 2 or counts[name] < _LEAST:
        return
    told = "、".join(f"“{word}”{times} 处" for times, word in odd)
    message = f"同一对象用语不统一：“{name}”{counts[name]} 处，另有{told}"
    yield Finding("term_mixed", message, "、".join(word for _times, word in odd), name, path=places[odd[0][1]])
