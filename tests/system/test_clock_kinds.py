"""A clock nobody acts on is a bug: every kind of clock that the code starts has a handler for its break."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import luoshi
from luoshi.clocks import registry

SOURCE = Path(luoshi.__file__).parent


def rooms_that_start_clocks() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if path.parent.name == "clocks" or "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if "luoshi.clocks" in text and ".start(" in text:
            name = ".".join(("luoshi", *path.relative_to(SOURCE).with_suffix("").parts))
            yield name, path, ast.parse(text)


def _is_start(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "start"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "clocks"
    )


def _kind(call: ast.Call, parameter: str = "kind", position: int = 0) -> ast.expr | None:
    named = [k.value for k in call.keywords if k.arg == parameter]
    return named[0] if named else call.args[position] if len(call.args) > position else None


def _values(expression: ast.expr | None, module: str, function: ast.FunctionDef | None, room: Path) -> set[str]:
    """Every value the kind may have: a constant, a module's constant, or what callers pass on."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return {expression.value}
    if isinstance(expression, ast.Attribute):
        owner = importlib.import_module(module)
        return {getattr(getattr(owner, expression.value.id), expression.attr)}  # type: ignore[attr-defined]
    assert isinstance(expression, ast.Name), f"{module}: the kind of a clock must be readable from the code"
    known = getattr(importlib.import_module(module), expression.id, None)
    if isinstance(known, str):
        return {known}
    assert function is not None
    names = [a.arg for a in function.args.args]
    assert expression.id in names, f"{module}: where does the kind {expression.id} come from?"
    found: set[str] = set()
    for path in sorted(room.glob("*.py")):
        name = f"luoshi.{room.name}.{path.stem}"
        for caller, call in _calls(path, function.name, module):
            found |= _values(_kind(call, expression.id, names.index(expression.id)), name, caller, room)
    assert found, f"{module}: nobody calls {function.name}"
    return found


def _calls(path: Path, name: str, module: str) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    """Calls of `module`'s function `name`: by its bare name at home, as `home.name` elsewhere in the room."""
    home = module.rpartition(".")[2]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        for node in ast.walk(function):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called == (name if path.stem == home else f"{home}.{name}"):
                assert isinstance(node, ast.Call)
                yield function, node


def started() -> dict[str, str]:
    """kind -> module that starts it."""
    found: dict[str, str] = {}
    for module, path, tree in rooms_that_start_clocks():
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
            for node in ast.walk(function):
                if _is_start(node):
                    assert isinstance(node, ast.Call)
                    for kind in _values(_kind(node), module, function, path.parent):
                        found[kind] = module
    return found


def test_every_clock_that_is_started_has_someone_who_acts_when_it_breaks() -> None:
    kinds = started()
    assert "notices.confirm" in kinds  # the search finds what is known to be there
    assert {kind for kind in kinds if not registry.has_handler(kind)} == set()


def test_every_handler_belongs_to_a_clock_that_is_started() -> None:
    kinds = started()
    assert {kind for kind, _ in registry.handlers if not kind.startswith("test.")} <= set(kinds)
