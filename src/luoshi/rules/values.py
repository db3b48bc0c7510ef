"""Reads what is sent (JSON, cells of a register) into internal values, exactly, or says what is wrong."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from luoshi.kernel.errors import BadInput, quoted
from luoshi.rules import days
from luoshi.rules.tree import Fact, Setting, Type

_TRUTH = {
    "true": True, "yes": True, "是": True, "1": True, "有": True,
    "false": False, "no": False, "否": False, "0": False, "无": False,
}  # fmt: skip
UNKNOWN = frozenset({"", "unknown", "未知", "不详", "null", "none"})


def read(fact: Fact, raw: Any, *, file: str = "", line: int | None = None) -> Any:
    """The internal value of a fact, None when unknown. Raises BadInput naming file, field and reason."""
    try:
        return convert(fact.type, raw, fact.spellings)
    except ValueError as error:
        raise BadInput(str(error), file=file, line=line, field=fact.name) from None


def convert(kind: Type, raw: Any, spellings: Mapping[str, str] | None = None) -> Any:
    if raw is None:
        return None
    if isinstance(raw, str) and raw.strip().lower() in UNKNOWN and raw not in kind.values and kind.kind != "list":
        return None
    return _READERS[kind.kind](kind, raw, spellings or {})


def spoken(code: str, spellings: Mapping[str, str]) -> str:
    """A code as people say it: the first spelling that stands for it, else itself."""
    return next((word for word, means in spellings.items() if means == code), code)


def _bool(kind: Type, raw: Any, spellings: Mapping[str, str]) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip()
    word = spellings.get(word, word).lower()
    if word not in _TRUTH or isinstance(raw, float):
        raise ValueError(f"应为 true、false 或 null，现为 {quoted(raw)}")
    return _TRUTH[word]


def _number(kind: Type, raw: Any, spellings: Mapping[str, str]) -> int:
    if isinstance(raw, (bool, list | dict)):
        raise ValueError(f"应为数字，现为 {quoted(raw)}")
    try:
        text = str(raw) if isinstance(raw, int | Decimal) else _half_width(str(raw)).replace(",", "")
        exact = Decimal(text)
        scaled = exact.scaleb(kind.scale)
        if not exact.is_finite() or abs(exact.adjusted()) > 30 or scaled != scaled.to_integral_value():
            raise ValueError(f"应为最多 {kind.scale} 位小数的数字，现为 {quoted(raw)}")
    except InvalidOperation:
        raise ValueError(f"应为数字，现为 {quoted(raw)}") from None
    value = int(scaled)
    if not kind.lo <= value <= kind.hi:
        raise ValueError(f"超出允许范围 {_plain(kind, kind.lo)} 至 {_plain(kind, kind.hi)}：{quoted(raw)}")
    return value


def _plain(kind: Type, value: int) -> str:
    return format(Decimal(value).scaleb(-kind.scale), "f")


def _half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _date(kind: Type, raw: Any, spellings: Mapping[str, str]) -> int:
    if isinstance(raw, date):
        value = days.to_int(raw)
    else:
        text = _half_width(str(raw)).replace("/", "-").replace(".", "-")
        text = text.replace("年", "-").replace("月", "-").removesuffix("日")
        try:
            year, month, day = (int(part) for part in text[:10].split("-")) if isinstance(raw, str) else (0, 0, 0)
            value = days.to_int(date(year, month, day))
        except ValueError:
            raise ValueError(f"应为日期，如 2024-07-19，现为 {quoted(raw)}") from None
        if text[10:] and not text[10:].startswith(("T", " ")):
            raise ValueError(f"应为日期，如 2024-07-19，现为 {quoted(raw)}")
    if not kind.lo <= value <= kind.hi:
        raise ValueError(f"日期超出允许范围：{quoted(raw)}")
    return value


def _word(kind: Type, raw: Any, spellings: Mapping[str, str]) -> int:
    text = _half_width(str(raw)) if isinstance(raw, str) else str(raw)
    for word in (text, spellings.get(text, text), str(raw).strip(), spellings.get(str(raw).strip(), "")):
        if word in kind.values:
            return kind.values.index(word)
    raise ValueError(f"应为{'、'.join(kind.values)}之一，现为 {quoted(raw)}")


def _text(kind: Type, raw: Any, spellings: Mapping[str, str]) -> str:
    if isinstance(raw, list | dict) or (isinstance(raw, bool) and str(raw) not in spellings):
        raise ValueError(f"应为文字，现为 {quoted(raw)}")
    text = str(raw).strip()
    return spellings.get(text, text)


def _list(kind: Type, raw: Any, spellings: Mapping[str, str]) -> tuple[Mapping[str, Any], ...] | None:
    if isinstance(raw, str):  # a cell of a CSV register
        raw = _cell(raw)
        if raw is None:
            return None
    if not isinstance(raw, list | tuple):
        raise ValueError(f"应为列表，现为 {quoted(raw)}")
    if len(raw) > kind.most:
        raise ValueError(f"最多 {kind.most} 项，现有 {len(raw)} 项")
    only = kind.field("it")
    if only is not None:
        return tuple({"it": convert(only, item, spellings)} for item in raw)
    return tuple(_record(kind, i, item) for i, item in enumerate(raw, 1))


def _cell(text: str) -> Any:
    text = text.strip()
    if text.lower() in UNKNOWN:
        return None
    if text.startswith("["):
        try:
            return json.loads(text, parse_float=Decimal)
        except ValueError:
            raise ValueError(f"列表写法有误：{quoted(text)}") from None
    return [part.strip() for part in text.replace(";", ";").split(";") if part.strip()]


def _record(kind: Type, number: int, item: Any) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise ValueError(f"第 {number} 项应为一组字段，现为 {quoted(item)}")
    fields = dict(kind.fields)
    for name in item:
        if name not in fields:
            raise ValueError(f"第 {number} 项有未知字段 {name}")
    result: dict[str, Any] = {}
    for name, inner in fields.items():
        try:
            result[name] = convert(inner, item.get(name))
        except ValueError as error:
            raise ValueError(f"第 {number} 项的 {name}：{error}") from None
    return result


_READERS: dict[str, Callable[[Type, Any, Mapping[str, str]], Any]] = {
    "bool": _bool, "number": _number, "date": _date, "word": _word, "text": _text, "list": _list,
}  # fmt: skip


def facts(
    known: Mapping[str, Fact], raw: Mapping[str, Any], *, file: str = "", ignore: Iterable[str] = ()
) -> dict[str, Any]:
    """Internal facts of one subject. A name nobody knows is an error: a misspelt fact would silently be unknown."""
    result: dict[str, Any] = {}
    ignored = frozenset(ignore)
    for name, value in raw.items():
        fact = known.get(name)
        if fact is None:
            if name in ignored:
                continue
            raise BadInput("没有这个事实名", file=file, field=str(name), hint=_near(str(name), known))
        result[name] = read(fact, value, file=file)
    for fact in known.values():
        if fact.presumed and fact.name not in result:
            result[fact.name] = convert(fact.type, fact.absent, fact.spellings)
    for name, value in result.items():
        if isinstance(value, tuple):
            result[name] = tuple({**record, "$list": name} for record in value)
    return result


def _near(name: str, known: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, list(known), 1)
    return f"是否应为 {close[0]}" if close else ""


def show(kind: Type, value: Any) -> Any:
    """An internal value as plain data for a trace or a record: amounts exact, dates ISO, words spelt."""
    if value is None or kind.kind in ("bool", "text"):
        return value
    if kind.kind == "word":
        return kind.values[value]
    if kind.kind == "date":
        return days.spell(value)
    if kind.kind == "list":
        inner = dict(kind.fields)
        records = [
            {k: show(inner[k], v) for k, v in record.items() if k in inner and v is not None} for record in value
        ]
        return [record.get("it") for record in records] if "it" in inner else records
    return amount(value, kind.scale)


def amount(value: int, scale: int) -> int | Decimal:
    """An integer at a scale as a number: whole when it is whole."""
    whole, rest = divmod(value, 10**scale)
    return whole if rest == 0 else Decimal(value).scaleb(-scale)


def setting(found: Setting, raw: Any, *, file: str = "") -> Any:
    """The internal value of a setting; a value that is not among its options is an error."""
    try:
        return _setting(found, raw)
    except ValueError as error:
        raise BadInput(str(error), file=file, field=found.key) from None


def _setting(found: Setting, raw: Any) -> Any:
    spelt = found.spellings.get(raw, raw) if isinstance(raw, str) else raw
    if found.kind == "table":
        return _lookup_table(found, raw)
    if found.kind == "words":
        if isinstance(spelt, str):
            spelt = [spelt]
        if not isinstance(spelt, list | tuple):
            raise ValueError(f"应为列表，现为 {quoted(raw)}")
        if not found.options:
            return frozenset(str(item).strip() for item in spelt)
        return frozenset(_word(Type("word", values=found.options), item, {}) for item in spelt)
    value = convert(found.type, spelt)
    if value is None:
        raise ValueError("口径不能为空")
    return value


def _lookup_table(found: Setting, raw: Any) -> dict[tuple[int, ...], int]:
    """`{row: {column: amount}}` → {(row, column): amount}. A key may be a spelling that stands for several words."""
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise ValueError(f"应为表（行 → 列 → 数），现为 {quoted(raw)}")
    table: dict[tuple[int, ...], int] = {}
    for row, columns in raw.items():
        if not isinstance(columns, Mapping):
            raise ValueError(f"“{row}”下应为 列 → 数，现为 {quoted(columns)}")
        for column, value in sorted(columns.items(), key=lambda item: item[0] in found.spellings):
            figure = convert(found.type, value)
            if figure is None:
                raise ValueError(f"“{row} {column}”没有数")
            for one in _keys(found, 0, str(row)):
                for two in _keys(found, 1, str(column)):
                    table.setdefault((one, two), figure)
    return table


def _keys(found: Setting, axis: int, name: str) -> list[int]:
    words = found.keys[axis]
    if name in words:
        return [words.index(name)]
    several = found.spellings.get(name)
    if several == "*":
        return list(range(len(words)))
    if several is not None and all(word in words for word in several):
        return [words.index(word) for word in several]
    raise ValueError(f"没有“{name}”，可选：{'、'.join(words)}")
