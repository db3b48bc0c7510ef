"""The cases of tests/conformance/text: made-up documents of shapes nobody here has scanned, and what they state."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from luoshi.text import Document, Issue, read, read_documents

CASES = sorted((Path(__file__).resolve().parent.parent / "conformance" / "text").glob("*.txt"))
_DOCUMENT = ("number", "title", "attached_title", "kind", "attached_kind", "issuer", "addressees", "date", "dates")
_TARGET = ("path", "indicator", "op", "value", "unit", "due", "fuzzy", "baseline", "implied")


def project(issue: Issue) -> dict[str, Any]:
    """What a case states of an issue: facts a person can check against the text beside it."""
    return {
        "documents": [_document(document) for document in issue.documents],
        "findings": sorted(f"{f.code} {f.path}".strip() for f in issue.findings if f.code != "encoding"),
    }


def _document(document: Document) -> dict[str, Any]:
    whole = document.to_json()
    furniture: dict[str, int] = {}
    for part in document.furniture:
        furniture[part.kind] = furniture.get(part.kind, 0) + 1
    return {
        **{name: whole[name] for name in (*_DOCUMENT, "public", "annexes")},
        "provisions": [[p.path, p.label, p.heading, p.text] for p in document.walk()],
        "responsibilities": [
            {
                **{name: item[name] for name in ("path", "bodies", "lead", "cooperate", "division", "open_list")},
                "deadline": [item["deadline"][name] for name in ("date", "stage_result", "continuous")],
                **{name: item[name] for name in ("people", "sentence") if item[name]},
            }
            for item in whole["responsibilities"]
        ],
        "targets": [{name: target[name] for name in _TARGET} for target in whole["targets"]],
        "parts": [part.kind for part in document.parts],
        "furniture": furniture,
    }


def dump(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def expected(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(case.with_suffix(".json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_reader_states_what_the_case_states(case: Path) -> None:
    assert project(read(case.read_bytes(), case.name)) == expected(case)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_and_encodings_change_nothing(case: Path, ending: str) -> None:
    text = case.read_bytes().decode().replace("\r\n", "\n").replace("\n", ending)
    encodings = ["utf-8", "utf-8-sig", "utf-16"] + ([] if "Ç" in text else ["gb18030"])
    for encoding in encodings:
        assert project(read(text.encode(encoding))) == expected(case), encoding


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("step", [1, 7, 4096])
def test_stream_cut_anywhere_gives_the_same_documents(case: Path, step: int) -> None:
    class Dripping(io.StringIO):
        def read(self, size: int | None = -1) -> str:
            return super().read(step)

    text = case.read_bytes().decode()
    streamed = [document.to_json() for document in read_documents(Dripping(text, newline=""))]
    assert streamed == [document.to_json() for document in read(text).documents]


def test_there_are_cases_of_every_shape() -> None:
    assert {case.stem for case in CASES} >= {
        "law",
        "plan",
        "order",
        "emergency",
        "fullwidth",
        "reply",
        "faulty",
        "issue",
    }
