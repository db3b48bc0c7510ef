"""Whom a plan's words mean tonight: units of the directory, people in posts, names nobody has bound yet.

One unit has several names in the plans (A07) and sits in several groups: it is one addressee with all its roles. A name
that cannot be bound is never dropped: it stays on the list with what is lacking, for an officer to telephone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from luoshi.directory import queries as directory
from luoshi.directory.models import Body, Person
from luoshi.emergency import items, live, people
from luoshi.emergency.models import Asset
from luoshi.emergency.plans import Plan
from luoshi.emergency.rows import NotifyRow
from luoshi.kernel import when
from luoshi.norms import queries as norms

SUPERIORS = {"上级指挥机构": live.SUPERIOR_COMMAND, "上级指挥部": live.SUPERIOR_COMMAND, "上级": live.SUPERIOR_COMMAND,
             "上级通信网络主管部门": live.SUPERIOR_AUTHORITY}  # fmt: skip
TEAMS = ("应急队伍", "相关应急响应组织人员")
AFFECTED, OTHERS = "相关基础电信运营企业", "可能受影响的其他基础电信运营企业"
VAGUE = ("有关成员单位", "所有相关单位")
# bodies that are 政府有关部门 or 行业主管部门; an enterprise is inside only as an operator or a member of the plan
INSIDE = {"government", "department", "party_organ", "town", "subdistrict", "vertical_branch", "upper_level_authority",
          "leading_group", "military"}  # fmt: skip


@dataclass(slots=True)
class Addressee:
    """One unit or person, told once. `roles`: for what, by which clause. `lacking`: why nobody can be reached."""

    printed: str
    body: Body | None = None
    person: Person | None = None
    roles: list[dict[str, Any]] = field(default_factory=list)
    lacking: str = ""

    @property
    def key(self) -> str:
        if self.person is not None:
            return f"person:{self.person.pk}"
        return f"body:{self.body.pk}" if self.body is not None else f"name:{self.printed}"


class Book:
    """The addresses of one incident under one plan; reads the directory as it is asked."""

    def __init__(self, table: live.Table, slug: str) -> None:
        self.table, self.slug, self.plan = table, slug, table.plan(slug)
        self.places = list(table.incident.places)

    def rows(self, rows: Iterable[NotifyRow], purpose: str) -> list[Addressee]:
        """Everyone these rows name, each once, in printed order."""
        found: dict[str, Addressee] = {}
        for row in rows:
            for one in self._row(row):
                kept = found.setdefault(one.key, one)
                kept.roles.append(role(self.slug, row.who, purpose, row.cite, row.source, self.seats(one)))
        return list(found.values())

    def names(self, names: Iterable[str], purpose: str, cite: str) -> list[Addressee]:
        """Everyone in a list that a person confirmed."""
        found: dict[str, Addressee] = {}
        for name in names:
            for one in self.name(name):
                kept = found.setdefault(one.key, one)
                kept.roles.append(role(self.slug, name, purpose, cite, "text", self.seats(one)))
        return list(found.values())

    def _row(self, row: NotifyRow) -> list[Addressee]:
        if row.members:
            return self.members()
        return [one for name in row.to or [row.who] for one in self.name(name)]

    def members(self) -> list[Addressee]:
        """Every member unit; the town of the incident in its slot, perhaps several."""
        found: list[Addressee] = []
        for member in self.plan.members:
            if not member.slot:
                found.append(self.unit(member.name))
            elif self.places:
                found += [self.unit(place) for place in self.places]
            else:
                found.append(Addressee(member.name, lacking="事发地还没有写明，请先登记事发地"))
        return found

    def name(self, name: str) -> list[Addressee]:
        """Whoever a printed name stands for: a post, a superior, teams, operators, a unit."""
        if name in (self.plan.row.hq.name, self.plan.row.hq.short):
            return self._posts(self.plan.command)
        if self.plan.post(name) is not None:
            return self._posts(items.posts_of(self.table.context(self.slug), name), name)
        if name in SUPERIORS:
            return self._superior(name)
        if name in TEAMS:
            return self._teams(name)
        if name in (AFFECTED, OTHERS):
            return self._operators(name)
        if name in VAGUE:
            return [Addressee(name, lacking="条文没有列明，由发布人确认名单")]
        return [self.unit(name)]

    def unit(self, name: str) -> Addressee:
        found = directory.resolve(name, when.today(), document=self.slug)
        if found is None:
            return Addressee(name, lacking="名录中没有这个单位，请人工通知")
        return Addressee(name, found)

    def _posts(self, titles: Sequence[str], printed: str = "") -> list[Addressee]:
        held = people.holders_of(self.plan, titles)
        found = [Addressee(f"{title}{one.name}", one.body, one) for title in titles for one in held[title]]
        empty = [title for title in titles if not held[title]]
        return found + [Addressee(printed or title, lacking="名录中没有人担任，请人工通知") for title in empty]

    def _superior(self, name: str) -> list[Addressee]:
        """The plans do not name it (A41): whoever is set, else a line that says nobody is."""
        told = norms.parameter(SUPERIORS[name], when.today())
        names = told if isinstance(told, list) else [told] if told else []
        if not names:
            return [Addressee(name, lacking="没有设置上级单位（A41），请人工报告")]
        return [self.unit(str(one)) for one in names]

    def _teams(self, name: str) -> list[Addressee]:
        owners = Asset.objects.filter(kind="team", owner__isnull=False).exclude(state="scrapped")
        found = {asset.owner_id: asset for asset in owners.select_related("owner").order_by("pk")}
        units = [Addressee(asset.owner.name, asset.owner) for asset in found.values() if asset.owner is not None]
        return units or [Addressee(name, lacking="没有登记应急队伍，请人工通知")]

    def _operators(self, name: str) -> list[Addressee]:
        """Those known to be affected; the others; all of them while nobody knows."""
        known = self.table.facts.get("operators_affected")
        rows = self.table.desk_of(self.slug).plans.vocabulary.operators
        hit = [row for row in rows if known and {row.name, *row.aliases} & {str(item) for item in known}]
        chosen = (hit or rows) if name == AFFECTED else [row for row in rows if row not in hit]
        return [self.unit(row.name) for row in chosen]

    def seats(self, one: Addressee) -> list[str]:
        """The work groups a unit sits in, lead first said so. A name of the plan may be an alias of the unit."""
        if one.body is None or one.person is not None:
            return []
        return seats(self.plan, self._own_names(one), self.table.cases[self.slug].groups)

    def _own_names(self, one: Addressee) -> set[str]:
        assert one.body is not None
        mine = {one.printed, one.body.name}
        for member in self.plan.members:
            if {member.name, *member.names} & mine:
                mine |= {member.name, *member.names}
        slot = next((member.name for member in self.plan.members if member.slot), "")
        return mine | ({slot} if one.printed in self.places else set())


def seats(plan: Plan, names: set[str], active: Sequence[str] = ()) -> list[str]:
    """Groups with the seat: 综合协调组（牵头）. Only active groups once some were chosen."""
    found = []
    for group in plan.groups:
        if active and group.name not in active:
            continue
        if group.lead in names:
            found.append(f"{group.name}（牵头）")
        elif names & set(group.members):
            found.append(group.name)
    return found


def role(plan: str, who: str, purpose: str, cite: str, source: str, groups: Sequence[str]) -> dict[str, Any]:
    return {"plan": plan, "who": who, "purpose": purpose, "cite": cite, "source": source, "groups": list(groups)}


def inside(table: live.Table, slug: str, names: Iterable[str]) -> list[str]:
    """Those of `names` an internal warning may reach though the plan does not print them so: authorities of the
    directory, operators and members by another name, the places of the incident, the superiors that are set (A41)."""
    book, desk = Book(table, slug), table.desk_of(slug)
    printed = [*(row.name for row in desk.plans.vocabulary.operators), *desk.operators]
    printed += [member.name for member in book.plan.members]
    known = {one.body.pk for one in map(book.unit, printed) if one.body is not None}
    superiors = {one.printed for name in SUPERIORS for one in book.name(name)}
    found = [*book.places, *desk.operators, *superiors]
    for name in names:
        body = book.unit(name).body
        if body is not None and (body.kind in INSIDE or body.pk in known):
            found.append(name)
    return found
