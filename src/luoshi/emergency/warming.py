"""What a web worker reads before anybody asks: at three in the morning the first alarm must not wait for it."""

from __future__ import annotations

from luoshi.emergency import flood, live
from luoshi.emergency.models import PlanSnapshot


def warm() -> None:
    """The plans in force, compiled; reports that waited when the last process ended are joined.

    Keeps no edition: an installation without one reads it when asked.
    """
    if PlanSnapshot.objects.filter(current=True).exists():
        live.desk()
    if flood.gauge().waiting:
        flood.wake()
