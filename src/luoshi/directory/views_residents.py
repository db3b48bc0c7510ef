"""The register of residents on screen: a list within one's areas, one masked page, a full reading with its reason."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from luoshi.directory import actions, residents, residents_upkeep
from luoshi.directory.engine import age
from luoshi.directory.forms import ResidentForm
from luoshi.directory.models import SEXES, Resident
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.masking import mask_name, mask_phone

BAND_WORDS = {key: f"{low}–{high} 岁" if high else f"{low} 岁以上" for key, (low, high) in residents.BANDS.items()}


class Residents(django_filters.FilterSet):  # type: ignore[misc]
    area = django_filters.CharFilter(label="区域（写全名称）", method="in_area")
    band = django_filters.ChoiceFilter(
        label="年龄", choices=list(BAND_WORDS.items()), method="in_band", empty_label="全部"
    )
    sex = django_filters.ChoiceFilter(label="性别", choices=list(SEXES.items()), empty_label="全部")
    household = django_filters.CharFilter(label="户号", field_name="household")
    name = django_filters.CharFilter(label="姓名（写全）", field_name="name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.request.user.may(residents.PERSONAL):  # a name may be looked for by those who may read it
            del self.filters["name"]

    def in_area(self, rows: QuerySet[Resident], name: str, value: str) -> QuerySet[Resident]:
        return rows.filter(area__in=residents.around(value.strip()))

    def in_band(self, rows: QuerySet[Resident], name: str, value: str) -> QuerySet[Resident]:
        return residents.aged(rows, *residents.BANDS[value])


@never_cache
@require_safe
@access("directory.residents")
def residents_list(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    today = when.today()
    columns = [
        Column(
            "name",
            "姓名",
            lambda r: mask_name(r.name),
            title=True,
            link=lambda r: reverse("directory:resident", args=[r.pk]),
        ),
        Column("sex", "性别", lambda r: r.get_sex_display()),
        Column("age", "年龄", lambda r: age(r.born, today), kind="number"),
        Column("area", "村（社区）", lambda r: r.area.name),
        Column("household", "户号"),
        Column("phone", "电话", lambda r: mask_phone(r.phone) or None, optional=True),
        Column("synthetic", "标记", lambda r: ("synthetic", "演示数据") if r.synthetic else None, kind="state"),
    ]
    return listing(
        request,
        residents.visible(user),
        columns=columns,
        filters=Residents,
        order=("pk",),
        template="directory/residents.html",
        context={"within": _within(user)},
        caption="居民",
        empty="导入居民底册后，您授权区域内的居民会列在这里。",
    )


def _within(user: Any) -> str:
    areas = user.areas(residents.VIEW)
    if areas is None:
        return "全区"
    return f"您授权的 {len(areas)} 个区域" if areas else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access(residents_upkeep.CORRECT)
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Put one row right. What stands there is shown masked: who must read it says why first."""
    user: Any = request.user
    found = get_object_or_404(residents.visible(user, residents_upkeep.CORRECT), pk=pk)
    now = residents.masked(found) | {
        "sex": found.get_sex_display(), "born": f"{found.born.year} 年", "household": found.household,
        "area": found.area.name,
    }  # fmt: skip
    form = ResidentForm(request.POST or None, now=now)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        reason = given.pop("reason")
        changed = attempt(form, lambda: residents_upkeep.correct(found, user, given, reason=reason))
        if changed is not None:
            messages.success(request, f"已更正：{'、'.join(changed)}")
            return redirect("directory:residents") if found.left_on else redirect("directory:resident", pk)
    context = {
        "form": form,
        "title": f"更正 {now['name']}",
        "lead": "只填要改的栏目，留空的不变。原来的内容保留备查，台账只记改了哪几栏和理由。",
        "button": "更正",
        "back": reverse("directory:resident", args=[pk]),
    }
    return render(request, "faces/form.html", context, status=422 if form.errors else 200)


class Reveal(forms.Form):
    fields_ = forms.MultipleChoiceField(
        label="要看的内容", choices=list(residents.FIELDS.items()), widget=forms.CheckboxSelectMultiple
    )
    why = forms.CharField(
        label="事由", max_length=200, help_text="将与您的姓名、时间一起记入账本。例如：上门核实高龄津贴。"
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access("directory.residents")
def resident(request: HttpRequest, pk: int) -> HttpResponse:
    """One resident, masked; with a reason, what was asked for in full. The reading is recorded first."""
    user: Any = request.user
    found = get_object_or_404(residents.visible(user), pk=pk)
    allowed = residents.visible(user, residents.PERSONAL).filter(pk=pk).exists()
    form = Reveal(request.POST or None) if allowed else None
    shown: list[str] = []
    if request.method == "POST" and form is not None and form.is_valid():
        wanted = form.cleaned_data["fields_"]
        attempt(
            form,
            lambda: actions.read_personal(user.as_actor(), f"resident:{pk}", wanted, form.cleaned_data["why"]),
        )
        shown = wanted if form.is_valid() else []
    values = residents.masked(found) | {name: getattr(found, name) for name in shown}
    home = residents.visible(user).filter(household=found.household).exclude(pk=pk) if found.household else None
    today = when.today()
    context = {
        "resident": found,
        "masked_name": residents.masked(found)["name"],
        "age": age(found.born, today),
        "facts": [(label, values[name] or "没有登记", name in shown) for name, label in residents.FIELDS.items()],
        "home": [
            (one.pk, mask_name(one.name), one.get_sex_display(), age(one.born, today)) for one in (home or ())[:30]
        ],
        "form": form,
        "shown": shown,
        "may_correct": residents.visible(user, residents_upkeep.CORRECT).filter(pk=pk).exists(),
        "changes": [
            (change, residents_upkeep.LABELS.get(change.field, change.field)) for change in found.changes.all()[:30]
        ],
    }
    denied = request.method == "POST" and form is None
    status = 403 if denied else 422 if form is not None and form.errors else 200
    return render(request, "directory/resident.html", context, status=status)
