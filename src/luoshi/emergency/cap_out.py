"""A warning written as a CAP 1.2 message. Pure: the same warning gives the same bytes.

Alert when it is issued, Update when its level is adjusted, Cancel when it is lifted; the later ones name the earlier.
What the plan does not say is `Unknown`: no severity is made up, the order of the plan's own levels is translated and
the level as printed stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from luoshi.emergency import cap
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.when import aware

BY_ORDER = ("Extreme", "Severe", "Moderate", "Minor")
STAGES = {"occurred": ("Immediate", "Observed"), "threat": ("Expected", "Possible")}
EXERCISE = "演练，不得按真实情况处置。"


@dataclass(frozen=True, slots=True)
class Message:
    """What is needed to write one message.

    `order`: place of the level among the plan's own, highest 0. `internal`: the plan's words that keep a warning
    inside a circle (with `internal_cite`), empty where the plan has none. `earlier`: (identifier, sent) of the messages
    about the same warning that came before. `public`: somebody confirmed that the public is to be told.
    """

    kind: str  # Alert | Update | Cancel
    identifier: str
    sender: str
    sent: datetime
    exercise: bool
    event: str
    level: str
    order: int
    issuer: str
    headline: str
    description: str
    instruction: str = ""
    stage: str = ""
    cite: str = ""
    internal: str = ""
    internal_cite: str = ""
    public: bool = False
    recipients: Sequence[str] = ()
    areas: Sequence[str] = ()
    earlier: Sequence[tuple[str, datetime]] = ()
    incident: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def write(told: Message) -> bytes:
    """The message as XML. Refused for a public warning of a plan that keeps its warnings inside."""
    scope = _scope(told)
    if told.kind in ("Update", "Cancel") and not told.earlier:
        raise BadInput(f"{told.kind} 须写明此前的消息", field="references")
    alert = Element("alert", {"xmlns": cap.NAMESPACE})
    _add(alert, "identifier", told.identifier)
    _add(alert, "sender", told.sender)
    _add(alert, "sent", moment(told.sent))
    _add(alert, "status", "Exercise" if told.exercise else "Actual")
    _add(alert, "msgType", told.kind)
    _add(alert, "source", told.issuer)
    _add(alert, "scope", scope)
    if scope == "Restricted":
        _add(alert, "restriction", told.internal or "限已确认的告知对象")
    if scope != "Public":
        _add(alert, "addresses", " ".join(_quoted(name) for name in told.recipients))
    _add(alert, "note", EXERCISE if told.exercise else "")
    references = [f"{told.sender},{identifier},{moment(sent)}" for identifier, sent in told.earlier]
    _add(alert, "references", " ".join(references))
    _add(alert, "incidents", _quoted(told.incident))
    _info(alert, told)
    indent(alert, space="  ")
    written: bytes = tostring(alert, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def moment(at: datetime) -> str:
    """A moment as the standard wants it: whole seconds and a numeric offset, never Z."""
    return aware(at).replace(microsecond=0).isoformat()


def _scope(told: Message) -> str:
    if told.internal:
        if told.public:
            raise Refused("预警限内部发布，不得向社会发布", cite=told.internal_cite)
    elif told.public:
        return "Public"
    if not told.recipients:
        raise BadInput("没有确认告知对象，不能生成预警消息", field="recipients")
    return "Restricted"


def _info(alert: Element, told: Message) -> None:
    info = SubElement(alert, "info")
    urgency, certainty = STAGES.get(told.stage, ("Unknown", "Unknown"))
    over = told.kind == "Cancel"
    _add(info, "language", "zh-CN")
    _add(info, "category", "Infra")
    _add(info, "event", told.event)
    if over:
        _add(info, "responseType", "AllClear")
    _add(info, "urgency", "Past" if over else urgency)
    _add(info, "severity", BY_ORDER[told.order] if 0 <= told.order < len(BY_ORDER) else "Unknown")
    _add(info, "certainty", certainty)
    _add(info, "audience", "、".join(told.recipients))
    _add(info, "senderName", told.issuer)
    _add(info, "headline", ("【演练】" if told.exercise else "") + told.headline)
    _add(info, "description", told.description)
    _add(info, "instruction", told.instruction)
    for name, value in {"level": told.level, "clause": told.cite, **told.parameters}.items():
        if value:
            parameter = SubElement(info, "parameter")
            _add(parameter, "valueName", name)
            _add(parameter, "value", value)
    if places := "、".join(filter(None, map(_clean, told.areas))):
        area = SubElement(info, "area")
        _add(area, "areaDesc", places)


def _add(parent: Element, name: str, text: str) -> None:
    if text := _clean(text):
        SubElement(parent, name).text = text


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (ord(c) >= 32 and c not in "\ufffe\uffff")).strip()


def _quoted(name: str) -> str:
    return f'"{name}"' if any(c.isspace() for c in name) else name
