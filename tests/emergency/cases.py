"""Reads the conformance cases and compares a proposal with what a case expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from luoshi.emergency import proposing
from luoshi.kernel.errors import BadInput
from luoshi.norms import packfile

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "emergency"


class Case(NamedTuple):
    name: str
    plan: str
    given: Mapping[str, Any]
    settings: Mapping[str, Any]
    expect: Mapping[str, Any]
    place: str


def read(folder: Path = FOLDER) -> Iterator[Case]:
    for path in sorted(folder.glob("*.yaml")):
        parsed = packfile.read(path)
        assert parsed.problems == []
        bases: dict[str, Mapping[str, Any]] = {}
        for row, lines in parsed.rows:
            if "base" in row:
                bases[row["base"]] = row["given"]
                continue
            strange = set(row) - {"case", "plan", "on", "given", "settings", "expect"}
            assert not strange, f"{path}:{lines[()]} {strange}"
            given = {**(bases[row["on"]] if "on" in row else {}), **row["given"]}
            place = f"{path.name}:{lines[()]}"
            yield Case(row["case"], row["plan"], given, row.get("settings", {}), row["expect"], place)


def problems(case: Case) -> list[str]:
    """What the proposal has that the case did not expect."""
    try:
        (card,) = proposing.propose(case.given, case.settings, plan=case.plan, file="x.json")["plans"]
    except BadInput as error:
        wanted = case.expect.get("error")
        return [] if wanted and wanted == error.field.split(".")[0] else [f"error: {error}"]
    return [f"{name}: 应为 {wanted!r},现为 {got!r}" for name, wanted, got in _compared(case, card)]


def _compared(case: Case, card: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, wanted in case.expect.items():
        got, holds = CHECKS[name](card, wanted)
        if not holds:
            yield name, wanted, got


def _same(got: Any, wanted: Any) -> tuple[Any, bool]:
    return got, got == wanted


def _near(card: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> tuple[Any, bool]:
    got = [(near["level"], near["missing"]) for kind in ("warning", "response") for near in card[kind]["near"]]
    if not wanted:
        return got, got == []
    return got, all(any(level == name and missing == names for level, missing in got) for name, names in wanted.items())


def _columns(card: Mapping[str, Any], wanted: Mapping[str, int]) -> tuple[Any, bool]:
    got = Counter(measure["column"] for measure in card["response"]["measures"])
    return dict(got), dict(got) == dict(wanted)


def _minutes(card: Mapping[str, Any], wanted: Mapping[str, int]) -> tuple[Any, bool]:
    got = {clock["name"]: clock["minutes"] for clock in card["response"]["clocks"] if clock["minutes"]}
    return got, got == dict(wanted)


def _notify(card: Mapping[str, Any], wanted: list[str]) -> tuple[Any, bool]:
    got = [[item["who"], item["cite"]] for item in card["response"]["notify"]]
    return got, list(wanted) in got


def _cites(card: Mapping[str, Any], wanted: list[str]) -> tuple[Any, bool]:
    got = [*card["warning"]["cites"], *card["response"]["cites"]]
    return got, set(wanted) <= set(got)


def _sources(card: Mapping[str, Any], wanted: Mapping[str, str]) -> tuple[Any, bool]:
    got = {kind: card[kind].get("source") for kind in wanted}
    return got, got == dict(wanted)


CHECKS: dict[str, Any] = {
    "warning": lambda card, wanted: _same(card["warning"]["level"], wanted),
    "response": lambda card, wanted: _same(card["response"]["level"], wanted),
    "applies": lambda card, wanted: _same(card["applies"], wanted),
    "starters": lambda card, wanted: _same(card["response"]["starters"], list(wanted)),
    "confirms": lambda card, wanted: _same(card["response"]["confirms"], wanted),
    "optional": lambda card, wanted: _same(card["response"]["optional"], wanted),
    "cites": _cites,
    "near": _near,
    "source": _sources,
    "columns": _columns,
    "minutes": _minutes,
    "notify_has": _notify,
    "must_not_has": lambda card, wanted: (
        [item["cite"] for item in card["must_not"]], wanted in [item["cite"] for item in card["must_not"]]),
    "interpretations": lambda card, wanted: (
        card["interpretations"],
        set(wanted) <= set(card["interpretations"]) if wanted else card["interpretations"] == []),
    "ask": lambda card, wanted: _same(card["ask"], list(wanted)),
    "ask_first": lambda card, wanted: (card["ask"][:1], card["ask"][:1] == [wanted]),
    "ask_has": lambda card, wanted: (card["ask"], set(wanted) <= set(card["ask"])),
    "error": lambda card, wanted: ("没有出错", False),
}  # fmt: skip
