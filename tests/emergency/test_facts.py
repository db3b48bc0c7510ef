"""Facts are known to be so, known not to be so, or unknown; and a level never rests on what nobody knows."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from luoshi.emergency import desk, proposing

OPERATORS = ["移动城区分公司", "联通城区分公司", "铁塔城区分公司", "某公司"]
TOWNS = ["甲", "乙", "丙"]
BOOLS = [
    "all_networks", "backbone_large_area_outage", "hub_destroyed", "large_area_paralysis", "spread_in_district",
    "spread_beyond_district", "all_important_systems", "risk_major", "beyond_operator_capacity",
    "hq_coordination_needed", "beyond_district_capacity", "minor_harm", "base_unit_can_handle",
]  # fmt: skip


def _consistent(facts: dict[str, Any]) -> dict[str, Any]:
    """Who has many faults is affected."""
    both = dict.fromkeys([*facts["operators_affected"], *facts["multi_point_operators"]])
    return facts | {"operators_affected": list(both)}


WHOLE = st.fixed_dictionaries(
    {name: st.booleans() for name in BOOLS}
    | {
        "triage": st.sampled_from(["true", "true", "true", "true", "false_alarm", "unrelated"]),
        "stage": st.sampled_from(["threat", "occurred", "task"]),
        "cause": st.sampled_from(["external_emergency", "own_fault", "cyber", "industrial_accident", "task"]),
        "operators_affected": st.lists(st.sampled_from(OPERATORS), max_size=3, unique=True),
        "multi_point_operators": st.lists(st.sampled_from(OPERATORS), max_size=3, unique=True),
        "towns_affected": st.lists(st.sampled_from(TOWNS), max_size=3, unique=True),
        "important_systems_full_business": st.integers(0, 4),
        "superior_order": st.one_of(
            st.just(False),
            st.fixed_dictionaries(
                {"from": st.sampled_from(["区委", "省级机构"]), "level": st.sampled_from(["I", "II"])}
            ),
        ),
        "hq_opinion": st.one_of(
            st.just(False),
            st.fixed_dictionaries({"level": st.sampled_from(["I", "II", "III"]), "by": st.just("总指挥")}),
        ),
        "accident_grade": st.one_of(st.just(False), st.just({"grade": "重大", "by": "市级部门"})),
    }
).map(_consistent)
RANK = {None: 9, "I": 0, "II": 1, "III": 2, "1": 0, "2": 1, "3": 2}
DESK = desk.desk({})


def grades(facts: dict[str, Any]) -> dict[str, Any]:
    read = DESK.given(facts)
    found: dict[str, Any] = {}
    for slug, plan in DESK.plans.by_slug.items():
        internal = DESK.facts_for(plan, read)
        for kind in ("warning", "response"):
            found[f"{slug} {kind}"] = DESK.graders[slug].grade(kind, internal)
    return found


@settings(max_examples=250, deadline=None)
@given(whole=WHOLE, data=st.data())
def test_learning_a_fact_never_contradicts_what_was_known_before(whole: dict[str, Any], data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from(sorted(whole))))
    partial = {name: value for name, value in whole.items() if name not in hidden}
    before, after = grades(partial), grades(whole)
    for name, grade in before.items():
        for known, learnt in zip(grade.levels, after[name].levels, strict=True):
            if known.value is not None:
                assert known.value == learnt.value, f"{name} {known.row.level}: {known.value} → {learnt.value}"
        assert RANK[after[name].name] <= RANK[grade.name], "a level reached is lost only to a higher one"


@settings(max_examples=100, deadline=None)
@given(whole=WHOLE, data=st.data())
def test_unknown_word_null_and_absence_are_the_same(whole: dict[str, Any], data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from(sorted(whole)), min_size=1))
    absent = {name: value for name, value in whole.items() if name not in hidden}
    spelt = whole | dict.fromkeys(hidden, "unknown")
    null = whole | dict.fromkeys(hidden)
    first, second, third = ({n: g.name for n, g in grades(facts).items()} for facts in (absent, spelt, null))
    assert first == second == third


@settings(max_examples=60, deadline=None)
@given(whole=WHOLE)
def test_with_everything_known_nothing_is_asked_that_could_still_change_the_level(whole: dict[str, Any]) -> None:
    whole = whole | {"operators_affected": ["移动"], "multi_point_operators": ["移动"], "important_systems_count": 1}
    for card in proposing.propose(whole)["plans"]:
        assert card["ask"] == []
        assert card["applies"] in (True, False)


@settings(max_examples=60, deadline=None)
@given(whole=WHOLE, data=st.data())
def test_what_is_asked_is_exactly_what_is_unknown(whole: dict[str, Any], data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from(sorted(whole))))
    partial = {name: value for name, value in whole.items() if name not in hidden}
    for card in proposing.propose(partial)["plans"]:
        extra = {"important_systems_count", "operators_affected", "multi_point_operators"}  # may be open though given
        assert set(card["ask"]) <= hidden | extra
        for part in ("warning", "response"):
            if card["triage"] in (None, "false_alarm", "unrelated"):
                assert card[part]["level"] is None
            for near in card[part]["near"]:
                assert set(near["unknown"]) <= hidden | extra


@settings(max_examples=40, deadline=None)
@given(whole=WHOLE)
def test_a_level_marked_as_text_is_the_same_under_every_answer_to_every_reading(whole: dict[str, Any]) -> None:
    for card in proposing.propose(whole)["plans"]:
        for part in ("warning", "response"):
            if card[part].get("source") != "text":
                continue
            for reading in card["readings"]:
                for other in reading["otherwise"]:
                    assert other[part] == card[part]["level"], f"{reading['key']} decides but is not shown"


def test_operators_known_to_have_many_faults_are_affected_too() -> None:
    given_ = DESK.given({"multi_point_operators": ["移动", "联通"]})
    assert given_.internal["operators_affected_least"] == 2
    assert given_.internal["operators_affected_exact"] is None, "others may be affected"


def test_an_operator_nobody_has_entered_is_named_to_the_officer() -> None:
    told = proposing.propose({"operators_affected": ["某卫星公司"]})["notes"]
    assert any("某卫星公司" in note and "A27" in note for note in told)


def test_an_opinion_without_name_or_reason_is_pointed_out() -> None:
    notes = proposing.propose({"triage": True, "hq_opinion": {"level": "I"}})["notes"]
    assert len(notes) == 2 and all("hq_opinion" in note for note in notes)


@settings(max_examples=80, deadline=None)
@given(whole=WHOLE, data=st.data())
def test_when_knowing_more_changes_the_answer_one_of_those_facts_had_been_asked(
    whole: dict[str, Any], data: st.DataObject
) -> None:
    hidden = data.draw(st.sets(st.sampled_from(sorted(whole))))
    partial = {name: value for name, value in whole.items() if name not in hidden}
    cards = zip(proposing.propose(partial)["plans"], proposing.propose(whole)["plans"], strict=True)
    for before, after in cards:
        levels = [(card["applies"], card["warning"]["level"], card["response"]["level"]) for card in (before, after)]
        if levels[0] != levels[1]:
            assert set(before["ask"]) & hidden


def test_two_lists_that_contradict_each_other_are_both_kept_and_pointed_out() -> None:
    given_ = DESK.given({"operators_affected": ["移动"], "multi_point_operators": ["中国移动", "联通"]})
    assert given_.internal["operators_affected_exact"] == 2
    assert [note for note in given_.notes if "联通" in note and "核实" in note and "中国移动" not in note]
