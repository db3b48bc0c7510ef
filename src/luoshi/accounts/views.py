"""Signing in and out, and the second factor."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from luoshi.accounts import actions, forms
from luoshi.accounts.auth import client_address, second_factor_missing, second_factor_required
from luoshi.accounts.models import User
from luoshi.faces.context import ELDER_COOKIE, THEME_COOKIE
from luoshi.kernel import when
from luoshi.kernel.acting import PUBLIC, SIGNED_IN, access


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else str(settings.LOGIN_REDIRECT_URL)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@access(PUBLIC)
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated and request.method == "GET":
        return redirect(_next(request))
    form = forms.SignIn(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = authenticate(request, **form.cleaned_data)
        if isinstance(found, User):
            login(request, found)
            actions.note_sign_in(found, address=client_address(request))
            return remember_looks(redirect(_next(request)), found)
        form.add_error(None, "用户名或密码不对，请重新输入。连续输错五次，将暂停登录半小时。")
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    return render(request, "accounts/sign_in.html", context, status=422 if form.errors else 200)


def remember_looks(response: HttpResponse, user: User) -> HttpResponse:
    """The person's own choice of display travels with the account to any machine."""
    for cookie, value in ((THEME_COOKIE, user.theme), (ELDER_COOKIE, "1" if user.elder else "")):
        if value:
            response.set_cookie(cookie, value, max_age=365 * 86400, samesite="Lax", httponly=True, secure=settings.TLS)
    return response


@require_POST
@access(SIGNED_IN)
def sign_out(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    actions.note_sign_out(user)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any = None) -> HttpResponse:
    """django-axes shows this instead of whatever the view answered."""
    minutes = int(float(settings.AXES_COOLOFF_TIME) * 60)
    context = {"minutes": minutes, "limit": settings.AXES_FAILURE_LIMIT, "until": when.now()}
    return render(request, "accounts/locked.html", context, status=429)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access(SIGNED_IN)
def verify(request: HttpRequest) -> HttpResponse:
    """The second step of signing in."""
    user: Any = request.user
    if not second_factor_missing(request):
        return redirect(_next(request))
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
    if device is None:
        return redirect("accounts:second-factor")
    form = forms.OneTimeCode(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = _prove(request, device, form.cleaned_data["code"])
        if problem is None:
            return redirect(_next(request))
        form.add_error("code", problem)
    context = {"form": form, "next": _next(request)}
    return render(request, "accounts/verify.html", context, status=422 if form.errors else 200)


def _prove(request: HttpRequest, device: TOTPDevice, code: str) -> str | None:
    """Check a one-time code and open the session; else what to tell the person. Wrong codes wait longer and longer."""
    with transaction.atomic():
        held = TOTPDevice.objects.select_for_update().get(pk=device.pk)
        allowed, _why = held.verify_is_allowed()
        if not allowed:
            return "输错次数较多，请稍等片刻再试"
        if not held.verify_token(code):
            return "动态口令不对或已用过，请等下一个口令再试；手机时间须准确"
    otp_login(request, held)
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access(SIGNED_IN)
def recovery(request: HttpRequest) -> HttpResponse:
    """The way in without the phone: one recovery code, once."""
    user: Any = request.user
    device = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
    if device is None or not second_factor_missing(request):
        return redirect(_next(request))
    form = forms.Recovery(request.POST or None)
    if request.method == "POST" and form.is_valid():
        allowed, _why = device.verify_is_allowed()
        if not allowed:
            form.add_error("code", "输错次数较多，请稍等片刻再试")
        elif actions.use_recovery_code(user, form.cleaned_data["code"], by=user.as_actor()):
            otp_login(request, device)
            return redirect(_next(request))
        else:
            device.throttle_increment()
            form.add_error("code", "恢复码不对，或者已经用过")
    context = {"form": form, "next": _next(request)}
    return render(request, "accounts/recovery.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@access(SIGNED_IN)
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set the second factor up, or see that it is on."""
    user: Any = request.user
    if TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists():
        if second_factor_missing(request):  # a password alone must not replace the phone
            return redirect(f"{reverse('accounts:verify')}?next={reverse('accounts:second-factor')}")
        left = user.recovery_codes.filter(used_at__isnull=True).count()
        return render(request, "accounts/second_factor_on.html", {"left": left})
    device, _ = TOTPDevice.objects.get_or_create(user_id=user.pk, confirmed=False, defaults={"name": "手机验证器"})
    form = forms.OneTimeCode(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problem = _prove(request, device, form.cleaned_data["code"])
        if problem is None:
            TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
            codes = actions.confirm_second_factor(user, by=user.as_actor())
            return render(request, "accounts/recovery_codes.html", {"codes": codes, "next": _next(request)})
        form.add_error("code", problem)
    context = {
        "form": form,
        "qr": _qr(device),
        "key": _key(device),
        "required": second_factor_required(user),
        "next": _next(request),
    }
    return render(request, "accounts/second_factor.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@require_POST
@access(SIGNED_IN)
def second_factor_renew(request: HttpRequest) -> HttpResponse:
    """Take the present phone off in order to set up another; needs the password again."""
    user: Any = request.user
    if not user.check_password(request.POST.get("password", "")):
        left = user.recovery_codes.filter(used_at__isnull=True).count()
        context = {"left": left, "wrong": "密码不对，动态口令没有变动"}
        return render(request, "accounts/second_factor_on.html", context, status=422)
    actions.remove_second_factor(user, by=user.as_actor(), reason="本人更换手机")
    return redirect("accounts:second-factor")


def _qr(device: TOTPDevice) -> SafeString:
    """The set-up address as an SVG drawn by us; nothing of it is typed by people."""
    code = segno.make(device.config_url, error="m")
    return mark_safe(code.svg_inline(scale=5, border=3, dark="#000", light="#fff", title="动态口令二维码"))  # noqa: S308


def _key(device: TOTPDevice) -> str:
    """The key for typing by hand, in groups of four."""
    import base64

    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))
