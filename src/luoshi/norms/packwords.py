"""Says in plain Chinese what Pydantic found wrong with a row."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from luoshi.kernel.packing import Entry, Loc, Problem, Row

_WORDS = {
    "missing": "缺少这一项",
    "string_type": "应为文字（数字形式的编号请加引号）",
    "int_type": "应为整数",
    "bool_type": "应为 true 或 false",
    "list_type": "应为列表",
    "dict_type": "应为“字段: 值”",
    "model_type": "应为“字段: 值”",
    "model_attributes_type": "应为“字段: 值”",
    "string_too_short": "不能为空",
    "too_short": "项数不够",
    "none_required": "应留空",
}


def problems(error: ValidationError, entry: Entry[Any], model: type[Row]) -> Iterator[Problem]:
    """One problem per fault, each at its own line. Faults of alternatives (“text or mapping”) are told once."""
    told: set[Loc] = set()
    for detail in error.errors(include_url=False):
        loc = _place(detail["loc"], entry)
        if loc not in told:
            told.add(loc)
            yield entry.problem(_reason(detail, model), *loc)


def _place(loc: Loc, entry: Entry[Any]) -> Loc:
    """The location without the names of alternatives, which Pydantic puts in and the file does not have."""
    kept: list[str | int] = []
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if isinstance(part, int) or (*kept, part) in entry.lines or (last and part.isidentifier() and part.islower()):
            kept.append(part)
    return tuple(part for part in kept if part not in ("str", "decimal", "none"))


def _reason(detail: ErrorDetails, model: type[Row]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    if kind == "literal_error":
        return f"不认识“{detail['input']}”；可用的有：{context.get('expected', '')}".replace(" or ", ", ").replace(
            "'", ""
        )
    if kind == "extra_forbidden":
        return "没有这个字段" + _nearest(str(detail["loc"][-1]), _fields(model, detail["loc"][:-1]))
    if kind == "string_pattern_mismatch":
        return f"写法不对：“{detail['input']}”（应符合 {context.get('pattern', '')}）"
    if kind == "string_too_long":
        return f"过长：上限 {context.get('max_length')} 字"
    return _WORDS.get(kind, detail["msg"])


def _nearest(name: str, fields: list[str]) -> str:
    close = difflib.get_close_matches(name, fields, n=1)
    return f"，是不是“{close[0]}”？" if close else f"；可用的有：{'、'.join(fields)}"


def _fields(model: type[BaseModel], loc: Loc) -> list[str]:
    """The fields of the model at `loc`, found by walking down from the row's model."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            inner = next(_models(model.model_fields[part].annotation), None)
            if inner is None:
                break
            model = inner
    return list(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (list, Union, types.UnionType):
        for inner in get_args(annotation):
            yield from _models(inner)
