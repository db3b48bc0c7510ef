"""The acts of a drill: what a person does, checked by the rules of the course, then told, clocked and noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from luoshi.emergency import course, items, stage
from luoshi.emergency.case import Case
from luoshi.emergency.plans import Plans
from luoshi.emergency.stage import Drill, emit
from luoshi.kernel.errors import BadInput, Refused

Act = Callable[[Drill, str, Case, str, dict[str, Any]], None]


def find(name: str, plans: Plans) -> Act | None:
    """An act by name: one with rules of its own, or one that a plan's steps and clocks know."""
    if name in _ACTS:
        return _ACTS[name]
    return _plain if name in plain_names(plans) else None


def names(plans: Plans) -> list[str]:
    return [*_ACTS, *sorted(plain_names(plans) - set(_ACTS))]


def plain_names(plans: Plans) -> set[str]:
    every = plans.by_slug.values()
    return {step.act for plan in every for step in plan.steps if step.act} | {
        event
        for plan in every
        for clock in plan.clocks
        for event in (clock.on, clock.off, *clock.on_answers.values())
        if event
    }


def _by(told: dict[str, Any]) -> str:
    by = told.get("by", "")
    if isinstance(by, dict):
        by = by.get("post", "")
    return str(by)


def _name(told: dict[str, Any]) -> str:
    by = told.get("by")
    return str(by.get("name", "")) if isinstance(by, dict) else ""


def _plain(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    """Something simply done: noted, and clocked."""
    case.note(name, drill.now, _by(told), told)
    drill.say("done", plan=slug, act=name, by=told.get("by"), **_rest(told))
    emit(drill, slug, case, name, str(told.get("ref", "")))


def _rest(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key in ("what", "text", "to", "cite", "ref")}


def _triage(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    outcome = told.get("outcome", "true")
    outcome = "true" if outcome is True else str(outcome)
    course.triage(case.plan, outcome, _by(told), str(told.get("transferee", "")))
    case.note("triage", drill.now, _by(told), told)
    drill.say("triage", plan=slug, outcome=outcome, by=_by(told), transferee=told.get("transferee"))
    known = drill.facts.get("triage")
    by_plan = dict(known) if isinstance(known, dict) else dict.fromkeys(drill.cases, known)
    drill.facts = drill.facts | {"triage": {**by_plan, slug: outcome}}
    case.outcome = outcome
    stage.grade(drill)
    emit(drill, slug, case, "triaged_true" if outcome == "true" else "triaged")


def _level(told: dict[str, Any], default: str | None) -> str:
    level = told.get("level", default)
    if level is None:
        raise BadInput("应写明 level", field="level")
    return str(level)


def _propose(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    wanted = case.card["response"]["level"] if case.card else None
    course.graded(case.plan, case.outcome)
    if "level" not in told and wanted is None:
        first = case.plan.of_kind("response")[0]
        raise Refused("现有事实没有达到任何级别，不能据条件提出建议；由指挥部裁量", cite=first.cite)
    level = case.plan.level("response", _level(told, wanted))
    if level is None:
        raise BadInput(f"{slug}号没有响应级别 {told.get('level')}", field="level")
    course.propose(case.plan, level, _by(told), case.outcome)
    if level.level != wanted and not told.get("reason"):
        raise Refused(f"现有事实得出的是{wanted or '无'}级；建议{level.level}级须写明理由", cite=level.cite)
    case.response.proposed = level.level
    case.response.confirmed = None
    if case.response.state == "none":
        case.response.state = "proposed"
    case.note("propose", drill.now, _by(told), told)
    drill.say("proposed", plan=slug, level=level.level, by=_by(told), cite=level.procedure)
    emit(drill, slug, case, "proposed")
    stage.notify(drill, slug, case, "propose", level.notify)


def _confirm(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    if case.response.proposed is None:
        raise Refused("还没有启动建议可确认", cite=case.plan.of_kind("response")[0].procedure)
    level = case.plan.level("response", case.response.proposed)
    assert level is not None
    course.confirm(drill.context(case), level, _by(told))
    case.response.confirmed = level.level
    if case.response.state == "proposed":
        case.response.state = "confirmed"
    case.note("confirm", drill.now, _by(told), told)
    drill.say("confirmed", plan=slug, level=level.level, by=_by(told), cite=level.procedure)
    emit(drill, slug, case, "confirmed")


def _start(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    response, ctx = case.response, drill.context(case)
    wanted = told.get("level") or response.proposed
    if wanted is None:
        course.graded(case.plan, case.outcome)
        first = case.plan.of_kind("response")[0]
        raise Refused(f"{first.proposer}尚未提出启动建议", cite=first.procedure)
    asked = course.Start(
        str(wanted),
        _by(told),
        response.proposed,
        response.confirmed,
        case.outcome,
        response.level,
        str(told.get("reason", "")),
    )
    level = course.start(ctx, asked)
    before = response.level
    response.level, response.starter, response.state = level.level, asked.by, "running"
    response.starter_name = _name(told)
    response.started_at = response.started_at or drill.now
    response.history.append((drill.now, level.level, asked.by))
    case.note("start", drill.now, asked.by, told)
    printed = "、".join(items.printed(ctx, title) for title in level.starters)
    drill.say("start", plan=slug, level=level.level, by=asked.by, starters=printed, cite=level.procedure,
              raised_from=before, reason=asked.reason or None, mechanisms=case.plan.row.mechanisms)  # fmt: skip
    emit(drill, slug, case, "started")
    stage.notify(drill, slug, case, "start", level.notify, "start" if before is None else "raise")
    for task in items.measures(ctx, level):
        if not task["on"]:
            drill.say("task", plan=slug, **{key: task[key] for key in ("cite", "what", "by", "column", "source")})


def _take_over(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    if case.response.state != "running":
        raise Refused("没有运行中的响应可接管", cite=_taking(case))
    ended = drill.context(case).answer("A38") == "ended"
    case.response.state = "ended" if ended else "assisting"
    case.note("take_over", drill.now, _by(told), told)
    drill.say("takeover", plan=slug, by=_by(told), state=case.response.state, interpretation="A38", cite=_taking(case))
    emit(drill, slug, case, "taken_over")


def _taking(case: Case) -> str:
    rows = [m for level in case.plan.of_kind("response") for m in level.measures if m.on == "taken_over"]
    return rows[0].cite if rows else case.plan.row.hq.cite


def _superior_agrees(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    case.response.superior_agrees = True
    drill.say("done", plan=slug, act=name, by=told.get("by"))


def _evidence(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    key, text = str(told.get("key", "")), str(told.get("text", ""))
    known = [*(row.key for row in case.plan.row.end), *(row.key for row in case.plan.row.lift)]
    if key not in known:
        if len(drill.cases) > 1 and any(key == r.key for c in drill.cases.values() for r in c.plan.row.end):
            return
        raise BadInput(f"没有这个条件：{key}", field="key", hint="现有：" + "、".join(known))
    case.evidence[key] = text
    drill.say("evidence", plan=slug, key=key, text=text, by=told.get("by"))


def _end(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    response = case.response
    rule = case.plan.row.end_by
    if response.state not in ("running", "assisting"):
        raise Refused("没有运行中的响应可结束", cite=rule.cite if rule else "")
    ctx = drill.context(case)
    env_facts = case.facts
    holds = {row.key: _holds(drill, slug, row.key, env_facts) for row in case.plan.row.end if row.when}
    evidence = case.evidence | {str(k): str(v) for k, v in (told.get("evidence") or {}).items()}
    asked = course.End(
        _by(told), response.starter, evidence, [str(k) for k in told.get("acknowledged") or []],
        _stricter(drill, slug, case), response.state == "assisting", response.superior_agrees,
        not (_name(told) and response.starter_name) or _name(told) == response.starter_name,
    )  # fmt: skip
    course.end(ctx, asked, course.end_conditions(ctx, holds))
    response.state, response.ended_at = "ended", drill.now
    case.evidence = evidence
    case.note("end", drill.now, asked.by, told)
    drill.say("end", plan=slug, level=response.level, by=asked.by, started_by=response.starter,
              conditions=sorted(evidence), cite=rule.cite if rule else "")  # fmt: skip
    emit(drill, slug, case, "ended")


def _holds(drill: Drill, slug: str, key: str, facts: Any) -> bool | None:
    from luoshi.rules.interpret import Env

    value: bool | None = drill.desk.graders[slug].ends[key](Env(facts))
    return value


def _stricter(drill: Drill, slug: str, case: Case) -> list[str]:
    """With another plan running too, what this one only asks about must be shown (A15)."""
    others = [c for s, c in drill.cases.items() if s != slug and c.response.started_at is not None]
    if not others and drill.context(case).answer("A15") != "require":
        return []
    return [row.key for row in case.plan.row.end if not row.blocking]


def _propose_warning(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    wanted = case.card["warning"]["level"] if case.card else None
    course.graded(case.plan, case.outcome)
    if "level" not in told and wanted is None:
        raise Refused("现有事实没有达到任何预警级别", cite=case.plan.of_kind("warning")[0].cite)
    row = course.propose_warning(case.plan, _level(told, wanted), _by(told), case.outcome)
    case.warning.level, case.warning.confirmed = row.level, False
    if case.warning.state != "issued":
        case.warning.state = "proposed"
    case.note("propose_warning", drill.now, _by(told), told)
    drill.say("warning", plan=slug, state="proposed", level=row.level, by=_by(told), cite=row.cite)


def _confirm_warning(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    course.confirm_warning(case.plan, _by(told))
    case.warning.confirmed = True
    case.note("confirm_warning", drill.now, _by(told), told)
    drill.say("warning", plan=slug, state="confirmed", level=case.warning.level, by=_by(told))


def _issue_warning(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    recipients = [str(item) for item in told.get("to") or []]
    proposed = case.warning.level if case.warning.state in ("proposed", "issued") else None
    circle = [*drill.places, *(drill.facts.get("towns_affected") or []), *drill.desk.operators]
    course.issue_warning(drill.context(case), _by(told), proposed, case.warning.confirmed, recipients, circle)
    adjusted = case.warning.state == "issued"
    case.warning.state, case.warning.issuer, case.warning.issued_at = "issued", _by(told), drill.now
    case.note("issue_warning", drill.now, _by(told), told)
    drill.say("warning", plan=slug, state="adjusted" if adjusted else "issued", level=case.warning.level, by=_by(told),
              to=recipients or None, issuer=case.plan.row.warning_issuer)  # fmt: skip
    emit(drill, slug, case, "warning_issued")
    stage.notify(drill, slug, case, "issue", case.plan.row.warning_notify)


def _lift_warning(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    rule = case.plan.row.lift_by
    if case.warning.state != "issued":
        raise Refused("没有已发布的预警可解除", cite=rule.cite if rule else "")
    evidence = case.evidence | {str(k): str(v) for k, v in (told.get("evidence") or {}).items()}
    case.warning.flagged = course.lift_warning(drill.context(case), _by(told), evidence, str(told.get("vanished", "")))
    case.warning.state = "lifted"
    case.note("lift_warning", drill.now, _by(told), told)
    flag: dict[str, Any] = {"flag": "威胁消失（A33）", "interpretation": "A33"} if case.warning.flagged else {}
    drill.say("warning", plan=slug, state="lifted", level=case.warning.level, by=_by(told),
              cite=rule.cite if rule else "", **flag)  # fmt: skip


def _report(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    """Oral, written and follow-up reports. A report with secret content leaves a stub and stops no clock."""
    channel = str(told.get("channel", course.SECURE))
    upward = bool(told.get("upward"))
    try:
        course.report(drill.context(case), upward=upward, channel=channel, reason=str(told.get("reason", "")),
                      secret=bool(told.get("secret")))  # fmt: skip
    except Refused:
        if told.get("secret"):
            case.stubs += 1
            drill.say("stub", plan=slug, act=name, text="涉密，另行处理")
        raise
    parts = [str(part) for part in told.get("parts") or []]
    lacking = [d.what for d in case.plan.row.report_parts if d.what not in parts] if "parts" in told else []
    case.note(name, drill.now, _by(told), told | {"lacking": lacking})
    number = len(case.done.get("follow_up", []))
    last = bool(told.get("final"))
    label = "终报" if last else "初报" if name != "follow_up" else f"续报（{number}）"
    drill.say("report", plan=slug, act=name, label=label, by=told.get("by"), channel=channel, upward=upward,
              lacking=lacking or None)  # fmt: skip
    emit(drill, slug, case, name, str(told.get("ref", "")))


def _answer_query(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    cite = next((clock.cite for clock in case.plan.clocks if clock.off == "answer_query"), "")
    course.answer_query(case.plan, str(told.get("content", "")), cite)
    _plain(drill, slug, case, name, told)


def _do(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    """A measure carried out: `cite`, or several in `cites`."""
    ctx = drill.context(case)
    level = case.plan.level("response", case.response.level or "")
    known = [m["cite"] for m in items.measures(ctx, level)] if level else []
    known += [m.cite for m in case.plan.row.warning_measures]
    wanted = [str(cite) for cite in told.get("cites") or [told.get("cite")]]
    for cite in wanted:
        if not cite.startswith(f"{slug}:") and len(wanted) > 1:
            continue
        if cite not in known:
            raise BadInput(f"当前级别没有这项措施：{cite}", field="cite", hint="现有：" + "、".join(known[:12]))
        from luoshi.emergency.case import Done

        case.measures[cite] = Done(drill.now, _by(told), told)
        drill.say("measure", plan=slug, cite=cite, by=told.get("by"))


def _groups(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    wanted = [str(item) for item in told.get("groups") or [group.name for group in case.plan.groups]]
    known = {group.name: group for group in case.plan.groups}
    for group in wanted:
        if group not in known:
            raise BadInput(f"没有这个工作组：{group}", field="groups", hint="现有：" + "、".join(known))
    case.groups = wanted
    drill.say("groups", plan=slug, groups={name: known[name].lead for name in wanted}, by=told.get("by"))


def _reinforcement(drill: Drill, slug: str, case: Case, name: str, told: dict[str, Any]) -> None:
    _plain(drill, slug, case, name, told)
    if drill.context(case).answer("A30") == "prompt":
        drill.say(
            "prompt",
            plan=slug,
            text="请求增援：是否已超出企业能力、需指挥部协调？重新定级",
            interpretation="A30",
            ask=["beyond_operator_capacity", "hq_coordination_needed"],
        )


_ACTS: dict[str, Act] = {
    "triage": _triage,
    "propose": _propose,
    "confirm": _confirm,
    "start": _start,
    "take_over": _take_over,
    "superior_agrees": _superior_agrees,
    "evidence": _evidence,
    "end": _end,
    "propose_warning": _propose_warning,
    "confirm_warning": _confirm_warning,
    "issue_warning": _issue_warning,
    "lift_warning": _lift_warning,
    "oral_report": _report,
    "written_report": _report,
    "follow_up": _report,
    "answer_query": _answer_query,
    "do": _do,
    "groups": _groups,
    "reinforcement": _reinforcement,
}
