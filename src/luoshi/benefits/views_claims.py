"""The desk of 区文旅局: claims by state, measure and age; one with its decision on the text; who nearly gets it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from luoshi.benefits import assembling, catalogue, course, deciding, queries, settling, standing
from luoshi.benefits.filters import ClaimFilter, FindingFilter, ObjectionFilter, RecoveryFilter
from luoshi.benefits.lists import CLAIMS, FINDINGS, OBJECTIONS, RECOVERIES, STATE_MARKS
from luoshi.benefits.models import Claim, Finding
from luoshi.benefits.showing import shown
from luoshi.clocks.queries import of as clocks_of
from luoshi.faces.lists import listing
from luoshi.kernel import when
from luoshi.kernel.acting import SIGNED_IN, access

# The way of a claim that goes well; what happened beside it stands in the history.
WAY = ("found", "notified", "confirmed", "recognised", "published", "approved", "in_batch", "paid", "reconciled")
# What leads a claim on; what stands in the way of these is worth saying.
AHEAD = ("confirm_account", "recognise", "publish", "approve", "notify")
WAITING = ("review", "found", "notified", "confirmed", "recognised", "published", "failed", "returned")


@require_GET
@access("benefits.read")
def claims(request: HttpRequest) -> HttpResponse:
    """The worklist. Its head counts what waits, each number a link to its rows."""
    counts = queries.counts_by_state(Claim.objects.all())
    context = {
        "waiting": [(s, course.STATES[s], STATE_MARKS[s], counts[s]) for s in WAITING if counts.get(s)],
        "doubts": Claim.objects.exclude(doubt="").filter(state__in=course.LIVE).count(),
        "total": queries.total(Claim.objects.filter(state__in=course.LIVE)),
    }
    return listing(
        request,
        queries.claims().defer("decision", "provenance"),
        columns=CLAIMS,
        filters=ClaimFilter,
        order=("-found_at", "-id"),
        export="兑现事项.csv",
        template="benefits/claims.html",
        context=context,
        empty="筛查发现符合条件的主体后，兑现事项会列在这里。先导入名册，再筛查。",
        caption="兑现事项",
    )


@require_GET
@access(SIGNED_IN)
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """One claim: where it stands, what is open to this person now and what is not, and why it is so decided.

    An account of the subject is led to its own page of it; anybody else without the permission learns nothing.
    """
    user: Any = request.user
    found = queries.claim(pk)
    if not user.may("benefits.read"):
        if found is not None and user.may("benefits.own") and standing.acts_for(user, found):
            return redirect("benefits:my_claim", pk)
        raise PermissionDenied("benefits.read")
    if found is None:
        raise Http404("没有这个兑现事项")
    extra = {"staff": True, "ledger": user.may("ledger.read"), "may_evidence": user.may("benefits.evidence")}
    return render(request, "benefits/claim.html", {**about(found, user), **extra})


def about(found: Claim, user: Any) -> dict[str, Any]:
    """What both pages of a claim (the desk's and the subject's own) show."""
    where = standing.standing_of(found)
    who = standing.who_of(user, found)
    doors = course.open_acts(where, who, when.now())
    result = found.decision.get("result") or {}
    return {
        "claim": found,
        "mark": STATE_MARKS.get(found.state, "plain"),
        "view": shown(result, found.provenance, limb=found.limb, pack=catalogue.pack_in_use()) if result else None,
        "way": [(course.STATES[s], _place(s, found.state)) for s in _way(found)],
        "acts": _open_acts(doors),
        "shut": [(course.ACTS[code].label, why) for code, why in doors.items() if why and code in AHEAD],
        "needs": [(course.NEEDS[need.sort], need) for need in where.needs],
        "clocks": [clock for clock in clocks_of(found.ref) if clock.state != "cancelled"],
        "answers": doors.get("answer_objection") == "",
        "as_of": found.decision.get("as_of", ""),
    }


def _open_acts(doors: dict[str, str]) -> list[tuple[str, course.Act, bool]]:
    """What this person may do now, what leads on first; the first of those is the page's one main act."""
    codes = [code for code, why in doors.items() if not why and code != "answer_objection"]
    codes.sort(key=lambda code: code not in AHEAD)
    return [(code, course.ACTS[code], code in AHEAD and n == 0) for n, code in enumerate(codes)]


def _way(found: Claim) -> list[str]:
    """The steps this claim takes; 认定 only where the text asks for it, 追回 only when it has come to that."""
    asked = any(need.get("sort") in ("recognition", "grant", "ruling") for need in found.needs)
    way = [state for state in WAY if state != "recognised" or asked or found.recognition]
    return [*way, found.state] if found.state in ("recovering", "recovered") else way


def _place(state: str, now: str) -> str:
    whole = [*WAY, "recovering", "recovered"]
    here = {"failed": "in_batch", "returned": "in_batch"}.get(now, now)
    if here not in whole:
        return ""
    there = whole.index(state)
    return "now" if there == whole.index(here) else "done" if there < whole.index(here) else ""


@require_GET
@access("benefits.read")
def nearly(request: HttpRequest) -> HttpResponse:
    """Who would get it but for something, and what that is."""
    return listing(
        request,
        queries.nearly(),
        columns=FINDINGS,
        filters=FindingFilter,
        order=("-hi_fen", "measure", "id"),
        export="差一点符合.csv",
        template="benefits/nearly.html",
        empty="筛查以后，只差一两项事实或只差人的意见的主体会列在这里。",
        caption="差一点符合",
    )


@require_GET
@access("benefits.read")
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding, decided again now so that its reasons can be read on the text."""
    found = get_object_or_404(Finding.objects.select_related("subject", "matter"), pk=pk)
    return render(request, "benefits/finding.html", explained(found))


def explained(found: Finding) -> dict[str, Any]:
    """The finding with the decision as it is now."""
    decided = _decided(found)
    claims = Claim.objects.filter(measure=found.measure, matter=found.matter) if found.matter else Claim.objects.none()
    view = shown(decided.result, decided.provenance, disputed=decided.disputed, pack=catalogue.pack_in_use())
    return {"finding": found, "view": view, "claims": claims, "disputed": decided.disputed, "needs": decided.needs}


def _decided(found: Finding) -> deciding.Decided:
    if found.matter is not None:
        return deciding.decide(found.matter, found.measure, when.today())
    facts, provenance, disputed = assembling.facts_of(found.subject, found.measure)
    given = settling.in_force(found.measure.partition(":")[0]).given
    return deciding.of_facts(found.measure, facts, when.today(), given, provenance, disputed)


@require_GET
@access("benefits.read")
def objections(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        queries.open_objections(),
        columns=OBJECTIONS,
        filters=ObjectionFilter,
        order=("-state", "-at", "-id"),
        template="benefits/objections.html",
        context={"recoveries": queries.recoveries().filter(closed_at=None)[:50]},
        empty="还没有人提出异议。公示期内的异议会列在这里，未答复前不能批准。",
        caption="异议",
    )


@require_GET
@access("benefits.read")
def recoveries(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        queries.recoveries(),
        columns=RECOVERIES,
        filters=RecoveryFilter,
        order=("-at", "-id"),
        template="benefits/recoveries.html",
        empty="没有追回。事实或政策变化使已付的款不该留下时，在兑现事项里提出。",
        caption="追回",
    )
