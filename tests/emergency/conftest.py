"""A night on duty: the people the plans name, as a small directory has them, and an incident to work on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body, Holding, Person, Post
from luoshi.emergency import actions, flood
from luoshi.emergency.actions import Asked, Stated
from luoshi.emergency.models import Act, Incident
from luoshi.kernel import when

NIGHT = datetime(2026, 3, 2, 3, 0)
# account: (body, post as the plan prints it, roles)
PEOPLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "duty": ("区工信局", "值班员", ("duty_officer",)),
    "second": ("区工信局", "值班员乙", ("duty_officer",)),
    "commander": ("区政府", "分管通信工作副区长", ("commander", "leader")),
    "deputy": ("区政府办公室", "协调通信工作的副主任", ("commander",)),
    "deputy22": ("区政府办公室", "协调通信网络工作的副主任", ("commander",)),
    "director": ("区工信局", "局长", ("chief", "commander")),
    "stranger": ("区财政局", "局长", ("chief", "commander")),
}
MORE = ("区公安分局", "移动城区分公司", "联通城区分公司")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines report slowly, so that each call is joined at once; no thread joins anything behind a test's back."""
    monkeypatch.setattr(flood, "_pace", flood.Pace(calm=10**9))
    monkeypatch.setattr(flood, "wake", lambda: None)


@dataclass
class Night:
    """Handles on who is there and on what they do; `at` is the incident."""

    people: dict[str, User]
    bodies: dict[str, Body]
    incident: Incident | None = None

    def __getattr__(self, name: str) -> User:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def at(self) -> Incident:
        assert self.incident is not None
        self.incident.refresh_from_db()
        return self.incident

    def opens(self, title: str = "北石店镇基站退服（演练用虚构）", **more: Any) -> Incident:
        act = actions.open_incident(title, self.duty, Asked(once=uuid4().hex), places=["北石店镇"], **more)
        self.incident = act.incident
        return act.incident

    def says(self, **facts: Any) -> Act:
        return actions.add_facts(
            self.at, [Stated(k, v, reporter="移动网管") for k, v in facts.items()], self.duty, Asked()
        )

    def triages(self, *plans: str, outcome: str = "true", transferee: str = "") -> None:
        for plan in plans or ("21", "22"):
            actions.triage(self.at, plan, outcome, self.duty, Asked(), transferee=transferee)

    def second_level(self) -> Incident:
        """An incident whose facts give level II under plan 21."""
        self.opens()
        self.says(stage="occurred", cause="external_emergency", multi_point_operators=["移动城区分公司"])
        self.triages()
        return self.at

    def runs(self, plan: str = "21", level: str = "") -> Incident:
        if self.incident is None:
            self.second_level()
        actions.propose(self.at, plan, self.duty, Asked(reason="核实后建议"), level=level)
        if plan == "22":
            actions.confirm(self.at, plan, self.commander, Asked())
        actions.start(self.at, plan, self.commander, Asked())
        return self.at


@pytest.fixture
def night(db: Any) -> Iterator[Night]:
    with when.at(NIGHT):
        bodies: dict[str, Body] = {}
        people: dict[str, User] = {}
        for name in MORE:
            bodies[name] = Body.objects.get_or_create(name=name, defaults={"kind": "department"})[0]
        for username, (body, title, roles) in PEOPLE.items():
            bodies[body] = Body.objects.get_or_create(name=body, defaults={"kind": "department"})[0]
            post, _ = Post.objects.get_or_create(body=bodies[body], title=title)
            person = Person.objects.create(name=f"虚构{username}", body=bodies[body], synthetic=True)
            Holding.objects.create(person=person, post=post, since=date(2024, 1, 1))
            user = User.objects.create(username=username, display_name=person.name, person=person, synthetic=True)
            for role in roles:
                Grant.objects.create(
                    user=user, role=role, body=bodies[body] if role == "chief" else None, since=date(2024, 1, 1)
                )
            people[username] = user
        yield Night(people, bodies)
