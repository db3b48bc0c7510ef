"""The desk where proposed duties become duties: confirm, correct, merge, reject. One function per act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.norms.models import Instrument
from luoshi.norms.queries import provision_text
from luoshi.supervision import conflicts, course
from luoshi.supervision.actions import lock
from luoshi.supervision.drafting import Draft, DraftBody, current_provisions
from luoshi.supervision.drafting import store as store_drafts
from luoshi.supervision.engine import State
from luoshi.supervision.models import Duty, DutyBody, Event
from luoshi.supervision.status import keys_of, recount_of


@dataclass(frozen=True, slots=True)
class Correction:
    """What a supervisor corrects on a duty; None leaves it as it is. `bodies`: (printed, body id, role) in order."""

    title: str | None = None
    deadline: date | None = None
    clear_deadline: bool = False
    continuous: bool | None = None
    stage_result: bool | None = None
    period: str | None = None
    bodies: tuple[tuple[str, int | None, str], ...] | None = None


def confirm(duty: Duty, user: Any, *, reason: str = "", version: int | None = None, via: str = "web") -> Duty:
    """立项: the proposal is a duty of ours."""
    return _decide(duty, user, "confirm", Duty.Status.CONFIRMED, reason, version, via)


def reject(duty: Duty, user: Any, *, reason: str, version: int | None = None, via: str = "web") -> Duty:
    """不立项: it is no duty, with the reason kept."""
    if not reason.strip():
        raise BadInput("不立项须写明理由", field="reason")
    return _decide(duty, user, "reject", Duty.Status.REJECTED, reason, version, via)


def merge(duty: Duty, into: Duty, user: Any, *, reason: str, version: int | None = None, via: str = "web") -> Duty:
    """并入: two documents ask the same; the other duty carries both sentences from now on."""
    if not reason.strip():
        raise BadInput("并入须写明理由", field="reason")
    if duty.pk == into.pk:
        raise BadInput("不能并入自身", field="into")
    _must_supervise(user, "并入")
    with recording():
        first, second = sorted((duty.pk, into.pk))
        rows = {row.pk: row for row in (lock(first, None), lock(second, None))}
        found, target = rows[duty.pk], rows[into.pk]
        if version is not None and version != found.version:
            lock(duty.pk, version)
        if target.status not in (Duty.Status.CONFIRMED, Duty.Status.PROPOSED):
            raise Refused("并入的对象已不是有效事项", cite=target.citation)
        if found.status not in (Duty.Status.CONFIRMED, Duty.Status.PROPOSED):
            raise Refused(f"本事项{found.get_status_display()}，不能并入", cite=found.citation)
        if found.status == Duty.Status.CONFIRMED and found.state != State.ESTABLISHED:
            raise Refused("已经分办的事项不能并入，先中止再处理", cite=found.citation)
        counted = keys_of(found) if found.status == Duty.Status.CONFIRMED else []
        counted_into = keys_of(target) if target.status == Duty.Status.CONFIRMED else []
        _carry_over(found, target)
        found.status, found.merged_into, found.decision_reason = Duty.Status.MERGED, target, reason.strip()
        found.version += 1
        target.version += 1
        found.save()
        target.save()
        actor = user.as_actor(via)
        _note(found, "merge", "并入", f"并入 {target.key}。{reason.strip()}", user, actor, {"into": target.key})
        _note(target, "merged", "并入一项", f"{found.key} {found.title}", user, actor, {"from": found.key})
        recount_of(found, counted)
        recount_of(target, counted_into)
        conflicts.detect(actor)
    duty.refresh_from_db()
    into.refresh_from_db()
    return into


def _carry_over(found: Duty, target: Duty) -> None:
    """Bodies and targets the other duty does not have yet move over; the citation is kept among its clauses."""
    have = {b.body_id or b.printed for b in target.bodies.all()}
    position = max((b.position for b in target.bodies.all()), default=0)
    for row in found.bodies.all():
        if (row.body_id or row.printed) not in have:
            position += 1
            DutyBody.objects.create(
                duty=target, body_id=row.body_id, printed=row.printed, role=row.role, position=position
            )
    known = {(t.indicator_key, t.op, t.value, t.due) for t in target.targets.filter(removed_on=None)}
    for aim in found.targets.filter(removed_on=None):
        if (aim.indicator_key, aim.op, aim.value, aim.due) not in known:
            aim.duty = target
            aim.save(update_fields=["duty"])
    target.clauses = [*target.clauses, *(c for c in (found.clauses or [found.citation]) if c not in target.clauses)]


def correct(
    duty: Duty, user: Any, given: Correction, *, reason: str, version: int | None = None, via: str = "web"
) -> Duty:
    """更正 what was read wrongly: bodies, date, title. Always with a reason; before and after go into the ledger."""
    if not reason.strip():
        raise BadInput("更正须写明理由", field="reason")
    _must_supervise(user, "更正")
    with recording():
        found = lock(duty.pk, version)
        if found.state == State.CLOSED:
            raise Refused("已销号的事项不能更正", cite=found.citation)
        counted = keys_of(found) if found.status == Duty.Status.CONFIRMED else []
        before = _described(found)
        _apply(found, given)
        found.version += 1
        found.save()
        after = _described(found)
        if found.assigned_on:
            course.realign(found, user.as_actor(via), deadline=after["deadline"] != before["deadline"])
        changed = {name: after[name] for name in after if after[name] != before[name]}
        if not changed:
            raise BadInput("没有更改任何内容")
        words = f"{reason.strip()}（{'、'.join(_NAMES[n] for n in changed)}）"
        data = {"before": {n: before[n] for n in changed}, "after": changed}
        if "deadline" in changed:
            data["deadline"] = changed["deadline"]
        _note(found, "correct", "更正", words, user, user.as_actor(via), data)
        recount_of(found, counted)
    duty.refresh_from_db()
    return found


_NAMES = {
    "title": "事项",
    "deadline": "期限",
    "continuous": "持续推进",
    "stage_result": "阶段性成效",
    "period": "报送周期",
    "bodies": "责任单位",
}


def _apply(duty: Duty, given: Correction) -> None:
    if given.title is not None:
        if not given.title.strip():
            raise BadInput("事项不能为空", field="title")
        duty.title = given.title.strip()[:400]
    if given.deadline is not None or given.clear_deadline:
        duty.deadline = None if given.clear_deadline else given.deadline
        if duty.status == Duty.Status.PROPOSED:
            duty.deadline_printed = duty.deadline
    for name in ("continuous", "stage_result", "period"):
        value = getattr(given, name)
        if value is not None:
            setattr(duty, name, value)
    if given.bodies is not None:
        _replace_bodies(duty, given.bodies)


def _replace_bodies(duty: Duty, bodies: tuple[tuple[str, int | None, str], ...]) -> None:
    if not any(role == "lead" for _, _, role in bodies):
        raise BadInput("至少要有一个牵头（或负责）单位", field="bodies")
    ids = [pk for _, pk, _ in bodies if pk is not None]
    if len(ids) != len(set(ids)):
        raise BadInput("同一单位写了两次", field="bodies")
    known = set(Body.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if known != set(ids):
        raise BadInput("机构名录里没有这个单位", field="bodies")
    signed = {b.body_id: b for b in duty.bodies.all() if b.received_at}
    duty.bodies.all().delete()
    rows = []
    for position, (printed, pk, role) in enumerate(bodies, start=1):
        old = signed.get(pk)
        rows.append(
            DutyBody(
                duty=duty, body_id=pk, printed=printed[:200], role=role, position=position,
                received_at=old.received_at if old else None, received_by_id=old.received_by_id if old else None,
            )
        )  # fmt: skip
    DutyBody.objects.bulk_create(rows)
    duty.goal = False


def _described(duty: Duty) -> dict[str, Any]:
    return {
        "title": duty.title,
        "deadline": duty.deadline.isoformat() if duty.deadline else None,
        "continuous": duty.continuous,
        "stage_result": duty.stage_result,
        "period": duty.period,
        "bodies": [[b.printed, b.body_id, b.role] for b in duty.bodies.order_by("position")],
    }


def establish(
    instrument: Instrument,
    user: Any,
    *,
    path: str,
    title: str,
    bodies: list[DraftBody],
    reason: str,
    deadline: date | None = None,
    continuous: bool = False,
    via: str = "web",
) -> Duty:
    """人工立项: a supervisor enters a duty the reader did not find, with its sentence and why it is one.

    BadInput names the field: a place the document does not have, no lead body the directory knows, a body named
    twice, a deadline before the document, or a duty of that place and title already entered.
    """
    _must_supervise(user, "立项")
    title, path = title.strip(), path.strip()
    if not title:
        raise BadInput("请填写事项", field="title")
    if not reason.strip():
        raise BadInput("人工立项须写明理由", field="reason")
    _sound_place(instrument, path)
    _sound_bodies(bodies)
    if deadline and instrument.date and deadline < instrument.date:
        raise BadInput(f"期限早于文件日期（{instrument.date}）", field="deadline")
    with recording():
        Instrument.objects.select_for_update().get(pk=instrument.pk)  # the same form sent twice makes one duty
        draft = Draft(
            key=_free_key(f"{instrument.slug}:{path}", title),
            instrument=instrument,
            path=path,
            title=title,
            bodies=bodies,
            deadline=deadline,
            continuous=continuous,
            source=Duty.Source.MANUAL,
        )
        [duty] = store_drafts([draft])
        duty.decision_reason = reason.strip()
        duty.save(update_fields=["decision_reason"])
        words = f"人工立项。{reason.strip()}"
        _note(duty, "confirm", "立项", words, user, user.as_actor(via), {"source": "manual", "title": title})
        recount_of(duty, [])
    return duty


def _sound_place(instrument: Instrument, path: str) -> None:
    """The document must have the place, as far as its text or its clauses are here to tell."""
    if not path:
        raise BadInput("请填写条款，如 三(一)1", field="path")
    if provision_text(f"{instrument.slug}:{path}") is None and (
        instrument.clauses.exists() or instrument.versions.exists()
    ):
        raise BadInput(f"{instrument.number or instrument.title} 里没有“{path}”这一处", field="path")


def _sound_bodies(bodies: list[DraftBody]) -> None:
    unknown = [b for b in bodies if b.body is None]
    if unknown:
        field = "lead" if unknown[0].role == DutyBody.Role.LEAD else "cooperate"
        raise BadInput(f"机构名录里没有“{'”“'.join(b.printed for b in unknown)}”，或一名多指", field=field)
    if not any(b.role == DutyBody.Role.LEAD for b in bodies):
        raise BadInput("至少要有一个牵头（或负责）单位", field="lead")
    seen: set[int] = set()
    for named in bodies:
        assert named.body is not None
        if named.body.pk in seen:
            raise BadInput(f"“{named.printed}”写了两次", field="lead" if named.role == "lead" else "cooperate")
        seen.add(named.body.pk)


def _free_key(citation: str, title: str) -> str:
    """`09:三(一)1-人工1`, the first number that is free. BadInput when the duty was entered before."""
    here = Duty.objects.filter(citation=citation)
    twin = here.filter(title=title, status__in=conflicts.LIVE).first()
    if twin is not None:
        raise BadInput(f"同一处已有同名事项，编号 {twin.key}", field="title")
    number = 1
    while Duty.objects.filter(key=f"{citation}-人工{number}").exists():
        number += 1
    return f"{citation}-人工{number}"


def _decide(duty: Duty, user: Any, act: str, status: str, reason: str, version: int | None, via: str) -> Duty:
    label = {"confirm": "立项", "reject": "不立项"}[act]
    _must_supervise(user, label)
    with recording():
        found = lock(duty.pk, version)
        if found.status != Duty.Status.PROPOSED:
            raise Refused(f"本事项{found.get_status_display()}，不能再{label}", cite=found.citation)
        if act == "confirm" and not found.goal and not any(b.body_id for b in found.bodies.all()):
            raise Refused("责任单位都没有对应到机构名录，先更正责任单位", cite=found.citation)
        found.status, found.decision_reason = status, reason.strip()
        found.version += 1
        found.save()
        actor = user.as_actor(via)
        _note(found, act, label, reason.strip(), user, actor, {})
        recount_of(found, [])
        if act == "reject":
            course.stop_all(found, "不立项", actor)
    duty.refresh_from_db()
    return found


def _must_supervise(user: Any, what: str) -> None:
    if not user.may("supervision.supervise"):
        raise Refused(f"{what}由督查员操作")


def _note(duty: Duty, act: str, label: str, words: str, user: Any, actor: Actor, data: dict[str, Any]) -> Event:
    entry = append(
        f"supervision.{act}",
        by=actor,
        subject=duty.subject,
        cites=[duty.citation],
        data={"key": duty.key, "words": words, **data},
    )
    return Event.objects.create(
        duty=duty, at=when.now(), act=act, label=label, from_state=duty.state, to_state="", by=actor.name,
        user_id=user.pk, words=words, data=data, entry=entry.seq,
    )  # fmt: skip


__all__ = ["Correction", "confirm", "correct", "current_provisions", "establish", "merge", "reject"]
