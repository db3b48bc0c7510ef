"""Pages for what went wrong: what happened, what to do now, and what was typed, kept."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from luoshi.faces import citations
from luoshi.kernel import when
from luoshi.kernel.acting import PUBLIC
from luoshi.kernel.errors import BadInput, Refused

_PRIVATE = ("password", "token", "secret", "csrf", "otp", "code", "id_number", "phone")
PAGES: dict[int, tuple[str, str, str]] = {
    400: ("这个请求看不懂", "地址或表单内容不完整。", "请返回上一页，重新打开链接或重新填写。"),
    403: ("您没有查看这个页面的权限", "这项内容只对负责它的岗位开放。", "如果工作需要，请联系本单位的系统管理员开通。"),
    404: ("没有找到这个页面", "地址可能输错了，或者这项内容已被移走。", "可以用上方的检索框查找，或者回到首页。"),
    409: ("现在不能这样办理", "按规定，这件事目前不能由您办理，或者还没到可以办理的时候。", "请看下面的原因。"),
    413: ("文件太大了", "上传的文件超过了允许的大小。", "请把文件拆小后再上传；如需上传大文件，请联系系统管理员。"),
    422: (
        "内容有误，还没有保存",
        "您填写或上传的内容有需要修改的地方。",
        "请按下面的说明修改后再提交，原来填写的内容都在。",
    ),
    500: (
        "系统出了问题",
        "这不是您的操作造成的，问题已记录。",
        "请稍后再试；如果一直这样，请把下面的时间告诉系统管理员。",
    ),
    503: (
        "数据库暂时连不上，请稍后再试",
        "可能正在重新启动，通常一分钟内恢复。",
        "请稍后重新打开这个页面。",
    ),
}
_ONCE = "这一次可能没有办成。请再提交一次：同一张表单只算一次，不会重复办理。"
_LOOK = "这一次可能没有办成。请先看看是否已经办成，没有再用浏览器返回上一页提交，填写的内容还在。"
AGAIN = 5  # seconds after which a program may ask again
_PASSING = ("55P03", "40P01", "40001")  # a lock not to be had, a deadlock, a serialisation failure


def page(request: HttpRequest, status: int, **more: Any) -> HttpResponse:
    """The error page for `status`. `more`: reason, place, cite, hint, kept."""
    title, what, todo = PAGES[status]
    context = {"status": status, "title": title, "what": what, "todo": todo, "moment": when.now(), **more}
    context["shell"] = _shell(request)
    return render(request, "faces/error.html", context, status=status)


def _shell(request: HttpRequest) -> str:
    """Who is at work stays in the console, with its menu; a page of the public stays one, whoever reads it."""
    view = getattr(request.resolver_match, "func", None)
    at_work = getattr(view, "access", PUBLIC) != PUBLIC and request.user.is_authenticated
    return "console.html" if at_work else "base.html"


def bad_input(request: HttpRequest, error: BadInput) -> HttpResponse:
    place = [("文件", error.file.rsplit("/", 1)[-1]), ("行", error.line), ("栏目", error.field)]
    given = [(k, v) for k, v in place if v not in ("", None)]
    return page(request, 422, reason=error.reason, place=given, hint=error.hint, kept=_typed(request))


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    cite = error.cite if error.cite and citations.url(error.cite) else ""
    basis = "" if cite else error.cite
    return page(request, 409, reason=error.reason, cite=cite, basis=basis, kept=_typed(request))


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What the person typed, so that nothing is lost; secrets and personal identifiers are left out."""
    return [
        (name, "、".join(values))
        for name, values in request.POST.lists()
        if any(values) and not any(word in name.lower() for word in _PRIVATE)
    ]


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    from django.core.exceptions import RequestDataTooBig

    return page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 403)


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):  # programs get the shape they get everywhere else
        return JsonResponse({"error": "not_found"}, status=404)
    return page(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A stale form: the session ended or cookies are off. What was typed is shown again."""
    return page(
        request, 403, reason="这个表单已经过期，或者浏览器禁用了 Cookie。请重新打开页面再提交。", kept=_typed(request)
    )


def away(error: BaseException | None) -> bool:
    """The database went away or was too busy: nothing is wrong with the request, and it may be made again."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if (error.__cause__ or error).__class__.__module__ == "sqlite3":
        return "locked" in str(error)  # its other errors (a table that is not there) do not pass
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state in _PASSING or state[:2] in ("08", "53", "57")


def handler500(request: HttpRequest) -> HttpResponse:
    """Stands on nothing that may itself be broken: no database, no session, no context processors."""
    gone = away(sys.exc_info()[1])
    status = 503 if gone else 500
    title, what, todo = PAGES[status]
    context: dict[str, Any] = {"status": status, "title": title, "what": what, "todo": todo, "moment": when.now()}
    if gone and request.method == "POST":
        context |= _resend(request)
    response = HttpResponse(loader.render_to_string("faces/error_bare.html", context), status=status)
    if gone:
        response["Retry-After"] = str(AGAIN)
    return response


def _resend(request: HttpRequest) -> dict[str, Any]:
    """What was typed, and a button that sends it again where the form's key (`once`) makes it count once.

    No button for a form without a key, with a secret or with a file.
    """
    try:
        fields, kept, files = list(request.POST.lists()), _typed(request), bool(request.FILES)
    except Exception:  # the form itself did not arrive: the browser still has it
        return {"todo": _LOOK}
    secret = any(word in name.lower() for name, _ in fields for word in ("password", "otp", "code", "secret"))
    kept = [(name, value) for name, value in kept if name not in ("once", "version")]
    if files or secret or not request.POST.get("once"):
        return {"kept": kept, "todo": _LOOK}
    return {"kept": kept, "todo": _ONCE, "fields": [(name, value) for name, values in fields for value in values]}
