from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from luoshi.directory.models import Body


@pytest.fixture
def get(rf: RequestFactory) -> Callable[..., HttpRequest]:
    """A GET as a view meets it."""

    def make(query: str = "", **cookies: str) -> HttpRequest:
        request: Any = rf.get("/list/" + query)
        request.COOKIES.update(cookies)
        request.user, request.resolver_match, request._messages = AnonymousUser(), None, []
        return request

    return make


@pytest.fixture
def bodies(db: None) -> list[Body]:
    """120 bodies; every third has a full name, so that sorting meets rows without one."""
    rows = [
        Body(
            pack="t",
            name=f"单位{i:03d}",
            kind="department" if i % 2 else "town",
            full_name=f"全称{i % 7}" if i % 3 else "",
        )
        for i in range(120)
    ]
    return Body.objects.bulk_create(rows)
