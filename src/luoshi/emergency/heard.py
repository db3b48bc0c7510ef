"""What a channel says was heard (来报), in one shape, before anybody has judged it. Pure.

Unknown is not no: what a sender did not say stays empty. Two messages are about one thing when source, sender and
`key` are the same; they say the same when their `digest` is the same too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput

SOURCES = {
    "form": "接报登记",
    "phone": "电话记录",
    "hotline": "热线转办",
    "alertmanager": "监测系统（Alertmanager）",
    "cap": "监测系统（CAP）",
}
MACHINES = ("alertmanager", "cap")
STATUSES = {"firing": "持续", "resolved": "已恢复", "cancelled": "已撤回"}
REALITIES = {"actual": "实际", "exercise": "演练", "test": "测试", "other": "非事件"}
TEXT_MAX, RAW_MAX, KEY_MAX = 4000, 16_000, 300
SKEW = timedelta(seconds=60)  # clocks that differ by less say nothing


@dataclass(slots=True)
class Heard:
    """One report of one thing.

    `key`: the sender's name for the thing (fingerprint, identifier), empty when it gave none. `group`: what belongs
    together, in the sender's eyes. `places`, `operators`: named, never "the whole list". `reality`: exercise and test
    never mix with the real. `unreadable`: why a part of the input could not be used; it is kept all the same.
    """

    source: str
    text: str
    key: str = ""
    group: str = ""
    status: str = "firing"
    reality: str = "actual"
    reporter: str = ""
    occurred_at: datetime | None = None
    ended_at: datetime | None = None
    sent_at: datetime | None = None
    severity: str = ""
    places: list[str] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    raw: Mapping[str, Any] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """What it says, without when it was sent or whether it still goes on. An alert is its fingerprint: the words
        beside it change with every measured value."""
        if self.source == "alertmanager" and self.key:
            return sm3(self.key)
        said = [self.key, self.text, self.severity, self.reality, sorted(self.places), sorted(self.operators)]
        return sm3(json.dumps(said, ensure_ascii=False))


def skew(occurred: datetime | None, received: datetime) -> timedelta | None:
    """How far ahead of the receiver's clock the sender's was: a thing cannot be reported before it happened."""
    if occurred is None or occurred - received <= SKEW:
        return None
    return occurred - received


def happened(occurred: datetime | None, received: datetime) -> datetime:
    """When to place it in the order of events: as the sender says, but never after it was received."""
    return received if occurred is None else min(occurred, received)


def newer(known: Heard | KnownTimes, told: Heard) -> bool:
    """Whether `told` was said after what is known: late post does not bring back what is over.

    Senders that state the sending time are ordered by it; else a report that began later is newer, and of two reports
    of one beginning the one that says it is over comes last.
    """
    if known.sent_at and told.sent_at:
        return told.sent_at >= known.sent_at
    if known.occurred_at and told.occurred_at and known.occurred_at != told.occurred_at:
        return told.occurred_at > known.occurred_at
    return known.status == "firing" or told.status != "firing"


@dataclass(frozen=True, slots=True)
class KnownTimes:
    """What is kept of a report heard before, as far as order is concerned."""

    status: str
    occurred_at: datetime | None
    sent_at: datetime | None


def words(value: Any, name: str, *, most: int = KEY_MAX, needed: bool = False) -> str:
    """A text field of foreign JSON. BadInput names it."""
    if value is None:
        value = ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadInput("应为文字", field=name)
    text = value.replace("\x00", "").strip()
    if needed and not text:
        raise BadInput("不能为空", field=name)
    return text[:most]


def listed(text: str) -> list[str]:
    """Names in one label: `甲街道,乙镇` or `甲街道、乙镇`."""
    for mark in "，、;；":
        text = text.replace(mark, ",")
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def first(labels: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of `names` that `labels` has."""
    return next((labels[name] for name in names if labels.get(name)), "")
