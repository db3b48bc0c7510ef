"""The course of a claim (兑现事项) as a pure state machine: who may do what now, and if not, why not, in Chinese."""

from __future__ import annotations

STATES = {
    "review": "待人工裁定",
    "found": "已发现",
    "notified": "已通知",
    "confirmed": "账户已确认",
    "recognised": "已认定",
    "published": "公示中",
    "approved": "已批准",
    "in_batch": "付款中",
    "failed": "付款失败",
    "returned": "已退票",
    "paid": "已兑付",
    "reconciled": "已对账",
    "recovering": "追回中",
    "recovered": "已追回",
    "refused": "不予兑现",
    "withdrawn": "已撤回",
}
OVER = ("refused", "withdrawn", "recovered")
LIVE = tuple(state for state in STATES if state not in OVER)
# A claim that is or may still become money: it counts as a prior award of its subject.
COMMITTED = ("approved", "in_batch", "failed", "returned", "paid", "reconciled", "recovering")
INSTALMENT_STATES = {
    "planned": "未安排",
    "reserved": "已预留",
    "paying": "付款中",
    "paid": "已支付",
    "dropped": "已取消",
}
PAYMENT_STATES = {
    "queued": "待送出",
    "sent": "已送出",
    "paid": "已支付",
    "reconciled": "已对账",
    "failed": "付款失败",
    "returned": "已退票",
    "cancelled": "已撤销",
}
ARRIVABLE = ("queued", "sent", "paid", "reconciled")  # money that has arrived or may still arrive
BATCH_STATES = {
    "draft": "待复核",
    "released": "已复核",
    "sent": "已送出",
    "answered": "银行已答复",
    "reconciled": "已对账",
    "cancelled": "已撤销",
}
ORDER_RULES = {"approved": "先批准先安排", "event": "事项在先先安排", "small": "金额小的先安排"}
RECOVERY_STATES = {
    "proposed": "已提出",
    "notified": "已告知",
    "decided": "已决定",
    "closed": "已退回",
    "dropped": "不再追回",
}
OBJECTION_STATES = {"open": "待答复", "upheld": "成立", "rejected": "不成立"}
