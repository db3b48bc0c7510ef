"""Citations as people read them: `09:三(一)1` links to the provision and names the document."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import quote

_CLAUSE_PART = re.compile(r"-\d+[a-z]?$")  # a clause key is finer than the provision it lies in
_SLUG = re.compile(r"^[\w-]+$")
_SENTENCE = re.compile(r"/(?:p(\d+))?(?:s(\d+))?$")
_CASE = re.compile(r"/([a-z])$")
_WRITTEN = re.compile(
    r"(?<![\w:])\d\d:(?=\d+[.(/①-⑳])\d+(?:\.\d+)*(?:\(\d+\))*[①-⑳]*(?:/[^\W_]+)?"
)  # never a time of day
_KEPT_SECONDS = 300  # a list of 50 rows must not ask 50 times what a document is called
Namer = Callable[[str], str | None]
_namers: list[Namer] = []
_names: dict[str, tuple[float, str]] = {}


def register(namer: Namer) -> Namer:
    """`namer(slug)` gives the document number (城政发〔2024〕9号) or None. The room of documents registers one."""
    if namer not in _namers:
        _namers.append(namer)
    return namer


def split(citation: str) -> tuple[str, str]:
    """(slug, provision path) of a citation or clause key; slug is empty when it is not one of ours."""
    slug, colon, path = citation.strip().partition(":")
    if not colon or not _SLUG.match(slug):
        return "", citation
    return slug, _CLAUSE_PART.sub("", path)


def url(citation: str) -> str:
    """The permalink of the cited provision, or "" when the citation names a law outside the gazette."""
    slug, path = split(citation)
    return (f"/d/{quote(slug)}/" + quote(path, safe="/()")) if slug else ""


def label(citation: str) -> str:
    """城政发〔2024〕9号 三(一)1; without a known document number, 9号文件 三(一)1."""
    slug, _ = split(citation)
    if not slug:
        return citation
    path = spoken(citation.partition(":")[2].removeprefix("0/"))  # front matter: 0/标题
    return f"{_number(slug) or (slug.lstrip('0') or slug) + '号文件'} {path}".strip()


def spoken(path: str) -> str:
    """A path without letters: `4.1/p1s3` is 4.1第1段第3句, `1.4/b` is 1.4第2种情形; others as they are."""
    if case := _CASE.search(path):
        return f"{path[: case.start()]}第{ord(case[1]) - ord('a') + 1}种情形"
    found = _SENTENCE.search(path)
    if not found or not any(found.groups()):
        return path
    parts = zip(("段", "句"), found.groups(), strict=True)
    return path[: found.start()] + "".join(f"第{number}{word}" for word, number in parts if number)


def told(text: str) -> str:
    """A sentence of the rules for a reader: each `21:4.2(2)③` in it becomes the document's number and place."""
    return _WRITTEN.sub(lambda found: label(found[0]), text)


def _number(slug: str) -> str | None:
    kept = _names.get(slug)
    if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
        return kept[1]
    name = next((found for namer in _namers if (found := namer(slug))), None)
    if name:
        _names[slug] = (time.monotonic(), name)
    return name
