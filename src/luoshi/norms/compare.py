"""Two wordings side by side: which provisions came, went or changed, and which characters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

_LONGEST = 4000  # characters compared one by one; beyond it old and new stand whole beside each other


@dataclass(frozen=True, slots=True)
class Change:
    """One provision that differs. `kind` added|removed|changed; `parts` are (keep|del|ins, text) in reading order."""

    path: str
    kind: str
    parts: list[tuple[str, str]]


def compare(old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]) -> list[Change]:
    """Changes between two texts given as (path, text): what went first, then the rest in the order of the new text."""
    before, after = dict(old), dict(new)
    changes = []
    removed = [path for path in before if path not in after]
    for path, text in after.items():
        if path not in before:
            changes.append(Change(path, "added", [("ins", text)]))
        elif _words(before[path]) != _words(text):
            changes.append(Change(path, "changed", characters(before[path], text)))
    return [Change(path, "removed", [("del", before[path])]) for path in removed] + changes


def _words(text: str) -> str:
    return "".join(text.split())


def characters(old: str, new: str) -> list[tuple[str, str]]:
    """What to strike out and what to put in, character by character."""
    if len(old) + len(new) > 2 * _LONGEST:
        return [("del", old), ("ins", new)]
    parts: list[tuple[str, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(("keep", old[a:b]))
        else:
            parts += [("del", old[a:b])] * (b > a) + [("ins", new[c:d])] * (d > c)
    return parts
