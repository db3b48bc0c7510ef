"""Whole issues: documents in any order, broken anywhere by lines and pages, in any encoding. No character is lost."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from luoshi.text import read
from luoshi.text.marks import SPACES

from .test_round_trip import joined, whole

FOLDER = Path(__file__).resolve().parent.parent / "conformance" / "text"
TEXTS = [
    (FOLDER / f"{name}.txt").read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    for name in ("announcement", "reply", "decision", "law", "number-first", "opinion", "unseen/district_plan")
]
PAGES = ["", "- 7 -\n", "12\n", "青江市人民政府公报 2025年第3期\n", "\f"]


def scanned(text: str, seed: int) -> str:
    """The text as a scanner leaves it: lines cut anywhere, pages broken inside words, other white space."""
    rng, out, run = random.Random(seed), [], 0
    for char in text:
        out.append({" ": rng.choice(" \t\u3000"), "\n": "\n"}.get(char, char))
        run = 0 if char == "\n" else run + 1
        if run > 24 and char > "\u3400" and rng.random() < 0.1:
            page = rng.choice(PAGES) if rng.random() < 0.3 else ""
            out.append("\n" + (f"\n{page}\n" if page else "") + rng.choice(["", "", "\u3000", "\t"]))
            run = 0
    return "".join(out)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4),
    st.integers(0, 2**32),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_nothing_of_an_issue_is_lost(texts: list[str], seed: int, encoding: str, ending: str) -> None:
    text = scanned("\n\n".join(texts), seed)
    issue = read(text.replace("\n", ending).encode(encoding))
    whole(issue)
    joined(issue)
    assert SPACES.sub("", issue.text) == SPACES.sub("", text)
    for document in issue.documents:
        paths = [p.path for p in document.walk()]
        assert len(paths) == len(set(paths)), "a path names one provision"
