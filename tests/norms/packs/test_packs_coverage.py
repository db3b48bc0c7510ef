"""How much of the documents runs: counted from the pack and the tests, without a database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from luoshi.norms import coverage, packs

if TYPE_CHECKING:
    from conftest import DemoPack

Run = Callable[..., tuple[int, str, str]]

TESTS = '''
import pytest

pytestmark = pytest.mark.clause("1:一")

@pytest.mark.clause("1:二1-1", "1:二99")
def test_a():
    """@pytest.mark.clause("1:二1-2") in words does not count."""

@pytest.mark.needs("1:二1-2")
def test_b(): ...
'''


@pytest.fixture
def tests_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "some_tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(TESTS, encoding="utf-8")
    (folder / "broken.py").write_text("def (", encoding="utf-8")
    return folder


def test_clauses_are_counted(demo_pack: DemoPack, tests_folder: Path, run: Run) -> None:
    code, out, _ = run("coverage", demo_pack.folder, "--tests", tests_folder, "--missing", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["total"] == {"encoded": 3, "running": 2, "asked": 0, "tested": 2}
    assert answer["documents"][0]["missing"] == ["1:二1-2"]
    assert answer["unknown_in_tests"] == ["1:二99"]
    assert answer["carriers"]["督办事项"] == 1


def test_clause_carried_by_a_question_alone_is_told_apart(demo_pack: DemoPack) -> None:
    demo_pack.edit("1/interpretations.yaml", 'cites: ["1:二1-1"]', 'cites: ["1:二1-2"]')
    document = coverage.measure(demo_pack.folder, Path("nowhere")).documents[0]
    assert (document.running, document.asked, document.tested) == (3, 1, 0)


def test_table_says_when_there_are_no_tests(demo_pack: DemoPack, run: Run, tmp_path: Path) -> None:
    code, out, _ = run("coverage", demo_pack.folder, "--tests", tmp_path / "none")
    assert code == 0 and "演政发〔2024〕1号 演示方案" in out and "未找到测试文件夹" in out


@pytest.mark.parametrize("told", [{"1:二1-2": "甲"}, [("1:二1-2", "甲")], {"1:二1-2", "9:一"}])
def test_a_room_may_tell_what_runs_in_three_ways(
    demo_pack: DemoPack, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    room = ModuleType("luoshi.garden.pack")
    room.runs = lambda pack: told  # type: ignore[attr-defined]
    monkeypatch.setattr(packs, "rooms", lambda: (room,))
    document = coverage.measure(demo_pack.folder, Path("nowhere")).documents[0]
    assert (document.running, document.missing) == (1, ["1:一", "1:二1-1"])


def test_the_shipped_pack_counts_875(run: Run) -> None:
    code, out, _ = run("coverage", "--json")
    answer = json.loads(out)
    assert code == 0
    assert {d["slug"]: d["encoded"] for d in answer["documents"]} == {
        "07": 12, "08": 127, "09": 116, "10": 19, "21": 181, "22": 157, "23": 142, "25": 37, "26": 84,
    }  # fmt: skip
    assert answer["total"]["running"] >= 550 and answer["unknown_in_tests"] == []
