"""What a web worker reads before anybody asks: at three in the morning the first alarm must not wait for it."""

from __future__ import annotations

from luoshi.emergency import live
from luoshi.emergency.models import PlanSnapshot


def warm() -> None:
    """The plans in force, compiled. Writes nothing: an installation without an edition reads it when asked."""
    if PlanSnapshot.objects.filter(current=True).exists():
        live.desk()
