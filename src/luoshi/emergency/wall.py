"""The command post's wall: one incident as it stands, in a fixed number of queries; a stamp says when it moved.

What fifty screens share of it is in `watching.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db.models import Count, Max, Q, Sum

from luoshi.clocks.models import Clock
from luoshi.emergency import live, townmap
from luoshi.emergency.models import Act, Case, Fact, Incident, Measured, Query, Report, Task
from luoshi.emergency.models_after import CallNode
from luoshi.faces import nav
from luoshi.kernel import when
from luoshi.notices.models import Delivery

LOG, UNANSWERED, CLOCKS, KNOWN = 12, 20, 8, 6  # lines that fit across a room
ASKED_FIRST = (
    "operators_affected", "multi_point_operators", "cause", "spread_in_district", "spread_beyond_district",
    "important_systems_full_business",
)  # fmt: skip
STALE_AFTER = 10  # seconds without an answer after which a screen says so


@dataclass(slots=True)
class Line:
    """One plan of the incident: its warning and its response, in words and colours."""

    plan: str
    title: str
    response: str
    response_light: str
    response_note: str
    since: datetime | None = None
    warning: str = ""
    warning_note: str = ""
    ask: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Ticking:
    """A clock on the wall. `due` None: measured only, never late."""

    name: str
    cite: str
    state: str  # running | late | done
    started: datetime
    due: datetime | None
    word: str = ""


@dataclass(slots=True)
class Group:
    name: str
    lead: str
    plans: list[str]
    open: int = 0
    acked: int = 0
    done: int = 0
    help: int = 0

    @property
    def total(self) -> int:
        return self.open + self.acked + self.done


@dataclass(slots=True)
class Wall:
    """Everything a wall shows. `now` is the incident's own time: a drill stands at its director's."""

    incident: Incident
    now: datetime
    stamp: str
    lines: list[Line]
    clocks: list[Ticking]
    groups: list[Group]
    silent: list[tuple[str, str, str, datetime | None]]
    silent_more: int
    told: int
    answered: int
    log: list[Act]
    map: townmap.Map
    known: list[tuple[str, str | None]]
    over: bool  # nothing runs and the last response has ended: nobody is waited for any more

    @property
    def frozen(self) -> bool:
        """A drill's time moves only when its director moves it."""
        return self.incident.lane_id is not None


def register() -> None:
    nav.register("指挥大屏", "emergency:walls", "emergency.read", "应急", 505)


def stamp(pk: int) -> str:
    """What changes whenever anything on the wall does. Seven small queries."""
    subject = f"incident:{pk}"
    parts: list[Any] = [
        Incident.objects.filter(pk=pk).values_list("number", "version", "state", "title", "lane__now").first(),
        Act.objects.filter(incident=pk).aggregate(n=Max("pk")),
        Task.objects.filter(incident=pk).aggregate(n=Count("pk"), v=Sum("version"), e=Max("entries__pk")),
        Delivery.objects.filter(call_nodes__callout__incident=pk).aggregate(
            n=Count("pk"), c=Max("confirmed_at"), r=Max("read_at"), s=Max("sent_at"), t=Sum("step")
        ),
        Clock.objects.filter(subject=subject).aggregate(
            n=Max("pk"), e=Max("ended_at"), b=Max("broke_at"), d=Max("due_at")
        ),
        Measured.objects.filter(incident=pk).aggregate(n=Max("pk"), s=Max("stopped_at")),
        Fact.objects.filter(incident=pk).aggregate(n=Max("pk"), c=Count("pk", filter=Q(chosen=True))),
    ]
    return blake2b(repr(parts).encode(), digest_size=9).hexdigest()


def state(incident: Incident) -> Wall:
    """The wall of `incident`. The number of queries does not grow with what happened."""
    made = stamp(incident.pk)  # before the rest is read: what comes later changes the stamp again
    table = live.Table(incident)
    groups = _groups(incident, table)
    silent, told, answered = _silent(incident)
    return Wall(
        incident=incident,
        now=when.aware(incident.lane.now) if incident.lane else when.now(),
        stamp=made,
        lines=[_line(table, case) for case in table.cases.values() if case.chosen is not False],
        clocks=_clocks(incident),
        groups=groups,
        silent=silent[:UNANSWERED],
        silent_more=max(0, len(silent) - UNANSWERED),
        told=told,
        answered=answered,
        log=list(Act.objects.filter(incident=incident).order_by("-at", "-pk")[:LOG]),
        map=townmap.of(incident, table.facts),
        known=_known(table),
        over=_over(table),
    )


def _known(table: live.Table) -> list[tuple[str, str | None]]:
    """What the room asks first: whom it hit, why, whether it spreads. None: nobody knows."""
    found: list[tuple[str, str | None]] = []
    words = table.desk.plans.vocabulary
    for name in ASKED_FIRST:
        if name in words.facts:
            value = table.facts.get(name)
            found.append((words.label(name), None if value is None else words.shown(name, value)))
    return found[:KNOWN]


def _over(table: live.Table) -> bool:
    states = [row.state for case in table.cases.values() for row in case.responses.all()]
    return "ended" in states and not table.running


def _line(table: live.Table, case: Case) -> Line:
    row = table.plan(case.plan).row
    rows = list(case.responses.all())
    last = next((r for r in reversed(rows) if r.state != "dropped"), None)
    names = row.level_names
    made = Line(case.plan, row.title, "未启动", "grey", _waiting(case, names))
    if last is not None:
        name = names.get(last.level, f"{last.level}级")
        made.since = last.started_at or last.proposed_at
        made.response, made.response_light = _response(last.state, name)
        made.response_note = f"{last.started_name}（{last.started_post}）启动" if last.started_at else "等待启动"
        if last.state == "ended":
            made.response_note = f"{last.ended_name}（{last.ended_post}）宣布结束"
            made.since = last.ended_at
    warned = [w for w in case.warnings.all() if w.state in ("issued", "proposed", "confirmed")]
    if warned:
        one = warned[-1]
        made.warning = names.get(one.level, one.level)
        made.warning_note = one.get_state_display()
    made.ask = (
        [table.desk.plans.vocabulary.label(name) for name in (case.ask or [])[:4]]
        if last is None or last.state in ("proposed", "confirmed")
        else []
    )
    return made


def _response(state: str, name: str) -> tuple[str, str]:
    words = {"running": name, "assisting": f"{name}（配合上级）", "ended": "已结束", "changed": name}
    lights = {"running": "red", "assisting": "yellow", "ended": "green", "changed": "red"}
    return words.get(state, f"建议{name}"), lights.get(state, "yellow")


def _waiting(case: Case, names: dict[str, str]) -> str:
    if case.triage == "":
        return "等待分流"
    if case.triage != "true":
        return case.get_triage_display()
    if case.response_level:
        return f"规则建议{names.get(case.response_level, case.response_level)}，等待提出"
    return "现有事实没有达到任何级别"


def _clocks(incident: Incident) -> list[Ticking]:
    rows = Clock.objects.filter(subject=incident.subject).exclude(state="cancelled").order_by("-id")[:60]
    found = [
        Ticking(
            row.name,
            row.cite,
            "late" if row.late else "running" if row.state == "running" else "done",
            when.aware(row.started_at),
            when.aware(row.due_at),
        )
        for row in rows
        if row.ended_at is None or row.late
    ]
    measured = Measured.objects.filter(incident=incident, stopped_at__isnull=True).order_by("-started_at")[:CLOCKS]
    found += [
        Ticking(row.name, "、".join(row.cites[:1]), "measured", when.aware(row.started_at), None, row.word)
        for row in measured
    ]
    rank = {"late": 0, "running": 1, "measured": 2, "done": 3}
    return sorted(found, key=lambda one: (rank[one.state], one.due or one.started))[:CLOCKS]


def _groups(incident: Incident, table: live.Table) -> list[Group]:
    """Work groups of the plans that run, with their tasks; tasks of no group stand under whom the plan names."""
    made: dict[str, Group] = {}
    for slug in list(table.running) or [slug for slug, case in table.cases.items() if case.chosen]:
        case = table.cases[slug]
        for row in table.plan(slug).groups:
            if not case.groups or row.name in case.groups:
                made.setdefault(row.name, Group(row.name, row.lead, [])).plans.append(slug)
    counted = (
        Task.objects.filter(incident=incident)
        .exclude(state="dropped")
        .order_by()
        .values("group", "by", "state")
        .annotate(n=Count("pk"), h=Count("pk", filter=Q(help_wanted=True)))
    )
    for told in counted:
        name = told["group"] or told["by"]
        group = made.setdefault(name, Group(name, "", []))
        setattr(group, told["state"], getattr(group, told["state"]) + told["n"])
        group.help += told["h"] if told["state"] != "done" else 0
    return list(made.values())


def _silent(incident: Incident) -> tuple[list[tuple[str, str, str, datetime | None]], int, int]:
    """Who has not answered: (name, what they are told for, how far the message got, since), longest first."""
    nodes = list(
        CallNode.objects.filter(callout__incident=incident).select_related("delivery", "callout").order_by("pk")
    )
    silent: dict[str, tuple[str, str, str, datetime | None]] = {}
    answered: set[str] = set()
    for node in nodes:
        if node.delivery is not None and node.delivery.confirmed_at is not None:
            answered.add(node.printed)
            continue
        how = "须电话通知" if node.delivery is None or node.delivery.dial else node.delivery.get_state_display()
        silent.setdefault(node.printed, (node.printed, _groups_of(node), how, when.aware(node.callout.at)))
    told = len({node.printed for node in nodes})
    waiting = [row for name, row in silent.items() if name not in answered]
    return waiting, told, told - len(waiting)


def _groups_of(node: CallNode) -> str:
    found: Iterable[str] = dict.fromkeys(g for role in node.roles or [] for g in role.get("groups") or [])
    return "、".join(found)


def counts(incident: Incident) -> dict[str, int]:
    """Reports sent and queries open, for the foot of the wall. Two queries."""
    return {
        "reports": Report.objects.filter(incident=incident, secret=False).count(),
        "queries": Query.objects.filter(incident=incident, answered_at__isnull=True).count(),
    }


__all__ = ["LOG", "Wall", "counts", "stamp", "state"]
