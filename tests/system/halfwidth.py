"""Half-width punctuation beside Chinese in what people are shown: , ; : ? ! ( ) where ，；：？！（） belong.

Looks at string literals of the code (never docstrings, comments, regular expressions), at templates and at the
packs' own wording. What a document prints is quoted as printed: in “…” and under the keys of `PRINTED`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

HAN = "[\u3400-\u9fff“”》〕。，；：（）、]"
HOLE = "\ufffc"  # where an f-string or a template inserts a value
EXEMPT = re.compile(
    r"""(?<!\d)\d{2}:[^\s，；。、“”（）]*           # a citation, 25:二(一).1
      | [一二三四五六七八九十]{1,3}\([一二三四五六七八九十]{1,3}\)[\d.]*
      | (?<!\d)\d{1,2}:\d\d(?::\d\d)?             # a time
      | \b[a-zA-Z_]\w*\([^()]*\)                  # the call of a rule's function
      | \bluoshi:\s(?:--[a-z-]+:\s)?              # the name of the program before its message
      | \b[a-z_]+:\s                              # a key to be typed, rest: …
      | (?:名称|事实|条件):\s                       # the same in words, 名称: 值
    """,
    re.VERBOSE,
)
WRONG = re.compile(rf"{HAN}\s?[,;:?!(](?!//)|[,;:(]\s?{HAN}|{HAN}\)|\){HAN}")
PRINTED = frozenset(  # keys under which a pack keeps what documents print, and names
    re.findall(
        r"\w+",
        """
        raw printed name names aliases unit units body bodies lead leads cooperate division group members member
        title document indicator basis basis_title to by who scope applies_to scale level levels tiers organisers
        principles services site span supplier responsible simultaneous lists issued_by issuer addressees between
        all_of any_of other_names alias_of dynamic_members effects_any helpers logic precision standard east default
        spellings source plaques role_phrases full_name key keys path clause clauses cite cites provision
        """,
    )
)


def wrong(text: str) -> list[str]:
    """The places of `text` that print half-width punctuation beside Chinese, each with its surroundings."""
    if not re.search("[\u3400-\u9fff]", text):
        return []
    if re.search(r"\b[a-zA-Z]+ [a-z]+ [a-z]+\b", text):
        return []  # English with an official term beside it
    shown = EXEMPT.sub("#", re.sub("“[^”]*”", "“”", text))
    return [shown[max(0, m.start() - 8) : m.end() + 8] for m in WRONG.finditer(shown)]


def in_code(file: Path) -> Iterator[tuple[int, str]]:
    """(line, literal) of every literal of a Python file that prints half-width punctuation."""
    tree = ast.parse(file.read_text())
    helped = file.name.startswith(("commands", "cli"))  # there a docstring is the help people read
    silent = {id(inner) for node in ast.walk(tree) if _silent(node, helped) for inner in ast.walk(node)}
    parts = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in node.values}
    for node in ast.walk(tree):
        if id(node) in silent or id(node) in parts:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(v.value if isinstance(v, ast.Constant) else HOLE for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if wrong(text):
            yield node.lineno, text


def _silent(node: ast.AST, helped: bool) -> bool:
    """A docstring nobody is shown, or the pattern of a regular expression."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and not helped
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
    )


def in_template(file: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of what a template prints itself; values, tags and attributes without Chinese are left out."""
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", file.read_text(), flags=re.DOTALL)
    for number, line in enumerate(text.splitlines(), 1):
        shown = re.sub(r"\{\{.*?\}\}|<kbd>[^<]*</kbd>", HOLE, re.sub(r"\{%.*?%\}", "", line))
        shown = re.sub(r"</?\w+[^<>]*>", lambda tag: tag.group() if re.search(HAN, tag.group()) else "", shown)
        if wrong(shown):
            yield number, shown.strip()


def in_pack(file: Path) -> Iterator[tuple[int, str]]:
    """(line, value) of the wording of a pack's file."""
    found: list[tuple[int, str]] = []

    def walk(node: yaml.Node, key: str) -> None:
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                walk(value, name.value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                walk(value, key)
        elif isinstance(node, yaml.ScalarNode) and key not in PRINTED and wrong(node.value):
            found.append((node.start_mark.line + 1, node.value))

    node = yaml.compose(file.read_text(), Loader=yaml.CSafeLoader)
    if node is not None:
        walk(node, "")
    yield from found
