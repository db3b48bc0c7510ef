"""Whether a link leads this person anywhere: pages say by their access rule who may open them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from luoshi.kernel.acting import PUBLIC, SIGNED_IN


def opens(user: Any, url: str) -> bool:
    """Whether `user` may open `url`, by the rule on its view. True for what is none of our pages.

    A page may still close itself to somebody because of the one thing it shows; this asks about the kind of page only.
    """
    if not url:
        return False
    path = urlsplit(url)
    if path.netloc or not path.path.startswith("/"):
        return True
    try:
        rule = getattr(resolve(path.path).func, "access", PUBLIC)
    except Resolver404:
        return True  # not a closed door but a fault, which tests that follow links must see
    if rule == PUBLIC:
        return True
    if not getattr(user, "is_authenticated", False):
        return False
    return rule == SIGNED_IN or bool(user.may(rule))
