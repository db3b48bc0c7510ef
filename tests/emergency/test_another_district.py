"""A plan of another district, written from the documentation alone: four levels, its own facts, posts and minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from luoshi.emergency import checking, drilling, proposing

SNOW = Path(__file__).parent / "snow"
pytestmark = pytest.mark.once


def test_checker_questions_it_and_tries_the_numbers_it_sets() -> None:
    (told,) = checking.defects(str(SNOW))
    codes = {defect["code"] for defect in told["defects"]}
    assert {
        "no_starter",
        "fewer_measures",
        "levels_differ",
        "count_differs",
        "gap",
    } <= codes and "unusable" not in codes
    overlaps = [d["message"] for d in told["defects"] if d["code"] == "overlap"]
    assert any("I、II、IV" in one for one in overlaps), (
        "fifty people and thirty centimetres are tried, not only small ones"
    )


def test_its_own_facts_are_asked_and_its_highest_level_is_proposed() -> None:
    (card,) = proposing.propose({"triage": "true", "snow_cm": 30}, pack=str(SNOW))["plans"]
    assert (card["warning"]["level"], card["response"]["level"]) == ("红", "IV") and card["ask"][0] == "people_trapped"
    (card,) = proposing.propose({"triage": "true", "snow_cm": 29, "people_trapped": 50}, pack=str(SNOW))["plans"]
    assert (card["warning"]["level"], card["response"]["level"]) == ("蓝", "I") and card["response"]["starters"] == [
        "区长"
    ]


def test_its_drill_refuses_by_its_own_clauses_and_keeps_its_own_hour() -> None:
    scenario, file = drilling.load(str(SNOW / "drills" / "a.yaml"))
    result = drilling.run(scenario, pack=str(SNOW), file=file)
    assert [(one["act"], one["cite"]) for one in result["refused"]] == [
        ("start", "gz-07:4"), ("start", "gz-07:4"), ("end", "gz-07:6"), ("end", "gz-07:6"),
    ]  # fmt: skip
    assert [(one["level"], one["by"]) for one in result["starts"]] == [("II", "指挥长"), ("I", "区长")]
    assert [one["clock"] for one in result["clocks"] if one["state"] == "late"][:1] == ["书面报告"]
    assert len(result["ends"]) == 1
