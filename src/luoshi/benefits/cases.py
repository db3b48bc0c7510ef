"""Cases in plain words: what is given, what is expected; run on these rules or any other engine."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from luoshi.benefits import engine
from luoshi.kernel.errors import BadInput
from luoshi.norms import factfile, packfile

# What a case may expect, and how it is compared with the answer of the same name.
EXPECT = (
    "status",
    "amount_yuan",
    "unit",
    "uncapped_yuan",
    "lines",
    "missing",
    "missing_first",
    "interpretations",
    "why_has",
    "error",
)


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    measure: str
    as_of: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    file: str
    line: int


Run = Callable[[Case], Mapping[str, Any]]


def read(folder: Path) -> Iterator[Case]:
    """Every case of the folder's .yaml files. A file's cases share what its `base` rows give under one name."""
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else [folder]
    if not paths or not paths[0].is_file():
        raise BadInput("没有案例文件", file=folder)
    for path in paths:
        parsed = packfile.read(path)
        for problem in parsed.problems:
            raise BadInput(problem.reason, file=problem.file, line=problem.line or None, field=problem.field)
        bases: dict[str, Mapping[str, Any]] = {}
        for row, lines in parsed.rows:
            line = lines.get((), 0)
            if "base" in row:
                bases[row["base"]] = row.get("given") or {}
            else:
                yield _case(row, bases, str(path), line)


def _case(row: Any, bases: Mapping[str, Mapping[str, Any]], file: str, line: int) -> Case:
    for name in ("case", "measure", "as_of", "expect"):
        if not isinstance(row, dict) or name not in row:
            raise BadInput("缺少这一项", file=file, line=line, field=name)
    strange = set(row) - {"case", "measure", "as_of", "on", "given", "without", "expect", "cite"} or set(
        row["expect"]
    ) - set(EXPECT)
    if strange:
        raise BadInput("没有这个字段", file=file, line=line, field="、".join(sorted(strange)))
    given = {**bases.get(row.get("on", ""), {}), **(row.get("given") or {})}
    given = {name: value for name, value in given.items() if name not in row.get("without", [])}
    return Case(str(row["case"]), row["measure"], str(row["as_of"]), given, row["expect"], file, line)


def ours(pack: str = "jccq") -> Run:
    def run(case: Case) -> Mapping[str, Any]:
        try:
            return engine.decide(case.measure, case.given, date.fromisoformat(case.as_of), pack=pack, file=case.file)
        except BadInput as error:
            return {"error": str(error)}

    return run


def other(command: str) -> Run:
    """An engine that reads `{"measure", "as_of", "given"}` as JSON and prints its decision as JSON."""

    def run(case: Case) -> Mapping[str, Any]:
        asked = factfile.to_json({"measure": case.measure, "as_of": case.as_of, "given": case.given})
        done = subprocess.run(  # noqa: S603 - the command the caller typed
            shlex.split(command), input=asked, capture_output=True, text=True, check=False, timeout=60
        )
        if done.returncode:
            return {"error": done.stderr.strip()}
        try:
            answer: Mapping[str, Any] = json.loads(done.stdout, parse_float=Decimal)
        except ValueError:
            return {"error": f"不是 JSON：{done.stdout[:80]}"}
        return answer

    return run


def check(case: Case, run: Run) -> dict[str, Any]:
    """What the answer has that the case did not expect."""
    got = run(case)
    problems = [f"出错：{got['error']}"] if "error" in got and "error" not in case.expect else []
    for name, wanted in case.expect.items():
        if not problems and not _agrees(name, wanted, got):
            problems.append(
                f"{name} 应为 {_show(wanted)}，现为 {_show(got.get(name.removesuffix('_has').removesuffix('_first')))}"
            )
    return {"case": case.name, "file": case.file, "line": case.line, "problems": problems}


def _show(value: Any) -> str:
    return factfile.to_json(value)


def _agrees(name: str, wanted: Any, got: Mapping[str, Any]) -> bool:
    if name == "lines":
        return bool({line["limb"]: _plain(line["amount_yuan"]) for line in got.get("lines", [])} == _plain(wanted))
    if name == "missing":
        return sorted(got.get("missing", [])) == sorted(wanted)
    if name == "missing_first":
        return bool(got.get("missing", [])[:1] == [wanted])
    if name == "interpretations":
        return set(wanted) <= {found["key"] for found in got.get("interpretations", [])}
    if name in ("why_has", "error"):
        return str(wanted) in str(got.get("why" if name == "why_has" else "error", ""))
    return bool(_plain(got.get(name)) == _plain(wanted))


def _plain(value: Any) -> Any:
    """Numbers compare by value, whatever JSON made of them."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value
