"""One duty: its sentence, its course, its clocks, its targets, and what this person can do with it now."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from luoshi.clocks.queries import of as clocks_of
from luoshi.faces import charts
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.kernel.errors import BadInput, Refused
from luoshi.norms.queries import provision_text
from luoshi.supervision import actions, aims, desk, engine, evidence, measures, queries, rulebook
from luoshi.supervision.facts import actor_facts, duty_facts, judgements, target_words
from luoshi.supervision.forms import ActForm, CorrectForm, ReadingForm, ReasonForm, TargetForm, ValueForm
from luoshi.supervision.models import Duty, Evidence, Reading, Target
from luoshi.supervision.rulings import open_conflict
from luoshi.supervision.verdicts import Judgement


@require_GET
@access("supervision.read")
def duty(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.whole(pk)
    if found is None:
        raise Http404("没有这个督办事项")
    rules = rulebook.on()
    user: Any = request.user
    facts = duty_facts(found, rules)
    who = actor_facts(user, found)
    context = {
        "duty": found,
        "sentence": provision_text(found.citation),
        "states": [(s, engine.STATE_LABELS[s], _place(s, facts.state)) for s in engine.ORDER],
        "acts": engine.open_acts(facts, who),
        "targets": [
            (target, judgement, target_words(target), _chart(target, judgement), open_conflict(target))
            for target, judgement in judgements(found, when.today(), rules)
        ],
        "clocks": [c for c in clocks_of(found.subject) if c.state != "cancelled"],
        "supervises": who.supervises,
        "measures": who.supervises or bool(who.handles),
        "signed": sum(1 for b in found.bodies.all() if b.received_at),
    }
    return render(request, "supervision/duty.html", context)


def _place(state: engine.State, now: engine.State) -> str:
    if now is engine.State.SUSPENDED:
        return ""
    here, there = engine.ORDER.index(now), engine.ORDER.index(state)
    return "now" if here == there else "done" if there < here else ""


def _chart(target: Target, judgement: Judgement) -> str:
    """The readings as a line against the value in force, once there are enough to draw one."""
    rows = sorted(target.readings.all(), key=lambda r: (r.period_end, r.pk))
    if len(rows) < 3:
        return ""
    series: dict[str, list[Any]] = {"读数": [r.value for r in rows]}
    aim = judgement.instead.value if judgement.instead else target.value
    if aim is not None:
        series["目标"] = [aim] * len(rows)
    return charts.lines(
        [f"{r.period_end:%Y-%m}" for r in rows],
        series,
        title=target.indicator,
        unit=target.unit,
        colours={"目标": "plan"},
    )


@require_http_methods(["GET", "POST"])
@access("supervision.read")
def act(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One act on one page: what it needs, what will follow. Who may is decided by the state machine."""
    found = queries.whole(pk)
    rule = engine.ACTS.get(code)
    if found is None or rule is None or code == "correct":
        raise Http404("没有这个操作")
    user: Any = request.user
    facts = duty_facts(found, rulebook.on())
    why_not = engine.refusal(facts, actor_facts(user, found), engine.Wish(code, words="…", despite="…"))
    if why_not and request.method == "GET":
        raise Refused(why_not, cite=found.citation)
    form = ActForm(
        request.POST or None, request.FILES or None, act=rule, duty=found, user=user, open_targets=facts.open_targets
    )
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: _do(found, code, user, form, request))
        if form.is_valid():
            messages.success(request, f"已{rule.label}")
            return redirect("supervision:duty", pk)
    context = {
        "duty": found,
        "act": rule,
        "form": form,
        "follows": _follows(code, found),
        "button": rule.label,
        "danger": code in ("accept", "suspend", "reopen"),
    }
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


def _do(found: Duty, code: str, user: Any, form: ActForm, request: HttpRequest) -> None:
    asked = form.asked(request.FILES.getlist("files"))
    if code == "assign":
        actions.assign(found, user, asked, grade=form.cleaned_data.get("grade") or "")
    elif code == "extend":
        actions.extend(found, user, asked, deadline=form.cleaned_data["deadline"])
    else:
        actions.ACTIONS[code](found, user, asked)


def _follows(code: str, duty: Duty) -> list[str]:
    """What an act brings about, said before it is done."""
    rules = rulebook.on()
    bodies = "、".join(b.printed for b in duty.bodies.all() if b.role == "lead")
    words = {
        "assign": [
            f"通知 {bodies} 等责任单位的承办员和负责人",
            f"{rules.receipt_days} 个工作日内签收，{rules.feedback_days} 个工作日内首次反馈（13710）",
            "逾期自动通知单位负责人，再报区领导",
        ],
        "accept": ["事项销号，时限全部停止", "责任单位收到通知"],
        "suspend": ["全部时限停止计时，灯变为“未知”"],
        "return": ["退回办理，责任单位收到通知"],
        "return_feedback": ["这次反馈不算数，报送期重新按未反馈计"],
        "request_completion": [f"督查员 {rules.verify_days} 个工作日内核验", "核验人不能是办理人，也不能来自责任单位"],
    }
    return words.get(code, [])


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    found = queries.whole(pk)
    if found is None:
        raise Http404("没有这个督办事项")
    form = CorrectForm(request.POST or None, duty=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        given = desk.Correction(
            title=data["title"],
            deadline=data["deadline"],
            clear_deadline=data["deadline"] is None,
            continuous=data["continuous"],
            stage_result=data["stage_result"],
            period=data["period"],
            bodies=data["bodies"],
        )
        attempt(form, lambda: desk.correct(found, request.user, given, reason=data["reason"], version=data["version"]))
        if form.is_valid():
            messages.success(request, "已更正")
            return redirect("supervision:duty", pk)
    context = {"duty": found, "form": form, "title": "更正事项", "button": "更正", "act": engine.ACTS["correct"]}
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


@require_GET
@access("supervision.read")
def evidence_file(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece of evidence, always as a download: never shown inside our own pages."""
    found = get_object_or_404(Evidence, pk=pk)
    path = evidence.path_of("evidence", found.sm3)
    if not path.exists():
        raise Http404("材料文件不在存储里，请联系系统管理员")
    response = cast(
        HttpResponse,
        FileResponse(path.open("rb"), as_attachment=True, filename=found.name, content_type=found.media_type),
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
@access("supervision.measure")
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    target = _target(pk)
    form = ReadingForm(request.POST or None, target=target)
    if request.method == "POST" and form.is_valid():
        attempt(form, lambda: measures.enter(target, request.user, _measured(form.cleaned_data)))
        if form.is_valid():
            messages.success(request, "读数已录入，待督查员核实")
            return redirect("supervision:duty", target.duty_id)
    context = {
        "duty": target.duty,
        "form": form,
        "title": f"录入读数：{target.indicator}",
        "button": "录入",
        "facts": [("目标", target_words(target)), ("时限", target.due or "未写"), ("出处", target.citation)],
    }
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


def _measured(data: dict[str, Any]) -> measures.Measured:
    reference = data.get("reference")
    return measures.Measured(
        value=measures.number(data["value"]),
        reference=measures.number(reference, field="reference") if reference else None,
        period_start=data["period_start"],
        period_end=data["period_end"],
        source=data["source"],
        document=data["document"],
        note=data["note"],
    )


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def add_target(request: HttpRequest, pk: int) -> HttpResponse:
    """添加指标 to a duty, one at a time."""
    found = queries.whole(pk)
    if found is None:
        raise Http404("没有这个督办事项")
    form = TargetForm(request.POST or None, initial={"version": found.version, "due": found.deadline})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = attempt(
            form,
            lambda: aims.add_target(
                found, request.user, form.drafted(), reason=data["reason"], version=data["version"]
            ),
        )
        if made is not None:
            messages.success(request, f"已添加指标：{made.indicator}")
            return redirect("supervision:duty", pk)
    context = {
        "duty": found,
        "form": form,
        "title": "添加指标",
        "button": "添加",
        "sentence": provision_text(found.citation),
        "follows": ["本事项从现在起也按这个指标判定", "与其他文件的数值对不上的，自动列入指标冲突，等候裁定"],
    }
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def remove_target(request: HttpRequest, pk: int) -> HttpResponse:
    """移除指标, with its reason; what was added in error, or read wrongly from a text."""
    target = _target(pk)
    if not target.removable:
        raise Refused("规范包里的指标随规范包更正，不能单独移除", cite=target.citation)
    form = ReasonForm(request.POST or None, initial={"version": target.duty.version})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        attempt(form, lambda: aims.remove_target(target, request.user, reason=data["reason"], version=data["version"]))
        if form.is_valid():
            messages.success(request, f"已移除指标：{target.indicator}")
            return redirect("supervision:duty", target.duty_id)
    context = {
        "duty": target.duty,
        "form": form,
        "title": f"移除指标：{target.indicator}",
        "button": "移除",
        "danger": True,
        "facts": [("指标", target_words(target)), ("时限", target.due or "未写"), ("出处", target.citation)],
        "follows": ["从今天起不再按这个指标判定", "指标和已有读数留在办理记录里", "有关的指标冲突重新判断"],
    }
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


def _target(pk: int) -> Target:
    """A target that still stands; 404 for one that was removed."""
    return get_object_or_404(Target.objects.select_related("duty__instrument"), pk=pk, removed_on=None)


@require_http_methods(["GET", "POST"])
@access("supervision.supervise")
def target_value(request: HttpRequest, pk: int) -> HttpResponse:
    target = _target(pk)
    form = ValueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        attempt(
            form,
            lambda: measures.set_value(
                target, request.user, value=measures.number(data["value"]), source=data["source"], on=data["on"]
            ),
        )
        if form.is_valid():
            messages.success(request, "已录入下达的数值")
            return redirect("supervision:duty", target.duty_id)
    context = {
        "duty": target.duty,
        "form": form,
        "title": f"录入下达的数值：{target.indicator}",
        "button": "录入",
        "facts": [("待何级下达", target.awaited_from or "文件已写定"), ("时限", target.due or "未写")],
    }
    return render(request, "supervision/act.html", context, status=422 if form.errors else 200)


@require_POST
@access("supervision.supervise")
def verify_reading(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Reading.objects.select_related("target"), pk=pk)
    try:
        measures.verify(found, request.user)
        messages.success(request, "读数已核实")
    except (Refused, BadInput) as error:
        messages.error(request, error.reason)
    return redirect("supervision:duty", found.target.duty_id)
