"""Resources: registers by sort with what is out, one resource with its moves, workbooks in and out."""

from __future__ import annotations

from typing import Any

import django_filters as df
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from luoshi.emergency import resources, stock, workbook_resources
from luoshi.emergency.forms_resources import AssetForm, FileForm, MoveForm
from luoshi.emergency.models import Asset, AssetMove, Response
from luoshi.emergency.powers import powers
from luoshi.emergency.stock import KINDS, MOVES
from luoshi.faces.downloads import attached
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access

WORDS = {"ready": "ok", "upkeep": "warn", "retired": "plain"}


class AssetFilter(df.FilterSet):  # type: ignore[misc]
    q = df.CharFilter(label="名称、单位", method="by_words")
    state = df.ChoiceFilter(label="状态", choices=list(resources.STATES.items()), empty_label="全部")

    class Meta:
        model = Asset
        fields: list[str] = []

    def by_words(self, rows: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        words = value.strip()
        return rows.filter(Q(name__icontains=words) | Q(owner_name__icontains=words) | Q(place__icontains=words))


def _columns(kind: str) -> tuple[Column, ...]:
    extra = tuple(
        Column(f"x_{key}", label, lambda a, key=key: a.data.get(key), optional=i > 1)  # type: ignore[misc]
        for i, (key, label) in enumerate(KINDS[kind].extra)
    )
    return (
        Column("name", "名称", title=True, sort="name", link=lambda a: reverse("emergency:asset", args=[a.pk])),
        Column("owner_name", "归属单位", sort="owner_name"),
        Column("quantity", "总数", lambda a: f"{a.quantity} {a.unit}", kind="number", sort="quantity"),
        Column("free", "可用", lambda a: a.quantity - resources.away(a), kind="number"),
        Column("out", "在外", lambda a: resources.away(a) or None, kind="number"),
        *extra,
        Column("place", "地点", optional=True),
        Column("contact", "联系人", optional=True),
        Column("checked_on", "最近检查", kind="day", sort="checked_on"),
        Column("state", "状态", lambda a: (WORDS[a.state], resources.STATES[a.state]), kind="state", sort="state"),
        Column("synthetic", "性质", lambda a: ("synthetic", "演示数据") if a.synthetic else None, kind="state"),
    )


@require_GET
@access("emergency.read")
def registers(request: HttpRequest, kind: str = "team") -> HttpResponse:
    """The register of one sort; the tabs count all of them."""
    if kind not in KINDS:
        raise Http404("没有这类资源")
    counts = resources.counts()
    tabs = [(code, k.label, counts[code]["rows"], code == kind) for code, k in KINDS.items()]
    context = {"kind": kind, "sort": KINDS[kind], "tabs": tabs, "counts": counts[kind]}
    return listing(
        request,
        resources.rows(kind),
        columns=_columns(kind),
        filters=AssetFilter,
        order=("name", "pk"),
        export=f"{KINDS[kind].label}.csv",
        template="emergency/resources.html",
        context=context | powers(request),
        empty=f"还没有登记{KINDS[kind].label}。可以逐项登记，或用模板填好后导入。",
        caption=KINDS[kind].label,
    )


@require_http_methods(["GET", "POST"])
@access("emergency.resource")
def new_asset(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404("没有这类资源")
    form = AssetForm(request.POST or None, kind=kind)
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: resources.save(kind, form.given(), request.user))
        if row is not None:
            messages.success(request, f"已登记：{row.name}")
            return redirect("emergency:asset", row.pk)
    return _form(
        request, form, f"登记{KINDS[kind].label}", reverse("emergency:resources_of", args=[kind]), KINDS[kind].help
    )


@require_http_methods(["GET", "POST"])
@access("emergency.resource")
def change_asset(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Asset, pk=pk)
    form = AssetForm(request.POST or None, kind=row.kind, asset=row)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: resources.save(row.kind, form.given(), request.user, asset=row))
        if saved is not None:
            messages.success(request, "已保存")
            return redirect("emergency:asset", pk)
    return _form(
        request,
        form,
        f"修改：{row.name}",
        reverse("emergency:asset", args=[pk]),
        "数量由采购、报废等办理改变，不在这里改。",
    )


def _form(request: HttpRequest, form: Any, title: str, back: str, lead: str = "") -> HttpResponse:
    context = {"form": form, "title": title, "back": back, "lead": lead}
    return render(request, "faces/form.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def asset(request: HttpRequest, pk: int) -> HttpResponse:
    """One resource: what there is, what is out and where, everything that happened to it; moving it."""
    row = get_object_or_404(Asset.objects.select_related("owner", "area"), pk=pk)
    may = powers(request)
    form = MoveForm(request.POST or None)
    if request.method == "POST" and may["perms_resource"] and form.is_valid():
        data = form.cleaned_data
        made = attempt(form, lambda: resources.move(
            row, data["kind"], data["quantity"], request.user, incident=data["incident"], cost_fen=data["cost"],
            note=data["note"],
        ))  # fmt: skip
        if made is not None:
            messages.success(request, f"已记：{MOVES[made.kind].label} {made.quantity}")
            return redirect("emergency:asset", pk)
    moves = list(row.moves.select_related("incident").order_by("-at", "-pk")[:200])
    at = resources.stock_of(row)
    context = {
        "asset": row, "sort": KINDS[row.kind], "stock": at, "form": form, "out": _out(at, moves),
        "state": (WORDS[row.state], resources.STATES[row.state]),
        "moves": [(m, MOVES[m.kind].label, _delay(m)) for m in moves],
        "extra": [(label, row.data.get(key)) for key, label in KINDS[row.kind].extra],
    }  # fmt: skip
    return render(request, "emergency/asset.html", context | may, status=422 if form.is_bound and form.errors else 200)


def _out(at: stock.Stock, moves: list[AssetMove]) -> list[tuple[Any, int]]:
    known = {m.incident_id: m.incident for m in moves if m.incident is not None}
    return [(known.get(incident), n) for incident, n in at.out.items()]


def _delay(move: AssetMove) -> str:
    """How long after the end of the response it came back: measured (及时), never judged."""
    if move.kind != "return" or move.incident_id is None:
        return ""
    ended = Response.objects.filter(case__incident=move.incident_id, state="ended").order_by("-ended_at").first()
    if ended is None or ended.ended_at is None:
        return "响应尚未结束"
    seconds = int((move.at - ended.ended_at).total_seconds())
    if seconds < 0:
        return "结束前归还"
    days, hours = seconds // 86400, seconds // 3600 % 24
    return f"结束后 {f'{days} 天 ' if days else ''}{hours} 小时 {seconds // 60 % 60} 分归还"


@require_GET
@access("emergency.read")
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The register as .xlsx; `empty=1` is the sheet to fill in."""
    if kind not in KINDS:
        raise Http404("没有这类资源")
    rows = [] if request.GET.get("empty") else Asset.objects.filter(kind=kind).order_by("name", "pk")
    name = f"{KINDS[kind].label}{'-模板' if request.GET.get('empty') else f'-{when.today()}'}.xlsx"
    return attached(workbook_resources.export(kind, rows), name)


@require_http_methods(["GET", "POST"])
@access("emergency.resource")
def bring_in(request: HttpRequest, kind: str) -> HttpResponse:
    """A workbook: every row is checked; one bad row, and nothing is stored."""
    if kind not in KINDS:
        raise Http404("没有这类资源")
    form = FileForm(request.POST or None, request.FILES or None)
    found = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        data = given.read()
        found = attempt(form, lambda: workbook_resources.check(kind, data, given.name))
        if found is not None and not found.errors and not form.cleaned_data["only_check"]:
            stored = attempt(form, lambda: workbook_resources.store(kind, data, given.name, request.user))
            if stored is not None:
                messages.success(request, f"已入库：新登记 {stored[0]} 项，更新 {stored[1]} 项")
                return redirect("emergency:resources_of", kind)
    wrong = bool(form.errors or (found and found.errors))
    context = {
        "form": form,
        "kind": kind,
        "sort": KINDS[kind],
        "found": found,
        "columns": workbook_resources.columns(kind),
    }
    return render(request, "emergency/resources_import.html", context, status=422 if wrong else 200)
