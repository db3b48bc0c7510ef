"""A small district: two documents, three bodies, the people who act for them, and a few duties."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import hypothesis
import pytest

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body, CalendarDay, CalendarYear
from luoshi.kernel import when
from luoshi.norms.models import Instrument, Pack
from luoshi.supervision import status
from luoshi.supervision.actions import Asked
from luoshi.supervision.drafting import Draft, DraftBody, DraftTarget, store
from luoshi.supervision.models import Duty

# a loaded machine generates inputs slowly; that says nothing about the rules under test
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

START = datetime(2024, 9, 2, 9, 0)  # a Monday


@dataclass
class World:
    """Handles on what the tests act with."""

    air: Instrument
    quality: Instrument
    bodies: dict[str, Body]
    people: dict[str, User]
    made: int = field(default=0)

    def duty(self, **more: Any) -> Duty:
        self.made += 1
        leads = more.pop("leads", ["区工信局"])
        cooperates = more.pop("cooperates", [])
        targets = more.pop("targets", [])
        known = self.bodies.get
        draft = Draft(
            key=more.pop("key", f"09:三(一){self.made}"),
            instrument=more.pop("instrument", self.air),
            path=more.pop("path", f"三(一){self.made}"),
            title=more.pop("title", f"事项{self.made}"),
            bodies=[DraftBody(n, "lead", known(n)) for n in leads]
            + [DraftBody(n, "cooperate", known(n)) for n in cooperates],
            targets=[t if isinstance(t, DraftTarget) else DraftTarget(**t) for t in targets],
            **more,
        )
        [duty] = store([draft])
        status.recount_of(duty, [])
        return duty

    def assigned(self, **more: Any) -> Duty:
        from luoshi.supervision import actions

        duty = self.duty(**more)
        actions.assign(duty, self.people["supervisor"], Asked())
        return duty

    def working(self, **more: Any) -> Duty:
        """A duty signed for by its first lead and fed back once, with a file."""
        from luoshi.supervision import actions

        duty = self.assigned(**more)
        handler = self.people["handler"]
        actions.receive(duty, handler, Asked())
        actions.feedback(duty, handler, Asked("已完成一半", progress=50, files=[paper()]))
        return duty


class Paper:
    def __init__(self, name: str, data: bytes) -> None:
        self.name: str | None = name
        self.data = data

    def read(self, size: int = -1) -> bytes:
        return self.data


def paper(name: str = "验收单.pdf", data: bytes = b"%PDF-1.4 proof") -> Paper:
    return Paper(name, data)


@pytest.fixture
def clock() -> Iterator[Callable[[datetime], None]]:
    """Set the time: `clock(datetime)`. It starts on a working Monday."""
    stack: list[Any] = []

    def move(moment: datetime) -> None:
        if stack:
            stack.pop().__exit__(None, None, None)
        held = when.at(moment)
        held.__enter__()
        stack.append(held)

    move(START)
    yield move
    stack.pop().__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def world(db: Any, clock: Any) -> World:
    for year in (2024, 2025):
        CalendarYear.objects.get_or_create(year=year, defaults={"source": "测试"})
    CalendarDay.objects.filter(date__year=2024, date__month=9).delete()
    pack = Pack.objects.create(id="jccq", district="测试区")
    air = Instrument.objects.create(
        pack=pack, slug="09", number="城政发〔2024〕9号", title="空气质量方案", date=date(2024, 5, 9), order=1
    )
    quality = Instrument.objects.create(
        pack=pack, slug="26", number="城政办发〔2024〕26号", title="质量强区方案", date=date(2024, 7, 1), order=2
    )
    bodies = {n: Body.objects.create(name=n, kind="department") for n in ("区工信局", "区生态环境分局", "区市场监管局")}
    bodies["各镇(街道)"] = Body.objects.create(name="各镇(街道)", kind="department", collective=True)
    people = {}
    for name, role, body in (
        ("supervisor", "supervisor", None),
        ("supervisor2", "supervisor", None),
        ("handler", "handler", "区工信局"),
        ("chief", "chief", "区工信局"),
        ("handler2", "handler", "区生态环境分局"),
        ("leader", "leader", None),
        ("auditor", "auditor", None),
        ("enterprise", "enterprise", None),
    ):
        people[name] = User.objects.create_user(name, display_name=name)
        Grant.objects.create(user=people[name], role=role, body=bodies.get(body or ""), since=date(2020, 1, 1))
    return World(air, quality, bodies, people)


def D(text: str) -> Decimal:
    return Decimal(text)
