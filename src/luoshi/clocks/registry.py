"""Who acts when a clock warns or breaks, what a background job does, and what is done again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from luoshi.clocks.jobs import Running
    from luoshi.clocks.models import Clock

Handler = Callable[["Clock", datetime], None]
BatchHandler = Callable[[Sequence["Clock"], datetime], None]
JobHandler = Callable[["Running"], Any]
Chore = Callable[[], Any]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Registered:
    function: Callable[..., None]
    batch: bool


@dataclass(frozen=True, slots=True)
class RegisteredChore:
    function: Chore
    every: timedelta


handlers: dict[tuple[str, str], Registered] = {}
jobs: dict[str, JobHandler] = {}
chores: dict[str, RegisteredChore] = {}


def on(kind: str, event: str, *, batch: bool = False) -> Callable[[F], F]:
    """Register what happens when a clock of `kind` fires `event` ("warn" | "break").

    `handler(clock, moment)`, or with `batch` `handler(clocks, now)` for all of one kind at once. It runs in the same
    transaction as the firing record: its effect and the record exist together or not at all. It may be called again
    after an error, never after success.
    """
    if event not in ("warn", "break"):
        raise ValueError(f"a clock fires warn or break, not {event!r}")

    def register(function: F) -> F:
        known = handlers.get((kind, event))
        if known and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two handlers for {kind} {event}")
        handlers[kind, event] = Registered(function, batch)
        return function

    return register


def job(kind: str) -> Callable[[F], F]:
    """Register the work of a background job. The function gets a `jobs.Running` and must be safe to run twice."""

    def register(function: F) -> F:
        jobs[kind] = function
        return function

    return register


def every(seconds: int, name: str) -> Callable[[F], F]:
    """Register a chore that the clocks process does about every `seconds` (outbox, seals)."""

    def register(function: F) -> F:
        chores[name] = RegisteredChore(function, timedelta(seconds=seconds))
        return function

    return register


def has_handler(kind: str, event: str = "break") -> bool:
    return (kind, event) in handlers
