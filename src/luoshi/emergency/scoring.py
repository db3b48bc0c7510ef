"""The score sheet: what was done, in time, by whom, what was missed, each with its clause.

Only a clock with minutes in the text can be 超时. For 立即 and the like the delay is measured and judged by nobody.
What rests on a reading is marked, and a recommended carry-over is never counted as missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from luoshi.emergency import items
from luoshi.emergency.case import Case, Done
from luoshi.emergency.rows import StepRow
from luoshi.emergency.stage import Drill, clock_time
from luoshi.emergency.wording import ACTS

GOOD, BAD = ("完成", "按时"), ("未做", "超时", "不合规定", "内容不全")
# Steps that need no separate line: the line of the act itself says it.
_OWN_LINE = {"propose", "confirm", "end", "triage", "propose_warning", "confirm_warning", "issue_warning"}


def sheet(drill: Drill) -> dict[str, Any]:
    lines = [line for slug, case in drill.cases.items() for line in _case(drill, slug, case)]
    for number, line in enumerate(lines, 1):
        line["no"] = number
    count = {verdict: sum(line["verdict"] == verdict for line in lines) for verdict in (*GOOD, *BAD, "被拒", "计量")}
    due = [line for line in lines if line["required"]]
    return {
        "lines": lines,
        "counts": count,
        "done": sum(line["verdict"] in GOOD for line in due),
        "of": len(due),
        "missed": [line["no"] for line in lines if line["verdict"] == "未做"],
        "late": [line["no"] for line in lines if line["verdict"] == "超时"],
        "refused": [line["no"] for line in lines if line["verdict"] == "被拒"],
        "note": "只有预案写明分钟数的时限判定超时；立即、同时、及时、迅速只计量",
    }


def _case(drill: Drill, slug: str, case: Case) -> Iterator[dict[str, Any]]:
    touched = bool(case.done or case.refusals) and (case.card is None or case.card["applies"] is not False)
    if touched or case.response.history or case.warning.issued_at:
        for part, lines in _PARTS:
            yield from (line | {"part": part} for line in lines(drill, slug, case))
    for at, act, by, reason, cite in case.refusals:
        line = _line(
            drill,
            slug,
            f"{ACTS.get(act, act)}：{reason}" if act else reason,
            cite,
            "被拒",
            Done(at, by),
            required=False,
        )
        yield line | {"part": "被拒的操作"}


def _line(
    drill: Drill, slug: str, what: str, cite: str, verdict: str, done: Done | None = None, *, required: bool = True,
    reading: str = "", seconds: int | None = None, due: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "plan": slug, "what": what, "cite": cite, "verdict": verdict, "required": required,
        "done_at": clock_time(drill.date, done.at) if done else None, "by": (done.by or None) if done else None,
        "seconds": seconds, "due": due or None, "source": "reading" if reading else "text",
        "interpretation": reading or None,
    }  # fmt: skip


def _done(case: Case, act: str) -> Done | None:
    found = case.done.get(act)
    return found[0] if found else None


def _step(drill: Drill, slug: str, case: Case, step: StepRow, since: datetime | None = None) -> dict[str, Any]:
    done = _done(case, step.act)
    seconds = int((done.at - since).total_seconds()) if done and since else None
    due = f"{step.timing}（只计量）" if step.timing else ""
    verdict = "完成" if done else "未做"
    return _line(drill, slug, step.what, step.cite, verdict, done, reading=step.reading, seconds=seconds, due=due)


def _steps(case: Case, *phases: str) -> list[StepRow]:
    return [step for step in case.plan.steps if step.phase in phases and step.act and step.act not in _OWN_LINE]


def _intake(drill: Drill, slug: str, case: Case) -> Iterator[dict[str, Any]]:
    for step in _steps(case, "intake"):
        yield _step(drill, slug, case, step)
    row = next((row for row in case.plan.row.triage if row.outcome == case.outcome), case.plan.row.triage[0])
    done = _done(case, "triage")
    what = "分流：" + {None: "未作", "true": "真实", "false_alarm": "误报", "unrelated": "无关"}[case.outcome]
    verdict = "未做" if case.outcome is None else "完成" if done and done.by else "不合规定"
    note = "（没有写明由谁作出）" if verdict == "不合规定" else ""
    yield _line(drill, slug, what + note, row.cite, verdict, done)
    if case.outcome != "true":
        return
    for step in _steps(case, "analyse"):
        yield _step(drill, slug, case, step)
    if drill.facts.get("stage") == "occurred":
        for step in _steps(case, "first_response"):
            yield _step(drill, slug, case, step)


def _warning(drill: Drill, slug: str, case: Case) -> Iterator[dict[str, Any]]:
    """A warning was due when the rules found one at the stage of a threat; one that was issued is judged anyway."""
    due = case.first_warning is not None and drill.facts.get("stage") == "threat"
    if case.outcome != "true" or not (due or case.done.get("propose_warning")):
        return
    plan = case.plan
    for step in _steps(case, "warning_propose"):
        if step.act != "operator_warned":
            yield _step(drill, slug, case, step)
    acts = ["propose_warning", *(["confirm_warning"] if plan.row.warning_confirms else []), "issue_warning"]
    for act in acts:
        yield from (_step(drill, slug, case, step) for step in _warning_step(case, act))
    if case.warning.issued_at is None:
        return
    for step in _steps(case, "warning"):
        yield _step(drill, slug, case, step, case.warning.issued_at)
    lifted: StepRow | None = next((s for s in plan.steps if s.act == "lift_warning"), None)
    if lifted:
        line = _step(drill, slug, case, lifted)
        yield line | ({"interpretation": "A33", "source": "reading"} if case.warning.flagged else {})


def _warning_step(case: Case, act: str) -> list[StepRow]:
    phases = ("warning_propose", "warning")
    return [step for step in case.plan.steps if step.act == act and step.phase in phases][:1]


def _response(drill: Drill, slug: str, case: Case) -> Iterator[dict[str, Any]]:
    response = case.response
    due = case.first_response is not None and not case.first_response[2]
    if case.outcome != "true" or not (due or response.state != "none"):
        return
    name = response.level or response.proposed or (case.first_response[1] if case.first_response else "")
    level = case.plan.level("response", name)
    if level is None:
        return
    ctx = drill.context(case)
    since = case.first_response[0] if case.first_response else None
    yield _act(drill, slug, case, "propose", f"提出{name}级启动建议", level.procedure, since)
    if items.confirms(ctx, level):
        yield _act(drill, slug, case, "confirm", "指挥部确认", level.procedure, since)
    starters = "、".join(items.printed(ctx, title) for title in level.starters)
    reading = next((p.reading for t in level.starters if (p := ctx.plan.post(t)) and p.meaning), "")
    yield _act(drill, slug, case, "start", f"启动{name}级（{starters}）", level.procedure, since, reading)
    if response.started_at is None:
        return
    for row in level.notify:
        if row.at != "need":
            done = _done(case, f"notice {row.cite} {row.who}")
            what = f"通知{row.who}（{row.when}）"
            yield _line(drill, slug, what, row.cite, "完成" if done else "未做", done, reading=row.reading)
    yield from _measures(drill, slug, case, ctx, level.level)
    for step in _steps(case, "response"):
        optional = step.act == "release"
        if not optional or case.done.get(step.act):
            yield _step(drill, slug, case, step)
    rule = case.plan.row.end_by
    what = f"结束响应（{rule.what}）" if rule else "结束响应"
    yield _act(drill, slug, case, "end", what, rule.cite if rule else "", None)


def _act(
    drill: Drill, slug: str, case: Case, act: str, what: str, cite: str, since: datetime | None, reading: str = ""
) -> dict[str, Any]:
    done = _done(case, act)
    seconds = int((done.at - since).total_seconds()) if done and since else None
    return _line(drill, slug, what, cite, "完成" if done else "未做", done, reading=reading, seconds=seconds)


def _measures(drill: Drill, slug: str, case: Case, ctx: items.Context, name: str) -> Iterator[dict[str, Any]]:
    level = case.plan.level("response", name)
    if level is None:
        return
    for task in items.measures(ctx, level):
        if task["on"] and not (
            case.done.get(task["on"]) or (task["on"] == "taken_over" and case.done.get("take_over"))
        ):
            continue
        done = case.measures.get(task["cite"])
        own = task["column"] != "建议沿用"
        if not own and done is None:
            continue
        seconds = (
            int((done.at - case.response.started_at).total_seconds()) if done and case.response.started_at else None
        )
        what = task["what"] if own else f"建议沿用：{task['what']}"
        yield _line(drill, slug, what, task["cite"], "完成" if done else "未做", done, required=own,
                    reading=task.get("interpretation", ""), seconds=seconds)  # fmt: skip


def _clocks(drill: Drill, slug: str, case: Case) -> Iterator[dict[str, Any]]:
    for clock in case.clocks:
        stopped = Done(clock.stopped, "") if clock.stopped else None
        seconds = clock.seconds(drill.now)
        if clock.due is None:
            target = drill.desk.targets.get(clock.row.target)
            due = f"{clock.row.word}（只计量）" + (f"；目标 {target} 分钟，非预案规定" if target else "")
            what = f"{clock.row.name}：{clock.row.starts}至{clock.row.stops}"
            yield _line(drill, slug, what, clock.row.cite, "计量", stopped, required=False, due=due,
                        seconds=seconds if stopped else None, reading=clock.row.reading)  # fmt: skip
            continue
        late = clock.late(clock.stopped or drill.now)
        verdict = "超时" if late else "按时" if stopped else "计量"
        what = f"{clock.row.name}：{clock.row.minutes}分钟内"
        yield _line(drill, slug, what, clock.row.cite, verdict, stopped, due=clock_time(drill.date, clock.due),
                    seconds=seconds, required=verdict != "计量", reading=clock.row.reading)  # fmt: skip
    for name in ("written_report", "follow_up"):
        for done in case.done.get(name, []):
            if done.told.get("lacking"):
                parts = case.plan.row.report_parts
                what = "书面简报缺：" + "、".join(done.told["lacking"])
                yield _line(drill, slug, what, parts[0].cite if parts else "", "内容不全", done)


def _after(drill: Drill, slug: str, case: Case) -> Iterator[dict[str, Any]]:
    if case.response.ended_at is None:
        return
    for step in _steps(case, "after"):
        if step.act == "task_evaluated" and drill.facts.get("stage") != "task":
            continue
        yield _step(drill, slug, case, step, case.response.ended_at)


_PARTS = (
    ("接报与研判", _intake),
    ("预警", _warning),
    ("响应", _response),
    ("时限与报告", _clocks),
    ("后期处置", _after),
)
