"""How common pairs of characters are, as PostgreSQL's statistics of the index know it: which to ask for first."""

from __future__ import annotations

import time

from django.db import connection

KEPT_SECONDS = 600
ASKED = 3  # pairs the index is asked for: the rarest of a word say nearly all, the text decides the rest
_SQL = """
SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats
WHERE schemaname = current_schema() AND tablename = 'norms_searchentry_pairs'"""
_known: dict[str, float] = {}
_read_at: dict[str, float] = {}


def rarest(word: str) -> list[str]:
    """The rarest pairs that a text holding folded `word` must hold. A pair the statistics do not name is rare."""
    shares = _shares()
    return sorted(_pairs(word), key=lambda pair: shares.get(pair, 0.0))[:ASKED]


def share(word: str) -> float:
    """The share of texts that hold folded `word`, as far as its pairs tell: exact for one or two characters.

    A longer word is as common as its first pair, times how often each further pair goes on from the character they
    share. 0 when the statistics do not name one of its pairs: it is rarer than all they name.
    """
    shares = _shares()
    if len(word) < 3:
        return shares.get(word, 0.0)
    told = 1.0
    for at in range(len(word) - 1):
        told *= shares.get(word[at : at + 2], 0.0) / (shares.get(word[at], 1.0) if at else 1.0)
    return told


def _pairs(word: str) -> list[str]:
    return [word] if len(word) < 3 else sorted({word[at : at + 2] for at in range(len(word) - 1)})


def _shares() -> dict[str, float]:
    name = str(connection.settings_dict["NAME"])
    if time.monotonic() - _read_at.get(name, -KEPT_SECONDS) >= KEPT_SECONDS:
        _read_at.clear()
        _read_at[name] = time.monotonic()
        _known.clear()
        with connection.cursor() as cursor:
            cursor.execute(_SQL)
            found = cursor.fetchone()
        if found and found[0]:
            _known.update(zip(found[0], found[1], strict=False))  # three figures about all of them follow the shares
    return _known
