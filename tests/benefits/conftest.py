"""A small district with hotels: registers filled by hand, the people who act, time under control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import hypothesis
import pytest

from luoshi.accounts.models import Grant, User
from luoshi.benefits import actions, batches, budget, daily, screening, settling
from luoshi.benefits.models import Batch, Claim, Matter, Membership, Record, Source, Subject
from luoshi.clocks import actions as clocks
from luoshi.directory.models import Body, CalendarYear
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM
from luoshi.kernel.canonical import dumps, plain, sm3
from luoshi.norms.models import Instrument, Pack

# a loaded machine generates inputs slowly; that says nothing about the rules under test
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")

START = datetime(2025, 6, 2, 9, 0)  # a Monday
LAWFUL = {"in_district": True, "lawful_operation": True, "licence_registered": True, "tax_registered": True}
STAR = {"star_event": "new", "star": 5, "certificate": "有"}
ACCOUNT = {"bank_name": "晋城银行（虚构）", "bank_account": "6222021234567890"}


@dataclass
class World:
    """Handles on what the tests act with."""

    people: dict[str, User]
    move: Callable[[datetime], None]
    made: int = field(default=0)

    def rules(self, key: str, value: Any, *, slug: str = "25") -> None:
        """A question the text leaves open is answered: one proposes, another confirms."""
        proposal = settling.propose(slug, key, value, user=self.people["culture"], reason="裁定")
        settling.judge(proposal, self.people["culture2"], agreed=True, reason="同意")

    def source(self, code: str = "announcement") -> Source:
        return Source.objects.get_or_create(code=code, defaults={"name": code})[0]

    def hotel(self, name: str = "", *, member: bool = True, kind: str = "hotel", **facts: Any) -> Subject:
        self.made += 1
        subject = Subject.objects.create(
            kind=kind, key=f"9114{self.made:014d}", name=name or f"测试酒店{self.made}", synthetic=True
        )
        self.says(subject, LAWFUL | {"turnover_prior_year_yuan": "20000000.00"} | facts, source="tax")
        if member:
            Membership.objects.create(subject=subject, user=self.people["enterprise"])
        return subject

    def matter(self, subject: Subject, kind: str = "star", day: date = date(2025, 3, 1), **facts: Any) -> Matter:
        self.made += 1
        made = Matter.objects.create(
            subject=subject, kind=kind, key=f"{kind}-{self.made}", title=f"{kind}{self.made}", date=day
        )
        self.says(subject, facts, matter=made)
        return made

    def star(self, subject: Subject | None = None, star: int = 5, day: date = date(2025, 3, 1), **facts: Any) -> Matter:
        return self.matter(subject or self.hotel(), "star", day, **STAR | {"star": star, "event_date": day} | facts)

    def says(
        self, subject: Subject, facts: dict[str, Any], *, matter: Matter | None = None, source: str = "announcement"
    ) -> Record:
        values = plain(facts)
        row = Record.objects.filter(source=self.source(source), subject=subject, matter=matter).first() or Record(
            source=self.source(source), subject=subject, matter=matter
        )
        row.values = {**row.values, **values}
        row.as_of, row.digest, row.changed_at = when.today(), sm3(dumps(row.values)), when.now()
        row.save()
        return row

    def screen(self, measure: str = "25:二(一)", **more: Any) -> Any:
        return screening.screen(measure, by=SYSTEM, **more)

    def later(self, days: int = 10) -> None:
        """Let days pass, and the clocks fire."""
        self.move((when.now() + timedelta(days=days)).replace(tzinfo=None))
        clocks.tick(when.now())

    def found(self, matter: Matter | None = None, measure: str = "25:二(一)") -> Claim:
        matter = matter or self.star()
        self.screen(measure)
        return Claim.objects.get(matter=matter, measure=measure)

    def confirmed(self, matter: Matter | None = None, measure: str = "25:二(一)") -> Claim:
        claim = self.found(matter, measure)
        if claim.state in ("found", "notified"):
            actions.confirm_account(claim, self.people["enterprise"], **ACCOUNT)
        return claim

    def published(self, matter: Matter | None = None, measure: str = "25:二(一)") -> Claim:
        claim = self.confirmed(matter, measure)
        actions.publish(claim, self.people["culture"])
        return claim

    def approved(self, matter: Matter | None = None, measure: str = "25:二(一)") -> Claim:
        claim = self.published(matter, measure)
        self.later()
        actions.approve(claim, self.people["chief"])
        return claim

    def pot(self, scope: str = "25", total: int = 500_000_000, **more: Any) -> Any:
        return budget.set_pot(scope, when.today().year, total, user=self.people["finance"], **more)

    def sent(self, *matters: Matter) -> Batch:
        self.pot()
        for matter in matters or [self.star()]:
            self.approved(matter)
        batch = batches.make_batch(self.people["finance"])
        batches.release_batch(batch, self.people["finance2"])
        batches.send_batch(batch, self.people["finance2"])
        return batch

    def answer(self, batch: Batch, result: str = "成功", **change: Any) -> bytes:
        """A bank's result file for every line of the batch."""
        from luoshi.benefits import payfile

        rows = ["付款编号,金额（元）,结果,支付日期,说明"]
        for line in payfile.lines(batch):
            amount = change.get("amount") or f"{line[5]:.2f}"
            rows.append(f"{change.get('reference') or line[1]},{amount},{change.get(line[1]) or result},2025-07-01,")
        return "\n".join([*rows, *change.get("more", ())]).encode()

    def night(self) -> dict[str, int]:
        """What the daily job does, without its queue."""
        from luoshi.benefits import rechecking

        counts = rechecking.recheck_all(daily.NIGHT)
        counts["months"] = daily.grow_all(daily.NIGHT)
        counts["stopped"] = daily.stop_tails(daily.NIGHT)
        counts["reserved"] = daily.reserve_all(daily.NIGHT)
        return counts


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


@pytest.fixture
def world(db: Any, clock: Any) -> World:
    return make_world(clock)


def make_world(clock: Any) -> World:
    for year in range(2024, 2029):
        CalendarYear.objects.get_or_create(year=year, defaults={"source": "测试"})
    pack, _ = Pack.objects.get_or_create(id="jccq", defaults={"district": "测试区"})
    Instrument.objects.get_or_create(
        slug="25",
        defaults={"pack": pack, "number": "城政办发〔2024〕25号", "title": "住宿业措施", "date": date(2024, 7, 19)},
    )
    body, _ = Body.objects.get_or_create(pack="jccq", name="区文旅局", defaults={"kind": "department"})
    people = {}
    for name, role, where in (
        ("culture", "culture", None),
        ("culture2", "culture", None),
        ("chief", "chief", body),
        ("finance", "finance", None),
        ("finance2", "finance", None),
        ("enterprise", "enterprise", None),
        ("auditor", "auditor", None),
    ):
        user = User.objects.create_user(name, display_name=f"{name}（虚构）")
        Grant.objects.create(user=user, role=role, body=where, since=date(2024, 1, 1))
        people[name] = user
    return World(people, clock)
