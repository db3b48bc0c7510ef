"""The duty officer's desk and an incident's page: what is open, what to do next, what nobody knows yet."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_POST

from luoshi.emergency import actions, flood, forms_facts, queries
from luoshi.emergency.actions import Asked, Stated
from luoshi.emergency.live import Table
from luoshi.emergency.models import Act, Incident
from luoshi.emergency.powers import powers
from luoshi.faces import lists
from luoshi.faces.lists import Column
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused

SHOWN = 12


def place(name: str, *args: Any) -> str:
    """The address of a screen another part of the room brings; empty while it is not there."""
    try:
        return reverse(f"emergency:{name}", args=args)
    except NoReverseMatch:
        return ""


@require_GET
@access("emergency.read")
def desk(request: HttpRequest) -> HttpResponse:
    rows = list(queries.open_now()[: SHOWN + 1])
    signals = queries.unplaced()
    context = {
        "rows": [(row, queries.running_of(row)) for row in rows[:SHOWN]],
        "more": len(rows) > SHOWN,
        "signals": list(signals[:6]),
        "signal_count": signals.count(),
        "unanswered": list(queries.unanswered()[:8]),
        "flood": flood.gauge(),
        "intake_url": place("intake"),
        "signals_url": place("signals"),
        **powers(request),
    }
    return render(request, "emergency/desk.html", context)


class IncidentFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="事件、编号", method="words")
    state = django_filters.ChoiceFilter(label="状态", choices=Incident.State.choices)
    exercise = django_filters.ChoiceFilter(
        label="性质", choices=[("0", "真实事件"), ("1", "演练")], method="kind", empty_label="全部"
    )
    opened_at = django_filters.DateFromToRangeFilter(label="接报日期")

    class Meta:
        model = Incident
        fields = ["q", "state", "exercise", "opened_at"]

    def words(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return rows.filter(Q(title__icontains=value) | Q(number__icontains=value))

    def kind(self, rows: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return rows.filter(exercise=value == "1")


def _runs(row: Incident) -> str:
    words = {"proposed": "（待确认、启动）", "confirmed": "（已确认，待启动）", "assisting": "（配合上级）"}
    return "；".join(f"{plan}号{told}{words.get(state, '')}" for plan, _, told, state in queries.running_of(row))


@require_GET
@access("emergency.read")
def incidents(request: HttpRequest) -> HttpResponse:
    columns = [
        Column(
            "title", "事件", link=lambda row: reverse("emergency:incident", args=[row.pk]), title=True, sort="title"
        ),
        Column("number", "编号", sort="number"),
        Column(
            "exercise", "性质", value=lambda row: ("info", "演练") if row.exercise else ("plain", "真实"), kind="state"
        ),
        Column("runs", "运行", value=_runs),
        Column("state", "状态", value=lambda row: row.get_state_display(), sort="state"),
        Column("opened_at", "接报", kind="moment", sort="opened_at"),
        Column("closed_at", "结案", kind="moment", sort="closed_at", optional=True),
    ]
    return lists.listing(
        request, queries.incidents(), columns=columns, filters=IncidentFilter, order=("-opened_at", "-pk"),
        template="emergency/incidents.html", export="应急事件.csv", caption="应急事件",
        empty="接报立案后，事件列在这里。",
    )  # fmt: skip


@require_GET
@access("emergency.read")
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    page = queries.page(pk)
    if page is None:
        raise Http404("没有这个事件")
    found = page.incident
    context = {
        "page": page,
        "incident": found,
        "may": powers(request),
        "reporters": list(dict.fromkeys(signal.reporter for signal in page.signals)),
        "links": [
            (label, url)
            for label, url in (
                ("大屏", place("wall", found.pk)),
                ("通知与叫应", place("callouts", found.pk)),
                ("任务", place("tasks", found.pk)),
                ("信息报告", place("reports", found.pk)),
                ("催报核实", place("superior_queries", found.pk)),
                ("费用", place("costs", found.pk)),
                ("评估与后期处置", place("aftermath", found.pk)),
                ("证据包", place("evidence", found.pk) if powers(request)["perms_review"] else ""),
                ("处置记录", place("log", found.pk)),
            )
            if url
        ],
        "once": actions_key(),
        **powers(request),
    }
    return render(request, "emergency/incident.html", context)


def actions_key() -> str:
    from uuid import uuid4

    return uuid4().hex


@require_GET
@access("emergency.read")
def news(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether the incident has moved since the page was drawn: one query, an empty answer when it has not."""
    version = Incident.objects.filter(pk=pk).values_list("version", flat=True).first()
    if version is None:
        raise Http404("没有这个事件")
    seen = request.GET.get("version", "")
    last = Act.objects.filter(incident=pk).order_by("-at", "-id").first() if str(version) != seen else None
    return render(request, "emergency/_news.html", {"last": last, "pk": pk, "version": seen or version})


@require_GET
@access("emergency.read")
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole log, page by page, with CSV."""
    found = get_object_or_404(Incident, pk=pk)
    columns = [
        Column("at", "时间", kind="moment", sort="at"),
        Column("text", "事项", title=True),
        Column("actor", "由谁", value=lambda row: row.actor + (f"（{row.post}）" if row.post else "")),
        Column("cite", "依据", kind="citation"),
        Column("reading", "所依解释", template="emergency/_reading.html"),
        Column("entry", "台账序号", kind="number"),
    ]
    return lists.listing(
        request, found.acts.select_related("case"), columns=columns, filters=None, order=("at", "pk"),
        template="emergency/log.html", context={"incident": found}, export=f"处置记录{found.number}.csv",
        empty="还没有处置记录。", caption="处置记录",
    )  # fmt: skip


@require_POST
@access("emergency.intake")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One tap: 是, 否, 不知道, or one of a few words, for one fact."""
    found = get_object_or_404(Incident, pk=pk)
    name, _, value = request.POST.get("answer", "").partition("=")
    words: dict[str, Any] = {"yes": True, "no": False, "unknown": None}
    stated = Stated(name, words.get(value, value), "值班员核实", request.POST.get("reporter", ""))
    try:
        act = actions.add_facts(found, [stated], request.user, Asked(once=request.POST.get("once", "")))
        messages.success(request, act.text)
    except (BadInput, Refused) as error:
        messages.error(request, error.reason)
    return redirect(reverse("emergency:incident", args=[pk]) + "#ask")


@access("emergency.intake")
def fact(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One fact, typed in full: value, source, who said it, what time it speaks of."""
    from luoshi.faces.forms import attempt

    found = get_object_or_404(Incident, pk=pk)
    table = Table(found)
    row = table.desk.plans.vocabulary.facts.get(name)
    if row is None or name == "triage" or row.act:
        raise Http404("没有这个事实")
    form = forms_facts.FactForm(request.POST or None, table=table, name=name)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        stated = Stated(name, form.value(), data["source"], data["reporter"], data["at"])
        attempt(form, lambda: actions.add_facts(found, [stated], request.user, Asked(once=data["once"])))
        if form.is_valid():
            messages.success(request, "已记录")
            return redirect("emergency:incident", pk)
    context = {"incident": found, "form": form, "title": row.label or name, "cite": row.cite,
               "known": table.known.get(name), "button": "记录"}  # fmt: skip
    return render(request, "emergency/fact.html", context, status=422 if form.errors else 200)


@access("emergency.intake")
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    """Every fact the plans ask for, with what is known of each; narrowed by words in the URL."""
    found = get_object_or_404(Incident, pk=pk)
    table = Table(found)
    words = request.GET.get("q", "").strip()
    rows = [
        (row, table.known.get(row.name))
        for row in table.desk.plans.vocabulary.facts.values()
        if row.name != "triage" and not row.act and words in f"{row.label}{row.name}"
    ]
    return render(request, "emergency/facts.html", {"incident": found, "rows": rows, "words": words})


@access("emergency.intake")
def settle(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Reporters disagree: which one holds, and why."""
    from luoshi.faces.forms import attempt

    found = get_object_or_404(Incident, pk=pk)
    table = Table(found)
    known = table.known.get(name)
    if known is None or not any(row.value is not None for row in known.standing):
        raise Http404("这个事实没有可以采信的说法")
    form = forms_facts.SettleForm(request.POST or None, table=table, name=name)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        asked = Asked(reason=data["reason"], once=data["once"])

        def act() -> Act:
            if data["choice"] == "join":
                return actions.join_facts(found, name, request.user, asked)
            row = found.facts.get(pk=int(data["choice"]))
            return actions.choose_fact(found, row, request.user, asked)

        attempt(form, act)
        if form.is_valid():
            messages.success(request, "已采信")
            return redirect("emergency:incident", pk)
    from luoshi.emergency import stating

    label = table.desk.plans.vocabulary.label(name)
    context = {"incident": found, "form": form, "title": f"采信：{label}", "button": "采信",
               "cite": stating.cite_of(table, name), "known": known}  # fmt: skip
    return render(request, "emergency/fact.html", context, status=422 if form.errors else 200)
