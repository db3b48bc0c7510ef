"""The course of a claim (兑现事项) as a pure state machine: who may do what now, and if not, why not, in Chinese.

    found → notified → confirmed (account) → [recognised] → published → approved → in_batch → paid → reconciled

What a person must rule on first waits in `review`. Money states follow the instalments (`money_state`). The text of
25号 has no procedure: every day count here is a setting of this system and says so (`rulebook`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
BEFORE = ("review", "found", "notified", "confirmed", "recognised", "published")  # nothing is promised yet
# A claim that is or may still become money: it counts as a prior award of its subject.
COMMITTED = ("approved", "in_batch", "failed", "returned", "paid", "reconciled", "recovering")
DONE = ("paid", "reconciled")
AGAIN = ("failed", "returned")  # the account must be looked at before the money is sent again
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
OPEN_RECOVERY = ("proposed", "notified", "decided")
OBJECTION_STATES = {"open": "待答复", "upheld": "成立", "rejected": "不成立"}
NEEDS = {"ruling": "裁定", "recognition": "认定", "grant": "同意扶持"}
SILENT = "文件没有写明办理程序，此处按系统口径"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that may be done to a claim. `to` empty: the state stays. `words`: a reason is asked for."""

    code: str
    label: str
    states: tuple[str, ...]
    to: str
    permission: str
    words: bool = False
    own: bool = False  # also open to an account of the subject itself


ACTS = {
    act.code: act
    for act in (
        Act("notify", "通知", ("found",), "notified", "benefits.handle"),
        Act("confirm_account", "确认账户", ("found", "notified", *AGAIN), "confirmed", "benefits.handle", own=True),
        Act("recognise", "认定", ("review", "confirmed"), "recognised", "benefits.recognise", words=True),
        Act("publish", "公示", ("confirmed", "recognised"), "published", "benefits.handle"),
        Act("object", "提出异议", ("published",), "", ""),
        Act("answer_objection", "答复异议", (*BEFORE, *COMMITTED), "", "benefits.handle", words=True),
        Act("approve", "批准", ("published",), "approved", "benefits.approve"),
        Act("redo", "重新核定", ("published", "confirmed", "recognised"), "notified", "benefits.handle", words=True),
        Act("refuse", "不予兑现", BEFORE, "refused", "benefits.handle", words=True),
        Act("give_up", "放弃", BEFORE, "withdrawn", "benefits.handle", words=True, own=True),
        Act("clear_doubt", "排除存疑", (*BEFORE, *COMMITTED), "", "benefits.recognise", words=True),
        Act("revoke", "撤销批准", ("approved", "failed", "returned"), "withdrawn", "benefits.approve", words=True),
        Act("prove", "登记付息凭证", ("approved", "in_batch", "failed", "returned", "paid"), "", "benefits.handle"),
        Act("claw_back", "提出追回", ("approved", "in_batch", *DONE), "", "benefits.handle", words=True),
    )
}


@dataclass(frozen=True, slots=True)
class Need:
    """What a person must say before a claim may be paid. `sort` ruling|recognition|grant; `fact` it answers."""

    sort: str
    cite: str
    why: str
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A claim as far as the course asks."""

    state: str
    cite: str = ""
    needs: tuple[Need, ...] = ()  # not yet answered
    account: bool = False
    doubt: str = ""
    published_until: datetime | None = None
    open_objections: int = 0
    paid_fen: int = 0
    in_flight: int = 0
    open_recovery: bool = False
    hands: Mapping[str, frozenset[int]] = field(default_factory=dict)  # {"公示": user ids, "认定": …}


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts. `own`: an account of the subject. `user` None: the system."""

    user: int | None = None
    permissions: frozenset[str] = frozenset()
    own: bool = False
    system: bool = False


def refusal(standing: Standing, who: Who, code: str, now: datetime, words: str = "") -> str:
    """Why `code` is not open to `who` now; empty when it is."""
    act = ACTS[code]
    if standing.state not in act.states:
        return _wrong_state(standing, act)
    if not _allowed(act, who):
        return f"没有“{act.label}”的权限"
    if act.words and not words.strip() and not who.system:
        return "请写明理由"
    check = _CHECKS.get(code)
    return check(standing, who, now) if check else ""


def open_acts(standing: Standing, who: Who, now: datetime) -> dict[str, str]:
    """Every act whose state fits and whom this person may do, with what still stands in its way (empty: nothing)."""
    return {
        code: refusal(standing, who, code, now, words="-")
        for code, act in ACTS.items()
        if standing.state in act.states and _allowed(act, who)
    }


def _wrong_state(standing: Standing, act: Act) -> str:
    wanted = "、".join(STATES[state] for state in act.states[:3])
    return f"本事项现在“{STATES[standing.state]}”，只有“{wanted}”时才能{act.label}"


def _allowed(act: Act, who: Who) -> bool:
    if who.system or not act.permission:
        return True
    return act.permission in who.permissions or (act.own and who.own)


def _recognise(standing: Standing, who: Who, now: datetime) -> str:
    if not pending_need(standing):
        return "没有须由人认定的事项"
    return ""


def pending_need(standing: Standing) -> Need | None:
    """The need that is answered in this state: rulings first, what the text calls 认定 or 可 after the account."""
    sorts = ("ruling",) if standing.state == "review" else ("recognition", "grant")
    return next((need for need in standing.needs if need.sort in sorts), None)


def _publish(standing: Standing, who: Who, now: datetime) -> str:
    if standing.needs:
        need = standing.needs[0]
        return f"尚未{NEEDS[need.sort]}（{need.cite}）：{need.why}"
    if not standing.account:
        return f"收款账户未经确认，不能公示。{SILENT}"
    return f"存疑未决，不能公示：{standing.doubt}" if standing.doubt else ""


def _object(standing: Standing, who: Who, now: datetime) -> str:
    if standing.published_until and now > standing.published_until:
        return f"公示期已于 {standing.published_until:%Y-%m-%d} 届满，不再受理公示异议"
    return ""


def _approve(standing: Standing, who: Who, now: datetime) -> str:
    for label, users in standing.hands.items():
        if who.user in users:
            return f"{label}和批准不能是同一人（两人负责）"
    if standing.published_until is None or now < standing.published_until:
        until = f"至 {standing.published_until:%Y-%m-%d %H:%M}" if standing.published_until else ""
        return f"公示期未满{until}。{SILENT}"
    if standing.open_objections:
        return f"有 {standing.open_objections} 件异议尚未答复"
    if standing.needs:
        return f"尚未{NEEDS[standing.needs[0].sort]}（{standing.needs[0].cite}）"
    return f"存疑未决，不能批准：{standing.doubt}" if standing.doubt else ""


def _clear(standing: Standing, who: Who, now: datetime) -> str:
    return "" if standing.doubt else "本事项没有存疑"


def _revoke(standing: Standing, who: Who, now: datetime) -> str:
    if standing.in_flight:
        return "有付款正在途中，先等银行答复"
    return "已有款项付出，应当走追回" if standing.paid_fen else ""


def _claw_back(standing: Standing, who: Who, now: datetime) -> str:
    if not standing.paid_fen:
        return "还没有付款，撤销批准即可"
    return "已有一件追回尚未办结" if standing.open_recovery else ""


_CHECKS = {
    "recognise": _recognise,
    "publish": _publish,
    "object": _object,
    "approve": _approve,
    "clear_doubt": _clear,
    "revoke": _revoke,
    "claw_back": _claw_back,
}


def recovery_refusal(state: str, code: str, user: int | None, proposer: int | None, until: datetime | None,
                     open_objections: int, now: datetime) -> str:  # fmt: skip
    """Why `code` (tell|decide|drop|returned) is not open on a recovery in `state`; empty when it is."""
    wanted = {"tell": ("proposed",), "decide": ("notified",), "drop": OPEN_RECOVERY, "returned": ("decided",)}[code]
    if state not in wanted:
        return f"这件追回现在“{RECOVERY_STATES[state]}”，不能这样办"
    if code != "decide":
        return ""
    if user is not None and user == proposer:
        return "提出追回和决定追回不能是同一人（两人负责）"
    if until is None or now < until:
        return f"当事人可在 {until:%Y-%m-%d %H:%M} 前提出异议，期满才能决定" if until else "还没有告知当事人"
    return f"有 {open_objections} 件异议尚未答复" if open_objections else ""


def batch_refusal(state: str, code: str, user: int | None, maker: int | None) -> str:
    """Why `code` (release|send|cancel|answer|reconcile) is not open on a batch in `state`; empty when it is."""
    wanted = {
        "release": ("draft",),
        "send": ("released",),
        "cancel": ("draft", "released"),
        "answer": ("sent", "answered"),
        "reconcile": ("answered",),
    }[code]
    if state not in wanted:
        return f"本批次现在“{BATCH_STATES[state]}”，只有“{'、'.join(BATCH_STATES[s] for s in wanted)}”时才能这样办"
    if code == "release" and user is not None and user == maker:
        return "编制和复核不能是同一人（两人负责）"
    return ""


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment with the state of its newest payment ("" when there is none)."""

    state: str
    last: str = ""


def money_state(parts: Iterable[Part], *, more_to_come: bool) -> str:
    """The claim's state as its instalments stand. `more_to_come`: further instalments will still be found (月补贴)."""
    live = [part for part in parts if part.state != "dropped"]
    if any(part.state == "paying" for part in live):
        return "in_batch"
    for bad in ("returned", "failed"):
        if any(part.state == "reserved" and part.last == bad for part in live):
            return bad
    if not live or more_to_come or any(part.state != "paid" for part in live):
        return "approved"
    return "reconciled" if all(part.last == "reconciled" for part in live) else "paid"
