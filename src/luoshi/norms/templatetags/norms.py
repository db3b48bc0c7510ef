"""`{% load norms %}`: the room's own words on a screen."""

from __future__ import annotations

import json
from typing import Any

from django import template

from luoshi.norms import values
from luoshi.norms.document import permalink
from luoshi.norms.models import Parameter, ParameterValue
from luoshi.norms.search import Hit

register = template.Library()

RELATIONS = {
    "basis": "依据", "implements": "落实", "adjusts": "调整", "repeals": "废止", "replaces": "替代", "cites": "引用",
}  # fmt: skip
KINDS = {
    "amendment": "修改", "amount": "金额", "area": "区域", "assessment": "评估", "authority": "职权", "body": "机构",
    "cap": "上限", "channel": "渠道", "clock": "时限", "content_of_report": "报告内容", "deadline": "期限",
    "definition": "定义", "discipline": "纪律", "duty": "任务", "eligibility": "条件", "entitlement": "待遇",
    "exclusion": "排除", "facility": "设施", "feature": "功能", "finance": "资金", "governance": "组织",
    "incentive": "激励", "jurisdiction": "管辖", "level": "等级", "measure": "措施", "membership": "成员",
    "penalty": "处罚", "period": "期间", "principle": "原则", "prohibition": "禁止", "publicity": "宣传",
    "register": "台账", "resource": "资源", "role": "职务", "rule": "规则", "source": "来源", "target": "目标",
    "trigger": "情形", "validity": "效力", "visit": "走访",
}  # fmt: skip


@register.filter
def relation(kind: str) -> str:
    return RELATIONS.get(kind, kind)


@register.filter
def clause_kind(kind: str) -> str:
    return KINDS.get(kind, kind)


@register.filter
def hit_url(hit: Hit) -> str:
    return permalink(hit.slug, hit.path)


@register.filter
def shown_value(value: ParameterValue | None, parameter: Parameter) -> str:
    """A parameter's value with its unit; nothing set shows 未配置 or 待下达, never 0."""
    return values.shown(parameter.kind, value.value, parameter.unit) if value else parameter.blank_word


@register.filter
def option_label(value: Any, options: list[dict[str, Any]]) -> str:
    """What an option is called on the screen; a free answer stands for itself."""
    return next((str(o["label"]) for o in options if o["value"] == value), "" if value is None else str(value))


ACTS = {
    "norms.uploaded": "上传", "norms.upload_closed": "读取结束", "norms.imported": "导入正文",
    "norms.reread": "重新识读", "norms.answered": "答复", "norms.confirmed": "确认", "norms.parameter_set": "设定数值",
    "norms.finding_decided": "处理", "norms.revision_set": "登记修订期限", "norms.pack_loaded": "装载规范包",
    "clocks.started": "开始计时", "clocks.cancelled": "计时取消", "clocks.broken": "到期", "clocks.warned": "到期提醒",
}  # fmt: skip


@register.filter
def act(kind: str) -> str:
    """A ledger kind in the words of an official."""
    return ACTS.get(kind, kind)


@register.filter
def said(entry: Any) -> str:
    """What an act in the ledger said: the answer, value, state or error, and the reason."""
    data = json.loads(entry.payload).get("data", {})
    parts = [str(data[key]) for key in ("answer", "value", "correction", "error", "source", "reason") if data.get(key)]
    return ";".join(parts)
