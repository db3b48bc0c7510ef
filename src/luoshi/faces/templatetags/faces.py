"""`{% load faces %}`: words and marks every screen shares, so that one thing looks and reads the same everywhere."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    MultiWidget,
    RadioSelect,
)
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django_filters.widgets import DateRangeWidget

from luoshi.faces import citations, days, marks, paging, reach, slots
from luoshi.kernel import money, when

register = template.Library()


@register.simple_tag
def light(colour: str | None, text: str = "") -> SafeString:
    """`{% light "red" %}`, `{% light duty.light "逾期 3 天" %}`: colour, shape and word together."""
    return marks.light(colour or "grey", text)


@register.simple_tag
def state(kind: str, text: str = "") -> SafeString:
    """`{% state "unknown" "未测" %}`. Kinds: ok warn late unknown info plain stated inferred synthetic."""
    return marks.state(kind, text)


@register.simple_tag
def interpretation(key: str, status: str = "inferred") -> SafeString:
    """A badge for a reading of ours: 待确认 A01 until the competent body has confirmed it."""
    confirmed = status == "confirmed"
    word = "已确认" if confirmed else "待确认"
    css = "reading reading-confirmed" if confirmed else "reading"
    body = format_html("{} <b>{}</b>", word, key)
    try:
        return format_html('<a class="{}" href="{}">{}</a>', css, reverse("norms:interpretation", args=[key]), body)
    except NoReverseMatch:
        return format_html('<span class="{}">{}</span>', css, body)


@register.filter
def opens(user: Any, url: str) -> bool:
    """`{% if user|opens:note.url %}`: whether this person may open the page, so that no link ends at a closed door."""
    return reach.opens(user, url)


@register.simple_tag
def citation(cite: str | None) -> SafeString:
    """`{% citation "09:三(一)1" %}`: the document's number and place, linked to the provision."""
    return marks.citation(cite or "")


@register.simple_tag
def citations_of(cites: Any) -> SafeString:
    """Several citations in one line."""
    return mark_safe(" ".join(marks.citation(c) for c in cites or ()))  # noqa: S308 each part is escaped


@register.filter
def cite_url(cite: str) -> str:
    """The permalink of a citation, for a link with words of its own."""
    return citations.url(cite)


@register.filter
def cited(text: str) -> str:
    """A sentence with its citations spelled out: 城政办发〔2024〕21号 4.1第1段第3句 for `21:4.1/p1s3`."""
    return citations.told(str(text or ""))


@register.filter
def place(path: str) -> str:
    """A provision path as people read it: 三(一)1; front matter without its 0/."""
    return path.removeprefix("0/")


@register.simple_tag
def mark(kind: str) -> SafeString:
    """A text mark with its word: `{% mark "stated" %}` 文件原文 · inferred 我们的理解 · synthetic 演示数据."""
    return marks.state(kind, "")


@register.filter
def moment(value: Any) -> str:
    """`2026-11-23 15:04`, Shanghai time; `—` for nothing."""
    if isinstance(value, datetime):
        return when.aware(value).strftime("%Y-%m-%d %H:%M")
    return day(value)


@register.filter
def day(value: Any) -> str:
    """`2026-11-23`."""
    if isinstance(value, datetime):
        value = when.aware(value).date()
    return value.isoformat() if isinstance(value, date) else (str(value) if value else "—")


@register.filter
def left(due: Any) -> str:
    """How long is left: 还剩 6 个工作日, 今天到期, 逾期 3 天."""
    return days.left(due) if isinstance(due, date) else ""


@register.filter
def yuan(value: int | None) -> str:
    """Fen as `￥500,000.00`; nothing is `未知`, never 0."""
    return "未知" if value is None else money.yuan(int(value))


@register.filter
def wan(value: int | None) -> str:
    """Fen as 万元 with two decimals, without the unit (it stands in the heading)."""
    if value is None:
        return "未知"
    sign, whole = ("-" if value < 0 else ""), (abs(int(value)) + 5000) // 10000
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"


@register.filter
def docno(value: str) -> str:
    """A document number in its printed brackets: 城政发[2024]9号 → 城政发〔2024〕9号."""
    return value.translate(str.maketrans("[]【】()()", "〔〕〔〕〔〕〔〕"))


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`{{ mapping|get:key }}`; None when it is not there."""
    try:
        return mapping[key]
    except (KeyError, IndexError, TypeError):
        return None


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


@register.filter
def highlight(text: str, words: str) -> SafeString:
    """`text` with every occurrence of the words searched for in `<mark>`."""
    return marks.highlight(text, words)


@register.simple_tag(takes_context=True)
def slot(context: template.Context, name: str, **what: Any) -> SafeString:
    """A place that rooms upstairs fill: `{% slot "provision" citation=page.citation %}`."""
    return slots.fill(name, context.get("request"), **what)


@register.inclusion_tag("faces/_empty.html")
def empty(what: str, title: str = "这里还没有内容", url: str = "", action: str = "") -> dict[str, Any]:
    """The empty state: `{% empty "导入公报后,这里会列出其中的任务。" %}`, optionally with the act that fills it."""
    return {"what": what, "title": title, "url": url, "action": action}


@register.inclusion_tag("faces/_field.html")
def field(bound: BoundField, label: str = "", hint: str = "") -> dict[str, Any]:
    """A form field whole: label, help and error, tied to the control for those who cannot see the page."""
    widget = bound.field.widget
    name = bound.auto_id or bound.html_name
    help_text, errors = hint or bound.help_text, bound.errors
    described = [f"{name}-help"] * bool(help_text) + [f"{name}-error"] * bool(errors)
    attrs: dict[str, Any] = {"aria-describedby": " ".join(described)} if described else {}
    group = isinstance(widget, RadioSelect | CheckboxSelectMultiple | MultiWidget)
    if isinstance(widget, MultiWidget) and len(widget.widgets) == 2:
        for end, part in zip(("从", "到"), widget.widgets, strict=True):
            part.attrs = {**part.attrs, "aria-label": f"{label or bound.label}{end}"}
            if isinstance(widget, DateRangeWidget):
                part.__dict__["input_type"] = "date"
    if errors and not group:
        attrs["aria-invalid"] = "true"
    shape = "group" if group else "check" if isinstance(widget, CheckboxInput) else "plain"
    parts = "field-range" if isinstance(widget, MultiWidget) else ""
    return {
        "field": bound,
        "shape": "file" if isinstance(widget, FileInput) else shape,
        "parts": parts,
        "control": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "help": help_text,
        "errors": errors,
        "id": bound.id_for_label or name,
        "name": name,
        "required": bound.field.required,
        "described": " ".join(described),
    }


@register.inclusion_tag("faces/_error_summary.html")
def error_summary(*forms: Any) -> dict[str, Any]:
    """What is wrong with the form, at the top, each line a link to its field."""
    found: list[tuple[str, str, str]] = []
    for form in forms:
        if not getattr(form, "is_bound", False):
            continue
        found += [("", "", str(e)) for e in form.non_field_errors()]
        if any(bound.errors for bound in form.hidden_fields()):  # what nobody typed nobody can mend
            found.append(("", "", "这件事已被他人更新，或者页面放得太久。请重新打开本页再办。"))
        for bound in form.visible_fields():
            target = bound.id_for_label or bound.auto_id
            found += [(target, str(bound.label), str(e)) for e in bound.errors]
    return {"errors": found}


@register.inclusion_tag("faces/_chips.html", takes_context=True)
def chips(context: template.Context, filters: Any) -> dict[str, Any]:
    """The filters in force, each with a link that lifts it. `filters` is a bound FilterSet."""
    request = context.get("request")
    return {"chips": paging.chips(filters, request.GET if request else QueryDict()), "clear": "?"}


@register.inclusion_tag("faces/_page_links.html", takes_context=True)
def page_links(context: template.Context, page: Any) -> dict[str, Any]:
    """Links to the neighbouring pages of a `faces.paging.Page` or of Django's own `Page`."""
    request = context.get("request")
    return {"links": paging.links(page, request.GET if request else QueryDict())}
