"""A clock nobody acts on is a bug: every kind of clock that the code starts has a handler for its break."""

from __future__ import annotations

import ast

from luoshi.clocks import registry

from .flow import SOURCE, argument, calls_in, values


def started() -> dict[str, str]:
    """kind -> module that starts it."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "clocks" or "migrations" in path.parts or "clocks.start(" not in text:
            continue
        module = ".".join(("luoshi", *path.relative_to(SOURCE).with_suffix("").parts))
        for function, call in calls_in(ast.parse(text), lambda call: ast.unparse(call.func) == "clocks.start"):
            for kind in values(argument(call, "kind"), module, function, path.parent):
                found[kind] = module
    return found


def test_every_clock_that_is_started_has_someone_who_acts_when_it_breaks() -> None:
    kinds = started()
    assert "notices.confirm" in kinds  # the search finds what is known to be there
    assert {kind for kind in kinds if not registry.has_handler(kind)} == set()


def test_every_handler_belongs_to_a_clock_that_is_started() -> None:
    kinds = started()
    assert {kind for kind, _ in registry.handlers if not kind.startswith("test.")} <= set(kinds)
