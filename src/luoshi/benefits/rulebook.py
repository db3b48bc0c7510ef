"""The day counts and choices of the procedure itself. 25号 has none of them: each is ours until the district sets it.

They are dated parameters of `norms` ("benefits.…"), set where all parameters are set. One query reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Q

from luoshi.kernel import when
from luoshi.norms.models import Parameter, ParameterValue

PREFIX = "benefits."
OURS = "系统缺省：25号文件没有写明办理程序"
VALID_FROM = date(2024, 7, 19)


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    label: str
    unit: str
    default: int


SETTINGS = (
    Setting("publish_days", "公示几个工作日", "工作日", 5),
    Setting("confirm_days", "通知后几个工作日未确认账户再提醒", "工作日", 5),
    Setting("reminders", "账户确认最多提醒几次", "次", 3),
    Setting("answer_days", "异议几个工作日内答复", "工作日", 5),
    Setting("recovery_days", "追回告知后几个工作日内可以异议", "工作日", 10),
    Setting("account_days", "账户确认后多少日内不必再确认", "日", 365),
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings in force on a day; units as in `SETTINGS`."""

    publish_days: int = 5
    confirm_days: int = 5
    reminders: int = 3
    answer_days: int = 5
    recovery_days: int = 10
    account_days: int = 365


def on(day: date | None = None) -> Rules:
    """What is in force on `day` (default: today); an unusable value counts as not set."""
    day = day or when.today()
    rows = (
        ParameterValue.objects.filter(parameter__key__startswith=PREFIX, valid_from__lte=day)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day))
        .order_by("valid_from")
        .values_list("parameter__key", "value")
    )
    found = {str(key).removeprefix(PREFIX): int(str(value)) for key, value in rows if str(value).isdigit()}
    return Rules(**{field.name: found[field.name] for field in fields(Rules) if field.name in found})


def ensure_parameters() -> int:
    """Put the settings where people set parameters (norms), once. Returns how many were added."""
    have = set(Parameter.objects.filter(key__startswith=PREFIX).values_list("key", flat=True))
    missing = [setting for setting in SETTINGS if PREFIX + setting.name not in have]
    for setting in missing:
        made = Parameter.objects.create(
            key=PREFIX + setting.name, label=setting.label, kind="integer", unit=setting.unit, note=OURS
        )
        ParameterValue.objects.create(parameter=made, value=setting.default, valid_from=VALID_FROM, source=OURS)
    return len(missing)
