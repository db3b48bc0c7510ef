"""A CAP 1.2 message read into what was heard. Pure.

What the standard requires must be there and mean something; the order of elements is not insisted on when reading: an
alarm is not turned away for the sequence of its fields, it is noted. Actual, Exercise and Test never mix.
"""

from __future__ import annotations

from datetime import datetime

from luoshi.emergency import cap
from luoshi.emergency.cap_tree import LARGEST, Node, parse
from luoshi.emergency.heard import TEXT_MAX, Heard, listed
from luoshi.kernel.errors import BadInput
from luoshi.kernel.when import aware

REALITY = {"Actual": "actual", "Exercise": "exercise", "Test": "test"}
ENDED = {"Cancel": "cancelled"}


def read(body: bytes, *, largest: int = LARGEST) -> Heard:
    """One message. BadInput names the element and its line."""
    alert = parse(body, largest=largest)
    if alert.name != "alert":
        raise BadInput("根元素应为 alert", line=alert.line, field=alert.name)
    notes: list[str] = []
    _check(alert, "alert", notes)
    identifier, sender = _name(alert, "identifier"), _name(alert, "sender")
    sent = _moment(alert, "sent", "alert.sent")
    kind = alert.said("msgType")
    if kind in ("Update", "Cancel", "Ack", "Error") and not cap.references(alert.said("references")):
        raise BadInput(f"{kind} 须写明 references", line=alert.line, field="alert.references")
    infos = list(alert.all("info"))
    if not infos and kind in ("Alert", "Update"):
        notes.append("alert.info：没有内容")
    chinese = next((info for info in infos if info.said("language").lower().startswith("zh")), None)
    info = chinese or (infos[0] if infos else None)
    refers = [f"{one[0]},{one[1]}" for one in cap.references(alert.said("references"))]
    answers = [node.text.strip() for node in info.all("responseType")] if info else []
    over = kind == "Cancel" or "AllClear" in answers
    return Heard(
        "cap",
        _text(alert, info),
        key=f"{sender},{identifier}",
        group=alert.said("incidents") or (refers[0] if refers else f"{sender},{identifier}"),
        status=ENDED.get(kind, "resolved" if over else "firing"),
        reality=REALITY.get(alert.said("status"), "other") if kind in ("Alert", "Update", "Cancel") else "other",
        reporter=(info.said("senderName") if info else "") or sender,
        occurred_at=_first_moment(info) or sent,
        ended_at=sent if over else None,
        sent_at=sent,
        severity=info.said("severity") if info else "",
        places=_areas(infos),
        operators=_operators(info),
        references=refers,
        raw={"xml": body.decode("utf-8", "replace"), "msgType": kind, "status": alert.said("status")},
        unreadable=notes,
    )


def _check(node: Node, path: str, notes: list[str]) -> None:
    """Required elements, known values and moments; order and strangers are only noted."""
    parts = {part.name: part for part in cap.BLOCKS[node.name]}
    order = [name for name in (child.name for child in node.children) if name in parts]
    if order != sorted(order, key=list(parts).index):
        notes.append(f"{path}：元素次序与标准不同")
    for child in node.children:
        if child.name not in parts:
            notes.append(f"{path}.{child.name}：标准没有这个元素")
    for part in parts.values():
        found = list(node.all(part.name))
        if len(found) < part.least or (part.least and not any(n.text.strip() or n.children for n in found)):
            raise BadInput("缺少必有的元素", line=node.line, field=f"{path}.{part.name}")
        if part.most and len(found) > part.most:
            told = f"最多 {part.most} 个，现为 {len(found)} 个"
            raise BadInput(told, line=found[1].line, field=f"{path}.{part.name}")
        for one in found:
            _value(one, part, f"{path}.{part.name}", notes)


def _value(node: Node, part: cap.Part, path: str, notes: list[str]) -> None:
    if part.values and node.text.strip() not in part.values:
        shown = node.text.strip()[:40]
        raise BadInput(f"不是标准的值：{shown!r}", line=node.line, field=path, hint="、".join(part.values))
    if node.name in cap.MOMENTS:
        _parsed(node, path)
    if node.name in cap.BLOCKS:
        _check(node, path, notes)


def _name(alert: Node, name: str) -> str:
    text = alert.said(name)
    if not cap.IDENTIFIER.fullmatch(text):
        raise BadInput("不得含空格、逗号和 < &", line=alert.line, field=f"alert.{name}")
    if len(text) > 140:
        raise BadInput("过长（140 字以内）", line=alert.line, field=f"alert.{name}")
    return text


def _moment(node: Node, name: str, path: str) -> datetime:
    found = node.one(name)
    if found is None:
        raise BadInput("缺少必有的元素", line=node.line, field=path)
    return _parsed(found, path)


def _parsed(node: Node, path: str) -> datetime:
    text = node.text.strip()
    try:
        if not cap.MOMENT.fullmatch(text):
            raise ValueError
        return aware(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        told = f"应为带时区的时刻，如 2026-01-01T03:00:00+08:00，现为 {text[:40]!r}"
        raise BadInput(told, line=node.line, field=path) from None


def _first_moment(info: Node | None) -> datetime | None:
    for name in ("onset", "effective"):
        if info is not None and info.one(name) is not None:
            return _moment(info, name, f"alert.info.{name}")
    return None


def _text(alert: Node, info: Node | None) -> str:
    if info is None:
        return (alert.said("note") or f"{alert.said('msgType')} {alert.said('identifier')}")[:TEXT_MAX]
    parts = [info.said("headline") or info.said("event"), info.said("description"), info.said("instruction")]
    return "\n".join(part for part in parts if part)[:TEXT_MAX]


def _areas(infos: list[Node]) -> list[str]:
    """Areas as described, each once, whichever language the block is in."""
    found = [name for info in infos for area in info.all("area") for name in listed(area.said("areaDesc"))]
    return list(dict.fromkeys(found))


def _operators(info: Node | None) -> list[str]:
    named = [p.said("value") for p in info.all("parameter") if p.said("valueName") == "operator"] if info else []
    return list(dict.fromkeys(name for text in named for name in listed(text)))
