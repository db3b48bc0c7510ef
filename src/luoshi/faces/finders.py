"""One search box over all rooms: each brings a finder; the console and the portal ask them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from luoshi.kernel.acting import PUBLIC


@dataclass(frozen=True, slots=True)
class Found:
    """One hit. `snippet` is plain text; the words searched for are marked when it is shown."""

    title: str
    url: str
    snippet: str = ""
    citation: str = ""
    light: str = ""


Finder = Callable[[str, Any, int], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class _Registered:
    label: str
    finder: Finder
    permission: str
    order: int


_finders: dict[str, _Registered] = {}


def register(label: str, finder: Finder, *, permission: str = PUBLIC, order: int = 100) -> None:
    """`finder(words, user, limit)` yields `Found`. `label` heads its group of results."""
    _finders[label] = _Registered(label, finder, permission, order)


def find(words: str, user: Any, limit: int = 8) -> list[tuple[str, list[Found]]]:
    """(label, hits) of every finder open to `user` that found something. A finder that fails is logged and left out."""
    groups = []
    for entry in sorted(_finders.values(), key=lambda e: (e.order, e.label)):
        signed_in = getattr(user, "is_authenticated", False)
        if entry.permission != PUBLIC and not (signed_in and user.may(entry.permission)):
            continue
        try:
            hits = list(entry.finder(words, user, limit))
        except Exception:
            logging.getLogger(__name__).exception("finder failed: %s", entry.label)
            continue
        if hits:
            groups.append((entry.label, hits))
    return groups
