"""Least privilege by role, body and area; three administrators who are three people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.accounts import actions, queries
from luoshi.accounts.engine import Reach, conflict, covers
from luoshi.accounts.models import Grant, User
from luoshi.accounts.roles import ADMINISTRATORS, ROLES, WORKING
from luoshi.directory.models import Area, Body, Holding, Person, Post
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

from .conftest import Make


@pytest.fixture
def bodies(db: None) -> tuple[Body, Body]:
    return Body.objects.create(name="区甲局", kind="department"), Body.objects.create(name="区乙局", kind="department")


def test_account_without_grant_may_do_nothing(make: Make) -> None:
    user = make("zhang")
    assert not any(user.may(code) for code in queries.permissions())


def test_handler_acts_for_the_own_body_only(make: Make, bodies: tuple[Body, Body]) -> None:
    mine, other = bodies
    user = make("zhang", "chief", body=mine)
    assert user.may("directory.personal") and user.may("directory.personal", body=mine)
    assert not user.may("directory.personal", body=other)
    assert user.bodies() == [mine]


def test_field_worker_acts_in_the_own_area_and_those_within(make: Make) -> None:
    town = Area.objects.create(code="t", name="镇", sort="town")
    village = Area.objects.create(code="v", name="村", sort="village", parent=town)
    other = Area.objects.create(code="o", name="另一镇", sort="town")
    user = make("li")
    Grant.objects.create(user=user, role="field", area=town)
    assert user.may("directory.view", area=village) and user.may("directory.view", area=town)
    assert not user.may("directory.view", area=other)
    assert not user.may("directory.view", body=Body.objects.create(name="区甲局", kind="department"))


def test_grant_of_an_earlier_version_of_an_area_still_reaches_it(make: Make) -> None:
    old = Area.objects.create(code="t", name="镇", sort="town", valid_until=date(2024, 1, 1))
    new = Area.objects.create(code="t", name="镇", sort="town", valid_from=date(2024, 1, 2))
    user = make("li")
    Grant.objects.create(user=user, role="field", area=old)
    assert user.may("directory.view", area=new)


def test_grant_begins_and_ends_on_its_days(make: Make) -> None:
    user = make("zhang")
    start, end = date(2026, 3, 1), date(2026, 3, 31)
    Grant.objects.create(user=user, role="handler", since=start, until=end)
    for day, expected in ((start - timedelta(1), False), (start, True), (end, True), (end + timedelta(1), False)):
        with when.at(when.parse_moment(f"{day}T12:00")):
            assert user.may("directory.view") is expected, day


def test_revoked_grant_and_disabled_account_stop_at_once(make: Make, by: Actor) -> None:
    user = make("zhang", "handler")
    assert user.may("directory.view")
    actions.revoke(user.grants.get(), by=by, reason="调离")
    assert not User.objects.get(pk=user.pk).may("directory.view")
    other = make("li", "handler")
    actions.set_active(other, False, by=by, reason="退休")
    assert not other.may("directory.view")
    with pytest.raises(Refused):
        actions.set_active(other, False, by=by, reason="退休")


@pytest.mark.parametrize("first", ADMINISTRATORS)
@pytest.mark.parametrize("second", ADMINISTRATORS)
def test_one_account_never_holds_two_administrations(make: Make, by: Actor, first: str, second: str) -> None:
    user = make("zhang")
    actions.grant(user, first, by=by)
    with pytest.raises(Refused):
        actions.grant(user, second, by=by)
    assert user.roles() == {first}


@pytest.mark.parametrize("role", ["supervisor", "handler", "enterprise"])
def test_administrators_do_no_business_and_the_other_way_round(make: Make, by: Actor, role: str) -> None:
    user, other = make("zhang", "auditor"), make("li", role)
    with pytest.raises(Refused):
        actions.grant(user, role, by=by)
    with pytest.raises(Refused):
        actions.grant(other, "sysadmin", by=by)


def test_administration_held_in_future_counts_too(make: Make, by: Actor) -> None:
    user = make("zhang")
    actions.grant(user, "sysadmin", by=by, since=when.today() + timedelta(30))
    with pytest.raises(Refused):
        actions.grant(user, "auditor", by=by, until=when.today() + timedelta(90))


def test_nobody_grants_to_themselves(make: Make) -> None:
    user = make("zhang", "secadmin")
    with pytest.raises(Refused):
        actions.grant(user, "secadmin", by=user.as_actor())


@given(st.sets(st.sampled_from(list(ROLES))), st.sampled_from(list(ROLES)))
def test_whatever_is_held_the_three_stay_apart(held: set[str], new: str) -> None:
    together = held | {new}
    if conflict(held, new) is None:
        assert len(together & set(ADMINISTRATORS)) <= 1
        assert not (new in ADMINISTRATORS and together - {new})


def test_separation_of_duties_in_the_permissions_themselves() -> None:
    """sysadmin grants nothing, secadmin reads no personal data and does no business, the auditor changes nothing."""
    assert "accounts.grant" not in queries.permissions_of("sysadmin")
    assert "accounts.manage" not in queries.permissions_of("sysadmin")
    assert not any("personal" in code for role in ADMINISTRATORS for code in queries.permissions_of(role))
    for code, permission in queries.permissions().items():
        if code in ("accounts.grant", "accounts.manage"):
            assert permission.roles == {"secadmin"}


def test_grant_and_revocation_stand_in_the_ledger(make: Make, by: Actor, bodies: tuple[Body, Body]) -> None:
    user = make("zhang")
    given_ = actions.grant(user, "handler", by=by, body=bodies[0], reason="任职")
    with pytest.raises(BadInput):
        actions.revoke(given_, by=by, reason="")
    actions.revoke(given_, by=by, reason="调离")
    with pytest.raises(Refused):
        actions.revoke(given_, by=by, reason="调离")
    kinds = list(Entry.objects.filter(subject=f"user:{user.pk}").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["accounts.granted", "accounts.revoked"]
    assert Grant.objects.filter(pk=given_.pk).exists(), "who could do what on a past day stays answerable"


def test_same_grant_twice_and_unknown_role_are_refused(make: Make, by: Actor) -> None:
    user = make("zhang", "handler")
    with pytest.raises(Refused):
        actions.grant(user, "handler", by=by)
    with pytest.raises(BadInput):
        actions.grant(user, "king", by=by)
    with pytest.raises(BadInput):
        actions.grant(user, "chief", by=by, since=date(2026, 2, 1), until=date(2026, 1, 1))


def test_who_must_be_told_of_a_body(make: Make, bodies: tuple[Body, Body], by: Actor) -> None:
    one, gone, other = (
        make("a", "handler", body=bodies[0]),
        make("b", "handler", body=bodies[0]),
        make("c", "supervisor"),
    )
    actions.set_active(gone, False, by=by, reason="退休")
    assert queries.users_of(bodies[0], ["handler", "chief"]) == [one]
    assert queries.users_of(bodies[1], ["handler"]) == []
    assert queries.users_of(None, ["supervisor"]) == [other]


def test_ledger_names_the_post_held(make: Make, bodies: tuple[Body, Body]) -> None:
    user = make("zhang", "handler", body=bodies[0])
    assert user.as_actor().post == "区甲局承办员"
    person = Person.objects.create(name="张三")
    Holding.objects.create(
        person=person, post=Post.objects.create(body=bodies[0], title="副局长"), since=date(2020, 1, 1)
    )
    user.person = person
    assert user.as_actor().post == "区甲局副局长"


@given(
    st.builds(Reach, body=st.none() | st.integers(1, 3), area=st.none() | st.sampled_from("abc")),
    st.none() | st.integers(1, 3),
    st.sets(st.sampled_from("abc")),
)
def test_grant_never_reaches_beyond_what_it_is_bound_to(reach: Reach, body: int | None, areas: set[str]) -> None:
    if covers(reach, body, areas):
        if reach.body is not None and body is not None:
            assert reach.body == body or (reach.area in areas and not body)
        if reach.area is not None and areas:
            assert reach.area in areas
    elif reach == Reach():
        raise AssertionError("an unbound grant reaches everything")


def test_working_roles_are_those_without_administration() -> None:
    assert set(WORKING) | set(ADMINISTRATORS) | {"enterprise"} == set(ROLES)
