"""Who leans on a reading: rooms upstairs say which of their duties, decisions or plans rest on it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from luoshi.norms.models import Interpretation


@dataclass(frozen=True, slots=True)
class Leaning:
    """One thing that rests on a reading; `kind` is said before it (任务, 决定, 预案)."""

    kind: str
    text: str
    url: str = ""


Provider = Callable[[Interpretation], Iterable[Leaning]]
_providers: dict[str, Provider] = {}


def register(provider: Provider) -> Provider:
    """Add a provider; asked once per page of a reading, so it answers in a bounded number of queries."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider
    return provider


def on(reading: Interpretation) -> list[Leaning]:
    found: list[Leaning] = []
    for name, provider in _providers.items():
        try:
            found.extend(provider(reading))
        except Exception:
            logging.getLogger(__name__).exception("leaning provider failed: %s", name)
    return found
