"""企业账号: an enterprise asks for its business; the desk agrees, links by itself, or ends it. Always in two steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from luoshi.accounts.models import User
from luoshi.benefits import linking
from luoshi.benefits.models import LinkAsk, Membership, Subject
from luoshi.faces.forms import attempt, confirm
from luoshi.faces.lists import Action, Column, listing
from luoshi.kernel import sheets
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput

CODE = {"autocomplete": "off", "spellcheck": "false"}
FOLLOWS = [
    "账号能看到这个单位的全部事项和事实，能确认收款账户、提出异议。",
    "此前发现、还没有通知到人的事项，现在通知这个账号。",
    "理由、账号和单位一起记入台账。",
]


class AskForm(forms.Form):
    code = forms.CharField(label="统一社会信用代码", max_length=40, widget=forms.TextInput(attrs=CODE))
    words = forms.CharField(
        label="说明", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="您在单位的职务、联系电话，便于核对。只有经办人能看到。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.own")
def ask(request: HttpRequest) -> HttpResponse:
    """认领单位: the account says which business it belongs to."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if attempt(form, lambda: linking.ask(request.user, given["code"], given["words"])) is not None:
            messages.success(request, "已申请。区文旅局核对以后会通知您")
            return redirect("benefits:mine")
    context = {
        "form": form, "title": "认领单位", "button": "申请", "back": reverse("benefits:mine"),
        "lead": "写上单位的统一社会信用代码（营业执照上的 18 位）。区文旅局核对以前，您看不到这个单位的任何情况。",
    }  # fmt: skip
    return render(request, "benefits/form.html", context, status=422 if form.errors else 200)


class LinkForm(forms.Form):
    code = forms.CharField(label="统一社会信用代码", max_length=40, widget=forms.TextInput(attrs=CODE))
    username = forms.CharField(label="账号的用户名", max_length=64, widget=forms.TextInput(attrs=CODE))


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.link")
def links(request: HttpRequest) -> HttpResponse:
    """Who asks, who is linked; the first step of linking by the desk: which business, which account."""
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = attempt(form, lambda: _pair(**form.cleaned_data))
        if found is not None:
            subject, account = found
            asked = urlencode({"code": subject.key, "username": account.username})
            return redirect(f"{reverse('benefits:link')}?{asked}")
    asks = list(LinkAsk.objects.filter(state=LinkAsk.State.OPEN).select_related("user").order_by("at")[:50])
    known = dict(Subject.objects.filter(key__in={one.key for one in asks}).values_list("key", "name"))
    response = listing(
        request,
        Membership.objects.select_related("subject", "user"),
        columns=COLUMNS,
        order=("subject__name", "id"),
        actions=lambda row: [Action("解除", reverse("benefits:unlink", args=[row.pk]))],
        template="benefits/links.html",
        context={"form": form, "asks": [(one, known.get(one.key, "")) for one in asks]},
        empty="对上以后，企业账号才能看到自己的政策。",
        caption="已对上的账号",
    )
    response.status_code = 422 if form.is_bound and form.errors else 200
    return response


COLUMNS = (
    Column("subject", "单位", lambda row: row.subject.name, sort=("subject__name", "id"), title=True,
           link=lambda row: reverse("benefits:subject", args=[row.subject_id])),
    Column("key", "统一社会信用代码", lambda row: row.subject.key),
    Column("user", "账号", lambda row: f"{row.user}（{row.user.username}）", sort=("user__username", "id")),
    Column("since", "自", kind="day", sort=("since", "id")),
)  # fmt: skip


def _pair(code: str, username: str) -> tuple[Subject, User]:
    """The business and the account named; BadInput, in the words of whoever typed them, when they cannot be linked."""
    subject = linking.business(linking.code_of(code))
    account = User.objects.filter(username=username.strip()).first()
    field, why = linking.why_not(subject, account)
    if why or subject is None or account is None:
        raise BadInput(why, field=field)
    return subject, account


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.link")
def link(request: HttpRequest) -> HttpResponse:
    """The second step: both names in full, what follows, and what was looked at."""
    back = reverse("benefits:links")
    try:
        subject, account = _pair(sheets.plain(request.GET.get("code")), request.GET.get("username", ""))
    except BadInput as error:
        messages.error(request, error.reason)
        return redirect(back)
    return confirm(
        request,
        lambda reason: linking.link(subject, account, request.user, words=reason),
        title="对上账号和单位",
        facts=_facts(subject, account),
        follows=FOLLOWS,
        button="对上",
        back=back,
        done=f"{account} 现在可以代表 {subject.name} 办理",
    )


def _facts(subject: Subject | None, account: User, key: str = "") -> list[tuple[str, Any]]:
    others = [str(row.user) for row in subject.members.select_related("user")] if subject else []
    return [
        ("单位", subject.name if subject else "名册里没有这个代码的单位"),
        ("统一社会信用代码", subject.key if subject else key),
        ("账号", f"{account}（{account.username}）"),
        ("已有账号", "、".join(others) or "没有"),
    ]


class AnswerForm(forms.Form):
    agreed = forms.ChoiceField(label="意见", choices=[("yes", "对上"), ("no", "不同意")], widget=forms.RadioSelect)
    reason = forms.CharField(
        label="理由", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="核对了什么材料。会原样记入台账；不同意时申请人能看到。", error_messages={"required": "请写明理由。"},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.link")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One ask: who, for which business, who acts for it already; agree or say why not."""
    asked = get_object_or_404(LinkAsk.objects.select_related("user", "answered_by"), pk=pk)
    subject = linking.business(asked.key)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        agreed = form.cleaned_data["agreed"] == "yes"
        words = form.cleaned_data["reason"]
        if attempt(form, lambda: linking.answer(asked, request.user, agreed=agreed, words=words)) is not None:
            messages.success(request, "已对上，申请人已得到通知" if agreed else "已答复，申请人已得到通知")
            return redirect("benefits:links")
    facts = [*_facts(subject, asked.user, asked.key), ("说明", asked.words or "没有写")]
    context = {"asked": asked, "facts": facts, "form": form, "follows": FOLLOWS, "known": subject is not None}
    return render(request, "benefits/link_ask.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.link")
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Membership.objects.select_related("subject", "user"), pk=pk)
    return confirm(
        request,
        lambda reason: linking.unlink(row, request.user, words=reason),
        title="解除账号和单位",
        facts=_facts(row.subject, row.user),
        follows=[
            "账号从现在起看不到这个单位，也不能再确认或提出异议。",
            "它以前确认过的收款账户和办理记录不变；要改收款账户，请在事项里重新登记。",
            "账号会得到通知，理由记入台账。",
        ],
        button="解除",
        back=reverse("benefits:links"),
        done="已解除",
        danger=True,
    )
