"""接报, reports that wait, and the systems that report by themselves."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from luoshi.emergency import actions, feeds, flood, heard, intake, tuning
from luoshi.emergency.forms_channels import LATER, NEW, FeedForm, IntakeForm, PlaceForm
from luoshi.emergency.models import Feed, Incident, Signal
from luoshi.emergency.powers import powers
from luoshi.emergency.sitting import Asked
from luoshi.faces import lists
from luoshi.faces.forms import attempt, confirm
from luoshi.faces.lists import Column
from luoshi.kernel.acting import access
from luoshi.ledger.actions import recording

OFFERED = 40  # open incidents offered to join; the newest first


def _open() -> list[Incident]:
    return list(Incident.objects.filter(state=Incident.State.OPEN, drill=None).order_by("-opened_at", "-pk")[:OFFERED])


@require_http_methods(["GET", "POST"])
@access("emergency.intake")
def take(request: HttpRequest) -> HttpResponse:
    """接报登记: kept first, then put where it belongs."""
    form = IntakeForm(request.POST or None, incidents=_open(), initial={"where": request.GET.get("incident", NEW)})
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: (_taken(form, request.user),))
        if done is not None:
            signal, incident = done[0]
            messages.success(
                request, f"已记下{signal.reporter}的来报" + (f"，重复 {signal.repeats} 次" if signal.repeats else "")
            )
            return redirect("emergency:incident", incident.pk) if incident else redirect("emergency:signals")
    context = {"form": form, "title": "接报", "button": "记下"}
    return render(request, "emergency/intake.html", context, status=422 if form.errors else 200)


def _taken(form: IntakeForm, user: Any) -> tuple[Signal, Incident | None]:
    """The report, and the incident it went to: both or neither."""
    data, told = form.cleaned_data, form.heard()
    with recording():
        joined = form.incidents.get(data["where"])
        signal = intake.record(
            told, user, incident=joined, contact=data["contact"], channel=heard.SOURCES[told.source],
            clause=data["clause"],
        )  # fmt: skip
        if joined is not None:
            actions.note(joined, f"并入来报：{signal.reporter}：{signal.text[:120]}", user, Asked(), cite=signal.clause)
        if data["where"] == NEW and signal.incident is None:
            joined = _opened(signal, data["title"], user, form.asked())
        return signal, joined or signal.incident


def _opened(signal: Signal, title: str, user: Any, asked: Asked) -> Incident:
    name = title.strip() or signal.text.strip().splitlines()[0][:120]
    act = actions.open_incident(
        name, user, asked, signal=signal, places=signal.places, exercise=signal.exercise,
        occurred_at=heard.happened(signal.occurred_at, signal.received_at) if signal.occurred_at else None,
    )  # fmt: skip
    return act.incident


class SignalFilter(django_filters.FilterSet):  # type: ignore[misc]
    q = django_filters.CharFilter(label="内容、报告人", method="words")
    state = django_filters.ChoiceFilter(label="状态", choices=Signal.State.choices, empty_label="全部")
    source = django_filters.ChoiceFilter(label="来源", choices=list(heard.SOURCES.items()), empty_label="全部")
    exercise = django_filters.ChoiceFilter(
        label="性质", choices=[("0", "真实"), ("1", "演练")], method="kind", empty_label="全部"
    )

    def words(self, rows: QuerySet[Signal], name: str, value: str) -> QuerySet[Signal]:
        return rows.filter(text__icontains=value) | rows.filter(reporter__icontains=value)

    def kind(self, rows: QuerySet[Signal], name: str, value: str) -> QuerySet[Signal]:
        return rows.filter(exercise=value == "1")


def _state(row: Signal) -> tuple[str, str]:
    return {"new": "warn", "joined": "info", "dismissed": "plain"}[row.state], row.get_state_display()


COLUMNS = [
    Column("state", "状态", _state, kind="state"),
    Column("text", "来报", lambda row: f"{row.reporter}：{row.text.partition(chr(10))[0][:80]}", title=True,
           link=lambda row: reverse("emergency:signal", args=[row.pk])),
    Column("source", "来源", lambda row: heard.SOURCES.get(row.source, row.source)),
    Column("last_at", "最近一次", kind="moment", sort="last_at"),
    Column("repeats", "重复", kind="number", sort="repeats"),
    Column("status", "对方称", lambda row: heard.STATUSES.get(row.status, row.status)),
    Column("incident", "事件", lambda row: row.incident.number if row.incident else "",
           link=lambda row: reverse("emergency:incident", args=[row.incident_id]) if row.incident_id else ""),
    Column("received_at", "接报", kind="moment", sort="received_at", optional=True),
]  # fmt: skip


@require_safe
@access("emergency.read")
def signals(request: HttpRequest) -> HttpResponse:
    rows = Signal.objects.select_related("incident").defer("raw")
    return lists.listing(
        request, rows, columns=COLUMNS, filters=SignalFilter, order=("-last_at", "-pk"),
        template="emergency/signals.html", export="来报.csv", caption="来报",
        context={"flood": flood.gauge(), **powers(request)},
        empty="有人报告、或监测系统来报后，列在这里。",
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def signal(request: HttpRequest, pk: int) -> HttpResponse:
    """One report as it came in; while it waits, where it belongs."""
    row = get_object_or_404(Signal.objects.select_related("incident", "feed__body"), pk=pk)
    user: Any = request.user
    may = user.may("emergency.intake") and row.state == Signal.State.NEW
    form = PlaceForm(request.POST or None, incidents=_open()) if may else None
    if form is not None and request.method == "POST" and form.is_valid():
        kept = form
        done = attempt(kept, lambda: (_place(row, kept, user),))
        if done is not None:
            return redirect("emergency:incident", done[0].pk)
    seen = heard.skew(row.sent_at or row.occurred_at, row.received_at)
    context = {
        "row": row, "form": form, "state": _state(row), "source": heard.SOURCES.get(row.source, row.source),
        "status": heard.STATUSES.get(row.status, row.status), "ahead": int(seen.total_seconds()) if seen else 0,
        **powers(request),
    }  # fmt: skip
    return render(request, "emergency/signal.html", context, status=422 if form and form.errors else 200)


def _place(row: Signal, form: PlaceForm, user: Any) -> Incident:
    known = form.incidents.get(form.cleaned_data["where"])
    if known is None:
        return _opened(row, form.cleaned_data["title"], user, form.asked())
    return actions.join_signal(known, row, user, form.asked()).incident


@require_http_methods(["GET", "POST"])
@access("emergency.intake")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Signal, pk=pk)
    return confirm(
        request, lambda reason: intake.dismiss(row, reason, request.user), title="不立案",
        follows=["来报留在记录中，不进入任何事件", "以后有同样的来报，会另外记下"], button="不立案",
        back=reverse("emergency:signals"), done="已记为不立案", facts=[("来报", f"{row.reporter}：{row.text[:120]}")],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@access("emergency.setup")
def feed_list(request: HttpRequest) -> HttpResponse:
    """接入渠道: systems that report by themselves; a key is shown once, when it is made."""
    form = FeedForm(request.POST or None)
    key = ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form, lambda: feeds.open_feed(data["name"], request.user, body=data["body"], exercise=data["exercise"])
        )
        if made is not None:
            key, form = made[1], FeedForm()
    context = {
        "rows": Feed.objects.select_related("body"), "form": form, "key": key, "settings": tuning.on(),
        "alerts": request.build_absolute_uri("/api/v1/emergency/alerts"),
        "cap": request.build_absolute_uri("/api/v1/emergency/cap"), "title": "接入渠道", "flood": flood.gauge(),
    }  # fmt: skip
    return render(request, "emergency/feeds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("emergency.setup")
def feed_close(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Feed, pk=pk)
    return confirm(
        request, lambda reason: feeds.close_feed(row, reason, request.user), title=f"停用接入渠道：{row.name}",
        follows=["它的令牌立即失效，来报被拒", "已收到的来报都保留"], button="停用", danger=True,
        back=reverse("emergency:feeds"), done=f"已停用{row.name}",
    )  # fmt: skip


__all__ = ["LATER", "dismiss", "feed_close", "feed_list", "signal", "signals", "take"]
