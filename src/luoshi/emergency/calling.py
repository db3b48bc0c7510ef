"""叫应: a proposal, a start or a warning tells those the plan names, as one message each, and knows who has answered.

The list, its messages and its clocks are written in the transaction of the act behind them: after a power cut there is
the act with everybody on the list, or neither. Who was told the same under the other plan is not told again, its roles
are added. Stand-ins and the list to telephone are those of `notices`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from luoshi.directory import queries as directory
from luoshi.emergency import hooks, live, saying, tuning
from luoshi.emergency.addressing import Addressee, Book
from luoshi.emergency.models import LIVE, CallNode, CallOut, Case, Incident, Response, Warning
from luoshi.emergency.rows import NotifyRow
from luoshi.kernel.acting import Actor
from luoshi.ledger import actions as ledger
from luoshi.notices import actions as notices
from luoshi.notices.models import Delivery

PURPOSES = {"propose": "启动建议", "start": "启动响应", "raise": "变更级别", "issue": "发布预警", "need": "需要时告知"}


def register() -> None:
    saying.register()
    hooks.on("opened", reported)
    hooks.on("proposed", proposed)
    hooks.on("started", started)
    hooks.on("raised", raised)
    hooks.on("ended", ended)
    hooks.on("warning_issued", warned)
    hooks.on("warning_adjusted", warned)
    hooks.on("warning_lifted", lifted)


def reported(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    """A machine's report opened an incident: the officers on duty hear of it, once and not for each report."""
    if incident.opened_by_id is not None or incident.drill_id is not None:
        return
    people = saying.holders("duty_officer")
    if not people:
        return
    notices.send(
        "emergency.reported", to=people, subject=incident.subject, fields=saying.fields(incident),
        link=saying.link(incident), exercise=incident.exercise, dedupe=f"emergency.reported:{incident.pk}", by=actor,
        lane=incident.lane,
    )  # fmt: skip


def proposed(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if isinstance(what, Response) and case is not None:
        _level(incident, case, what, actor, "propose", "propose")


def started(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if isinstance(what, Response) and case is not None:
        _level(incident, case, what, actor, "start", "start")


def raised(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    """Another level is news for everybody, also for those told of the first."""
    if isinstance(what, Response) and case is not None:
        _level(incident, case, what, actor, "start", "raise")


def _level(incident: Incident, case: Case, response: Response, actor: Actor, at: str, purpose: str) -> None:
    table = live.Table(incident)
    level = table.plan(case.plan).level("response", response.level)
    rows = [row for row in (level.notify if level else []) if row.at == at and not _offered(table, case.plan, row)]
    with directory.memo():
        wanted = Book(table, case.plan).rows(rows, purpose)
    who = {"propose": response.proposed_name, "start": response.started_name, "raise": response.started_name}[purpose]
    post = response.proposed_post if purpose == "propose" else response.started_post
    call(case, purpose, wanted, actor, response=response, level=response.level, who=f"{who}（{post}）", table=table)


def _offered(table: live.Table, slug: str, row: NotifyRow) -> bool:
    """A row under a reading that only recommends it (A08): shown to be called, not called by the machine."""
    return bool(row.reading) and table.context(slug).answer(row.reading) == "recommend"


def offers(table: live.Table, case: Case, response: Response) -> list[NotifyRow]:
    """Rows of the running level nobody has been called for: those told 需要时, and those only recommended."""
    level = table.plan(case.plan).level("response", response.level)
    rows = level.notify if level else []
    told = {role["who"] for node in CallNode.objects.filter(callout__response=response) for role in node.roles}
    return [r for r in rows if (r.at == "need" or _offered(table, case.plan, r)) and r.who not in told]


def call_for(response: Response, who: str, reason: str, user: Any) -> CallOut:
    """按需要告知: a row of the level that is told 需要时, or a recommended one, called by a person with a reason."""
    from luoshi.kernel.errors import BadInput

    if not reason.strip():
        raise BadInput("请写明告知的理由", field="reason")
    with ledger.recording():
        case = response.case
        table = live.Table(case.incident)
        row = next((row for row in offers(table, case, response) if row.who == who), None)
        if row is None:
            raise BadInput("这一级没有这个待告知对象，或已告知", field="who")
        with directory.memo():
            wanted = Book(table, case.plan).rows([row], "need")
        actor = user.as_actor()
        made = call(
            case, "need", wanted, actor, response=response, level=response.level, who=str(user), table=table,
            reason=reason.strip(), ref=who,
        )  # fmt: skip
        assert made is not None
    return made


def warned(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    """Those the signer has confirmed, and nobody else: the machine adds no name to a warning (A35)."""
    if not isinstance(what, Warning) or case is None:
        return
    table = live.Table(incident)
    plan = table.plan(case.plan)
    cite = plan.row.warning_internal.cite if plan.row.warning_internal else plan.row.warning_notify[0].cite
    with directory.memo():
        wanted = Book(table, case.plan).names(what.recipients, "issue", cite)
    call(case, "issue", wanted, actor, warning=what, level=what.level, who=f"{what.issued_name}（{what.issued_post}）",
         table=table)  # fmt: skip


def call(
    case: Case, purpose: str, wanted: Sequence[Addressee], actor: Actor, *, table: live.Table, level: str, who: str,
    response: Response | None = None, warning: Warning | None = None, reason: str = "", ref: str = "",
) -> CallOut | None:  # fmt: skip
    """The list and its messages, in the caller's transaction. The same act again finds the list it made."""
    if not wanted:
        return None
    incident, plan = case.incident, table.plan(case.plan)
    about = response or warning
    dedupe = f"emergency.call:{purpose}:{'r' if response else 'w'}{about.pk if about else 0}:{ref}"[:200]
    if known := CallOut.objects.filter(notice__dedupe=dedupe).first():
        return known
    made = CallOut.objects.create(
        incident=incident, case=case, response=response, warning=warning, purpose=purpose, by=actor.name,
        exercise=incident.exercise,
    )  # fmt: skip
    earlier = _told(made)
    fresh = [one for one in wanted if one.key not in earlier and (one.body or one.person)]
    deliveries: dict[str, list[Delivery]] = {}
    if fresh:
        shown = plan.row.level_names.get(level, level)
        fields = saying.fields(incident) | {"预案": plan.row.title, "级别": shown, "由谁": who, "理由": reason}
        made.notice = notices.send(
            f"emergency.{purpose}", to=[told for one in fresh if (told := one.person or one.body) is not None],
            subject=incident.subject, fields=fields, cite=fresh[0].roles[0]["cite"], link=saying.link(incident),
            confirm_minutes=tuning.on().callout_minutes, exercise=incident.exercise, dedupe=dedupe, by=actor,
            lane=incident.lane, own={one.key: own_words(one) for one in fresh},
        )  # fmt: skip
        made.save(update_fields=["notice"])
        for delivery in made.notice.deliveries.all():
            for group in delivery.groups:
                deliveries.setdefault(group, []).append(delivery)
    _nodes(made, wanted, deliveries, earlier)
    _record(made, wanted, earlier, case, actor)
    return made


def _told(made: CallOut) -> dict[str, Delivery]:
    """Whom the other plan's list of the same purpose has told since this plan's own last one."""
    same = CallOut.objects.filter(incident=made.incident, purpose=made.purpose).exclude(pk=made.pk)
    last = same.filter(case=made.case).order_by("-pk").values_list("pk", flat=True).first() or 0
    if made.purpose == "need":
        return {}
    rows = CallNode.objects.filter(callout__in=same.filter(pk__gt=last).exclude(case=made.case), delivery__isnull=False)
    found: dict[str, Delivery] = {}
    for node in rows.select_related("delivery"):
        key = f"person:{node.person_id}" if node.person_id else f"body:{node.body_id}"
        if node.delivery is not None:
            found[key] = node.delivery
    return found


def own_words(one: Addressee) -> str:
    """What this addressee alone is told: its roles under the plan, each with its clause."""
    groups = list(dict.fromkeys(group for role in one.roles for group in role["groups"]))
    cites = "、".join(dict.fromkeys(role["cite"] for role in one.roles))
    told = f"{one.printed}：{one.roles[0]['plan']}号"
    return told + (f"，{'、'.join(groups)}" if groups else "") + f"（{cites}）"


def _nodes(
    made: CallOut, wanted: Sequence[Addressee], deliveries: dict[str, list[Delivery]], earlier: dict[str, Delivery]
) -> None:
    rows = []
    for one in wanted:
        told = earlier.get(one.key)
        hands = [told] if told else deliveries.get(one.key, [])
        note = one.lacking or (f"已由{told.notice.title}告知，合并" if told else "")
        for delivery in hands or [None]:  # type: ignore[list-item]
            rows.append(
                CallNode(
                    callout=made,
                    printed=one.printed,
                    body=one.body,
                    person=one.person,
                    roles=one.roles,
                    delivery=delivery,
                    note=note[:200],
                    state="merged" if told else "told" if delivery else "dial",
                )
            )
    CallNode.objects.bulk_create(rows)


def _record(made: CallOut, wanted: Sequence[Addressee], earlier: dict[str, Any], case: Case, actor: Actor) -> None:
    data = {
        "incident": case.incident.number, "plan": case.plan, "purpose": made.purpose, "callout": made.pk,
        "told": [one.printed for one in wanted if one.key not in earlier],
        "merged": [one.printed for one in wanted if one.key in earlier],
        "unreached": {one.printed: one.lacking for one in wanted if one.lacking},
    }  # fmt: skip
    cites = list(dict.fromkeys(role["cite"] for one in wanted for role in one.roles))
    ledger.append("emergency.called", by=actor, subject=case.incident.subject, cites=cites, data=data)


def ended(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if isinstance(what, Response) and case is not None:
        told = (
            f"{case.plan}号{live.Table(incident).plan(case.plan).row.level_names.get(what.level, what.level)}响应结束"
        )
        _over(incident, Q(callout__response__case=case), told, f"{what.ended_name}（{what.ended_post}）", actor, what)


def lifted(incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    if isinstance(what, Warning) and case is not None:
        told = f"{case.plan}号预警解除"
        _over(incident, Q(callout__warning__case=case), told, f"{what.ended_name}（{what.ended_post}）", actor, what)


def _over(incident: Incident, whose: Q, told: str, who: str, actor: Actor, what: Any) -> None:
    """Everybody who was told that it began is told that it is over; nobody has to confirm or be telephoned any more."""
    nodes = CallNode.objects.filter(whose, callout__incident=incident, delivery__isnull=False)
    bodies = {node.body_id: node.body for node in nodes.select_related("body") if node.body_id and not node.person_id}
    persons = {node.person_id: node.person for node in nodes.select_related("person") if node.person_id}
    to: list[Any] = [*bodies.values(), *persons.values()]
    if not to:
        return
    notices.send(
        "emergency.over", to=to, subject=incident.subject, fields=saying.fields(incident) | {"理由": told, "由谁": who},
        link=saying.link(incident), exercise=incident.exercise, by=actor, lane=incident.lane,
        dedupe=f"emergency.over:{type(what).__name__}:{what.pk}",
    )  # fmt: skip
    _call_off(incident, told, actor)


def _call_off(incident: Incident, reason: str, actor: Actor) -> None:
    """While anything else of the incident runs, those called are still wanted: one message may serve both plans."""
    runs = Response.objects.filter(case__incident=incident, state__in=LIVE).exists()
    if runs or Warning.objects.filter(case__incident=incident, state=Warning.State.ISSUED).exists():
        return
    for row in CallOut.objects.filter(incident=incident, notice__isnull=False).select_related("notice"):
        if row.notice is not None:
            notices.call_off(row.notice, reason, actor)


def silent(incident: Incident) -> Iterable[CallNode]:
    """Those who have not answered, longest first. One query."""
    rows = CallNode.objects.filter(callout__incident=incident).filter(
        Q(delivery__isnull=True) | Q(delivery__confirmed_at__isnull=True)
    )
    return rows.select_related("delivery", "callout", "body", "person").order_by("pk")
