"""One act on one page: what it needs, what will follow, why it is refused. The rules decide who may."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from luoshi.emergency import actions, follows
from luoshi.emergency.actions import Stated
from luoshi.emergency.forms import SPECS, ActForm
from luoshi.emergency.live import Table
from luoshi.emergency.models import WAITING, Act, Incident, Response
from luoshi.emergency.queries import end_rows
from luoshi.emergency.sitting import Asked
from luoshi.faces.forms import attempt
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused


@require_http_methods(["GET", "POST"])
@access("emergency.read")
def act(request: HttpRequest, pk: int, code: str, plan: str = "") -> HttpResponse:
    """The form of an act; a POST does it. Whoever holds none of its permissions gets no form at all."""
    spec = SPECS.get(code)
    found = get_object_or_404(Incident, pk=pk)
    table = Table(found)
    if spec is None or spec.plan != bool(plan) or (plan and plan not in table.cases):
        raise Http404("没有这个操作")
    user: Any = request.user
    if not any(user.may(permission) for permission in spec.who):
        raise PermissionDenied(spec.who[0])
    if request.method == "POST" and _done_before(request, found):
        return redirect("emergency:incident", pk)
    _not_now(code, table, plan)
    form = ActForm(request.POST or None, spec=spec, table=table, slug=plan, user=user)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: perform(code, found, plan, user, form))
        if form.is_valid() and done is not None:
            messages.success(request, done.text)
            for slug in done.data.get("offer", []):
                messages.info(request, f"同一来报可能属于{slug}号，请对{slug}号分流（A36）。")
            return redirect("emergency:incident", pk)
    level = _level(code, table, plan, form)
    context = {
        "incident": found, "plan": plan, "code": code, "spec": spec, "form": form, "level": level,
        "rules": table.plan(plan).row if plan else None, "follows": follows.of(code, table, plan, level),
        "ends": end_rows(table, plan) if code == "end" and plan in table.running else [],
        "running": table.running.get(plan), "card": table.card(plan) if code in _CARDS else None,
        "title": f"{plan}号：{spec.label}" if plan else spec.label,
    }  # fmt: skip
    return render(request, "emergency/act.html", context, status=422 if form.errors else 200)


def _done_before(request: HttpRequest, found: Incident) -> bool:
    """The same form sent again, by a double click or after the connection broke: it was done, and is not done twice."""
    key = request.POST.get("once", "")
    before = found.acts.filter(once=key).first() if key else None
    if before is not None:
        messages.info(request, f"这张表单已经办过：{before.text}")
    return before is not None


_CARDS = ("propose", "start", "confirm", "propose_warning", "issue_warning", "confirm_warning")


def _not_now(code: str, table: Table, plan: str) -> None:
    """What cannot be done in this state is refused before anything is typed."""
    if table.incident.state == Incident.State.CLOSED and code not in ("reopen", "note"):
        raise Refused("事件已结案，不能再办理；如须继续，请先恢复办理")
    if not plan:
        return
    rules = table.plan(plan)
    if code in ("end", "take_over", "superior_agrees") and plan not in table.running:
        raise Refused("没有运行中的响应", cite=rules.row.end_by.cite if rules.row.end_by else "")
    waits = table.cases[plan].responses.filter(state__in=WAITING).exists()
    if code in ("start", "confirm", "drop") and not waits:
        running = table.running.get(plan)
        if running is not None:
            raise Refused(f"{running.level}级响应已由{running.started_name}启动，正在运行", cite=rules.row.hq.cite)
        raise Refused(f"{rules.row.office.short}尚未提出启动建议", cite=rules.of_kind("response")[0].procedure)


def _level(code: str, table: Table, plan: str, form: ActForm) -> str:
    """The level this page is about: as typed, else as proposed, else as the facts give it."""
    if not plan:
        return ""
    typed = form.data.get("level", "") if form.is_bound else ""
    case = table.cases[plan]
    waiting = case.responses.filter(state__in=WAITING).first()
    if code in ("start", "confirm") and waiting is not None:
        return str(typed or waiting.level)
    if code == "propose_warning":
        return str(typed or case.warning_level)
    return str(typed or case.response_level)


def perform(code: str, found: Incident, plan: str, user: Any, form: ActForm) -> Act:
    """Do the act a form asks for. Raises BadInput or Refused."""
    data, asked = form.cleaned_data, form.asked()
    simple = {"confirm": actions.confirm, "drop": actions.drop, "confirm_warning": actions.confirm_warning,
              "drop_warning": actions.drop_warning}  # fmt: skip
    whole = {"close": actions.close, "reopen": actions.reopen}
    if code in simple:
        return simple[code](found, plan, user, asked)
    if code in whole:
        return whole[code](found, user, asked)
    done: Act = _DO[code](found, plan, user, asked, data)
    return done


def _picked(data: dict[str, Any], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): str(value) for key, value in data.items() if key.startswith(prefix) and value}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("、", "\n").splitlines() if line.strip()]


def _choose(found: Incident, plan: str, user: Any, asked: Asked, data: dict[str, Any]) -> Act:
    plans = {key.removeprefix("plan_"): value == "yes" for key, value in data.items() if key.startswith("plan_")}
    return actions.choose_plan(found, plans, user, asked)


def _opinion(found: Incident, plan: str, user: Any, asked: Asked, data: dict[str, Any]) -> Act:
    value = {"level": data["level"], "reason": asked.reason, "plan": plan}
    stated = Stated("hq_opinion", value, "指挥部意见", asked.ordered_by)
    return actions.add_facts(found, [stated], user, asked)


_DO: dict[str, Any] = {
    "triage": lambda f, p, u, a, d: actions.triage(f, p, d["outcome"], u, a, transferee=d["transferee"]),
    "propose": lambda f, p, u, a, d: actions.propose(f, p, u, a, level=d["level"]),
    "start": lambda f, p, u, a, d: actions.start(f, p, u, a, level=d["level"]),
    "take_over": lambda f, p, u, a, d: actions.take_over(f, p, d["superior"], u, a),
    "superior_agrees": lambda f, p, u, a, d: actions.superior_agrees(f, p, d["said"], u, a),
    "evidence": lambda f, p, u, a, d: actions.give_evidence(f, p, d["key"], d["text"], u, a),
    "end": lambda f, p, u, a, d: actions.end(
        f, p, u, a, evidence=_picked(d, "end_"), acknowledged=list(_picked(d, "ack_"))
    ),
    "groups": lambda f, p, u, a, d: actions.set_groups(f, p, d["groups"], u, a),
    "propose_warning": lambda f, p, u, a, d: actions.propose_warning(f, p, u, a, level=d["level"]),
    "issue_warning": lambda f, p, u, a, d: actions.issue_warning(f, p, u, a, to=_lines(d["to"]), form=d["form"]),
    "lift_warning": lambda f, p, u, a, d: actions.lift_warning(
        f, p, u, a, evidence=_picked(d, "lift_"), vanished=d["vanished"]
    ),
    "choose": _choose,
    "appoint": lambda f, p, u, a, d: actions.appoint_site_commander(f, d["person"], u, a, plan=p),
    "opinion": _opinion,
    "places": lambda f, p, u, a, d: actions.set_places(f, _lines(d["places"]), u, a),
    "note": lambda f, p, u, a, d: actions.note(f, d["text"], u, a),
}


@require_POST
@access("emergency.command")
def countersign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign for an oral order that somebody wrote down."""
    row = get_object_or_404(Response.objects.select_related("case__incident"), pk=pk)
    try:
        done = actions.countersign(row.case.incident, row, request.user, Asked())
        messages.success(request, done.text)
    except (BadInput, Refused) as error:
        messages.error(request, error.reason)
    return redirect("emergency:incident", row.case.incident_id)
