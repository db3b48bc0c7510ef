"""The ledger on screen, for the auditor."""

from __future__ import annotations

from typing import Any

import django_filters
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from luoshi.faces import marks
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput
from luoshi.ledger import evidence, queries, subjects, words
from luoshi.ledger.engine import seal
from luoshi.ledger.models import Entry
from luoshi.ledger.verifying import LARGEST, last_verification, verify_now


class Entries(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.CharFilter(
        label="事项", method="of_kind", help_text="中文名称，或代码的开头，如 supervision."
    )
    actor = django_filters.CharFilter(label="经办", lookup_expr="exact", help_text="写全名")
    subject = django_filters.CharFilter(label="对象", lookup_expr="exact", help_text="如 duty:17")
    at = django_filters.DateFromToRangeFilter(label="日期")

    def of_kind(self, rows: Any, name: str, value: str) -> Any:
        codes = [code for code, label in words.kinds().items() if value in label]
        return rows.filter(kind__in=codes) if codes else rows.filter(kind__startswith=value)


COLUMNS = [
    Column("seq", "序号", lambda e: str(e.seq)),
    Column("at", "时间", kind="moment"),
    Column(
        "kind", "事项", lambda e: words.named(e.kind), title=True, link=lambda e: reverse("ledger:entry", args=[e.seq])
    ),
    Column("code", "代码", "kind", optional=True),
    Column(
        "subject",
        "对象",
        lambda e: subjects.named(e.subject),
        export="subject",
        link=lambda e: f"{reverse('ledger:entries')}?subject={e.subject}",
    ),
    Column("actor", "经办"),
    Column("cites", "依据", lambda e: _cited(e), export=lambda e: "、".join(e.cites)),
    Column("hash", "摘要", lambda e: e.hash[:16], optional=True, export="hash"),
]


def _cited(entry: Entry) -> SafeString:
    return format_html_join("、", "{}", ((marks.citation(cite),) for cite in entry.cites))


@require_safe
@access("ledger.read")
def entries(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        Entry.objects.all(),
        columns=COLUMNS,
        filters=Entries,
        order=["-seq"],
        template="ledger/entries.html",
        caption="台账记录",
        export="台账",
        empty="有人办理第一件事后，记录会从这里开始。",
        context={"head": queries.head(), "last": last_verification()},
    )


@require_safe
@access("ledger.read")
def entry(request: HttpRequest, seq: int) -> HttpResponse:
    found = get_object_or_404(Entry, pk=seq)
    around = {e.seq: e for e in Entry.objects.filter(seq__in=[seq - 1, seq + 1])}
    before = around.get(seq - 1)
    sound = seal(found.prev_hash, found.payload) == found.hash and (before is None or before.hash == found.prev_hash)
    context = {
        "entry": found,
        "name": words.named(found.kind),
        "sound": sound,
        "before": before,
        "after": around.get(seq + 1),
        "text": evidence.shown(found),
        "subject": subjects.named(found.subject),
        "subject_url": subjects.url(found.subject),
        "about": Entry.objects.filter(subject=found.subject).count(),
        "may_export": request.user.may("ledger.evidence"),  # type: ignore[union-attr]
    }
    return render(request, "ledger/entry.html", context)


@access("ledger.verify")
def verify(request: HttpRequest) -> HttpResponse:
    report, reason = None, ""
    if request.method == "POST":
        try:
            report = verify_now(request.user.as_actor())  # type: ignore[union-attr]
        except BadInput as error:
            reason = error.reason
    context: dict[str, Any] = {"report": report, "reason": reason, "head": queries.head(), "last": last_verification()}
    context["largest"] = LARGEST
    return render(request, "ledger/verify.html", context, status=422 if reason else 200)


@require_POST
@access("ledger.evidence")
def export(request: HttpRequest) -> HttpResponse:
    subject = request.POST.get("subject", "").strip()
    data = evidence.export(subject, request.user.as_actor())  # type: ignore[union-attr]
    name = f"evidence-{subject.replace(':', '-')}-{when.today()}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name.encode("ascii", "ignore").decode()}"'}
    return HttpResponse(data, content_type="application/zip", headers=headers)
