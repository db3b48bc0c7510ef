"""Reads the facts and settings a deciding command is given; what is unusable is named by file, place and reason."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from luoshi.kernel.errors import BadInput, system_reason
from luoshi.norms import packfile

LARGEST = 10_000_000  # bytes


def shown(name: str) -> str:
    return "标准输入" if name == "-" else name


def mapping(name: str) -> dict[str, Any]:
    """A JSON or YAML file of `name: value`, `-` for standard input. Numbers keep their written digits."""
    if name != "-" and name.endswith((".yaml", ".yml")):
        return _yaml(Path(name))
    told, text = shown(name), _text(name)
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once)
    except RecursionError:
        raise BadInput("嵌套过深", file=told) from None
    except json.JSONDecodeError as error:
        raise BadInput(f"不是合法的 JSON：{error.msg}", file=told, line=error.lineno) from None
    except ValueError as error:
        raise BadInput(str(error), file=told) from None
    if not isinstance(value, dict):
        raise BadInput("应为一个 JSON 对象（{…}）", file=told)
    return value


def _text(name: str) -> str:
    try:
        data = sys.stdin.buffer.read(LARGEST + 1) if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"读不了文件：{system_reason(error)}", file=shown(name)) from None
    if len(data) > LARGEST:
        raise BadInput(f"文件过大，上限 {LARGEST} 字节", file=shown(name))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("不是 UTF-8 编码", file=shown(name)) from None


def _constant(word: str) -> Any:
    raise ValueError(f"不接受 {word}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"“{next(name for name in names if names.count(name) > 1)}”写了两次")
    return result


def _yaml(path: Path) -> dict[str, Any]:
    try:
        parsed = packfile.read(path, single=True)
    except OSError as error:
        raise BadInput(f"读不了文件：{system_reason(error)}", file=path) from None
    for problem in parsed.problems:
        raise BadInput(problem.reason, file=problem.file, line=problem.line or None, field=problem.field)
    return dict(parsed.rows[0][0]) if parsed.rows else {}


def to_json(value: Any) -> str:
    """JSON for people and programs: exact decimals written as numbers with their digits."""
    return json.dumps(value, ensure_ascii=False, default=_number)


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):  # at most two decimals below 10¹³: the shortest float spelling is exactly the figure
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
