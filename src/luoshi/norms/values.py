"""Parameter values: as typed by a person, as kept in JSON, as used in a decision. Never a float."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from luoshi.kernel import money
from luoshi.kernel.errors import BadInput

Value = Decimal | int | bool | str | date | list[Any]
_FLAGS = {"是": True, "true": True, "yes": True, "1": True, "否": False, "false": False, "no": False, "0": False}


def typed(kind: str, stored: Any) -> Value | None:
    """The value as a decision uses it: Decimal, int (fen for money), date, bool, str or list. None stays None."""
    if stored is None:
        return None
    if kind == "number":
        return Decimal(str(stored))
    if kind in ("integer", "fen"):
        return int(stored)
    if kind == "date":
        return date.fromisoformat(str(stored))
    return bool(stored) if kind == "flag" else list(stored) if kind == "list" else str(stored)


def stored(kind: str, typed_in: str, *, field: str = "value") -> Any:
    """What a person typed as it is kept. Money is typed in yuan and kept in fen; a list is typed one item per line."""
    text = typed_in.strip()
    if not text:
        raise BadInput("请填写数值；未定的参数不要填 0，留待确定后再填", field=field)
    try:
        return _READERS[kind](text)
    except (ValueError, InvalidOperation, KeyError, BadInput):
        raise BadInput(f"“{text}”不是{_WANTED[kind]}", field=field) from None


def _number(text: str) -> str:
    value = Decimal(text.replace(",", ""))
    if not value.is_finite():
        raise ValueError(text)
    return format(value, "f")


_READERS: dict[str, Any] = {
    "number": _number,
    "integer": lambda text: int(text.replace(",", "")),
    "fen": money.fen,
    "date": lambda text: date.fromisoformat(text).isoformat(),
    "text": str,
    "flag": lambda text: _FLAGS[text.lower()],
    "list": lambda text: [] if text == "无" else [line.strip() for line in text.splitlines() if line.strip()],
}
_WANTED = {
    "number": "数值", "integer": "整数", "fen": "金额（元，最多两位小数）", "date": "日期（如 2025-01-01）",
    "text": "文字", "flag": "“是”或“否”", "list": "列表（每行一项；一项也没有，就写“无”）",
}  # fmt: skip


def shown(kind: str, value: Any, unit: str = "") -> str:
    """A stored value as a screen shows it, with its unit."""
    if value is None:
        return ""
    if kind == "fen":
        return money.yuan(int(value))
    if kind == "flag":
        return "是" if value else "否"
    if kind == "list":
        return "、".join(str(item) for item in value)
    return f"{value}{unit}"
