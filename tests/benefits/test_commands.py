"""The commands: one JSON document on stdout, exit 2 with one line when the request is unusable, no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from luoshi import cli

FACTS = {
    "in_district": True, "lawful_operation": True, "star_event": "new", "star": 5,
    "event_date": "2025-03-01", "turnover_prior_year_yuan": 12000000,
}  # fmt: skip


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LUOSHI_DATA", str(tmp_path / "never-made"))

    def call(*args: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            cli.main(["benefits", *args])
        out, err = capsys.readouterr()
        assert not (tmp_path / "never-made").exists(), "deciding must not need a place for data"
        return int(str(stopped.value.code)), out, err

    return call


def write(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value, ensure_ascii=False))
    return str(path)


def test_clerk_decides_one_hotel_and_gets_one_json_document(run: Any, tmp_path: Path) -> None:
    code, out, err = run(
        "decide",
        "--measure",
        "25:二(一)",
        "--facts",
        write(tmp_path / "f.json", FACTS),
        "--as-of",
        "2025-06-01",
        "--json",
    )
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert {
        "measure",
        "status",
        "eligible",
        "amount_yuan",
        "unit",
        "lines",
        "uncapped_yuan",
        "missing",
        "trace",
        "interpretations",
        "why",
    } <= set(answer)
    assert (answer["status"], answer["eligible"], answer["amount_yuan"]) == ("eligible", True, 500000)
    assert all({"cite", "condition", "value", "facts"} <= set(step) for step in answer["trace"])
    assert all(step["cite"].startswith("25:") for step in answer["trace"])


def test_settings_file_changes_the_answer_and_says_who_decided(run: Any, tmp_path: Path) -> None:
    facts = FACTS | {"prior_awards": [{"limb": "star", "star": 4, "amount_yuan": 200000, "date": "2024-10-01"}]}
    ruling = {
        "s1.upgrade_policy": {"value": "difference", "status": "confirmed", "by": "区文旅局", "date": "2025-01-01"}
    }
    code, out, _ = run(
        "decide", "--measure", "25:二(一)", "--facts", write(tmp_path / "f.json", facts), "--as-of", "2025-06-01",
        "--settings", write(tmp_path / "s.json", ruling), "--json",
    )  # fmt: skip
    answer = json.loads(out)
    assert (code, answer["amount_yuan"]) == (0, 300000)
    told = {found["key"]: found for found in answer["interpretations"]}
    assert told["s1.upgrade_policy"] == {
        "key": "s1.upgrade_policy",
        "value": "difference",
        "status": "confirmed",
        "by": "区文旅局",
        "date": "2025-01-01",
    }
    assert told["valid_to"]["status"] == "inferred"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"strar": 5}, ["f.json", "strar"]),
        ({"star": 9}, ["f.json", "star"]),
        ({"star": True}, ["star"]),
        ({"event_date": "2025-02-30"}, ["event_date"]),
        ({"event_date": "上周"}, ["event_date"]),
        ({"turnover_prior_year_yuan": 1.234}, ["turnover_prior_year_yuan"]),
        ({"contracts_yuan": [-1]}, ["contracts_yuan"]),
        ({"contracts_yuan": 5}, ["contracts_yuan"]),
        ({"prior_awards": [{"limb": "star", "stars": 4}]}, ["prior_awards", "stars"]),
        ({"prior_awards": ["star"]}, ["prior_awards"]),
        ({"settings": {"s1.upgrade_policy": "half"}}, ["s1.upgrade_policy"]),
        ({"settings": {"s9.x": 1}}, ["s9.x"]),
        ({"settings": 3}, ["settings"]),
        ([], ["f.json"]),
    ],
)
def test_unusable_facts_stop_with_one_line_naming_file_field_and_reason(
    run: Any, tmp_path: Path, facts: Any, words: list[str]
) -> None:
    code, out, err = run(
        "decide",
        "--measure",
        "25:二(一)",
        "--facts",
        write(tmp_path / "f.json", facts),
        "--as-of",
        "2025-06-01",
        "--json",
    )
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and "Traceback" not in err
    assert all(word in err for word in words)


@pytest.mark.parametrize(
    "text",
    ["{", '{"star": NaN}', '{"star": 1, "star": 2}', "[" * 100000, "\ufeff", '{"turnover_prior_year_yuan": 1e999}'],
)
def test_broken_json_stops_with_one_line(run: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "f.json").write_text(text)
    code, out, err = run(
        "decide", "--measure", "25:二(一)", "--facts", str(tmp_path / "f.json"), "--as-of", "2025-06-01"
    )
    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("args", [("--measure", "25:二(九)"), ("--measure", "99:一"), ("--measure", "x")])
def test_unknown_measure_is_named(run: Any, tmp_path: Path, args: tuple[str, str]) -> None:
    code, _, err = run("decide", *args, "--facts", write(tmp_path / "f.json", FACTS), "--as-of", "2025-06-01")
    assert code == 2 and "measure" in err


def test_full_width_brackets_name_the_same_measure(run: Any, tmp_path: Path) -> None:
    code, out, _ = run(
        "decide",
        "--measure",
        "25:二(一)",
        "--facts",
        write(tmp_path / "f.json", FACTS),
        "--as-of",
        "2025-06-01",
        "--json",
    )
    assert (code, json.loads(out)["measure"]) == (0, "25:二(一)")


def test_auditor_replays_a_kept_decision_and_finds_a_changed_one(run: Any, tmp_path: Path) -> None:
    kept = tmp_path / "record.json"
    run(
        "decide",
        "--measure",
        "25:二(一)",
        "--facts",
        write(tmp_path / "f.json", FACTS),
        "--as-of",
        "2025-06-01",
        "--record",
        str(kept),
    )
    assert run("replay", str(kept), "--json")[:2] == (0, '{"holds": true, "problems": []}\n')
    record = json.loads(kept.read_text())
    record["result"]["amount_yuan"] = 900000
    kept.write_text(json.dumps(record, ensure_ascii=False))
    code, out, _ = run("replay", str(kept), "--json")
    assert code == 1 and len(json.loads(out)["problems"]) == 3


def test_register_as_typed_by_people_is_screened(run: Any, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(
        "name,in_district,lawful_operation,star_event,star,event_date,turnover_prior_year_yuan,prior_awards\n"
        "甲,是,true,new,5,2025-03-01,１２００００００,[]\n"
        '乙,true,true,new,5,2025年3月1日,"12,000,000.00","[{""limb"":""star"",""star"":4,""amount_yuan"":200000,""date"":""2024-10-01""}]"\n'
        "丙,true,,new,5,2025/3/1,,[]\n"
        "丁,true,true,new,5,2025-03-01,12000000,\n"
    )
    code, out, err = run(
        "screen",
        str(tmp_path / "r.csv"),
        "--measure",
        "25:二(一)",
        "--as-of",
        "2025-06-01",
        "--out",
        str(tmp_path / "o.csv"),
        "--json",
    )
    assert (code, json.loads(out)["statuses"]) == (0, {"eligible": 1, "human_review": 1, "pending": 2})
    rows = pl.read_csv(tmp_path / "o.csv").to_dicts()
    assert [(row["name"], row["status"], row["amount_yuan"]) for row in rows] == [
        ("甲", "eligible", 500000), ("乙", "human_review", 500000), ("丙", "pending", 0), ("丁", "pending", 0),
    ]  # fmt: skip
    assert "name" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("in_district,star\ntrue,5\ntrue,五\n", ["r.csv:3", "star"]),
        ("in_district,turnover_prior_year_yuan\ntrue,1\nmaybe,2\n", ["r.csv:3", "in_district"]),
        ("a,b\n1,2\n", ["r.csv"]),
        ("", ["r.csv"]),
    ],
)
def test_bad_cell_of_a_register_is_named_by_line(run: Any, tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "r.csv").write_text(text)
    code, out, err = run(
        "screen",
        str(tmp_path / "r.csv"),
        "--measure",
        "25:二(一)",
        "--as-of",
        "2025-06-01",
        "--out",
        str(tmp_path / "o.csv"),
    )
    assert (code, out) == (2, "")
    assert all(word in err for word in words) and not (tmp_path / "o.csv").exists()
