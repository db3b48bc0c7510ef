"""What a settled conflict means for a target: which value it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch

from luoshi.kernel import when
from luoshi.supervision.likeness import Claim, contradict
from luoshi.supervision.models import Conflict, Target


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision that replaced a target: judged by `chosen` from the day it was made."""

    conflict: Conflict
    chosen: Target


def of_targets() -> Prefetch[Any]:
    """The conflicts of prefetched targets with what their rulings need: two more queries however many duties."""
    found = Conflict.objects.select_related("chosen__duty__instrument").prefetch_related("chosen__readings")
    return Prefetch("targets__conflicts", found)


def ruling_on(target: Target, as_of: date) -> Ruling | None:
    """The ruling `target` lost by, as of a day: made by then, for a value that cannot stand beside its own.

    Values that go together with the chosen one (an earlier step of the same plan, the same figure said twice) and
    values left side by side (并存) are judged as they are written.
    """
    for conflict in target.conflicts.all():
        chosen = conflict.chosen
        if chosen is None or chosen.pk == target.pk or not _decided_by(conflict, as_of):
            continue
        if contradict(claim(target), claim(chosen)):
            return Ruling(conflict, chosen)
    return None


def _decided_by(conflict: Conflict, as_of: date) -> bool:
    made = conflict.decided_at
    return conflict.state == Conflict.State.DECIDED and made is not None and when.aware(made).date() <= as_of


def open_conflict(target: Target) -> Conflict | None:
    """The conflict this target stands in that nobody has settled yet."""
    return next((c for c in target.conflicts.all() if c.state == Conflict.State.OPEN), None)


def claim(target: Target) -> Claim:
    """A target as the rules of likeness see it."""
    return Claim(target.pk, target.indicator, target.op, target.value, target.unit, target.due)
