"""Bringing in a register of residents: upload and check, look at what it would bring, store."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from luoshi.directory import register_file, register_store
from luoshi.directory.models import RegisterFile
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import access


class RegisterForm(forms.Form):
    file = forms.FileField(label="底册文件", help_text=f".csv 或 .xlsx，第一行为：{'、'.join(register_file.HEADS)}。")
    source = forms.CharField(label="来源", max_length=120, help_text="例如：某派出所 2025 年 3 月底册。")


@require_http_methods(["GET", "HEAD", "POST"])
@access("directory.register")
def files(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = RegisterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given, source = form.cleaned_data["file"], form.cleaned_data["source"]
        data = given.read(register_file.limit() + 1)
        kept = attempt(form, lambda: register_file.receive(data, given.name, source, by=user.as_actor()))
        if kept is not None:
            return redirect("directory:register-file", pk=kept.pk)
    response = listing(
        request,
        RegisterFile.objects.all(),
        columns=[
            Column("name", "文件", title=True, link=lambda f: reverse("directory:register-file", args=[f.pk])),
            Column("source", "来源"),
            Column("state", "状态", lambda f: f.get_state_display()),
            Column("rows", "可用行", lambda f: f.report.get("rows", 0), kind="number"),
            Column("wrong", "有错", lambda f: f.report.get("wrong", 0), kind="number"),
            Column("by", "经办"),
            Column("at", "时间", kind="moment", sort="at"),
        ],
        order=("-at", "-pk"),
        template="directory/register_files.html",
        context={"form": form},
        caption="导入过的底册",
        empty="还没有导入过居民底册。",
    )
    response.status_code = 422 if form.is_bound and form.errors else 200
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@access("directory.register")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file would bring and what is wrong with it; no personal data is shown."""
    user: Any = request.user
    kept = get_object_or_404(RegisterFile, pk=pk)
    waits = register_file.standing(kept)
    if request.method == "POST":
        if kept.state == RegisterFile.State.RECEIVED and (waits is None or waits.over):
            register_file.have_done(kept, register_file.CHECK, by=user.as_actor())
        else:
            count = register_store.confirm(kept, by=user.as_actor())
            messages.success(request, "正在后台导入，可以离开本页。" if count is None else f"已导入 {count} 人")
        return redirect("directory:register-file", pk=pk)
    busy = kept.state in (RegisterFile.State.RECEIVED, RegisterFile.State.STORING)
    context = {"kept": kept, "report": kept.report, "busy": busy, "waits": waits}
    return render(request, "directory/register_file.html", context)
