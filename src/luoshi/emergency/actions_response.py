"""The course of a response: proposed by the office, (confirmed,) started by an entitled person, raised, ended.

Live acts go through the same rules as drills (`course.py`). A start keeps the plans and the answers it ran under.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from luoshi.emergency import course, deciding, items, live
from luoshi.emergency.models import WAITING, Act, Case, Incident, Response
from luoshi.emergency.plans import Plan
from luoshi.emergency.rows import LevelRow
from luoshi.emergency.sitting import Asked, Sitting, sitting
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused
from luoshi.rules.interpret import Env


def propose(incident: Incident, plan: str, user: Any, asked: Asked, *, level: str = "") -> Act:
    """提出启动建议, by the office. Without `level` it is what the facts give; another level needs a reason."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        card = at.table.card(plan)
        wanted = card["response"]["level"]
        course.graded(rules, case.triage or None)
        row = _level(rules, level or wanted, card)
        hand = at.hand(rules, fit=[p.title for p in rules.row.posts if course.is_office(rules, p.title)])
        course.propose(rules, row, hand.post, case.triage or None)
        if row.level != wanted and not asked.reason.strip():
            raise Refused(f"现有事实得出的是{wanted or '无'}级；建议{row.level}级须写明理由", cite=row.cite)
        deciding.chosen(at, case)
        _drop_waiting(at, case, "有新的启动建议")
        made = Response(case=case, level=row.level, proposed_reason=asked.reason.strip(),
                        previous=at.table.running.get(plan))  # fmt: skip
        decision = deciding.record(at, plan, made, card, "response", hand)
        made.save()
        text = f"{plan}号：建议启动{rules.row.level_names.get(row.level, row.level)}响应"
        act = at.log("proposed", text, case=case, cite=row.procedure, hand=hand, sealed=decision,
                     reading="、".join(_keys(made)),
                     data={"level": row.level, "by_facts": wanted, "response": made.pk,
                           "reason": made.proposed_reason})  # fmt: skip
        at.move()
        at.emit("proposed", case, made)
    return act


def _keys(made: Any) -> list[str]:
    return [told["key"] for told in made.leaned if told.get("decides")][:4]


def _level(rules: Plan, name: str | None, card: Mapping[str, Any]) -> LevelRow:
    if name is None:
        first = rules.of_kind("response")[0]
        raise Refused("现有事实没有达到任何级别，不能据条件提出建议；由指挥部裁量（写明级别和理由）", cite=first.cite)
    row = rules.level("response", str(name))
    if row is None:
        known = "、".join(found.level for found in rules.of_kind("response"))
        raise BadInput(f"{rules.slug}号没有响应级别 {name}", field="level", hint=f"现有：{known}")
    return row


def _waiting(case: Case) -> Response | None:
    found: Response | None = case.responses.select_related("snapshot").filter(state__in=WAITING).first()
    return found


def _drop_waiting(at: Sitting, case: Case, reason: str) -> None:
    waiting = _waiting(case)
    if waiting is not None:
        waiting.state, waiting.dropped_reason = Response.State.DROPPED, reason
        waiting.save(update_fields=["state", "dropped_reason"])


def confirm(incident: Incident, plan: str, user: Any, asked: Asked) -> Act:
    """指挥部确认 (plan 22; plan 21 only under A03), before a start; its own time is kept."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        waiting = _waiting(case)
        if waiting is None:
            raise Refused("还没有启动建议可确认", cite=rules.of_kind("response")[0].procedure)
        row = rules.level("response", waiting.level)
        assert row is not None
        hand = at.hand(rules, fit=rules.command)
        course.confirm(at.table.context(plan), row, hand.post)
        if waiting.state == Response.State.CONFIRMED:
            raise Refused(f"{row.level}级响应已由{waiting.confirmed_name}确认", cite=row.procedure)
        waiting.state, waiting.confirmed_at = Response.State.CONFIRMED, when.now()
        waiting.confirmed_by_id = None if hand.oral else user.pk
        waiting.confirmed_post, waiting.confirmed_name = hand.post, hand.name
        deciding.flag_oral(waiting, hand, "确认")
        waiting.save()
        text = f"{plan}号：{rules.row.hq.short}确认{row.level}级响应"
        act = at.log("confirmed", text, case=case, cite=row.procedure, hand=hand,
                     data={"level": row.level, "response": waiting.pk})  # fmt: skip
        at.move()
        at.emit("confirmed", case, waiting)
    return act


def start(incident: Incident, plan: str, user: Any, asked: Asked, *, level: str = "") -> Act:
    """启动响应, by who the level names. While one runs, this is a change of level: a new start (A29)."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        ctx, running, waiting = at.table.context(plan), at.table.running.get(plan), _waiting(case)
        name = level or (waiting.level if waiting else "")
        if not name:
            _nothing_to_start(rules, case, running)
        row = rules.level("response", name)
        hand = at.hand(rules, fit=items.entitled(ctx, row) if row else [])
        _another_was_faster(rules, running, name)
        asked_for = course.Start(
            name, hand.post, waiting.level if waiting else None,
            waiting.level if waiting and waiting.state == Response.State.CONFIRMED else None,
            case.triage or None, running.level if running else None, asked.reason.strip(),
        )  # fmt: skip
        row = course.start(ctx, asked_for)
        assert waiting is not None
        _run(at, case, waiting, row, running, hand)
        return _started(at, case, waiting, row, running, hand)


def _nothing_to_start(rules: Plan, case: Case, running: Response | None) -> None:
    course.graded(rules, case.triage or None)
    if running is not None:
        _another_was_faster(rules, running, running.level)
    row = rules.level("response", case.response_level) or rules.of_kind("response")[0]
    raise Refused(f"{row.proposer}尚未提出启动建议", cite=row.procedure)


def _procedure(rules: Plan, running: Response) -> str:
    row = rules.level("response", running.level)
    return row.procedure if row else ""


def _another_was_faster(rules: Plan, running: Response | None, name: str) -> None:
    if running is not None and running.level == name:
        at = when.aware(running.started_at) if running.started_at else None
        told = f"（{at:%H:%M:%S}）" if at else ""
        raise Refused(f"{name}级响应已由{running.started_name}启动{told}，正在运行", cite=_procedure(rules, running))


def _run(at: Sitting, case: Case, waiting: Response, row: LevelRow, running: Response | None, hand: Any) -> None:
    """The proposal becomes the running response; what ran before is closed as changed, first."""
    now = when.now()
    if running is not None:
        running.state, running.ended_at = Response.State.CHANGED, now
        running.save(update_fields=["state", "ended_at"])
    waiting.card = waiting.card | {"proposed_level": waiting.level}
    waiting.level, waiting.state, waiting.previous = row.level, Response.State.RUNNING, running
    waiting.started_at, waiting.started_post, waiting.started_name = now, hand.post, hand.name
    waiting.started_by_id = None if hand.oral else at.user.pk
    waiting.reason = at.asked.reason.strip()
    waiting.snapshot = at.table.edition(case.plan)
    waiting.settings = live.spelt_settings(at.table.desk_of(case.plan))
    deciding.flag_oral(waiting, hand, "启动")
    waiting.save()


def _started(at: Sitting, case: Case, made: Response, row: LevelRow, running: Response | None, hand: Any) -> Act:
    rules, ctx = at.table.plan(case.plan), at.table.context(case.plan)
    printed = "、".join(items.printed(ctx, title) for title in row.starters)
    shown = rules.row.level_names.get(row.level, row.level)
    text = f"{case.plan}号：{'由' + running.level + '级变更，' if running else ''}启动{shown}响应"
    decision = deciding.sealed(at, case.plan, deciding.start_decision(at, case.plan, row, hand))
    act = at.log(
        "started", text, case=case, cite=row.procedure, reading=deciding.post_reading(rules, row), hand=hand,
        sealed=decision, data={"level": row.level, "response": made.pk, "starters": printed, "reason": made.reason,
                               "raised_from": running.level if running else None, "mechanisms": rules.row.mechanisms},
    )  # fmt: skip
    at.move()
    at.emit("raised" if running else "started", case, made)
    return act


def raise_level(incident: Incident, plan: str, level: str, user: Any, asked: Asked) -> Act:
    """变更级别: a start of another level while one runs; the office must have proposed it."""
    return start(incident, plan, user, asked, level=level)


def drop(incident: Incident, plan: str, user: Any, asked: Asked) -> Act:
    """不启动: the command does not accept the proposal, or the office takes it back. Needs a reason."""
    if not asked.reason.strip():
        raise BadInput("请写明理由", field="reason")
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        waiting = _waiting(case)
        if waiting is None:
            raise Refused("没有待处理的启动建议", cite=rules.of_kind("response")[0].procedure)
        hand = at.hand(rules)
        if not (course.is_hq(rules, hand.post) or course.is_office(rules, hand.post)):
            raise Refused("启动建议由办公室撤回，或由指挥部决定不启动", cite=rules.row.hq.cite)
        _drop_waiting(at, case, asked.reason.strip())
        text = f"{plan}号：不启动{waiting.level}级响应；理由：{asked.reason.strip()}"
        act = at.log("dropped", text, case=case, cite=rules.row.hq.cite, hand=hand,
                     data={"response": waiting.pk, "level": waiting.level, "reason": asked.reason.strip()})  # fmt: skip
        at.move()
    return act


def _live(at: Sitting, plan: str, act: str) -> Response:
    rules = at.table.plan(plan)
    found = at.table.running.get(plan)
    if found is None:
        raise Refused(f"没有运行中的响应可{act}", cite=rules.row.end_by.cite if rules.row.end_by else "")
    return found


def take_over(incident: Incident, plan: str, superior: str, user: Any, asked: Asked) -> Act:
    """上级接管: a superior has started its own response and leads; ours runs on in support (A38)."""
    if not superior.strip():
        raise BadInput("请写明由哪个上级机构接管", field="superior")
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        made = _live(at, plan, "接管")
        if made.state == Response.State.ASSISTING:
            raise Refused(f"已由{made.taken_over_by}接管", cite=_taking(rules))
        ended = at.table.context(plan).answer("A38") == "ended"
        made.state = Response.State.ENDED if ended else Response.State.ASSISTING
        made.taken_over_at, made.taken_over_by = when.now(), superior.strip()
        made.ended_at = when.now() if ended else None
        made.save()
        text = f"{plan}号：{superior.strip()}启动响应并接管，本级{made.get_state_display()}"
        act = at.log("taken_over", text, case=case, cite=_taking(rules), reading="A38",
                     data={"superior": superior.strip(), "state": made.state, "response": made.pk})  # fmt: skip
        at.move()
        at.emit("taken_over", case, made)
    return act


def _taking(rules: Plan) -> str:
    rows = [m for level in rules.of_kind("response") for m in level.measures if m.on == "taken_over"]
    return rows[0].cite if rows else rules.row.hq.cite


def superior_agrees(incident: Incident, plan: str, said: str, user: Any, asked: Asked) -> Act:
    """上级同意结束: who agreed, how; without it a response that was taken over is not ended (A38)."""
    if not said.strip():
        raise BadInput("请写明上级何人何时以何方式同意", field="said")
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        made = _live(at, plan, "结束")
        if made.state != Response.State.ASSISTING:
            raise Refused("上级没有接管，不需要上级同意", cite=_taking(rules))
        made.superior_agreed_at, made.superior_agreed = when.now(), said.strip()[:200]
        made.save()
        act = at.log("superior_agreed", f"{plan}号：上级同意结束：{said.strip()}", case=case, cite=_taking(rules),
                     reading="A38", data={"said": said.strip(), "response": made.pk})  # fmt: skip
        at.move()
        at.emit("superior_agreed", case, made)
    return act


def give_evidence(incident: Incident, plan: str, key: str, text: str, user: Any, asked: Asked) -> Act:
    """A condition of the end (or of lifting a warning), shown: who says so, on what ground."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        row = next((row for row in (*rules.row.end, *rules.row.lift) if row.key == key), None)
        if row is None:
            known = [r.key for r in (*rules.row.end, *rules.row.lift)]
            raise BadInput(f"没有这个条件：{key}", field="key", hint="现有：" + "、".join(dict.fromkeys(known)))
        if not text.strip():
            raise BadInput("请写明依据", field="text")
        told = {"text": text.strip(), "by": at.actor.name, "at": when.now().isoformat()}
        case.evidence = case.evidence | {key: told}
        case.save(update_fields=["evidence"])
        act = at.log("evidence", f"{plan}号：“{row.text}”的依据：{text.strip()}", case=case, cite=row.cite,
                     reading=row.reading, data={"key": key} | told)  # fmt: skip
        at.move()
    return act


def end(
    incident: Incident, plan: str, user: Any, asked: Asked, *, acknowledged: Collection[str] = (),
    evidence: Mapping[str, str] | None = None,
) -> Act:  # fmt: skip
    """结束响应: 谁启动、谁终止, every condition evidenced. With both plans running the stricter list holds (A15)."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        made, ctx = _live(at, plan, "结束"), at.table.context(plan)
        hand = at.hand(rules, fit=[made.started_post, *rules.command])
        shown = {key: str(told["text"]) for key, told in case.evidence.items()} | dict(evidence or {})
        asked_for = course.End(
            hand.post, made.started_post, shown, list(acknowledged), stricter(at.table, plan),
            made.state == Response.State.ASSISTING, made.superior_agreed_at is not None,
            hand.name == made.started_name,
        )  # fmt: skip
        standing = course.end_conditions(ctx, holding(at.table, plan))
        course.end(ctx, asked_for, standing)
        made.state, made.ended_at = Response.State.ENDED, when.now()
        made.ended_post, made.ended_name = hand.post, hand.name
        made.ended_by_id = None if hand.oral else user.pk
        made.evidence = {row.key: shown.get(row.key) or "确认知悉" for row in standing}
        deciding.flag_oral(made, hand, "结束")
        made.save()
        rule = rules.row.end_by
        decision = deciding.sealed(at, plan, deciding.end_decision(at, plan, made, asked_for))
        text = f"{plan}号：结束{rules.row.level_names.get(made.level, made.level)}响应"
        act = at.log("ended", text, case=case, cite=rule.cite if rule else "", reading=rule.reading if rule else "",
                     hand=hand, sealed=decision, data={"level": made.level, "response": made.pk,
                     "started_by": made.started_name, "conditions": made.evidence,
                     "acknowledged": list(acknowledged)})  # fmt: skip
        at.move()
        at.emit("ended", case, made)
    return act


def holding(table: live.Table, plan: str) -> dict[str, bool | None]:
    """For each end condition that does not always stand: whether it stands in this case; None = not known."""
    at = table.desk_of(plan)
    facts = at.facts_for(at.plans.by_slug[plan], table.given(plan))
    return {key: run(Env(facts)) for key, run in at.graders[plan].ends.items()}


def stricter(table: live.Table, plan: str) -> list[str]:
    """With another plan started too, what this one only asks about must be shown (A15)."""
    others = Response.objects.filter(case__incident=table.incident, started_at__isnull=False)
    if table.context(plan).answer("A15") != "require" and not others.exclude(case__plan=plan).exists():
        return []
    return [row.key for row in table.plan(plan).row.end if not row.blocking]
