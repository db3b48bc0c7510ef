"""Words as tokens: what makes any substring of one character or more findable, exactly, in two databases.

A text is folded (case, width, bracket forms and raised figures are print, not words; spaces go), then cut into
overlapping pairs of characters. `居家养老` becomes 居家 家养 养老 老; the last character stands alone so that it too is
found. On SQLite a query of one character is a prefix, a longer one a phrase of its pairs: pairs that overlap and stand
side by side are the substring itself. On PostgreSQL the pairs find the candidates, and the folded text beside them
decides. Either way nothing false is found and nothing is missed. Folding goes character by character, so that a
substring of a text folds to a substring of the folded text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

CHUNK = 256  # folded characters per entry: rows stay small and lie densely on their pages
REACH = 64  # the longest query the index answers alone; a longer one is checked against the text
_MARKS = frozenset("_{}^$")  # how scanning writes raised and lowered print: PM_{2.5}
_SAME = {"\u3014": "[", "\ufe5d": "[", "\u3015": "]", "\ufe5e": "]", "\u201c": '"', "\u201d": '"'}  # 〔〕 and quotes


def fold_char(char: str) -> str:
    """One character as it is searched: half width, lower case; "" for spaces, controls and marks of raised print."""
    if char in _SAME:
        return _SAME[char]
    if "\uff01" <= char <= "\uff5e":  # full-width forms of ! to ~
        char = chr(ord(char) - 0xFEE0)
    if char in _MARKS or char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Cs"):
        return ""
    raised, _, plain = unicodedata.decomposition(char).partition(" ")
    if raised in ("<sub>", "<super>") and " " not in plain:  # PM₂.₅ is looked for as PM2.5
        char = chr(int(plain, 16))
    return char.casefold()


class _Folding(dict[int, str]):
    """What each character met so far folds to; `str.translate` asks once per character, then looks up."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = fold_char(chr(code))
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """`text` as it is searched. `fold(a + b) == fold(a) + fold(b)`."""
    return text.translate(_FOLDING)


def fold_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the index in `text` it came from."""
    parts, places = [], []
    for index, char in enumerate(text):
        folded = _FOLDING[ord(char)]
        parts.append(folded)
        places.extend([index] * len(folded))
    return "".join(parts), places


def encode(folded: str) -> str:
    """Folded text without ASCII punctuation: a full stop becomes the full-width one. One to one."""
    return folded.translate(_WIDE)


_WIDE = {c: c + 0xFEE0 for c in range(0x21, 0x7F) if not chr(c).isalnum()}


def pairs(encoded: str) -> Iterator[str]:
    """Every overlapping pair of characters; a single character stands for itself."""
    if len(encoded) == 1:
        return iter((encoded,))
    return (encoded[i : i + 2] for i in range(len(encoded) - 1))


def chunks(text: str) -> Iterator[str]:
    """`text` cut so that each piece folds to at most CHUNK characters, pieces sharing REACH - 1 of them.

    Any substring of up to REACH folded characters lies whole in one piece.
    """
    folded, places = fold_places(text)
    if len(folded) <= CHUNK:
        yield text
        return
    step = CHUNK - REACH + 1
    for start in range(0, len(folded), step):
        end = start + CHUNK
        yield text[places[start] : places[end - 1] + 1 if end < len(folded) else len(text)]
        if end >= len(folded):
            return


# ── SQLite FTS5 ───────────────────────────────────────────────────────────────────────────────────────────────────


def fts5_tokens(text: str) -> str:
    """The token string kept for `text`."""
    encoded = encode(fold(text))
    return " ".join([*pairs(encoded), encoded[-1]]) if len(encoded) > 1 else encoded


def fts5_query(word: str) -> str:
    """The MATCH expression for a folded word of at least one character."""
    encoded = encode(word[:REACH])
    return f'"{encoded}"*' if len(encoded) == 1 else '"' + " ".join(pairs(encoded)) + '"'


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────────


def cover(word: str) -> list[str]:
    """Pairs that together spell a folded word; a text that holds the word holds them all (`norms_pairs`)."""
    if len(word) < 3:
        return [word]
    return sorted({word[i : i + 2] for i in range(0, len(word) - 1, 2)} | {word[-2:]})
