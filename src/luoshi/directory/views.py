"""Bodies, people and areas on screen."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from luoshi.directory import actions, hooks, queries
from luoshi.directory.models import AREA_SORTS, BODY_KINDS, Area, Body, BodyAlias, Holding, Person, Succession
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput
from luoshi.kernel.masking import mask_phone


class Bodies(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="名称或文件中的写法", method="search")
    kind = django_filters.ChoiceFilter(label="类别", choices=list(BODY_KINDS.items()), empty_label="全部")
    doubt = django_filters.ChoiceFilter(
        label="身份", choices=[("uncertain", "存疑"), ("collective", "统称")], method="doubtful", empty_label="全部"
    )

    def search(self, rows: QuerySet[Body], name: str, value: str) -> QuerySet[Body]:
        aliased = BodyAlias.objects.filter(name__icontains=value).values("body_id")
        return rows.filter(Q(name__icontains=value) | Q(full_name__icontains=value) | Q(pk__in=aliased))

    def doubtful(self, rows: QuerySet[Body], name: str, value: str) -> QuerySet[Body]:
        return rows.filter(**{value: True})


def _marks(body: Body) -> tuple[str, str] | None:
    if body.uncertain:
        return "inferred", "身份存疑"
    return ("plain", "统称") if body.collective else None


def _printed(body: Body) -> str:
    """The first few ways documents print the body."""
    names = [alias.name for alias in body.aliases.all() if alias.name != body.name]
    return "、".join(names[:3]) + (f" 等 {len(names)} 种" if len(names) > 3 else "")


@require_safe
@access("directory.view")
def bodies(request: HttpRequest) -> HttpResponse:
    columns = [
        Column("name", "机构", sort=("name", "pk"), title=True, link=lambda b: reverse("directory:body", args=[b.pk])),
        Column("kind", "类别", lambda b: b.get_kind_display(), sort=("kind", "name")),
        Column("printed", "文件中的其他写法", _printed),
        Column("marks", "身份", _marks, kind="state"),
        Column("full_name", "全称", sort="full_name", optional=True),
        Column("phone", "办公电话", optional=True),
    ]
    return listing(
        request,
        Body.objects.prefetch_related("aliases"),
        columns=columns,
        filters=Bodies,
        order=("pk",),
        template="directory/bodies.html",
        caption="机构",
        export="机构",
        empty="载入规范包后，文件中出现的机构会列在这里。",
    )


@require_safe
@access("directory.view")
def body(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.body_details(pk)
    if found is None:
        found = get_object_or_404(Body, pk=pk)
    user: Any = request.user
    context = {
        "body": found,
        "panels": hooks.panels(found, user),
        "may_edit": user.may("directory.edit", body=found),
        "may_personal": user.may("directory.personal", body=found),
        "today": when.today(),
    }
    return render(request, "directory/body.html", context)


@require_POST
@access("directory.edit")
def confirm_succession(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    row = get_object_or_404(Succession.objects.select_related("old", "new"), pk=pk)
    if not user.may("directory.edit", body=row.old):
        raise PermissionDenied("directory.edit")
    actions.confirm_succession(row, by=user.as_actor(), note=request.POST.get("note", ""))
    messages.success(request, "职能承接已确认")
    return redirect("directory:body", pk=row.old_id)


class People(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="姓名", field_name="name", lookup_expr="icontains")
    body = django_filters.CharFilter(label="单位", method="of_body")

    def of_body(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        found = queries.resolve(value)
        return rows.filter(body=found) if found else rows.filter(body__name__icontains=value)


def _posts(person: Person) -> list[str]:
    held: list[Holding] = person.current  # type: ignore[attr-defined]
    return [str(row.post) for row in held]


@require_safe
@access("directory.view")
def people(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    own = {body.pk for body in user.bodies() if user.may("directory.personal", body=body)}
    everywhere = not own and user.may("directory.personal")
    edits = user.may("directory.edit")
    today = when.today()
    current = Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=today), since__lte=today)
    rows = Person.objects.select_related("body").prefetch_related(
        Prefetch("holdings", current.select_related("post__body"), to_attr="current")
    )
    columns = [
        Column(
            "name",
            "姓名",
            sort=("name", "pk"),
            title=True,
            link=lambda p: reverse("directory:change-person", args=[p.pk]) if edits else "",
        ),
        Column("posts", "现任岗位", _posts),
        Column("body", "单位", lambda p: p.body and p.body.name, sort=("body__name", "pk")),
        Column(
            "phone",
            "手机",
            lambda p: mask_phone(p.phone) or None,
            link=lambda p: (
                reverse("directory:reveal", args=[p.pk]) if p.phone and (everywhere or p.body_id in own) else ""
            ),
        ),
        Column("synthetic", "标记", lambda p: ("synthetic", "演示数据") if p.synthetic else None, kind="state"),
    ]
    return listing(
        request,
        rows,
        columns=columns,
        filters=People,
        order=("name", "pk"),
        template="directory/people.html",
        context={"may_edit": edits},
        caption="人员",
        empty="登记人员后，会列在这里。",
    )


class Why(forms.Form):
    why = forms.CharField(
        label="事由", max_length=200, help_text="将与您的姓名、时间一起记入账本。例如：通知启动三级响应。"
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access("directory.personal")
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """The full number, after saying why; the reading is recorded first."""
    user: Any = request.user
    person = get_object_or_404(Person.objects.select_related("body"), pk=pk)
    if not user.may("directory.personal", body=person.body):
        raise PermissionDenied("directory.personal")
    form, shown = Why(request.POST or None), False
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["why"]
        attempt(form, lambda: actions.read_personal(user.as_actor(), f"person:{person.pk}", ["phone"], why))
        shown = form.is_valid()
    context = {"person": person, "form": form, "shown": shown}
    return render(request, "directory/reveal.html", context, status=422 if form.errors else 200)


class Areas(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="名称或编码", method="search")
    sort = django_filters.ChoiceFilter(
        label="层级", choices=list(AREA_SORTS.items()), empty_label="全部", field_name="sort"
    )
    on = django_filters.DateFilter(label="某日有效", method="at", widget=forms.DateInput({"type": "date"}))

    def search(self, rows: QuerySet[Area], name: str, value: str) -> QuerySet[Area]:
        return rows.filter(Q(name__icontains=value) | Q(full_name__icontains=value) | Q(code__startswith=value))

    def at(self, rows: QuerySet[Area], name: str, value: Any) -> QuerySet[Area]:
        return rows.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=value),
            Q(valid_until__isnull=True) | Q(valid_until__gte=value),
        )


def _limits(area: Area) -> tuple[str, str] | None:
    if not area.limits:
        return None
    unsettled = sum(limit.get("inclusion", "unresolved") == "unresolved" for limit in area.limits)
    return ("unknown", f"{unsettled} 侧边界未明确") if unsettled else ("ok", "四至明确")


@require_safe
@access("directory.view")
def areas(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    columns = [
        Column("name", "区域", sort=("name", "pk"), title=True, link=lambda a: reverse("directory:area", args=[a.pk])),
        Column("code", "编码", sort=("code", "pk")),
        Column("level", "层级", lambda a: a.get_sort_display(), sort=("sort", "pk")),
        Column("parent", "上级", lambda a: a.parent and a.parent.name),
        Column("valid_from", "生效", kind="day", sort=("valid_from", "pk")),
        Column("valid_until", "失效", kind="day", sort=("valid_until", "pk")),
        Column("limits", "四至", _limits, kind="state"),
    ]
    return listing(
        request,
        Area.objects.select_related("parent"),
        columns=columns,
        filters=Areas,
        order=("code", "pk"),
        template="directory/areas.html",
        context={"may_edit": user.may("directory.edit")},
        caption="区域",
        export="区域",
        empty="载入规范包或登记区域后，会列在这里。",
    )


@require_safe
@access("directory.view")
def area(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Area.objects.select_related("parent", "body"), pk=pk)
    user: Any = request.user
    limits = [
        {**limit, "word": actions.SIDES.get(limit.get("side", ""), ""), "of": _inclusion(limit)}
        for limit in found.limits
    ]
    context = {
        "area": found,
        "limits": limits,
        "versions": Area.objects.filter(pack=found.pack, code=found.code).order_by("-valid_from", "-pk")[:50],
        "children": found.children.order_by("code", "pk")[:200],
        "may_edit": user.may("directory.edit", area=found),
        "current": found.valid_until is None,
    }
    return render(request, "directory/area.html", context)


def _inclusion(limit: dict[str, Any]) -> str:
    return actions.INCLUSIONS.get(limit.get("inclusion", "unresolved"), "未明确")


@require_POST
@access("directory.edit")
def decide_limit(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    found = get_object_or_404(Area, pk=pk)
    if not user.may("directory.edit", area=found):
        raise PermissionDenied("directory.edit")
    side, inclusion = request.POST.get("side", ""), request.POST.get("inclusion", "")
    if not side:
        raise BadInput("请选择方位", field="side")
    actions.decide_limit(found, side, inclusion, by=user.as_actor(), why=request.POST.get("why", ""))
    messages.success(request, f"{actions.SIDES[side]}侧边界已明确")
    return redirect("directory:area", pk=pk)
