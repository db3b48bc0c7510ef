"""Who holds which post of a plan's command today. The plan names posts; the directory names people.

A post is held by whoever holds what the plan prints for it (区政府分管通信工作副区长), or the post itself in the
command or its office (区通信指挥部 总指挥). 值班人员 is whoever may take reports on this installation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from luoshi.directory.models import Holding, Person
from luoshi.emergency.plans import Plan
from luoshi.kernel import when
from luoshi.kernel.errors import Refused

DUTY = "值班人员"
SITE = "现场指挥负责人"


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand an act is: the person, the post acted in, and for an oral order how it came."""

    name: str
    post: str
    user: Any = None
    ordered_how: str = ""

    @property
    def oral(self) -> bool:
        return bool(self.ordered_how)


def holdings(on: date | None = None) -> Any:
    day = on or when.today()
    return (
        Holding.objects.filter(Q(until__isnull=True) | Q(until__gte=day), since__lte=day)
        .select_related("post__body", "person")
        .prefetch_related("post__body__aliases")
    )


def _titles(plan: Plan, held: Iterable[Holding]) -> list[str]:
    """The plan's posts that these holdings fill, highest rank first."""
    spoken = {f"{name}{row.post.title}" for row in held for name in _names(row.post.body)}
    found = [post for post in plan.row.posts if spoken & _spellings(plan, post.title, post.holders)]
    return [post.title for post in sorted(found, key=lambda post: -post.rank)]


def _names(body: Any) -> set[str]:
    return {body.name, body.full_name, *(alias.name for alias in body.aliases.all())} - {""}


def _spellings(plan: Plan, title: str, holders: list[str]) -> set[str]:
    """How directories print a post: by its holder's own post, or as a post of the command or of its office."""
    hq, office = plan.row.hq, plan.row.office
    spelt = set(holders)
    spelt |= {f"{name}{title}" for name in (hq.name, hq.short, *hq.aliases)}
    short = title.removeprefix("办公室")
    if short != title:
        spelt |= {f"{name}{short}" for name in (office.name, office.short)}
    return spelt


def posts_of(user: Any, plan: Plan, *, incident: Any = None, on: date | None = None) -> list[str]:
    """The posts of `plan` this account's person holds, highest first; 值班人员 when it may take reports.

    现场指挥负责人 is nobody's standing post: whom the command last appointed in `incident`.
    """
    held = list(holdings(on).filter(person_id=user.person_id)) if user.person_id else []
    found = _titles(plan, held)
    if user.may("emergency.intake") and plan.post(DUTY) is not None and DUTY not in found:
        found.append(DUTY)
    if incident is not None and plan.post(SITE) is not None and user.get_full_name() == _site_commander(incident):
        found.insert(0, SITE)
    return found


def _site_commander(incident: Any) -> str:
    last = incident.acts.filter(kind="site_commander").order_by("-at", "-id").first()
    return str(last.data.get("person", "")) if last is not None else ""


def holders_of(plan: Plan, titles: Iterable[str], *, on: date | None = None) -> dict[str, list[Person]]:
    """Who holds each of these posts, as the directory has it. One query (and its prefetches)."""
    wanted = list(dict.fromkeys(titles))
    rows = list(holdings(on))
    by_person: dict[int, list[Holding]] = {}
    for row in rows:
        by_person.setdefault(row.person_id, []).append(row)
    found: dict[str, list[Person]] = {title: [] for title in wanted}
    for held in by_person.values():
        for title in _titles(plan, held):
            if title in found:
                found[title].append(held[0].person)
    return found


def hand(user: Any, plan: Plan, *, post: str = "", fit: Iterable[str] = (), incident: Any = None) -> Hand:
    """Under which post `user` acts: the one asked for, else the first held that is `fit`, else the highest held.

    Refused when a post is claimed that the directory does not give this person.
    """
    held = posts_of(user, plan, incident=incident)
    name = user.get_full_name()
    if post:
        if post not in held:
            raise Refused(f"机构名录中，{name}没有担任{post}", cite=plan.row.hq.cite)
        return Hand(name, post, user)
    suited = [title for title in held if title in set(fit)]
    return Hand(name, (suited or held or [""])[0], user)


def ordered(user: Any, plan: Plan, *, post: str, person: str, how: str) -> Hand:
    """An oral order of somebody who holds `post`, written down by the officer on duty. Refused when nobody holds it."""
    if not user.may("emergency.intake"):
        raise Refused("口头命令由值班人员记录", cite=plan.row.office.cite)
    names = [one.name for one in holders_of(plan, [post])[post]] if plan.post(post) else []
    if person not in names:
        told = f"现任{post}：{'、'.join(names)}" if names else f"机构名录中没有人担任{post}"
        raise Refused(f"不能记为{person or '未写明的人'}的命令：{told}", cite=plan.row.hq.cite)
    return Hand(person, post, user, how.strip() or "电话")
