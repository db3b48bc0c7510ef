"""One act on an incident: its lock, its form key, its line in the log, its ledger entry, what follows from it.

Everything an act writes is in one transaction that begins with the ledger's lock. A form sent twice finds the line it
wrote the first time; who acts on an older state is told what happened meanwhile; a database that goes away in the
middle leaves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from luoshi.emergency import hooks, people
from luoshi.emergency.live import Table
from luoshi.emergency.models import Act, Case, Incident
from luoshi.emergency.people import Hand
from luoshi.emergency.plans import Plan
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import plain
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording


@dataclass(slots=True)
class Asked:
    """What a person hands in with an act.

    `post`: the post acted in, when one holds several. `version`: the incident as seen. `once`: the form's key.
    `ordered_by`, `ordered_how`: an oral order of the post's holder, written down by the officer on duty.
    """

    reason: str = ""
    post: str = ""
    version: int | None = None
    once: str = ""
    via: str = "web"
    ordered_by: str = ""
    ordered_how: str = ""


@dataclass(slots=True)
class Sitting:
    """An incident locked for one act. `before`: the line this form already wrote, when it was sent again."""

    incident: Incident
    user: Any
    actor: Actor
    asked: Asked
    before: Act | None = None
    table: Table = field(init=False)

    def __post_init__(self) -> None:
        self.table = Table(self.incident)

    def case(self, plan: str) -> Case:
        """The case of `plan`. BadInput when the incident has none."""
        found = self.table.cases.get(plan)
        if found is None:
            raise BadInput(f"没有预案 {plan}", field="plan", hint="现有：" + "、".join(self.table.cases))
        return found

    def hand(self, plan: Plan, fit: Sequence[str] = ()) -> Hand:
        """Whose hand this is: one's own under a post held, or an oral order written down."""
        if self.asked.ordered_by:
            post = self.asked.post or (fit[0] if fit else "")
            return people.ordered(self.user, plan, post=post, person=self.asked.ordered_by, how=self.asked.ordered_how)
        return people.hand(self.user, plan, post=self.asked.post, fit=fit, incident=self.incident)

    def reload(self) -> None:
        """Read facts and running responses again after this act has changed them."""
        self.table = Table(self.incident, list(self.table.cases.values()))

    def regrade(self) -> None:
        """What the rules say now, kept in each case so that a list need not ask again."""
        self.reload()
        for slug, case in self.table.cases.items():
            grade(self.table, slug, case)

    def log(
        self, kind: str, text: str, *, case: Case | None = None, cite: str = "", reading: str = "",
        data: Mapping[str, Any] | None = None, hand: Hand | None = None, sealed: Mapping[str, Any] | None = None,
    ) -> Act:  # fmt: skip
        """The line of the incident's log and its ledger entry. `data` goes to both, `sealed` to the ledger alone."""
        told = dict(plain(data or {}))
        if hand is not None and hand.oral:
            told |= {"ordered_by": hand.name, "ordered_how": hand.ordered_how, "written_by": self.actor.name}
        marks = {"exercise": True} if self.incident.exercise else {}
        about = {"incident": self.incident.number, "text": text} | ({"plan": case.plan} if case else {})
        cites = [cite] if cite else []
        entry = append(
            f"emergency.{kind}", by=self.signature(hand), subject=self.incident.subject, cites=cites,
            data={**about, **marks, **told, **(sealed or {})},
        )  # fmt: skip
        act = Act.objects.create(
            incident=self.incident, case=case, kind=kind, text=text, at=when.now(),
            actor=hand.name if hand else self.actor.name, post=hand.post if hand else self.actor.post,
            user=self.user if getattr(self.user, "pk", None) else None, cite=cite, reading=reading, data=told,
            once=self.asked.once or None, entry=entry.seq,
        )  # fmt: skip
        self.asked.once = ""  # one form, one line: further lines of the same act carry no key
        return act

    def signature(self, hand: Hand | None) -> Actor:
        return replace(self.actor, post=hand.post) if hand is not None and hand.post and not hand.oral else self.actor

    def move(self) -> None:
        """The course has moved: who acts on an older state must look again."""
        self.incident.version += 1
        self.incident.save(update_fields=["version"])

    def emit(self, event: str, case: Case | None, what: Any) -> None:
        hooks.emit(event, self.incident, case, what, self.actor)


@contextmanager
def sitting(incident: int, user: Any, asked: Asked, *, closed: bool = False) -> Iterator[Sitting]:
    """Lock `incident` for one act. Refused when it is closed (unless `closed`), or was changed since it was seen."""
    actor: Actor = user if isinstance(user, Actor) else user.as_actor(asked.via)
    row: Incident | None = None
    try:
        with recording():
            row = Incident.objects.select_for_update().get(pk=incident)
            before = _before(row, asked)
            if before is None:
                _fresh(row, asked.version)
                if row.state == Incident.State.CLOSED and not closed:
                    raise Refused("事件已结案，不能再办理；如须继续，请先恢复办理")
            with at_its_time(row):
                yield Sitting(row, user, actor, asked, before)
    except Refused as error:
        if row is not None and row.drill_id is not None:
            hooks.refused(row, actor, error)
        raise


@contextmanager
def at_its_time(incident: Incident) -> Iterator[None]:
    """A drill stands at the moment its director has set, and so does whatever is done in it."""
    if incident.lane_id is None or incident.lane is None:
        yield
        return
    with when.at(incident.lane.now):
        yield


def _before(incident: Incident, asked: Asked) -> Act | None:
    if not asked.once:
        return None
    if len(asked.once) > 64:
        raise BadInput("表单标识过长", field="once")
    found = Act.objects.filter(once=asked.once).first()
    if found is not None and found.incident_id != incident.pk:
        raise BadInput("这张表单已经用过，请刷新后再办", field="once")
    return found


def _fresh(incident: Incident, version: int | None) -> None:
    if version is None or version == incident.version:
        return
    last = incident.acts.order_by("-at", "-id").first()
    done = f"{last.actor}于{when.aware(last.at):%H:%M}已记“{last.text[:60]}”" if last else "已有变化"
    raise Refused(f"本事件刚刚有变化：{done}。请看过最新情况再办")


def grade(table: Table, slug: str, case: Case) -> dict[str, Any]:
    """Ask the rules about one case and keep their answer in its row; the card is returned."""
    card = table.card(slug, weighed=False)
    applies = card["applies"]
    case.applies = applies if isinstance(applies, str) else ("true" if applies else "false")
    case.warning_level = card["warning"]["level"] or ""
    case.response_level = card["response"]["level"] or ""
    case.ask = card["ask"]
    case.save(update_fields=["applies", "warning_level", "response_level", "ask"])
    return card
