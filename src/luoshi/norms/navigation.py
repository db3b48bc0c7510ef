"""What this room brings to the shell: screens, the search box, names of documents, its own notes in the margin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from luoshi.faces import citations, finders, nav
from luoshi.kernel.acting import PUBLIC
from luoshi.norms import margin
from luoshi.norms.models import Instrument
from luoshi.norms.notes import finding_notes, interpretation_notes
from luoshi.norms.search import search

_KEPT_SECONDS = 60
_numbers: dict[str, str] = {}
_read_at = -1e9

nav.register("公报文件", "documents:index", PUBLIC, nav.PORTAL, 20)
nav.register("文件", "documents:index", PUBLIC, "文本", 300)
nav.register("导入公报", "norms:uploads", "norms.import", "文本", 310)
nav.register("核校问题", "norms:findings", "norms.findings", "文本", 320)
nav.register("口径", "norms:interpretations", "norms.read", "文本", 330)
nav.register("参数", "norms:parameters", "norms.read", "文本", 340)
margin.register(interpretation_notes)
margin.register(finding_notes)


@citations.register
def number_of(slug: str) -> str | None:
    """The document number of a slug. All are read at once and kept a minute: a page cites hundreds of times."""
    global _read_at
    if time.monotonic() - _read_at > _KEPT_SECONDS:
        _numbers.clear()
        _numbers.update(Instrument.objects.exclude(number="").values_list("slug", "number"))
        _read_at = time.monotonic()
    return _numbers.get(slug)


@receiver([post_save, post_delete], sender=Instrument)
def _forget_numbers(**_: Any) -> None:
    global _read_at
    _read_at = -1e9


def _find(words: str, user: Any, limit: int) -> Iterator[finders.Found]:
    staff = bool(getattr(user, "is_authenticated", False)) and user.may("norms.read")
    for hit in search(words, limit=limit, public_only=not staff):
        note = "要点，正文未导入" if hit.gist else "已失效" if hit.expired else ""
        url = f"/d/{quote(hit.slug)}/" + (quote(hit.path, safe="/()") if hit.path else "")
        title = f"{hit.document or hit.title} {hit.path}".strip() + (f"（{note}）" if note else "")
        yield finders.Found(title=title, url=url, snippet=hit.snippet, citation=hit.citation)


finders.register("公报文字", _find, order=10)
