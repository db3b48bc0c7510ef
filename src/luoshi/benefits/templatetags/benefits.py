"""`{% load benefits %}`: how things of this room are called on a page."""

from __future__ import annotations

from typing import Any

from django import template

from luoshi.benefits.lists import matter_words
from luoshi.benefits.showing import plain_words

register = template.Library()


@register.filter
def matter(found: Any) -> str:
    """An event by its title; without one, by its kind and day. Never by its key."""
    return matter_words(found) if found is not None else ""


@register.filter
def reason(why: str) -> str:
    """A reason with its citations as people read them."""
    return plain_words(why or "")
