"""Benefits over HTTP: the same verbs, refusals and answers as on screen and in a shell."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from luoshi.accounts.auth import api_auth, public_auth, require
from luoshi.benefits import (
    api_claims,
    api_money,
    api_registers,
    assembling,
    catalogue,
    drafts,
    engine,
    gauging,
    queries,
    settling,
    wire,
)
from luoshi.benefits import pack as packs
from luoshi.benefits import whatif as whatifs
from luoshi.benefits.lists import money_of, public_name
from luoshi.benefits.wire import Json
from luoshi.kernel import when
from luoshi.kernel.canonical import plain

router = Router(tags=["benefits"], auth=api_auth)
router.add_router("", api_claims.router)
router.add_router("", api_money.router)
router.add_router("", api_registers.router)


@router.get("/benefits/measures", auth=public_auth, summary="The measures; which parts come by themselves (免申即享)")
def list_measures(request: HttpRequest) -> Json:
    """`way` automatic | person | part | referred, with the reason in the text."""
    pack = catalogue.pack_in_use()
    counts = queries.public_counts()
    return {
        "measures": [
            {
                "measure": one.rule.key,
                "name": one.rule.name,
                "unit": one.rule.unit,
                "parts": [
                    {
                        "limb": part.limb.key,
                        "name": part.limb.name,
                        "cite": part.limb.cite,
                        "way": part.way,
                        "why": part.why,
                        "counts": counts.get(f"{one.rule.key} {part.limb.key}"),
                    }
                    for part in one.parts
                ],
            }
            for one in catalogue.listed(queries.answers_in_force(pack), pack)
        ]
    }


class DecideIn(Schema):
    measure: str
    facts: dict[str, Any]
    as_of: date | None = None


@router.post("/benefits/decide", auth=public_auth, summary="Decide facts under a measure; nothing is stored (自检)")
def decide(request: HttpRequest, given: DecideIn) -> Json:
    """As `luoshi benefits decide`, under the answers in force here. 422 names the fact that cannot be used."""
    pack = catalogue.pack_in_use()
    rule, measures = engine.rule_of(given.measure, pack)
    settings = settling.in_force(measures.slug, given.as_of).given
    found: Json = plain(engine.decide(rule.key, given.facts, given.as_of or when.today(), settings, pack=pack))
    return found


@router.get("/benefits/published", auth=public_auth, summary="What is published for objection now (公示)")
def list_published(request: HttpRequest, measure: str = "", after: int = 0, limit: int = 100) -> Json:
    """Names of persons are masked."""
    rows = queries.published().filter(state="published", pk__gt=after).order_by("pk")
    rows = rows.filter(measure=measure) if measure else rows
    limit = max(1, min(limit, 500))
    found = list(rows[:limit])
    made = [
        {
            "id": row.pk,
            "number": row.number,
            "subject": public_name(row.subject),
            "title": row.title,
            "cite": row.cite,
            "amount_fen": money_of(row),
            "until": wire.iso(row.published_until),
        }
        for row in found
    ]
    return {"published": made, "next": found[-1].pk if len(found) == limit else None}


class WhatIfIn(Schema):
    measure: str
    settings: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    as_of: date | None = None


@router.post("/benefits/whatif", summary="The registers under changed answers or figures: who gains, what it costs")
def whatif(request: HttpRequest, given: WhatIfIn) -> Json:
    require(request, "benefits.read")
    pack = catalogue.pack_in_use()
    rule, measures = engine.rule_of(given.measure, pack)
    now = settling.in_force(measures.slug).given
    frame = assembling.frame_of(rule.key, pack=pack)
    with drafts.changed(measures.slug, pack, figures=given.figures) as folder:
        after = whatifs.Side({**now, **given.settings}, folder if given.figures else pack)
        day = given.as_of or when.today()
        return whatifs.as_json(whatifs.compare(rule.key, frame, day, whatifs.Side(now, pack), after))


@router.get("/benefits/settings", summary="The open questions, the answers in force, the money at stake")
def list_settings(request: HttpRequest) -> Json:
    require(request, "benefits.read")
    pack, made = catalogue.pack_in_use(), gauging.kept()
    found = []
    for slug in catalogue.slugs(pack):
        given = settling.in_force(slug).given
        for key, row in packs.read(slug, pack).questions.items():
            found.append(
                {
                    "document": slug,
                    "key": key,
                    "question": row.question,
                    "cite": row.cite,
                    "body": row.body,
                    "options": [{"value": o.value, "label": o.label} for o in row.options],
                    "default": plain(row.default),
                    "answer": given.get(key),
                    "stake": row.stake,
                    "measured": gauging.of_question(made, slug, key),
                }
            )
    return {"settings": found, "measured_at": made["at"] if made else None}


@router.post("/benefits/settings/stakes", summary="Have the money at stake computed again in the background")
def gauge(request: HttpRequest) -> Json:
    user = require(request, "benefits.read")
    job = gauging.request(user.as_actor("api"))
    return {"job": job.pk, "state": job.state}


class AnswerIn(Schema):
    value: Any
    reason: str
    valid_from: date | None = None


@router.get("/benefits/settings/{slug}/{key}", summary="One question with every answer it was given")
def get_setting(request: HttpRequest, slug: str, key: str) -> Json:
    require(request, "benefits.read")
    _known(slug, key)
    return {
        "answer": settling.in_force(slug).given.get(key),
        "history": [wire.answer_json(row) for row in queries.setting_history(slug, key)[:200]],
    }


@router.post("/benefits/settings/{slug}/{key}", summary="Propose an answer; another person must confirm it")
def propose(request: HttpRequest, slug: str, key: str, given: AnswerIn) -> Json:
    user = require(request, "benefits.settle")
    _known(slug, key)
    return wire.answer_json(
        settling.propose(slug, key, given.value, user=user, reason=given.reason, valid_from=given.valid_from, via="api")
    )


class JudgeIn(Schema):
    agreed: bool
    reason: str


@router.post("/benefits/settings/{slug}/{key}/judge", summary="Confirm or lay aside the answer another proposed")
def judge(request: HttpRequest, slug: str, key: str, given: JudgeIn) -> Json:
    user = require(request, "benefits.settle")
    proposal = settling.open_proposal(slug, key)
    if proposal is None:
        raise Http404
    return wire.answer_json(settling.judge(proposal, user, agreed=given.agreed, reason=given.reason, via="api"))


def _known(slug: str, key: str) -> None:
    pack = catalogue.pack_in_use()
    if slug not in catalogue.slugs(pack) or key not in packs.read(slug, pack).questions:
        raise Http404
