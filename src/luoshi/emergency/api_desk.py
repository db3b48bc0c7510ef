"""Incidents over HTTP: the same acts, the same refusals, the same JSON as on screen and in a shell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from luoshi.accounts.auth import api_auth, require
from luoshi.emergency import actions, checking, live, plans, proposing, queries, wire
from luoshi.emergency.actions import Asked, Stated
from luoshi.emergency.models import Act, Incident
from luoshi.kernel.errors import BadInput

router = Router(tags=["emergency"], auth=api_auth)
Json = dict[str, Any]
MOST = 200
INTAKE, COMMAND = ("emergency.intake",), ("emergency.command", "emergency.intake")


class ProposeIn(Schema):
    facts: Json
    settings: Json = {}
    plan: str = ""


@router.post("/emergency/propose", summary="What the plans propose for these facts; nothing is stored")
def propose_facts(request: HttpRequest, given: ProposeIn) -> Json:
    """As `luoshi plan propose`, under the answers in force on this installation unless `settings` says otherwise."""
    require(request, "emergency.read")
    found = live.plans_of(live.current())
    in_force = {**live.settings(found), **given.settings}
    return proposing.propose_on(live.desk(given=in_force), given.facts, plan=given.plan)


class ListQuery(Schema):
    state: str = ""
    exercise: bool | None = None
    q: str = ""
    before: int = 0
    limit: int = 50


@router.get("/emergency/incidents", summary="Incidents, the newest first, with what runs in each")
def list_incidents(request: HttpRequest, query: Query[ListQuery]) -> Json:
    """`next` is the `before` of the following page, null at the end."""
    require(request, "emergency.read")
    rows = queries.incidents().order_by("-pk")
    rows = rows.filter(pk__lt=query.before) if query.before else rows
    rows = rows.filter(state=query.state) if query.state else rows
    rows = rows.filter(exercise=query.exercise) if query.exercise is not None else rows
    rows = rows.filter(title__icontains=query.q) if query.q else rows
    limit = max(1, min(query.limit, MOST))
    found = list(rows[:limit])
    return {"incidents": [wire.line(row) for row in found], "next": found[-1].pk if len(found) == limit else None}


@router.get("/emergency/incidents/{pk}", summary="One incident: cards of both plans, facts with conflicts, log")
def one_incident(request: HttpRequest, pk: int) -> Json:
    require(request, "emergency.read")
    page = queries.page(pk)
    if page is None:
        raise Http404("没有这个事件")
    return wire.incident(page)


class AskedIn(Schema):
    reason: str = ""
    post: str = ""
    version: int | None = None
    once: str = Field("", max_length=64)
    ordered_by: str = ""
    ordered_how: str = ""

    def asked(self) -> Asked:
        return Asked(self.reason, self.post, self.version, self.once, "api", self.ordered_by, self.ordered_how)


class FactIn(Schema):
    name: str
    value: Any = None
    source: str = "接口"
    reporter: str = ""
    at: datetime | None = None

    def stated(self) -> Stated:
        return Stated(self.name, self.value, self.source, self.reporter, self.at)


class OpenIn(AskedIn):
    title: str
    places: list[str] = []
    occurred_at: datetime | None = None
    exercise: bool = False
    facts: list[FactIn] = []


def _user(request: HttpRequest, permissions: tuple[str, ...]) -> Any:
    """The user, who holds one of `permissions`; raises as `require` does."""
    user: Any = request.user
    if user.is_authenticated and any(user.may(permission) for permission in permissions):
        return user
    return require(request, permissions[0])


def _found(pk: int) -> Incident:
    found = Incident.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("没有这个事件")
    return found


def _done(act: Act) -> Json:
    act.incident.refresh_from_db(fields=["version", "state"])
    return wire.act(act) | {"incident": act.incident_id, "version": act.incident.version}


@router.post("/emergency/incidents", summary="Open an incident by hand (接报立案)")
def open_incident(request: HttpRequest, given: OpenIn) -> Json:
    user = _user(request, INTAKE)
    return _done(
        actions.open_incident(
            given.title, user, given.asked(), places=given.places, occurred_at=given.occurred_at,
            exercise=given.exercise, facts=[one.stated() for one in given.facts],
        )
    )  # fmt: skip


class FactsIn(AskedIn):
    facts: list[FactIn]


@router.post("/emergency/incidents/{pk}/facts", summary="State facts, with source, reporter and time")
def add_facts(request: HttpRequest, pk: int, given: FactsIn) -> Json:
    user = _user(request, ("emergency.intake", "emergency.command"))
    if not user.may("emergency.intake") and any(one.name != "hq_opinion" for one in given.facts):
        require(request, "emergency.intake")
    stated = [one.stated() for one in given.facts]
    return _done(actions.add_facts(_found(pk), stated, user, given.asked()))


class ChooseIn(AskedIn):
    fact: int


@router.post("/emergency/incidents/{pk}/facts/choose", summary="Which of several statements holds (采信)")
def choose_fact(request: HttpRequest, pk: int, given: ChooseIn) -> Json:
    user, found = _user(request, INTAKE), _found(pk)
    row = found.facts.filter(pk=given.fact).first()
    if row is None:
        raise BadInput("没有这条事实", field="fact")
    return _done(actions.choose_fact(found, row, user, given.asked()))


class ActIn(AskedIn):
    """What an act takes besides: only the fields it names are read."""

    plan: str = ""
    level: str = ""
    outcome: str = ""
    transferee: str = ""
    plans: dict[str, bool] = {}
    places: list[str] = []
    groups: list[str] = []
    to: list[str] = []
    form: str = "文件传真"
    superior: str = ""
    said: str = ""
    key: str = ""
    text: str = ""
    act: str = ""
    ref: str = ""
    vanished: str = ""
    evidence: dict[str, str] = {}
    acknowledged: list[str] = []


_ACTS: dict[str, tuple[tuple[str, ...], Any]] = {
    "triage": (INTAKE, lambda f, g, u, a: actions.triage(f, g.plan, g.outcome, u, a, transferee=g.transferee)),
    "choose-plans": (COMMAND, lambda f, g, u, a: actions.choose_plan(f, g.plans, u, a)),
    "places": (INTAKE, lambda f, g, u, a: actions.set_places(f, g.places, u, a)),
    "note": (COMMAND, lambda f, g, u, a: actions.note(f, g.text, u, a)),
    "propose": (INTAKE, lambda f, g, u, a: actions.propose(f, g.plan, u, a, level=g.level)),
    "confirm": (COMMAND, lambda f, g, u, a: actions.confirm(f, g.plan, u, a)),
    "start": (COMMAND, lambda f, g, u, a: actions.start(f, g.plan, u, a, level=g.level)),
    "drop": (COMMAND, lambda f, g, u, a: actions.drop(f, g.plan, u, a)),
    "groups": (COMMAND, lambda f, g, u, a: actions.set_groups(f, g.plan, g.groups, u, a)),
    "take-over": (COMMAND, lambda f, g, u, a: actions.take_over(f, g.plan, g.superior, u, a)),
    "superior-agrees": (COMMAND, lambda f, g, u, a: actions.superior_agrees(f, g.plan, g.said, u, a)),
    "evidence": (COMMAND, lambda f, g, u, a: actions.give_evidence(f, g.plan, g.key, g.text, u, a)),
    "end": (
        COMMAND,
        lambda f, g, u, a: actions.end(f, g.plan, u, a, acknowledged=g.acknowledged, evidence=g.evidence),
    ),
    "propose-warning": (INTAKE, lambda f, g, u, a: actions.propose_warning(f, g.plan, u, a, level=g.level)),
    "confirm-warning": (COMMAND, lambda f, g, u, a: actions.confirm_warning(f, g.plan, u, a)),
    "issue-warning": (COMMAND, lambda f, g, u, a: actions.issue_warning(f, g.plan, u, a, to=g.to, form=g.form)),
    "drop-warning": (COMMAND, lambda f, g, u, a: actions.drop_warning(f, g.plan, u, a)),
    "lift-warning": (
        COMMAND,
        lambda f, g, u, a: actions.lift_warning(f, g.plan, u, a, vanished=g.vanished, evidence=g.evidence),
    ),
    "did": (COMMAND, lambda f, g, u, a: actions.did(f, g.plan, g.act, g.text, u, a, ref=g.ref)),
    "close": (INTAKE, lambda f, g, u, a: actions.close(f, u, a)),
    "reopen": (INTAKE, lambda f, g, u, a: actions.reopen(f, u, a)),
}


@router.post("/emergency/incidents/{pk}/acts/{name}", summary="One act of the course: triage, propose, start, end …")
def do(request: HttpRequest, pk: int, name: str, given: ActIn) -> Json:
    """`name`: triage, choose-plans, places, note, propose, confirm, start, drop, groups, take-over, superior-agrees,
    evidence, end, propose-warning, confirm-warning, issue-warning, drop-warning, lift-warning, did, close, reopen.
    Refused (409) names the clause; `once` makes a repeated request safe."""
    if name not in _ACTS:
        raise BadInput(f"没有这个动作：{name}", field="name", hint="可用的有：" + "、".join(_ACTS))
    permissions, act = _ACTS[name]
    user, found = _user(request, permissions), _found(pk)
    return _done(act(found, given, user, given.asked()))


@router.get("/emergency/plans/{slug}", summary="A plan as data, each item with its clause")
def one_plan(request: HttpRequest, slug: str) -> Json:
    require(request, "emergency.read")
    found = live.plans_of(live.current())
    if slug not in found.by_slug:
        raise Http404("没有这份预案")
    return plans.snapshot(found.by_slug[slug]) | {"digest": found.digest}


@router.get("/emergency/plans/{slug}/defects", summary="What a careful reader would question in a plan")
def plan_defects(request: HttpRequest, slug: str) -> Json:
    require(request, "emergency.read")
    found = live.plans_of(live.current())
    if slug not in found.by_slug:
        raise Http404("没有这份预案")
    return checking.of_plan(found, found.by_slug[slug])
