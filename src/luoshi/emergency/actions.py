"""Taking a report, facts, triage, choice of plan, closing: one function per act of a person.

Each returns the line it wrote in the incident's log (`Act`); the same form sent twice returns the line of the first
time. Rules refuse with their clause (`course.py`). The course of warnings and responses is in `actions_warning.py`
and `actions_response.py`; all of them can be had from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from luoshi.emergency import course, knowing, live, sitting, stating
from luoshi.emergency.actions_doing import countersign, did, set_groups
from luoshi.emergency.actions_response import (
    confirm,
    drop,
    end,
    give_evidence,
    propose,
    raise_level,
    start,
    superior_agrees,
    take_over,
)
from luoshi.emergency.actions_warning import (
    confirm_warning,
    drop_warning,
    issue_warning,
    lift_warning,
    propose_warning,
)
from luoshi.emergency.models import LIVE, Act, Case, Fact, Incident, Response, Signal, Warning
from luoshi.emergency.people import DUTY, SITE
from luoshi.emergency.sitting import Asked, Sitting
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import recording

__all__ = [
    "Asked", "Stated", "add_fact", "add_facts", "appoint_site_commander", "choose_fact", "choose_plan", "close",
    "confirm", "confirm_warning",
    "countersign", "did", "drop", "drop_warning", "end", "give_evidence", "issue_warning", "join_facts", "join_signal",
    "lift_warning", "note", "open_incident", "propose", "propose_warning", "raise_level", "reopen", "set_groups",
    "set_places", "start", "superior_agrees", "take_over", "triage",
]  # fmt: skip


@dataclass(slots=True)
class Stated:
    """One statement: a fact with its source, reporter and the time it speaks of. `value` None: asked, not known."""

    name: str
    value: Any
    source: str = "值班员核实"
    reporter: str = ""
    at: datetime | None = None
    signal: Signal | None = None


def open_incident(
    title: str, user: Any, asked: Asked, *, signal: Signal | None = None, places: Sequence[str] = (),
    occurred_at: datetime | None = None, exercise: bool = False, demo: bool = False, lane: Any = None,
    drill: Any = None, facts: Iterable[Stated] = (),
) -> Act:  # fmt: skip
    """接报立案: an incident with one case for each plan in force. `user` is an account, or an Actor for a machine."""
    title = title.strip()
    if not title:
        raise BadInput("请写明发生了什么", field="title")
    actor: Actor = user if isinstance(user, Actor) else user.as_actor(asked.via)
    with recording():
        if asked.once and (before := Act.objects.filter(once=asked.once).first()):
            return before
        made = Incident.objects.create(
            number=_number(exercise), title=title[:200], exercise=exercise, demo=demo, lane=lane, drill=drill,
            places=list(dict.fromkeys(p.strip() for p in places if p.strip())), occurred_at=occurred_at,
            opened_at=when.now(), opened_by_id=getattr(user, "pk", None),
        )  # fmt: skip
        found = live.plans_of(live.current())
        for slug in found.by_slug:
            Case.objects.create(incident=made, plan=slug)
        at = Sitting(made, user, actor, asked)
        cite = _intake_cite(at)
        data = {"title": made.title, "places": made.places, "occurred_at": occurred_at, "signal": signal and signal.pk}
        act = at.log("opened", f"接报立案：{made.title}", cite=cite, data=data)
        if signal is not None:
            _join(at, signal)
        stating.keep(at, facts)
        at.regrade()
        at.move()
        at.emit("opened", None, signal)
    return act


def _number(exercise: bool) -> str:
    """Numbered by the year, drills apart; under the ledger's lock, so no two are alike."""
    prefix = f"{'演' if exercise else ''}{when.today().year}-"
    last = Incident.objects.filter(number__startswith=prefix).order_by("-pk").values_list("number", flat=True).first()
    return f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"


def _intake_cite(at: Sitting) -> str:
    plans = at.table.desk.plans.by_slug.values()
    return next((step.cite for plan in plans for step in plan.steps if step.phase == "intake"), "")


def join_signal(incident: Incident, signal: Signal, user: Any, asked: Asked, *, facts: Iterable[Stated] = ()) -> Act:
    """并入来报: this report is about this incident. What it states is kept beside what others state."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        if signal.incident_id not in (None, incident.pk):
            raise Refused("这条来报已并入另一事件")
        _join(at, signal)
        act = at.log("signal", f"并入来报：{signal.reporter}：{signal.text[:120]}", cite=_intake_cite(at),
                     data={"signal": signal.pk, "source": signal.source})  # fmt: skip
        if stating.keep(at, facts):
            at.regrade()
        at.emit("signal", None, signal)
    return act


def _join(at: Sitting, signal: Signal) -> None:
    signal.incident, signal.state = at.incident, Signal.State.JOINED
    signal.save(update_fields=["incident", "state"])


def add_fact(
    incident: Incident, name: str, value: Any, user: Any, asked: Asked, *, source: str = "值班员核实",
    reporter: str = "", at: datetime | None = None, signal: Signal | None = None,
) -> Act:  # fmt: skip
    """One fact as somebody states it. BadInput for a name or value nobody can read."""
    return add_facts(incident, [Stated(name, value, source, reporter, at, signal)], user, asked)


def add_facts(incident: Incident, stated: Sequence[Stated], user: Any, asked: Asked) -> Act:
    """Several statements of one conversation. Both plans are judged anew; a started response is never changed."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        kept = stating.keep(at, stated)
        if not kept:
            raise BadInput("没有填写任何事实", field="facts")
        text = "记录事实：" + "；".join(stating.told(at.table, row) for row in kept)
        cite = stating.cite_of(at.table, kept[0].name)
        act = at.log("fact", text, cite=cite, data={"facts_stated": [stating.spelt(row) for row in kept]})
        at.regrade()
        at.move()
        for row in kept:
            at.emit("fact", None, row)
    return act


def choose_fact(incident: Incident, fact: Fact, user: Any, asked: Asked) -> Act:
    """采信: of statements that disagree, this one holds; the others stay on the record. Needs a reason."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        row = at.incident.facts.filter(pk=fact.pk).first()
        if row is None:
            raise BadInput("没有这条事实", field="fact")
        if row.value is None:
            raise BadInput("“不知道”不能采信", field="fact")
        if not asked.reason.strip():
            raise BadInput("请写明采信理由", field="reason")
        stating.choose(at, row, asked.reason.strip())
        return _chosen(at, row)


def join_facts(incident: Incident, name: str, user: Any, asked: Asked) -> Act:
    """合并: of lists that differ, all that any of them names. Needs a reason, and is a statement of who joins them."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        known = at.table.known.get(name)
        lists = [row.value for row in known.standing if isinstance(row.value, list)] if known else []
        if len(lists) < 2:
            raise BadInput("没有可以合并的两份名单", field="name")
        if not asked.reason.strip():
            raise BadInput("请写明理由", field="reason")
        [row] = stating.keep(at, [Stated(name, knowing.joined(lists), "合并各方说法", at.actor.name)])
        stating.choose(at, row, asked.reason.strip())
        return _chosen(at, row)


def _chosen(at: Sitting, row: Fact) -> Act:
    text = f"采信{row.reporter}的说法：{stating.told(at.table, row)}；理由：{row.reason}"
    act = at.log("fact_chosen", text, cite=stating.cite_of(at.table, row.name), data=stating.spelt(row))
    at.regrade()
    at.move()
    at.emit("fact", None, row)
    return act


def triage(incident: Incident, plan: str, outcome: str, user: Any, asked: Asked, *, transferee: str = "") -> Act:
    """分流: true, false_alarm or unrelated (with whom it is handed to), for one plan, by somebody named."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        office = [p.title for p in rules.row.posts if course.is_office(rules, p.title)]
        hand = at.hand(rules, fit=[DUTY, *office])
        course.triage(rules, outcome, hand.name if hand.post else "", transferee.strip())
        if case.responses.filter(state__in=LIVE).exists() and outcome != "true":
            raise Refused("响应正在运行：要改为误报或无关，请先由启动人结束响应", cite=_end_cite(rules))
        row = next(row for row in rules.row.triage if row.outcome == outcome)
        case.triage, case.transferee = outcome, transferee.strip() if outcome == "unrelated" else ""
        case.triage_reason, case.triaged_name, case.triaged_at = asked.reason.strip(), hand.name, when.now()
        case.triaged_by_id = getattr(user, "pk", None)
        case.save()
        offer = _offer(at, plan, outcome)
        text = f"{plan}号分流：{case.get_triage_display()}" + (f"，转交{case.transferee}" if case.transferee else "")
        data = {"outcome": outcome, "transferee": case.transferee, "reason": case.triage_reason, "offer": offer}
        act = at.log("triaged", text, case=case, cite=row.cite, reading=row.reading, data=data, hand=hand)
        at.regrade()
        at.move()
        at.emit("triaged", case, case)
    return act


def _end_cite(plan: Any) -> str:
    return plan.row.end_by.cite if plan.row.end_by else ""


def _offer(at: Sitting, plan: str, outcome: str) -> list[str]:
    """What is unrelated to one plan may belong to the other (A36): those still without a triage."""
    if outcome != "unrelated" or at.table.context(plan).answer("A36") == "drop":
        return []
    return [slug for slug, case in at.table.cases.items() if slug != plan and case.triage in ("", "true")]


def choose_plan(incident: Incident, plans: Mapping[str, bool], user: Any, asked: Asked) -> Act:
    """选定预案: 21, 22 or both, by a person with a reason. A running response stays where it is."""
    if not asked.reason.strip():
        raise BadInput("请写明选定的理由", field="reason")
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        for slug, chosen in plans.items():
            case = at.case(slug)
            if not chosen and case.responses.filter(state__in=LIVE).exists():
                raise Refused(f"{slug}号响应正在运行，不能改为不适用", cite=_end_cite(at.table.plan(slug)))
            stating.decide_plan(at, case, chosen, asked.reason.strip())
        told = "、".join(f"{slug}号{'适用' if chosen else '不适用'}" for slug, chosen in plans.items())
        scope = [row.cite for slug in plans for row in at.table.plan(slug).row.scope[:1]]
        act = at.log("plan_chosen", f"选定预案：{told}；理由：{asked.reason.strip()}", cite=scope[0] if scope else "",
                     data={"plans": dict(plans), "reason": asked.reason.strip()})  # fmt: skip
        at.move()
        at.emit("plan_chosen", None, dict(plans))
    return act


def set_places(incident: Incident, places: Sequence[str], user: Any, asked: Asked) -> Act:
    """事发地: the towns the slot 事发地镇政府(街道办事处) stands for; possibly several."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        at.incident.places = list(dict.fromkeys(p.strip() for p in places if p.strip()))
        at.incident.save(update_fields=["places"])
        told = "、".join(at.incident.places) or "未定"
        act = at.log("places", f"事发地：{told}", data={"places": at.incident.places})
        at.move()
    return act


def note(incident: Incident, text: str, user: Any, asked: Asked, *, cite: str = "") -> Act:
    """记事: something worth a line in the log."""
    if not text.strip():
        raise BadInput("请写内容", field="text")
    with sitting.sitting(incident.pk, user, asked, closed=True) as at:
        return at.before or at.log("note", text.strip()[:4000], cite=cite)


def close(incident: Incident, user: Any, asked: Asked) -> Act:
    """结案: nothing runs, nothing is warned of, every plan was triaged. Needs a reason."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        _closable(at)
        if not asked.reason.strip():
            raise BadInput("请写明结案说明", field="reason")
        at.incident.state, at.incident.closed_at = Incident.State.CLOSED, when.now()
        at.incident.close_reason = asked.reason.strip()
        at.incident.save()
        act = at.log("closed", f"结案：{asked.reason.strip()}", data={"reason": asked.reason.strip()})
        at.move()
        at.emit("closed", None, None)
    return act


def _closable(at: Sitting) -> None:
    for slug, case in at.table.cases.items():
        rules = at.table.plan(slug)
        if not case.triage:
            raise Refused(f"{slug}号尚未分流，不能结案", cite=rules.row.triage[0].cite)
        if case.responses.filter(state__in=[*LIVE, Response.State.PROPOSED, Response.State.CONFIRMED]).exists():
            raise Refused(f"{slug}号响应还没有结束，或有启动建议未处理，不能结案", cite=_end_cite(rules))
        if case.warnings.filter(state=Warning.State.ISSUED).exists():
            lift = rules.row.lift_by.cite if rules.row.lift_by else ""
            raise Refused(f"{slug}号预警还没有解除，不能结案", cite=lift)


def reopen(incident: Incident, user: Any, asked: Asked) -> Act:
    """恢复办理: it was closed too early. Needs a reason."""
    if not asked.reason.strip():
        raise BadInput("请写明恢复办理的理由", field="reason")
    with sitting.sitting(incident.pk, user, asked, closed=True) as at:
        if at.before:
            return at.before
        if at.incident.state == Incident.State.OPEN:
            raise Refused("事件正在办理，不必恢复")
        at.incident.state, at.incident.closed_at = Incident.State.OPEN, None
        at.incident.save()
        act = at.log("reopened", f"恢复办理：{asked.reason.strip()}", data={"reason": asked.reason.strip()})
        at.move()
        at.emit("reopened", None, None)
    return act


def appoint_site_commander(incident: Incident, person: str, user: Any, asked: Asked, *, plan: str) -> Act:
    """指定现场指挥负责人: by the command; matters for who starts when 指挥长 is read so (A01, A05)."""
    with sitting.sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        rules = at.table.plan(plan)
        hand = at.hand(rules)
        if not course.is_hq(rules, hand.post):
            raise Refused("现场指挥负责人由指挥部指定", cite=rules.row.site_command.cite)
        text = f"指定{person.strip()}为{SITE}"
        return at.log("site_commander", text, case=at.case(plan), cite=rules.row.site_command.cite,
                      reading=rules.row.site_command.reading, hand=hand, data={"person": person.strip()})  # fmt: skip
