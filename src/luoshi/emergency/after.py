"""What comes after an end: losses, evaluation, the investigation (22), restoration, goods returned, lessons.

What is owed is what the plan's steps say for after; the plans give no time for it beyond 立即 and 及时, so delays are
measured from the end and judged by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from luoshi.emergency import hooks, live
from luoshi.emergency.models import Case, DrillRun, Incident, Lesson, PlanDefect, Review
from luoshi.emergency.rows import StepRow
from luoshi.emergency.sitting import Asked, sitting
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording

UNKNOWN = "尚未查明"
TOPICS = ("发生原因", "性质", "影响", "后果", "责任", "应急处置能力", "恢复重建")  # 22:5/s1


@dataclass(frozen=True, slots=True)
class Kind:
    """`table`: columns of its rows, as (key, label, sort of value). `text`: what the words are for."""

    label: str
    text: str
    table: tuple[tuple[str, str, str], ...] = ()
    people: bool = False  # an investigation has members and experts, and topics


KINDS: dict[str, Kind] = {
    "loss_statistics": Kind("损失统计", "总结评估：任务完成情况和改进", (
        ("what", "受损设施", "text"), ("owner", "归属企业", "text"), ("count", "数量", "int"),
        ("fen", "损失（元）", "yuan"),
    )),
    "task_evaluated": Kind("保障任务评估", "任务完成情况的分析评估和意见"),
    "restoration_plan": Kind("恢复重建计划", "依据的要求和总体安排", (
        ("what", "重建内容", "text"), ("owner", "实施企业", "text"), ("until", "计划完成", "day"),
        ("done", "完成情况", "text"),
    )),
    "investigation": Kind("事件调查", "调查结论", people=True),
    "goods_returned": Kind("归还与补偿", "归还和补偿情况"),
    "withdrawn": Kind("队伍撤离", "撤离情况"),
    "lessons": Kind("改进与恢复", "改进预案、针对性演练、整改隐患、恢复秩序的情况"),
}  # fmt: skip


def register() -> None:
    from luoshi.emergency import upkeep

    hooks.on("ended", _ended, name="after.ended")
    upkeep.register()


def _ended(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if case is not None:
        open_reviews(incident, case)


def open_reviews(incident: Incident, case: Case) -> list[Review]:
    """One line for each thing the plan asks for after an end. The same again changes nothing."""
    table = live.Table(incident)
    made = []
    for step in steps(table, case):
        row, fresh = Review.objects.get_or_create(
            incident=incident, case=case, kind=step.act,
            defaults={"responsible": step.by, "cite": step.cite, "timing": step.timing or "", "opened_at": when.now()},
        )  # fmt: skip
        if fresh:
            made.append(row)
    return made


def steps(table: live.Table, case: Case) -> list[StepRow]:
    rows = [step for step in table.plan(case.plan).steps if step.phase == "after" and step.act]
    task = table.facts.get("stage") == "task"
    return [step for step in rows if task or step.act != "task_evaluated"]


def save(review: Review, data: Mapping[str, Any], user: Any, *, done: bool = False, via: str = "web") -> Review:
    """Keep what was written; with `done` the step is done, its clock stops, and it is not changed any more."""
    with sitting(review.incident_id, user, Asked(via=via), closed=True) as at:
        row = Review.objects.select_for_update(of=("self",)).select_related("case").get(pk=review.pk)
        if row.state == "done":
            raise Refused("已经完成，不能再改；有新情况请记教训或另立事件", cite=row.cite)
        told = dict(data)
        if done:
            _complete(row, told, at.incident)
        row.data, row.by = told, at.actor.name
        row.state, row.done_at = ("done", when.now()) if done else ("open", None)
        row.save()
        _log(at, row, "完成" if done else "记录")
        if done:
            at.emit("did", row.case, {"act": row.kind, "ref": f"review:{row.pk}"})
    return row


def _log(at: Any, row: Review, word: str) -> None:
    label = KINDS[row.kind].label if row.kind in KINDS else row.kind
    told = {"review": row.pk, "state": row.state, "data": row.data} | ({"act": row.kind} if row.state == "done" else {})
    kind = "review_done" if row.state == "done" else "review_kept"
    at.log(kind, f"{row.case.plan if row.case else ''}号：{label}{word}", case=row.case, cite=row.cite, data=told)


def _complete(row: Review, told: Mapping[str, Any], incident: Incident) -> None:
    kind = KINDS.get(row.kind)
    if kind is None or not str(told.get("text", "")).strip():
        raise BadInput(f"完成前请写{kind.text if kind else '情况'}", field="text")
    if kind.people:
        open_ = [topic for topic in TOPICS if not str(told.get("topics", {}).get(topic, "")).strip()]
        if open_:
            raise BadInput(
                f"还没有写：{'、'.join(open_)}；查不清的写“{UNKNOWN}”", field=f"topic_{TOPICS.index(open_[0])}"
            )
        if not told.get("members"):
            raise BadInput("请写调查组成员", field="members")
    if kind.table and not told.get("rows"):
        raise BadInput("还没有填任何一行；没有损失的，写一行“无”", field="rows")
    if row.kind == "goods_returned":
        _none_out(row, incident)


def _none_out(row: Review, incident: Incident) -> None:
    from luoshi.emergency import resources

    left = resources.outstanding([incident.pk]).get(incident.pk, 0)
    if left:
        raise Refused(f"这次事件调用、征用的还有 {left} 件没有归还，也没有记损失", cite=row.cite)


def goods_returned(incident: Incident, user: Any, *, via: str = "web") -> None:
    """The last of what was called up or requisitioned is back: the step is done in every ended case."""
    for row in Review.objects.filter(incident=incident, kind="goods_returned", state="open").select_related("case"):
        save(
            row,
            {**row.data, "text": row.data.get("text") or "征用、调用的物资装备已全部归还"},
            user,
            done=True,
            via=via,
        )


def learn(
    text: str, user: Any, *, incident: Incident | None = None, drill: DrillRun | None = None, action: str = "",
    plan: str = "", cites: list[str] | None = None, major: bool = False, via: str = "web",
) -> Lesson:  # fmt: skip
    """记教训. With `plan` it is a defect of that plan too; a major one is a reason to revise it (7.2)."""
    from luoshi.emergency import upkeep

    if not text.strip():
        raise BadInput("请写教训", field="text")
    with recording():
        defect = None
        if plan:
            defect = PlanDefect.objects.create(
                plan=plan, code="lesson", message=text.strip(), cites=cites or [], major=major,
                source="drill" if drill else "incident",
            )  # fmt: skip
        row = Lesson.objects.create(
            incident=incident, drill=drill, text=text.strip(), action=action.strip(), defect=defect,
            by=user.as_actor(via).name,
        )  # fmt: skip
        subject = incident.subject if incident else f"drill:{drill.pk}" if drill else f"lesson:{row.pk}"
        append("emergency.lesson", by=user.as_actor(via), subject=subject, cites=cites or [], data={
            "lesson": row.pk, "text": row.text, "action": row.action, "plan": plan, "major": major,
        })  # fmt: skip
        if defect is not None and major:
            upkeep.major_defect(defect, user, via=via)
    return row
