"""The registers on screen: who there is, everything known of one and from where, what is corrected by hand."""

from __future__ import annotations

from typing import Any

import django_filters as df
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.benefits import disputes, importing
from luoshi.benefits import register_queries as queries
from luoshi.benefits.models import Dispute, Matter, Source, Subject
from luoshi.benefits.models.register import CONFIDENCES, MATTER_KINDS, SUBJECT_KINDS
from luoshi.directory.actions import read_personal
from luoshi.directory.models import Body
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel.acting import access


class Subjects(df.FilterSet):  # type: ignore[misc]
    q = df.CharFilter(label="名称或信用代码", method="by_words")
    kind = df.ChoiceFilter(label="类别", choices=list(SUBJECT_KINDS.items()), empty_label="全部")
    event = df.ChoiceFilter(label="有事项", choices=list(MATTER_KINDS.items()), method="by_event", empty_label="不限")
    torn = df.ChoiceFilter(label="分歧", choices=[("1", "来源有分歧")], method="by_dispute", empty_label="不限")

    def by_words(self, rows: QuerySet[Subject], name: str, value: str) -> QuerySet[Subject]:
        words = value.strip()
        # a person's name is personal data: it is found only when written in full
        return rows.filter(Q(key=words.upper()) | Q(name=words) | (Q(name__contains=words) & ~Q(kind="person")))

    def by_event(self, rows: QuerySet[Subject], name: str, value: str) -> QuerySet[Subject]:
        return rows.filter(pk__in=Matter.objects.filter(kind=value).values("subject"))

    def by_dispute(self, rows: QuerySet[Subject], name: str, value: str) -> QuerySet[Subject]:
        return rows.filter(pk__in=Dispute.objects.filter(state=Dispute.State.OPEN).values("subject"))


SUBJECTS = (
    Column(
        "name", "名称", queries.shown_name, sort=("name", "id"), title=True,
        link=lambda s: reverse("benefits:subject", args=[s.pk]),
    ),
    Column("kind", "类别", lambda s: s.get_kind_display(), sort=("kind", "id")),
    Column("key", "标识", queries.shown_key),
    Column("area", "所在区域", lambda s: s.area.name if s.area else None),
    Column("employer", "单位", lambda s: s.employer.name if s.employer else None, optional=True),
    Column("events", "事项", kind="number", sort=("events", "id")),
    Column(
        "torn", "分歧", lambda s: ("warn", f"{s.open_disputes} 项") if s.open_disputes else None, kind="state",
        sort=("open_disputes", "id"),
    ),
    Column("synthetic", "标记", lambda s: ("synthetic", "演示数据") if s.synthetic else None, kind="state"),
)  # fmt: skip


@never_cache
@require_GET
@access("benefits.read")
def subjects(request: HttpRequest) -> HttpResponse:
    """Everybody the registers know, masked where they are people."""
    user: Any = request.user
    return listing(
        request,
        queries.subjects(),
        columns=SUBJECTS,
        filters=Subjects,
        order=("name", "id"),
        template="benefits/subjects.html",
        context={"may_register": user.may("benefits.register"), "open": disputes.open_count()},
        empty="导入名册后，酒店、民宿和人员会列在这里。",
        caption="名册",
    )


class Reveal(forms.Form):
    fields_ = forms.MultipleChoiceField(label="要看的内容", choices=(), widget=forms.CheckboxSelectMultiple)
    why = forms.CharField(
        label="事由", max_length=200, help_text="将与您的姓名、时间一起记入账本。例如：核对收款账户。"
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["fields_"]
        field.choices = choices


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.read")
def subject(request: HttpRequest, pk: int) -> HttpResponse:
    """One subject: every fact with its source, date and history; personal data only with a reason, which is kept."""
    user: Any = request.user
    found = get_object_or_404(queries.subjects(), pk=pk)
    masked = queries.masked(found)
    hidden = [(name, label) for name, label in queries.PERSONAL.items() if masked[name] != getattr(found, name)]
    form = Reveal(request.POST or None, choices=hidden) if hidden and user.may("benefits.register") else None
    shown: list[str] = []
    if request.method == "POST" and form is not None and form.is_valid():
        wanted = form.cleaned_data["fields_"]
        attempt(form, lambda: read_personal(user.as_actor(), found.subject, wanted, form.cleaned_data["why"]))
        shown = wanted if form.is_valid() else []
    values = masked | {name: getattr(found, name) for name in shown}
    context = {
        "subject": found,
        "values": values,
        "shown_key": queries.shown_key(found),
        "blocks": queries.blocks(found),
        "staff": [(one.pk, queries.shown_name(one)) for one in found.staff.order_by("id")[:50]],
        "form": form if not shown else None,
        "shown": shown,
        "may_register": user.may("benefits.register"),
        "ledger": user.may("ledger.read"),
        "members": found.members.select_related("user"),
        "claims": found.claims.order_by("-id")[:20],
    }
    denied = request.method == "POST" and form is None
    status = 403 if denied else 422 if form is not None and form.errors else 200
    return render(request, "benefits/subject.html", context, status=status)


class CorrectForm(forms.Form):
    value = forms.CharField(label="核定的值", max_length=500)
    reason = forms.CharField(
        label="理由", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="会原样记入台账，请写清楚看了什么材料。", error_messages={"required": "请写明理由。"},
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.register")
def correct(request: HttpRequest, pk: int, fact: str) -> HttpResponse:
    """人工核定: what the sources say stays; a record of its own says what a person found, and why."""
    user: Any = request.user
    found = get_object_or_404(Subject, pk=pk)
    matter = get_object_or_404(Matter, pk=request.GET["matter"], subject=found) if "matter" in request.GET else None
    owner: Subject | Matter = matter or found
    label = disputes.label_of(matter.kind if matter else "", fact)
    form = CorrectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if attempt(form, lambda: disputes.correct(owner, fact, given["value"], given["reason"], user)) is not None:
            return redirect("benefits:subject", pk)
    follows = [
        "各来源原来怎样写，仍然保留，可以随时对照。",
        "从现在起按核定的值判断；来源再给出不同的值时，会重新成为分歧。",
        "相关措施会重新筛查，金额可能随之变化。",
    ]
    context = {
        "form": form, "title": f"人工核定：{label}", "lead": f"{queries.shown_name(found)} {matter or ''}",
        "follows": follows, "button": "核定", "back": reverse("benefits:subject", args=[pk]),
    }  # fmt: skip
    return render(request, "benefits/form.html", context, status=422 if form.is_bound and form.errors else 200)


class SourceForm(forms.Form):
    code = forms.CharField(label="代码", max_length=40, help_text="小写字母、数字和连字符，例如 statistics。")
    name = forms.CharField(label="名称", max_length=120, help_text="例如：统计联网直报。")
    holder = forms.ModelChoiceField(label="持有单位", queryset=Body.objects.none(), required=False)
    priority = forms.IntegerField(
        label="次序", initial=100, min_value=1, max_value=999, help_text="越小越先列出；只影响显示，不替人裁定分歧。"
    )
    confidence = forms.ChoiceField(label="可信度", choices=list(CONFIDENCES.items()))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["holder"]
        field.queryset = Body.objects.order_by("name")


@require_http_methods(["GET", "HEAD", "POST"])
@access("benefits.register")
def sources(request: HttpRequest) -> HttpResponse:
    """Where facts come from."""
    user: Any = request.user
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        made = attempt(
            form, lambda: importing.add_source(given.pop("code"), given.pop("name"), by=user.as_actor(), **given)
        )
        if isinstance(made, Source):
            return redirect("benefits:sources")
    response = listing(
        request,
        queries.sources(),
        columns=[
            Column("name", "来源", title=True, sort=("name", "id")),
            Column("code", "代码"),
            Column("holder", "持有单位", lambda s: s.holder.name if s.holder else None),
            Column("confidence", "可信度", lambda s: s.get_confidence_display()),
            Column("facts", "记录", kind="number"),
        ],
        order=("priority", "code"),
        template="benefits/sources.html",
        context={"form": form},
        empty="登记来源后，导入名册时可以选它。",
        caption="数据来源",
    )
    response.status_code = 422 if form.is_bound and form.errors else 200
    return response
