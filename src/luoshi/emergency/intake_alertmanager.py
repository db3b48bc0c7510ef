"""The webhook of Alertmanager (version 4) read into what was heard. Pure; bounded by the caller.

An alert that cannot be read does not take the others with it: its sender will not send them again. It is kept as it
came, with what is wrong with it; only a message that is no such webhook at all is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from luoshi.emergency.heard import RAW_MAX, TEXT_MAX, Heard, first, listed, words
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.when import aware

VERSION = "4"
PLACES = ("town", "area", "district_town", "镇街")
OPERATORS = ("operator", "carrier", "isp", "企业")
SEVERITIES = ("severity", "priority", "级别")
_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook call that can be read: its alerts as sent. `truncated`: how many the sender itself left out."""

    alerts: list[Any]
    group: str
    sender: str
    truncated: int

    def heard(self) -> list[Heard]:
        return [_alert(alert, f"alerts[{i}]", self.group, self.sender) for i, alert in enumerate(self.alerts)]


def message(body: bytes, *, most: int = 20_000) -> Message:
    """One webhook call. BadInput names field and reason; `most` alerts at once."""
    told = _object(body)
    version = told.get("version", VERSION)
    if str(version) != VERSION:
        raise BadInput(f"只支持 Alertmanager webhook 第 {VERSION} 版，现为 {str(version)[:20]!r}", field="version")
    alerts = told.get("alerts")
    if not isinstance(alerts, list):
        raise BadInput("缺少告警列表", field="alerts")
    if len(alerts) > most:
        raise BadInput(f"一次最多 {most} 条，现为 {len(alerts)} 条", field="alerts")
    group = words(told.get("groupKey"), "groupKey")
    sender = words(told.get("receiver"), "receiver", most=100)
    return Message(alerts, group, sender, _left_out(told))


def read(body: bytes, *, most: int = 20_000) -> list[Heard]:
    """The alerts of one webhook call, each kept even when it cannot be read."""
    return message(body, most=most).heard()


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        told = json.loads(text)
        if _UNSTORABLE.search(text):
            told = _storable(told)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"不是 JSON：{error}", field="body") from None
    if not isinstance(told, Mapping):
        raise BadInput("应为 JSON 对象", field="body")
    return told


def _storable(told: Any) -> Any:
    """Foreign JSON may hold halves of characters and NUL, which no database keeps: a question mark, and nothing."""
    if isinstance(told, str):
        return told.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(told, list):
        return [_storable(one) for one in told]
    if isinstance(told, dict):
        return {_storable(name): _storable(one) for name, one in told.items()}
    return told


def _left_out(told: Mapping[str, Any]) -> int:
    """`max_alerts` there: to be shown, they were never here."""
    try:
        return max(0, int(told.get("truncatedAlerts") or 0))
    except (ValueError, TypeError, OverflowError):
        return 0


def _alert(alert: Any, place: str, group: str, sender: str) -> Heard:
    if not isinstance(alert, Mapping):
        return _kept(alert, f"{place}：应为对象", group, sender)
    problems: list[str] = []
    labels = _map(alert, "labels", place, problems)
    notes = _map(alert, "annotations", place, problems)
    status = alert.get("status", "firing")
    if status not in ("firing", "resolved"):
        problems.append(f"{place}.status：应为 firing 或 resolved，按 firing 处理")
        status = "firing"
    key = _word(alert, "fingerprint", place, problems) or _print(labels)
    if not key:
        return _kept(alert, "；".join([*problems, f"{place}.labels：没有标签，也没有 fingerprint"]), group, sender)
    began, ended = (_moment(alert, name, place, problems) for name in ("startsAt", "endsAt"))
    return Heard(
        "alertmanager",
        _text(labels, notes),
        key=key,
        group=group,
        status=status,
        reality="exercise" if labels.get("exercise", "").lower() in ("true", "1", "yes") else "actual",
        reporter=first(labels, OPERATORS) or sender,
        occurred_at=began,
        ended_at=ended if status == "resolved" else None,
        severity=first(labels, SEVERITIES)[:40],
        places=listed(first(labels, PLACES)),
        operators=listed(first(labels, OPERATORS)),
        raw=_bounded({"labels": labels, "annotations": notes, "generatorURL": str(alert.get("generatorURL", ""))}),
        unreadable=problems,
    )


def _kept(alert: Any, why: str, group: str, sender: str) -> Heard:
    said = json.dumps(alert, ensure_ascii=False)[:RAW_MAX]
    text = f"无法读取的告警：{said}"[:TEXT_MAX]
    return Heard("alertmanager", text, group=group, reporter=sender, raw={"as_sent": said}, unreadable=[why])


def _map(alert: Mapping[str, Any], name: str, place: str, problems: list[str]) -> dict[str, str]:
    value = alert.get(name) or {}
    if not isinstance(value, Mapping):
        problems.append(f"{place}.{name}：应为 名称: 值")
        return {}
    kept = {}
    for label, text in value.items():
        if isinstance(text, str | int | bool):
            kept[str(label).replace("\x00", "")[:200]] = str(text).replace("\x00", "")[:2000]
        else:
            problems.append(f"{place}.{name}.{str(label)[:60]}：应为文字")
    return kept


def _word(alert: Mapping[str, Any], name: str, place: str, problems: list[str]) -> str:
    try:
        return words(alert.get(name), f"{place}.{name}")
    except BadInput as error:
        problems.append(f"{error.field}：{error.reason}")
        return ""


def _moment(alert: Mapping[str, Any], name: str, place: str, problems: list[str]) -> datetime | None:
    """RFC 3339; Go writes a missing moment as the year 1 and nine digits of a second."""
    value = alert.get(name)
    if value in (None, ""):
        return None
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", str(value).strip()))
        return aware(found) if found.year > 1 else None
    except (ValueError, OverflowError):
        problems.append(f"{place}.{name}：不是时刻 {str(value)[:40]!r}")
        return None


def _print(labels: Mapping[str, str]) -> str:
    """Older senders give no fingerprint: the labels are what makes an alert the same one."""
    return sm3(json.dumps(labels, sort_keys=True, ensure_ascii=False))[:16] if labels else ""


def _text(labels: Mapping[str, str], notes: Mapping[str, str]) -> str:
    head = notes.get("summary") or labels.get("alertname") or "告警"
    more = notes.get("description") or notes.get("message") or ""
    return f"{head}\n{more}".strip()[:TEXT_MAX]


def _bounded(raw: dict[str, Any]) -> dict[str, Any]:
    said = json.dumps(raw, ensure_ascii=False)
    return raw if len(said) <= RAW_MAX else {"as_sent": said[:RAW_MAX]}
