"""What a night need look at: facts that have changed since the last screening, and answers that only the day changes.

A screening that looks ahead notes which events get another answer in the coming days though nobody tells anything new
(满一年, a date not yet reached, the end of validity). Until then, the others need not be read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from luoshi.benefits import engine
from luoshi.benefits.deciding import HUMAN
from luoshi.benefits.models import Matter, Screening
from luoshi.benefits.settling import InForce

AHEAD = 30  # days looked ahead; after them a night reads everything again
MARGIN = timedelta(hours=1)  # a record written while the last screening read may bear an earlier moment
MOST = 50_000  # events that turn; where there are more, the next night reads everything


@dataclass(frozen=True, slots=True)
class Known:
    """What the last screening left: facts since `since` and these `matters` are to be looked at, the rest stands."""

    since: datetime
    matters: list[int]
    turns: dict[str, list[int]]
    until: date


def known(measure: str, as_of: date, settings: InForce, pack_digest: str) -> Known | None:
    """None when everything must be read: no screening that looked ahead, another reading of the text, another day."""
    last = Screening.objects.filter(measure=measure).order_by("-id").first()
    if last is None or last.state != Screening.State.DONE or not last.ahead:
        return None
    if (last.settings_digest, last.pack_digest) != (settings.digest, pack_digest):
        return None
    until, turns = date.fromisoformat(last.ahead["until"]), last.ahead["turns"]
    if not last.as_of <= as_of <= until:
        return None
    since = last.started_at - MARGIN
    due = {pk for day, matters in turns.items() if date.fromisoformat(day) <= as_of for pk in matters}
    ours = Matter.objects.filter(subject__claims__events__at__gt=since).values_list("pk", flat=True)
    return Known(since, sorted(due.union(ours)), turns, until)


def ahead(
    measure: str, frame: pl.DataFrame, as_of: date, settings: Mapping[str, Any], before: Known | None
) -> dict[str, Any]:
    """What the next night needs to know, as JSON; empty where too many events turn. `before`: of the others, as was."""
    until = before.until if before else as_of + timedelta(days=AHEAD)
    days = [as_of + timedelta(days=n) for n in range(1, (until - as_of).days + 1)]
    turns: dict[str, list[int]] = {}
    if frame.height and days:
        found = engine.turns(measure, frame, as_of, days, settings)
        human = HUMAN.get(measure)
        if human is not None:
            said = pl.col(human.fact).fill_null(pl.lit(human.yes)) if human.fact in frame.columns else pl.lit(human.yes)
            likely = engine.turns(measure, frame.with_columns(said.alias(human.fact)), as_of, days, settings)
            found = pl.DataFrame({"a": found, "b": likely}).select(pl.min_horizontal("a", "b")).to_series()
        rows = pl.DataFrame({"matter": frame.get_column("matter"), "day": found}).drop_nulls()
        for number, matters in rows.group_by("day").agg("matter").iter_rows():
            turns[days[number].isoformat()] = matters
    looked = set(frame.get_column("matter").to_list()) if before else set()
    for day, matters in (before.turns if before else {}).items():
        if date.fromisoformat(day) > as_of and (left := [pk for pk in matters if pk not in looked]):
            turns[day] = [*turns.get(day, []), *left]
    if sum(map(len, turns.values())) > MOST:
        return {}
    return {"until": until.isoformat(), "turns": turns}
