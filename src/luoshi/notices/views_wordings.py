"""通知用语: which kinds of notices there are, what each says, and the page to change that."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from luoshi.faces.forms import attempt, confirm
from luoshi.kernel.acting import access
from luoshi.notices import kinds, wordings
from luoshi.notices.forms import WordingForm
from luoshi.notices.kinds import Kind


@require_safe
@access("notices.wording")
def wording_list(request: HttpRequest) -> HttpResponse:
    """Every kind, room by room: a label reads 督办：催办."""
    rooms: dict[str, list[wordings.InForce]] = {}
    for row in wordings.all_in_force():
        rooms.setdefault(row.kind.label.partition("：")[0], []).append(row)
    return render(request, "notices/wordings.html", {"rooms": rooms})


def _kind(code: str) -> Kind:
    found = kinds.find(code)
    if found is None:
        raise Http404("没有这类通知")
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@access("notices.wording")
def wording(request: HttpRequest, kind: str) -> HttpResponse:
    """The words of one kind. “先看效果” shows them filled with examples and keeps nothing."""
    found = _kind(kind)
    now = wordings.of(found)
    start = {"title": now.title, "body": now.body, "version": now.version}
    looking = "preview" in request.POST
    form = WordingForm(request.POST or None, initial=start, reason_needed=not looking)
    shown = wordings.example(found, now.title, now.body)
    if request.method == "POST" and form.is_valid():
        given, user = form.cleaned_data, request.user
        if looking:
            shown = attempt(form, lambda: wordings.example(found, given["title"], given["body"])) or ("", "")
        elif attempt(form, lambda: wordings.write(found, by=_actor(user), **given)) is not None:
            messages.success(request, "用语已保存，从下一条通知起使用。")
            return HttpResponseRedirect(reverse("notices:wording", args=[kind]))
    context = {"kind": found, "now": now, "form": form, "shown": shown, "looking": looking and not form.errors}
    return render(request, "notices/wording.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access("notices.wording")
def reset(request: HttpRequest, kind: str) -> HttpResponse:
    found = _kind(kind)
    now = wordings.of(found)
    return confirm(
        request,
        lambda reason: wordings.reset(found, reason=reason, by=_actor(request.user), version=now.version),
        title=f"恢复原来的用语：{found.label}",
        follows=["从下一条通知起改用系统自带的用语", "已经发出的通知不变", "现在的用语留在台账里"],
        facts=[("现在的标题", now.title), ("恢复为", found.title)],
        button="恢复",
        back=reverse("notices:wording", args=[kind]),
        done="已恢复原来的用语。",
    )


def _actor(user: Any) -> Any:
    return user.as_actor()
