"""What happens when a deadline of the plans comes near or passes: those who can still act are told, the log says so."""

from __future__ import annotations

from datetime import datetime

from luoshi.accounts.models import User
from luoshi.clocks.models import Clock
from luoshi.clocks.registry import on
from luoshi.clocks.ticking import CLOCKWORK
from luoshi.directory.models import Person
from luoshi.emergency import people, saying
from luoshi.emergency.live import Table
from luoshi.emergency.models import Incident
from luoshi.emergency.sitting import Asked, Sitting
from luoshi.emergency.timing import KIND
from luoshi.kernel import when
from luoshi.notices import actions as notices

DIRECTOR = "办公室主任"


@on(KIND, "warn")
def due_soon(clock: Clock, moment: datetime) -> None:
    _tell(clock, "emergency.due_soon", list(saying.holders("duty_officer")))


@on(KIND, "break")
def overdue(clock: Clock, moment: datetime) -> None:
    """超时: to the officers on duty and the director of the office. The late one is still owed."""
    incident = _incident(clock)
    at = Sitting(incident, CLOCKWORK, CLOCKWORK, Asked())
    text = f"“{clock.name}”超时：应于{when.aware(clock.due_at):%H:%M:%S}前完成"
    at.log("overdue", text, cite=clock.cite, data={"clock": clock.pk, "plans": clock.data.get("plans", [])})
    to: list[User | Person] = [*saying.holders("duty_officer"), *_directors(at.table)]
    _tell(clock, "emergency.overdue", to)


def _directors(table: Table) -> list[Person]:
    found: dict[int, Person] = {}
    for slug in table.cases:
        plan = table.plan(slug)
        for person in people.holders_of(plan, [DIRECTOR])[DIRECTOR] if plan.post(DIRECTOR) else []:
            found[person.pk] = person
    return list(found.values())


def _incident(clock: Clock) -> Incident:
    return Incident.objects.select_related("lane").get(pk=clock.data["incident"])


def _tell(clock: Clock, kind: str, to: list[User | Person] | list[User]) -> None:
    if not to:
        return
    incident = _incident(clock)
    due = when.aware(clock.due_at)
    cites = "、".join(clock.data.get("cites", [clock.cite]))
    fields = saying.fields(incident) | {"时限": clock.name, "到期": f"{due:%H:%M:%S}", "依据": cites}
    notices.send(
        kind, to=list(to), subject=incident.subject, fields=fields, cite=clock.cite, link=saying.link(incident),
        exercise=incident.exercise, dedupe=f"{kind}:{clock.pk}", by=CLOCKWORK, lane=incident.lane,
    )  # fmt: skip
