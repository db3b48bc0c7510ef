"""Counts what of the documents is encoded, runs and is tested. Reads the pack and the test files, nothing else.

encoded: in the pack. running: something a user can see or be told by carries the clause; each room says what its
section makes run (`runs(pack)` in its `pack.py`). tested: a test names the clause in `@pytest.mark.clause(...)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from luoshi.kernel.packing import Pack
from luoshi.norms import packs
from luoshi.norms.pack import ClauseRow, InstrumentRow, PackRow

ASKED = {"解释", "参数"}  # they make a gap visible and settable; alone they carry nothing out


@dataclass(slots=True)
class Document:
    """One document's figures. `asked`: of the running ones, those that only a reading or a parameter carries.

    `missing` are clauses that nothing runs; `untested` run but no test names them.
    """

    slug: str
    number: str
    title: str
    encoded: int = 0
    running: int = 0
    asked: int = 0
    tested: int = 0
    missing: list[str] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """`carriers`: how many clauses each sort of thing carries. `strange`: keys in tests that no clause has."""

    documents: list[Document]
    carriers: dict[str, int]
    strange: list[str]
    tests: str

    def totals(self) -> dict[str, int]:
        return {
            name: sum(getattr(d, name) for d in self.documents) for name in ("encoded", "running", "asked", "tested")
        }

    def to_json(self, *, missing: bool = False) -> dict[str, Any]:
        documents = [
            {"slug": d.slug, "number": d.number, "title": d.title}
            | {"encoded": d.encoded, "running": d.running, "asked": d.asked, "tested": d.tested}
            | ({"missing": d.missing, "untested": d.untested} if missing else {})
            for d in self.documents
        ]
        return {
            "documents": documents,
            "total": self.totals(),
            "carriers": self.carriers,
            "unknown_in_tests": self.strange,
            "tests": self.tests,
        }

    def table(self) -> str:
        lines = ["已编码  已运行  其中只有解释或参数  已测试  文件"]
        for d in self.documents:
            lines.append(f"{d.encoded:>6}  {d.running:>6}  {d.asked:>18}  {d.tested:>6}  {d.number} {d.title}")
        total = self.totals()
        figures = f"{total['encoded']:>6}  {total['running']:>6}  {total['asked']:>18}  {total['tested']:>6}"
        lines.append(f"{figures}  合计")
        lines.append("由什么承载（一条可由多样承载）：" + "、".join(f"{k} {n}" for k, n in self.carriers.items()))
        lines.append(f"测试：{self.tests or '未找到测试文件夹，已测试按 0 计'}")
        if self.strange:
            lines.append("测试里写了而包里没有的条目：" + "、".join(self.strange))
        return "\n".join(lines)


def measure(place: str | Path, tests: Path | None = None) -> Report:
    """The figures of one pack, read from its files and from the tests' markers."""
    pack, _ = packs.read(place)
    running = _running(pack)
    folder = tests or Path("tests")
    named = set(clauses_named(folder)) if folder.is_dir() else set()
    documents = {e.slug: Document(e.slug, e.row.number, e.row.title) for e in pack.of(InstrumentRow)}
    for entry in pack.of(ClauseRow):
        document, key = documents[entry.slug], entry.row.key
        document.encoded += 1
        document.running += key in running
        document.asked += key in running and running[key] <= ASKED
        document.tested += key in named
        if key not in running:
            document.missing.append(key)
        elif key not in named:
            document.untested.append(key)
    order = next((e.row.instruments for e in pack.of(PackRow)), sorted(documents))
    known = {entry.row.key for entry in pack.of(ClauseRow)}
    carriers: dict[str, int] = {}
    for what in (what for carried in running.values() for what in carried):
        carriers[what] = carriers.get(what, 0) + 1
    return Report(
        documents=[documents[slug] for slug in order if slug in documents],
        carriers=dict(sorted(carriers.items(), key=lambda item: -item[1])),
        strange=sorted(named - known),
        tests=str(folder) if folder.is_dir() else "",
    )


def _running(pack: Pack) -> dict[str, set[str]]:
    """Clause key → what carries it, as the rooms say. Only clauses of the pack count."""
    known = {entry.row.key for entry in pack.of(ClauseRow)}
    running: dict[str, set[str]] = {}
    for room in packs.rooms():
        for key, what in _told(room, pack):
            if key in known:
                running.setdefault(key, set()).add(what)
    return running


def _told(room: ModuleType, pack: Pack) -> Iterator[tuple[str, str]]:
    """What a room says of itself: a mapping, pairs (clause, what carries it), or bare clauses."""
    if not hasattr(room, "runs"):
        return
    told = room.runs(pack)
    for item in told.items() if isinstance(told, Mapping) else told:
        yield (item, room.__name__.split(".")[-2]) if isinstance(item, str) else item


def clauses_named(folder: Path) -> Iterator[str]:
    """Clause keys in `@pytest.mark.clause(...)` and `pytestmark`, read as syntax: no test is imported or run."""
    for path in sorted(folder.rglob("*.py")):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_clause_marker(node.func):
                yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _is_clause_marker(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "clause"
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "mark"
    )
