"""My mailbox, and the page behind a signed link."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import PUBLIC, SIGNED_IN, access
from luoshi.ledger import subjects
from luoshi.notices import actions, kinds, proofs, queries
from luoshi.notices.forms import BehalfForm, CodeForm
from luoshi.notices.models import CHANNELS, STATES, Delivery, Notice

_KINDS = {
    "queued": "info",
    "sending": "info",
    "sent": "plain",
    "failed": "late",
    "receipt": "info",
    "confirmed": "ok",
}


class Mails(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("unread", "未读"), ("confirm", "待确认"), ("read", "已读")],
        method="of_state",
        empty_label="全部",
    )
    q = django_filters.CharFilter(label="标题", field_name="notice__title", lookup_expr="icontains")

    def of_state(self, rows: QuerySet[Delivery], name: str, value: str) -> QuerySet[Delivery]:
        if value == "unread":
            return rows.filter(read_at__isnull=True, confirmed_at__isnull=True)
        if value == "confirm":
            return rows.filter(notice__confirm_minutes__isnull=False, confirmed_at__isnull=True)
        return rows.filter(read_at__isnull=False)


def reading_state(delivery: Delivery) -> tuple[str, str]:
    """What the recipient has to do with it, as they see it."""
    if delivery.confirmed_at:
        return "ok", "已确认"
    if delivery.notice.confirm_minutes is not None:
        return "late", "请确认"
    return ("plain", "已读") if delivery.read_at else ("warn", "未读")


def _mail(delivery: Delivery) -> str:
    return reverse("notices:mail", args=[delivery.pk])


MAIL_COLUMNS = [
    Column("state", "状态", reading_state, kind="state"),
    Column("title", "标题", "notice.title", title=True, link=_mail),
    Column("at", "时间", "notice.created_at", kind="moment"),
    Column("from", "发出", "notice.by_name"),
    Column("cite", "依据", "notice.cite", kind="citation", optional=True),
]


@require_safe
@access(SIGNED_IN)
def mailbox(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    return listing(
        request,
        queries.mailbox(user),
        columns=MAIL_COLUMNS,
        filters=Mails,
        order=["-id"],
        template="notices/mailbox.html",
        context={"unread": queries.unread(user)},
        caption="我的消息",
        empty="有任务分给您、或有时限临近时，消息会出现在这里。",
    )


@require_safe
@access(SIGNED_IN)
def mail(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Delivery.objects.select_related("notice"), pk=pk, user=request.user)
    actions.read(found)
    context = {"delivery": found, "notice": found.notice, "state": reading_state(found)}
    context |= {"subject": subjects.named(found.notice.subject), "subject_url": subjects.url(found.notice.subject)}
    return render(request, "notices/mail.html", context)


@require_POST
@access(SIGNED_IN)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Delivery, pk=pk, user=request.user)
    actions.confirm(found, request.user.as_actor(), "screen")  # type: ignore[union-attr]
    messages.success(request, "已确认收到。")
    return redirect("notices:mail", pk=pk)


@require_http_methods(["GET", "POST"])
@access(PUBLIC)
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the signed link of a message: whoever holds the link is taken for its recipient."""
    found = actions.confirm_by_link(token) if request.method == "POST" else proofs.delivery_of(token)
    return render(request, "notices/by_link.html", {"delivery": found, "notice": found.notice})


class Outbox(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="标题", field_name="title", lookup_expr="icontains")
    kind = django_filters.CharFilter(label="种类", lookup_expr="startswith")
    subject = django_filters.CharFilter(label="对象", lookup_expr="exact")
    state = django_filters.ChoiceFilter(
        label="送达", choices=list(STATES.items()), method="of_state", empty_label="全部"
    )
    channel = django_filters.ChoiceFilter(
        label="渠道", choices=list(CHANNELS.items()), method="by_channel", empty_label="全部"
    )

    def of_state(self, rows: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        return rows.filter(pk__in=Delivery.objects.filter(state=value).values("notice_id"))

    def by_channel(self, rows: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        return rows.filter(pk__in=Delivery.objects.filter(channel=value).values("notice_id"))


def _reached(notice: Any) -> tuple[str, str]:
    if not notice.recipients:
        return "late", "没有收件人"
    if notice.calls or notice.failed:
        return "late", f"{max(notice.calls, notice.failed)} 人须电话通知"
    if notice.confirm_minutes is None:
        return "plain", "已发出"
    done = notice.confirmed
    return ("ok", "全部确认") if done == notice.recipients else ("warn", f"{done}/{notice.recipients} 人确认")


OUTBOX_COLUMNS = [
    Column("reached", "送达", _reached, kind="state"),
    Column("title", "标题", title=True, link=lambda n: reverse("notices:notice", args=[n.pk])),
    Column("recipients", "收件人", kind="number"),
    Column("subject", "对象", lambda n: subjects.named(n.subject), link=lambda n: subjects.url(n.subject)),
    Column("by_name", "发出"),
    Column("created_at", "时间", kind="moment"),
    Column("kind", "种类", lambda n: kinds.label(n.kind), optional=True),
]


@require_safe
@access("notices.outbox")
def outbox(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        queries.sent(),
        columns=OUTBOX_COLUMNS,
        filters=Outbox,
        order=["-id"],
        template="notices/outbox.html",
        context={"calls": Delivery.objects.filter(dial=True)[:1000].count()},
        caption="发件",
        export="发件",
        empty="系统或工作人员发出通知后，送达情况会列在这里。",
    )


@require_safe
@access("notices.outbox")
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Notice, pk=pk)
    context = {"notice": found, "branches": queries.tree(found), "kinds": _KINDS}
    context["kind"] = kinds.label(found.kind)
    context |= {"subject": subjects.named(found.subject), "subject_url": subjects.url(found.subject)}
    context["may_confirm"] = request.user.may("notices.confirm_for")  # type: ignore[union-attr]
    return render(request, "notices/notice.html", context)


DIAL_COLUMNS = [
    Column("name", "收件人", title=True, link=lambda d: reverse("notices:confirm-for", args=[d.pk])),
    Column("body", "单位", lambda d: str(d.body) if d.body else ""),
    Column("phone", "单位电话", lambda d: d.body.phone if d.body else ""),
    Column("title", "通知", "notice.title", link=lambda d: reverse("notices:notice", args=[d.notice_id])),
    Column("at", "发出", "notice.created_at", kind="moment"),
    Column("error", "原因", lambda d: d.error or "没有按时确认"),
]


@require_safe
@access("notices.confirm_for")
def dial(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        queries.to_dial(),
        columns=DIAL_COLUMNS,
        order=["id"],
        template="notices/dial.html",
        caption="待电话通知",
        empty="各渠道都送不到、或没有人按时确认的，会列在这里，由值班员打电话。",
    )


@require_http_methods(["GET", "POST"])
@access("notices.confirm_for")
def confirm_for(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Delivery.objects.select_related("notice", "body", "person"), pk=pk)
    user: Any = request.user
    if found.user_id == user.pk:
        raise PermissionDenied("本人请在“我的消息”里确认")
    by_code = request.method == "POST" and "code" in request.POST
    code = CodeForm(request.POST if by_code else None, prefix=None)
    behalf = BehalfForm(request.POST if request.method == "POST" and not by_code else None)
    form = code if by_code else behalf
    if form.is_bound and form.is_valid():
        actor, given = user.as_actor(), form.cleaned_data
        done = attempt(
            form,
            lambda: (
                actions.confirm_by_code(found, given["code"], actor)
                if by_code
                else actions.confirm(found, actor, "behalf", note=given["note"])
            ),
        )
        if done is not None:
            messages.success(request, f"已登记：{found.name}确认收到。")
            return redirect("notices:notice", pk=found.notice_id)
    context = {"delivery": found, "notice": found.notice, "code": code, "behalf": behalf}
    return render(request, "notices/confirm_for.html", context, status=422 if form.errors else 200)
