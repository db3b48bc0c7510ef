"""Who is told what about a duty. Every notice carries the citation and a link to the duty."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from luoshi.accounts.models import User
from luoshi.accounts.queries import users_of
from luoshi.kernel.acting import Actor
from luoshi.supervision.models import Duty, DutyBody

DOERS = ("handler", "chief")
CHIEFS = ("chief",)


def assigned(duty: Duty, actor: Actor) -> None:
    """To everyone who may sign for the duty, body by body."""
    for row in duty.bodies.filter(body__isnull=False).select_related("body"):
        words = f"{row.get_role_display()}单位：{row.printed}。{_deadline(duty)}请签收。"
        send("assigned", _people(row, DOERS), duty, f"督办事项待签收：{duty.title}", words)


def to_bodies(duty: Duty, what: str, words: str, actor: Actor, *, only: int | None = None) -> None:
    """To the handlers and chiefs of the duty's bodies (or of one)."""
    send("told", people_of(duty, DOERS, only=only), duty, f"{what}:{duty.title}", words or what)


def to_chiefs(duty: Duty, what: str, words: str, *, only: int | None = None) -> int:
    """To the chiefs of the lead bodies (or of one body). Returns how many people that is."""
    people = people_of(duty, CHIEFS, leads=True, only=only)
    send("escalated", people, duty, f"{what}:{duty.title}", words)
    return len(people)


def to_leaders(duty: Duty, what: str, words: str) -> int:
    people = users_of(None, ("leader",))
    send("escalated", people, duty, f"{what}:{duty.title}", words)
    return len(people)


def to_supervisors(duty: Duty, what: str, words: str) -> int:
    people = users_of(None, ("supervisor",))
    send("told", people, duty, f"{what}:{duty.title}", words or what)
    return len(people)


def people_of(duty: Duty, roles: Iterable[str], *, leads: bool = False, only: int | None = None) -> list[User]:
    found: dict[int, User] = {}
    rows = duty.bodies.filter(body__isnull=False)
    if only is not None:
        rows = rows.filter(body_id=only)
    elif leads:
        rows = rows.filter(role=DutyBody.Role.LEAD)
    for row in rows:
        for user in _people(row, roles):
            found[user.pk] = user
    return list(found.values())


def send(kind: str, to: list[User], duty: Duty, title: str, words: str, dedupe: str = "") -> None:
    """One notice to several people; nobody to tell is no error (the history still shows what happened)."""
    if not to:
        return
    from luoshi.notices import actions as notices

    notices.send(
        f"supervision.{kind}",
        to=to,
        subject=duty.subject,
        title=title[:200],
        body=words,
        cite=duty.citation,
        link=link(duty),
        dedupe=dedupe,
    )


def link(duty: Duty) -> str:
    return reverse("supervision:duty", args=[duty.pk])


def _people(row: DutyBody, roles: Iterable[str]) -> list[User]:
    return users_of(row.body_id, roles)


def _deadline(duty: Duty) -> str:
    if duty.deadline:
        return f"期限 {duty.deadline:%Y-%m-%d}。"
    return "持续推进，按期反馈。" if duty.continuous else ""
