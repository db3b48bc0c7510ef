"""Ledger entries of accounts and the directory in words."""

from __future__ import annotations

import json
from typing import Any

from luoshi.accounts.roles import ROLES
from luoshi.ledger.models import Entry

KINDS = {
    "accounts.created": "建立账号",
    "accounts.granted": "授予角色",
    "accounts.revoked": "撤销角色",
    "accounts.disabled": "停用账号",
    "accounts.enabled": "启用账号",
    "accounts.password_reset": "重置密码",
    "accounts.password_changed": "修改密码",
    "accounts.sessions_ended": "退出其他设备",
    "accounts.signed_in": "登录",
    "accounts.signed_out": "退出",
    "accounts.locked_out": "多次输错密码，暂停登录",
    "accounts.released": "解除暂停登录",
    "accounts.token_created": "建立接口令牌",
    "accounts.token_revoked": "撤销接口令牌",
    "accounts.second_factor_on": "启用动态口令",
    "accounts.second_factor_off": "解除动态口令",
    "accounts.recovery_code_used": "使用恢复码",
    "directory.personal_read": "查看个人信息",
    "directory.person_added": "登记人员",
    "directory.person_changed": "修改人员",
    "directory.post_added": "设立岗位",
    "directory.post_changed": "修改岗位",
    "directory.left": "离任",
    "directory.alias_added": "登记机构写法",
    "directory.alias_removed": "删除机构写法",
    "directory.succession_added": "登记职能承接",
    "directory.area_added": "登记区域",
    "directory.area_changed": "区域调整",
    "directory.limit_worded": "填写四至",
    "directory.register_generated": "生成演示底册",
    "directory.register_received": "收到底册文件",
    "directory.register_checked": "检查底册文件",
    "directory.resident_corrected": "更正居民底册",
    "directory.register_imported": "导入居民底册",
    "directory.appointed": "任职",
    "directory.succession_confirmed": "确认职能承接",
    "directory.limit_decided": "明确四至边界",
    "directory.calendar_seeded": "载入放假安排",
    "directory.calendar_imported": "导入放假安排",
    "directory.calendar_day_set": "修改日历中的一天",
}
FIELDS = {
    "role": "角色",
    "body": "单位",
    "area": "区域",
    "since": "自",
    "until": "至",
    "reason": "事由",
    "why": "事由",
    "fields": "内容",
    "address": "地址",
    "username": "用户名",
    "name": "名称",
    "source": "依据",
    "post": "岗位",
    "note": "依据",
    "left": "剩余",
}


def kind(code: str) -> str:
    return KINDS.get(code, code)


SUBJECTS = {
    "user": "账号",
    "person": "人员",
    "resident": "居民",
    "register": "居民底册",
    "post": "岗位",
    "body": "机构",
    "area": "区域",
    "calendar": "工作日历",
    "sign_in": "登录",
}


def subject(entry: Entry) -> str:
    """`user:14` → `账号 14`."""
    sort, _, rest = entry.subject.partition(":")
    return f"{SUBJECTS[sort]} {rest}" if sort in SUBJECTS and rest != "all" else SUBJECTS.get(sort, entry.subject)


def details(payload: str) -> str:
    """What an entry holds beyond who, when and whom: `角色：督查员 · 事由：…`."""
    data: dict[str, Any] = json.loads(payload).get("data") or {}
    parts = []
    for key, label in FIELDS.items():
        value = data.get(key)
        if value not in (None, "", []):
            shown = ROLES.get(str(value), value) if key == "role" else value
            parts.append(f"{label}：{'、'.join(map(str, shown)) if isinstance(shown, list) else shown}")
    return " · ".join(parts)
