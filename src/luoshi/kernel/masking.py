"""Personal data as people without a reason to read it see it."""

from __future__ import annotations


def mask_phone(phone: str) -> str:
    """`13800000000` → `138****0000`; shorter numbers keep their last two digits at most."""
    phone = phone.strip()
    return _hide(phone, 3, 4) if len(phone) >= 11 else _hide(phone, 0, 2)


def mask_id(number: str) -> str:
    """An identity number keeps its first six characters (the place) and the last: `140502***********X`."""
    number = number.strip()
    return _hide(number, 6, 1) if len(number) >= 15 else _hide(number, 0, 1)


def mask_name(name: str) -> str:
    """`张三` → `张*`, `欧阳小明` → `欧**明`: the first character, and the last of three or more."""
    name = name.strip()
    return _hide(name, 1, 1 if len(name) >= 3 else 0)


def _hide(text: str, head: int, tail: int) -> str:
    """`text` with its middle as stars; at least one character is hidden."""
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]
