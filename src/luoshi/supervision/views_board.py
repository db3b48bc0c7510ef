"""The screens that answer: what is late and whose, what is mine, what falls due when, who does well."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from luoshi.directory.queries import calendar as working_calendar
from luoshi.faces import charts
from luoshi.faces.heat import Day, heat
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.supervision import queries, rulebook
from luoshi.supervision.engine import STATE_LABELS, State
from luoshi.supervision.filters import DutyFilter
from luoshi.supervision.models import Conflict, Duty
from luoshi.supervision.scoring import formula


def url_of(duty: Duty) -> str:
    return reverse("supervision:duty", args=[duty.pk])


def lead_words(duty: Duty) -> str:
    names = [b.printed for b in duty.bodies.all() if b.role == "lead"]
    return "、".join(names[:3]) + (f" 等 {len(names)} 个" if len(names) > 3 else "") if names else "未列"


def cooperating(duty: Duty) -> str:
    return "、".join(b.printed for b in duty.bodies.all() if b.role != "lead")


def percent(value: int | None) -> str | None:
    return None if value is None else f"{value}%"


COLUMNS = (
    Column("light", "灯", lambda d: (d.light, d.light_why), kind="light", sort=("light", "due")),
    Column("title", "事项", sort="title", link=url_of, title=True),
    Column("lead", "牵头（负责）", lead_words),
    Column("due", "下一期限", kind="day", sort="due"),
    Column("state", "状态", "get_state_display", sort="state"),
    Column("citation", "出处", kind="citation", sort="citation"),
    Column(
        "progress", "进度", lambda d: None if d.progress is None else f"{d.progress}%", kind="number", optional=True
    ),
    Column("document", "文件", "instrument.number", optional=True),
    Column("key", "编号", optional=True),
    Column(
        "cooperate", "配合", lambda d: "、".join(b.printed for b in d.bodies.all() if b.role != "lead"), optional=True
    ),
)


@require_GET
@access("supervision.read")
def board(request: HttpRequest) -> HttpResponse:
    """What is late and whose: four axes, each number a link to its list."""
    found = queries.board()
    burn = queries.burn_down()
    chart = ""
    if burn:
        chart = charts.lines(
            [month for month, _, _ in burn],
            {"未销号": [n for _, n, _ in burn], "期限要求": [n for _, _, n in burn]},
            title="有期限的事项还剩多少没有销号",
            unit="项",
            colours={"未销号": "accent", "期限要求": "plan"},
            note="虚线：假如每项都按期限销号，月末应剩多少。",
        )
    context = {
        "board": found,
        "late": queries.late(8),
        "chart": chart,
        "bodies": found.bodies[:15],
        "more_bodies": found.bodies[15:],
        "documents": _bars(found.documents, "各文件事项的灯"),
        "conflicts": Conflict.objects.filter(state=Conflict.State.OPEN).count(),
        "proposals": Duty.objects.filter(status=Duty.Status.PROPOSED).count(),
        "today": when.today(),
    }
    return render(request, "supervision/board.html", context)


def _bars(rows: list[queries.Row], title: str) -> str:
    shown = rows[:12]
    series = {
        label: [r.count(light) for r in shown]
        for light, label in (("red", "逾期"), ("yellow", "临期"), ("grey", "未知"), ("green", "正常"))
    }
    colours = {"逾期": "late", "临期": "warn", "未知": "unknown", "正常": "ok"}
    return charts.bars(
        [r.label for r in shown], series, title=title, unit="项", colours=colours, stacked=True, horizontal=True
    )


@require_GET
@access("supervision.read")
def duties(request: HttpRequest) -> HttpResponse:
    return listing(
        request,
        queries.rows(),
        columns=COLUMNS,
        filters=DutyFilter,
        order=("due", "id"),
        export="督办事项.csv",
        template="supervision/duties.html",
        empty="载入规范包或导入公报并立项后，事项会列在这里。",
        caption="督办事项",
    )


@require_GET
@access("supervision.read")
def mine(request: HttpRequest) -> HttpResponse:
    """What I must do now: a supervisor's desk, or the duties of the bodies I act for."""
    user: Any = request.user
    bodies = [b.pk for b in user.bodies()]
    if user.may("supervision.supervise") and not bodies:
        rows = queries.rows().filter(
            Q(state__in=[State.COMPLETION_REQUESTED, State.VERIFYING]) | Q(state=State.ESTABLISHED, goal=False)
        )
        lead = "等您分办、核验的事项。"
    else:
        rows = queries.for_bodies(bodies).exclude(state=State.CLOSED)
        lead = "您所在单位牵头或配合、还没有销号的事项。"
    waiting = dict.fromkeys(State, 0)
    for row in rows.order_by().values("state").annotate(n=Count("id")):
        waiting[State(row["state"])] = row["n"]
    return listing(
        request,
        rows,
        columns=COLUMNS,
        filters=DutyFilter,
        order=("due", "id"),
        template="supervision/mine.html",
        context={"waiting": waiting, "labels": STATE_LABELS, "words": lead, "bodies": user.bodies()},
        empty="眼下没有要您办的督办事项。",
        caption="我的督办事项",
    )


@require_GET
@access("supervision.read")
def calendar(request: HttpRequest) -> HttpResponse:
    """Deadlines by day, three months at a time; one day opened as a list."""
    first = _month(request.GET.get("from", "")) or when.today().replace(day=1)
    last = (first + timedelta(days=95)).replace(day=1) - timedelta(days=1)
    counted = (
        queries.confirmed()
        .filter(due__gte=first, due__lte=last)
        .order_by()
        .values("due")
        .annotate(n=Count("id"), late=Count("id", filter=Q(light="red")))
    )
    work = working_calendar()
    days: dict[date, Day] = {}
    for row in counted:
        assert row["due"] is not None  # filtered by a range
        working = work.is_working(row["due"])
        query = urlencode({"from": f"{first:%Y-%m}", "day": row["due"].isoformat()})
        days[row["due"]] = Day(row["n"], row["late"], f"?{query}#day", None if working is None else not working)
    chosen = _day(request.GET.get("day", ""))
    context = {
        "heat": heat(days, first, 3, title="期限日历"),
        "first": first,
        "before": f"{(first - timedelta(days=80)).replace(day=1):%Y-%m}",
        "after": f"{(last + timedelta(days=1)):%Y-%m}",
        "chosen": chosen,
        "rows": queries.due_between(chosen, chosen)[:200] if chosen else [],
        "count": sum(d.count for d in days.values()),
    }
    return render(request, "supervision/calendar.html", context)


@require_GET
@access("supervision.read")
def scoreboard(request: HttpRequest) -> HttpResponse:
    rules = rulebook.on()
    rows = queries.scoreboard(rules)
    judged = [(row, score) for row, score in rows if score.points is not None]
    chart = charts.bars(
        [row.label for row, _ in judged[:15]],
        {"得分": [score.points for _, score in judged[:15]]},
        title="得分（前 15）",
        unit="分",
        horizontal=True,
    )
    context = {"rows": rows, "formula": formula(rules.weights), "chart": chart if judged else "", "rules": rules}
    return render(request, "supervision/scoreboard.html", context)


def _month(text: str) -> date | None:
    return _day(f"{text[:7]}-01")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
