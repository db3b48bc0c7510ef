"""The made-up register: the same again from the same seed, told apart from real people on sight, any size."""

from __future__ import annotations

from datetime import date

import pytest

from luoshi.directory import demo_register
from luoshi.directory.engine import age, born_until, check_digit
from luoshi.directory.models import Area, Resident
from luoshi.ledger.models import Entry


def test_same_seed_and_size_give_the_same_register() -> None:
    first = demo_register.digest_of(7, 6000)
    assert demo_register.digest_of(7, 6000) == first
    assert demo_register.digest_of(8, 6000) != first and demo_register.digest_of(7, 6001) != first


def test_nobody_made_up_could_be_taken_for_someone() -> None:
    rows = list(demo_register.residents(7, 3000))
    assert len(rows) == 3000
    assert all(row.name[1] == "示" for row in rows)
    assert all(row.id_number[:6] == "000000" and row.id_number[6:14] == f"{row.born:%Y%m%d}" for row in rows)
    assert all(row.id_number[17] == check_digit(row.id_number[:17]) for row in rows)
    assert all((int(row.id_number[16]) % 2 == 1) == (row.sex == "m") for row in rows)
    assert all(row.phone == "" or row.phone.startswith("100") for row in rows)
    assert len({row.id_number for row in rows}) == len(rows)


def test_about_a_fifth_are_over_sixty_and_households_hold_together() -> None:
    rows = list(demo_register.residents(7, 20_000))
    old = sum(age(row.born, demo_register.REFERENCE) >= 60 for row in rows)
    assert 0.17 < old / len(rows) < 0.23
    homes: dict[str, set[tuple[int, str]]] = {}
    for row in rows:
        homes.setdefault(row.household, set()).add((row.place, row.address))
    assert all(len(places) == 1 for places in homes.values())
    assert len(homes) < len(rows) / 1.5


@pytest.mark.parametrize("people", [0, 1, 2, 200])
def test_the_size_asked_for_is_the_size_made(people: int) -> None:
    assert len(list(demo_register.residents(7, people))) == people


@pytest.mark.django_db
def test_filling_records_the_digest_once_and_never_touches_a_register_that_is_there() -> None:
    town = Area.objects.create(code="t", name="某镇", sort="town")
    made = demo_register.fill(7, 300)
    assert made.people == 300 and made.digest == demo_register.digest_of(7, 300)
    assert not Resident.objects.filter(synthetic=False).exists()
    assert Resident.objects.filter(area__parent=town).exists()
    assert not Area.objects.filter(synthetic=False).exclude(pk=town.pk).exists()
    entry = Entry.objects.get(kind="directory.register_generated")
    assert made.digest in entry.payload and '"seed":7' in entry.payload
    assert demo_register.fill(7, 500).people == 300
    assert Entry.objects.filter(kind="directory.register_generated").count() == 1


def test_age_turns_on_the_birthday() -> None:
    assert age(date(1964, 2, 29), date(2024, 2, 28)) == 59
    assert age(date(1964, 2, 29), date(2024, 2, 29)) == 60
    assert age(date(1964, 2, 29), date(2025, 2, 28)) == 60
    assert born_until(60, date(2024, 2, 29)) == date(1964, 2, 29)
    assert born_until(61, date(2024, 2, 29)) == date(1963, 2, 28)
