"""The course of a warning: proposed by the office, (confirmed,) issued by the command, adjusted, lifted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from luoshi.emergency import addressing, course, deciding
from luoshi.emergency.models import WAITING, Act, Case, Incident, Warning
from luoshi.emergency.plans import Plan
from luoshi.emergency.sitting import Asked, Sitting, sitting
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused


def _waiting(case: Case) -> Warning | None:
    found: Warning | None = case.warnings.filter(state__in=WAITING).first()
    return found


def _issued(case: Case) -> Warning | None:
    found: Warning | None = case.warnings.filter(state=Warning.State.ISSUED).first()
    return found


def _shown(rules: Plan, level: str) -> str:
    return rules.row.level_names.get(level, level)


def propose_warning(incident: Incident, plan: str, user: Any, asked: Asked, *, level: str = "") -> Act:
    """预警建议, by the office. Without `level` it is what the facts give; another level needs a reason."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        card = at.table.card(plan)
        wanted = card["warning"]["level"]
        course.graded(rules, case.triage or None)
        if not (level or wanted):
            raise Refused("现有事实没有达到任何预警级别", cite=rules.of_kind("warning")[0].cite)
        hand = at.hand(rules, fit=[p.title for p in rules.row.posts if course.is_office(rules, p.title)])
        row = course.propose_warning(rules, level or wanted, hand.post, case.triage or None)
        if row.level != wanted and not asked.reason.strip():
            raise Refused(
                f"现有事实得出的是{_shown(rules, wanted) if wanted else '无'}；另提级别须写明理由", cite=row.cite
            )
        deciding.chosen(at, case)
        _drop(case, "有新的预警建议")
        made = Warning(case=case, level=row.level, proposed_reason=asked.reason.strip(), previous=_issued(case))
        decision = deciding.record(at, plan, made, card, "warning", hand)
        made.save()
        text = f"{plan}号：建议{'调整为' if made.previous else '发布'}{_shown(rules, row.level)}预警"
        act = at.log("warning_proposed", text, case=case, cite=row.cite, hand=hand, sealed=decision,
                     data={"level": row.level, "by_facts": wanted, "warning": made.pk})  # fmt: skip
        at.move()
        at.emit("warning_proposed", case, made)
    return act


def _drop(case: Case, reason: str) -> Warning | None:
    waiting = _waiting(case)
    if waiting is not None:
        waiting.state, waiting.dropped_reason = Warning.State.DROPPED, reason
        waiting.save(update_fields=["state", "dropped_reason"])
    return waiting


def drop_warning(incident: Incident, plan: str, user: Any, asked: Asked) -> Act:
    """不发布: the proposal is not followed. Needs a reason."""
    if not asked.reason.strip():
        raise BadInput("请写明理由", field="reason")
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        hand = at.hand(rules)
        if not (course.is_hq(rules, hand.post) or course.is_office(rules, hand.post)):
            raise Refused("预警建议由办公室撤回，或由指挥部决定不发布", cite=rules.row.hq.cite)
        waiting = _drop(case, asked.reason.strip())
        if waiting is None:
            raise Refused("没有待处理的预警建议", cite=rules.of_kind("warning")[0].cite)
        text = f"{plan}号：不发布{_shown(rules, waiting.level)}预警；理由：{asked.reason.strip()}"
        act = at.log("warning_dropped", text, case=case, hand=hand,
                     data={"warning": waiting.pk, "reason": asked.reason.strip()})  # fmt: skip
        at.move()
    return act


def confirm_warning(incident: Incident, plan: str, user: Any, asked: Asked) -> Act:
    """核定达到情形 (plan 22), by the command, before it is issued."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        hand = at.hand(rules, fit=rules.command)
        course.confirm_warning(rules, hand.post)
        waiting = _waiting(case)
        cite = rules.row.warning_confirms.cite if rules.row.warning_confirms else ""
        if waiting is None:
            raise Refused("还没有预警建议可核定", cite=cite)
        if waiting.state == Warning.State.CONFIRMED:
            raise Refused(f"已由{waiting.confirmed_name}核定", cite=cite)
        waiting.state, waiting.confirmed_at = Warning.State.CONFIRMED, when.now()
        waiting.confirmed_by_id = None if hand.oral else user.pk
        waiting.confirmed_post, waiting.confirmed_name = hand.post, hand.name
        deciding.flag_oral(waiting, hand, "确认")
        waiting.save()
        text = f"{plan}号：{rules.row.hq.short}核定达到{_shown(rules, waiting.level)}"
        act = at.log("warning_confirmed", text, case=case, cite=cite, hand=hand, data={"warning": waiting.pk})
        at.move()
        at.emit("warning_confirmed", case, waiting)
    return act


def issue_warning(
    incident: Incident, plan: str, user: Any, asked: Asked, *, to: Sequence[str] = (), form: str = "文件传真"
) -> Act:
    """发布预警, in the name of the command; plan 21's does not leave the listed circle (A35)."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules, ctx = at.case(plan), at.table.plan(plan), at.table.context(plan)
        waiting, before = _waiting(case), _issued(case)
        hand = at.hand(rules, fit=course.signers(ctx) or rules.command)
        names = [name.strip() for name in to if name.strip()]
        _already(rules, waiting, before)
        confirmed = waiting is not None and waiting.state == Warning.State.CONFIRMED
        circle = addressing.inside(at.table, plan, names)
        course.issue_warning(ctx, hand.post, waiting.level if waiting else None, confirmed, names, circle)
        assert waiting is not None
        if not names:
            raise BadInput("请写明发给谁", field="to")
        if before is not None:
            before.state, before.ended_at = Warning.State.ADJUSTED, when.now()
            before.save(update_fields=["state", "ended_at"])
        _sign(at, waiting, before, hand, names, form)
        waiting.issuer = rules.row.warning_issuer
        waiting.save()
        return _log_issue(at, case, rules, waiting, before, hand)


def _already(rules: Plan, waiting: Warning | None, before: Warning | None) -> None:
    if waiting is None and before is not None:
        told = f"{_shown(rules, before.level)}预警已由{before.issued_name}发布"
        raise Refused(told, cite=rules.of_kind("warning")[0].cite)


def _sign(at: Sitting, made: Warning, before: Warning | None, hand: Any, names: list[str], form: str) -> None:
    made.state, made.previous, made.issued_at = Warning.State.ISSUED, before, when.now()
    made.issued_by_id = None if hand.oral else at.user.pk
    made.issued_post, made.issued_name, made.form = hand.post, hand.name, form[:40]
    made.recipients, made.reason = names, at.asked.reason.strip()
    made.settings = made.settings or {}
    deciding.flag_oral(made, hand, "发布")


def _log_issue(at: Sitting, case: Case, rules: Plan, made: Warning, before: Warning | None, hand: Any) -> Act:
    steps = [step for step in rules.steps if step.phase == "warning" and step.act == "issue_warning"]
    text = f"{case.plan}号：{'调整为' if before else '发布'}{_shown(rules, made.level)}预警"
    data = {"level": made.level, "warning": made.pk, "to": made.recipients, "form": made.form, "issuer": made.issuer,
            "adjusted_from": before.level if before else None}  # fmt: skip
    act = at.log("warning_issued", text, case=case, cite=steps[0].cite if steps else rules.row.hq.cite,
                 reading=rules.row.warning_reading, hand=hand, data=data)  # fmt: skip
    at.move()
    at.emit("warning_adjusted" if before else "warning_issued", case, made)
    return act


def lift_warning(
    incident: Incident, plan: str, user: Any, asked: Asked, *, vanished: str = "",
    evidence: Mapping[str, str] | None = None,
) -> Act:  # fmt: skip
    """解除预警: 谁发布、谁解除; both conditions shown, or a threat that vanished, which is flagged (A33)."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules, ctx = at.case(plan), at.table.plan(plan), at.table.context(plan)
        rule, made = rules.row.lift_by, _issued(case)
        if made is None:
            raise Refused("没有已发布的预警可解除", cite=rule.cite if rule else "")
        hand = at.hand(rules, fit=course.signers(ctx) or [made.issued_post, *rules.command])
        shown = {key: str(told["text"]) for key, told in case.evidence.items()} | dict(evidence or {})
        flagged = course.lift_warning(ctx, hand.post, shown, vanished.strip())
        made.state, made.ended_at = Warning.State.LIFTED, when.now()
        made.ended_by_id = None if hand.oral else user.pk
        made.ended_post, made.ended_name = hand.post, hand.name
        made.vanished = vanished.strip() if flagged else ""
        made.evidence = {row.key: shown[row.key] for row in rules.row.lift if row.key in shown}
        made.flags = [*made.flags, {"flag": "威胁消失", "interpretation": "A33"}] if flagged else made.flags
        deciding.flag_oral(made, hand, "解除")
        made.save()
        told = f"；威胁消失：{made.vanished}" if flagged else ""
        act = at.log("warning_lifted", f"{plan}号：解除{_shown(rules, made.level)}预警{told}", case=case,
                     cite=rule.cite if rule else "", reading="A33" if flagged else "", hand=hand,
                     data={"warning": made.pk, "vanished": made.vanished, "conditions": made.evidence})  # fmt: skip
        at.move()
        at.emit("warning_lifted", case, made)
    return act
