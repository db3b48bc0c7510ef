"""Accounts and grants, as the security administrator keeps them and the auditor reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django import forms as django_forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import user_has_device

from luoshi.accounts import actions, forms, queries, words
from luoshi.accounts.models import Grant, User
from luoshi.accounts.roles import ROLES
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.ledger.models import Entry

AUDITED = {
    "accounts.": "账号、登录与授权",
    "directory.personal_read": "查看个人信息",
    "directory.": "机构、人员与日历",
}


def _in_force() -> QuerySet[Grant]:
    today = when.today()
    rows = Grant.objects.filter(Q(until__isnull=True) | Q(until__gte=today), revoked_at__isnull=True, since__lte=today)
    return rows.select_related("body", "area")


class Users(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="用户名或姓名", method="search")
    role = django_filters.ChoiceFilter(label="角色", choices=list(ROLES.items()), method="holding", empty_label="全部")
    is_active = django_filters.ChoiceFilter(
        label="状态",
        choices=[("true", "启用"), ("false", "停用"), ("locked", "暂停登录")],
        method="active",
        empty_label="全部",
    )

    def search(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(Q(username__icontains=value) | Q(display_name__icontains=value))

    def holding(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(Exists(_in_force().filter(user=OuterRef("pk"), role=value)))

    def active(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        if value == "locked":
            return rows.annotate(low=Lower("username")).filter(low__in=list(queries.locked_out())[:500])
        return rows.filter(is_active=value == "true")


def _roles(user: User) -> list[str]:
    grants: list[Grant] = user.in_force  # type: ignore[attr-defined]
    return [g.get_role_display() + (f"（{g.body}）" if g.body else "") for g in grants] or ["没有角色"]


@require_safe
@access("accounts.view")
def users(request: HttpRequest) -> HttpResponse:
    rows = User.objects.prefetch_related(Prefetch("grants", _in_force(), to_attr="in_force"))
    locked = queries.locked_out()

    def _state(user: User) -> tuple[str, str]:
        if not user.is_active:
            return "plain", "停用"
        return ("late", "暂停登录") if user.username.lower() in locked else ("ok", "启用")

    columns = [
        Column("username", "用户名", sort="username", title=True, link=lambda u: reverse("accounts:user", args=[u.pk])),
        Column("display_name", "姓名", sort="display_name"),
        Column("roles", "角色", _roles),
        Column(
            "state",
            "状态",
            _state,
            kind="state",
            sort="is_active",
        ),
        Column("last_login", "最近登录", kind="moment", sort="last_login"),
        Column("date_joined", "创建", kind="moment", sort="date_joined", optional=True),
    ]
    return listing(
        request,
        rows,
        columns=columns,
        filters=Users,
        order=("pk",),
        template="accounts/users.html",
        caption="账号",
        empty="建立账号后，会列在这里。",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access("accounts.manage")
def new_user(request: HttpRequest) -> HttpResponse:
    actor: Any = request.user
    form = forms.NewUser(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.create_user(by=actor.as_actor(), **form.cleaned_data))
        if made:
            return render(request, "accounts/first_password.html", {"account": made[0], "password": made[1]})
    return render(request, "accounts/new_user.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@access("accounts.view")
def user(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(User, pk=pk), forms.NewGrant())


def _page(request: HttpRequest, account: User, grant_form: forms.NewGrant) -> HttpResponse:
    viewer: Any = request.user
    current = {g.pk for g in queries.current_grants(account)}
    grants = account.grants.select_related("body", "area", "granted_by").order_by("-since", "-pk")[:100]
    codes = {code: p for g in queries.current_grants(account) for code, p in queries.permissions_of(g.role).items()}
    context = {
        "account": account,
        "grants": [(g, g.pk in current) for g in grants],
        "permissions": sorted(codes.items()),
        "grant_form": grant_form,
        "second_factor": user_has_device(account),
        "locked_until": queries.locked_out([account.username]).get(account.username.lower()),
        "may_manage": viewer.may("accounts.manage") and viewer.pk != account.pk,
        "may_grant": viewer.may("accounts.grant") and viewer.pk != account.pk,
        "history": Entry.objects.filter(subject=f"user:{account.pk}").order_by("-seq")[:50],
    }
    return render(request, "accounts/user.html", context, status=422 if grant_form.errors else 200)


@require_POST
@access("accounts.grant")
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    actor: Any = request.user
    account = get_object_or_404(User, pk=pk)
    form = forms.NewGrant(request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        made = attempt(form, lambda: actions.grant(account, given.pop("role"), by=actor.as_actor(), **given))
        if made:
            messages.success(request, f"已授予{made.get_role_display()}")
            return redirect("accounts:user", pk=pk)
    return _page(request, account, form)


@require_POST
@access("accounts.grant")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    actor: Any = request.user
    given = get_object_or_404(Grant.objects.select_related("user"), pk=pk)
    actions.revoke(given, by=actor.as_actor(), reason=request.POST.get("reason", ""))
    messages.success(request, f"已撤销{given.get_role_display()}")
    return redirect("accounts:user", pk=given.user_id)


def _managing(act: Callable[[User, Any, str], Any], done: str) -> Callable[..., HttpResponse]:
    """A view that does `act` to an account with a reason and says so."""

    @require_POST
    @access("accounts.manage")
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        actor: Any = request.user
        act(get_object_or_404(User, pk=pk), actor.as_actor(), request.POST.get("reason", ""))
        messages.success(request, done)
        return redirect("accounts:user", pk=pk)

    return view


disable = _managing(lambda u, by, why: actions.set_active(u, False, by=by, reason=why), "账号已停用")
enable = _managing(lambda u, by, why: actions.set_active(u, True, by=by, reason=why), "账号已启用")
release = _managing(lambda u, by, why: actions.release(u, by=by, reason=why), "已解除暂停，本人可以重新登录")
second_factor_off = _managing(lambda u, by, why: actions.remove_second_factor(u, by=by, reason=why), "动态口令已解除")


@never_cache
@require_POST
@access("accounts.manage")
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    actor: Any = request.user
    account = get_object_or_404(User, pk=pk)
    password = actions.reset_password(account, by=actor.as_actor(), reason=request.POST.get("reason", ""))
    return render(request, "accounts/first_password.html", {"account": account, "password": password, "reset": True})


def _account_page(entry: Entry) -> str:
    sort, _, pk = entry.subject.partition(":")
    return reverse("accounts:user", args=[int(pk)]) if sort == "user" and pk.isdigit() else ""


class Audit(django_filters.FilterSet):  # type: ignore[misc]
    kind = django_filters.ChoiceFilter(
        label="类别", choices=list(AUDITED.items()), field_name="kind", lookup_expr="startswith", empty_label="全部"
    )
    actor = django_filters.CharFilter(label="办理人", field_name="actor", lookup_expr="icontains")
    since = django_filters.DateFilter(
        label="自", field_name="at", lookup_expr="date__gte", widget=django_forms.DateInput({"type": "date"})
    )


@require_safe
@access("accounts.audit")
def audit(request: HttpRequest) -> HttpResponse:
    """Who signed in, who was given what, who read whose personal data."""
    wanted = Q()
    for prefix in AUDITED:
        wanted |= Q(kind__startswith=prefix)
    columns = [
        Column("at", "时间", kind="moment", title=True),
        Column("actor", "办理人"),
        Column("kind", "事项", lambda e: words.kind(e.kind)),
        Column("subject", "对象", words.subject, link=_account_page),
        Column("details", "内容", lambda e: words.details(e.payload)),
        Column("seq", "序号", sort="seq", kind="number"),
    ]
    return listing(
        request,
        Entry.objects.filter(wanted),
        columns=columns,
        filters=Audit,
        order=("-seq",),
        template="accounts/audit.html",
        caption="审计记录",
        export="审计记录",
        empty="有人登录、授权或查看个人信息后，会列在这里。",
    )
