"""Proposals become duties, conflicts are settled, targets are measured, packs are loaded."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.supervision.conftest import D, World

from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry
from luoshi.norms.models import Parameter, ParameterValue
from luoshi.supervision import actions, conflicts, desk, measures, queries, rulebook, status
from luoshi.supervision.actions import Asked
from luoshi.supervision.lights import LIGHTS
from luoshi.supervision.models import Conflict, Duty, Reading, Tally


def tallies() -> dict[tuple[str, str, str], int]:
    return {(t.axis, t.ref, t.measure): t.count for t in Tally.objects.exclude(count=0)}


def test_supervisor_confirms_a_proposal_and_it_stands_on_the_board(world: World) -> None:
    duty = world.duty(status="proposed", source="import", deadline=date(2024, 12, 31))
    assert queries.board().all.total == 0
    with pytest.raises(Refused, match="督查员"):
        desk.confirm(duty, world.people["handler"])
    with pytest.raises(Refused, match="还没有立项"):
        actions.assign(duty, world.people["supervisor"], Asked())
    desk.confirm(duty, world.people["supervisor"], reason="属实")
    assert queries.board().all.total == 1
    assert Entry.objects.filter(kind="supervision.confirm", subject=duty.subject).exists()
    with pytest.raises(Refused, match="已立项"):
        desk.confirm(duty, world.people["supervisor2"])


def test_supervisor_rejects_only_with_a_reason(world: World) -> None:
    duty = world.duty(status="proposed")
    with pytest.raises(BadInput, match="理由"):
        desk.reject(duty, world.people["supervisor"], reason=" ")
    desk.reject(duty, world.people["supervisor"], reason="是原则，不是任务")
    assert duty.status == "rejected"


def test_the_same_duty_in_two_documents_is_merged_with_both_sentences(world: World) -> None:
    first = world.duty(title="推进绿色建筑", clauses=["09:x"])
    second = world.duty(
        instrument=world.quality,
        key="26:四(九)2",
        path="四(九)2",
        title="推进绿色建筑",
        leads=["区市场监管局"],
        clauses=["26:四(九)2"],
        targets=[{"indicator": "新增绿色建筑占比", "op": "=", "value": D("100"), "unit": "%"}],
    )
    desk.merge(second, first, world.people["supervisor"], reason="同一件事")
    assert second.status == "merged" and second.merged_into == first
    assert "26:四(九)2" in first.clauses
    assert [b.printed for b in first.bodies.order_by("position")] == ["区工信局", "区市场监管局"]
    assert first.targets.get().citation == "26:四(九)2"
    assert queries.board().all.total == 1
    with pytest.raises(Refused):
        desk.merge(second, first, world.people["supervisor"], reason="再并一次")


def test_a_body_the_directory_does_not_know_must_be_corrected_first(world: World) -> None:
    duty = world.duty(status="proposed", leads=["区某某局"])
    supervisor = world.people["supervisor"]
    with pytest.raises(Refused, match="机构名录"):
        desk.confirm(duty, supervisor)
    body = world.bodies["区工信局"]
    given = desk.Correction(bodies=(("区某某局", body.pk, "lead"),))
    desk.correct(duty, supervisor, given, reason="即区工信局")
    desk.confirm(duty, supervisor)
    assert duty.bodies.get().printed == "区某某局" and duty.bodies.get().body == body
    with pytest.raises(BadInput, match="没有更改"):
        desk.correct(duty, supervisor, desk.Correction(), reason="x")


def test_conflicting_values_are_shown_and_settled_once_with_a_reason(world: World) -> None:
    for key, op, value in (("26:二(五)", ">=", 30), ("26:三(八)", ">", 55)):
        world.duty(
            instrument=world.quality,
            key=key,
            path=key[3:],
            targets=[
                {
                    "indicator": "高新技术企业数",
                    "op": op,
                    "value": Decimal(value),
                    "unit": "家",
                    "due": date(2024, 12, 31),
                }
            ],
        )
    actor = world.people["supervisor"].as_actor()
    assert conflicts.detect(actor) == 1
    assert conflicts.detect(actor) == 0
    found = Conflict.objects.get()
    high = found.members.get(op=">")
    with pytest.raises(Refused):
        conflicts.decide(found, world.people["handler"], chosen=high.pk, reason="x")
    with pytest.raises(BadInput, match="理由"):
        conflicts.decide(found, world.people["leader"], chosen=high.pk, reason="")
    conflicts.decide(found, world.people["leader"], chosen=high.pk, reason="以专章为准")
    assert found.state == "decided"
    with pytest.raises(Refused, match="裁定"):
        conflicts.decide(found, world.people["supervisor"], chosen=None, reason="并存")
    assert conflicts.detect(actor) == 0


@pytest.mark.clause("09:二(一)")
def test_a_slot_waits_for_the_citys_figure_and_then_is_judged(world: World, clock) -> None:
    goal = world.duty(
        leads=[],
        targets=[
            {"indicator": "环境空气质量约束性指标", "op": "<=", "awaited_from": "市政府", "due": date(2024, 12, 31)}
        ],
    )
    target, supervisor = goal.targets.get(), world.people["supervisor"]
    assert goal.goal and goal.light == "grey" and "待下达" in goal.light_why
    clock(datetime(2025, 1, 5, 9))
    measures.enter(target, supervisor, measures.Measured(D("34"), date(2024, 12, 31), "市局通报"))
    goal.refresh_from_db()
    assert goal.light == "grey"
    with pytest.raises(BadInput, match="下达文件"):
        measures.set_value(target, supervisor, value=D("35"), source="")
    measures.set_value(target, supervisor, value=D("35"), source="晋市政发〔2024〕1号", on=date(2024, 6, 1))
    goal.refresh_from_db()
    assert goal.light == "green"


def test_a_reading_is_verified_by_somebody_else(world: World) -> None:
    duty = world.working(targets=[{"indicator": "家数", "op": ">=", "value": D("5"), "unit": "家"}])
    target, handler = duty.targets.get(), world.people["handler"]
    found = measures.enter(target, handler, measures.Measured(D("6"), date(2024, 8, 31), "台账"))
    with pytest.raises(Refused):
        measures.verify(found, handler)
    measures.verify(found, world.people["supervisor"])
    assert Reading.objects.get().verified_by == world.people["supervisor"]
    with pytest.raises(Refused, match="责任单位或督查员"):
        measures.enter(target, world.people["handler2"], measures.Measured(D("1"), date(2024, 8, 31), "x"))
    for bad in ({"source": ""}, {"period_end": date(2024, 9, 3)}):
        with pytest.raises(BadInput):
            given = {"value": D("1"), "period_end": date(2024, 8, 31), "source": "台账", **bad}
            measures.enter(target, handler, measures.Measured(**given))


def test_acceptance_with_open_targets_needs_a_written_reason(world: World) -> None:
    duty = world.working(targets=[{"indicator": "家数", "op": ">=", "value": D("5"), "unit": "家"}])
    supervisor = world.people["supervisor"]
    actions.request_completion(duty, world.people["handler"], Asked("完成"))
    actions.verify(duty, supervisor, Asked())
    with pytest.raises(Refused, match="指标尚不能认定完成"):
        actions.accept(duty, supervisor, Asked("属实"))
    actions.accept(duty, supervisor, Asked("属实", despite="读数下月出"))
    assert duty.state == "closed"


def test_settings_are_dated_parameters_and_take_effect(world: World) -> None:
    assert rulebook.ensure_parameters() == len(rulebook.SETTINGS)
    assert rulebook.ensure_parameters() == 0
    duty = world.duty(deadline=date(2024, 10, 20))
    assert duty.light == "green"
    parameter = Parameter.objects.get(key="supervision.warn_days")
    ParameterValue.objects.filter(parameter=parameter).update(valid_until=date(2024, 9, 1))
    ParameterValue.objects.create(parameter=parameter, value=60, valid_from=date(2024, 9, 1), source="督查室决定")
    status.refresh_all()
    duty.refresh_from_db()
    assert duty.light == "yellow"
    assert rulebook.on(date(2024, 8, 1)).warn_days == 30


def test_the_days_that_pass_turn_lights_by_themselves(world: World, clock) -> None:
    duty = world.duty(deadline=date(2024, 10, 20))
    assert (duty.light, duty.changes_on) == ("green", date(2024, 9, 20))
    clock(datetime(2024, 9, 20, 0, 1))
    assert status.refresh_due() == 1
    clock(datetime(2024, 10, 21, 0, 1))
    assert status.refresh_due() == 1
    assert status.refresh_due() == 0
    duty.refresh_from_db()
    assert duty.light == "red"
    assert queries.board().all.red == 1


def test_the_boards_counts_are_those_of_the_duties_after_any_course(world: World, clock) -> None:
    world.duty(deadline=date(2024, 9, 10))
    a = world.working(deadline=date(2024, 12, 31), leads=["区工信局", "区生态环境分局"])
    b = world.working(continuous=True)
    actions.suspend(a, world.people["supervisor"], Asked("停"))
    actions.request_completion(world.working(deadline=date(2024, 10, 1)), world.people["handler"], Asked("完"))
    desk.merge(world.duty(), b, world.people["supervisor"], reason="同")
    clock(datetime(2024, 9, 12, 9))
    status.refresh_due()
    kept = tallies()
    status.rebuild()
    assert tallies() == kept
    assert sum(queries.board().all.counts[light] for light in LIGHTS if light in queries.board().all.counts) == 4


def test_the_pack_can_be_loaded_again_without_doubling_or_undoing_work(world: World) -> None:
    from luoshi.kernel.acting import SYSTEM
    from luoshi.kernel.packing import Context
    from luoshi.kernel.packing import Entry as Row
    from luoshi.supervision.loading import load_duties
    from luoshi.supervision.pack import DutyRow

    def rows(title: str) -> list[Row[DutyRow]]:
        made = []
        for n in (1, 2):
            row = DutyRow.model_validate(
                {
                    "key": f"09:三(九){n}",
                    "clauses": [f"09:三(九){n}"],
                    "provision": f"三(九){n}",
                    "title": f"{title}{n}",
                    "group": "组",
                    "lead": ["区工信局"],
                    "deadline": {"date": "2024-12-31", "printed": "2024年底前"},
                    "targets": [{"indicator": "家数", "op": "between", "value": [5, 10], "unit": "家"}],
                }
            )
            made.append(Row(row, "duties.yaml", {}, "09"))
        return made

    assert load_duties(rows("旧"), Context(by=SYSTEM)) == 2
    touched = Duty.objects.get(key="09:三(九)1")
    actions.assign(touched, world.people["supervisor"], Asked())
    assert load_duties(rows("新"), Context(by=SYSTEM)) == 0
    assert Duty.objects.get(key="09:三(九)1").title == "旧1"
    other = Duty.objects.get(key="09:三(九)2")
    assert other.title == "新2" and other.targets.get().value_high == 10
    assert other.bodies.get().body == world.bodies["区工信局"]


def test_a_stranger_districts_plan_is_proposed_duty_by_duty(world: World) -> None:
    from luoshi.norms.models import InstrumentVersion, Provision
    from luoshi.supervision.proposals import propose
    from luoshi.text.model import Deadline, Document, Responsibility, Target
    from luoshi.text.model import Provision as Read

    version = InstrumentVersion.objects.create(
        instrument=world.quality, no=1, text="x", digest="d", imported_at=datetime(2024, 9, 2).astimezone()
    )
    Provision.objects.create(version=version, path="二(一)", order=1)
    document = Document(
        provisions=[
            Read("二(一)", "(一)", "建设政务自助超市", "", "新建8个政务自助超市。", []),
            Read("二(二)", "(二)", "", "", "到2025年高新技术企业突破55家。", []),
            Read("二(三)", "(三)", "推动技改", "", "", []),
        ],
        responsibilities=[
            Responsibility("二(一)", ["区工信局", "区无名局"], deadline=Deadline(date(2025, 12, 31), raw="到2025年")),
            # 牵头单位:区工信局;责任单位:区财政局;配合单位:区无名局
            Responsibility("二(三)", ["区工信局", "区财政局", "区无名局"], lead=["区工信局"], cooperate=["区无名局"]),
        ],
        targets=[
            Target("二(一)", "政务自助超市", ">=", D("8"), "个"),
            Target("二(二)", "高新技术企业", ">", D("55"), "家", date(2025, 12, 31)),
        ],
    )
    old = world.duty(title="新建政务自助超市")
    report = propose(version, document, world.people["supervisor"].as_actor())
    assert report["proposals"] == 3
    duty = Duty.objects.get(key="26:二(一)")
    assert duty.status == "proposed" and duty.no_lead_marked and duty.similar_to == old
    assert [(b.printed, b.body_id is not None) for b in duty.bodies.all()] == [("区工信局", True), ("区无名局", False)]
    assert duty.provision is not None
    led = Duty.objects.get(key="26:二(三)")
    wanted = [("区工信局", "lead"), ("区财政局", "cooperate"), ("区无名局", "cooperate")]
    assert [(b.printed, b.role) for b in led.bodies.all()] == wanted, "whoever is named answers"
    goal = Duty.objects.get(key="26:二(二)")
    assert goal.goal and goal.targets.get().op == ">"
    assert propose(version, document, world.people["supervisor"].as_actor())["proposals"] == 0
