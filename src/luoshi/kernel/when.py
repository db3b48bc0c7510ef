"""Time. Aware datetimes everywhere; Asia/Shanghai at the edges; one place to ask what time it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from luoshi.kernel.errors import BadInput, quoted

SHANGHAI = ZoneInfo("Asia/Shanghai")
_virtual: ContextVar[datetime | None] = ContextVar("luoshi_virtual_now", default=None)


def now() -> datetime:
    """The present, aware, in Asia/Shanghai. `LUOSHI_NOW` fixes it (tests, drills; refused in production)."""
    virtual = _virtual.get()
    if virtual is not None:
        return virtual
    fixed = os.environ.get("LUOSHI_NOW")
    return parse_moment(fixed, field="LUOSHI_NOW") if fixed else datetime.now(UTC).astimezone(SHANGHAI)


def today() -> date:
    return now().date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run a block as if it were `moment` (in this thread or task only): drills and tests."""
    token = _virtual.set(aware(moment))
    try:
        yield
    finally:
        _virtual.reset(token)


def aware(moment: datetime) -> datetime:
    """`moment` in Asia/Shanghai; a naive one is read as Shanghai wall time."""
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)


def parse_moment(text: str, *, field: str = "", file: str = "") -> datetime:
    try:
        return aware(datetime.fromisoformat(text.strip()))
    except ValueError:
        raise BadInput(
            f"不是日期或时间（应如 2024-12-31 或 2024-12-31T09:00）：{quoted(text)}", field=field, file=file
        ) from None


def parse_date(text: str, *, field: str = "", file: str = "") -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(f"不是日期（应如 2024-12-31）：{quoted(text)}", field=field, file=file) from None
