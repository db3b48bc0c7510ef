"""What the kinds of entries are called in Chinese. Rooms add their own; an unnamed kind shows its code."""

from __future__ import annotations

from collections.abc import Mapping

_kinds: dict[str, str] = {
    "ledger.verified": "校验台账",
    "ledger.sealed": "封存台账",
    "ledger.evidence": "导出证据包",
    "clocks.started": "时限开始",
    "clocks.suspended": "时限中止",
    "clocks.resumed": "时限恢复",
    "clocks.extended": "时限延长",
    "clocks.finished": "时限办结",
    "clocks.cancelled": "时限撤销",
    "clocks.broke": "时限超时",
    "clocks.recounted": "时限重算",
    "clocks.retried": "重新处理时限",
    "clocks.lane_opened": "推演开始",
    "clocks.lane_closed": "推演结束",
    "clocks.job_queued": "提交后台任务",
    "clocks.job_retried": "重新执行后台任务",
    "notices.sent": "发出通知",
    "notices.confirmed": "确认收到通知",
    "notices.escalated": "通知升级",
    "accounts.created": "建立账号",
    "accounts.demo_seats": "建立演示账号",
    "accounts.disabled": "停用账号",
    "accounts.enabled": "启用账号",
    "accounts.granted": "授予角色",
    "accounts.revoked": "撤销角色",
    "accounts.locked_out": "登录锁定",
    "accounts.password_changed": "修改密码",
    "accounts.password_reset": "重设密码",
    "accounts.recovery_code_used": "使用恢复码",
    "accounts.second_factor_on": "启用双重验证",
    "accounts.second_factor_off": "停用双重验证",
    "accounts.sessions_ended": "结束其他会话",
    "accounts.signed_in": "登录",
    "accounts.signed_out": "退出",
    "accounts.token_created": "建立接口令牌",
    "accounts.token_revoked": "撤销接口令牌",
    "directory.appointed": "任职",
    "directory.calendar_day_set": "修改放假安排",
    "directory.calendar_imported": "导入放假安排",
    "directory.calendar_seeded": "载入放假安排",
    "directory.demo_filled": "载入演示人员",
    "directory.limit_decided": "明确四至边界",
    "directory.person_added": "登记人员",
    "directory.personal_read": "查看个人信息",
    "directory.succession_confirmed": "确认职能承接",
    "norms.pack_loaded": "载入规范包",
    "norms.uploaded": "上传文件",
    "norms.imported": "导入公报",
    "norms.reread": "重新读取文件",
    "norms.upload_closed": "结束导入",
    "norms.answered": "答复口径",
    "norms.confirmed": "确认口径",
    "norms.finding_decided": "处理疑点",
    "norms.parameter_set": "设定参数",
    "norms.revision_set": "设定修订日期",
    "supervision.loaded": "载入任务",
    "supervision.proposed": "提出任务",
    "supervision.confirmed": "确认任务",
    "supervision.assign": "分办任务",
    "supervision.receive": "签收任务",
    "supervision.feedback": "反馈进展",
    "supervision.feedback_imported": "导入反馈",
    "supervision.request_completion": "申请办结",
    "supervision.verify": "核验",
    "supervision.accept": "验收销号",
    "supervision.return": "退回",
    "supervision.suspend": "中止任务",
    "supervision.resume": "恢复任务",
    "supervision.extend": "延长期限",
    "supervision.measured": "填报指标",
    "supervision.reading_verified": "核实指标",
    "supervision.value_set": "设定目标值",
    "supervision.clock_warn": "任务临期",
    "supervision.clock_break": "任务逾期",
    "supervision.conflict_found": "发现冲突",
    "supervision.conflict_decided": "裁定冲突",
    "supervision.conflict_over": "冲突消除",
    "supervision.target_added": "添加指标",
    "supervision.target_removed": "移除指标",
    "supervision.bulletin_issued": "印发通报",
    "supervision.calendar_feed": "订阅期限日历",
}


def register(kinds: Mapping[str, str]) -> None:
    """Name kinds of entries: {"supervision.confirmed": "确认任务"}."""
    _kinds.update(kinds)


def named(kind: str) -> str:
    return _kinds.get(kind, kind)


def kinds() -> dict[str, str]:
    return dict(sorted(_kinds.items()))
