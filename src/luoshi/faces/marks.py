"""Lights, states and text marks as HTML. Colour never stands alone: a shape and a word go with it."""

from __future__ import annotations

import re

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from luoshi.faces import citations

WORDS = {"green": "正常", "yellow": "临期", "red": "逾期", "grey": "未知"}
_SHAPES = {
    "green": '<circle cx="6" cy="6" r="5"/>',
    "yellow": '<path d="M6 .8 11.6 11H.4z"/>',
    "red": '<path d="M1 1h10v10H1z"/>',
    "grey": '<circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" stroke-width="1.2"'
    ' stroke-dasharray="2 1.3"/>'
    '<path d="M3 8.2 8.2 3M4.6 9.6l5-5" stroke="currentColor" stroke-width="1" fill="none"/>',
}
_STATE_WORDS = {
    "ok": "已完成",
    "warn": "注意",
    "late": "逾期",
    "unknown": "未知",
    "info": "说明",
    "stated": "文件原文",
    "inferred": "我们的理解",
    "synthetic": "演示数据",
}
_STATE_LIGHTS = {"ok": "green", "warn": "yellow", "late": "red", "unknown": "grey"}


def shape(colour: str) -> SafeString:
    body = _SHAPES.get(colour, _SHAPES["grey"])
    return mark_safe(f'<svg class="shape" viewBox="0 0 12 12" aria-hidden="true" focusable="false">{body}</svg>')  # noqa: S308


def light(colour: str, text: str = "") -> SafeString:
    """A light: green ● 正常, yellow ▲ 临期, red ■ 逾期, grey ◌ 未知; any other colour is unknown."""
    known = colour if colour in WORDS else "grey"
    return format_html('<span class="light light-{}">{}{}</span>', known, shape(known), text or WORDS[known])


def state(kind: str, text: str = "") -> SafeString:
    """A state in a word: ok, warn, late and unknown with the shape of their light, others plain."""
    word = text or _STATE_WORDS.get(kind, kind)
    if kind in _STATE_LIGHTS:
        return light(_STATE_LIGHTS[kind], word)
    css = kind if kind in _STATE_WORDS else "plain"
    return format_html('<span class="state state-{}">{}</span>', css, word)


def citation(cite: str) -> SafeString:
    """A citation linked to its provision; one that names a law outside the gazette is plain text."""
    if not cite:
        return SafeString("")
    url = citations.url(cite)
    if not url:
        return format_html('<cite class="cite">{}</cite>', cite)
    return format_html('<a class="cite" href="{}">{}</a>', url, citations.label(cite))


def highlight(text: str, words: str) -> SafeString:
    """Escaped `text` with every occurrence of each word in `<mark>`; case is ignored."""
    wanted = sorted({w for w in words.split() if w}, key=len, reverse=True)
    if not wanted:
        return SafeString(escape(text))
    parts = re.split("(" + "|".join(map(re.escape, wanted)) + ")", text, flags=re.IGNORECASE)
    return mark_safe(  # noqa: S308 every part is escaped
        "".join(f"<mark>{escape(p)}</mark>" if i % 2 else str(escape(p)) for i, p in enumerate(parts))
    )
