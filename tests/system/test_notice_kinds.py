"""Whatever the product tells anybody goes out as a declared kind, whose words a district may change."""

from __future__ import annotations

import ast

import pytest

from luoshi.notices import kinds

from .flow import SOURCE, argument, calls_in, values


def sent() -> dict[str, str]:
    """kind -> module that sends it."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "notices" or "notices.send(" not in text:
            continue
        module = ".".join(("luoshi", *path.relative_to(SOURCE).with_suffix("").parts))
        for function, call in calls_in(ast.parse(text), lambda call: ast.unparse(call.func) == "notices.send"):
            for kind in values(argument(call, "kind"), module, function, path.parent):
                found[kind] = module
    return found


def test_every_notice_the_product_sends_has_words_one_can_change_and_every_wording_a_sender() -> None:
    found = sent()
    assert {"supervision.stage_accepted", "benefits.answered", "emergency.start"} <= set(found)  # the search finds
    declared = {kind.code for kind in kinds.known() if not kind.code.startswith("test.")}
    assert {kind: module for kind, module in found.items() if kind not in declared} == {}
    assert declared - set(found) == set(), "nobody sends these"


def test_a_kind_whose_own_words_do_not_hold_is_refused_where_it_is_declared() -> None:
    for title, body in (("催办{谁}", "x"), ("催办", ""), ("催办{", "x")):
        with pytest.raises(ValueError, match=r"test\.wrong"):
            kinds.register(kinds.Kind("test.wrong", "试", "试时", title, body, {"事项": "x"}))
    assert kinds.find("test.wrong") is None
