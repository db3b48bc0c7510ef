"""Puts the conditions of a decision onto the document's own sentences. Pure.

A condition cites a clause; the text prints a whole measure as one paragraph of several sentences. Which sentence, and
which phrase of it, a condition is about is found by the words they share with the clause. The place is a help to the
eye, not a reading of the document: where the words do not agree, a condition stands at the paragraph as a whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SENTENCE = re.compile(r"[^。；;\n]*[。；;\n]?")
_PHRASE = re.compile(r"[^，,]*[，,]?")
_DIGITS = str.maketrans("一二三四五六七八九", "123456789")  # 三年以上 and 3年以上 are the same words
_LEAST = 0.34  # of a phrase's letter pairs that the condition and its clause must share
# Worst first: what stands against the subject is what it must see.
ORDER = ("false", "unknown", "true", "amount")


@dataclass(slots=True)
class Step:
    """One condition or amount of the trace, numbered as it is read. `value`: true, false, unknown or amount."""

    number: int
    cite: str
    condition: str
    value: str
    shown: Any = None  # the amount in yuan, or [least, most]
    facts: Sequence[tuple[str, Any]] = ()
    formula: str = ""
    why: str = ""


@dataclass(slots=True)
class Phrase:
    text: str
    steps: list[Step] = field(default_factory=list)

    @property
    def value(self) -> str:
        return next((v for v in ORDER if any(step.value == v for step in self.steps)), "")


@dataclass(slots=True)
class Sentence:
    """`phrases` make up the printed sentence; `steps` are all its conditions, in the order of their numbers."""

    phrases: list[Phrase]
    steps: list[Step] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(phrase.text for phrase in self.phrases)


@dataclass(slots=True)
class Place:
    """A provision with its sentences; `printed` says whether the text is the document's or the clause's gist."""

    cite: str
    sentences: list[Sentence]
    printed: bool = True
    steps: list[Step] = field(default_factory=list)  # those that could not be put on one sentence


def steps_of(trace: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The trace of a decision as numbered steps; a condition several limbs ask in the same words is one step."""
    found: list[Step] = []
    seen: set[tuple[str, str, str, str]] = set()
    for raw in trace:
        value = raw["value"]
        amount = not isinstance(value, bool) and value != "unknown"
        facts = tuple((raw.get("facts") or {}).items())
        said = "amount" if amount else "unknown" if value == "unknown" else "true" if value else "false"
        same = (str(raw["cite"]), str(raw["condition"]), said, repr(facts))
        if same in seen and not amount:
            continue
        seen.add(same)
        shown = value if amount else None
        found.append(Step(len(found) + 1, same[0], same[1], said, shown, facts, str(raw.get("formula", ""))))
    return found


def on_text(
    steps: Iterable[Step], texts: Mapping[str, str], gists: Mapping[str, str], paths: Mapping[str, str]
) -> list[Place]:
    """The steps on the text. `texts`: provision citation → printed text; `gists`: clause → its sense in our words;
    `paths`: clause → the citation of the provision that prints it. A clause without a text stands on its gist."""
    places: dict[str, Place] = {}
    for step in steps:
        home = paths.get(step.cite, step.cite)
        if home not in texts:
            home = step.cite
        if home not in places:
            printed = home in texts
            text = texts[home] if printed else gists.get(home, "")
            places[home] = Place(home, sentences_of(text), printed)
        _put(step, places[home], gists.get(step.cite, ""))
    return list(places.values())


def sentences_of(text: str) -> list[Sentence]:
    return [
        Sentence([Phrase(part) for part in _PHRASE.findall(said) if part])
        for said in _SENTENCE.findall(text)
        if said.strip()
    ]


def _put(step: Step, place: Place, gist: str) -> None:
    wanted = _pairs(f"{gist} {step.condition}")
    own = _pairs(step.condition)
    best = place.sentences[0] if place.sentences else None
    if len(place.sentences) > 1:
        scores = [max(_shared(wanted, s), _shared(own, s)) for s in (_pairs(s.text) for s in place.sentences)]
        best = place.sentences[scores.index(max(scores))] if max(scores) >= _LEAST / 2 else None
    if best is None:
        place.steps.append(step)
        return
    best.steps.append(step)
    scores = [_fit(_pairs(phrase.text), own, wanted) for phrase in best.phrases]
    if scores and max(scores) >= _LEAST:
        best.phrases[scores.index(max(scores))].steps.append(step)


def _fit(phrase: set[str], own: set[str], wanted: set[str]) -> float:
    """How well a phrase fits: the condition's own words count twice as much as its clause's."""
    return _shared(own, phrase) + 0.5 * _shared(phrase, wanted) if phrase else 0.0


def _pairs(text: str) -> set[str]:
    letters = "".join(c for c in unicodedata.normalize("NFKC", text).translate(_DIGITS) if c.isalnum())
    return {letters[i : i + 2] for i in range(len(letters) - 1)}


def _shared(of: set[str], among: set[str]) -> float:
    return len(of & among) / len(of) if of else 0.0
