"""A made-up register of residents of any size, from a seed: nobody in it exists, and every row can be told apart.

Names begin with 示 (a word, not a name) after the surname; identity numbers begin with 000000, which is no place;
telephone numbers begin with 100, which no subscriber has. Households and ages are drawn so that about a fifth of the
people are over sixty; that is a setting of the generator, not a finding about the district.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction

from luoshi.directory.engine import check_digit
from luoshi.directory.models import Area, Resident
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import sm3
from luoshi.ledger.actions import append

SURNAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"
SYLLABLES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
NOWHERE = "000000"  # an area code of no place
REFERENCE = date(2025, 1, 1)  # ages are drawn as of this day, so that the same seed gives the same people any year
SOURCE = "演示数据"
BATCH = 5000
PER_COMMUNITY = 3000
PER_TOWN = 20  # communities
# How people live together: weight, and the (least, greatest) age of each; first the pair, then children, then elders.
HOMES: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    (11, ((62, 92),)),
    (17, ((60, 84), (60, 84))),
    (12, ((22, 59),)),
    (14, ((26, 59), (26, 59))),
    (28, ((27, 52), (27, 52), (0, 22))),
    (17, ((29, 50), (29, 50), (0, 19), (0, 19))),
    (9, ((30, 50), (30, 50), (0, 20), (58, 84))),
)


class Made(NamedTuple):
    """One made-up resident. `place`: which community, counted from 0."""

    place: int
    household: str
    name: str
    sex: str
    born: date
    id_number: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class Register:
    """What the register of one seed and size comes to; the digest is the same wherever it is made."""

    people: int
    digest: str


def communities(people: int) -> int:
    return max(4, -(-people // PER_COMMUNITY)) if people else 0


def residents(seed: int, people: int) -> Iterator[Made]:
    """The `people` residents of `seed`, household by household. Memory does not grow with their number but by days."""
    chance = random.Random(seed)  # noqa: S311 the demo must come out the same again
    shapes = [shape for _, shape in HOMES]
    weights = list(_running(weight for weight, _ in HOMES))
    places, home, made = communities(people), 0, 0
    given: dict[tuple[date, str], int] = {}  # how many numbers a birthday has used up
    while made < people:
        shape = chance.choices(shapes, cum_weights=weights)[0]
        home += 1
        place = home % places
        surname = chance.choice(SURNAMES)
        address = f"演示{1 + home % 40}号楼{1 + home // 40 % 6}单元{1 + home % 17}室"
        for index, (least, greatest) in enumerate(shape[: people - made]):
            sex = ("m", "f")[index] if index < 2 and len(shape) > 1 else chance.choice("fm")
            born = REFERENCE - timedelta(days=chance.randrange(least * 365, (greatest + 1) * 365))
            count = given[born, sex] = given.get((born, sex), -1) + 1
            family = surname if index != 1 else chance.choice(SURNAMES)
            name = f"{family}示{chance.choice(SYLLABLES)}" + (chance.choice(SYLLABLES) if chance.random() < 0.5 else "")
            phone = f"100{chance.randrange(10**8):08d}" if born.year < 2013 else ""
            number = _number(born, sex, count)
            yield Made(place, f"D{home:07d}", name, sex, born, number, phone, address)
            made += 1


def _running(weights: Iterator[int]) -> Iterator[int]:
    total = 0
    for weight in weights:
        total += weight
        yield total


def _number(born: date, sex: str, count: int) -> str:
    """An identity number no place issues; empty when the day has no more (millions of people)."""
    order = 2 * count + (1 if sex == "m" else 0)  # odd for men, even for women
    if order > 999:
        return ""
    first = f"{NOWHERE}{born:%Y%m%d}{order:03d}"
    return first + check_digit(first)


def fill(seed: int, people: int, say: Callable[[str], object] = lambda line: None) -> Register:
    """Fill an empty register, all or nothing, in one transaction; a register that has rows is left as it is."""
    if not people or Resident.objects.exists():
        return Register(Resident.objects.count(), "")
    digest = ""
    with transaction.atomic():
        places = _places(communities(people))
        source, made = residents(seed, people), 0
        while batch := list(islice(source, BATCH)):
            digest = sm3(digest + "\n".join(_line(row) for row in batch))
            _insert(batch, places)
            made += len(batch)
            if made % (10 * BATCH) == 0 and made < people:
                say(f"  已生成 {made} 人")
        data = {"people": made, "seed": seed, "digest": digest, "synthetic": True, "areas": len(places)}
        append("directory.register_generated", by=Actor("演示数据"), subject="register:demo", data=data)
    return Register(made, digest)


def digest_of(seed: int, people: int) -> str:
    """The digest `fill` records, without storing anyone."""
    source, digest = residents(seed, people), ""
    while batch := list(islice(source, BATCH)):
        digest = sm3(digest + "\n".join(_line(row) for row in batch))
    return digest


def _line(row: Made) -> str:
    return "\t".join((str(row.place), *map(str, row[1:])))


_COLUMNS = ("area", "household", "name", "sex", "born", "id_number", "phone", "address", "source", "synthetic")


def _insert(rows: list[Made], places: list[Area]) -> None:
    """One prepared statement for all rows: a register of the district's size in a minute."""
    quote, meta = connection.ops.quote_name, Resident._meta
    names = ", ".join(quote(str(getattr(meta.get_field(name), "column", name))) for name in _COLUMNS)
    marks = ", ".join(["%s"] * len(_COLUMNS))
    born = connection.ops.adapt_datefield_value
    values = [(places[r.place].pk, r.household, r.name, r.sex, born(r.born), *r[5:], SOURCE, True) for r in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({marks})", values)  # noqa: S608


def _places(count: int) -> list[Area]:
    """Made-up communities: in the first real town there is, and in made-up towns beside it."""
    district = Area.objects.filter(sort="district", synthetic=False).order_by("pk").first()
    real = Area.objects.filter(sort="town", synthetic=False).order_by("pk").first()
    pack = district.pack if district else "jccq"
    towns = [real] if real else []
    while len(towns) < max(2, -(-count // PER_TOWN)):
        number = len(towns) + 1
        towns.append(_area(pack, f"demo-{number:02d}", f"演示{number}街道", "subdistrict", district))
    made = []
    for index in range(count):
        town = towns[index % len(towns)]
        made.append(_area(pack, f"demo-c{index + 1:04d}", f"演示{index + 1}社区", "community", town))
    return made


def _area(pack: str, code: str, name: str, sort: str, parent: Area | None) -> Area:
    found, _ = Area.objects.get_or_create(
        pack=pack,
        code=code,
        valid_from=None,
        defaults={"name": name, "sort": sort, "parent": parent, "synthetic": True},
    )
    return found
