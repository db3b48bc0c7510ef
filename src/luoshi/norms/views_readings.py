"""Readings (口径) and parameters (参数): what is still open, who may say, what was said."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from luoshi.faces.forms import ReasonForm, attempt
from luoshi.faces.lists import Column, listing
from luoshi.kernel import when
from luoshi.kernel.acting import access
from luoshi.ledger.queries import history
from luoshi.norms import actions, leaning, queries, values
from luoshi.norms.document import permalink
from luoshi.norms.engine import split_key
from luoshi.norms.forms import AnswerForm, InterpretationFilter, ParameterFilter, ParameterForm
from luoshi.norms.models import Interpretation, Parameter, ParameterValue


def _label(reading: Interpretation, value: Any) -> str:
    return next((str(o["label"]) for o in reading.options if o["value"] == value), str(value or ""))


_READING_COLUMNS = [
    Column("key", "编号", sort="key"),
    Column("question", "问题", title=True, link=lambda row: f"/norms/interpretations/{row.key}"),
    Column("document", "文件", lambda row: row.instrument.number, sort="instrument__order"),
    Column("reading", "现按", lambda row: _label(row, row.default if row.answer is None else row.answer)),
    Column("body", "有权解释机关", sort="body"),
    Column(
        "status", "状态", lambda row: ("ok" if row.status == "confirmed" else "unknown", row.get_status_display()),
        kind="state", sort="status",
    ),
    Column("answered_by", "答复人", optional=True),
    Column("confirmed_at", "确认时间", kind="moment", sort="confirmed_at", optional=True),
]  # fmt: skip


@access("norms.read")
def interpretations(request: HttpRequest) -> HttpResponse:
    rows = Interpretation.objects.select_related("instrument", "answered_by")
    return listing(
        request, rows, columns=_READING_COLUMNS, filters=InterpretationFilter,
        order=("-status", "instrument__order", "key"), template="norms/interpretations.html", export="口径",
        caption="口径",
        empty="装载规范包后，文件没有写明的地方会作为问题列在这里。",
    )  # fmt: skip


@access("norms.read")
def interpretation(request: HttpRequest, key: str) -> HttpResponse:
    """One reading: its question and options, the sentences it is about, and the two acts: answer, confirm."""
    rows = Interpretation.objects.select_related("instrument", "answered_by", "confirmed_by")
    reading = get_object_or_404(rows, key=key)
    user: Any = request.user
    act = request.POST.get("act", "")
    current = reading.default if reading.answer is None else reading.answer
    answer = AnswerForm(request.POST if act == "answer" else None, reading=reading, initial={"answer": current})
    confirm = ReasonForm(request.POST if act == "confirm" else None, prefix="confirm")
    done = False
    if act == "answer" and answer.is_valid():
        done = _tried(answer, lambda: actions.answer_interpretation(
            reading, answer.cleaned_data["answer"], reason=answer.cleaned_data["reason"], by=user))  # fmt: skip
    elif act == "confirm" and confirm.is_valid():
        done = _tried(confirm, lambda: actions.confirm_interpretation(
            reading, reason=confirm.cleaned_data["reason"], by=user))  # fmt: skip
    if done:
        messages.success(request, "已答复，等待另一人确认。" if act == "answer" else "已确认。")
        return redirect("norms:interpretation", reading.key)
    texts = queries.provision_texts(reading.cites)
    context = {
        "reading": reading, "answer_form": answer, "confirm_form": confirm, "current": _label(reading, current),
        "default": _label(reading, reading.default), "confirmed": reading.status == Interpretation.Status.CONFIRMED,
        "cites": [(cite, permalink(*split_key(cite)), texts.get(cite)) for cite in reading.cites],
        "leaning": leaning.on(reading), "history": history(f"interpretation:{reading.key}"),
        "may_answer": user.may("norms.answer"), "own_answer": reading.answered_by_id == user.pk,
        "may_confirm": user.may("norms.confirm") and reading.answer is not None,
    }  # fmt: skip
    wrong = any(form.is_bound and form.errors for form in (answer, confirm))
    return render(request, "norms/interpretation.html", context, status=422 if wrong else 200)


def _tried(form: Any, act: Any) -> bool:
    return attempt(form, lambda: (act(),)) is not None


_PARAMETER_COLUMNS = [
    Column("label", "名称", title=True, sort="label", link=lambda row: f"/norms/parameters/{row.key}"),
    Column("value", "现值", lambda row: _now(row), kind="state"),
    Column("since", "自", lambda row: row.now[0].valid_from if row.now else None, kind="day"),
    Column("source", "依据", lambda row: row.now[0].source if row.now else None),
    Column("cite", "出处", kind="citation"),
    Column("key", "键", sort="key"),
]


def _now(row: Any) -> tuple[str, str]:
    if not row.now:
        return "unknown", row.blank_word
    return "plain", values.shown(row.kind, row.now[0].value, row.unit)


@access("norms.read")
def parameters(request: HttpRequest) -> HttpResponse:
    now = queries.in_force(ParameterValue.objects.order_by("-valid_from"), when.today())
    rows = Parameter.objects.select_related("instrument").prefetch_related(Prefetch("values", now, to_attr="now"))
    return listing(
        request, rows, columns=_PARAMETER_COLUMNS, filters=ParameterFilter, order=("instrument__order", "key"),
        template="norms/parameters.html", caption="参数",
        empty="装载规范包后，文件留待确定的数值会列在这里。",
    )  # fmt: skip


@access("norms.read")
def parameter(request: HttpRequest, key: str) -> HttpResponse:
    """One parameter: its values over time, and (for those who may) a new one."""
    found = get_object_or_404(Parameter.objects.select_related("instrument"), key=key)
    user: Any = request.user
    form = ParameterForm(
        request.POST if request.method == "POST" else None, parameter=found, initial={"valid_from": when.today()}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = _tried(form, lambda: actions.set_parameter(
            found, data["value"], valid_from=data["valid_from"], valid_until=data["valid_until"],
            source=data["source"], by=user))  # fmt: skip
        if done:
            messages.success(request, "已设定。此前作出的决定不受影响。")
            return redirect("norms:parameter", found.key)
    context = {
        "parameter": found, "form": form, "now": queries.current_value(found, when.today()),
        "values": list(found.values.select_related("set_by").order_by("-valid_from")),
        "text": queries.provision_text(found.cite) if found.cite else None,
        "may_set": user.may("norms.parameters"), "history": history(f"parameter:{found.key}"),
    }  # fmt: skip
    return render(request, "norms/parameter.html", context, status=422 if form.is_bound and form.errors else 200)
