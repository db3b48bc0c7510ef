"""One incident under one plan: where its warning and its response stand, what has been done, which clocks run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from luoshi.emergency.plans import Plan
from luoshi.emergency.rows import ClockRow


@dataclass(slots=True)
class Clock:
    """One run of a clock. Exactly at due is in time; a second later is late, and stays so on the record."""

    row: ClockRow
    started: datetime
    ref: str = ""
    stopped: datetime | None = None
    told: bool = False

    @property
    def running(self) -> bool:
        return self.stopped is None

    @property
    def due(self) -> datetime | None:
        return None if self.row.minutes is None else self.started + timedelta(minutes=self.row.minutes)

    def late(self, moment: datetime) -> bool:
        return self.due is not None and moment > self.due

    def seconds(self, now: datetime) -> int:
        return int(((self.stopped or now) - self.started).total_seconds())


@dataclass(slots=True)
class Warn:
    """none → proposed → (confirmed) → issued → lifted."""

    state: str = "none"
    level: str | None = None
    confirmed: bool = False
    issuer: str = ""
    flagged: bool = False
    issued_at: datetime | None = None


@dataclass(slots=True)
class Respond:
    """none → proposed → (confirmed) → running → (assisting) → ended."""

    state: str = "none"
    proposed: str | None = None
    confirmed: str | None = None
    level: str | None = None
    starter: str = ""
    starter_name: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    superior_agrees: bool = False
    history: list[tuple[datetime, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Done:
    """Something done: when, by whom, with what was said of it."""

    at: datetime
    by: str
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Case:
    """The course of one plan in one incident. `done`: act → when and by whom; `measures`: cite → the same."""

    plan: Plan
    outcome: str | None = None
    warning: Warn = field(default_factory=Warn)
    response: Respond = field(default_factory=Respond)
    clocks: list[Clock] = field(default_factory=list)
    done: dict[str, list[Done]] = field(default_factory=dict)
    measures: dict[str, Done] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    refusals: list[tuple[datetime, str, str, str, str]] = field(default_factory=list)
    card: dict[str, Any] | None = None
    first_warning: tuple[datetime, str] | None = None
    first_response: tuple[datetime, str, bool] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    stubs: int = 0

    def remember(self, card: Mapping[str, Any], now: datetime) -> None:
        """The first time the rules proposed a warning and a response: what the score sheet measures from."""
        if card["applies"] is False:
            return
        if card["warning"]["level"] and self.first_warning is None:
            self.first_warning = (now, card["warning"]["level"])
        response = card["response"]
        if response["level"] and (self.first_response is None or self.first_response[2]):
            self.first_response = (now, response["level"], bool(response["optional"]))

    def note(self, name: str, at: datetime, by: str, told: Mapping[str, Any] | None = None) -> None:
        self.done.setdefault(name, []).append(Done(at, by, dict(told or {})))
