"""值班表: who is on duty when; an override replaces what the roster says for its time, with a reason.

The plans name 值班人员 and print no roster: posts and times are the office's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from luoshi.directory.models import Person
from luoshi.emergency.models import Shift
from luoshi.kernel import sheets, when
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording

ROLES = ("办公室值班员", "带班领导", "技术值班")
MAIN = ROLES[0]
LONGEST = timedelta(days=31)
HEADS = ("岗位", "姓名", "开始", "结束")
LARGEST, MOST = 5 * 1024 * 1024, 2000


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time of one role: who has it, and whom they replace. `shift` None: nobody."""

    role: str
    starts: datetime
    ends: datetime
    shift: Shift | None
    instead_of: tuple[str, ...] = ()


def name_of(shift: Shift) -> str:
    if shift.person is not None:
        return shift.person.name
    return str(shift.user.get_full_name()) if shift.user is not None else "未指定"


def between(start: datetime, end: datetime) -> list[Shift]:
    """Every shift that touches the time. One query."""
    rows = Shift.objects.filter(starts_at__lt=end, ends_at__gt=start).select_related("person", "user")
    return list(rows.order_by("starts_at", "pk"))


def on_duty(moment: datetime | None = None) -> dict[str, list[Shift]]:
    """Who is on duty by role. Where there is an override, only those it names. One query."""
    at = moment or when.now()
    rows = Shift.objects.filter(starts_at__lte=at, ends_at__gt=at).select_related("person", "user").order_by("pk")
    found: dict[str, list[Shift]] = {}
    for row in rows:
        found.setdefault(row.role, []).append(row)
    return {role: [r for r in held if r.override] or held for role, held in found.items()}


def slots(shifts: Sequence[Shift], start: datetime, end: datetime) -> list[Slot]:
    """The time from `start` to `end` of every role, cut where who has it changes; gaps are slots of nobody. Pure."""
    found = []
    for role in dict.fromkeys([MAIN, *(shift.role for shift in shifts)]):
        mine = [s for s in shifts if s.role == role]
        edges = sorted({start, end, *(e for s in mine for e in (s.starts_at, s.ends_at) if start < e < end)})
        for left, right in pairwise(edges):
            found += _slot(role, left, right, mine)
    return found


def _slot(role: str, left: datetime, right: datetime, mine: Sequence[Shift]) -> list[Slot]:
    here = [s for s in mine if s.starts_at <= left and s.ends_at >= right]
    over = [s for s in here if s.override]
    if not here:
        return [Slot(role, left, right, None)]
    replaced = tuple(name_of(s) for s in here if not s.override) if over else ()
    return [Slot(role, left, right, shift, replaced) for shift in over or here]


def gaps(found: Iterable[Slot]) -> list[Slot]:
    """When nobody has the main post."""
    return [slot for slot in found if slot.shift is None and slot.role == MAIN]


def add(
    role: str, person: Person, starts: datetime, ends: datetime, user: Any, *, override: bool = False, reason: str = "",
    via: str = "web",
) -> Shift:  # fmt: skip
    """Put somebody on duty. BadInput for times that make no sense; Refused when the person is on that post already."""
    _sensible(role, starts, ends, override, reason)
    with recording():
        same = Shift.objects.filter(role=role, person=person, override=override, starts_at__lt=ends, ends_at__gt=starts)
        clash = same.first()
        if clash is not None:
            span = f"{when.aware(clash.starts_at):%m-%d %H:%M} 至 {when.aware(clash.ends_at):%m-%d %H:%M}"
            raise Refused(f"{person.name}在{role}的班次重叠：{span}")
        row = Shift.objects.create(
            role=role.strip(), person=person, starts_at=starts, ends_at=ends, override=override, reason=reason.strip(),
            by=user.as_actor(via).name, synthetic=person.synthetic,
        )  # fmt: skip
        data = {
            "role": row.role,
            "person": person.pk,
            "from": starts,
            "to": ends,
            "override": override,
            "reason": row.reason,
        }
        append("emergency.shift_set", by=user.as_actor(via), subject=f"shift:{row.pk}", data=data)
    return row


def _sensible(role: str, starts: datetime, ends: datetime, override: bool, reason: str) -> None:
    if not role.strip():
        raise BadInput("请写岗位", field="role")
    if ends <= starts:
        raise BadInput("结束应晚于开始", field="ends_at")
    if ends - starts > LONGEST:
        raise BadInput("一个班次不超过 31 天", field="ends_at")
    if override and not reason.strip():
        raise BadInput("调班须写明理由", field="reason")


def remove(shift: Shift, reason: str, user: Any, *, via: str = "web") -> None:
    """Take a shift away that has not begun; what was served stays on the record. Needs a reason."""
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    with recording():
        row = Shift.objects.select_for_update(of=("self",)).get(pk=shift.pk)
        if row.starts_at <= when.now():
            raise Refused("已经开始的班次不能删除，请用调班")
        data = {
            "role": row.role,
            "person": row.person_id,
            "from": row.starts_at,
            "to": row.ends_at,
            "reason": reason.strip(),
        }
        append("emergency.shift_removed", by=user.as_actor(via), subject=f"shift:{row.pk}", data=data)
        row.delete()


@dataclass(slots=True)
class Read:
    """A roster brought as a workbook: (line, role, person, from, to), and what is wrong: (line, column, reason)."""

    rows: list[tuple[int, str, Person, datetime, datetime]]
    errors: list[tuple[int, str, str]]


def read(data: bytes, name: str) -> Read:
    """Check a roster without storing anything. Names must be of people the directory knows. Two queries."""
    lines = sheets.rows(data, name, limit=LARGEST)
    heads = [sheets.plain(value) for value in next(lines, ())]
    missing = [head for head in HEADS if head not in heads]
    if missing:
        raise BadInput(f"缺少列“{'”“'.join(missing)}”，第一行应为：{'、'.join(HEADS)}", file=name, line=1, field="file")
    raw = []
    for number, line in enumerate(lines, 2):
        if number > MOST + 1:
            raise BadInput(f"超过 {MOST} 行，请分成几个文件", file=name, line=number, field="file")
        cells = dict(zip(heads, line, strict=False))
        if any(sheets.plain(value) for value in cells.values()):
            raw.append((number, cells))
    if not raw:
        raise BadInput("表里没有要导入的行", file=name, field="file")
    people: dict[str, list[Person]] = {}
    for person in Person.objects.filter(name__in={sheets.plain(c["姓名"]) for _, c in raw}, left_on__isnull=True):
        people.setdefault(person.name, []).append(person)
    found = Read([], [])
    for number, cells in raw:
        _line(found, number, cells, people)
    return found


def _line(found: Read, number: int, cells: dict[str, Any], people: dict[str, list[Person]]) -> None:
    before = len(found.errors)
    role, name = sheets.plain(cells["岗位"]), sheets.plain(cells["姓名"])
    known = people.get(name, [])
    if not role:
        found.errors.append((number, "岗位", "不能为空"))
    if len(known) != 1:
        reason = "名录里没有这个人" if not known else "名录里同名的不止一人，请在页面上安排"
        found.errors.append((number, "姓名", f"{reason}：{name or '空'}"))
    times = [_moment(found, number, head, cells[head]) for head in ("开始", "结束")]
    if times[0] and times[1] and times[1] <= times[0]:
        found.errors.append((number, "结束", "应晚于开始"))
    if len(found.errors) == before and times[0] and times[1]:
        found.rows.append((number, role, known[0], times[0], times[1]))


def _moment(found: Read, number: int, head: str, value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return when.aware(value)
    text = str(value or "").strip().replace("/", "-")
    try:
        day_, _, clock = text.replace("T", " ").partition(" ")
        day = sheets.day(day_)
        if day is None:
            raise ValueError
        return when.aware(datetime.combine(day, time.fromisoformat(clock.strip() or "00:00")))
    except ValueError:
        found.errors.append((number, head, f"应为时间，如 2026-03-02 08:30，现为“{text}”"))
        return None


def store(data: bytes, name: str, user: Any, *, via: str = "web") -> int:
    """Bring a roster in, all rows or none. Returns how many shifts there are now more."""
    found = read(data, name)
    if found.errors:
        line, column, reason = found.errors[0]
        raise BadInput(f"{column}：{reason}", file=name, line=line, field="file")
    with recording():
        for line, role, person, starts, ends in found.rows:
            try:
                add(role, person, starts, ends, user, via=via)
            except Refused as error:
                raise BadInput(error.reason, file=name, line=line, field="file") from None
        data_ = {"file": name, "sm3": sm3(data), "rows": len(found.rows)}
        append("emergency.roster_imported", by=user.as_actor(via), subject="roster:all", data=data_)
    return len(found.rows)


def month(first: date) -> tuple[datetime, datetime]:
    """A month from its first day to the next month's."""
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    midnight = time(0, 0)
    return when.aware(datetime.combine(first, midnight)), when.aware(datetime.combine(after, midnight))


__all__ = ["MAIN", "ROLES", "Slot", "add", "between", "gaps", "month", "name_of", "on_duty", "read", "remove", "slots"]
