"""`{% load accounts %}`."""

from __future__ import annotations

from django import template

from luoshi.accounts import words
from luoshi.ledger.models import Entry

register = template.Library()


@register.simple_tag
def entry_words(entry: Entry) -> str:
    return " ".join(filter(None, (words.kind(entry.kind), words.details(entry.payload))))
