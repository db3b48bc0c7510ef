"""Loading a pack: whole or not at all, once for one content, and never over what people have decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from luoshi.directory.models import Area, Body, BodyAlias, Post
from luoshi.directory.queries import resolve
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput
from luoshi.ledger.models import Entry
from luoshi.norms import packs
from luoshi.norms.models import Clause, Finding, Instrument, Interpretation, Pack, Parameter, ParameterValue, Relation
from luoshi.norms.queries import parameter
from luoshi.supervision.models import Duty, Target

if TYPE_CHECKING:
    from conftest import DemoPack

pytestmark = pytest.mark.django_db


def everything() -> dict[str, int]:
    models: list[Any] = [
        Pack, Instrument, Clause, Relation, Interpretation, Parameter, ParameterValue, Finding, Body, BodyAlias, Area,
        Post, Duty, Target,
    ]  # fmt: skip
    return {model.__name__: model.objects.count() for model in models}


def loads() -> int:
    return Entry.objects.filter(kind="norms.pack_loaded").count()


def test_officer_loads_a_pack(demo_pack: DemoPack) -> None:
    loaded = packs.load(demo_pack.folder)
    assert loaded.changed and loaded.counts["条目"] == 3
    clause = Clause.objects.get(key="1:二1-1")
    assert (clause.instrument.number, clause.path, clause.facts) == (
        "演政发〔2024〕1号", "二1", {"area": "12.5", "unit": "公顷"}
    )  # fmt: skip
    body = resolve("县发展改革局", pack="yanshi")
    assert body is not None and body.name == "县发改局"
    duty = Duty.objects.get(key="1:二1-1")
    assert [b.printed for b in duty.bodies.all()] == ["县住建局", "各乡镇"]
    assert str(duty.targets.get().value.normalize()) == "12.5"
    assert parameter("green.share", date(2024, 6, 1)) == 30
    assert parameter("green.award", date(2024, 6, 1)) is None, "a blank parameter is not configured, never 0"
    entry = Entry.objects.get(kind="norms.pack_loaded")
    assert entry.subject == "pack:yanshi" and loaded.digest in entry.payload


def test_loading_the_same_pack_again_changes_nothing(demo_pack: DemoPack) -> None:
    packs.load(demo_pack.folder)
    before, entries = everything(), Entry.objects.count()
    again = packs.load(demo_pack.folder)
    assert not again.changed
    assert (everything(), Entry.objects.count()) == (before, entries)


def test_changed_pack_updates_in_place(demo_pack: DemoPack) -> None:
    packs.load(demo_pack.folder)
    before = everything()
    keys = set(Clause.objects.values_list("pk", flat=True))
    demo_pack.edit("1/clauses.yaml", "gist: 不得占用绿地。", "gist: 绿地不得占用。")
    demo_pack.edit("1/duties.yaml", "title: 新建绿地", "title: 年内新建绿地")
    assert packs.load(demo_pack.folder).changed
    assert everything() == before
    assert set(Clause.objects.values_list("pk", flat=True)) == keys
    assert Clause.objects.get(key="1:二1-2").gist == "绿地不得占用。"
    assert Duty.objects.get().title == "年内新建绿地"
    assert loads() == 2


def test_what_the_pack_drops_is_dropped(demo_pack: DemoPack) -> None:
    packs.load(demo_pack.folder)
    demo_pack.edit("1/clauses.yaml", '- key: "1:二1-2"\n  path: 二1\n  kind: rule\n  gist: 不得占用绿地。\n', "")
    demo_pack.write("1/findings.yaml", "")
    demo_pack.write("1/interpretations.yaml", "")
    packs.load(demo_pack.folder)
    assert list(Clause.objects.values_list("key", flat=True)) == ["1:一", "1:二1-1"]
    assert not Finding.objects.exists() and not Interpretation.objects.exists()


def test_answers_values_and_decisions_of_people_survive_a_new_pack(demo_pack: DemoPack, django_user_model: Any) -> None:
    packs.load(demo_pack.folder)
    person = django_user_model.objects.create(username="yanshi")
    Interpretation.objects.filter(key="Y1").update(
        answer="yes", reason="已请示", answered_by=person, answered_at=when.now()
    )
    share = Parameter.objects.get(key="green.share")
    share.values.all().delete()
    share.values.create(value="35", valid_from=date(2024, 7, 1), source="演示通知", set_by=person)
    Finding.objects.update(state="accepted", reason="属实", decided_by=person)
    Duty.objects.update(version=1, title="督查员改过的标题")
    demo_pack.edit("1/interpretations.yaml", "屋顶绿化算不算新建绿地?", "屋顶绿化是否计入新建绿地?")
    demo_pack.edit("1/parameters.yaml", "value: 30", "value: 31")
    demo_pack.edit("1/findings.yaml", "message: 误识。", "message: 扫描误识。")
    demo_pack.edit("1/duties.yaml", "title: 新建绿地", "title: 包里的新标题")
    packs.load(demo_pack.folder)
    reading = Interpretation.objects.get(key="Y1")
    assert (reading.answer, reading.reason, reading.question) == ("yes", "已请示", "屋顶绿化是否计入新建绿地?")
    assert [v.value for v in share.values.all()] == ["35"]
    assert (Finding.objects.get().state, Finding.objects.get().message) == ("accepted", "1.F1 扫描误识。")
    assert Duty.objects.get().title == "督查员改过的标题"


def test_answered_reading_stays_even_when_the_pack_no_longer_asks(demo_pack: DemoPack) -> None:
    packs.load(demo_pack.folder)
    Interpretation.objects.update(answer="yes", answered_at=when.now())
    demo_pack.write("1/interpretations.yaml", "")
    packs.load(demo_pack.folder)
    assert Interpretation.objects.get().answer == "yes"


def test_revision_date_a_person_noted_is_kept(demo_pack: DemoPack, django_user_model: Any) -> None:
    from django.db import transaction

    from luoshi.kernel.acting import SYSTEM
    from luoshi.ledger.actions import append

    demo_pack.edit("1/instrument.yaml", "public: true", "public: true\nrevision_due: 2027-03-01")
    packs.load(demo_pack.folder)
    assert Instrument.objects.get(slug="1").revision_due == date(2027, 3, 1)
    with transaction.atomic():
        Instrument.objects.update(revision_due=date(2030, 3, 1))
        append("norms.revision_set", by=SYSTEM, subject="instrument:1")
    demo_pack.edit("1/instrument.yaml", "summary: 演示用的方案。", "summary: 演示方案一件。")
    packs.load(demo_pack.folder)
    held = Instrument.objects.get(slug="1")
    assert (held.revision_due, held.summary) == (date(2030, 3, 1), "演示方案一件。")


def test_limit_a_person_settled_is_kept(demo_pack: DemoPack) -> None:
    from luoshi.directory.actions import decide_limit
    from luoshi.kernel.acting import Actor

    demo_pack.edit(
        "areas.yaml", 'basis: "1:一"', 'basis: "1:一", limits: [{side: east, text: 东河}, {side: west, text: 西山}]'
    )
    packs.load(demo_pack.folder)
    decide_limit(Area.objects.get(code="yanshi-a"), "east", "inclusive", by=Actor("演示员"), why="现场勘定")
    demo_pack.edit("areas.yaml", "text: 西山", "text: 西山脚")
    packs.load(demo_pack.folder)
    limits = Area.objects.get(code="yanshi-a").limits
    assert [(x["side"], x["text"], x["inclusion"]) for x in limits] == [
        ("east", "东河", "inclusive"), ("west", "西山脚", "unresolved")
    ]  # fmt: skip
    assert limits[0]["why"] == "现场勘定"


def test_faulty_pack_leaves_nothing_behind(demo_pack: DemoPack) -> None:
    line = demo_pack.edit("1/duties.yaml", "lead: [县住建局]", "lead: [县城建局]")
    with pytest.raises(BadInput) as refused:
        packs.load(demo_pack.folder)
    assert f"duties.yaml:{line}: lead[1]" in str(refused.value)
    assert set(everything().values()) == {0} and loads() == 0


def test_load_broken_off_in_the_last_room_leaves_nothing_behind(
    demo_pack: DemoPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("luoshi.supervision.loading.load_duties", fail)
    with pytest.raises(RuntimeError):
        packs.load(demo_pack.folder)
    assert set(everything().values()) == {0} and loads() == 0


def test_document_imported_before_the_pack_keeps_its_text(demo_pack: DemoPack) -> None:
    Instrument.objects.create(slug="演政发2024-1", number="演政发〔2024〕1号", title="演示方案", date=date(2024, 3, 1))
    packs.load(demo_pack.folder)
    held = Instrument.objects.get()
    assert (held.slug, held.pack_id, held.clauses.count()) == ("1", "yanshi", 3)


def test_officer_loads_at_the_shell(
    demo_pack: DemoPack, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("luoshi.norms.commands_pack._ready", lambda: None)
    code, out, _ = run("pack", "load", demo_pack.folder)
    assert code == 0 and out.startswith("已装载 yanshi")
    code, out, _ = run("pack", "load", demo_pack.folder)
    assert code == 0 and out.strip() == "yanshi 已是这个内容，没有变动"
    demo_pack.edit("pack.yaml", 'version: "1"', "version: 1")
    code, out, err = run("pack", "load", demo_pack.folder)
    assert code == 2 and "pack.yaml:4: version: 应为文字" in err and err.count("\n") == 1


def test_number_of_queries_does_not_grow_with_the_pack(
    demo_pack: DemoPack, make_pack: type[DemoPack], django_assert_max_num_queries: Any
) -> None:
    more = "".join(f'- {{key: "1:二1-{n}", path: 二1, kind: rule, gist: 演示要点{n}。}}\n' for n in range(3, 203))
    demo_pack.edit("1/clauses.yaml", '- key: "1:一"', more + '- key: "1:一"')
    with django_assert_max_num_queries(160):
        packs.load(demo_pack.folder)
    assert Clause.objects.count() == 203
    assert connection.in_atomic_block


def test_another_district_cannot_take_over_a_document_already_loaded(demo_pack: DemoPack) -> None:
    packs.load(demo_pack.folder)
    before = everything()
    (demo_pack.folder / "pack.yaml").write_text(
        (demo_pack.folder / "pack.yaml").read_text(encoding="utf-8").replace("id: yanshi", "id: linxian"),
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match="yanshi") as refused:
        packs.load(demo_pack.folder)
    assert refused.value.field == "slug" and refused.value.file.endswith("instrument.yaml") and refused.value.line
    assert everything() == before and Instrument.objects.get().pack_id == "yanshi"


def test_two_packs_that_define_one_body_differently_are_not_both_loaded(demo_pack: DemoPack) -> None:
    packs.load(demo_pack.folder)
    before = everything()
    for name, old, new in [
        ("pack.yaml", "id: yanshi", "id: linxian"),
        ("bodies.yaml", "kind: department", "kind: town"),
    ]:
        file = demo_pack.folder / name
        file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput, match="演示县发展和改革局") as refused:
        packs.load(demo_pack.folder)
    assert (refused.value.field, refused.value.line) == ("kind", 2) and refused.value.file.endswith("bodies.yaml")
    assert everything() == before
