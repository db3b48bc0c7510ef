"""Decisions of an incident, decided again from its evidence package: no database, no network.

The package carries the edition of the plans it was decided under (`emergency.edition`); the rest names it by digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.emergency import bundle, deciding_again
from luoshi.emergency.desk import Desk, of
from luoshi.emergency.plans import Plans, read
from luoshi.kernel.canonical import plain
from luoshi.kernel.errors import BadInput
from luoshi.ledger.replays import replayer

_editions: dict[str, Plans] = {}


@replayer("emergency.edition")
def edition(data: Mapping[str, Any]) -> dict[str, str]:
    """The edition in the package is the one its digest says; from here on it can be named."""
    found = bundle.plans_of(bundle.unpacked(str(data["facts"]["packed"])), "证据包")
    _editions[found.digest] = found
    return {"digest": found.digest}


def _desk(facts: Mapping[str, Any]) -> Desk:
    digest = str(facts["edition"])
    found = _editions.get(digest)
    if found is None and read().digest == digest:
        found = read()
    if found is None:
        raise BadInput(f"包里没有预案版本 {digest[:12]}")
    return of(found, facts["settings"])


@replayer("emergency.proposed")
@replayer("emergency.warning_proposed")
def proposed(data: Mapping[str, Any]) -> Any:
    """What the rules gave at the moment of a proposal."""
    facts = data["facts"]
    return plain(deciding_again.gist(deciding_again.card(_desk(facts), str(facts["plan"]), facts["given"])))


@replayer("emergency.started")
def started(data: Mapping[str, Any]) -> Any:
    """What the rules gave at a start, and that the post which started was entitled to."""
    facts, said = data["facts"], data["decision"]
    at = _desk(facts)
    return plain(deciding_again.start(at, str(facts["plan"]), facts["given"], str(said["started"]), str(said["by"])))


@replayer("emergency.ended")
def ended(data: Mapping[str, Any]) -> Any:
    """Which conditions stood at the end, and that each was shown or acknowledged."""
    facts, said = data["facts"], data["decision"]
    return plain(deciding_again.end(_desk(facts), str(facts["plan"]), facts["given"], said))
