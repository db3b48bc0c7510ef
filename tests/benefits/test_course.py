"""The course of a claim as pure rules: whatever stands and whoever acts, what must not happen is refused, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.benefits import course
from luoshi.benefits.course import ACTS, Need, Part, Standing, Who

pytestmark = pytest.mark.once
NOW = datetime(2025, 6, 2, tzinfo=UTC)
PEOPLE = st.integers(1, 4)
NEEDS = st.sampled_from([Need(sort, "25:二(二).5", "须由人") for sort in course.NEEDS])
STANDINGS = st.builds(
    Standing,
    state=st.sampled_from(list(course.STATES)),
    needs=st.lists(NEEDS, max_size=2).map(tuple),
    account=st.booleans(),
    doubt=st.sampled_from(["", "事实有变"]),
    published_until=st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days)),
    open_objections=st.integers(0, 2),
    paid_fen=st.integers(0, 2),
    in_flight=st.integers(0, 1),
    open_recovery=st.booleans(),
    hands=st.fixed_dictionaries({"公示": st.frozensets(PEOPLE, max_size=1), "认定": st.frozensets(PEOPLE, max_size=2)}),
)
WHO = st.builds(
    Who,
    user=PEOPLE,
    permissions=st.frozensets(st.sampled_from(sorted({act.permission for act in ACTS.values()}))),
    own=st.booleans(),
)


@given(STANDINGS, WHO, st.sampled_from(sorted(ACTS)), st.sampled_from(["", "理由"]))
def test_an_act_is_open_only_in_its_state_to_who_may_with_a_reason_where_one_is_asked(
    standing: Standing, who: Who, code: str, words: str
) -> None:
    why_not, act = course.refusal(standing, who, code, NOW, words), ACTS[code]
    allowed = not act.permission or act.permission in who.permissions or (act.own and who.own)
    if standing.state not in act.states or not allowed or (act.words and not words):
        assert why_not
    assert not any(mark in why_not for mark in "{}()") or "25:" in why_not


@given(STANDINGS, WHO)
def test_nothing_is_approved_by_who_published_or_recognised_or_before_its_time_or_in_doubt(
    standing: Standing, who: Who
) -> None:
    if course.refusal(standing, who, "approve", NOW):
        return
    assert standing.state == "published" and "benefits.approve" in who.permissions
    assert standing.published_until is not None and standing.published_until <= NOW
    assert not (standing.open_objections or standing.doubt or standing.needs)
    assert not any(who.user in users for users in standing.hands.values())


@given(STANDINGS, WHO)
def test_nothing_is_published_before_people_said_what_the_text_leaves_to_them(standing: Standing, who: Who) -> None:
    if not course.refusal(standing, who, "publish", NOW):
        assert standing.account and not standing.needs and not standing.doubt


@given(STANDINGS, WHO)
def test_every_open_act_of_the_list_is_one_the_rules_would_not_refuse(standing: Standing, who: Who) -> None:
    for code, why_not in course.open_acts(standing, who, NOW).items():
        assert why_not == course.refusal(standing, who, code, NOW, words="-")


PARTS = st.builds(Part, st.sampled_from(list(course.INSTALMENT_STATES)), st.sampled_from(list(course.PAYMENT_STATES)))


@given(st.lists(PARTS, max_size=5), st.booleans())
def test_a_claim_is_paid_only_when_every_part_that_counts_is(parts: list[Part], more: bool) -> None:
    state = course.money_state(parts, more_to_come=more)
    live = [part for part in parts if part.state != "dropped"]
    assert state in course.COMMITTED
    if state in course.DONE:
        assert live and not more and all(part.state == "paid" for part in live)
    if any(part.state == "paying" for part in live):
        assert state == "in_batch"
