"""The desks: proposals to become duties (立项台), and indicators whose values cannot all stand (冲突台)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.faces.forms import attempt
from luoshi.faces.lists import Action, Column, listing
from luoshi.kernel.acting import access
from luoshi.kernel.errors import Refused
from luoshi.norms.models import Instrument
from luoshi.norms.queries import provision_texts
from luoshi.supervision import conflicts as settling
from luoshi.supervision import desk, queries
from luoshi.supervision.facts import target_words
from luoshi.supervision.filters import ConflictFilter, ProposalFilter
from luoshi.supervision.forms import ConfirmForm, DecideForm, EstablishForm, MergeForm, ReasonForm
from luoshi.supervision.models import Conflict, Duty
from luoshi.supervision.views_board import lead_words, url_of


def due_words(duty: Duty) -> Any:
    return duty.deadline or ("持续推进" if duty.continuous else None)


def settled(conflict: Conflict) -> tuple[str, str]:
    colours = {Conflict.State.OPEN: "warn", Conflict.State.DECIDED: "ok"}
    return colours.get(Conflict.State(conflict.state), "plain"), conflict.get_state_display()


PROPOSALS = (
    Column("title", "事项", link=url_of, title=True, sort="title"),
    Column("lead", "牵头（负责）", lead_words),
    Column("deadline", "期限", lambda d: due_words(d), kind="day", sort="deadline"),
    Column("citation", "出处", kind="citation", sort="citation"),
    Column("similar", "可能重复", lambda d: d.similar_to.key if d.similar_to else None),
    Column("status", "立项", "get_status_display"),
    Column("source", "来源", "get_source_display", optional=True),
)


@require_GET
@access("supervision.supervise")
def proposals(request: HttpRequest) -> HttpResponse:
    rows = (
        Duty.objects.exclude(status=Duty.Status.CONFIRMED)
        .select_related("instrument", "similar_to")
        .prefetch_related(queries.named_bodies())
    )
    return listing(
        request,
        rows,
        columns=PROPOSALS,
        filters=ProposalFilter,
        order=("instrument", "id"),
        template="supervision/proposals.html",
        actions=lambda d: [Action("立项", f"/supervision/proposals/{d.pk}/confirm/")] if d.status == "proposed" else [],
        empty="导入公报后，文中指明责任单位的句子会列在这里，等您立项。",
        caption="待立项事项",
    )


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def establish(request: HttpRequest) -> HttpResponse:
    """人工立项: enter a duty by hand. `?citation=09:三(一)1` fills in the document and the place."""
    slug, _, path = request.GET.get("citation", "").partition(":")
    initial = {"instrument": Instrument.objects.filter(slug=slug).first() if slug else None, "path": path}
    form = EstablishForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        given = {name: data[name] for name in ("path", "title", "reason", "deadline", "continuous")}
        made = attempt(form, lambda: desk.establish(data["instrument"], request.user, bodies=form.bodies(), **given))
        if made is not None:
            messages.success(request, f"已立项，编号 {made.key}")
            return redirect("supervision:duty", made.pk)
    return render(request, "supervision/establish.html", {"form": form}, status=422 if form.errors else 200)


DECISIONS = {"confirm": ("立项", ConfirmForm), "reject": ("不立项", ReasonForm), "merge": ("并入另一项", MergeForm)}


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def decide_proposal(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Confirm, reject or merge one proposal; the sentence stands beside the form."""
    found = queries.whole(pk)
    if found is None or what not in DECISIONS:
        raise Http404("没有这一项")
    if request.method == "GET" and what != "merge" and found.status != Duty.Status.PROPOSED:
        raise Refused(f"本事项{found.get_status_display()}", cite=found.citation)
    label, kind = DECISIONS[what]
    initial = {"version": found.version, "into": found.similar_to.key if found.similar_to else ""}
    form = kind(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: _decide(found, what, request.user, form.cleaned_data))
        if form.is_valid():
            messages.success(request, f"已{label}")
            return redirect(
                "supervision:proposals" if found.status != "confirmed" else "supervision:duty",
                *(() if found.status != "confirmed" else (pk,)),
            )
    context = {
        "duty": found,
        "form": form,
        "title": label,
        "button": label,
        "danger": what == "reject",
        "sentence": provision_texts([found.citation]).get(found.citation, found.gist),
        "other": found.similar_to,
    }
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


def _decide(found: Duty, what: str, user: Any, data: dict[str, Any]) -> None:
    if what == "confirm":
        desk.confirm(found, user, reason=data["reason"], version=data["version"])
    elif what == "reject":
        desk.reject(found, user, reason=data["reason"], version=data["version"])
    else:
        desk.merge(found, data["into"], user, reason=data["reason"], version=data["version"])


@require_GET
@access("supervision.read")
def conflicts(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        Conflict.objects.all(),
        columns=(
            Column("indicator", "指标", link=lambda c: f"/supervision/conflicts/{c.pk}/", title=True, sort="indicator"),
            Column("why", "疑点"),
            Column(
                "state",
                "状态",
                lambda c: settled(c),
                kind="state",
            ),
            Column("found_at", "发现", kind="moment", sort="found_at"),
        ),
        filters=ConflictFilter,
        order=("-state", "id"),
        template="supervision/conflicts.html",
        empty="没有发现数值不一致的指标。",
        caption="指标冲突",
    )


@require_http_methods(["GET", "POST"])
@access("supervision.read")
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """The values side by side with their sentences, and the decision."""
    found = get_object_or_404(Conflict.objects.select_related("chosen", "decided_by"), pk=pk)
    user: Any = request.user
    members = list(found.members.select_related("duty__instrument").order_by("due", "id"))
    form = DecideForm(request.POST or None, conflict=found)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["chosen"]
        pick = None if chosen == "all" else int(chosen)
        attempt(form, lambda: settling.decide(found, user, chosen=pick, reason=form.cleaned_data["reason"]))
        if form.is_valid():
            messages.success(request, "已裁定")
            return redirect("supervision:conflict", pk)
    texts = provision_texts([t.citation for t in members])
    context = {
        "conflict": found,
        "members": [(t, target_words(t), texts.get(t.citation) or t.duty.gist) for t in members],
        "form": form,
        "may_decide": user.may("supervision.decide") and found.state == Conflict.State.OPEN,
    }
    return render(request, "supervision/conflict.html", context, status=422 if form.errors else 200)
