"""Fifty screens look at one incident: what a web process reads and draws once for all of them.

Whether a person may look is asked for every request, by the view; here is only what is the same for everybody who may.
Screens that ask together wait for one drawing instead of making fifty.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from luoshi.emergency import wall
from luoshi.kernel import when

FRESH = 0.1  # seconds a stamp may be shared by screens
MOST = 200  # incidents remembered by a process
NOW = "@@now@@"  # where the moment of the answer stands in a drawn wall


@dataclass(frozen=True, slots=True)
class Drawn:
    """A wall as drawn for `stamp`. `now` None: the time is that of the answer; a drill's stands where it is."""

    stamp: str
    html: str
    now: datetime | None = None

    def told(self) -> str:
        """The wall as it is sent: however old the drawing, its clocks count on from this moment."""
        return self.html.replace(NOW, when.aware(self.now or when.now()).isoformat(), 1)


@dataclass(slots=True)
class _Watched:
    lock: threading.RLock = field(default_factory=threading.RLock)
    at: float = -FRESH
    stamp: str = ""
    drawn: Drawn | None = None


_watched: dict[int, _Watched] = {}


def _of(pk: int) -> _Watched:
    if len(_watched) > MOST:
        _watched.clear()
    return _watched.setdefault(pk, _Watched())


def stamp(pk: int) -> str:
    """What changes whenever anything on the wall of this incident does; read at most every tenth of a second."""
    watched = _of(pk)
    with watched.lock:
        if time.monotonic() - watched.at >= FRESH:
            watched.stamp = wall.stamp(pk)
            watched.at = time.monotonic()
        return watched.stamp


def drawn(pk: int, draw: Callable[[], Drawn]) -> Drawn:
    """The wall as it stands: drawn by the first who asks after a change, the others wait for that one."""
    watched = _of(pk)
    with watched.lock:
        if watched.drawn is None or watched.drawn.stamp != stamp(pk):
            watched.drawn = draw()
            watched.stamp, watched.at = watched.drawn.stamp, time.monotonic()
        return watched.drawn


def forget() -> None:
    """Look anew at everything."""
    _watched.clear()
