"""The import desk: bring in a gazette, see what became of each document, try again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from luoshi.accounts.models import User
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.queries import history
from luoshi.norms import background, gazette, uploads
from luoshi.norms.forms import UploadFilter, UploadForm
from luoshi.norms.models import Finding, Upload

_STATES = {"received": "unknown", "read": "warn", "failed": "late", "stored": "ok"}
_COLUMNS = [
    Column("name", "文件名", title=True, sort="name", link=lambda row: f"/norms/imports/{row.pk}/"),
    Column("state", "状态", lambda row: (_STATES[row.state], row.get_state_display()), kind="state", sort="state"),
    Column("documents", "文件数", lambda row: len(row.report.get("documents", [])) or None, kind="number"),
    Column("size", "大小", lambda row: _size(row.size), kind="number", sort="size"),
    Column("error", "原因"),
    Column("uploaded_by", "上传人"),
    Column("uploaded_at", "上传时间", kind="moment", sort="uploaded_at"),
    Column("sha256", "摘要（SHA-256）", optional=True),
]


def _size(count: int) -> str:
    return f"{count / 1048576:.1f} MB" if count >= 1048576 else f"{max(1, round(count / 1024))} KB"


@access("norms.import")
def index(request: HttpRequest) -> HttpResponse:
    """The desk: the form, and every file brought in so far."""
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    if sent and form.is_valid():
        upload = attempt(form, lambda: _receive(request))
        if upload is not None:
            return _import(request, upload)
    response = listing(
        request, Upload.objects.select_related("uploaded_by"), columns=_COLUMNS, filters=UploadFilter,
        order=("-uploaded_at",), template="norms/uploads.html", context={"form": form}, caption="导入过的文件",
        empty="上传一期公报的文字版后，这里会列出它和读取的结果。",
    )  # fmt: skip
    response.status_code = 422 if form.is_bound and form.errors else 200
    return response


def _receive(request: HttpRequest) -> Upload:
    user = _user(request)
    given: Any = request.FILES["file"]
    return uploads.receive(given, given.name or "", by=user.as_actor("web"), user=user)


def _import(request: HttpRequest, upload: Upload, *, again: bool = False) -> HttpResponse:
    """Small files are read at once; a large one goes on in the background and its page says how far it is."""
    by = _user(request).as_actor("web")
    if upload.state == Upload.State.STORED and not again:
        messages.info(request, "这份文件已经导入过，没有改动。下面是当时的结果。")
    elif background.wanted(upload):
        background.start(upload, by=by, again=again)
        messages.info(request, "文件较大，正在后台读取。可以离开这一页，稍后再来看。")
    else:
        with suppress(BadInput, Refused):  # the upload's own page says why; the file is kept
            gazette.import_upload(upload, by=by, again=again)
    return redirect("norms:upload", upload.pk)


@access("norms.import")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One upload: where it stands, document by document."""
    upload = get_object_or_404(Upload.objects.select_related("uploaded_by"), pk=pk)
    open_findings = Finding.objects.filter(upload=upload, state=Finding.State.OPEN).count()
    documents = upload.report.get("documents", [])
    context = {
        "upload": upload, "documents": documents, "total": upload.report.get("total", len(documents)),
        "state_kind": _STATES[upload.state], "size": _size(upload.size), "open_findings": open_findings,
        "history": history(f"upload:{upload.pk}"), "running": background.running(upload),
    }  # fmt: skip
    return render(request, "norms/upload.html", context)


@require_POST
@access("norms.import")
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the kept file once more: after a failure, an interruption, or when the reader has improved."""
    return _import(request, get_object_or_404(Upload, pk=pk), again=True)


def _user(request: HttpRequest) -> User:
    user: Any = request.user
    assert isinstance(user, User)
    return user
