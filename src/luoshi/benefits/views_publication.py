"""公示: what may be published now, publishing several at once, and the list on paper."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import actions, course, notice_paper, queries, rulebook, standing
from luoshi.benefits.models import Claim
from luoshi.faces import paging
from luoshi.faces.downloads import attached
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused

MOST = 200


class ChooseForm(forms.Form):
    claims = forms.TypedMultipleChoiceField(
        coerce=int, widget=forms.CheckboxSelectMultiple, error_messages={"required": "请选出要公示的事项。"}
    )

    def __init__(self, *args: Any, rows: list[Claim], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["claims"].choices = [(row.pk, row.number) for row in rows]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@access("benefits.handle")
def publication(request: HttpRequest) -> HttpResponse:
    """Claims whose account is confirmed and whose needs are answered; those chosen are published, one act each."""
    ready = queries.claims().filter(state__in=("confirmed", "recognised"), doubt="")
    rows = list(ready.order_by("found_at", "id")[:MOST])
    open_: list[tuple[Claim, str]] = []
    for row in rows:
        where, who = standing.standing_of(row), standing.who_of(request.user, row)
        open_.append((row, course.refusal(where, who, "publish", when.now())))
    form = ChooseForm(request.POST or None, rows=[row for row, why in open_ if not why])
    if request.method == "POST" and form.is_valid():
        done, failed = _publish([row for row, _ in open_ if row.pk in form.cleaned_data["claims"]], request.user)
        if done:
            messages.success(request, f"已公示 {done} 项")
        for line in failed:
            messages.error(request, line)
        return redirect("benefits:publication")
    now = queries.claims().filter(state="published").order_by("published_until", "id")
    context = {
        "open": [row for row, why in open_ if not why],
        "shut": [(row, why) for row, why in open_ if why],
        "form": form,
        "days": rulebook.on().publish_days,
        "page": paging.paginate(now.defer("decision"), request.GET, order=("published_until", "id"), per_page=50),
        "now": when.now(),
    }
    return render(request, "benefits/publication.html", context, status=422 if form.errors else 200)


def _publish(rows: list[Claim], user: Any) -> tuple[int, list[str]]:
    """One act each: what a rule forbids is said by name and the others go on."""
    done, failed = 0, []
    for row in rows:
        try:
            actions.publish(row, user, version=row.version)
            done += 1
        except (Refused, BadInput) as error:
            failed.append(f"{row.subject.name}：{row.title}：{error.reason}")
    return done, failed


@require_GET
@access("benefits.read")
def paper(request: HttpRequest) -> HttpResponse:
    """The list of what is published now as .docx. Names of persons are masked as on the page."""
    rows = list(queries.published().filter(state="published").order_by("measure", "limb", "id")[: notice_paper.MOST])
    return attached(notice_paper.document(rows), f"兑现公示-{when.today()}.docx")
