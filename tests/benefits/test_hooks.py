"""What others see of benefits: margin of the text, to-do lists, the wall; how a claim ends before it is paid."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.benefits import actions, auditing, hooks
from luoshi.benefits.models import Claim, Pot
from luoshi.faces import tiles, todo
from luoshi.kernel.errors import Refused
from luoshi.norms import margin
from luoshi.norms.models import Instrument


def test_the_margin_says_how_many_were_paid_and_how_many_are_in_doubt(
    world: Any, django_assert_max_num_queries: Any
) -> None:
    world.found()
    instrument = Instrument.objects.get(slug="25")
    with django_assert_max_num_queries(2):
        hooks.margin_notes(instrument)
    [note] = [n for n in margin.collect(instrument, public=True)["二(一).1"] if n.label == "免申即享"]
    assert note.text.startswith("0 已兑付，0 存疑") and "在办 1 件" in note.text


def test_everybody_finds_in_the_to_do_list_what_waits_for_them(world: Any) -> None:
    first = world.published()
    matter = world.star(world.hotel("二号酒店"), star=4)
    world.found(matter)
    world.later()

    def told(name: str) -> str:
        found, failed = todo.collect(world.people[name])
        assert not failed
        return "；".join(one.title for one in found)

    assert f"公示期满，可批准：{first.subject.name}" in told("chief")
    assert "可批准" not in told("culture"), "who published is not asked to approve"
    assert "请确认收款账户：二号酒店" in told("enterprise")


def test_the_wall_shows_an_unknown_as_unknown_and_then_counts(world: Any, django_assert_max_num_queries: Any) -> None:
    assert next(iter(hooks.wall())).value is None
    world.pot()
    world.found()
    with django_assert_max_num_queries(3):
        shown = {tile.label: tile for tile in hooks.wall()}
    assert (shown["办理中"].value, shown["已兑付"].value) == (1, 0)
    assert shown["预算"].lines[0][0] == "25"
    assert tiles.collect()


def test_an_approval_taken_back_before_payment_gives_its_money_back_to_the_pot(world: Any) -> None:
    world.pot()
    claim = world.approved()
    assert Pot.objects.get().reserved_fen == 50_000_000
    with pytest.raises(Refused, match="请写明理由"):
        actions.revoke(claim, world.people["chief"], words=" ")
    actions.revoke(claim, world.people["chief"], words="批错了主体")
    assert claim.state == "withdrawn" and Pot.objects.get().reserved_fen == 0
    assert auditing.discrepancies() == []


def test_what_a_hotel_gave_up_is_not_offered_again_every_night(world: Any) -> None:
    matter = world.star()
    claim = world.found(matter)
    actions.give_up(claim, world.people["enterprise"], words="不需要")
    world.screen()
    assert Claim.objects.get().state == "withdrawn"
    world.says(matter.subject, {"star": 4}, matter=matter)
    world.screen()
    assert Claim.objects.filter(state="notified", amount_fen=20_000_000).exists()
