"""The demo: one account per role, people for every body, all of it marked, none of it real."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from luoshi.accounts import queries
from luoshi.accounts.models import Grant, User
from luoshi.accounts.roles import ADMINISTRATORS, ROLES
from luoshi.directory import demo as directory
from luoshi.directory.models import Area, Body, Holding, Person, Post, Resident
from luoshi.kernel.errors import Refused
from luoshi.ledger.models import Entry
from luoshi.server import demo

pytestmark = pytest.mark.django_db


@pytest.fixture
def bodies(settings: Any) -> list[Body]:
    settings.DEMO = True
    names = [
        ("区发展改革和科技局", "department"),
        ("区财政局", "department"),
        ("北石店镇", "town"),
        ("各镇(街道)", "town"),
    ]
    return [Body.objects.create(name=n, kind=k, collective=n.startswith("各")) for n, k in names]


def test_every_role_can_sign_in_with_the_printed_password(bodies: list[Body]) -> None:
    made = demo.fill(7, 10)
    assert [username for username, _, _ in made.accounts] == list(ROLES)
    for role in ROLES:
        response = Client().post("/accounts/sign-in/", {"username": role, "password": made.password})
        assert response.status_code == 302, role
    said = demo.words(made)
    assert made.password in said and all(role in said for role in ROLES)


def test_demo_accounts_act_for_real_bodies(bodies: list[Body]) -> None:
    demo.fill(7, 10)
    assert User.objects.get(username="handler").bodies() == [bodies[0]]
    assert User.objects.get(username="field").bodies() == [bodies[2]]
    assert {u.username for u in queries.users_of(bodies[1], ["handler"])} == {f"handler-{bodies[1].pk}"}


def test_everything_made_up_says_so_and_no_number_could_be_dialled(bodies: list[Body]) -> None:
    demo.fill(7, 10)
    assert not Person.objects.filter(synthetic=False).exists() and not User.objects.filter(synthetic=False).exists()
    assert Person.objects.exists() and all(
        phone.startswith("100") for phone in Person.objects.values_list("phone", flat=True)
    )


def test_collective_names_get_no_people(bodies: list[Body]) -> None:
    demo.fill(7, 10)
    assert not Post.objects.filter(body=bodies[3]).exists()
    assert Post.objects.filter(body=bodies[0], title="联络员").get().stand_in == Post.objects.get(
        body=bodies[0], title="分管负责人"
    )


def test_second_start_changes_nothing(bodies: list[Body]) -> None:
    first = demo.fill(7, 10)
    counts = [m.objects.count() for m in (User, Person, Holding, Entry, Grant)]
    again = demo.fill(7, 10)
    assert [m.objects.count() for m in (User, Person, Holding, Entry, Grant)] == counts
    assert again.password == first.password


def test_same_seed_gives_the_same_people(bodies: list[Body]) -> None:
    directory.fill(7, 10)
    first = list(Person.objects.order_by("pk").values_list("name", "phone"))
    Person.objects.all().delete()
    Post.objects.all().delete()
    directory.fill(7, 10)
    assert list(Person.objects.order_by("pk").values_list("name", "phone")) == first


def test_demo_keeps_the_three_administrators_apart(bodies: list[Body]) -> None:
    demo.fill(7, 10)
    for role in ADMINISTRATORS:
        assert User.objects.get(username=role).roles() == {role}


def test_demo_is_refused_outside_demo_mode(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(Refused):
        demo.fill(7, 10)


def test_village_worker_of_the_demo_sees_the_own_town_and_the_start_says_what_it_does(bodies: list[Body]) -> None:
    district = Area.objects.create(code="jccq", name="城区", sort="district")
    town = Area.objects.create(code="jccq-beishidian", name="北石店镇", sort="town", parent=district)
    said: list[str] = []
    made = demo.fill(7, 300, said.append)
    assert made.residents.people == 300 and made.residents.digest[:16] in demo.words(made)
    assert any("居民底册 300 人" in line for line in said)
    areas = User.objects.get(username="field").areas("directory.residents")
    assert areas is not None and town.pk in areas and district.pk not in areas
    seen = Resident.objects.filter(area__in=areas).count()
    assert 0 < seen < 300
    assert User.objects.get(username="clerk").areas("directory.residents") is None
    assert demo.fill(7, 300).residents.people == 300 and Resident.objects.count() == 300
