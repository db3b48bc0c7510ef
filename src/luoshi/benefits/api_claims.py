"""Claims over HTTP: list, one with its history, every act, objections, recoveries, findings, screenings, evidence."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from luoshi.accounts.auth import api_auth, require
from luoshi.benefits import actions, budget, course, queries, recovering, screening, standing, wire
from luoshi.benefits.models import Claim, Finding, Objection, Recovery, Screening
from luoshi.benefits.wire import Json
from luoshi.faces.downloads import attached
from luoshi.kernel import when
from luoshi.kernel.canonical import plain
from luoshi.kernel.errors import BadInput
from luoshi.ledger import evidence

router = Router(tags=["benefits"], auth=api_auth)
MOST = 500


class ListQuery(Schema):
    measure: str = ""
    state: str = ""
    subject: int | None = None
    after: int = 0
    limit: int = 100


def _page(rows: Any, query: ListQuery, name: str, shape: Any) -> Json:
    limit = max(1, min(query.limit, MOST))
    found = list(rows.filter(pk__gt=query.after).order_by("pk")[:limit])
    return {name: [shape(row) for row in found], "next": found[-1].pk if len(found) == limit else None}


@router.get("/benefits/claims", summary="Claims by measure, state, subject; an enterprise sees its own")
def list_claims(request: HttpRequest, query: Query[ListQuery]) -> Json:
    """In order of id; `next` is the `after` of the following page. Accounts of subjects get only their subjects'."""
    rows = _reach(request).defer("decision", "provenance")
    for name in ("measure", "state", "subject"):
        if getattr(query, name):
            rows = rows.filter(**{name: getattr(query, name)})
    return _page(rows, query, "claims", wire.claim_json)


def _reach(request: HttpRequest) -> Any:
    user: Any = request.user
    if user.is_authenticated and not user.may("benefits.read") and user.may("benefits.own"):
        subjects = [subject.pk for subject in queries.subjects_of(user)]
        reach = Q(subject__in=subjects) | Q(subject__employer__in=subjects)
        return queries.claims().filter(reach)
    require(request, "benefits.read")
    return queries.claims()


def _claim(request: HttpRequest, pk: int) -> Claim:
    found: Claim | None = _reach(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@router.get("/benefits/claims/{pk}", summary="One claim: decision, history, money, and the acts open to this account")
def get_claim(request: HttpRequest, pk: int) -> Json:
    found = _claim(request, pk)
    where, who = standing.standing_of(found), standing.who_of(request.user, found)
    return {
        **wire.claim_json(found),
        "decision": plain(found.decision),
        "provenance": found.provenance,
        "events": [wire.event_json(event) for event in found.events.all()],
        "instalments": [wire.instalment_json(part) for part in found.instalments.all()],
        "payments": [wire.payment_json(row) for row in found.payments.select_related("batch", "instalment")],
        "objections": [wire.objection_json(row) for row in found.objections.all()]
        if request.user.may("benefits.read")  # type: ignore[union-attr]
        else [],
        "recoveries": [wire.recovery_json(row) for row in found.recoveries.all()],
        "acts": {code: why or None for code, why in course.open_acts(where, who, when.now()).items()},
    }


class ActIn(Schema):
    words: str = ""
    version: int | None = None
    verdict: bool | None = None
    amount_fen: int | None = None
    bank_name: str = ""
    bank_account: str = ""
    account_name: str = ""
    instalment: int | None = None
    cite: str = ""


@router.post(
    "/benefits/claims/{pk}/acts/{code}", summary="Act on a claim: confirm_account, recognise, publish, approve …"
)
def act(request: HttpRequest, pk: int, code: str, given: ActIn) -> Json:
    """409 with the reason when it is refused; nothing has changed then."""
    found, user = _claim(request, pk), request.user
    extra: dict[str, Any] = {"words": given.words, "version": given.version, "via": "api"}
    if code == "recognise":
        if given.verdict is None:
            raise BadInput("须写明认定与否", field="verdict")
        actions.recognise(found, user, verdict=given.verdict, amount_fen=given.amount_fen, **extra)
    elif code == "confirm_account":
        bank = {name: getattr(given, name) for name in ("bank_name", "bank_account", "account_name")}
        actions.confirm_account(found, user, **bank, **extra)
    elif code == "claw_back":
        recovering.claw_back(found, user, amount_fen=given.amount_fen or 0, cite=given.cite, **extra)
    elif code == "prove":
        budget.prove(found, given.instalment or 0, user, interest_fen=given.amount_fen, **extra)
    elif code in course.ACTS and code not in ("object", "answer_objection"):
        getattr(actions, code)(found, user, **extra)
    else:
        raise BadInput(f"没有“{code}”这一操作", field="code")
    found.refresh_from_db()
    return wire.claim_json(found)


class ObjectIn(Schema):
    by: str
    words: str
    contact: str = ""


@router.post("/benefits/claims/{pk}/objections", summary="Object to a published claim; without an account, on the page")
def object_to(request: HttpRequest, pk: int, given: ObjectIn) -> Json:
    found = queries.published().filter(pk=pk).first()
    if found is None:
        raise Http404
    made = actions.object_to(found, user=request.user, via="api", **given.dict())
    return {"id": made.pk, "state": made.state, "at": wire.iso(made.at)}


class AnswerIn(Schema):
    upheld: bool
    words: str
    then: str = "redo"


@router.post("/benefits/objections/{pk}/answer", summary="Answer an objection; upheld: redo or refuse the claim")
def answer(request: HttpRequest, pk: int, given: AnswerIn) -> Json:
    user = require(request, "benefits.handle")
    found = Objection.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    actions.answer_objection(found, user, upheld=given.upheld, words=given.words, then=given.then, via="api")
    return wire.objection_json(found)


class RecoveryIn(Schema):
    words: str = ""
    amount_fen: int | None = None


@router.post("/benefits/recoveries/{pk}/acts/{code}", summary="tell, decide, drop a claw-back, or enter money returned")
def recovery_act(request: HttpRequest, pk: int, code: str, given: RecoveryIn) -> Json:
    user = require(request, "benefits.read")
    found = Recovery.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    if code == "tell":
        recovering.tell_recovery(found, user, words=given.words, via="api")
    elif code == "decide":
        recovering.decide_recovery(found, user, words=given.words, amount_fen=given.amount_fen, via="api")
    elif code == "drop":
        recovering.drop_recovery(found, user, words=given.words, via="api")
    elif code == "returned":
        recovering.money_returned(found, user, amount_fen=given.amount_fen or 0, words=given.words, via="api")
    else:
        raise BadInput("只有 tell、decide、drop、returned", field="code")
    return wire.recovery_json(found)


@router.get("/benefits/findings", summary="Who nearly gets a measure, and what is missing")
def list_findings(request: HttpRequest, query: Query[ListQuery]) -> Json:
    """`state` filters by status (pending | human_review | refused | eligible | referred); empty: nearly eligible."""
    require(request, "benefits.read")
    rows = queries.nearly()
    if query.state:
        rows = Finding.objects.select_related("subject", "matter").filter(status=query.state)
    rows = rows.filter(measure=query.measure) if query.measure else rows
    return _page(rows, query, "findings", wire.finding_json)


class ScreenIn(Schema):
    measure: str
    as_of: date | None = None


@router.post("/benefits/screenings", summary="Have a measure screened in the background")
def screen(request: HttpRequest, given: ScreenIn) -> Json:
    user = require(request, "benefits.handle")
    job = screening.request(given.measure, by=user.as_actor("api"), as_of=given.as_of)
    return {"job": job.pk, "state": job.state}


@router.get("/benefits/screenings", summary="Screenings, oldest first")
def list_screenings(request: HttpRequest, query: Query[ListQuery]) -> Json:
    require(request, "benefits.read")
    rows = Screening.objects.filter(measure=query.measure) if query.measure else Screening.objects.all()
    return _page(rows, query, "screenings", wire.screening_json)


@router.get("/benefits/claims/{pk}/evidence", summary="The evidence package of a claim and its payments (.zip)")
def package(request: HttpRequest, pk: int) -> HttpResponse:
    """Recorded. `luoshi ledger verify` computes its decision again offline."""
    user = require(request, "benefits.evidence")
    found = Claim.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return attached(evidence.export(found.ref, user.as_actor("api")), f"evidence-{found.number}.zip")
