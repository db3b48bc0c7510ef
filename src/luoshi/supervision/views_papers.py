"""What leaves and enters as files: bulletins, ledger, feedback workbooks, calendar feed; and the public page."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.faces.downloads import KINDS, attached
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import PUBLIC, access
from luoshi.norms.queries import provision_text
from luoshi.supervision import bulletin, calendar_feed, evidence, feedback_file, queries, rulebook, workbook
from luoshi.supervision.facts import judgements, target_words
from luoshi.supervision.filters import DutyFilter
from luoshi.supervision.forms import BulletinForm, WorkbookForm
from luoshi.supervision.models import Bulletin, Duty, FeedbackFile
from luoshi.supervision.rulings import open_conflict


@require_http_methods(["GET", "POST"])
@access("supervision.read")
def bulletins(request: HttpRequest) -> HttpResponse:
    """Bulletins that went out; a supervisor chooses a month to preview."""
    return listing(
        request,
        Bulletin.objects.select_related("issued_by"),
        columns=(
            Column("title", "通报", title=True, link=lambda b: reverse("supervision:bulletin_file", args=[b.pk])),
            Column("month", "月份", sort="month"),
            Column("issued_by", "印发人"),
            Column("issued_at", "印发时间", kind="moment", sort="issued_at"),
            Column("sm3", "摘要", lambda b: b.sm3[:16], optional=True),
        ),
        order=("-issued_at", "-id"),
        template="supervision/bulletins.html",
        context={"form": BulletinForm(initial={"month": f"{when.today():%Y-%m}"})},
        empty="还没有印发过通报。选一个月份，先看内容再印发。",
        caption="已印发的通报",
    )


@require_http_methods(["GET", "POST"])
@access("supervision.publish")
def bulletin_new(request: HttpRequest) -> HttpResponse:
    """The month's figures as they would be printed; issuing keeps the file and its digest."""
    form = BulletinForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return render(request, "supervision/bulletin.html", {"form": form}, status=422)
    month = form.cleaned_data["month"]
    if request.method == "POST":
        row = attempt(form, lambda: bulletin.issue(month, request.user))
        if row is not None:
            messages.success(request, f"已印发：{row.title}")
            return redirect("supervision:bulletins")
    made = bulletin.figures(month)
    context = {"form": form, "made": made, "heading": bulletin.title_of(made), "month": month}
    return render(request, "supervision/bulletin.html", context)


@require_GET
@access("supervision.read")
def bulletin_file(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Bulletin, pk=pk)
    path = evidence.path_of("bulletins", found.sm3)
    if not path.exists():
        raise Http404("通报文件不在存储里，请联系系统管理员")
    return cast(
        HttpResponse,
        FileResponse(path.open("rb"), as_attachment=True, filename=f"{found.title}.docx", content_type=KINDS["docx"]),
    )


@require_GET
@access("supervision.read")
def ledger(request: HttpRequest) -> HttpResponse:
    """The ledger of the duties now filtered, as .xlsx."""
    chosen = DutyFilter(request.GET, queryset=queries.confirmed(), request=request)
    return attached(workbook.ledger(chosen.qs), f"督办台账-{when.today()}.xlsx")


@require_GET
@access("supervision.read")
def feedback_template(request: HttpRequest) -> HttpResponse:
    return attached(workbook.template(queries.open_for(request.user)), "反馈表.xlsx")


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def feedback_files(request: HttpRequest) -> HttpResponse:
    """Bring in a feedback workbook: it is read and shown; storing it is a second step."""
    form = WorkbookForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        kept = attempt(form, lambda: feedback_file.keep(given.read(), given.name, request.user))
        if kept is not None:
            return redirect("supervision:feedback_file", kept.pk)
    response = listing(
        request,
        FeedbackFile.objects.select_related("uploaded_by"),
        columns=(
            Column("name", "文件", title=True, link=lambda f: reverse("supervision:feedback_file", args=[f.pk])),
            Column("rows", "可用行", lambda f: len(f.report.get("rows", [])), kind="number"),
            Column("errors", "有错", lambda f: len(f.report.get("errors", [])), kind="number"),
            Column("uploaded_by", "上传人"),
            Column("uploaded_at", "上传时间", kind="moment", sort="uploaded_at"),
            Column("applied_at", "入库时间", kind="moment"),
        ),
        order=("-uploaded_at", "-id"),
        template="supervision/feedback_files.html",
        context={"form": form},
        empty="还没有导入过反馈表。",
        caption="导入过的反馈表",
    )
    response.status_code = 422 if form.errors else 200
    return response


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def feedback_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What a workbook would store, and what is wrong with it, row by row."""
    kept = get_object_or_404(FeedbackFile, pk=pk)
    report = feedback_file.Report.from_json(kept.report)
    if request.method == "POST":
        count = feedback_file.apply_file(kept, request.user)
        messages.success(request, f"已入库 {count} 行")
        return redirect("supervision:feedback_files")
    context = {"kept": kept, "report": report, "rows": report.rows[:500], "errors": report.errors[:500]}
    return render(request, "supervision/feedback_preview.html", context)


@require_POST
@access("supervision.read")
def new_feed(request: HttpRequest) -> HttpResponse:
    token = calendar_feed.new_feed(request.user)
    address = request.build_absolute_uri(reverse("supervision:feed", args=[token]))
    return render(request, "supervision/feed.html", {"address": address})


@require_GET
@access(PUBLIC)
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a private address. A wrong address says no more than that it is wrong."""
    user = calendar_feed.owner(token)
    if user is None:
        raise Http404("日历地址无效或已停用")
    link = request.build_absolute_uri(reverse("supervision:duties"))
    response = HttpResponse(calendar_feed.feed(user, link), content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, max-age=900"
    return response


@require_GET
@access(PUBLIC)
def public_duty(request: HttpRequest, pk: int) -> HttpResponse:
    """What residents see of a duty: the sentence, who answers for it, and how far it has come. No names, no files."""
    found = queries.whole(pk)
    if found is None or found.status != Duty.Status.CONFIRMED or not found.instrument.public:
        raise Http404("没有这个事项")
    rules = rulebook.on()
    context = {
        "duty": found,
        "sentence": provision_text(found.citation) or found.gist,
        "targets": [(t, j, target_words(t), open_conflict(t)) for t, j in judgements(found, when.today(), rules)],
        "course": [e for e in found.events.all() if e.to_state and e.to_state != e.from_state],
    }
    return render(request, "supervision/public.html", context)
