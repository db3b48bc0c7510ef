"""Where rooms upstairs meet the directory: parts of a body's page, and word that the calendar has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from luoshi.directory.models import Body
from luoshi.kernel.acting import Actor


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled part of a body's page: `template` rendered with `context`. `order` sorts panels."""

    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    order: int = 100


Provider = Callable[[Body, Any], Panel | None]
_providers: list[Provider] = []


def register_panel(provider: Provider) -> Provider:
    """Add `provider(body, user) -> Panel | None`, asked each time the page is shown. Usable as a decorator."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def panels(body: Body, user: Any) -> list[Panel]:
    found = [panel for provider in _providers if (panel := provider(body, user)) is not None]
    return sorted(found, key=lambda panel: (panel.order, panel.title))


Listener = Callable[[Actor], object]
_listeners: list[Listener] = []


def on_calendar_change(listener: Listener) -> Listener:
    """Call `listener(by)` in the transaction that changes the working calendar, after the change."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def calendar_changed(by: Actor) -> None:
    for listener in _listeners:
        listener(by)
