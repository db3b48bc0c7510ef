"""Answers to the open questions: each setting's value in force, and whether it is inferred or somebody decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from luoshi.kernel.errors import BadInput, quoted
from luoshi.rules import values
from luoshi.rules.tree import Setting

_ABOUT = frozenset({"value", "status", "by", "date", "note"})


@dataclass(frozen=True, slots=True)
class Answer:
    """`inferred`: our default; `given`: by the caller; `confirmed`: decided by `by` on `date`."""

    value: Any
    shown: Any
    status: str = "inferred"
    by: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    by_key: Mapping[str, Answer]

    @property
    def values(self) -> dict[str, Any]:
        return {key: answer.value for key, answer in self.by_key.items()}

    @property
    def ruled(self) -> frozenset[str]:
        return frozenset(key for key, answer in self.by_key.items() if answer.status != "inferred")

    def spell(self, key: str) -> dict[str, Any]:
        answer = self.by_key[key]
        told = {"key": key, "value": answer.shown, "status": answer.status}
        return told | {name: text for name, text in (("by", answer.by), ("date", answer.date)) if text}


def answers(settings: Mapping[str, Setting], given: Mapping[str, Any], *, file: str = "") -> Answers:
    """The defaults, overridden by `given`: `key: value`, `key: {value, status, by, date}`, dotted or nested."""
    result = {key: Answer(values.setting(found, found.default), found.default) for key, found in settings.items()}
    for key, raw in _flat(settings, given, "", file):
        found = settings[key]
        told = raw if isinstance(raw, Mapping) and "value" in raw and set(raw) <= _ABOUT else {"value": raw}
        status = str(told.get("status", "given"))
        if status not in ("inferred", "given", "confirmed"):
            raise BadInput(f"status 应为 inferred、given 或 confirmed，现为 {quoted(status)}", file=file, field=key)
        if told["value"] is None and found.kind != "table":
            continue  # nobody has answered: the default stands
        value = values.setting(found, told["value"], file=file)
        result[key] = Answer(value, told["value"], status, str(told.get("by", "")), str(told.get("date", "")))
    return Answers(result)


def _flat(settings: Mapping[str, Setting], given: Any, prefix: str, file: str) -> list[tuple[str, Any]]:
    if not isinstance(given, Mapping):
        raise BadInput(f"口径应写作 名称: 值，现为 {quoted(given)}", file=file, field=prefix or "settings")
    found: list[tuple[str, Any]] = []
    for name, raw in given.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        if key in settings:
            found.append((key, raw))
        elif any(known.startswith(f"{key}.") for known in settings) and isinstance(raw, Mapping):
            found += _flat(settings, raw, key, file)
        else:
            raise BadInput("没有这个口径", file=file, field=key, hint=values._near(key, settings))
    return found
