"""The thinking of the room, over plain data: ranks, slugs, numbers, and where a clause stands in a text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date

_OPEN = re.compile("[\\[\u3010\u3014\ufe5d\uff3b\u3016]")  # [ 【 〔 and their like
_CLOSE = re.compile("[\\]\u3011\u3015\ufe5e\uff3d\u3017]")
_NUMBER = re.compile(r"^(?P<code>.+?)〔(?P<year>\d{4})〕(?P<no>\d+)号$")

# What issued a document decides its level: 0 stands above all.
_LEVELS = (
    (0, re.compile(r"全国人民代表大会|国务院|中华人民共和国")),
    (3, re.compile(r"(?:县|[^市]区|城区|自治旗|旗)(?:人民政府|委|人大|政协)")),
    (1, re.compile(r"(?:省|自治区|兵团)")),
    (2, re.compile(r"市(?:人民政府|委|人大)")),
)
_OTHER_LEVEL = 5

DATE_BITS, INSTRUMENT_BITS, PLACE_BITS = 20, 22, 18
PLACES = 1 << PLACE_BITS


def level(issuer: str) -> int:
    """How high the issuer stands, 0 (the state) to 7. An office (办公室) stands one below what it serves."""
    found = next((n for n, pattern in _LEVELS if pattern.search(issuer)), _OTHER_LEVEL)
    return found + (1 if issuer.endswith(("办公室", "办公厅")) else 0)


def entry_id(issuer: str, on: date | None, instrument: int, place: int) -> int:
    """The rank of a piece of text as one sortable 63-bit number: level, newest date, instrument, place in it."""
    newest = (1 << DATE_BITS) - 1 - (on.toordinal() if on else 0)
    rank = level(issuer) << DATE_BITS | newest
    return (rank << INSTRUMENT_BITS | instrument % (1 << INSTRUMENT_BITS)) << PLACE_BITS | place


def normal_number(number: str) -> str:
    """`城政发[2024] 9号` → `城政发〔2024〕9号`: bracket forms and spaces are print, not meaning."""
    return _CLOSE.sub("〕", _OPEN.sub("〔", re.sub(r"\s+", "", number)))


def slug_of(number: str, text_digest: str) -> str:
    """The permalink of a document no pack names: `城政发2024-9`; without a number, from its text."""
    found = _NUMBER.match(normal_number(number))
    if found is None:
        return f"doc-{text_digest[:10]}"
    code = re.sub(r"[^\w]", "", found["code"])
    return f"{code}{found['year']}-{found['no']}"[:60]


def digest(text: str) -> str:
    """SHA-256 of a text's words: line breaks and spaces moved by another print do not make another version."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()


# ── where a clause of the inventory stands in the text ────────────────────────────────────────────────────────────

# What a clause about the parts around the numbered text is called, and where such a part may stand, best first.
FRONT = {
    "题": ("0/标题", "0/正文标题"), "函": ("通知", "0/主送"), "通知": ("通知",), "印发通知": ("通知",),
    "主送": ("0/主送",), "据": ("序言", "通知"), "引": ("序言", "通知"), "序言": ("序言", "通知"),
    "署": ("0/署名日期", "0/署名", "0/成文日期"), "落款": ("0/署名日期", "0/署名", "0/成文日期"),
}  # fmt: skip
# Clauses about what the text does not say: they belong to the document as a whole.
ABSENT = ("缺", "推", "疑")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clause was found: `path` of a provision ("" = the document itself) and how (a `Clause.Fit` value)."""

    path: str
    fit: str


def split_key(key: str) -> tuple[str, str]:
    """`09:三(一)1-2` → (`09`, `三(一)1-2`)."""
    slug, _, path = key.partition(":")
    return slug, path


def candidates(path: str) -> list[str]:
    """`path` and every coarser place it could lie in, finest first: `4.1/p1s2` → `4.1/p1`, `4.1`, `4`.

    A cut falls only where a level ends: `三(一)12` never becomes `三(一)1`, nor `10.2` `1`.
    """
    found = [path]
    for cut in range(len(path) - 1, 0, -1):
        head, rest = path[:cut], path[cut:]
        if _level_ends(head, rest):
            trimmed = head.rstrip("/.-")
            if trimmed and trimmed not in found:
                found.append(trimmed)
    return found


def _level_ends(head: str, rest: str) -> bool:
    last, first = head[-1], rest[0]
    if last in "/.-" or first == ")":
        return False
    if first in "/.-(":
        return True
    if last == ")":
        return True
    if first == "s" and "/p" in head and last.isdigit():  # sentence of a paragraph: p1s2
        return True
    if first in "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮":
        return True
    return _is_numeral(last) and not _same_script(last, first)


def _is_numeral(char: str) -> bool:
    return char.isdigit() or char in "一二三四五六七八九十百零〇"


def _same_script(a: str, b: str) -> bool:
    return (a.isascii() and a.isdigit()) == (b.isascii() and b.isdigit()) and _is_numeral(a) == _is_numeral(b)


def locate(path: str, texts: Mapping[str, str]) -> Place | None:
    """Where clause `path` stands among provisions (path → text, paragraphs and front parts included).

    `2.3/区公安分局` names a paragraph by its first words. None when the text has no such place: the caller says so.
    """
    if path in texts:
        return Place(path, "exact")
    words = re.split(r"[./\-(]", path.removeprefix("0/"))
    if words[0] in FRONT:
        named = FRONT.get(words[-1], ()) + FRONT[words[0]]
        return Place(next((place for place in named if place in texts), ""), "front")
    if words[0] in ABSENT:
        return Place("", "whole")
    wider = coarser(path, texts)
    if not wider:
        said = next((place for place in FRONT.get(words[-1], ()) if place in texts), "")
        return Place(said, "front") if said else None
    paragraph = _paragraph(path, wider, texts)
    return Place(paragraph, "exact") if paragraph else Place(wider, "part")


def _paragraph(path: str, wider: str, texts: Mapping[str, str]) -> str:
    """The one paragraph under `wider` that begins with what `path` adds to it: a body, a grade (I级)."""
    said = _plain(path[len(wider) :].lstrip("/"))
    under = [p for p in texts if p.startswith(f"{wider}/p") and "/" not in p[len(wider) + 2 :]]
    if len(said) < 2:
        return ""
    opening = [p for p in under if _plain(texts[p]).startswith(said)]
    holding = [p for p in under if said in _plain(texts[p])[:40]]
    return next((found[0] for found in (opening, holding) if len(found) == 1), "")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", "".join(text.split()))


def coarser(path: str, provisions: Container[str]) -> str:
    """The finest place around `path` that the text has, or ""."""
    return next((wider for wider in candidates(path)[1:] if wider in provisions), "")


def lies_in(cite: str, wanted: str) -> bool:
    """Whether citation `cite` points into `wanted`: `09:三(一)1-2` lies in `09:三(一)1`, not in `09:三(一)12`."""
    slug, path = split_key(cite)
    return split_key(wanted)[0] == slug and split_key(wanted)[1] in candidates(path)
