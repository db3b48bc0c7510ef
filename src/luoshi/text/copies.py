"""What a document kept of the one it was written from: a plan copied from a sister plan, its terms replaced one by
one, and a place forgotten. Told from the two texts themselves: sentences they share, and what was replaced in the
sentences that differ. Nothing is known of any word beforehand."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from luoshi.text.marks import HAN, TITLE, fold
from luoshi.text.model import Document, Finding

_STOP = re.compile("[。;:,!?\n]")
_WORD = re.compile(f"^[{HAN}]{{2,12}}$")
_LONG = 8  # characters of a sentence's part that two texts do not share by chance
_SHARED, _SHARE, _SAME = 30, 0.25, 0.95  # parts two texts share; their share; above it they are one text
_OFTEN = 3  # times a replacement was made before one more is missed
_RARE = 5  # a word left over is this much rarer than the word that took its place
_PARTNERS, _CROWD = 2, 8  # texts one is compared with; texts one part is looked up in
_LARGEST = 4000  # parts of a text that is compared


@dataclass(slots=True)
class _Text:
    """A document as parts between stops, each with its provision's path; titles of other documents left out."""

    document: Document
    parts: list[tuple[str, str]] = field(default_factory=list)
    whole: str = ""

    @classmethod
    def of(cls, document: Document) -> _Text:
        text = cls(document)
        for node in document.walk():
            for piece in (node.heading, node.text):
                shown = TITLE.sub("。", fold(piece))
                text.parts += [(node.path, part) for part in _STOP.split(shown) if len(part) > 1]
        text.whole = "\n".join(part for _path, part in text.parts)
        return text


def carried(documents: Sequence[Document]) -> Iterator[Finding]:
    """Terms of one document of an issue left standing in another that was written from it."""
    for one, other in _pairs(documents):
        swaps = _swaps(one, other)
        yield from _left(one, other, swaps)
        yield from _left(other, one, Counter({(b, a): n for (a, b), n in swaps.items()}))


def _pairs(documents: Sequence[Document]) -> Iterator[tuple[_Text, _Text]]:
    """Texts that share a good part of their sentences and are not the same; each with its nearest."""
    texts: list[_Text] = []
    numbers: set[str] = set()
    where: dict[str, list[int]] = defaultdict(list)
    shared: Counter[tuple[int, int]] = Counter()
    for document in documents:
        text = _Text.of(document) if document.number not in numbers or not document.number else None
        numbers.add(document.number)
        if text is None or not _SHARED <= len(text.parts) <= _LARGEST:
            continue
        for part in {part for _path, part in text.parts if len(part) >= _LONG}:
            known = where[part]
            shared.update((at, len(texts)) for at in known)
            if len(known) < _CROWD:
                known.append(len(texts))
        texts.append(text)
    partners: Counter[int] = Counter()
    for (a, b), count in shared.most_common():
        least = min(len({p for _, p in texts[i].parts if len(p) >= _LONG}) for i in (a, b))
        if count < _SHARED or not _SHARE * least <= count <= _SAME * least:
            continue
        if max(partners[a], partners[b]) < _PARTNERS:
            partners.update((a, b))
            yield texts[a], texts[b]


def _swaps(one: _Text, other: _Text) -> Counter[tuple[str, str]]:
    """(word of the one, word of the other in its place) → how often."""
    found: Counter[tuple[str, str]] = Counter()
    left, right = [p for _, p in one.parts], [p for _, p in other.parts]
    for what, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what == "replace" and j - i == m - k:
            for a, b in zip(left[i:j], right[k:m], strict=True):
                found.update(_changed(a, b))
    return found


def _changed(a: str, b: str) -> Iterator[tuple[str, str]]:
    """What was replaced in one part, when most of it stayed."""
    if max(len(a), len(b)) > 200:
        return
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < 0.5:
        return
    start: tuple[int, int] | None = None
    end = (0, 0)
    for what, i, j, k, m in [*matcher.get_opcodes(), ("equal", len(a), len(a) + 9, len(b), len(b) + 9)]:
        if what == "equal" and (j - i > 1 or start is None):  # one character in common joins what stands beside it
            if start is not None:
                pair = a[start[0] : end[0]], b[start[1] : end[1]]
                if all(_WORD.match(word) for word in pair):
                    yield pair
            start = None
            continue
        start = start or (i, k)
        if what != "equal":
            end = (j, m)


def _left(source: _Text, copy: _Text, swaps: Counter[tuple[str, str]]) -> Iterator[Finding]:
    """Words of `source` that `copy` replaced again and again, in the sentences where it did not."""
    shared = {part for _path, part in source.parts}
    kept = [(path, part) for path, part in copy.parts if len(part) >= _LONG and part in shared]
    told: set[tuple[str, str]] = set()
    for word, into in _replaced(swaps):
        instead = max(into, key=lambda name: (copy.whole.count(name), name))
        if copy.whole.count(word) * _RARE > copy.whole.count(instead):
            continue
        places = [(path, part) for path, part in kept if word in part and (path, part) not in told]
        told.update(places)
        shown, better = _full(word, source.whole), _full(instead, copy.whole)
        for part, paths in _grouped(places).items():
            also = f"，{'、'.join(paths[1:])} 同" if len(paths) > 1 else ""
            message = (
                f"“{shown}”是{source.document.number or '另一文件'}的用语，本文他处作“{better}”，"
                f"此句与该文相同，疑为沿用时漏改{also}"
            )
            yield Finding("term_carried", message, part, better, document=copy.document.number, path=paths[0])


def _replaced(swaps: Counter[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Words and what took their place: whole words, then their last two characters, which say what kind of thing."""
    for cut in (0, 2):
        totals: dict[str, Counter[str]] = defaultdict(Counter)
        for (word, instead), times in swaps.items():
            if min(len(word), len(instead)) > 2:
                totals[word[-cut:]][instead[-cut:]] += times
        for word, into in totals.items():
            often = [name for name, times in into.items() if times > 1]
            if often and sum(into.values()) >= _OFTEN + cut and word not in into:
                yield word, often


def _full(word: str, whole: str) -> str:
    """The word with what nearly always stands before it."""
    while len(word) < 12:
        before = Counter(re.findall(f"(.){re.escape(word)}", whole))
        if not before:
            break
        char, times = before.most_common(1)[0]
        if times < 0.8 * whole.count(word) or not _WORD.match(char + word):
            break
        word = char + word
    return word


def _grouped(places: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for path, part in places:
        paths.setdefault(part, []).append(path)
    return paths
