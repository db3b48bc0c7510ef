"""What a district may set about intake, call-out and reports, as dated parameters of `norms`. None is from the text.

`on(day)` reads all of them in one query; a district that has set nothing works with the defaults printed here. Minutes
for 立即, 同时 and the like are targets (目标值，非预案规定) and may only be shown, never judged.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import connection

from luoshi.kernel import when
from luoshi.norms import queries as norms
from luoshi.norms.models import Parameter, ParameterValue

PREFIX = "emergency."
OURS = "系统缺省，不是预案的规定"
TARGET = "目标值，非预案规定"
VALID_FROM = date(2024, 7, 4)  # the plans' effective date
FRESH = 5  # seconds
GROUPINGS = ("town", "group", "feed")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `kind` integer|list|text."""

    name: str
    label: str
    kind: str
    unit: str
    default: Any

    @property
    def key(self) -> str:
        return PREFIX + self.name


SETTINGS = (
    Setting("group_by", "来报归并依据，依次取有的（town 地点、group 分组、feed 系统）", "list", "", list(GROUPINGS)),
    Setting("group_minutes", "多少分钟内的同类来报归入同一事件", "integer", "分钟", 30),
    Setting("flood_incidents", "同一时段机器来报最多立多少个事件，再多的并入最后一个", "integer", "个", 20),
    Setting("feed_per_minute", "一个来报系统每分钟最多几次请求（超出的请对方稍后重发）", "integer", "次", 20_000),
    Setting("callout_minutes", "叫应多少分钟不确认即通知代理人", "integer", "分钟", 10),
    Setting("warn_minutes", "30 分钟时限到期前多少分钟提醒", "integer", "分钟", 10),
    Setting("follow_up_minutes", "两次续报间隔的提醒目标", "integer", "分钟", 120),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tuning:
    """The settings in force on a day."""

    group_by: tuple[str, ...]
    group_minutes: int
    flood_incidents: int
    feed_per_minute: int
    callout_minutes: int
    warn_minutes: int
    follow_up_minutes: int


def on(day: date | None = None) -> Tuning:
    """The settings in force on `day` (default: today). One query."""
    found = norms.parameters([setting.key for setting in SETTINGS], day or when.today())
    return tuning({key.removeprefix(PREFIX): value for key, value in found.items()})


_lately: dict[str, tuple[float, Tuning]] = {}


def lately() -> Tuning:
    """The settings as read within the last five seconds: what a flood of alarms asks for each of them."""
    held = _lately.get(connection.settings_dict["NAME"])
    if held is None or time.monotonic() - held[0] > FRESH:
        held = _lately[connection.settings_dict["NAME"]] = (time.monotonic(), on())
    return held[1]


def tuning(values: dict[str, Any]) -> Tuning:
    """From raw values by name; what is absent or unusable takes its default."""
    made: dict[str, Any] = {}
    for field in fields(Tuning):
        setting = next(one for one in SETTINGS if one.name == field.name)
        made[field.name] = _usable(setting, values.get(field.name, setting.default))
    return Tuning(**made)


def _usable(setting: Setting, value: Any) -> Any:
    if setting.kind == "list":
        named = tuple(str(item) for item in value or () if item in GROUPINGS)
        return named or tuple(setting.default)
    try:
        return max(1, int(value))
    except (TypeError, ValueError):
        return setting.default


def ensure() -> int:
    """Put the settings where people set parameters (norms), once. Returns how many were added."""
    have = set(Parameter.objects.filter(key__in=[one.key for one in SETTINGS]).values_list("key", flat=True))
    added = 0
    for setting in SETTINGS:
        if setting.key in have:
            continue
        parameter = Parameter.objects.create(
            key=setting.key, label=setting.label, kind=setting.kind, unit=setting.unit, note=OURS
        )
        ParameterValue.objects.create(parameter=parameter, value=setting.default, valid_from=VALID_FROM, source=OURS)
        added += 1
    return added
