"""The margin of a document: rooms upstairs say here what has become of each provision.

A provider is asked once per document page and must answer in a bounded number of queries.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from luoshi.norms.models import Instrument


@dataclass(frozen=True, slots=True)
class MarginNote:
    """One note beside a provision; `owner` is the body answerable. Residents see it only when `public`.

    `url_public`: residents may open what it links to; otherwise they see the words without the link.

    `kind` duty|clock|interpretation|finding|measure|plan…; `light` green|yellow|red|grey or "".
    """

    kind: str
    text: str
    light: str = ""
    url: str = ""
    owner: str = ""
    public: bool = True
    url_public: bool = True
    label: str = ""  # a short badge before the text: A01, 13710, 免申即享


Notes = Mapping[str, Iterable[MarginNote]]
Provider = Callable[[Instrument], Notes]
_providers: dict[str, Provider] = {}


def register(provider: Provider) -> Provider:
    """Add a provider: path (`三(一)1`, or "" for the document) → notes. Also a decorator."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider
    return provider


def collect(instrument: Instrument, *, public: bool) -> dict[str, list[MarginNote]]:
    """Every provider's notes by path. A provider that fails leaves a note saying so, not a broken page."""
    found: dict[str, list[MarginNote]] = {}
    for name, provider in _providers.items():
        try:
            for path, notes in provider(instrument).items():
                kept = [_for_residents(n) if public else n for n in notes if n.public or not public]
                if kept:
                    found.setdefault(path, []).extend(kept)
        except Exception:
            logging.getLogger(__name__).exception("margin provider failed: %s", name)
            found.setdefault("", []).append(MarginNote("error", "部分状态暂时读不到", light="grey"))
    return found


def _for_residents(note: MarginNote) -> MarginNote:
    return note if note.url_public else replace(note, url="")
