"""What is done to the directory: one function per act, one transaction, one ledger entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import transaction

from luoshi.directory import hooks, queries
from luoshi.directory.engine import Day
from luoshi.directory.models import Area, Body, CalendarDay, CalendarYear, Holding, Person, Post, Succession
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append

SIDES = {"east": "东", "west": "西", "south": "南", "north": "北"}
INCLUSIONS = {"inclusive": "含", "exclusive": "不含", "unresolved": "未明确"}


def read_personal(by: Actor, subject: str, fields: Sequence[str], why: str) -> None:
    """Record that `by` read personal data of `subject` ("person:7"), before it is shown. Refused without a reason."""
    if len(why.strip()) < 2:
        raise BadInput("请写明查看个人信息的事由", field="why")
    with transaction.atomic():
        append("directory.personal_read", by=by, subject=subject, data={"fields": list(fields), "why": why.strip()})


def seed_calendar(*, by: Actor = SYSTEM) -> list[int]:
    """Fill years nobody has entered yet from the `chinesecalendar` library. Returns the years added; idempotent."""
    import chinese_calendar
    from chinese_calendar import constants

    source = f"chinesecalendar {chinese_calendar.__version__}（据国务院办公厅节假日安排整理）"
    known = set(CalendarYear.objects.values_list("year", flat=True))
    special = [(day, "holiday", name) for day, name in constants.holidays.items()]
    special += [(day, "makeup", name) for day, name in constants.workdays.items()]
    years = sorted({day.year for day, _, _ in special} - known)
    if not years:
        return []
    words = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    rows = [
        CalendarDay(date=day, sort=sort, name=words.get(name, "")[:40], source=source)
        for day, sort, name in sorted(special)
        if day.year not in known
    ]
    with transaction.atomic():
        CalendarYear.objects.bulk_create(CalendarYear(year=year, source=source) for year in years)
        CalendarDay.objects.bulk_create(rows)
        data = {"years": [years[0], years[-1]], "days": len(rows), "source": source}
        append("directory.calendar_seeded", by=by, subject="calendar:all", data=data)
        _changed(by)
    return years


def import_calendar(days: Iterable[Day], source: str, *, by: Actor) -> list[int]:
    """Replace the years that `days` touch with what they say. Years already known are replaced as a whole."""
    if not source.strip():
        raise BadInput("请写明依据，例如国务院办公厅通知的文号", field="source")
    given = sorted(days, key=lambda day: day.date)
    years = sorted({day.date.year for day in given})
    if not years:
        raise BadInput("没有可以导入的日期", field="file")
    with transaction.atomic():
        for year in years:
            mine = [day for day in given if day.date.year == year]
            old = CalendarDay.objects.filter(date__year=year)
            before = list(old.values_list("date", "sort"))
            old.delete()
            CalendarDay.objects.bulk_create(
                CalendarDay(date=day.date, sort=day.sort, name=day.name, source=source) for day in mine
            )
            CalendarYear.objects.update_or_create(year=year, defaults={"source": source, "confirmed": True})
            after = [(day.date, day.sort) for day in mine]
            data = {
                "source": source,
                "added": sorted(set(after) - set(before)),
                "removed": sorted(set(before) - set(after)),
            }
            append("directory.calendar_imported", by=by, subject=f"calendar:{year}", data=data)
        _changed(by)
    return years


def set_day(day: date, sort: str, name: str, source: str, *, by: Actor) -> None:
    """Make one day a holiday, a make-up day, or ("ordinary") a day like its weekday. Its year must be known."""
    if sort not in ("holiday", "makeup", "ordinary"):
        raise BadInput("性质应为放假、调休上班或平常日", field="sort")
    if sort == "makeup" and day.weekday() < 5:
        raise BadInput(f"{day} 本来就是工作日", field="sort")
    if not source.strip():
        raise BadInput("请写明依据", field="source")
    with transaction.atomic():
        year = CalendarYear.objects.select_for_update().filter(year=day.year).first()
        if year is None:
            raise Refused(f"{day.year} 年还没有放假安排，请先导入全年数据")
        before = CalendarDay.objects.filter(date=day).values_list("sort", flat=True).first() or "ordinary"
        if sort == "ordinary":
            CalendarDay.objects.filter(date=day).delete()
        else:
            row = {"sort": sort, "name": name[:40], "source": source}
            CalendarDay.objects.update_or_create(date=day, defaults=row)
        year.save(update_fields=["updated_at"])
        data = {"date": day, "before": before, "after": sort, "name": name, "source": source}
        append("directory.calendar_day_set", by=by, subject=f"calendar:{day.year}", data=data)
        _changed(by)


def _changed(by: Actor) -> None:
    queries.forget()
    hooks.calendar_changed(by)


def confirm_succession(row: Succession, *, by: Actor, note: str) -> None:
    """A named person confirms that the function passed on; until then nothing is routed by it."""
    if not note.strip():
        raise BadInput("请写明依据", field="note")
    with transaction.atomic():
        if not Succession.objects.filter(pk=row.pk, status="inferred").update(status="confirmed", note=note.strip()):
            raise Refused("这条承接关系已经确认")
        data = {"old": row.old.name, "new": row.new.name, "function": row.function, "note": note.strip()}
        append("directory.succession_confirmed", by=by, subject=f"body:{row.old_id}", data=data)
    queries.forget()


def add_person(name: str, *, by: Actor, body: Body | None = None, phone: str = "", synthetic: bool = False) -> Person:
    """A person of a body. The ledger notes that a phone was given, never the number."""
    if not name.strip():
        raise BadInput("请填写姓名", field="name")
    with transaction.atomic():
        person = Person.objects.create(name=name.strip()[:80], body=body, phone=phone.strip(), synthetic=synthetic)
        data = {"body": body.name if body else None, "phone_given": bool(phone.strip())}
        append("directory.person_added", by=by, subject=f"person:{person.pk}", data=data)
    return person


def appoint(person: Person, post: Post, *, by: Actor, since: date | None = None, closing: bool = True) -> Holding:
    """`person` takes `post` from `since` (today); with `closing`, whoever held it leaves the day before."""
    day = since or when.today()
    with transaction.atomic():
        Post.objects.select_for_update().get(pk=post.pk)
        open_rows = post.holdings.filter(until__isnull=True)
        if open_rows.filter(person=person).exists():
            raise Refused("这个人现在就任这个岗位")
        if closing:
            if open_rows.filter(since__gte=day).exists():
                raise Refused("现任的任职日期不早于新任日期，请先核对")
            open_rows.update(until=day - timedelta(days=1))
        holding = Holding.objects.create(person=person, post=post, since=day)
        data = {"post": str(post), "since": day}
        append("directory.appointed", by=by, subject=f"person:{person.pk}", data=data)
    return holding


def decide_limit(area: Area, side: str, inclusion: str, *, by: Actor, why: str) -> None:
    """Settle whether a textual limit belongs to the area. Who decided and why stays with the limit."""
    if side not in SIDES or inclusion not in ("inclusive", "exclusive"):
        raise BadInput("请选择方位，以及含或不含", field="inclusion")
    if not why.strip():
        raise BadInput("请写明依据", field="why")
    with transaction.atomic():
        locked = Area.objects.select_for_update().get(pk=area.pk)
        limits = [dict(limit) for limit in locked.limits]
        mine = next((limit for limit in limits if limit.get("side") == side), None)
        if mine is None:
            raise Refused("这个区域没有写明这一侧的边界")
        before = mine.get("inclusion", "unresolved")
        mine.update(inclusion=inclusion, decided_by=by.name, decided_at=when.now().isoformat(), why=why.strip())
        locked.limits = limits
        locked.save(update_fields=["limits"])
        data = {"side": side, "text": mine.get("text", ""), "before": before, "after": inclusion, "why": why.strip()}
        append("directory.limit_decided", by=by, subject=f"area:{area.pk}", data=data)
    area.limits = limits
