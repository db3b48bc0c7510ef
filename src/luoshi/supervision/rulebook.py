"""The settings of supervision, as dated parameters of `norms`. None is taken from a document; each says where from.

`on(day)` reads all of them in one query; a district that has set nothing works with the defaults printed here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q

from luoshi.kernel import when
from luoshi.norms.models import Parameter, ParameterValue
from luoshi.supervision.lights import LightRules
from luoshi.supervision.scoring import Weights
from luoshi.supervision.verdicts import Leanings

PREFIX = "supervision."
PRACTICE = "“13710”工作制度的通行做法，不是本文件的规定"
OURS = "系统缺省，不是文件的规定"
VALID_FROM = date(2016, 9, 1)  # when the province set up the 13710 practice; a default must hold on any later day


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `kind` integer|number|flag; `source` says where the default comes from."""

    name: str
    label: str
    kind: str
    unit: str
    default: Any
    source: str

    @property
    def key(self) -> str:
        return PREFIX + self.name


SETTINGS = (
    Setting("receipt_days", "分办后几个工作日内签收、研究部署（13710 的“1”）", "integer", "工作日", 1, PRACTICE),
    Setting("feedback_days", "分办后几个工作日内首次反馈（13710 的“3”）", "integer", "工作日", 3, PRACTICE),
    Setting("simple_days", "一般事项几日内办结（13710 的“7”）", "integer", "日", 7, PRACTICE),
    Setting("complex_days", "复杂事项几日内办结（13710 的第二个“1”，一个月）", "integer", "日", 30, PRACTICE),
    Setting("chase_days", "逾期后每隔几日再催办，直到销号（13710 的“0”）", "integer", "日", 7, PRACTICE),
    Setting("leader_days", "逾期几个工作日后报区领导", "integer", "工作日", 3, OURS),
    Setting("verify_days", "申请办结后几个工作日内核验", "integer", "工作日", 5, OURS),
    Setting("warn_days", "到期前几日亮黄灯", "integer", "日", 30, OURS),
    Setting("report_grace_days", "报送期结束后几日内反馈", "integer", "日", 10, OURS),
    Setting("report_warn_days", "报送期结束前几日提醒", "integer", "日", 10, OURS),
    Setting("about_tolerance", "“左右”的允许偏差（占目标值的比例）", "number", "", "0.05", OURS),
    Setting("stable_every_period", "“稳定”是否要求每期都达到", "flag", "", True, OURS),
    Setting("basically_share", "“基本实现”按目标值的多少比例认定（空=未定，不能判定）", "number", "", None, OURS),
    Setting("weight_on_time", "考评权重：按期率", "number", "", "50", OURS),
    Setting("weight_receipt", "考评权重：按时签收率", "number", "", "20", OURS),
    Setting("weight_report", "考评权重：按时反馈率", "number", "", "30", OURS),
)
BY_NAME = {s.name: s for s in SETTINGS}


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings in force on a day. Days are working days or calendar days as `SETTINGS` says."""

    receipt_days: int
    feedback_days: int
    simple_days: int
    complex_days: int
    chase_days: int
    leader_days: int
    verify_days: int
    warn_days: int
    report_grace_days: int
    report_warn_days: int
    about_tolerance: Decimal
    stable_every_period: bool
    basically_share: Decimal | None
    weight_on_time: Decimal
    weight_receipt: Decimal
    weight_report: Decimal

    @property
    def light(self) -> LightRules:
        return LightRules(self.warn_days, self.report_grace_days, self.report_warn_days)

    @property
    def leanings(self) -> Leanings:
        return Leanings(self.about_tolerance, self.stable_every_period, self.basically_share)

    @property
    def weights(self) -> Weights:
        return Weights(self.weight_on_time, self.weight_receipt, self.weight_report)


def on(day: date | None = None) -> Rules:
    """The rules in force on `day` (default: today). One query."""
    day = day or when.today()
    rows = (
        ParameterValue.objects.filter(parameter__key__startswith=PREFIX, valid_from__lte=day)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day))
        .order_by("valid_from")
        .values_list("parameter__key", "value")
    )
    return rules({str(key).removeprefix(PREFIX): value for key, value in rows})


def rules(values: dict[str, Any]) -> Rules:
    """Rules from raw values by setting name; what is absent or blank takes its default, what is unusable too."""
    made: dict[str, Any] = {}
    for field in fields(Rules):
        setting = BY_NAME[field.name]
        made[field.name] = _typed(setting, values.get(field.name, setting.default))
    return Rules(**made)


def _typed(setting: Setting, value: Any) -> Any:
    if value is None or value == "":
        value = setting.default
    if value is None:
        return None
    if setting.kind == "flag":
        return value not in (False, "false", "0", "否", 0)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(str(setting.default or 0))
    return max(int(number), 0) if setting.kind == "integer" else number


def ensure_parameters() -> int:
    """Put the settings where people set parameters (norms), once. Returns how many were added."""
    have = set(Parameter.objects.filter(key__startswith=PREFIX).values_list("key", flat=True))
    added = 0
    for setting in SETTINGS:
        if setting.key in have:
            continue
        parameter = Parameter.objects.create(
            key=setting.key, label=setting.label, kind=setting.kind, unit=setting.unit, note=setting.source
        )
        if setting.default is not None:
            ParameterValue.objects.create(
                parameter=parameter, value=setting.default, valid_from=VALID_FROM, source=setting.source
            )
        added += 1
    return added
