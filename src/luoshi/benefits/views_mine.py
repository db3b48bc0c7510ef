"""我的政策: what an enterprise sees of itself and of nobody else; every measure says why, why not, what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from luoshi.benefits import assembling, catalogue, engine, queries, settling, standing, views_claims
from luoshi.benefits.lists import FINDING_MARKS, STATE_MARKS, matter_words, missing_words
from luoshi.benefits.models import Claim, Finding, Subject
from luoshi.benefits.showing import shown
from luoshi.faces import paging
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput

MOST = 200  # claims and findings of one subject on the page; more are reached by the measure's own page
ASKS = ("found", "notified")  # states in which the subject is asked for its account


@dataclass(slots=True)
class MyMeasure:
    """One measure for one subject: what is being settled, what was found beside it, and the sentence."""

    key: str
    name: str
    gist: str
    subject: Subject
    claims: list[Claim] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def answers(self) -> list[tuple[str, str, str, list[str], Any]]:
        """(mark, word, about, missing, finding) of the findings no claim was opened for."""
        done = {claim.matter_id for claim in self.claims}
        return [
            (FINDING_MARKS[f.status], f.get_status_display(), _about(f, self.subject), missing_words(f), f)
            for f in self.findings
            if f.matter_id is None or f.matter_id not in done
        ]


def _about(found: Finding, subject: Subject) -> str:
    words = matter_words(found.matter) if found.matter else ""
    return f"{found.subject.name} {words}".strip() if found.subject_id != subject.pk else words


@require_GET
@access("benefits.own")
def mine(request: HttpRequest) -> HttpResponse:
    """The subject's measures, what it is asked for first. Several subjects: one is chosen in the URL."""
    user: Any = request.user
    subjects = queries.subjects_of(user)
    if not subjects:
        return render(request, "benefits/mine_none.html", {"link_asks": queries.asks_of(user)})
    subject = _chosen(subjects, request.GET.get("subject", ""))
    claims = _claims(subject)[:MOST]
    measures = _measures(subject, list(claims))
    context = {
        "subject": subject,
        "subjects": subjects,
        "asked": [claim for claim in claims if claim.state in ASKS],
        "measures": measures,
        "marks": STATE_MARKS,
        "link_asks": queries.asks_of(user),
        "paid_fen": sum(claim.paid_fen - claim.recovered_fen for claim in claims),
        "coming_fen": sum(
            claim.amount_fen - claim.paid_fen for claim in claims if claim.state in ("approved", "in_batch")
        ),
    }
    return render(request, "benefits/mine.html", context)


def _chosen(subjects: list[Subject], asked: str) -> Subject:
    return next((one for one in subjects if str(one.pk) == asked), subjects[0])


def _claims(subject: Subject) -> QuerySet[Claim]:
    rows = queries.claims().filter(queries.reach_of(subject)).defer("decision", "provenance")
    return rows.order_by("-found_at", "-id")


def _measures(subject: Subject, claims: list[Claim]) -> list[MyMeasure]:
    pack = catalogue.pack_in_use()
    names = catalogue.names(pack)
    gists = queries.gists(names)
    found = {key: MyMeasure(key, name, gists.get(key, ""), subject) for key, name in names.items()}
    for claim in claims:
        found.setdefault(claim.measure, MyMeasure(claim.measure, claim.measure, "", subject)).claims.append(claim)
    rows = Finding.objects.filter(queries.reach_of(subject)).select_related("subject", "matter")
    for row in rows.order_by("-changed_at", "-id")[:MOST]:
        if row.measure in found:
            found[row.measure].findings.append(row)
    return list(found.values())


def _own(user: Any) -> list[Subject]:
    subjects = queries.subjects_of(user)
    if not subjects:
        raise PermissionDenied("benefits.own")
    return subjects


@require_GET
@access("benefits.own")
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the subject's own claims: where it stands, why, what it may do. Others' do not exist here."""
    user: Any = request.user
    found = queries.claim(pk)
    if found is None or not standing.acts_for(user, found):
        raise Http404("没有这个兑现事项")
    return render(request, "benefits/my_claim.html", {**views_claims.about(found, user), "staff": False})


@require_GET
@access("benefits.own")
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    subjects = _own(request.user)
    rows = Finding.objects.select_related("subject", "matter")
    found = get_object_or_404(rows, pk=pk)
    if not {found.subject_id, found.subject.employer_id} & {one.pk for one in subjects}:
        raise Http404("没有这个结果")
    return render(request, "benefits/my_finding.html", views_claims.explained(found))


@require_GET
@access("benefits.own")
def measure(request: HttpRequest, measure: str) -> HttpResponse:
    """One measure for the subject, from what the registers have of it, whether or not anything was found."""
    subject = _chosen(_own(request.user), request.GET.get("subject", ""))
    pack = catalogue.pack_in_use()
    try:
        rule, measures = engine.rule_of(measure, pack)
    except BadInput as error:
        raise Http404(error.reason) from None
    facts, provenance, disputed = assembling.facts_of(subject, rule.key)
    given = settling.in_force(measures.slug).given
    result = engine.decide(rule.key, facts, when.today(), given, pack=pack)
    view = shown(result, provenance, disputed=disputed, pack=pack)
    rows = Finding.objects.filter(queries.reach_of(subject), measure=rule.key).select_related("subject", "matter")
    page = paging.paginate(rows, request.GET, order=("-changed_at", "-id"), per_page=50)
    return render(
        request,
        "benefits/my_measure.html",
        {"subject": subject, "view": view, "rule": rule, "page": page, "marks": FINDING_MARKS},
    )
