"""One cell of a register, as people type it, to the value of a fact or of a part like the key. Pure.

An empty cell is unknown, never no. ValueError says what is wrong in words that name no personal data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from luoshi.benefits.registers import Column
from luoshi.directory.engine import check_digit
from luoshi.kernel import sheets
from luoshi.rules import values
from luoshi.rules.tree import Type

LONGEST = 500  # letters of a text
_PRIVATE = ("key", "name", "bank_account")  # of people; what stands there is not repeated in a report
_NUMBER = re.compile(r"[￥¥]?(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)([^\d.,]*)")
_MONEY = {"": 1, "元": 1, "万元": 10_000, "万": 10_000, "亿元": 100_000_000, "亿": 100_000_000}
_COUNTS = frozenset({"", "个月", "月", "名", "人", "个", "项", "次", "星", "星级", "家"})
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))

Reader = Callable[[str], Any]


def reader(column: Column, unit: str = "", *, personal: bool = False) -> Reader:
    """How a column's cells are read. `unit`: what its heading says (`营业额（万元）`). Gives None for unknown."""
    if column.role:
        return _role(column, personal=personal)
    kind = column.type
    assert kind is not None
    if kind.kind == "bool":
        return lambda text: _word(column, text, sheets.truth)
    if kind.kind == "date":
        return lambda text: _bounded_day(kind, text)
    if kind.kind == "number":
        return lambda text: _word(column, text, lambda other: _number(kind, other, unit))
    if kind.kind == "word":
        return lambda text: _word(column, text, lambda other: _closed(kind, other))
    return lambda text: _word(column, text, _text)


def unit_of(head: str) -> str:
    """The unit a heading states: `万元`, `元`, `月`, `%`; "" when it states none."""
    found = re.search(r"[（(](元|万元|亿元|年|月|个月|%)[）)]\s*[*＊]?$", head.strip())
    return found[1] if found else ""


def credit_code(first: str) -> str:
    """The check letter of a 统一社会信用代码 of whose 18 letters the first 17 are given (GB 32100-2015)."""
    rest = (31 - sum(_CODE.index(letter) * weight for letter, weight in zip(first, _WEIGHTS, strict=True)) % 31) % 31
    return _CODE[rest]


def _word(column: Column, text: str, other: Reader) -> Any:
    """The register's own words first: 五星级 for 5, 存续 for 是."""
    return other(column.words.get(text, text))


def _bounded_day(kind: Type, text: str) -> str | None:
    found = sheets.day(text)
    if found is None:
        return None
    if not kind.lo <= found.year * 10000 + found.month * 100 + found.day <= kind.hi:
        raise ValueError(f"日期超出允许范围：“{text}”")
    return found.isoformat()


def _number(kind: Type, text: str, unit: str) -> str | int | None:
    """An int for a count; for money and rates the exact number as text."""
    if text.lower() in sheets.NOTHING:
        return None
    found = _NUMBER.fullmatch(text.replace(" ", "").replace("，", ","))
    if not found:
        raise ValueError(f"应为数字，现为“{text}”")
    try:
        times, over = _factor(kind, found[2] or unit, text)
        exact = Decimal(found[1].replace(",", "")) * times / over
    except InvalidOperation:
        raise ValueError(f"应为数字，现为“{text}”") from None
    if exact < 0 <= kind.lo:
        raise ValueError(f"不能是负数，现为“{text}”")
    scaled = exact.scaleb(kind.scale)
    if abs(scaled) < 10**28 and scaled != scaled.to_integral_value():
        raise ValueError(f"应为{f'最多 {kind.scale} 位小数的' if kind.scale else '整'}数，现为“{text}”")
    if not kind.lo <= scaled <= kind.hi:
        low, high = (format(Decimal(end).scaleb(-kind.scale), "f") for end in (kind.lo, kind.hi))
        hint = "；利率写成 3.1% 或 0.031" if kind.scale == 6 and kind.hi <= 10**6 else ""
        raise ValueError(f"应在 {low} 至 {high} 之间，现为“{text}”{hint}")
    return spelt(kind, int(scaled))


def spelt(kind: Type, scaled: int) -> str | int:
    """A number at its scale as it is kept: money with two decimals, rates without closing noughts."""
    if kind.scale == 0:
        return scaled
    text = format(Decimal(scaled).scaleb(-kind.scale), "f")
    return text if kind.scale == 2 else text.rstrip("0").rstrip(".")


def _factor(kind: Type, unit: str, text: str) -> tuple[int, int]:
    if kind.scale == 2 and unit in _MONEY:
        return _MONEY[unit], 1
    if kind.scale == 0 and unit in _COUNTS:
        return 1, 1
    if kind.scale == 6 and unit in ("", "年"):
        return 1, 1
    if kind.scale == 6 and unit in ("%", "％"):
        return 1, 100
    if kind.scale == 6 and unit in ("月", "个月") and kind.hi > 10**6:
        return 1, 12
    raise ValueError(f"不认识单位“{unit}”，现为“{text}”")


def _closed(kind: Type, text: str) -> str | None:
    if text in kind.values:
        return text
    if text.lower() in sheets.NOTHING:
        return None
    raise ValueError(f"应为{'、'.join(kind.values)}之一，现为“{text[:40]}”")


def _text(text: str) -> str | None:
    if text.lower() in sheets.NOTHING:
        return None
    if len(text) > LONGEST:
        raise ValueError(f"超过 {LONGEST} 字")
    if any(ord(letter) < 32 and letter not in "\n\t\r" for letter in text):
        raise ValueError("有不能显示的字符")
    return " ".join(text.split())


def several(text: str | None) -> list[str] | None:
    """What one cell lists: `五叶级；金树叶级`."""
    if text is None:
        return None
    return [part for part in (piece.strip() for piece in re.split(r"[;；、,，]", text)) if part]


def _role(column: Column, *, personal: bool) -> Reader:
    if column.role in ("key", "employer"):
        return _identity if personal and column.role == "key" else credit
    if column.role == "kind":
        return lambda text: _one_of(column, text)
    if column.role == "year":
        return _year
    if column.role == "bank_account":
        return _account
    return _name


def credit(text: str) -> str | None:
    """A 统一社会信用代码 as typed, checked (GB 32100-2015); None for a blank. ValueError says what is wrong with it."""
    code = text.upper().replace(" ", "").replace("-", "")
    if code.lower() in sheets.NOTHING:
        return None
    if len(code) != 18 or any(letter not in _CODE for letter in code):
        raise ValueError("统一社会信用代码应为 18 位数字和大写字母（不含 I、O、S、V、Z）")
    if credit_code(code[:17]) != code[17]:
        raise ValueError("统一社会信用代码末位校验不符，请核对")
    return code


def _identity(text: str) -> str | None:
    number = text.upper().replace(" ", "")
    if number.lower() in sheets.NOTHING:
        return None
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
        raise ValueError("身份证号应为 18 位")
    if check_digit(number[:17]) != number[17]:
        raise ValueError("身份证号末位校验不符，请核对")
    return number


def _one_of(column: Column, text: str) -> str | None:
    word = column.words.get(text, text)
    if word in column.words.values():
        return word
    if word.lower() in sheets.NOTHING:
        return None
    raise ValueError(f"应为{'、'.join(column.words)}之一，现为“{text[:40]}”")


def _year(text: str) -> str | None:
    word = text.removesuffix("年度").removesuffix("年")
    if word.lower() in sheets.NOTHING:
        return None
    if not (len(word) == 4 and word.isdigit() and 1990 <= int(word) <= 2100):
        raise ValueError(f"应为年份，如 2024，现为“{text[:40]}”")
    return word


def _account(text: str) -> str | None:
    account = re.sub(r"[\s-]", "", text)
    if account.lower() in sheets.NOTHING:
        return None
    if not (8 <= len(account) <= 40 and account.isascii() and account.isalnum()):
        raise ValueError("银行账号应为 8 至 40 位数字或字母")
    return account


def _name(text: str) -> str | None:
    found = _text(text)
    if found is not None and len(found) > 80:
        raise ValueError("超过 80 字")
    return found


def kept(kind: Type, value: Any) -> Any:
    """A value as it comes from a form or an API, in the spelling records keep. ValueError when it does not fit."""
    return _kept(kind, values.convert(kind, value))


def _kept(kind: Type, internal: Any) -> Any:
    if internal is None:
        return None
    if kind.kind == "number":
        return spelt(kind, internal)
    if kind.kind != "list":
        return values.show(kind, internal)
    fields = dict(kind.fields)
    records = [{name: _kept(inner, record.get(name)) for name, inner in fields.items()} for record in internal]
    return [record["it"] for record in records] if set(fields) == {"it"} else records
