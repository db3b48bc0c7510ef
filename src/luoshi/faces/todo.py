"""What a person must do now. Rooms bring providers; the console's first screen asks them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from luoshi.kernel import when


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing `user` must do. `light` green|yellow|red|grey; `source` the citation or the room it comes from."""

    title: str
    url: str
    due: datetime | date | None = None
    light: str = "grey"
    source: str = ""
    note: str = ""


Provider = Callable[[Any], Iterable[Todo]]
_providers: dict[str, Provider] = {}
URGENCY = (("red", "逾期"), ("yellow", "临期"), ("grey", "未定期限"), ("green", "正常"))


def register(provider: Provider) -> Provider:
    """Add a provider (also a decorator). Registering the same function twice keeps one."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = provider
    return provider


def collect(user: Any) -> tuple[list[Todo], list[str]]:
    """Everything `user` must do, soonest first, and the names of providers that failed: a gap is said, not hidden."""
    found: list[Todo] = []
    failed: list[str] = []
    for name, provider in _providers.items():
        try:
            found.extend(provider(user))
        except Exception:
            logging.getLogger(__name__).exception("to-do provider failed: %s", name)
            failed.append(name)
    return sorted(found, key=_soonest), failed


def grouped(todos: Iterable[Todo]) -> list[tuple[str, str, list[Todo]]]:
    """(light, label, todos) in order of urgency; empty groups are left out."""
    kept = list(todos)
    known = {light for light, _ in URGENCY}
    groups = []
    for light, label in URGENCY:
        rows = [t for t in kept if t.light == light or (light == "grey" and t.light not in known)]
        if rows:
            groups.append((light, label, rows))
    return groups


def _soonest(todo: Todo) -> tuple[bool, str]:
    due = todo.due
    if isinstance(due, datetime):
        due = when.aware(due)
    return due is None, due.isoformat() if due else todo.title
