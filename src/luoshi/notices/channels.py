"""How a message leaves: on screen (always), through a message platform, by SMS. Demo mode never leaves the machine."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from django.conf import settings

from luoshi.accounts.models import User
from luoshi.directory.models import Person
from luoshi.kernel.errors import BadInput, Refused

TIMEOUT = 15  # seconds one try may take
KNOWN = ("mailbox", "apprise", "sms")


class NotDelivered(Exception):
    """A channel did not take the message; the text says why."""


def active() -> list[str]:
    """Channels in order of failover. Only the on-screen mailbox unless LUOSHI_CHANNELS names more; and in demo mode."""
    if settings.DEMO:
        return ["mailbox"]
    named = [name.strip() for name in os.environ.get("LUOSHI_CHANNELS", "mailbox").split(",") if name.strip()]
    for name in named:
        if name not in KNOWN:
            raise BadInput(f"未知的通知渠道“{name}”，可用：{'、'.join(KNOWN)}", field="LUOSHI_CHANNELS")
    return named or ["mailbox"]


def plan_for(user: User | None, person: Person | None) -> list[tuple[str, str]]:
    """[(channel, address)] that reach this recipient, in order. Empty: nobody can be reached but by telephone."""
    plan = []
    for channel in active():
        address = _address(channel, user, person)
        if address:
            plan.append((channel, address))
    return plan


def _address(channel: str, user: User | None, person: Person | None) -> str:
    if channel == "mailbox":
        return user.username if user else ""
    phone = (person.phone if person else "") or ""
    if channel == "sms":
        return re.sub(r"[^\d+]", "", phone)
    template = os.environ.get("LUOSHI_APPRISE_URL", "")
    known = {"email": user.email if user else "", "phone": phone, "username": user.username if user else ""}
    needed = re.findall(r"\{(\w+)\}", template)
    if not template or any(not known.get(name) for name in needed):
        return ""
    return json.dumps({name: known[name] for name in needed}, ensure_ascii=False) if needed else "-"


def send_mailbox(address: str, title: str, text: str) -> None:
    """The message is on screen from the moment it is written; there is nothing to send."""


def send_apprise(address: str, title: str, text: str) -> None:
    """Through apprise (DingTalk, WeCom, Feishu, mail …): LUOSHI_APPRISE_URL, {email} {phone} {username} filled in."""
    template = os.environ.get("LUOSHI_APPRISE_URL", "")
    if not template:
        raise Refused("没有配置消息平台（LUOSHI_APPRISE_URL）")
    values = json.loads(address) if address.startswith("{") else {}
    url = template
    for name, value in values.items():
        url = url.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
    import apprise

    gateway = apprise.Apprise()
    if not gateway.add(url):
        raise NotDelivered("消息平台地址无法识别")
    if not gateway.notify(title=title, body=text):
        raise NotDelivered("消息平台没有接受")


def send_sms(address: str, title: str, text: str) -> None:
    """POST to the gateway LUOSHI_SMS_URL. LUOSHI_SMS_BODY is its JSON with {phone} and {text}; LUOSHI_SMS_HEADERS a
    JSON object; LUOSHI_SMS_OK a regular expression the answer must match. Refused when no gateway is configured."""
    url, body = os.environ.get("LUOSHI_SMS_URL", ""), os.environ.get("LUOSHI_SMS_BODY", "")
    if not url or not body:
        raise Refused("没有配置短信网关（LUOSHI_SMS_URL、LUOSHI_SMS_BODY）")
    if not url.startswith(("https://", "http://")):
        raise Refused("短信网关地址必须是 http(s)")
    filled = _fill(json.loads(body), {"phone": address, "text": f"{title} {text}".strip()})
    headers = {"Content-Type": "application/json", **json.loads(os.environ.get("LUOSHI_SMS_HEADERS", "{}"))}
    request = urllib.request.Request(  # noqa: S310 — scheme checked above
        url, data=json.dumps(filled, ensure_ascii=False).encode(), headers=headers, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 — scheme checked above
            said = answer.read(4096).decode("utf-8", "replace")
    except (urllib.error.URLError, OSError) as error:
        raise NotDelivered(f"短信网关没有应答：{error}") from None
    wanted = os.environ.get("LUOSHI_SMS_OK", "")
    if wanted and not re.search(wanted, said):
        raise NotDelivered(f"短信网关拒绝：{said[:200]}")


def _fill(value: object, known: dict[str, str]) -> object:
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, dict):
        return {key: _fill(item, known) for key, item in value.items()}
    return [_fill(item, known) for item in value] if isinstance(value, list) else value


SENDERS: dict[str, Callable[[str, str, str], None]] = {
    "mailbox": send_mailbox,
    "apprise": send_apprise,
    "sms": send_sms,
}
