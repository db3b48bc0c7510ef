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


def rarest(word: str) -> tuple[list[str], float]:
    """The rarest pairs that a text holding folded `word` must hold, and the share of texts that hold the rarest.

    A pair the statistics do not name counts as 0: it is rarer than all they name.
    """
    shares = _shares()
    pairs = [word] if len(word) < 3 else sorted({word[i : i + 2] for i in range(len(word) - 1)})
    pairs.sort(key=lambda pair: shares.get(pair, 0.0))
    return pairs[:ASKED], shares.get(pairs[0], 0.0)


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
