"""The demo: synthetic people and enterprises from a seed, and one account per role. Everything is marked 演示数据."""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from luoshi.accounts.models import Grant, User
from luoshi.accounts.roles import ROLES
from luoshi.directory import demo as directory
from luoshi.directory import demo_register as register
from luoshi.directory.models import Body, Holding, Person
from luoshi.directory.queries import area as area_of
from luoshi.directory.queries import resolve
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import Refused
from luoshi.ledger.actions import append

BY = Actor("演示数据")
# role → the body its demo account acts for, as the gazette's documents print it; the rest act for the whole district.
POSTED = {
    "handler": "区发展改革和科技局",
    "chief": "区发展改革和科技局",
    "clerk": "区行政审批局",
    "finance": "区财政局",
    "culture": "区文旅局",
    "field": "北石店镇",
}
# role → the territory its demo account may see residents of (area code); a body alone reaches no territory.
WITHIN = {"field": "jccq-beishidian", "clerk": "jccq"}
# The accounts that make duties and notices arrive somewhere: one contact and one head for each body.
SEATS = {"联络员": "handler", "主要负责人": "chief"}


@dataclass
class Demo:
    password: str
    accounts: list[tuple[str, str, str]] = field(default_factory=list)  # username, role label, body
    filled: dict[str, int] = field(default_factory=dict)
    residents: register.Register = field(default_factory=lambda: register.Register(0, ""))


def _silent(line: str) -> None:
    """Nobody watches."""


def fill(seed: int, people: int, say: Callable[[str], object] = _silent) -> Demo:
    """Fill every room that has a demo, then the accounts. Idempotent. Refused where real accounts exist.

    `say` hears what is being made, line by line, for whoever waits.
    """
    if settings.PRODUCTION or not settings.DEMO:
        raise Refused("演示数据只能在演示模式下生成（luoshi serve --demo）")
    if User.objects.filter(synthetic=False).exists():
        raise Refused("这个数据目录里已有正式账号，不能混入演示数据；请用 LUOSHI_DATA 另指一个目录")
    demo = Demo(password=_password())
    say("演示数据：机构人员")
    demo.filled["directory"] = directory.fill(seed, people)
    say(f"演示数据：居民底册 {people} 人")
    demo.residents = register.fill(seed, people, say)
    say("演示数据：账号")
    with transaction.atomic():
        _accounts(demo)
    for room in settings.ROOMS:
        if room != "directory" and importlib.util.find_spec(f"luoshi.{room}.demo"):
            say(f"演示数据：{apps.get_app_config(room).verbose_name}")
            with transaction.atomic():  # hundreds of acts, one commit: a killed start leaves no half-filled room
                made = importlib.import_module(f"luoshi.{room}.demo").fill(seed, people)
            demo.filled[room] = made if isinstance(made, int) else 0
    return demo


def _password() -> str:
    """One password for this data folder: made once, kept readable by its owner only, printed at every start."""
    kept = Path(settings.DATA) / "demo.password"
    if kept.exists():
        return kept.read_text().strip()
    made = f"yanshi-{secrets.randbelow(10**6):06d}"
    with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(made)
    return made


def _accounts(demo: Demo) -> None:
    hashed = make_password(demo.password)
    for role, label in ROLES.items():
        body = resolve(POSTED[role]) if role in POSTED else None
        area = area_of(WITHIN[role]) if role in WITHIN else None
        _account(role, f"演示{label}", Grant(role=role, body=body, area=area, reason="演示账号"), hashed)
        demo.accounts.append((role, label, body.name if body else ""))
    User.objects.filter(synthetic=True).exclude(password=hashed).update(password=hashed)
    _seats(hashed)


def _account(username: str, display_name: str, grant: Grant, hashed: str) -> None:
    user, made = User.objects.get_or_create(
        username=username, defaults={"display_name": display_name, "password": hashed, "synthetic": True}
    )
    if made:
        grant.user = user
        grant.save()
        append("accounts.created", by=BY, subject=f"user:{user.pk}", data={"username": username, "demo": True})


def _seats(hashed: str) -> None:
    """Accounts for the contacts and heads of all bodies, so that what is sent to a body reaches somebody."""
    taken = set(User.objects.filter(person__isnull=False).values_list("person_id", flat=True))
    rows = Holding.objects.filter(post__title__in=SEATS, until__isnull=True, person__synthetic=True)
    seats = [row for row in rows.select_related("person", "post__body") if row.person_id not in taken]
    users = User.objects.bulk_create(_seat(row.person, row.post.body, SEATS[row.post.title], hashed) for row in seats)
    Grant.objects.bulk_create(
        Grant(user=user, role=SEATS[row.post.title], body=row.post.body, reason="演示账号")
        for user, row in zip(users, seats, strict=True)
    )
    if users:
        append("accounts.demo_seats", by=BY, subject="demo:accounts", data={"accounts": len(users)})


def _seat(person: Person, body: Body, role: str, hashed: str) -> User:
    username = f"{role}-{body.pk}"
    return User(username=username, display_name=person.name, person=person, password=hashed, synthetic=True)


def words(demo: Demo) -> str:
    """What the operator reads at start."""
    lines = ["", f"演示账号（密码都是 {demo.password}）：", ""]
    lines += [f"  {username:<13}{label}{f'（{body}）' if body else ''}" for username, label, body in demo.accounts]
    kept = f"，摘要 {demo.residents.digest[:16]}" if demo.residents.digest else "（已有，未改动）"
    lines += ["", f"居民底册 {demo.residents.people} 人{kept}"]
    lines += ["", "所有人员、联系方式和办理记录都是生成的演示数据，不会发出这台机器。"]
    return "\n".join(lines)
