"""The plans of the pack: true to the clauses, marked where a reading stands in, and checked like anybody's."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from luoshi.emergency import checking, pack, plans
from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput
from luoshi.norms import packfile, packs
from luoshi.norms.pack import ClauseRow

JCCQ = plans.SHIPPED / "jccq"


@pytest.fixture(scope="module")
def read() -> plans.Plans:
    return plans.read("jccq")


@pytest.fixture(scope="module")
def clauses() -> dict[str, Any]:
    found, _ = packs.read("jccq")
    return {entry.row.key: entry.row for entry in found.of(ClauseRow)}


@pytest.mark.clause("21:2.1/成员单位", "22:2.1/成员单位")
def test_members_are_those_of_the_text_and_the_town_is_a_slot(read: plans.Plans, clauses: dict[str, Any]) -> None:
    for slug, plan in read.by_slug.items():
        facts = clauses[f"{slug}:2.1/成员单位"].facts
        assert [member.name for member in plan.members] == facts["members"]
        assert [member.name for member in plan.members if member.slot] == facts["dynamic_members"]


@pytest.mark.clause(
    "21:2.4.1/p1", "21:2.4.1(1)/组成", "21:2.4.1(2)/组成", "21:2.4.1(3)/组成", "21:2.4.1(4)/组成", "21:2.4.1(5)/组成",
    "21:2.4.1(6)/组成", "21:2.4.1(7)/组成", "22:2.4/p1", "22:2.4(1)/组成", "22:2.4(2)/组成", "22:2.4(3)/组成",
    "22:2.4(4)/组成", "22:2.4(5)/组成", "22:2.4(6)/组成", "22:2.4(7)/组成",
)  # fmt: skip
def test_groups_have_the_lead_and_members_of_the_text(read: plans.Plans, clauses: dict[str, Any]) -> None:
    for plan in read.by_slug.values():
        assert len(plan.groups) == 7
        for group in plan.groups:
            facts = clauses[group.cite].facts
            assert (group.name, group.lead, group.members) == (facts["group"], facts["lead"], facts["members"])
    one, two = (plan.groups[2].members for plan in read.by_slug.values())
    assert set(one) ^ set(two) == {"区工信局", "区融媒体中心"}, "only group 3 differs"


@pytest.mark.clause("21:2.1/总指挥", "21:2.1/副总指挥", "22:2.1/总指挥", "22:2.1/副总指挥")
def test_posts_are_held_by_those_the_text_names(read: plans.Plans, clauses: dict[str, Any]) -> None:
    for slug, plan in read.by_slug.items():
        chief, deputy = plan.post("总指挥"), plan.post("副总指挥")
        assert chief is not None and deputy is not None
        assert chief.holders == [clauses[f"{slug}:2.1/总指挥"].facts["holder_post"]]
        assert deputy.holders == clauses[f"{slug}:2.1/副总指挥"].facts["holder_posts"]
    assert read.by_slug["22"].post("指挥长") is None, "plan 22 does not know this post"


def test_only_the_clocks_with_a_number_in_the_text_have_minutes(read: plans.Plans, clauses: dict[str, Any]) -> None:
    for slug, plan in read.by_slug.items():
        timed = {clock.cite: clock.minutes for clock in plan.clocks if clock.minutes}
        stated = {
            key: row.facts["minutes"]
            for key, row in clauses.items()
            if key.startswith(f"{slug}:") and row.facts.get("minutes")
        }
        assert timed == stated == {f"{slug}:4.1/p1s3": 30, f"{slug}:4.1/p1s5": 30}


@pytest.mark.clause("21:4.1/p2", "22:4.1/p2", "21:3.1.2(1)", "21:3.1.2(6)", "22:3.1.2(1)", "22:3.1.2(4)")
def test_report_parts_and_sources_are_counted_as_in_the_text(read: plans.Plans) -> None:
    assert [len(plan.row.report_parts) for plan in read.by_slug.values()] == [5, 5]
    assert [len(plan.row.sources) for plan in read.by_slug.values()] == [6, 4]


def test_no_plan_has_a_level_four_and_plan_22_has_situations(read: plans.Plans) -> None:
    one, two = read.by_slug["21"], read.by_slug["22"]
    assert [level.level for level in one.of_kind("response")] == ["I", "II", "III"]
    assert [level.level for level in one.of_kind("warning")] == ["I", "II", "III"]
    assert [level.level for level in two.of_kind("response")] == ["I", "II"]
    assert [level.level for level in two.of_kind("warning")] == ["1", "2", "3"]


def test_every_clause_a_plan_element_cites_exists_and_most_clauses_are_carried(clauses: dict[str, Any]) -> None:
    found, problems = packs.read("jccq")
    assert [p for p in problems if "plan" in p.file or "drills" in p.file] == []
    assert list(pack.check(found)) == []
    carried = {key for key, _ in pack.runs(found)} & set(clauses)
    share = {
        slug: sum(key.startswith(f"{slug}:") for key in carried) / sum(key.startswith(f"{slug}:") for key in clauses)
        for slug in ("21", "22")
    }
    assert all(part > 0.9 for part in share.values()), share
    assert "21:1.1" not in carried, "a purpose is shown, not run"


def codes(which: str) -> list[list[str]]:
    return [[defect["code"] for defect in told["defects"]] for told in checking.defects(which)]


def test_checker_finds_what_a_careful_reader_found_in_both_plans() -> None:
    one, two = checking.defects("jccq")
    told = {defect["code"]: defect for defect in one["defects"]}
    assert told["undefined_starter"]["reading"] == "A01"
    assert told["fewer_measures"]["reading"] == "A08"
    assert {"two_names", "same_duty", "clock_without_number", "no_lowering", "gap", "overlap"} <= set(told)
    assert {"levels_differ", "group_roster", "end_question"} <= {defect["code"] for defect in two["defects"]}
    assert {"S1", "S2"} <= {slip["key"] for slip in one["slips"]}, "repeated level names of the text"
    assert len({q["key"] for told in (one, two) for q in told["open_questions"] if q["key"].startswith("A")}) == 42


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Another district's pack: plan 21 alone, under another name."""
    for name in ("plan_facts.yaml", "plan_operators.yaml", "plan_terms.yaml"):
        shutil.copy(JCCQ / name, tmp_path / name)
    shutil.copytree(JCCQ / "21", tmp_path / "21")
    readings = (JCCQ / "22" / "interpretations.yaml").read_text(encoding="utf-8")
    with (tmp_path / "21" / "interpretations.yaml").open("a", encoding="utf-8") as file:
        file.write(readings)
    return tmp_path


def change(path: Path, work: Any) -> None:
    single = path.name == "plan.yaml"
    found = [value for value, _ in packfile.read(path, single=single).rows]
    rows = found[0] if single else found
    work(rows)
    path.write_text(yaml.safe_dump(rows, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_checker_works_on_another_districts_plan(copy: Path) -> None:
    (found,) = codes(str(copy))
    assert "fewer_measures" in found and "unusable" not in found


@pytest.mark.parametrize(
    ("file", "work", "code"),
    [
        ("plan_levels.yaml", lambda rows: rows[3].update(starters=["大总管"]), "unusable"),
        ("plan_levels.yaml", lambda rows: rows[1].update(level="I"), "repeated_level"),
        ("plan_levels.yaml", lambda rows: rows[0]["conditions"][0]["parts"][0].update(test="all_netwroks"), "unusable"),
        ("plan_levels.yaml", lambda rows: rows[0]["conditions"][0].update(reading="A99"), "unusable"),
        ("plan_groups.yaml", lambda rows: rows[0]["members"].append("区某局"), "missing_member"),
        ("plan_members.yaml", lambda rows: rows.pop(), "count_differs"),
        ("plan_clocks.yaml", lambda rows: rows[0].update(minutes=None, word="尽快"), "clock_without_number"),
        ("plan.yaml", lambda row: row.update(end=[]), "not_stated"),
    ],
)
def test_checker_names_a_defect_put_into_a_plan(copy: Path, file: str, work: Any, code: str) -> None:
    before = codes(str(copy))[0].count(code)
    path = copy / "21" / file
    change(path, work)
    (after,) = codes(str(copy))
    assert after.count(code) > before


def test_a_plan_that_cannot_be_read_is_named_by_file_and_line(copy: Path) -> None:
    path = copy / "21" / "plan_levels.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("level: III", "levle: III", 1), encoding="utf-8")
    with pytest.raises(BadInput) as error:
        plans.read(str(copy))
    assert error.value.file == str(path) and error.value.line


@pytest.mark.clause(
    "21:2.3/区委宣传部(区网信办)", "21:2.3/区人武部", "21:2.3/区发改局(区能源局)", "21:2.3/区工信局",
    "21:2.3/区财政局", "21:2.3/区自然资源局", "21:2.3/区交通局", "21:2.3/区水务局", "21:2.3/区农业农村局",
    "21:2.3/区商务局", "21:2.3/区文旅局", "21:2.3/区卫体局", "21:2.3/区应急局", "21:2.3/区总工会",
    "21:2.3/区公安分局", "21:2.3/区消防救援大队", "21:2.3/区融媒体中心", "21:2.3/区气象局",
    "21:2.3/国网晋城供电公司城区供电中心", "21:2.3/移动城区分公司、联通城区分公司、铁塔城区分公司",
    "22:2.3/区委宣传部(区网信办)", "22:2.3/区人武部", "22:2.3/区发改局(区能源局)", "22:2.3/区工信局",
    "22:2.3/区财政局", "22:2.3/区自然资源局", "22:2.3/区交通局", "22:2.3/区水务局", "22:2.3/区农业农村局",
    "22:2.3/区商务局", "22:2.3/区文旅局", "22:2.3/区卫体局", "22:2.3/区应急局", "22:2.3/区总工会",
    "22:2.3/区公安分局", "22:2.3/区消防救援大队", "22:2.3/区融媒体中心", "22:2.3/区气象局",
    "22:2.3/国网晋城供电公司城区供电中心", "22:2.3/移动城区分公司、联通城区分公司、铁塔城区分公司",
)  # fmt: skip
def test_members_have_the_duties_of_the_text_and_each_entry_has_its_unit(
    read: plans.Plans, clauses: dict[str, Any]
) -> None:
    for slug, plan in read.by_slug.items():
        stated = {key: row.facts["duties"] for key, row in clauses.items() if key.startswith(f"{slug}:2.3/")}
        held = {(member.name, duty.cite): [] for member in plan.members for duty in member.duties}
        for member in plan.members:
            for duty in member.duties:
                held[(member.name, duty.cite)].append(duty.what)
        assert {cite for _, cite in held} >= set(stated)
        assert all(duties == stated[cite] for (_, cite), duties in held.items() if cite in stated)


@pytest.mark.clause(
    "21:2.4.1(1)/职责", "21:2.4.1(2)/职责", "21:2.4.1(3)/职责", "21:2.4.1(4)/职责", "21:2.4.1(5)/职责",
    "21:2.4.1(6)/职责", "21:2.4.1(7)/职责", "22:2.4(1)/职责", "22:2.4(2)/职责", "22:2.4(3)/职责",
    "22:2.4(4)/职责", "22:2.4(5)/职责", "22:2.4(6)/职责", "22:2.4(7)/职责",
)  # fmt: skip
def test_groups_have_the_duties_of_the_text(read: plans.Plans, clauses: dict[str, Any]) -> None:
    for plan in read.by_slug.values():
        for group in plan.groups:
            cite = group.cite.replace("组成", "职责")
            assert [duty.what for duty in group.duties] == clauses[cite].facts["duties"]
            assert {duty.cite for duty in group.duties} == {cite}


def test_a_snapshot_of_a_plan_is_plain_data_and_the_digest_follows_every_row(copy: Path) -> None:
    one = plans.survey(str(copy))
    assert dumps(plans.snapshot(one.by_slug["21"]))
    path = copy / "21" / "plan_levels.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("starters: [总指挥]", "starters: [副总指挥]"), encoding="utf-8"
    )
    assert plans.survey(str(copy)).digest != one.digest
