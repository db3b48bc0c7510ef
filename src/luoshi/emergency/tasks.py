"""任务: the measures of a level given to those the plan names, received, reported on, asked help for, done.

A group's task belongs to its lead; every unit in the group may report on it. What two plans ask of one group in
the same words is one task with both clauses. What a reading only recommends (建议沿用) is given by a person, or not
at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from luoshi.directory import queries as directory
from luoshi.directory.models import Body
from luoshi.emergency import hooks, items, saying, sitting, timing
from luoshi.emergency.live import Table
from luoshi.emergency.models import Case, Incident, Response, Task, TaskEntry, Warning
from luoshi.emergency.plans import Plan
from luoshi.emergency.sitting import Asked, Sitting
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.notices import actions as notices

TEXT, CARRIED = "条文措施", "建议沿用"
KINDS = {"ack": "签收", "feedback": "反馈", "help": "求助", "done": "完成", "drop": "不办"}
OPERATORS = ("基础电信运营企业", "各基础电信运营企业", "相关基础电信运营企业")


def register() -> None:
    hooks.on("started", _started)
    hooks.on("raised", _started)
    hooks.on("warning_issued", _warned)
    hooks.on("warning_adjusted", _warned)
    hooks.on("taken_over", _happened("taken_over"), name="tasks.taken_over")
    hooks.on("did", _did)


@dataclass(slots=True)
class Work:
    """A measure with whom it falls to. `group`: the work group, when it is one."""

    what: str
    by: str
    cite: str
    column: str = TEXT
    reading: str = ""
    timing: str = ""
    group: str = ""
    body: Body | None = None
    units: list[Body] = field(default_factory=list)


def _started(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if not isinstance(what, Response) or case is None:
        return
    table = Table(incident)
    level = table.plan(case.plan).level("response", what.level)
    if level is None:
        return
    told = [m for m in items.measures(table.context(case.plan), level) if not m["on"] and m["column"] != CARRIED]
    give(table, case, told, response=what)


def _warned(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if isinstance(what, Warning) and case is not None:
        table = Table(incident)
        rows = [{"what": r.what, "by": r.by, "cite": r.cite, "column": TEXT, "timing": r.timing,
                 "interpretation": r.reading} for r in table.plan(case.plan).row.warning_measures]  # fmt: skip
        give(table, case, rows, warning=what)


def _happened(event: str) -> hooks.Hook:
    def heard(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
        if case is not None:
            _needed(incident, case, event)

    return heard


def _did(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if case is not None:
        _needed(incident, case, str(what.get("act", "")))


def _needed(incident: Incident, case: Case, event: str) -> None:
    """Measures needed only when something happens (taken over, asked for reinforcement)."""
    table = Table(incident)
    running = table.running.get(case.plan)
    level = table.plan(case.plan).level("response", running.level) if running else None
    told = [m for m in items.measures(table.context(case.plan), level) if m["on"] == event] if level else []
    if told:
        give(table, case, told, response=running)


def give(
    table: Table, case: Case, measures: Iterable[dict[str, Any]], *, response: Response | None = None,
    warning: Warning | None = None,
) -> list[Task]:  # fmt: skip
    """The tasks of these measures, in the caller's transaction. What is already asked is not asked twice."""
    made: list[Task] = []
    with directory.memo():
        for told in measures:
            for work in _works(table, table.plan(case.plan), told):
                task = _merged(case, work)
                if task is None:
                    task = _task(case, work, response, warning)
                    task.units.set(work.units)
                    made.append(task)
    return made


def _task(case: Case, work: Work, response: Response | None, warning: Warning | None) -> Task:
    return Task.objects.create(
        incident=case.incident, case=case, response=response, warning=warning, what=work.what[:400], by=work.by,
        group=work.group, body=work.body, cite=work.cite, cites=[work.cite], reading=work.reading, column=work.column,
        timing=work.timing, created_at=timing.moment(case.incident),
    )  # fmt: skip


def _merged(case: Case, work: Work) -> Task | None:
    """The task another plan (or an earlier level) has given in the same words: it gets this clause too."""
    rows = Task.objects.filter(incident=case.incident, state__in=("open", "acked"), column=work.column)
    for task in rows.filter(group=work.group, body=work.body):
        if _gist(task.what) == _gist(work.what):
            if work.cite not in task.cites:
                task.cites = [*task.cites, work.cite]
                task.version += 1
                task.save(update_fields=["cites", "version"])
            return task
    return None


def _gist(text: str) -> str:
    """A measure without the words in which the two plans differ by name only."""
    for word in ("通信网络", "通信保障", "网络"):
        text = text.replace(word, "通信")
    return "".join(c for c in text if c.isalnum())


def _works(table: Table, plan: Plan, told: dict[str, Any]) -> list[Work]:
    base = {"what": told["what"], "cite": told["cite"], "column": told["column"], "timing": told.get("timing") or "",
            "reading": told.get("interpretation") or ""}  # fmt: skip
    by = str(told["by"])
    group = next((row for row in plan.groups if row.name == by), None)
    if group is not None:
        units = _bodies(plan, [group.lead, *group.members], table.incident)
        lead = _bodies(plan, [group.lead], table.incident)
        return [Work(by=by, group=by, body=lead[0] if lead else None, units=units, **base)]
    if by in OPERATORS:
        names = [row.name for row in table.desk_of(plan.slug).plans.vocabulary.operators]
        found = _bodies(plan, names, table.incident)
        return [Work(by=body.name, body=body, units=[body], **base) for body in found] or [Work(by=by, **base)]
    office = {plan.row.office.name, plan.row.office.short, *plan.row.office.aliases}
    name = plan.row.office.short if by in office else plan.row.hq.short if by == plan.row.hq.name else by
    found = _bodies(plan, [name], table.incident)
    return [Work(by=by, body=found[0] if found else None, units=found, **base)]


def _bodies(plan: Plan, names: Iterable[str], incident: Incident) -> list[Body]:
    slot = next((member.name for member in plan.members if member.slot), "")
    every = [one for name in names for one in (incident.places if name == slot else [name])]
    found = [directory.resolve(str(name), when.today(), document=plan.slug) for name in every]
    return list({body.pk: body for body in found if body is not None}.values())


# What people do with a task -------------------------------------------------------------------------------------------


def ack(task: Task, user: Any, asked: Asked) -> TaskEntry:
    """签收: the unit has it."""
    return _act(task, "ack", "", user, asked)


def feedback(task: Task, text: str, user: Any, asked: Asked) -> TaskEntry:
    """反馈: how far it is."""
    return _act(task, "feedback", _said(text), user, asked)


def done(task: Task, text: str, user: Any, asked: Asked) -> TaskEntry:
    """完成, with what was done. A clock that this task answers stops."""
    return _act(task, "done", _said(text), user, asked)


def help_wanted(task: Task, text: str, user: Any, asked: Asked) -> TaskEntry:
    """求助: it is beyond the unit. The command hears of it; a level III is to be looked at again (A30)."""
    return _act(task, "help", _said(text), user, asked)


def drop(task: Task, reason: str, user: Any, asked: Asked) -> TaskEntry:
    """不办: by the office or the command, with a reason."""
    if not (user.may("emergency.intake") or user.may("emergency.command")):
        raise Refused("任务由办公室或指挥部决定不办", cite=task.cite)
    return _act(task, "drop", _said(reason), user, asked)


def adopt(response: Response, cite: str, reason: str, user: Any, asked: Asked) -> list[Task]:
    """下达建议沿用的措施: not the text of this level (A08), so a person gives it, with a reason."""
    with sitting.sitting(response.case.incident_id, user, asked) as at:
        case = at.case(response.case.plan)
        level = at.table.plan(case.plan).level("response", response.level)
        told = [m for m in recommended(at.table, case, response) if m["cite"] == cite]
        if not told or level is None:
            raise BadInput("这一级没有这项建议沿用的措施，或已下达", field="cite")
        made = give(at.table, case, told, response=response)
        at.log("task_adopted", f"下达建议沿用的措施：{told[0]['what']}；理由：{_said(reason)}", case=case, cite=cite,
               reading=told[0].get("interpretation", ""), data={"tasks": [task.pk for task in made]})  # fmt: skip
        at.move()
    return made


def recommended(table: Table, case: Case, response: Response) -> list[dict[str, Any]]:
    """Measures carried over as a recommendation that nobody has given yet."""
    level = table.plan(case.plan).level("response", response.level)
    known = {cite for task in Task.objects.filter(response=response) for cite in task.cites}
    every = items.measures(table.context(case.plan), level) if level else []
    return [told for told in every if told["column"] == CARRIED and told["cite"] not in known]


def of_bodies(bodies: Iterable[int]) -> QuerySet[Task]:
    """Tasks these units may act on: their own, and those of groups they sit in."""
    wanted = list(bodies)
    rows = Task.objects.filter(Q(body__in=wanted) | Q(units__in=wanted), incident__state=Incident.State.OPEN)
    return rows.select_related("body", "incident").distinct()


def _said(text: str) -> str:
    if not text.strip():
        raise BadInput("请写明内容", field="text")
    return text.strip()[:4000]


def body_for(task: Task, user: Any) -> Body | None:
    """The unit this person acts for here; None for an officer who writes it down on the unit's behalf."""
    units = list(task.units.all())
    if task.body is not None and user.may("emergency.task", body=task.body) and task.body in user.bodies():
        return task.body
    mine = {body.pk for body in user.bodies()}
    return next((body for body in units if body.pk in mine), None)


def may_act(task: Task, user: Any) -> bool:
    return body_for(task, user) is not None or user.may("emergency.intake") or user.may("emergency.command")


def _act(task: Task, kind: str, text: str, user: Any, asked: Asked) -> TaskEntry:
    with sitting.sitting(task.incident_id, user, asked) as at:
        if at.before:
            return TaskEntry.objects.get(pk=at.before.data["entry"])
        row = Task.objects.select_for_update(of=("self",)).select_related("body", "case").get(pk=task.pk)
        body = body_for(row, user)
        if body is None and not may_act(row, user):
            raise Refused(f"这项任务由{row.group or row.by}办理", cite=row.cite)
        _open(row, kind)
        entry = TaskEntry.objects.create(
            task=row, kind=kind, text=text, at=timing.moment(at.incident), by=at.actor.name, user=user, body=body
        )
        _move(row, entry)
        who = body.name if body else f"{at.actor.name}代{row.group or row.by}"
        said = f"：{text[:200]}" if text else ""
        at.log(f"task_{kind}", f"{who}{KINDS[kind]}“{row.what[:80]}”{said}", case=row.case, cite=row.cite,
               reading=row.reading, data={"task": row.pk, "entry": entry.pk})  # fmt: skip
        _follows(at, row, entry, who, user)
    return entry


def _open(row: Task, kind: str) -> None:
    if row.state in (Task.State.DONE, Task.State.DROPPED):
        raise Refused(f"这项任务{row.get_state_display()}", cite=row.cite)
    if kind == "ack" and row.state == Task.State.ACKED:
        raise Refused("这项任务已签收", cite=row.cite)


def _move(row: Task, entry: TaskEntry) -> None:
    if row.acked_at is None and entry.kind != "drop":
        row.acked_at, row.state = entry.at, Task.State.ACKED  # who reports on it has it
    if entry.kind in ("done", "drop"):
        row.state = Task.State.DONE if entry.kind == "done" else Task.State.DROPPED
        row.done_at, row.help_wanted = entry.at, False
    if entry.kind == "help":
        row.help_wanted = True
    row.version += 1
    row.save()


def _follows(at: Sitting, row: Task, entry: TaskEntry, who: str, user: Any) -> None:
    if entry.kind == "done":
        for slug, case in at.table.cases.items():
            for clock in at.table.plan(slug).clocks:
                if clock.cite in row.cites and clock.off and not clock.years:
                    at.emit("did", case, {"act": clock.off})
    if entry.kind == "help":
        _called_for_help(at, row, entry, who)


def _called_for_help(at: Sitting, row: Task, entry: TaskEntry, who: str) -> None:
    incident = at.incident
    to = saying.holders("duty_officer", "commander")
    if to:
        notices.send(
            "emergency.help", to=to, subject=incident.subject, cite=row.cite, link=saying.link(incident), by=at.actor,
            fields=saying.fields(incident) | {"单位": who, "内容": entry.text, "任务": row.what},
            exercise=incident.exercise, dedupe=f"emergency.help:{entry.pk}", lane=incident.lane,
        )  # fmt: skip
    for slug, running in at.table.running.items():
        level = at.table.plan(slug).level("response", running.level)
        if level is None or not any(measure.on == "reinforcement" for measure in level.measures):
            continue
        case = at.table.cases[slug]
        at.log("reinforcement", f"{slug}号：{who}请求增援：{entry.text[:200]}", case=case, cite=row.cite,
               data={"act": "reinforcement", "task": row.pk})  # fmt: skip
        at.emit("did", case, {"act": "reinforcement", "ref": f"task:{row.pk}"})
        if at.table.context(slug).answer("A30") == "prompt":
            at.log("prompt", "请求增援：是否已超出企业能力、需指挥部协调？请核实后重新定级", case=case, reading="A30",
                   data={"ask": ["beyond_operator_capacity", "hq_coordination_needed"]})  # fmt: skip
