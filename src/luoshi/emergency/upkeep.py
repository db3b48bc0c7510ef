"""A plan kept up: its defects, what makes it due for revision (7.2), and the members' linked plans on file.

7.2 names four reasons: three years, laws changed, organisation changed, a major defect found. Three years is a date
(`norms.deadlines`). Whether a change is 重大 is for a person: what the machine notices is 待核实 and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from luoshi.directory import queries as directory
from luoshi.directory.models import Area, Succession
from luoshi.emergency import checking, live
from luoshi.emergency.models import LinkedPlan, PlanDefect, Trigger
from luoshi.emergency.plans import Plan
from luoshi.faces import nav
from luoshi.faces.kept import keep
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.norms.deadlines import revision_due
from luoshi.norms.models import Instrument, Relation
from luoshi.notices import actions as notices

FOLDER = "linked-plans"
LARGEST = 30 * 1024 * 1024
ENDINGS = (".pdf", ".doc", ".docx", ".ofd", ".wps")
KEEPER = "区工信局"  # 7.2, 7.3
OUTSIDE = "不在文本内，须人工核实"


@dataclass(frozen=True, slots=True)
class Newer:
    """A law that was revised after the plans were issued, as far as we know; a person must verify it."""

    law: str
    since: date


NEWER = (Newer("突发事件应对法", date(2024, 11, 1)),)


@dataclass(slots=True)
class State:
    """One plan: when three years are over, what else may call for a revision, its defects and linked plans."""

    plan: Plan
    due: date | None
    due_cite: str
    triggers: list[Trigger]
    defects: list[PlanDefect]
    linked: list[LinkedPlan]
    readings: int

    @property
    def fired(self) -> bool:
        return any(t.state == "fired" for t in self.triggers) or (self.due is not None and self.due < when.today())

    @property
    def filed(self) -> int:
        return sum(row.filed_at is not None for row in self.linked)


def register() -> None:
    nav.register("预案管理", "emergency:upkeep", "emergency.read", "应急", 580)


def states() -> list[State]:
    """Every plan in force, as it stands. A fixed number of queries for each."""
    at = live.desk()
    found = []
    for slug, plan in at.plans.by_slug.items():
        instrument = Instrument.objects.filter(slug=slug).first()
        due, cite = revision_due(instrument) if instrument else (None, "")
        if due is None:
            due, cite = _printed_due(plan, instrument)
        triggers = list(Trigger.objects.filter(plan=slug).order_by("state", "pk"))
        defects = list(PlanDefect.objects.filter(plan=slug).order_by("state", "-major", "pk")[:300])
        open_ = [
            k
            for k, a in at.answers.by_key.items()
            if a.status == "inferred" and _about(at.plans.readings[k].cites, slug)
        ]
        linked = list(LinkedPlan.objects.filter(plan=slug).select_related("body"))
        found.append(State(plan, due, cite, triggers, defects, linked, len(open_)))
    return found


def _about(cites: Iterable[str], slug: str) -> bool:
    return any(cite.startswith(f"{slug}:") for cite in cites)


def _printed_due(plan: Plan, instrument: Instrument | None) -> tuple[date | None, str]:
    """From the plan's own clock, when the clause of the document is not loaded."""
    from luoshi.norms.deadlines import years_later

    row = next((clock for clock in plan.clocks if clock.years), None)
    since = (instrument.valid_from or instrument.date) if instrument else None
    if row is None or row.years is None or since is None:
        return None, row.cite if row else ""
    return years_later(since, row.years), row.cite


def look(user: Any, *, via: str = "web") -> dict[str, int]:
    """Check the plans again: defects the checker finds, changes worth a look, members to hear from. What is new."""
    actor: Actor = user.as_actor(via)
    with recording():
        new = {"defects": 0, "gone": 0, "triggers": 0, "linked": 0}
        for slug, plan in live.desk().plans.by_slug.items():
            _defects(slug, new)
            _hints(slug, plan, actor, new)
            _members(slug, plan, new)
        append("emergency.plans_checked", by=actor, subject="plans:all", data=new)
    return new


def _defects(slug: str, new: dict[str, int]) -> None:
    """The checker reads the shipped pack; a plan it does not know has none of these."""
    try:
        [report] = checking.defects(slug)
    except BadInput:
        return
    have = {(row.code, row.message): row for row in PlanDefect.objects.filter(plan=slug, source="checker")}
    seen = set()
    for told in report["defects"]:
        mark = (str(told["code"])[:40], str(told["message"]))
        if mark in seen:
            continue
        seen.add(mark)
        if mark not in have:
            PlanDefect.objects.create(plan=slug, code=mark[0], message=mark[1], cites=told["cites"],
                                      reading=str(told.get("reading") or "")[:40])  # fmt: skip
            new["defects"] += 1
    for mark, row in have.items():
        if mark not in seen and row.state == "open":
            row.state, row.decided_reason = "gone", "再次检查时已不存在"
            row.save(update_fields=["state", "decided_reason"])
            new["gone"] += 1


def _hints(slug: str, plan: Plan, actor: Actor, new: dict[str, int]) -> None:
    cite = next((clock.cite for clock in plan.clocks if clock.years), f"{slug}:7.2/p1")
    for one in NEWER:
        for base in Relation.objects.filter(instrument__slug=slug, kind="basis", number__contains=one.law)[:1]:
            text = f"修订后的《{one.law}》自{one.since}起施行，晚于本预案印发。"
            text += "是否属于“依据的法律法规有重大改变”，请核实。"
            new["triggers"] += _hint(slug, "law", f"law:{slug}:{one.law}", text, f"{base.cite}；{OUTSIDE}", cite, actor)
    names = {name for member in plan.members for name in (member.name, *member.names)}
    for row in Succession.objects.filter(old__name__in=names).select_related("old", "new"):
        work = f"（{row.function}）" if row.function else ""
        text = f"成员单位{row.old.name}的职能{work}由{row.new.name}承接。是否属于机构职责重大调整，请核实。"
        new["triggers"] += _hint(
            slug, "organisation", f"org:{slug}:{row.pk}", text, row.note or "机构名录", cite, actor
        )


def _hint(slug: str, kind: str, key: str, text: str, source: str, cite: str, actor: Actor) -> int:
    _, fresh = Trigger.objects.get_or_create(
        key=key,
        defaults={"plan": slug, "kind": kind, "text": text, "source": source[:200], "cite": cite, "by": actor.name},
    )
    return int(fresh)


def _members(slug: str, plan: Plan, new: dict[str, int]) -> None:
    """Every member unit owes a linked plan; the slot of the town stands for each town the directory has."""
    towns = [area.body for area in Area.objects.filter(sort="town", body__isnull=False).select_related("body")]
    for member in plan.members:
        bodies = towns if member.slot and towns else [directory.resolve(member.name)]
        for body in bodies:
            printed = body.name if member.slot and body else member.name
            _, fresh = LinkedPlan.objects.get_or_create(plan=slug, printed=printed, defaults={"body": body})
            new["linked"] += int(fresh)


def major_defect(defect: PlanDefect, user: Any, *, via: str = "web") -> Trigger:
    """A defect somebody calls major: a reason to revise, for the office to verify."""
    cite = f"{defect.plan}:7.2/p1"
    row, _ = Trigger.objects.get_or_create(
        key=f"defect:{defect.pk}",
        defaults={"plan": defect.plan, "kind": "defect", "text": defect.message, "source": "执行中发现", "cite": cite,
                  "defect": defect, "by": user.as_actor(via).name},
    )  # fmt: skip
    return row


def raise_trigger(plan: str, kind: str, text: str, source: str, user: Any, *, via: str = "web") -> Trigger:
    """Somebody says that a law or the organisation has changed; it still has to be verified."""
    if plan not in live.desk().plans.by_slug:
        raise BadInput("没有这份预案", field="plan")
    if kind not in (Trigger.Kind.LAW, Trigger.Kind.ORGANISATION):
        raise BadInput("只有法律法规、机构职责两种情形由人提出", field="kind")
    if not text.strip() or not source.strip():
        raise BadInput("请写明情况和来源", field="text" if not text.strip() else "source")
    with recording():
        row = Trigger.objects.create(
            plan=plan, kind=kind, text=text.strip(), source=source.strip()[:200], cite=f"{plan}:7.2/p1",
            key=f"said:{plan}:{sm3(text.encode())[:24]}:{Trigger.objects.count()}", by=user.as_actor(via).name,
        )  # fmt: skip
        _seal("trigger_raised", row, user, via, {"text": row.text, "source": row.source})
    return row


def decide(trigger: Trigger, state: str, reason: str, user: Any, *, via: str = "web") -> Trigger:
    """核实: it is a reason to revise, or it is not. The office that keeps the plan is told."""
    if state not in ("fired", "dismissed"):
        raise BadInput("请选择核实结果", field="state")
    if not reason.strip():
        raise BadInput("请写核实意见", field="reason")
    with recording():
        row = Trigger.objects.select_for_update(of=("self",)).get(pk=trigger.pk)
        if row.state != Trigger.State.UNVERIFIED:
            raise Refused(f"已由{row.decided_by}核实：{row.get_state_display()}", cite=row.cite)
        row.state, row.decided_reason = state, reason.strip()
        row.decided_at, row.decided_by = when.now(), user.as_actor(via).name
        row.save()
        _seal("trigger_decided", row, user, via, {"state": state, "reason": row.decided_reason})
        if state == "fired":
            _tell(row, user.as_actor(via))
    return row


def _tell(row: Trigger, by: Actor) -> None:
    keeper = directory.resolve(KEEPER)
    if keeper is not None:
        notices.send(
            "emergency.revision_due", to=[keeper], subject=f"plan:{row.plan}", cite=row.cite,
            fields={
                "预案": f"{row.plan}号", "情形": row.get_kind_display(), "说明": row.text, "意见": row.decided_reason,
            },
            link="/emergency/plans/", dedupe=f"trigger:{row.pk}", by=by,
        )  # fmt: skip


def decide_defect(
    defect: PlanDefect, state: str, reason: str, user: Any, *, major: bool = False, via: str = "web"
) -> PlanDefect:
    """A defect is accepted (perhaps as major), dismissed, or put right by a revision."""
    if state not in ("accepted", "dismissed", "fixed"):
        raise BadInput("请选择处理结果", field="state")
    if not reason.strip():
        raise BadInput("请写处理意见", field="reason")
    with recording():
        row = PlanDefect.objects.select_for_update().get(pk=defect.pk)
        row.state, row.decided_reason, row.decided_by = state, reason.strip(), user.as_actor(via).name
        row.major = row.major or major
        row.save()
        append("emergency.defect_decided", by=user.as_actor(via), subject=f"plan:{row.plan}", cites=row.cites, data={
            "defect": row.pk, "code": row.code, "state": state, "major": row.major, "reason": row.decided_reason,
        })  # fmt: skip
        if row.major and state == "accepted":
            major_defect(row, user, via=via)
    return row


def file_plan(
    row: LinkedPlan, title: str, user: Any, *, data: bytes = b"", name: str = "", via: str = "web"
) -> LinkedPlan:
    """备案: a member's linked plan is on file with the office (7.2/p2). A newer one replaces it."""
    if not title.strip():
        raise BadInput("请写方案名称", field="title")
    if data and (len(data) > LARGEST or not name.lower().endswith(ENDINGS)):
        raise BadInput(f"文件应为 {'、'.join(ENDINGS)}，不超过 {LARGEST // 1048576} MB", field="file")
    with recording():
        found = LinkedPlan.objects.select_for_update(of=("self",)).get(pk=row.pk)
        digest = sm3(data) if data else ""
        if digest:
            keep(data, FOLDER, digest)
        before = found.sm3
        found.title, found.sm3, found.name = title.strip(), digest, name[:255]
        found.filed_at, found.by = when.now(), user.as_actor(via).name
        found.save()
        told: Mapping[str, Any] = {"member": found.printed, "title": found.title, "sm3": digest, "before": before}
        append("emergency.linked_plan_filed", by=user.as_actor(via), subject=f"plan:{found.plan}",
               cites=[f"{found.plan}:7.2/p2"], data=told)  # fmt: skip
    return found


def _seal(kind: str, row: Trigger, user: Any, via: str, data: Mapping[str, Any]) -> None:
    append(f"emergency.{kind}", by=user.as_actor(via), subject=f"plan:{row.plan}", cites=[row.cite],
           data={"trigger": row.pk, "kind": row.kind, **data})  # fmt: skip
