"""Approvals decided again offline, from what the ledger entry holds: facts, settings, day and rule version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from luoshi.benefits import editions, engine
from luoshi.kernel.canonical import plain
from luoshi.ledger.replays import replayer


@replayer("benefits.approve")
def approved(data: Mapping[str, Any]) -> Any:
    """The decision behind an approval, by the rules of then: those installed, else those the package carries."""
    pack = editions.pack_of(data["measure"], data["pack"], data.get("attached") or {})
    day = date.fromisoformat(data["as_of"])
    return plain(engine.decide(data["measure"], data["facts"], day, data["settings"], pack=pack))


@replayer("benefits.fell")
def fell(data: Mapping[str, Any]) -> Any:
    """The decision behind a proposed recovery."""
    return approved(data)


@replayer("benefits.grow")
def grown(data: Mapping[str, Any]) -> Any:
    """The decision behind further months of a stipend."""
    return approved(data)
