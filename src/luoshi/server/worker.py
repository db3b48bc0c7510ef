"""The WSGI application as `luoshi web` runs it: a worker whose master was killed ends instead of holding the port."""

from __future__ import annotations

import signal

from luoshi.server.keeping import die_with_parent
from luoshi.server.warming import begin
from luoshi.server.wsgi import application

__all__ = ["application"]

die_with_parent(signal.SIGKILL)
begin()
