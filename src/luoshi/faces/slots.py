"""Places in a page that a room upstairs may fill: the document's page leaves one for what residents do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

Filler = Callable[..., str]
_fillers: dict[str, list[Filler]] = {}


def register(name: str, filler: Filler) -> None:
    """`filler(request, **what)` gives HTML (already safe) for every `{% slot name what=… %}`."""
    known = _fillers.setdefault(name, [])
    if filler not in known:
        known.append(filler)


def fill(name: str, request: HttpRequest | None, **what: Any) -> SafeString:
    if request is None:
        return SafeString("")
    return format_html_join("", "{}", ((SafeString(filler(request, **what)),) for filler in _fillers.get(name, ())))
