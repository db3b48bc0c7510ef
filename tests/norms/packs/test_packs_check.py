"""A district officer writes a pack by hand and is told, by file and line and in plain words, what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luoshi.kernel.packing import Problem
from luoshi.norms import packfile, packs
from luoshi.norms.pack import ancestors

if TYPE_CHECKING:
    from conftest import DemoPack

Run = Callable[..., tuple[int, str, str]]


def problems(pack: DemoPack, text: str = "") -> list[Problem]:
    return packs.check(pack.folder, text)


def test_officer_checks_a_sound_pack(demo_pack: DemoPack, run: Run) -> None:
    code, out, err = run("pack", "check", demo_pack.folder)
    assert (code, out.strip(), err) == (0, "检查通过，没有问题", "")


def test_officer_cites_a_clause_that_does_not_exist(demo_pack: DemoPack, run: Run) -> None:
    line = demo_pack.edit("1/interpretations.yaml", 'cites: ["1:二1-1"]', 'cites: ["1:二9"]')
    code, out, _ = run("pack", "check", demo_pack.folder)
    assert code == 2
    assert f"1/interpretations.yaml:{line}: cites[1]: 引用了不存在的条款“1:二9”" in out
    assert "Traceback" not in out


MISTAKES = [
    ("1/duties.yaml", "lead: [县住建局]", "lead: [县城建局]", "lead[1]", "没有名为“县城建局”的机构"),
    ("1/duties.yaml", 'clauses: ["1:二1-1"]', 'clauses: ["1:二1-7"]', "clauses[1]", "不存在的条款“1:二1-7”"),
    ("1/duties.yaml", "provision: 二1", "provision: 三8", "provision", "不存在的条款“1:三8”"),
    ("1/duties.yaml", 'key: "1:二1-1"', 'key: "1:一"', "key", "与所在条款“1:二1”不一致"),
    ("1/duties.yaml", "{indicator: 新建", '{clause: "1:二1-2", indicator: 新建', "targets[1].clause", "不在本事项"),
    ("1/duties.yaml", "group: 二 主要任务", "group: 1:九9", "group", "不存在的条款“1:九9”"),
    ("1/findings.yaml", 'cites: ["1:二1-1"]', 'cites: ["1:八"]', "cites[1]", "不存在的条款“1:八”"),
    ("1/instrument.yaml", "public: true", "public: true\ninterpreter: 县城建局", "interpreter", "没有名为“县城建局”"),
    (
        "bodies.yaml",
        "aliases: [县发展改革局]",
        'aliases: [{name: 县发展改革局, document: "7"}]',
        "aliases[1].document",
        "包内没有文件“7”",
    ),
    (
        "1/duties.yaml",
        "date: 2024-12-31, printed",
        "date: 2024-02-30, printed",
        "deadline.date",
        "没有“2024-02-30”这一天",
    ),
    ("1/duties.yaml", "date: 2024-12-31, printed", "date: 年底, printed", "deadline.date", "应为日期"),
    ("1/duties.yaml", 'op: ">="', "op: 大于", "targets[1].op", "不认识“大于”"),
    ("1/duties.yaml", "value: 12.5,", "value: 十二,", "targets[1].value", "应为数字"),
    ("1/duties.yaml", "value: 12.5, ", "", "targets[1].status", "待下达"),
    ("1/duties.yaml", "  title: 新建绿地\n", "", "title", "缺少这一项"),
    ("1/duties.yaml", "cooperate:", "cooperates:", "cooperates", "是不是“cooperate”"),
    ("1/clauses.yaml", "kind: rule", "kind: regel", "kind", "不认识“regel”"),
    ("1/clauses.yaml", 'key: "1:二1-2"', 'key: "1:二1-1"', "key", "重复"),
    ("1/clauses.yaml", 'key: "1:一"', 'key: "2:一"', "key", "应以“1:”开头"),
    ("1/clauses.yaml", "gist: 不得占用绿地。", "gist: " + "不得占用绿地。" * 30, "gist", "要点过长"),
    ("1/instrument.yaml", "date: 2024-03-01", "date: 2024-13-01", "date", "2024-13-01"),
    ("1/instrument.yaml", "kind: 通知", "kind: 便条", "kind", "不认识“便条”"),
    ("1/instrument.yaml", "number: 演政发〔2024〕1号", "number: 演政发[2024]1号", "number", "写法不对"),
    ("1/instrument.yaml", 'cite: "1:一", number: 演市发〔2023〕9号', 'cite: "1:一"', "relations[1]", "number 或 title"),
    ("1/instrument.yaml", "number: 演市发〔2023〕9号", 'target: "7"', "relations[1].target", "没有文件“7”"),
    ("1/instrument.yaml", 'cite: "1:一"', 'cite: "1:九"', "relations[1].cite", "不存在的条款“1:九”"),
    ("1/parameters.yaml", '  cite: "1:二1"\n', "", "cite", "没有写明出处"),
    ("1/interpretations.yaml", 'default: "no"', "default: 也许", "default", "不在选项中"),
    ("1/interpretations.yaml", "body: 县住建局", "body: 县城建局", "body", "没有名为“县城建局”的机构"),
    ("bodies.yaml", "name: 县住建局", "name: 县发改局", "name", "重复"),
    (
        "bodies.yaml",
        "- name: 县住建局\n",
        "- name: 县住建局\n  aliases: [县发展改革局]\n",
        "aliases",
        "同时属于“县发改局”",
    ),
    ("bodies.yaml", "aliases: [县发展改革局]", "aliases: [县住建局]", "aliases", "只能有一个正式名"),
    ("bodies.yaml", "kind: department", "kind: office", "kind", "不认识“office”"),
    ("bodies.yaml", "collective: true", 'collective: "yes"', "collective", "true 或 false"),
    ("areas.yaml", "parent: yanshi,", "parent: yanshe,", "parent", "没有编码为“yanshe”"),
    ("posts.yaml", "body: 县发改局", "body: 县委办", "body", "没有名为“县委办”的机构"),
    ("pack.yaml", '["1"]', '["1", "2"]', "instruments[2]", "缺少文件夹“2”"),
]


# A field that is not there has no line: the problem names the line its row begins on, so many lines further up.
MISSING = {("1/duties.yaml", "title"): 3, ("1/parameters.yaml", "cite"): 3}


@pytest.mark.parametrize(("file", "old", "new", "field", "reason"), MISTAKES)
def test_officer_is_told_file_line_and_field(
    demo_pack: DemoPack, file: str, old: str, new: str, field: str, reason: str
) -> None:
    first = demo_pack.edit(file, old, new)
    found = [p for p in problems(demo_pack) if p.file.endswith(file) and p.field == field and reason in p.reason]
    assert found, problems(demo_pack)
    wrong = first + new.count("\n") - new.endswith("\n") if new else first  # the line where the wrong words stand
    assert found[0].line == (wrong if (file, field) not in MISSING else first - MISSING[file, field])


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "field", "reason"),
    [
        ("1/duties.yaml", "provision: 二1", "provision: 一", 1, "key", "与所在条款“1:一”不一致"),
        ("1/duties.yaml", 'clauses: ["1:二1-1"]', 'clauses: ["1:二1-2"]', 1, "key", "没有“1:二1-1”或它之下的条款"),
        ("1/clauses.yaml", "path: 二1\n  heading", "path: 三1\n  heading", 6, "path", "与条款路径“三1”不一致"),
    ],
)
def test_what_disagrees_with_a_key_is_told_at_the_key(
    demo_pack: DemoPack, file: str, old: str, new: str, line: int, field: str, reason: str
) -> None:
    demo_pack.edit(file, old, new)
    found = [p for p in problems(demo_pack) if p.field == field and reason in p.reason]
    assert [(p.file.endswith(file), p.line) for p in found] == [(True, line)]


def test_officer_gets_all_mistakes_at_once(demo_pack: DemoPack, run: Run) -> None:
    demo_pack.edit("1/duties.yaml", "lead: [县住建局]", "lead: [县城建局]")
    demo_pack.edit("1/clauses.yaml", "kind: rule", "kind: regel")
    demo_pack.edit("bodies.yaml", "kind: department", "kind: office")
    code, out, _ = run("pack", "check", demo_pack.folder, "--json")
    answer = json.loads(out)
    assert code == 2
    assert {Path(p["file"]).name for p in answer["problems"]} >= {"duties.yaml", "clauses.yaml", "bodies.yaml"}
    assert all(p["line"] > 0 and p["reason"] for p in answer["problems"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"- {name: a\n- b", "YAML"),
        (b"\xb3\xc7\xc7\xf8", "UTF-8"),
        ("name: 县发改局\n", "列表"),
        ("- &a {name: 甲, kind: department}\n- *a\n", "锚点"),
        ("- {name: 甲, name: 乙, kind: department}\n", "写了两次"),
        ("- 甲\n", "字段: 值"),
        (b"- {name: 2024, kind: department}\n", "加引号"),
        (b"\x00\x01\x02", "YAML"),
    ],
)
def test_unreadable_file_is_named_not_thrown(demo_pack: DemoPack, data: bytes | str, reason: str) -> None:
    demo_pack.write("bodies.yaml", data)
    found = [p for p in problems(demo_pack) if p.file.endswith("bodies.yaml")]
    assert any(reason in p.reason for p in found), found


def test_file_that_no_room_reads_is_pointed_out_but_does_not_stop(demo_pack: DemoPack, run: Run) -> None:
    demo_pack.write("1/dutys.yaml", "- {}\n")
    code, out, _ = run("pack", "check", demo_pack.folder)
    assert code == 0 and "dutys.yaml: 提示：没有哪个模块读取这个文件" in out


def test_folder_without_a_pack_is_refused_in_one_line(tmp_path: Path, run: Run) -> None:
    code, out, err = run("pack", "check", tmp_path)
    assert code == 2 and out == "" and err.count("\n") == 1 and "jccq" in err


def test_gist_that_copies_the_document_is_found(demo_pack: DemoPack) -> None:
    sentence = "为了让全县人民都能在家门口享受到整洁优美舒适安全的公共绿地空间,县住建局要在年底以前建成十二块绿地。"
    demo_pack.edit("1/clauses.yaml", "gist: 年底前新建绿地。", f"gist: {sentence}")
    wrapped = "绿的12.5公顷" + sentence[:15] + "\n\n" + sentence[15:]
    assert [p.field for p in problems(demo_pack, wrapped)] == ["gist"]


def test_figure_that_the_document_does_not_print_is_found(demo_pack: DemoPack) -> None:
    assert [p.reason for p in problems(demo_pack, "绿的。新建绿地13公顷。")] == [
        "原文中找不到“12.5公顷”；由文意推出的数请标 implied: true"
    ]


def test_two_packs_that_define_one_body_differently(
    demo_pack: DemoPack, make_pack: type[DemoPack], tmp_path: Path, run: Run
) -> None:
    other = make_pack(tmp_path / "other")
    line = other.edit("bodies.yaml", "kind: department\n  full_name", "kind: institution\n  full_name")
    code, out, _ = run("pack", "check", demo_pack.folder, other.folder)
    assert code == 2
    told = f"other/bodies.yaml:{line}: kind: “县发改局”写作“institution”，另一个包写作“department”"
    assert f"{told}（{demo_pack.folder}/bodies.yaml 第{line}行）" in out


def test_two_packs_that_mean_two_bodies_by_one_name(
    demo_pack: DemoPack, make_pack: type[DemoPack], tmp_path: Path
) -> None:
    other = make_pack(tmp_path / "other")
    other.edit("bodies.yaml", "  aliases: [县发展改革局]\n", "")
    other.edit("bodies.yaml", "- name: 县住建局\n", "- name: 县住建局\n  aliases: [县发展改革局]\n")
    assert any("县发展改革局" in p.reason for p in packs.compare(demo_pack.folder, other.folder))


def test_editor_gets_a_schema_for_every_file(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("pack", "schema")
    schemas = json.loads(out)
    assert code == 0 and {"pack.yaml", "bodies.yaml", "*/clauses.yaml", "*/duties.yaml"} <= set(schemas)
    assert schemas["*/clauses.yaml"]["type"] == "array" and schemas["pack.yaml"]["type"] == "object"
    run("pack", "schema", "--out", tmp_path / "schemas")
    assert (tmp_path / "schemas" / "clauses.schema.json").is_file()


def test_yaml_guesses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- {a: 21:4, b: 2024-05-09, c: no, d: 09, e: 98.5, f: 3, g: true, h: , i: 1e3, j: '7'}\n")
    value = packfile.read(path).rows[0][0]
    assert {k: str(v) for k, v in value.items()} == {
        "a": "21:4", "b": "2024-05-09", "c": "no", "d": "09", "e": "98.5", "f": "3", "g": "True", "h": "None",
        "i": "1e3", "j": "7",
    }  # fmt: skip
    assert type(value["e"]).__name__ == "Decimal" and type(value["f"]) is int and type(value["j"]) is str


@given(st.lists(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=4), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_what_is_written_is_read_back(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text(yaml.safe_dump(rows, allow_unicode=True, default_style='"'), encoding="utf-8")
    parsed = packfile.read(path)
    assert parsed.problems == [] and [value for value, _ in parsed.rows] == rows


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
def test_any_bytes_give_an_answer(make_pack: type[DemoPack], tmp_path: Path, data: bytes) -> None:
    pack = make_pack(tmp_path / "any")
    pack.write("bodies.yaml", data)
    assert all(p.reason for p in packs.check(pack.folder))


@pytest.mark.parametrize(
    ("path", "around"),
    [("三(一)1", ["三(一)", "三"]), ("4.3.1(1)①", ["4.3.1(1)", "4.3.1", "4.3", "4"]), ("4.1/p1", ["4.1", "4"]),
     ("二(十八)", ["二"]), ("12", []), ("三(三)10", ["三(三)", "三"])],
)  # fmt: skip
def test_a_citation_may_point_to_any_level_around_a_clause(path: str, around: list[str]) -> None:
    assert list(ancestors(path)) == around
