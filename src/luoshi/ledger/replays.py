"""How a recorded decision is decided again: rooms say it in `<room>/replays.py`, without a database."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from typing import TypeVar

import luoshi
from luoshi.ledger.package import Replay

F = TypeVar("F", bound=Replay)
known: dict[str, Replay] = {}


def replayer(kind: str) -> Callable[[F], F]:
    """Register the re-computation of entries of `kind`: given the entry's data (with "facts"), its "decision"."""

    def register(function: F) -> F:
        known[kind] = function
        return function

    return register


def load() -> dict[str, Replay]:
    """Import every room's `replays.py` and return what they registered."""
    for room in pkgutil.iter_modules(luoshi.__path__):
        name = f"luoshi.{room.name}.replays"
        if room.ispkg and importlib.util.find_spec(name):
            importlib.import_module(name)
    return known
