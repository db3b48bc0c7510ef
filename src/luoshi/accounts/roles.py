"""The roles an account may be granted, and which of them must stay with different people."""

from __future__ import annotations

ROLES = {
    "supervisor": "督查员",
    "handler": "承办员",
    "chief": "单位负责人",
    "leader": "区领导",
    "editor": "文本管理员",
    "clerk": "窗口人员",
    "duty_officer": "值班员",
    "commander": "指挥员",
    "finance": "财政人员",
    "culture": "文旅局经办",
    "field": "村社工作者",
    "sysadmin": "系统管理员",
    "secadmin": "安全管理员",
    "auditor": "审计管理员",
    "enterprise": "企业用户",
}
# The separation of the three administrators (三员分立): one account holds at most one, and no working role beside it.
ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")
STAFF = tuple(code for code in ROLES if code != "enterprise")
WORKING = tuple(code for code in STAFF if code not in ADMINISTRATORS)
