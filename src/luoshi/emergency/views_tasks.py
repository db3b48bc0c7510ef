"""Call-out and tasks: who has answered, whom to telephone; what each group has to do, on a phone too."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from luoshi.emergency import callboard, calling, tasks
from luoshi.emergency.forms_channels import WordsForm
from luoshi.emergency.live import Table
from luoshi.emergency.models import LIVE, Incident, Response, Task
from luoshi.emergency.powers import powers
from luoshi.emergency.sitting import Asked
from luoshi.faces import lists
from luoshi.faces.forms import attempt
from luoshi.faces.lists import Column
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused
from luoshi.notices import actions as notices
from luoshi.notices.models import Delivery


@require_safe
@access("emergency.read")
def callouts(request: HttpRequest, pk: int) -> HttpResponse:
    return _callouts(request, get_object_or_404(Incident.objects.select_related("lane"), pk=pk))


def _callouts(request: HttpRequest, incident: Incident, typed: dict[str, Any] | None = None) -> HttpResponse:
    """`typed`: an answer that could not be written down, shown again with the reason."""
    table, user = Table(incident), request.user
    calls = callboard.of(incident)
    offers = [(row, response) for response in table.running.values()
              for row in calling.offers(table, response.case, response)]  # fmt: skip
    context = {
        "incident": incident, "calls": calls, "offers": offers, "purposes": calling.PURPOSES,
        "dial": sum(len(call.dial) for call in calls), "here": reverse("emergency:callouts", args=[incident.pk]),
        "typed": typed,
        "may_confirm": user.may("notices.confirm_for"), **powers(request),  # type: ignore[union-attr]
    }  # fmt: skip
    return render(request, "emergency/callouts.html", context, status=422 if typed else 200)


@require_POST
@access("notices.confirm_for")
def answered(request: HttpRequest, pk: int) -> HttpResponse:
    """An officer heard the code on the telephone, or writes down who said so and when."""
    found = get_object_or_404(Delivery.objects.filter(call_nodes__isnull=False).distinct(), pk=pk)
    user: Any = request.user
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, None):
        back = reverse("notices:dial")
    code, note = request.POST.get("code", "").strip(), request.POST.get("note", "").strip()
    if found.user_id == user.pk:
        raise PermissionDenied("本人请在“我的消息”里确认")
    try:
        if code:
            notices.confirm_by_code(found, code, user.as_actor())
        else:
            notices.confirm(found, user.as_actor(), "behalf", note=note)
        messages.success(request, f"已登记：{found.name}确认收到。")
    except BadInput as error:
        node = found.call_nodes.select_related("callout__incident__lane").first()
        if node is not None and back == reverse("emergency:callouts", args=[node.callout.incident_id]):
            typed = {"pk": found.pk, "code": code, "note": note, "error": error.reason}
            return _callouts(request, node.callout.incident, typed)
        messages.error(request, error.reason)
    return redirect(back)


@require_POST
@access("emergency.read")
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """按需要告知: a row of the level that is told 需要时, or one that a reading recommends."""
    response = get_object_or_404(Response.objects.select_related("case__incident"), pk=pk, state__in=LIVE)
    user: Any = request.user
    if not (user.may("emergency.intake") or user.may("emergency.command")):
        raise PermissionDenied("emergency.intake")
    try:
        calling.call_for(response, request.POST.get("who", ""), request.POST.get("reason", ""), user)
        messages.success(request, "已告知。")
    except (BadInput, Refused) as error:
        messages.error(request, error.reason)
    return redirect("emergency:callouts", response.case.incident_id)


class TaskFilter(django_filters.FilterSet):  # type: ignore[misc]
    state = django_filters.ChoiceFilter(label="状态", choices=Task.State.choices, empty_label="全部")
    group = django_filters.CharFilter(label="工作组、单位", method="whose")
    help_wanted = django_filters.ChoiceFilter(
        label="求助", choices=[("1", "求助中")], method="helped", empty_label="全部"
    )

    def whose(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return rows.filter(Q(group__icontains=value) | Q(by__icontains=value) | Q(body__name__icontains=value))

    def helped(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return rows.filter(help_wanted=True)


def _state(row: Task) -> tuple[str, str]:
    if row.help_wanted:
        return "late", "求助中"
    return {"open": "warn", "acked": "info", "done": "ok", "dropped": "plain"}[row.state], row.get_state_display()


_COLUMNS = [
    Column("state", "状态", _state, kind="state"),
    Column("what", "任务", title=True, link=lambda row: reverse("emergency:task", args=[row.pk])),
    Column("by", "承担", lambda row: row.group or row.by),
    Column("body", "单位", lambda row: row.body.name if row.body else ""),
    Column("timing", "时限用语"),
    Column("column", "性质", optional=True),
    Column("created_at", "下达", kind="moment", sort="created_at"),
    Column("acked_at", "签收", kind="moment", optional=True),
    Column("done_at", "完成", kind="moment", optional=True),
    Column("cite", "依据", kind="citation", optional=True),
]


@require_safe
@access("emergency.read")
def of_incident(request: HttpRequest, pk: int) -> HttpResponse:
    incident = get_object_or_404(Incident.objects.select_related("lane"), pk=pk)
    table = Table(incident)
    carried = [(told, response) for response in table.running.values()
               for told in tasks.recommended(table, response.case, response)]  # fmt: skip
    return lists.listing(
        request, Task.objects.filter(incident=incident).select_related("body"), columns=_COLUMNS, filters=TaskFilter,
        order=("pk",), template="emergency/tasks.html", export="任务.csv", caption="任务",
        context={"incident": incident, "carried": carried, **powers(request)},
        empty="启动响应或发布预警后，这一级的措施作为任务列在这里。",
    )  # fmt: skip


@require_safe
@access("emergency.task")
def mine(request: HttpRequest) -> HttpResponse:
    """我的应急任务: what the units I act for have to do, those not signed for first."""
    user: Any = request.user
    rows = tasks.of_bodies([body.pk for body in user.bodies()])
    return lists.listing(
        request, rows, filters=TaskFilter, order=("-help_wanted", "state", "-created_at", "-pk"),
        columns=[*_COLUMNS[:2], Column("incident", "事件", lambda row: row.incident.title), *_COLUMNS[2:]],
        template="emergency/my_tasks.html", caption="我的应急任务",
        empty="你单位所在的工作组有任务时，列在这里。",
    )  # fmt: skip


_ACTS = {
    "ack": ("签收", "", ""),
    "feedback": ("反馈", "办到哪一步", ""),
    "done": ("完成", "做了什么", "写明结果；之后不能再反馈。"),
    "help": ("求助", "需要什么", "值班员和指挥员会立即收到。"),
    "drop": ("不办", "为什么不办", "由办公室或指挥部决定。"),
}


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task: its clause, what was said of it, and what this person can do with it now."""
    row = get_object_or_404(Task.objects.select_related("incident", "case", "body"), pk=pk)
    user: Any = request.user
    may = tasks.may_act(row, user) and row.state in ("open", "acked") and row.incident.state == "open"
    code = request.POST.get("act", "")
    form = None
    if request.method == "POST":
        if code not in _ACTS or not tasks.may_act(row, user):
            raise Http404("没有这个操作") if code not in _ACTS else PermissionDenied("emergency.task")
        form = WordsForm(request.POST, label=_ACTS[code][1])
        form.fields["text"].required = code != "ack"
        kept = form
        if form.is_valid() and attempt(form, lambda: (_done(row, code, kept, user),)) is not None:
            messages.success(request, f"已{_ACTS[code][0]}：{row.what[:40]}")
            return redirect("emergency:task", pk)
    forms = [
        (
            key,
            word,
            form if form is not None and key == code else WordsForm(label=label, hint=hint, auto_id=f"{key}_%s"),
        )
        for key, (word, label, hint) in _ACTS.items()
        if key != "ack" and (key != "drop" or user.may("emergency.intake") or user.may("emergency.command"))
    ]
    context = {
        "row": row, "state": _state(row), "entries": row.entries.select_related("body"), "kinds": tasks.KINDS,
        "units": row.units.order_by("pk"), "may": may, "forms": forms, "ack": WordsForm(auto_id="ack_%s"), "form": form,
        "open": code, "body": tasks.body_for(row, user),
    }  # fmt: skip
    return render(request, "emergency/task.html", context, status=422 if form is not None and form.errors else 200)


def _done(row: Task, code: str, form: Any, user: Any) -> Any:
    asked, text = form.asked(), form.cleaned_data["text"]
    if code == "ack":
        return tasks.ack(row, user, asked)
    does = {"feedback": tasks.feedback, "done": tasks.done, "help": tasks.help_wanted, "drop": tasks.drop}
    return does[code](row, text, user, asked)


@require_POST
@access("emergency.read")
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """下达建议沿用的措施, with a reason."""
    response = get_object_or_404(Response.objects.select_related("case"), pk=pk, state__in=LIVE)
    user: Any = request.user
    if not (user.may("emergency.intake") or user.may("emergency.command")):
        raise PermissionDenied("emergency.command")
    try:
        tasks.adopt(response, request.POST.get("cite", ""), request.POST.get("reason", ""), user, Asked(via="web"))
        messages.success(request, "已下达。")
    except (BadInput, Refused) as error:
        messages.error(request, error.reason)
    return redirect("emergency:tasks", response.case.incident_id)
