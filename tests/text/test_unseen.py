"""Made-up documents of shapes found across the country. What each must state was settled by hand from its text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from luoshi.text import Document, Issue, read

FOLDER = Path(__file__).resolve().parent.parent / "conformance" / "text" / "unseen"
CASES = sorted(FOLDER.glob("*.txt"))


def missing(want: Any, have: Any, where: str = "") -> list[str]:
    """What `want` states and `have` does not: a mapping may hold more, a list is compared item by item."""
    if isinstance(want, dict):
        return [m for key, value in want.items() for m in missing(value, have.get(key), f"{where}.{key}")]
    if isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        return [m for i, (a, b) in enumerate(zip(want, have, strict=True)) for m in missing(a, b, f"{where}[{i}]")]
    return [] if want == have else [f"{where}: {want!r} expected, {have!r} read"]


def states(document: Document) -> dict[str, Any]:
    whole = document.to_json()
    furniture: dict[str, int] = {}
    for part in document.furniture:
        furniture[part.kind] = furniture.get(part.kind, 0) + 1
    paths = [p.path for p in document.walk() if p.path != "序言" or p.text]
    limits = [[d["path"], d["date"], d["raw"]] for d in whole["deadlines"]]
    return {**whole, "paths": paths, "furniture": furniture, "limits": limits}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_an_unseen_document_is_read_as_a_person_reads_it(case: Path) -> None:
    want = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    issue = read(case.read_bytes(), case.name)
    have = [states(document) for document in issue.documents]
    for expected, found in zip(want["documents"], have, strict=False):
        absent = set(expected.pop("has_paths", [])) - set(found["paths"])
        assert not absent, f"{absent} not among {found['paths']}"
    assert missing(want["documents"], have) == []
    if "findings" in want:
        assert sorted(f.code for f in issue.findings) == sorted(want["findings"]), issue.findings


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_nothing_of_an_unseen_document_is_lost(case: Path) -> None:
    issue = read(case.read_bytes())
    _whole(issue)


@pytest.mark.parametrize("margin", [24, 32, 40])
def test_an_unseen_law_cut_at_a_margin_has_the_same_provisions(margin: int) -> None:
    text = (FOLDER / "chapter_measures.txt").read_text(encoding="utf-8")
    cut = []
    for line in text.splitlines():
        printed = f"　　{line}" if line.strip() else ""
        cut += [printed[at : at + margin] for at in range(0, len(printed), margin)] or [""]
    paths = [[p.path for p in document.walk()] for document in read("\n".join(cut)).documents]
    assert paths == [[p.path for p in document.walk()] for document in read(text).documents]


def _whole(issue: Issue) -> None:
    at = 0
    for start, end, what in issue.spans():
        assert start == at, what
        assert what != "furniture:空白" or not issue.text[start:end].strip(" \t\r\n\u3000\ufeff")
        at = end
    assert at == len(issue.text)


@pytest.mark.parametrize("names", ["各单位", "各有关单位", "各镇（街道），区直各单位", "机关各股室、所属各单位"])
def test_whom_a_document_is_addressed_to_is_read_however_short(names: str) -> None:
    head = "某某区民政局\n关于印发某某方案的通知\n某民发〔2024〕1号\n\n"
    text = f"{head}{names}：\n现印发给你们。\n一、总体要求\n一段。\n"
    (document,) = read(text).documents
    assert "，".join(document.addressees).replace("，", "") == names.replace("，", "").replace("、", "")
    assert document.provisions[0].text == "现印发给你们。"
