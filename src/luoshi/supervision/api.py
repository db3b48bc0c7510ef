"""Supervision over HTTP: the same verbs, the same refusals, the same JSON as on screen and in a shell."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile

from luoshi.accounts.auth import api_auth, require
from luoshi.directory.queries import resolve
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput
from luoshi.norms.models import Instrument
from luoshi.supervision import actions, api_papers, api_targets, conflicts, desk, engine, queries, rulebook, rulings
from luoshi.supervision.actions import Asked
from luoshi.supervision.drafting import bodies_of
from luoshi.supervision.facts import actor_facts, duty_facts, target_words
from luoshi.supervision.models import Conflict, Duty
from luoshi.supervision.scoring import formula
from luoshi.supervision.wire import duty_json, event_json, exact

router = Router(tags=["supervision"], auth=api_auth)
router.add_router("", api_papers.router)
router.add_router("", api_targets.router)
Json = dict[str, Any]
MOST = 500  # duties in one answer; `after` goes on from there


class ListQuery(Schema):
    document: str = ""
    body: str = ""
    state: str = ""
    light: str = ""
    month: str = ""
    as_of: date | None = None
    after: int = 0
    limit: int = 100


@router.get("/duties", summary="Duties by document, body, state, light, month; `as_of` replays their history")
def list_duties(request: HttpRequest, query: Query[ListQuery]) -> Json:
    """Confirmed duties in order of id. `next` is the `after` of the following page, null at the end."""
    require(request, "supervision.read")
    limit = max(1, min(query.limit, MOST))
    rows = (
        queries.rows()
        .filter(pk__gt=query.after)
        .prefetch_related("targets__readings", rulings.of_targets(), "events", "evidence")
    )
    if query.document:
        rows = rows.filter(instrument__in=queries.documents(query.document))
    if query.body:
        rows = rows.filter(pk__in=queries.of_body(query.body))
    for name in ("state", "light", "month"):
        if getattr(query, name) and query.as_of is None:
            rows = rows.filter(**{name: getattr(query, name)})
    as_of = query.as_of or when.today()
    rules = rulebook.on(as_of)
    found = list(rows.order_by("pk")[:limit])
    made = [{"id": d.pk, **duty_json(d, as_of, rules, replay=query.as_of is not None)} for d in found]
    if query.as_of is not None:
        made = [m for m in made if query.state in ("", m["state"]) and query.light in ("", m["light"])]
    return {"duties": made, "next": found[-1].pk if len(found) == limit else None}


class EstablishIn(Schema):
    citation: str
    title: str
    lead: list[str]
    cooperate: list[str] = []
    deadline: date | None = None
    continuous: bool = False
    reason: str


@router.post("/duties", summary="Enter a duty by hand (人工立项): its citation, bodies, deadline and why")
def establish_duty(request: HttpRequest, given: EstablishIn) -> Json:
    """Confirmed at once. 422 names the field: an unknown document, place or body, a deadline before the document."""
    user = require(request, "supervision.supervise")
    slug, _, path = given.citation.partition(":")
    instrument = Instrument.objects.filter(slug=slug.strip()).first()
    if instrument is None:
        raise BadInput(f"没有“{slug}”这个文件，出处应写成 09:三(一)1", field="citation")
    bodies = bodies_of(given.lead, given.cooperate, lambda name: resolve(name, document=slug.strip()))
    made = desk.establish(
        instrument,
        user,
        path=path,
        title=given.title,
        bodies=bodies,
        reason=given.reason,
        deadline=given.deadline,
        continuous=given.continuous,
        via="api",
    )
    found = _whole(made.pk)
    return {"id": found.pk, "version": found.version, **duty_json(found, when.today(), rulebook.on())}


@router.get("/duties/scoreboard", summary="The scoreboard with its formula")
def get_scoreboard(request: HttpRequest) -> Json:
    require(request, "supervision.read")
    rules = rulebook.on()
    return {
        "formula": formula(rules.weights),
        "rows": [
            {
                "body": row.label,
                "points": exact(score.points),
                "on_time": exact(_round(score.on_time)),
                "receipt": exact(_round(score.receipt)),
                "report": exact(_round(score.report)),
                "lights": {light: row.count(light) for light in ("red", "yellow", "green", "grey")},
            }
            for row, score in queries.scoreboard(rules)
        ],
    }


def _round(share: Any) -> Any:
    return None if share is None else round(share, 4)


@router.get("/duties/board", summary="The board: lights by document, body and month")
def get_board(request: HttpRequest) -> Json:
    require(request, "supervision.read")
    found = queries.board()

    def line(row: queries.Row) -> Json:
        return {"ref": row.ref, "label": row.label, **{light: row.count(light) for light, _ in row.cells}}

    return {
        "all": line(found.all),
        "documents": [line(r) for r in found.documents],
        "bodies": [line(r) for r in found.bodies],
        "months": [line(r) for r in found.months],
        "states": {code: n for code, _, n in found.states},
    }


@router.get("/duties/{pk}", summary="One duty with its history and the acts open to this account")
def get_duty(request: HttpRequest, pk: int) -> Json:
    user = require(request, "supervision.read")
    found = _whole(pk)
    rules = rulebook.on()
    facts = duty_facts(found, rules)
    return {
        "id": found.pk,
        "version": found.version,
        **duty_json(found, when.today(), rules),
        "events": [event_json(e) for e in found.events.all()],
        "acts": [{"code": a.code, "label": a.label} for a in engine.open_acts(facts, actor_facts(user, found))],
    }


class ActIn(Schema):
    words: str = ""
    body: int | None = None
    progress: int | None = None
    covers_until: date | None = None
    despite: str = ""
    version: int | None = None
    grade: str = ""
    deadline: date | None = None


@router.post(
    "/duties/{pk}/acts/{code}",
    summary="Act on a duty: assign, receive, feedback, request_completion, verify, accept, …",
)
def act(
    request: HttpRequest,
    pk: int,
    code: str,
    given: Form[ActIn],
    files: File[list[UploadedFile]] = [],  # noqa: B006 ninja's way to say "none given"
) -> Json:
    """Perform an act. 409 with the reason when it is refused; nothing has changed then."""
    user = require(request, "supervision.read")
    _form_only(request)
    found = _whole(pk)
    asked = Asked(
        given.words,
        given.body,
        given.despite,
        given.progress,
        given.covers_until,
        list(files),
        given.version,
        "api",
    )
    if code == "assign":
        event = actions.assign(found, user, asked, grade=given.grade)
    elif code == "extend":
        if given.deadline is None:
            raise BadInput("须写明新期限", field="deadline")
        event = actions.extend(found, user, asked, deadline=given.deadline)
    elif code in actions.ACTIONS:
        event = actions.ACTIONS[code](found, user, asked)
    else:
        raise BadInput(f"没有“{code}”这一操作", field="code")
    return {"state": found.state, "light": found.light, "version": found.version, "event": event_json(event)}


def _form_only(request: HttpRequest) -> None:
    """An act takes a form, as evidence comes with it; a JSON body would go unread and the act be done without it."""
    sent = request.headers.get("Content-Length", "0") not in ("", "0")
    if sent and request.content_type not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise BadInput(
            "办理行为须以表单提交（multipart/form-data 或 application/x-www-form-urlencoded）", field="Content-Type"
        )


@router.get("/proposals", summary="Proposed duties")
def list_proposals(request: HttpRequest, after: int = 0, limit: int = 100) -> Json:
    require(request, "supervision.supervise")
    limit = max(1, min(limit, MOST))
    rows = Duty.objects.filter(status=Duty.Status.PROPOSED, pk__gt=after).select_related("instrument", "similar_to")
    rows = rows.prefetch_related(queries.named_bodies(), "targets__readings", rulings.of_targets(), "evidence")
    found = list(rows.order_by("pk")[:limit])
    rules, today = rulebook.on(), when.today()
    made = [
        {
            "id": d.pk,
            "version": d.version,
            "similar_to": d.similar_to.key if d.similar_to else None,
            **duty_json(d, today, rules),
        }
        for d in found
    ]
    return {"proposals": made, "next": found[-1].pk if len(found) == limit else None}


class DecisionIn(Schema):
    reason: str = ""
    version: int | None = None
    into: str = ""


@router.post("/proposals/{pk}/{what}", summary="confirm, reject or merge a proposed duty")
def decide_proposal(request: HttpRequest, pk: int, what: str, given: DecisionIn) -> Json:
    user = require(request, "supervision.supervise")
    found = _whole(pk)
    if what == "confirm":
        desk.confirm(found, user, reason=given.reason, version=given.version, via="api")
    elif what == "reject":
        desk.reject(found, user, reason=given.reason, version=given.version, via="api")
    elif what == "merge":
        into = Duty.objects.filter(key=given.into).first()
        if into is None:
            raise BadInput("没有这个编号的事项", field="into")
        desk.merge(found, into, user, reason=given.reason, version=given.version, via="api")
    else:
        raise BadInput("只有 confirm、reject、merge", field="what")
    return {"id": found.pk, "status": found.status, "version": found.version}


@router.get("/conflicts", summary="Indicators whose values cannot all stand")
def list_conflicts(request: HttpRequest, state: str = "") -> list[Json]:
    require(request, "supervision.read")
    rows = Conflict.objects.prefetch_related("members__duty__instrument").order_by("id")
    return [_conflict_json(c) for c in (rows.filter(state=state) if state else rows)[:MOST]]


class ConflictIn(Schema):
    chosen: int | None = None
    reason: str


@router.post("/conflicts/{pk}", summary="Settle a conflict; `chosen` null lets the values stand side by side")
def decide_conflict(request: HttpRequest, pk: int, given: ConflictIn) -> Json:
    user = require(request, "supervision.decide")
    found = Conflict.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return _conflict_json(conflicts.decide(found, user, chosen=given.chosen, reason=given.reason, via="api"))


def _conflict_json(found: Conflict) -> Json:
    return {
        "id": found.pk,
        "indicator": found.indicator,
        "why": found.why,
        "state": found.state,
        "members": [
            {
                "target": t.pk,
                "citation": t.citation,
                "document": t.duty.instrument.number,
                "words": target_words(t),
                "op": t.op,
                "value": exact(t.value),
                "unit": t.unit,
                "due": t.due,
            }
            for t in found.members.all()
        ],
        "chosen": found.chosen_id,
        "keep_all": found.keep_all,
        "reason": found.reason,
    }


def _whole(pk: int) -> Duty:
    found = queries.whole(pk)
    if found is None:
        raise Http404
    return found
