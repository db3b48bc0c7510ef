"""Approvals decided again offline, from what the ledger entry holds: facts, settings, day and rule version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from luoshi.benefits import engine
from luoshi.kernel.canonical import plain
from luoshi.kernel.errors import BadInput
from luoshi.ledger.replays import replayer


@replayer("benefits.approve")
def approved(data: Mapping[str, Any]) -> Any:
    """The decision behind an approval. BadInput when the rules at hand are not those it was decided with."""
    _, measures = engine.rule_of(data["measure"])
    if measures.digest != data["pack"]:
        raise BadInput(f"规则已不是作出决定时的版本（当时 {data['pack'][:12]}，现在 {measures.digest[:12]}）")
    day = date.fromisoformat(data["as_of"])
    return plain(engine.decide(data["measure"], data["facts"], day, data["settings"]))


@replayer("benefits.fell")
def fell(data: Mapping[str, Any]) -> Any:
    """The decision behind a proposed recovery."""
    return approved(data)


@replayer("benefits.grow")
def grown(data: Mapping[str, Any]) -> Any:
    """The decision behind further months of a stipend."""
    return approved(data)
