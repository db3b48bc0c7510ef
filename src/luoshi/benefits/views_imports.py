"""名册导入 on screen: bring a file, match its columns, look at what it would change, store it or let it go."""

from __future__ import annotations

import csv
import io
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import catalogue, importing, registers
from luoshi.benefits import register_queries as queries
from luoshi.benefits.models import RegisterFile, Source
from luoshi.clocks.models import Job
from luoshi.faces.downloads import attached
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.queries import history

MARKS = {
    "received": "warn",
    "checked": "warn",
    "storing": "info",
    "failed": "late",
    "stored": "ok",
    "discarded": "plain",
}
COUNTED = (("new", "新的"), ("changed", "有变化"), ("unchanged", "没有变化"), ("older", "比现有的旧，不采用"))


class ImportForm(forms.Form):
    file = forms.FileField(label="名册文件", help_text=".xlsx、.csv 或 .parquet；列名不必与这里相同，导入前可以核对。")
    kind = forms.ChoiceField(label="名册种类", choices=())
    source = forms.ModelChoiceField(label="来源", queryset=Source.objects.none(), empty_label=None)
    as_of = forms.DateField(
        label="数据日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="这份名册反映哪一天的情况。日期较早的名册不会覆盖较新的事实。",
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        kind: Any = self.fields["kind"]
        kind.choices = queries.register_choices(catalogue.pack_in_use())
        source: Any = self.fields["source"]
        source.queryset = Source.objects.exclude(code="hand")
        self.fields["as_of"].initial = when.today()


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.register")
def imports(request: HttpRequest) -> HttpResponse:
    """Bring in a file; every file brought in so far."""
    user: Any = request.user
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        data = given["file"].read(settings.UPLOAD_LIMIT + 1)
        found = attempt(
            form,
            lambda: importing.receive(
                data, given["file"].name, given["kind"], given["source"], given["as_of"], by=user.as_actor()
            ),
        )
        if found is not None:
            return redirect("benefits:import", found.pk)
    response = listing(
        request,
        queries.files(),
        columns=[
            Column(
                "state", "状态", lambda f: (MARKS[f.state], f.get_state_display()), kind="state", sort=("state", "id")
            ),
            Column("name", "文件", title=True, link=lambda f: reverse("benefits:import", args=[f.pk])),
            Column("kind", "名册", lambda f: queries.register_name(f.kind), sort=("kind", "id")),
            Column("source", "来源", lambda f: f.source.name),
            Column("as_of", "数据日期", kind="day", sort=("as_of", "id")),
            Column("rows", "行", lambda f: f.counts.get("rows"), kind="number"),
            Column("wrong", "有错", lambda f: f.counts.get("wrong"), kind="number"),
            Column("by", "经办"),
            Column("at", "时间", kind="moment", sort=("at", "id")),
        ],
        order=("-at", "-id"),
        template="benefits/imports.html",
        context={"form": form, "no_source": not Source.objects.exclude(code="hand").exists()},
        empty="还没有导入过名册。",
        caption="导入过的名册",
    )
    response.status_code = 422 if form.is_bound and form.errors else 200
    return response


class MappingForm(forms.Form):
    """One choice per column of the file: which item of the register it is."""

    def __init__(self, *args: Any, found: RegisterFile, **more: Any) -> None:
        super().__init__(*args, **more)
        register = registers.get(found.kind)
        choices = [("-", "不用这一列")] + [
            (column.name, column.head + ("（必需）" if column.needed else "")) for column in register.columns
        ]
        self.heads = list(found.report.get("heads", []))
        for number, head in enumerate(self.heads):
            field = forms.ChoiceField(label=head, choices=choices, initial=found.mapping.get(head) or "-")
            self.fields[f"c{number}"] = field

    def mapping(self) -> dict[str, str]:
        return {head: self.cleaned_data[f"c{number}"].strip("-") for number, head in enumerate(self.heads)}


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.register")
def one_import(request: HttpRequest, pk: int) -> HttpResponse:
    """One file: its columns, what it would change, what is wrong in it; the way on."""
    user: Any = request.user
    found = get_object_or_404(queries.files(), pk=pk)
    form = MappingForm(request.POST or None, found=found) if found.report.get("heads") else None
    what = request.POST.get("do", "") if request.method == "POST" else ""
    problem = ""
    try:
        if what == "map" and form is not None and form.is_valid():
            importing.start_check(found, by=user.as_actor(), mapping=form.mapping())
            return redirect("benefits:import", pk)
        if what in ("store", "partial"):
            done = importing.confirm(found, by=user.as_actor(), partial=what == "partial")
            stored = done.state == RegisterFile.State.STORED
            messages.success(request, "已导入。" if stored else "正在后台导入，可以离开这一页。")
            return redirect("benefits:import", pk)
        if what == "discard":
            importing.discard(found, by=user.as_actor())
            messages.success(request, "已放弃，名册没有变化。")
            return redirect("benefits:imports")
    except (Refused, BadInput) as error:
        problem = error.reason
        found.refresh_from_db()
    job = Job.objects.filter(key__startswith="benefits.register_", args__file=pk).order_by("-id").first()
    context = {
        "found": found,
        "mark": MARKS[found.state],
        "register": queries.register_name(found.kind),
        "form": form if found.state in ("received", "checked", "failed") else None,
        "problem": problem,
        "counted": [(label, found.counts.get(name, 0)) for name, label in COUNTED] if found.counts else [],
        "stored": found.report.get("stored", {}),
        "sample": found.report.get("sample", []),
        "heads": found.report.get("heads", []),
        "job": job if job is not None and job.state in ("queued", "running", "failed") else None,
        "running": job is not None and job.state in ("queued", "running"),
        "history": history(found.subject),
    }
    return render(request, "benefits/import.html", context, status=422 if problem else 200)


@require_GET
@access("benefits.register")
def faults(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything wrong with a file as a .csv, row by row, to be corrected and sent again."""
    found = get_object_or_404(queries.files(), pk=pk)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["行", "列", "原因", "处理"])
    handled = {"wrong": "没有采用", "duplicate": "重复，采用一次"}
    for row in importing.faults(found).iter_rows(named=True):
        reason = "'" + row["reason"] if row["reason"][:1] in "=+-@" else row["reason"]
        writer.writerow([row["line"], row["column"], reason, handled.get(row["sort"], row["sort"])])
    return attached(("\ufeff" + out.getvalue()).encode(), f"{found.name}-问题.csv")
