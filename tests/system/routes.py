"""Every address of the product, as the tests about the system walk them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """One address pattern: `path` with its arguments in angle brackets, the view, the rule it carries."""

    path: str
    name: str
    view: Any
    access: str | None

    @property
    def has_arguments(self) -> bool:
        return "<" in self.path


def routes() -> list[Route]:
    """Every view but the API's operations, which `operations` lists."""
    return [route for route in _walk(get_resolver().url_patterns, "/") if not route.path.startswith("/api/")]


def _walk(patterns: list[Any], prefix: str, space: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            view = pattern.callback
            yield Route(path, f"{space}{pattern.name}", view, getattr(view, "access", None))


def is_public(operation: Any) -> bool:
    """Whether everyone may call it; who brings a token there still acts as its user."""
    from luoshi.accounts.auth import Anyone

    return not operation.auth_callbacks or any(isinstance(callback, Anyone) for callback in operation.auth_callbacks)


def operations() -> list[tuple[str, str, Any]]:
    """(method, path, operation) of everything under /api/v1/."""
    from luoshi.server.api import api

    found = []
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                whole = "/".join(part.strip("/") for part in ("/api/v1", router.prefix, path) if part.strip("/"))
                found += [(method, "/" + whole, operation) for method in operation.methods]
    return sorted(found, key=lambda one: (one[1], one[0]))
