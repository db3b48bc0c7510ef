"""A decision that can be decided again: what went in, what came out, and digests of both, in canonical JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from luoshi.kernel.canonical import dumps as canonical
from luoshi.kernel.canonical import plain, sm3
from luoshi.kernel.errors import quoted

KIND = "luoshi.decision/1"


def make(
    *, rule: str, pack: str, as_of: str, facts: Mapping[str, Any], settings: Mapping[str, Any], result: Any
) -> dict[str, Any]:
    """The record. `pack` is the digest of the rules as read; facts and settings as they were given. No floats."""
    parts = {"as_of": as_of, "facts": plain(facts), "result": plain(result), "settings": plain(settings)}
    digests = {name: sm3(canonical(part)) for name, part in parts.items() if name != "as_of"}
    return {
        "kind": KIND,
        "rule": rule,
        "pack": pack,
        **parts,
        "digests": digests | {"pack": pack},
        "digest": _seal(rule, pack, parts),
    }


def _seal(rule: str, pack: str, parts: Mapping[str, Any]) -> str:
    return sm3(canonical({"kind": KIND, "rule": rule, "pack": pack, **parts}))


def verify(record: Mapping[str, Any], again: Callable[[Mapping[str, Any]], tuple[str, Any]]) -> list[str]:
    """What does not hold, in plain words; empty when everything does. `again` decides anew: (pack digest, result)."""
    if record.get("kind") != KIND:
        return [f"不是决定记录：kind 为 {quoted(record.get('kind'))}"]
    found: list[str] = []
    parts = {name: record.get(name) for name in ("as_of", "facts", "result", "settings")}
    digests = record.get("digests") or {}
    for name in ("facts", "result", "settings"):
        if digests.get(name) != sm3(canonical(parts[name])):
            found.append(f"{name} 与摘要不符，记录被改动")
    if record.get("digest") != _seal(str(record.get("rule")), str(record.get("pack")), parts):
        found.append("总摘要不符，记录被改动")
    pack, result = again(record)
    if pack != record.get("pack"):
        found.append("规则已不是作出决定时的版本")
    if canonical(plain(result)) != canonical(parts["result"]):
        found.append("重新计算的结果与记录不同")
    return found
