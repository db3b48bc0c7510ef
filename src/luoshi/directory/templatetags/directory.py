"""`{% load directory %}`."""

from __future__ import annotations

from datetime import date

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from luoshi.directory.hooks import Panel
from luoshi.kernel.masking import mask_phone

register = template.Library()


@register.filter
def masked_phone(phone: str) -> str:
    return mask_phone(phone) or "没有登记"


@register.filter
def weekday_word(day: date) -> str:
    return "周" + "一二三四五六日"[day.weekday()]


@register.simple_tag(takes_context=True)
def panel_body(context: template.Context, panel: Panel) -> SafeString:
    """What a room upstairs shows about a body."""
    return render_to_string(panel.template, dict(panel.context), request=context.get("request"))
