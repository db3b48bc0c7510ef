"""A person's own account: password, display, second factor, sessions, tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import user_has_device

from luoshi.accounts import actions, forms, queries
from luoshi.accounts.auth import second_factor_required
from luoshi.accounts.models import ApiToken
from luoshi.accounts.views import remember_looks
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import SIGNED_IN, access


@require_safe
@access(SIGNED_IN)
def me(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    context = {
        "grants": queries.current_grants(user),
        "second_factor": user_has_device(user),
        "second_factor_required": second_factor_required(user),
        "preferences": forms.Preferences(initial={"theme": user.theme or "auto", "elder": user.elder}),
        "tokens": user.tokens.filter(revoked_at__isnull=True).count(),
        "may_token": user.may("accounts.token"),
    }
    return render(request, "accounts/me.html", context)


@require_POST
@access(SIGNED_IN)
def preferences(request: HttpRequest) -> HttpResponse:
    """How this person wants pages shown, on every machine they sign in to. A habit, not an act: no ledger entry."""
    user: Any = request.user
    form = forms.Preferences(request.POST)
    if form.is_valid():
        user.theme, user.elder = form.cleaned_data["theme"], form.cleaned_data["elder"]
        user.save(update_fields=["theme", "elder"])
        messages.success(request, "显示方式已保存")
    response = redirect("accounts:me")
    response.delete_cookie("luoshi_elder")
    return remember_looks(response, user)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@access(SIGNED_IN)
def password(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = forms.PasswordChange(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        attempt(form, lambda: actions.change_password(user, given["old"], given["new"], by=user.as_actor()))
        if form.is_valid():
            update_session_auth_hash(request, user)
            messages.success(request, "密码已修改，其他设备上的登录已退出")
            return redirect("accounts:me")
    context = {"form": form, "forced": user.must_change_password}
    return render(request, "accounts/password.html", context, status=422 if form.errors else 200)


@require_POST
@access(SIGNED_IN)
def end_sessions(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    actions.end_sessions(user, by=user.as_actor())
    update_session_auth_hash(request, user)
    messages.success(request, "其他设备上的登录已全部退出")
    return redirect("accounts:me")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access("accounts.token")
def tokens(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form, made = forms.NewToken(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        expires = when.now() + timedelta(days=int(given["days"]))
        made = attempt(
            form,
            lambda: actions.create_token(
                user, given["name"], by=user.as_actor(), read_only=given["read_only"], expires_at=expires
            ),
        )
        form = forms.NewToken() if made else form
    context = {"form": form, "made": made, "tokens": user.tokens.all()[:200], "now": when.now()}
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@access(SIGNED_IN)
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    actions.revoke_token(get_object_or_404(ApiToken, pk=pk, user=user), by=user.as_actor())
    messages.success(request, "令牌已撤销")
    return redirect("accounts:tokens")
