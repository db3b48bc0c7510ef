"""The commands: one JSON document on stdout, exit 2 with one line when the request is unusable, no database."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from luoshi import cli

FACTS = {
    "stage": "occurred", "triage": "true", "cause": "external_emergency", "multi_point_operators": ["移动城区分公司"],
    "operators_affected": ["移动城区分公司"], "spread_in_district": "no", "spread_beyond_district": False,
}  # fmt: skip


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LUOSHI_DATA", str(tmp_path / "never-made"))

    def call(*args: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as stopped:
            cli.main(["plan", *args])
        out, err = capsys.readouterr()
        assert not (tmp_path / "never-made").exists(), "deciding must not need a place for data"
        return int(str(stopped.value.code)), out, err

    return call


def write(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value, ensure_ascii=False))
    return str(path)


def test_duty_officer_gets_both_plans_judged_separately_as_one_json_document(run: Any, tmp_path: Path) -> None:
    code, out, err = run("propose", "--facts", write(tmp_path / "f.json", FACTS), "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert [card["plan"] for card in answer["plans"]] == ["21", "22"]
    first = answer["plans"][0]
    assert {"plan", "applies", "why", "warning", "response", "must_not", "interpretations", "ask"} <= set(first)
    assert {"level", "issuer", "proposer", "cites", "notify", "near"} <= set(first["warning"])
    assert {"level", "starters", "proposer", "confirms", "cites", "notify", "measures", "clocks", "near"} <= set(
        first["response"]
    )
    assert (first["warning"]["level"], first["response"]["level"]) == ("III", "II")
    for item in first["response"]["notify"]:
        assert {"who", "cite", "when"} <= set(item)
    for item in first["response"]["measures"]:
        assert {"cite", "what", "by"} <= set(item)
    for item in first["response"]["clocks"]:
        assert {"name", "minutes", "from", "cite"} <= set(item)
    for near in first["response"]["near"]:
        assert {"level", "missing"} <= set(near)


def test_facts_come_from_standard_input_and_one_plan_can_be_asked(run: Any) -> None:
    code, out, _ = run("propose", "--facts", "-", "--plan", "22", "--json", stdin=json.dumps(FACTS))
    assert code == 0
    assert [card["plan"] for card in json.loads(out)["plans"]] == ["22"]


def test_every_item_says_whether_the_text_or_a_reading_says_it(run: Any, tmp_path: Path) -> None:
    facts = FACTS | {"beyond_district_capacity": True}
    _, out, _ = run("propose", "--facts", write(tmp_path / "f.json", facts), "--json")
    for card in json.loads(out)["plans"]:
        response = card["response"]
        for item in [*response["measures"], *response["notify"], *response["clocks"], *card["must_not"]]:
            assert item["source"] in ("text", "reading")
            assert (item["source"] == "reading") is ("interpretation" in item)
    first = json.loads(out)["plans"][0]["response"]
    carried = [item for item in first["measures"] if item["column"] == "建议沿用"]
    assert carried and {(item["source"], item["interpretation"]) for item in carried} == {("reading", "A08")}


def test_settings_file_changes_the_reading_and_a_wrong_one_is_named(run: Any, tmp_path: Path) -> None:
    facts = write(tmp_path / "f.json", {**FACTS, "multi_point_operators": ["铁塔"], "operators_affected": ["铁塔"]})
    settings = write(tmp_path / "s.json", {"A27": "include_tower"})
    _, out, _ = run("propose", "--facts", facts, "--settings", settings, "--json")
    assert json.loads(out)["plans"][0]["response"]["level"] == "II"
    wrong = write(tmp_path / "w.json", {"A27": "maybe"})
    code, out, err = run("propose", "--facts", facts, "--settings", wrong, "--json")
    assert (code, out) == (2, "")
    assert "w.json" in err and "A27" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('{"spred": true}', "spred"),
        ('{"stage": 3}', "stage"),
        ('{"all_networks": "perhaps"}', "all_networks"),
        ('{"towns_affected": "甲"}', "towns_affected"),
        ('{"superior_order": {"who": "x"}}', "superior_order"),
        ('{"superior_order": "I"}', "superior_order"),
        ('{"important_systems_full_business": 1.5}', "important_systems_full_business"),
        ('{"important_systems_full_business": NaN}', "NaN"),
        ('{"stage": "threat", "stage": "occurred"}', "stage"),
        ("[1]", "JSON"),
        ("{", "JSON"),
        ('{"triage": {"23": "true"}}', "triage"),
        ('{"settings": 3}', "settings"),
    ],
)
def test_unusable_facts_are_named_by_file_and_field_without_a_traceback(
    run: Any, tmp_path: Path, content: str, named: str
) -> None:
    path = tmp_path / "facts.json"
    path.write_text(content)
    code, out, err = run("propose", "--facts", str(path), "--json")
    assert (code, out) == (2, "")
    assert "facts.json" in err and named in err and err.count("\n") == 1 and "Traceback" not in err


def test_a_missing_file_an_unknown_plan_and_a_foreign_pack_are_named(run: Any, tmp_path: Path) -> None:
    assert run("propose", "--facts", str(tmp_path / "no.json"))[0] == 2
    facts = write(tmp_path / "f.json", {})
    assert run("propose", "--facts", facts, "--plan", "23")[0] == 2
    assert run("propose", "--facts", facts, "--pack", "nowhere")[0] == 2
    assert run("drill", "no-such-drill")[0] == 2
    assert run("check", "--plan", "99")[0] == 2


def test_drill_answers_in_json_and_writes_a_score_sheet_to_sign(run: Any, tmp_path: Path) -> None:
    from docx import Document

    sheet = tmp_path / "score.docx"
    code, out, _ = run("drill", "02-one-operator-multi-point", "--out", str(sheet), "--json")
    answer = json.loads(out)
    assert code == 0 and answer["status"] == "Exercise" and answer["sent"] == 0
    assert {"events", "proposals", "starts", "notices", "clocks", "ends", "score"} <= set(answer)
    assert [event["at"] for event in answer["events"]] == sorted(event["at"] for event in answer["events"])
    document = Document(str(sheet))
    numbers = {row.cells[0].text for table in document.tables for row in table.rows}
    assert {str(line["no"]) for line in answer["score"]["lines"]} <= numbers
    assert {"评估人", "总指挥"} <= numbers, "there is a place to sign"
    assert "演练" in document.sections[0].header.paragraphs[0].text
    assert run("drill", "02-one-operator-multi-point", "--out", str(tmp_path / "x.pdf"))[0] == 2


def test_a_scenario_from_standard_input_runs(run: Any) -> None:
    scenario = {"timeline": [["09:00:00", {"set": FACTS}], ["09:05:00", {"set": {"beyond_district_capacity": True}}]]}
    code, out, _ = run("drill", "-", "--json", stdin=json.dumps(scenario))
    levels = [p["response"]["level"] for p in json.loads(out)["proposals"] if p["plan"] == "21"]
    assert (code, levels) == (0, ["II", "I"])


def test_plain_words_for_a_terminal(run: Any, tmp_path: Path) -> None:
    _, out, _ = run("propose", "--facts", write(tmp_path / "f.json", FACTS))
    assert "建议 II 级（21:4.3.2(1)①）" in out and "软件只提建议" in out
    _, out, _ = run("drill", "07-false-alarm")
    assert "误报不得定级" in out
    _, out, _ = run("drills")
    assert "01-flood-several-towns" in out
    _, out, _ = run("check", "--plan", "21")
    assert "指挥长" in out


def test_the_whole_plan_can_be_read_with_the_clause_of_every_item(run: Any) -> None:
    code, out, _ = run("show", "--plan", "21")
    assert code == 0 and "时限 文字补报：30分钟（21:4.1/p1s3）" in out and "特许通行证" in out
    assert "按解释A17" in out, "who pays is a reading until the cause is settled"
    _, out, _ = run("show", "--plan", "22", "--json")
    assert {"members", "groups", "levels", "clocks", "steps", "digest"} <= set(json.loads(out))
    assert run("show", "--plan", "23")[0] == 2
