"""修订期限 of one document: where it comes from, its clock, and the page to set another day with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from luoshi.clocks import queries as clocks
from luoshi.faces.forms import attempt
from luoshi.kernel.acting import access
from luoshi.ledger.queries import history
from luoshi.norms import actions, deadlines
from luoshi.norms.forms import RevisionForm
from luoshi.norms.models import Instrument


@require_http_methods(["GET", "HEAD", "POST"])
@access("norms.import")
def revision(request: HttpRequest, slug: str) -> HttpResponse:
    instrument = Instrument.objects.filter(slug=slug).first()
    if instrument is None:
        raise Http404("没有这份文件")
    user: Any = request.user
    form = RevisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        kept = attempt(form, lambda: actions.set_revision(slug, given["due"], reason=given["reason"], by=user))
        if kept is not None:
            messages.success(request, f"已登记：应于 {given['due']:%Y-%m-%d} 前修订。")
            return redirect("norms:revision", slug)
    due, cite = deadlines.revision_due(instrument)
    about = [c for c in clocks.of(f"instrument:{slug}") if c.kind == deadlines.REVISION]
    context = {
        "instrument": instrument, "form": form, "due": due, "cite": cite, "set_by_hand": instrument.revision_due,
        "clock": next((c for c in about if c.state not in ("cancelled", "finished")), None),
        "warn_days": [before.days for before in deadlines.WARN_BEFORE],
        "history": [entry for entry in history(f"instrument:{slug}") if entry.kind == "norms.revision_set"],
    }  # fmt: skip
    return render(request, "norms/revision.html", context, status=422 if form.errors else 200)
