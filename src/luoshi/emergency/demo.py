"""The demo of the emergency room: who holds the posts of the command, one incident from first call to end, one open.

Everything is made up and says so. Other parts of the room add theirs in `demo_<part>.py` (a `fill(seed, people)`).
"""

from __future__ import annotations

import importlib
import importlib.util
import random
from datetime import datetime, timedelta
from typing import Any

from luoshi.accounts.models import Grant, User
from luoshi.directory import demo as directory
from luoshi.directory.models import Holding, Person, Post
from luoshi.directory.queries import resolve
from luoshi.emergency import actions
from luoshi.emergency.actions import Asked, Stated
from luoshi.emergency.models import Incident, Signal
from luoshi.kernel import when

# account: (body, post as the plans print it, roles, how the account is called when it has to be made)
POSTS: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "commander": ("区政府", "分管通信工作副区长", ("commander",), "演示指挥员"),
    "deputy": ("区政府办公室", "协调通信工作的副主任", ("commander",), "演示副总指挥"),
    "deputy22": ("区政府办公室", "协调通信网络工作的副主任", ("commander",), "演示副总指挥（22号）"),
    "director": ("区工信局", "局长", ("commander", "chief"), "演示办公室主任"),
}
PARTS = ("resources", "after", "calling", "drills")
MARK = "（虚构）"
VIA = "demo"


def fill(seed: int, people: int) -> int:
    """Posts, a closed and an open incident. Idempotent. Returns how many incidents were made."""
    made = 0
    _posts(random.Random(seed))  # noqa: S311 the demo must come out the same again
    duty = User.objects.filter(username="duty_officer", synthetic=True).first()
    if duty is not None and not Incident.objects.filter(demo=True).exists():
        made = _closed(duty) + _open(duty)
    for part in PARTS:
        if importlib.util.find_spec(f"luoshi.emergency.demo_{part}"):
            importlib.import_module(f"luoshi.emergency.demo_{part}").fill(seed, people)
    return made


def _posts(chance: random.Random) -> None:
    """The posts the plans name, held by synthetic people with accounts; nobody real holds them in a demo."""
    pattern = User.objects.filter(username="duty_officer", synthetic=True).first()
    if pattern is None:
        return
    for username, (printed, title, roles, shown) in POSTS.items():
        body = resolve(printed)
        if body is None:
            continue
        post, _ = Post.objects.get_or_create(body=body, title=title)
        holding = Holding.objects.filter(post=post, until__isnull=True).select_related("person").first()
        person = holding.person if holding else _person(chance, body)
        if holding is None:
            Holding.objects.create(person=person, post=post, since=directory.SINCE)
        user, fresh = User.objects.get_or_create(
            username=username, defaults={"display_name": shown, "password": pattern.password, "synthetic": True}
        )
        if user.person_id is None:
            user.person, user.display_name = person, person.name
            user.save(update_fields=["person", "display_name"])
        if fresh:
            Grant.objects.bulk_create(
                Grant(user=user, role=role, body=body if role == "chief" else None, reason="演示账号") for role in roles
            )


def _person(chance: random.Random, body: Any) -> Person:
    return Person.objects.create(name=directory.name(chance), phone=directory.phone(chance), body=body, synthetic=True)


def _asked(**more: Any) -> Asked:
    return Asked(via=VIA, **more)


def _closed(duty: User) -> int:
    """One night eighteen days ago: a storm, one operator down at many points, level II, ended in the morning."""
    night = (when.now() - timedelta(days=18)).replace(hour=2, minute=40, second=0, microsecond=0)
    commander = User.objects.filter(username="commander", person__isnull=False).first()
    if commander is None:
        return 0
    found = _report(duty, night, f"大风致北石店镇多处基站退服{MARK}", "移动城区分公司网管",
                    f"北石店镇 6 个基站退服，杆路倒伏{MARK}")  # fmt: skip
    steps: list[tuple[int, Any]] = [
        (3, lambda: _says(found, duty, "移动城区分公司网管", stage="occurred", cause="external_emergency",
                          multi_point_operators=["移动城区分公司"], towns_affected=["北石店镇"])),
        (4, lambda: _says(found, duty, "联通城区分公司值班", spread_in_district=False)),
        (5, lambda: actions.triage(found, "21", "true", duty, _asked())),
        (6, lambda: actions.triage(found, "22", "unrelated", duty, _asked(), transferee="无须转交，归21号办理")),
        (8, lambda: actions.choose_plan(found, {"21": True, "22": False}, duty, _asked(reason="外力所致"))),
        (9, lambda: actions.propose(found, "21", duty, _asked(reason="多点退服，需区指挥部协调"))),
        (14, lambda: actions.start(found, "21", commander, _asked())),
        (15, lambda: actions.set_groups(found, "21", ["综合协调组", "现场抢修组", "基础支撑组"], commander, _asked())),
        (40, lambda: actions.note(found, f"抢修队伍到达现场{MARK}", duty, _asked())),
        (290, lambda: actions.give_evidence(found, "21", "controlled", "6 个基站全部恢复", duty, _asked())),
        (300, lambda: actions.give_evidence(found, "21", "secondary_cleared", "杆路已加固", duty, _asked())),
        (330, lambda: actions.give_evidence(found, "21", "stable", "网管观察 30 分钟无告警", duty, _asked())),
        (335, lambda: actions.end(found, "21", commander, _asked())),
        (400, lambda: actions.close(found, duty, _asked(reason="恢复正常，转入评估"))),
    ]  # fmt: skip
    _play(night, steps)
    return 1


def _open(duty: User) -> int:
    """Twenty minutes ago: a slow network, one report, two words about its spread; nothing decided."""
    began = when.now() - timedelta(minutes=20)
    found = _report(duty, began, f"钟家庄街道部分用户断网{MARK}", "12345 热线转办", f"十余户反映宽带中断{MARK}")
    _play(began, [
        (2, lambda: actions.triage(found, "21", "true", duty, _asked())),
        (3, lambda: _says(found, duty, "联通城区分公司值班", operators_affected=["联通城区分公司"],
                          spread_in_district=False)),
        (6, lambda: _says(found, duty, "移动城区分公司网管", spread_in_district=True)),
    ])  # fmt: skip
    return 1


def _report(duty: User, at: datetime, title: str, reporter: str, text: str) -> Incident:
    with when.at(at):
        signal = Signal.objects.create(
            source="phone", channel="电话", reporter=reporter, text=text, fingerprint=f"demo:{title}", received_at=at,
            last_at=at, occurred_at=at - timedelta(minutes=10), by=duty.get_full_name(),
        )  # fmt: skip
        act = actions.open_incident(
            title, duty, _asked(), signal=signal, places=["北石店镇"] if "北石店" in title else ["钟家庄街道"],
            occurred_at=signal.occurred_at, demo=True,
        )  # fmt: skip
    return act.incident


def _says(found: Incident, duty: User, reporter: str, **facts: Any) -> Any:
    return actions.add_facts(found, [Stated(k, v, "电话", reporter) for k, v in facts.items()], duty, _asked())


def _play(begin: datetime, steps: list[tuple[int, Any]]) -> None:
    for minutes, act in steps:
        with when.at(begin + timedelta(minutes=minutes)):
            act()
