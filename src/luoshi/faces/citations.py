"""Citations as people read them: `09:三(一)1` links to the provision and names the document."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import quote

_CLAUSE_PART = re.compile(r"-\d+[a-z]?$")  # a clause key is finer than the provision it lies in
_SLUG = re.compile(r"^[\w-]+$")
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
    path = citation.partition(":")[2].removeprefix("0/")  # front matter: 0/标题
    return f"{_number(slug) or (slug.lstrip('0') or slug) + '号文件'} {path}".strip()


def _number(slug: str) -> str | None:
    kept = _names.get(slug)
    if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
        return kept[1]
    name = next((found for namer in _namers if (found := namer(slug))), None)
    if name:
        _names[slug] = (time.monotonic(), name)
    return name
