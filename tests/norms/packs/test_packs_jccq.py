"""The shipped pack against what it was made from: the clause inventory, the bodies, and the gazette's own words."""

from __future__ import annotations

import json
import re
import time
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from django.test import TestCase

from luoshi.directory.models import Area, Body
from luoshi.directory.pack import BodyRow
from luoshi.directory.queries import resolve
from luoshi.kernel.packing import Pack
from luoshi.ledger.models import Entry
from luoshi.norms import packs
from luoshi.norms.models import Clause, Instrument, Interpretation, Relation
from luoshi.norms.pack import ClauseRow, FindingRow, InstrumentRow, InterpretationRow, ParameterRow, squeeze
from luoshi.supervision.models import Conflict, Duty, Target
from luoshi.supervision.pack import DutyRow

SLIPS = {"区对政局": "区财政局", "区发政局": "区发改局", "接职责": "按职责"}


@cache
def jccq() -> Pack:
    return packs.read("jccq")[0]


def duties(slug: str) -> list[DutyRow]:
    return [entry.row for entry in jccq().in_instrument(DutyRow, slug)]


@pytest.fixture(scope="session")
def gazette(gazette_file: Path) -> str:
    """The gazette without line breaks, the three slips in names put right."""
    text = re.sub(r"\s", "", gazette_file.read_text(encoding="utf-8"))
    for wrong, right in SLIPS.items():
        text = text.replace(wrong, right)
    return text


def halfwidth(text: str) -> str:
    return text.replace("\uff0c", ",")


def between(text: str, start: str, end: str) -> str:
    return text[text.index(start) : text.index(end, text.index(start))]


def test_nothing_is_wrong_with_it() -> None:
    assert packs.check("jccq") == []


@pytest.mark.needs("shared")
def test_its_words_are_ours_and_its_figures_the_gazettes(gazette_file: Path) -> None:
    assert packs.check("jccq", gazette_file.read_text(encoding="utf-8")) == []


@pytest.mark.needs("shared")
def test_every_clause_of_the_inventory_is_there(shared: Path) -> None:
    ours = {(e.row.key, e.row.kind) for e in jccq().of(ClauseRow)}
    files = sorted((shared / "spec" / "clauses").glob("clauses-*.json"))
    theirs = {(row["id"], row["kind"]) for file in files for row in json.loads(file.read_text(encoding="utf-8"))}
    assert ours == theirs and len(ours) == 875


@pytest.mark.needs("shared")
def test_every_body_is_there_under_every_name(shared: Path) -> None:
    rows = {e.row.name: e.row for e in jccq().of(BodyRow)}
    theirs = json.loads((shared / "spec" / "bodies.json").read_text(encoding="utf-8"))
    assert len(rows) == len(theirs) == 124
    # Phrases for several bodies at once, or for one that the body only coordinates: not names of it (see its note).
    not_names = {"民政、卫体、医保等部门", "交警部门"}
    for body in theirs:
        row = rows[body["canonical"]]
        names = {row.name} | {name for name, _, _ in row.names()}
        assert set(body["aliases"] + body["ocr_variants"] + body["role_phrases"]) - not_names <= names
        assert (row.collective, row.uncertain) == (body["collective"], body["uncertain"])


@pytest.mark.needs("shared")
@pytest.mark.parametrize("slug", ["09", "26"])
def test_responsibilities_are_the_brackets_of_the_text(slug: str, gazette: str) -> None:
    start, end = {
        "09": ("三、重点任务(一)深入推进产业", "城政发[2024]10号北石店镇"),
        "26": ("质量强区建设的实施方案为贯彻", "城政办发[2024]25号北石店镇"),
    }[slug]
    printed = [b for b in re.findall(r"[\[〔]([^\]〕\[〔]*)[\]〕]", between(gazette, start, end)) if "负责" in b]
    ours = [
        "、".join(map(str, row.lead)) + ("等" if row.open_list else "") + halfwidth(row.division)
        for row in duties(slug)
        if row.lead
    ]
    assert [b for b, _ in groupby(ours)] == [b for b, _ in groupby(printed)]


@pytest.mark.needs("shared")
def test_responsibilities_of_23_are_its_24_brackets(gazette: str) -> None:
    part = between(gazette, "(一)落实完善基本养老服务清单", "三、保障措施(一)强化组织领导")
    printed = [b.split("、") for b in re.findall(r"\(责任单位:([^()]*)按职责分工负责\)", part)]
    assert len(printed) == 24
    for number, bodies in enumerate(printed, start=1):
        rows = [r for r in duties("23") if r.task_no == number and r.division]
        assert rows, f"task {number} has no duty"
        for row in rows:
            lead = [str(name) for name in row.lead]
            assert [name for name in lead if name != "各镇(街道)"] == bodies


@pytest.mark.needs("shared")
@pytest.mark.clause("08:函.贯彻")
def test_08_has_18_tasks_and_3_safeguards_as_printed(gazette: str) -> None:
    part = between(gazette, "(一)推进政务服务事项标准化", '三、保障措施(一)加强组织领导。"高效')
    printed = re.findall(r"[\[〔「]((?:责任部门:)?区[^\]〕]*?)[:;]完成时限[:;]([^\]〕]*)[\]〕]", part)
    rows = duties("08")
    assert len(printed) == 18 and len(rows) == 21
    for row, (names, words) in zip(rows, printed, strict=False):
        bodies = list(dict.fromkeys(names.removeprefix("责任部门:").split("、")))  # (十八) prints five names twice
        last = bodies[-1].split("等")[0]
        assert [str(name) for name in row.lead] == [*bodies[:-1], last]
        assert row.open_list == ("等" in bodies[-1])
        assert halfwidth(row.deadline.printed) == words


@pytest.mark.needs("shared")
def test_every_task_of_09_and_26_has_a_duty() -> None:
    assert {r.task_no for r in duties("09")} - {None} == set(range(1, 30))
    assert {r.task_no for r in duties("26")} - {None} == set(range(3, 22))


@pytest.mark.needs("shared")
def test_dates_numbers_and_bases_stand_in_the_gazette(gazette: str) -> None:
    for entry in jccq().of(InstrumentRow):
        row = entry.row
        assert row.number.replace("〔", "[").replace("〕", "]") in gazette
        for day in row.dates:
            assert f"{day.year}年{day.month}月{day.day}日" in gazette, (row.slug, day)
        for relation in row.relations:
            number = relation.number.replace(" ", "")
            assert number in gazette or number.replace("〔", "[").replace("〕", "]") in gazette, number
            if relation.title:
                assert squeeze(relation.title.strip("《》")) in squeeze(gazette).replace("<", "〈").replace(">", "〉")


def test_ambiguities_keep_their_numbers() -> None:
    keys = {e.row.key for e in jccq().of(InterpretationRow)}
    assert {f"A{n:02d}" for n in range(1, 43)} <= keys
    assert {f"S{n}" for n in range(1, 12)} <= {e.row.key for e in jccq().of(FindingRow)}
    unowned = [e.row.key for e in jccq().of(InterpretationRow) if e.slug in ("21", "22", "25") and not e.row.body]
    assert unowned == [], "21, 22 and 25 say who interprets them"


@pytest.mark.needs("shared")
@pytest.mark.parametrize("file", ["hotels-25.md", "elderly-23.md"])
def test_every_setting_the_specification_names_can_be_answered(file: str, shared: Path) -> None:
    named = set(re.findall(r"\[S:([^\]\s]+)\]", (shared / "spec" / file).read_text(encoding="utf-8"))) - {"key"}
    ours = {e.row.key for e in jccq().of(InterpretationRow)} | {e.row.key for e in jccq().of(ParameterRow)}
    assert named - ours == set()


@pytest.mark.parametrize("slug", ["25"])
def test_settings_of_the_measures_and_readings_agree(slug: str) -> None:
    """One question, one set of answers: what the reading offers is what the measure understands."""
    from luoshi.rules.rows import SettingRow

    readings = {e.row.key: e.row for e in jccq().in_instrument(InterpretationRow, slug)}
    settings = [e.row for e in jccq().in_instrument(SettingRow, slug) if e.row.type == "word"]
    assert len(settings) > 25
    for setting in settings:
        reading = readings[setting.key]
        assert [o.value for o in reading.options] == [str(o.value) for o in setting.options], setting.key
        assert reading.default == str(setting.default), setting.key


def test_blank_is_never_filled_in() -> None:
    """The text leaves money and thresholds of 23 and the city's figures of 09 open: no value is shipped for them."""
    for entry in jccq().of(ParameterRow):
        assert entry.row.values == [], entry.row.key
    awaited = [t for r in duties("09") for t in r.targets if t.status == "待下达"]
    assert len(awaited) == 6 and all(t.value is None and t.awaited_from == "晋城市人民政府" for t in awaited)


class TestLoaded(TestCase):
    """The whole pack in the database, loaded once for all of these."""

    seconds: float

    @classmethod
    def setUpTestData(cls) -> None:
        started = time.process_time()
        packs.load("jccq")
        cls.seconds = time.process_time() - started

    def test_it_loads_in_seconds(self) -> None:
        assert self.seconds < 10  # of computing: other work on the machine does not count

    def test_counts(self) -> None:
        assert (Instrument.objects.count(), Clause.objects.count(), Body.objects.count()) == (9, 875, 124)
        by = {slug: Duty.objects.filter(instrument__slug=slug).count() for slug in ("08", "09", "23", "26")}
        assert by == {"08": 21, "09": 92, "23": 99, "26": 78}
        assert Target.objects.count() == sum(len(r.targets) for s in by for r in duties(s)) == 93
        assert Interpretation.objects.count() >= 175

    def test_again_is_nothing(self) -> None:
        entries = Entry.objects.count()
        assert not packs.load("jccq").changed
        assert Entry.objects.count() == entries

    def test_every_named_body_is_known(self) -> None:
        nameless = list(
            Duty.objects.filter(bodies__body__isnull=True, bodies__isnull=False).values_list("key", flat=True)
        )
        assert nameless == []

    @pytest.mark.clause("10:1-被调整文件", "10:1-依据", "09:序言", "26:序言", "23:据")
    def test_what_rests_on_what(self) -> None:
        found = {(r.instrument.slug, r.kind, r.number) for r in Relation.objects.select_related("instrument")}
        assert {
            ("10", "adjusts", "城政发〔2022〕18号"), ("10", "basis", "晋司发〔2024〕38号"),
            ("09", "implements", "晋市政发〔2024〕11号"), ("26", "implements", "晋市政发〔2023〕18号"),
            ("23", "implements", "晋政办发〔2023〕34号"), ("23", "implements", "晋市政办〔2023〕47号"),
        } <= found  # fmt: skip

    @pytest.mark.clause("25:三(一)", "21:7.2/p1", "22:7.2/p1", "21:7.4", "22:7.4", "23:题")
    def test_validity_is_what_the_text_says_and_nothing_more(self) -> None:
        held = {i.slug: i for i in Instrument.objects.all()}
        assert (held["25"].valid_from, held["25"].valid_until) == (date(2024, 7, 19), date(2027, 7, 18))
        for slug in ("21", "22"):
            assert (held[slug].valid_from, held[slug].revision_due) == (date(2024, 7, 4), date(2027, 7, 4))
        for slug in ("07", "08", "09", "10", "23", "26"):
            assert (held[slug].valid_from, held[slug].valid_until, held[slug].revision_due) == (None, None, None), slug

    @pytest.mark.clause("08:函.主送", "08:署")
    def test_misprinted_town_makes_no_second_body(self) -> None:
        town: Any = resolve("北石镇人民政府")
        assert town is not None and town.name == "北石店镇人民政府"
        assert not Body.objects.filter(name__startswith="北石镇").exists()
        assert Instrument.objects.get(slug="08").dates == ["2024-08-18", "2024-02-29"]

    @pytest.mark.clause("07:1-四至", "07:1-四至-边界含义")
    def test_new_community_keeps_its_open_limits_open(self) -> None:
        area = Area.objects.get(name="阳光社区")
        assert [limit["inclusion"] for limit in area.limits] == ["inclusive", "unresolved", "unresolved", "unresolved"]
        assert (area.parent and area.parent.name, area.basis) == ("北石店镇", "07:1-四至")

    @pytest.mark.clause("26:一(二)1-2", "26:二(五)3", "26:三(八)3")
    def test_three_figures_for_high_tech_firms_are_a_conflict(self) -> None:
        conflict = Conflict.objects.get(indicator__contains="高新技术企业")
        assert sorted(int(t.value) for t in conflict.members.all() if t.value is not None) == [30, 30, 55]

    def test_same_printed_phrase_means_another_body_in_another_document(self) -> None:
        duty = Duty.objects.get(key="26:六(十四)1")
        assert [b.body.name for b in duty.bodies.all() if b.body] == ["区市场监管局", "质量强区领导组各成员单位"]
