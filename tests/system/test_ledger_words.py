"""The ledger is read by people: every kind of entry the product writes has a Chinese name."""

from __future__ import annotations

import ast

from luoshi.ledger import words
from luoshi.supervision.engine import ACTS

from .flow import SOURCE, argument, calls_in, values

# What these write is a column of a row or a word from a form; their rooms name it from the table they take it from.
FROM_A_TABLE = {
    "luoshi.accounts.actions.set_active",
    "luoshi.emergency.resources.save",
    "luoshi.emergency.sitting.log",
    "luoshi.supervision.actions._seal",
}


def written() -> tuple[dict[str, str], set[str]]:
    """(kind -> module that writes it, functions whose kinds cannot be read from the source)."""
    found: dict[str, str] = {}
    unread: set[str] = set()
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "ledger" or "append(" not in text or "ledger" not in text:
            continue
        module = ".".join(("luoshi", *path.relative_to(SOURCE).with_suffix("").parts))
        appends = calls_in(ast.parse(text), lambda call: ast.unparse(call.func) in ("append", "ledger.append"))
        for function, call in appends:
            try:
                for kind in values(argument(call, "kind"), module, function, path.parent):
                    found[kind] = module
            except (AssertionError, AttributeError):
                unread.add(f"{module}.{function.name}")
    return found, unread


def test_every_kind_of_entry_has_a_name_people_can_read() -> None:
    found, unread = written()
    assert len(found) > 100 and {"supervision.merged", "norms.reread", "accounts.released"} <= set(found)
    assert {kind: module for kind, module in found.items() if words.named(kind) == kind} == {}
    assert unread <= FROM_A_TABLE, unread - FROM_A_TABLE
    assert [code for code in ACTS if words.named(f"supervision.{code}") == f"supervision.{code}"] == []
