from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest

from luoshi.clocks import registry
from luoshi.clocks.models import Clock

Seen = list[tuple[str, str, int, datetime]]


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Handlers for `test.one` and `test.batch`, and what they were called with: (kind, event, clock, moment)."""
    calls: Seen = []
    before = dict(registry.handlers)

    def one(event: str) -> Callable[[Clock, datetime], None]:
        def handler(clock: Clock, moment: datetime) -> None:
            if clock.data.get("fails"):
                raise RuntimeError("没有指定负责人")
            calls.append((clock.kind, event, clock.pk, moment))

        return handler

    def batch(clocks: Sequence[Clock], now: datetime) -> None:
        calls.extend((clock.kind, "break", clock.pk, now) for clock in clocks)

    registry.on("test.one", "break")(one("break"))
    registry.on("test.one", "warn")(one("warn"))
    registry.on("test.batch", "break", batch=True)(batch)
    yield calls
    registry.handlers.clear()
    registry.handlers.update(before)


@pytest.fixture
def made() -> Iterator[dict[str, Any]]:
    """Background jobs registered by a test are forgotten after it."""
    before = dict(registry.jobs)
    yield {}
    registry.jobs.clear()
    registry.jobs.update(before)
