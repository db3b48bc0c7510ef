"""Log lines carry the id of the request being served."""

from __future__ import annotations

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("luoshi_request_id", default="-")


class ClosedDoors(logging.Filter):
    """Somebody met a page that is not theirs: one line, not where in our code the door was closed."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request" and getattr(record, "status_code", 0) == 403:
            record.exc_info = None
        return True


class RequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
