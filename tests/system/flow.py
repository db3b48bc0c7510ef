"""Follows a value through the source: every string an argument may have, whoever passes it on."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import luoshi

SOURCE = Path(luoshi.__file__).parent


def calls_in(tree: ast.AST, wanted: Callable[[ast.Call], bool]) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Calls inside functions, each with the function it stands in."""
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and wanted(node):
                yield function, node


def argument(call: ast.Call, name: str, position: int = 0) -> ast.expr | None:
    named = [k.value for k in call.keywords if k.arg == name]
    return named[0] if named else call.args[position] if len(call.args) > position else None


def values(expression: ast.expr | None, module: str, function: ast.FunctionDef | None, room: Path) -> set[str]:
    """Every string `expression` may be: a constant, a module's constant, either of two, or what callers pass on."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return {expression.value}
    if isinstance(expression, ast.IfExp):
        return values(expression.body, module, function, room) | values(expression.orelse, module, function, room)
    if isinstance(expression, ast.JoinedStr):
        found = {""}
        for part in expression.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            found = {head + tail for head in found for tail in values(inner, module, function, room)}
        return found
    if isinstance(expression, ast.Attribute):
        owner = importlib.import_module(module)
        return {getattr(getattr(owner, ast.unparse(expression.value)), expression.attr)}
    assert isinstance(expression, ast.Name), f"{module}: {ast.unparse(expression) if expression else 'nothing'}"
    known = getattr(importlib.import_module(module), expression.id, None)
    return {known} if isinstance(known, str) else _passed(expression.id, module, function, room)


def _passed(name: str, module: str, function: ast.FunctionDef | None, room: Path) -> set[str]:
    assert function is not None
    names = [a.arg for a in function.args.args]
    assert name in names, f"{module}: where does {name} come from?"
    found: set[str] = set()
    for path in sorted(room.glob("*.py")):
        for caller, call in _callers(path, function.name, module):
            passed = argument(call, name, names.index(name))
            found |= values(passed, f"luoshi.{room.name}.{path.stem}", caller, room)
    assert found, f"{module}: nobody calls {function.name}"
    return found


def _callers(path: Path, name: str, module: str) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Calls of `module`'s function `name`: by its bare name at home, as `home.name` elsewhere in the room."""
    home = module.rpartition(".")[2]
    written = name if path.stem == home else f"{home}.{name}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from calls_in(tree, lambda call: ast.unparse(call.func) == written)
