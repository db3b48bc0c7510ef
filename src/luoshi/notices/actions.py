"""Telling people, and knowing that they know. Messages are written in the transaction of the act behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.crypto import constant_time_compare

from luoshi.accounts.models import User
from luoshi.accounts.queries import users_of
from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock, Lane
from luoshi.directory.models import Body, Person
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger import actions as ledger
from luoshi.notices import channels, engine, wordings
from luoshi.notices.delivery import deliver_due
from luoshi.notices.engine import Target
from luoshi.notices.models import HOWS, Delivery, Notice
from luoshi.notices.proofs import code_of, delivery_of, link_token

__all__ = [
    "call_off",
    "code_of",
    "confirm",
    "confirm_by_code",
    "confirm_by_link",
    "deliver_due",
    "link_token",
    "read",
    "send",
]

BODY_ROLES = ("handler", "chief")  # who reads for a body unless `send` says otherwise
CONFIRM = "notices.confirm"


def send(
    kind: str,
    *,
    to: Sequence[User | Person | Body],
    subject: str,
    fields: Mapping[str, object],
    cite: str = "",
    link: str = "",
    confirm_minutes: int | None = None,
    exercise: bool = False,
    dedupe: str = "",
    by: Actor = SYSTEM,
    roles: Sequence[str] = BODY_ROLES,
    lane: Lane | None = None,
    own: Mapping[str, str] | None = None,
) -> Notice:
    """Tell `to`. A body is told through its accounts holding one of `roles`; a person addressed twice is told once.

    `kind` is one a room declared (`notices.kinds`, else ValueError); `fields` fill its wording in force.
    `dedupe`: the same key again returns the notice already sent. `confirm_minutes`: each addressee must confirm within
    them, else a stand-in is told. In a drill (`lane`, `exercise`) nothing leaves the machine. `own`: what an addressee
    ("body:9", "person:3") alone is told besides; who answers for several gets all of it once. Writes one ledger entry.
    """
    title, body = wordings.render(kind, fields)
    with ledger.recording():
        if dedupe and (known := Notice.objects.filter(dedupe=dedupe).first()):
            return known
        notice = Notice.objects.create(
            kind=kind,
            subject=subject,
            title=engine.marked(title, exercise)[:200],
            body=body,
            cite=cite,
            link=link,
            confirm_minutes=confirm_minutes,
            exercise=exercise,
            dedupe=dedupe or None,
            by_name=by.name,
        )
        inside = lane is not None or exercise
        written = write_deliveries(notice, targets(to, roles), only_mailbox=inside, own=own or {})
        groups = list(dict.fromkeys(group for delivery in written for group in delivery.groups))
        for group in groups:
            start_confirm_clock(notice, group, by=by, lane=lane)
        ledger.append(
            "notices.sent",
            by=by,
            subject=f"notice:{notice.pk}",
            cites=[cite] if cite else [],
            data={
                "for": subject,
                "kind": kind,
                "title": notice.title,
                "to": groups,
                "recipients": [d.recipient for d in written],
            },
        )
    return notice


def targets(to: Iterable[User | Person | Body], roles: Sequence[str]) -> list[Target]:
    """Everyone behind the addressees, each once."""
    found: list[Target] = []
    for one in to:
        if isinstance(one, Body):
            group = f"body:{one.pk}"
            readers = users_of(one, roles)
            found += [of_user(user, group, one) for user in readers]
            if not readers:
                found.append(Target(group, group, one.name, body_id=one.pk))
        elif isinstance(one, Person):
            found.append(of_person(one))
        else:
            found.append(of_user(one))
    return engine.merge(found)


def of_user(user: User, group: str = "", body: Body | None = None) -> Target:
    key = f"person:{user.person_id}" if user.person_id else f"user:{user.pk}"
    plan = channels.plan_for(user, user.person)
    return Target(key, group or key, str(user), user.pk, user.person_id, body.pk if body else None, plan)


def of_person(person: Person, group: str = "") -> Target:
    key = f"person:{person.pk}"
    user = User.objects.filter(person=person, is_active=True).order_by("pk").first()
    plan = channels.plan_for(user, person)
    return Target(key, group or key, person.name, user.pk if user else None, person.pk, person.body_id, plan)


def write_deliveries(
    notice: Notice,
    wanted: Iterable[Target],
    *,
    only_mailbox: bool = False,
    stands_in_for: Delivery | None = None,
    own: Mapping[str, str] | None = None,
) -> list[Delivery]:
    """Outbox rows. What is only on screen has arrived by being written; whom no channel reaches is to be telephoned."""
    now, rows = when.now(), []
    for target in wanted:
        plan = [list(step) for step in target.plan if not only_mailbox or step[0] == "mailbox"]
        outside = [step for step in plan if step[0] != "mailbox"]
        delivery = Delivery(
            notice=notice,
            recipient=target.key,
            name=target.name,
            user_id=target.user_id,
            person_id=target.person_id,
            body_id=target.body_id,
            groups=target.groups,
            own="\n".join(dict.fromkeys(told for group in target.groups if (told := (own or {}).get(group)))),
            plan=outside or plan,
            stands_in_for=stands_in_for,
        )
        _first_state(delivery, bool(outside), now)
        rows.append(delivery)
    return Delivery.objects.bulk_create(rows)


def _first_state(delivery: Delivery, outside: bool, now: Any) -> None:
    if delivery.plan:
        delivery.channel, delivery.address = delivery.plan[0]
    if outside:
        delivery.state, delivery.next_try_at = "queued", now
    elif delivery.plan:
        delivery.state, delivery.sent_at = "sent", now
    else:
        delivery.state, delivery.dial, delivery.error = "failed", True, "没有可用的渠道，请电话通知"


def start_confirm_clock(notice: Notice, group: str, *, by: Actor, lane: Lane | None = None, level: int = 0) -> None:
    """The promise that `group` confirms in time; its break tells a stand-in (level 0), then asks for a call (1)."""
    if notice.confirm_minutes is None:
        return
    clocks.start(
        CONFIRM,
        subject=f"notice:{notice.pk}",
        name=f"确认收到：{notice.title}"[:200],
        cite=notice.cite,
        minutes=notice.confirm_minutes,
        lane=lane,
        data={"notice": notice.pk, "group": group, "level": level},
        by=by,
    )


def read(delivery: Delivery) -> None:
    """The recipient opened it: a receipt, not yet a confirmation."""
    if delivery.read_at is None:
        delivery.read_at = when.now()
        state = "receipt" if delivery.state != "confirmed" else "confirmed"
        Delivery.objects.filter(pk=delivery.pk, read_at__isnull=True).exclude(state="confirmed").update(
            read_at=delivery.read_at, state=state, next_try_at=None
        )
        delivery.state = state


def confirm(delivery: Delivery, by: Actor, how: str = "screen", *, note: str = "") -> Delivery:
    """Say that the recipient knows. `how` screen|link|phone|behalf; on behalf needs a note of who said so."""
    if how not in HOWS:
        raise BadInput("未知的确认方式", field="how")
    if how == "behalf" and not note.strip():
        raise BadInput("代为确认须写明与谁、何时通话", field="note")
    with ledger.recording():
        found = Delivery.objects.select_for_update(of=("self",)).select_related("notice").get(pk=delivery.pk)
        if found.confirmed_at is None:
            found.state, found.confirmed_at = "confirmed", when.now()
            found.confirmed_by, found.confirmed_how = by.name, how
            found.dial, found.next_try_at = False, None
            found.save()
            _finish_clocks(found, by)
            ledger.append(
                "notices.confirmed",
                by=by,
                subject=f"notice:{found.notice_id}",
                cites=[found.notice.cite] if found.notice.cite else [],
                data={"recipient": found.recipient, "groups": found.groups, "how": how, "note": note.strip()},
            )
    for field in Delivery._meta.concrete_fields:
        setattr(delivery, field.attname, getattr(found, field.attname))
    return delivery


def call_off(notice: Notice, reason: str, by: Actor) -> int:
    """What it was about is over: nobody need confirm or be telephoned any more. Returns how many were left."""
    with ledger.recording():
        running = Clock.objects.filter(subject=f"notice:{notice.pk}", kind=CONFIRM, state="running")
        for clock in running:
            clocks.cancel(clock, reason, by)
        return Delivery.objects.filter(notice=notice, dial=True).update(dial=False)


def _finish_clocks(delivery: Delivery, by: Actor) -> None:
    """One confirmation settles everyone this recipient answers for, and the calls still to be made for them."""
    running = Clock.objects.filter(subject=f"notice:{delivery.notice_id}", kind=CONFIRM, state="running")
    for clock in running:
        if clock.data.get("group") in delivery.groups:
            clocks.finish(clock, by)
    for other in Delivery.objects.filter(notice_id=delivery.notice_id, dial=True).exclude(pk=delivery.pk):
        if set(other.groups) <= set(delivery.groups):
            Delivery.objects.filter(pk=other.pk).update(dial=False)


def confirm_by_link(token: str) -> Delivery:
    found = delivery_of(token)
    return confirm(found, Actor(found.name, user_id=found.user_id, via="web"), "link")


def confirm_by_code(delivery: Delivery, code: str, by: Actor) -> Delivery:
    """The duty officer heard the code on the telephone."""
    if not constant_time_compare(code.strip(), code_of(delivery)):
        raise BadInput("确认码不对，请再核对", field="code")
    return confirm(delivery, by, "phone")
