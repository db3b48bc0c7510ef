"""A scenario that somebody wrote: read, every fault named by its line, and only then run. No database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from luoshi.emergency import drilling
from luoshi.emergency.rows import ScenarioRow
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Entry, Loc, Problem
from luoshi.norms import packfile, packwords

LARGEST = 1_000_000  # bytes; a scenario is written by a person
_INDEX = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(slots=True)
class Checked:
    """A scenario as read. It can be run when it has no problems."""

    text: str
    told: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.told.get("name") or "")

    @property
    def plans(self) -> list[str]:
        return [str(slug) for slug in self.told.get("plans") or []]

    @property
    def digest(self) -> str:
        return sm3(self.text.encode())


def shipped() -> dict[str, Path]:
    """The scenarios of the packs by name (`11-both-plans`)."""
    return {path.stem: path for path in drilling.shipped()}


def read(data: bytes, name: str, pack: str = "jccq") -> Checked:
    """Read and try a scenario (YAML or JSON). Every fault is in `problems` with its line; nothing is raised."""
    if len(data) > LARGEST:
        return Checked("", problems=[Problem(name, 0, "", f"文件过大，上限 {LARGEST // 1000} KB")])
    parsed = packfile.parse(data, name, single=True)
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if not parsed.rows and not parsed.problems:
        parsed.problems.append(Problem(name, 0, "", "脚本是空的"))
    if parsed.problems:
        return Checked(text, problems=sorted(parsed.problems))
    told, lines = parsed.rows[0]
    found = _shape(told, lines, name) or _trial(told, lines, name, pack)
    return Checked(text, told, sorted(found))


def _shape(told: Mapping[str, Any], lines: Mapping[Loc, int], name: str) -> list[Problem]:
    entry: Entry[Any] = Entry(told, name, lines)
    try:
        ScenarioRow.model_validate(told)
    except ValidationError as error:
        return list(packwords.problems(error, entry, ScenarioRow))
    return []


def _trial(told: Mapping[str, Any], lines: Mapping[Loc, int], name: str, pack: str) -> list[Problem]:
    """What only running it can tell: times that go back, acts and facts that nobody knows."""
    entry: Entry[Any] = Entry(told, name, lines)
    found = []
    for error in drilling.problems(told, pack=pack, file=name):
        hint = f"（{error.hint}）" if error.hint else ""
        found.append(Problem(name, entry.line(*_place(error)), error.field, f"{error.reason}{hint}"))
    return found


def _place(error: BadInput) -> Loc:
    """`timeline[3].set.cause` → where that stands in the file; entries are counted from 1 when told to people."""
    place: list[str | int] = []
    for word, number in _INDEX.findall(error.field):
        place.append(int(number) - 1 if number else word)
        if number and len(place) == 2 and place[0] == "timeline":
            place.append(1)  # an entry is a pair: its time, then what happens
    return tuple(place)
