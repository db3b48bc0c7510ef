"""Reads one YAML file of a pack: plain values, and the line of every one of them.

YAML guesses types (`21:4` is a number in base 60, `2024-05-09` a date, `no` false). Here only true, false, null and
decimal numbers are more than text, numbers with a fraction stay exact, and a key given twice is a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from luoshi.kernel.packing import Loc, Problem, spell

LARGEST = 20_000_000  # bytes; a pack file is typed by people, not dumped by machines
_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class Parsed:
    """The rows of a file: (value, lines of its parts), or nothing when the file cannot be read."""

    rows: list[tuple[Any, dict[Loc, int]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(path: Path, *, single: bool = False) -> Parsed:
    """Read `path`, a list of rows (or one mapping when `single`). Every problem found is returned, none raised."""
    return parse(path.read_bytes(), str(path), single=single)


def parse(data: bytes, name: str, *, single: bool = False) -> Parsed:
    """The same from bytes: a file that somebody hands in. `name` is what problems call it."""
    parsed = Parsed()
    text = _text(data, name, parsed)
    if text is None:
        return parsed
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        parsed.problems.append(Problem(name, line, "", f"不是合法的 YAML：{error.problem or error}"))
        return parsed
    except (yaml.YAMLError, RecursionError) as error:
        parsed.problems.append(Problem(name, 0, "", f"不是合法的 YAML：{error}"))
        return parsed
    if node is None:
        return parsed
    expected = yaml.MappingNode if single else yaml.SequenceNode
    if not isinstance(node, expected):
        shape = "一组“字段: 值”" if single else "一个列表，每行以“- ”开头"
        parsed.problems.append(Problem(name, node.start_mark.line + 1, "", f"本文件应为{shape}"))
        return parsed
    builder = _Builder(name, parsed.problems)
    for row in [node] if single else node.value:
        lines: dict[Loc, int] = {}
        parsed.rows.append((builder.value(row, (), lines), lines))
    return parsed


def _text(data: bytes, name: str, parsed: Parsed) -> str | None:
    if len(data) > LARGEST:
        parsed.problems.append(Problem(name, 0, "", f"文件过大：{len(data)} 字节"))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        parsed.problems.append(Problem(name, line, "", "不是 UTF-8 编码，请另存为 UTF-8"))
        return None


class _Builder:
    """Turns YAML nodes into values, noting lines; a node reached twice (an alias) is refused, so nothing explodes."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems, self.seen = file, problems, set[int]()

    def value(self, node: yaml.Node, loc: Loc, lines: dict[Loc, int]) -> Any:
        lines.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, loc)
        if id(node) in self.seen:
            self._problem(node, loc, "不支持 YAML 的锚点与引用（& 和 *）")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*loc, i), lines) for i, item in enumerate(node.value)]
        return self._mapping(node, loc, lines)

    def _mapping(self, node: yaml.Node, loc: Loc, lines: dict[Loc, int]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else ""
            inner = (*loc, key)
            if not key:
                self._problem(key_node, loc, "字段名应为文字")
            elif key in result:
                self._problem(key_node, inner, f"“{key}”写了两次")
            lines[inner] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, inner, lines)
        return result

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        text = str(node.value)
        if node.style:  # quoted or block: text as it stands
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text)
        return Decimal(text) if _DECIMAL.fullmatch(text) else text

    def _problem(self, node: yaml.Node, loc: Loc, reason: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, spell(loc), reason))
