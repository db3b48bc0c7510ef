"""Long work of rooms that stand below the one with workers: declared here, taken up by whoever does it (`clocks`).

A room says `@later.work("directory.register_check")` over a function of (args, tell) that may safely run twice, and
later `later.start(kind, args, by=…, key=…)`. Where nobody has taken the work up it is done at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from luoshi.kernel.acting import Actor

Tell = Callable[[str, int, int], None]  # what is going on, how many are done, of how many (0: unknown)
Work = Callable[[dict[str, Any], Tell], Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a piece of work is. `state` waiting|running|done|failed; `error` why it failed."""

    state: str
    text: str = ""
    done: int = 0
    total: int = 0
    error: str = ""

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed")


@dataclass(frozen=True, slots=True)
class Doer:
    """Who has workers: told of each kind of work, starts one piece of it, and says how far a piece is."""

    learn: Callable[[str, Work], None]
    start: Callable[[str, dict[str, Any], Actor, str], None]
    look: Callable[[str], Standing | None]


_works: dict[str, Work] = {}
_doer: list[Doer] = []


def work(kind: str) -> Callable[[Work], Work]:
    """Declare the work of `kind`. The function gets its arguments and a way to say how far it is."""

    def declare(function: Work) -> Work:
        _works[kind] = function
        for doer in _doer:
            doer.learn(kind, function)
        return function

    return declare


def take_up(doer: Doer) -> None:
    """Called once by the room that has workers."""
    _doer[:] = [doer]
    for kind, function in _works.items():
        doer.learn(kind, function)


def start(kind: str, args: dict[str, Any], *, by: Actor, key: str) -> None:
    """Have it done; the same `key` again is the same piece of work."""
    if _doer:
        _doer[0].start(kind, args, by, key)
    else:
        _works[kind](args, lambda *_: None)


def look(key: str) -> Standing | None:
    """How far the work with this key is; None when there is none."""
    return _doer[0].look(key) if _doer else None
