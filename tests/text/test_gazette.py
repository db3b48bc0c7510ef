"""The real issue, scored against the clause inventory that people made of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from luoshi.text import Document, Issue, parse_citation, read

pytestmark = pytest.mark.needs("shared")


@pytest.fixture(scope="module")
def issue(gazette_file: Path) -> Issue:
    return read(gazette_file.read_bytes(), gazette_file.name)


@pytest.fixture(scope="module")
def inventory(shared: Path) -> dict[str, list[dict[str, Any]]]:
    files = sorted((shared / "spec" / "clauses").glob("clauses-*.json"))
    return {f.stem[-2:]: json.loads(f.read_text(encoding="utf-8")) for f in files}


def by_slug(issue: Issue) -> dict[str, Document]:
    return {re.search(r"(\d+)号", d.number)[1].zfill(2): d for d in issue.documents}  # type: ignore[index]


def at(document: Document, key: str) -> str:
    """The provision a clause belongs to: the longest path its key begins with."""
    path = parse_citation(key).path
    return max((p.path for p in document.walk() if path.startswith(p.path)), key=len, default="")


def test_nine_documents_with_their_title_blocks(issue: Issue) -> None:
    found = by_slug(issue)
    assert list(found) == ["07", "08", "09", "10", "21", "22", "23", "26", "25"]
    assert [d.kind for d in issue.documents] == ["批复", "通知", "通知", "决定", *["通知"] * 5]
    assert [d.attached_kind for d in issue.documents] == [
        "",
        "方案",
        "方案",
        "",
        "预案",
        "预案",
        "方案",
        "方案",
        "措施",
    ]
    assert all(d.public for d in issue.documents)
    assert {d.issuer for d in issue.documents} == {"晋城市城区人民政府", "晋城市城区人民政府办公室"}
    assert [d.isoformat() for d in found["08"].dates] == ["2024-08-18", "2024-02-29"]
    assert found["09"].addressees == ["北石店镇人民政府", "各街道办事处", "区直相关单位"]


def test_every_numbered_clause_has_its_provision(issue: Issue, inventory: dict[str, list[dict[str, Any]]]) -> None:
    outside = re.compile("[0-9]{2}:(?:题|主送|函|引|据|署|推|缺|疑|0/|5-落款)")
    for slug, document in by_slug(issue).items():
        for row in inventory[slug]:
            assert outside.match(row["id"]) or at(document, row["id"]), row["id"]


def test_paths_run_on_across_sections(issue: Issue) -> None:
    paths = [p.path for p in by_slug(issue)["09"].walk()]
    assert [p for p in paths if re.search(r"\d+$", p)][0::28] == ["三(一)1", "三(八)29"]
    assert by_slug(issue)["22"].provision("4.3.2(3)⑦") is not None


@pytest.mark.clause("09:三(一)1-1", "26:六(十四)1")
def test_lead_and_help_agree_with_the_inventory(
    issue: Issue, inventory: dict[str, list[dict[str, Any]]], shared: Path
) -> None:
    bodies = json.loads((shared / "spec" / "bodies.json").read_text(encoding="utf-8"))
    canonical = {a: b["canonical"] for b in bodies for a in (*b["aliases"], *b["ocr_variants"], b["canonical"])}
    right = wrong = 0
    for slug in ("09", "26"):
        document = by_slug(issue)[slug]
        for row in inventory[slug]:
            if not row.get("lead"):
                continue
            path = at(document, row["id"])
            want = [canonical.get(n, n) for n in row["lead"]], len(row["cooperate"])
            found = [
                ([canonical.get(n, n) for n in item.lead], len(item.cooperate))
                for item in document.responsibilities
                if item.path == path
            ]
            right, wrong = right + (want in found), wrong + (want not in found)
    assert (right, wrong) == (174, 0)


@pytest.mark.clause("08:二(三).责", "08:二(十八).责")
def test_deadlines_and_bodies_of_the_service_plan_agree(
    issue: Issue, inventory: dict[str, list[dict[str, Any]]]
) -> None:
    document = by_slug(issue)["08"]
    rows = [row for row in inventory["08"] if row["id"].endswith("责")]
    assert len(rows) == 18
    for row in rows:
        (item,) = [r for r in document.responsibilities if r.path == at(document, row["id"])]
        want = row["facts"]["deadline"]
        limit = item.deadline
        assert (limit.date and limit.date.isoformat()) == want["date"]
        assert (limit.continuous, limit.stage_result) == (want["continuous"], want["stage_result"])
        assert [b for b in item.bodies if not b.startswith("区直各")] == row["facts"]["bodies"]


def test_targets_reach_the_inventory(issue: Issue, inventory: dict[str, list[dict[str, Any]]]) -> None:
    """Recall and precision over 09 and 26. Quoted figures ("12大基地") and 一批 without a number are not claimed."""
    hits = wanted = claimed = 0
    for slug in ("09", "26"):
        document = by_slug(issue)[slug]
        mine = [(t.path, str(t.to_json()["value"])) for t in document.targets]
        claimed += len(mine)
        for row in inventory[slug]:
            for target in row["targets"]:
                wanted += 1
                key = at(document, row["id"]), str(target["value"])
                if key in mine:
                    mine.remove(key)
                    hits += 1
    assert hits / wanted >= 0.95, f"{hits}/{wanted}"
    assert hits / claimed >= 0.97, f"{hits}/{claimed}"


@pytest.mark.parametrize(
    ("code", "document", "path", "raw"),
    [
        ("recognition_slip", "7号", "", "見录"),
        ("stray_character", "7号", "", "Ç"),
        ("recognition_slip", "9号", "三(一)1", "准人"),
        ("body_unknown", "9号", "三(二)9", "区对政局"),
        ("recognition_slip", "9号", "三(三)11", "接职责"),
        ("bracket_mixed", "9号", "三(五)18", "〕"),
        ("bracket_mixed", "8号", "二(五)", "「"),
        ("body_repeated", "8号", "二(十八)", "区司法局"),
        ("recognition_slip", "8号", "二(十五)", "人学"),
        ("dates_differ", "8号", "", "2024-02-29"),
        ("key_missing", "8号", "二(九)", "["),
        ("punctuation", "8号", "二(三)", ":完成时限"),
        ("name_variant", "8号", "", "北石镇人民政府"),
        ("body_variant", "8号", "二(十六)", "区民营经济局"),
        ("date_order", "9号", "", "2024-05-09"),
        ("annex_missing", "10号", "3", "附件1"),
        ("annex_missing", "10号", "4", "附件2"),
        ("name_repeated", "10号", "1", "取消下放"),
        ("level_repeated", "21号", "3.3.1", "II级"),
        ("level_repeated", "21号", "4.3", "III级"),
        ("recognition_slip", "21号", "3.3.1", "阳碍"),
        ("recognition_slip", "21号", "3.3.1", "终端"),
        ("recognition_slip", "21号", "4.3.1(1)④", "1级"),
        ("recognition_slip", "21号", "4.3.2(3)⑦", "做个好"),
        ("punctuation", "21号", "3.1.2(1)", "通报;"),
        ("label_form", "22号", "4.3.2(3)⑦", "(7)"),
        ("punctuation", "21号", "2.2(3)", ":"),
        ("name_variant", "22号", "4.5", "区通信指挥部"),
        ("term_carried", "22号", "2.4", "通信保障突发事件"),
        ("term_carried", "21号", "4.1", "事故信息报告"),
        ("term_mixed", "21号", "3.3.1", "通信突发事件"),
        ("term_mixed", "22号", "3.1.2(1)", "网络安全事故"),
        ("recognition_slip", "23号", "二(三)6", "目间"),
        ("recognition_slip", "23号", "二(三)6", "投人"),
        ("body_unknown", "23号", "二(三)7", "区发政局"),
        ("target_conflict", "26号", "三(八)", "55"),
        ("punctuation", "26号", "七(十九)", "牵头"),
        ("recognition_slip", "26号", "六(十六)", "制官"),
        ("recognition_slip", "26号", "一(二)", "一一"),
        ("missing_unit", "25号", "二(四)", "500万"),
    ],
)
def test_slips_people_found_are_found(issue: Issue, code: str, document: str, path: str, raw: str) -> None:
    found = [f for f in issue.findings if f.code == code and f.path == path and f.document.endswith("〕" + document)]
    assert any(raw in f.raw or raw in f.message for f in found), [f.raw for f in found]


def test_what_the_known_list_settles_is_not_questioned(gazette_file: Path, shared: Path) -> None:
    bodies = json.loads((shared / "spec" / "bodies.json").read_text(encoding="utf-8"))
    known = {a: b["canonical"] for b in bodies for a in (*b["aliases"], *b["role_phrases"], b["canonical"])}
    findings = read(gazette_file.read_bytes(), known=known).findings
    assert {f.raw for f in findings if f.code == "body_unknown"} == {"区对政局", "区发政局"}
    assert not [f for f in findings if f.code == "body_variant" and "区发改" in f.raw]
