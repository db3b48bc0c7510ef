"""The calendar as data: seeded from one library, checked against another, replaced by what is published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import holidays
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from luoshi.directory import actions, queries
from luoshi.directory.engine import Day, days_of, read_calendar_csv
from luoshi.directory.models import CalendarDay, CalendarYear
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.models import Entry

ADMIN = Actor("系统管理员")


@pytest.mark.django_db
def test_seed_agrees_with_a_second_source_on_days_off() -> None:
    """`holidays` lists public holidays by law and, of late, the days exchanged for them: every one must be off here."""
    actions.seed_calendar()
    calendar = queries.calendar()
    for year in range(2016, 2026):
        for day, name in holidays.country_holidays("CN", years=year).items():
            assert calendar.is_working(day) is False, f"{day} {name}"


@pytest.mark.django_db
def test_year_2024_has_as_many_working_days_as_published() -> None:
    actions.seed_calendar()
    worked = [day for day in days_of(2024) if queries.calendar().is_working(day)]
    assert len(worked) == queries.calendar().working_days_between(date(2023, 12, 31), date(2024, 12, 31))
    assert date(2024, 2, 4) in worked and date(2024, 2, 12) not in worked


@pytest.mark.django_db
def test_seeding_twice_changes_nothing_and_keeps_what_was_entered() -> None:
    first = actions.seed_calendar()
    actions.import_calendar([Day(date(2026, 1, 5), "holiday", "地方活动")], "某某通知", by=ADMIN)
    entries = Entry.objects.count()
    assert first and actions.seed_calendar() == []
    assert Entry.objects.count() == entries
    assert CalendarDay.objects.filter(date__year=2026).count() == 1


@pytest.mark.django_db
def test_published_year_makes_the_unknown_known_at_once() -> None:
    actions.seed_calendar()
    assert queries.calendar().is_working(date(2027, 3, 3)) is None
    actions.import_calendar([Day(date(2027, 1, 1), "holiday", "元旦")], "国办发明电〔2026〕1号(虚构)", by=ADMIN)
    assert queries.calendar().is_working(date(2027, 3, 3)) is True
    assert queries.calendar().is_working(date(2027, 1, 1)) is False
    entry = Entry.objects.latest("seq")
    assert entry.kind == "directory.calendar_imported" and entry.actor == "系统管理员"


@pytest.mark.django_db
def test_calendar_is_read_once_within_a_request_and_by_stamp_outside() -> None:
    actions.seed_calendar()
    queries.calendar()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        queries.calendar()
    assert len(seen) == 1
    with queries.memo():
        queries.calendar()
        with CaptureQueriesContext(connection) as seen:
            queries.calendar()
    assert len(seen) == 0


@pytest.mark.django_db
def test_one_day_is_changed_with_its_reason_and_back() -> None:
    actions.seed_calendar()
    day = date(2026, 6, 18)
    actions.set_day(day, "holiday", "停电", "区政府办通知", by=ADMIN)
    assert queries.calendar().is_working(day) is False
    actions.set_day(day, "ordinary", "", "通知撤回", by=ADMIN)
    assert queries.calendar().is_working(day) is True


@pytest.mark.django_db
def test_day_of_an_unknown_year_is_refused() -> None:
    with pytest.raises(Refused):
        actions.set_day(date(2040, 1, 3), "holiday", "", "通知", by=ADMIN)
    assert not CalendarYear.objects.exists()


@pytest.mark.django_db
def test_working_weekday_cannot_be_a_makeup_day() -> None:
    actions.seed_calendar()
    with pytest.raises(BadInput):
        actions.set_day(date(2026, 6, 17), "makeup", "", "通知", by=ADMIN)


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("", 1, ""),
        ("日期,名称\n2026-01-01,元旦\n", 1, "性质"),
        ("日期,性质\n2026-13-01,放假\n", 2, "日期"),
        ("日期,性质\n2026-01-01,也许\n", 2, "性质"),
        ("日期,性质\n2026-01-01,放假\n2026-01-01,调休上班\n", 3, "性质"),
        ("日期,性质,名称\n2026-01-03,放假,甲\n2026-01-03,放假,乙\n", 3, "日期"),
        ("日期,性质\n", 2, ""),
    ],
)
def test_bad_calendar_file_names_line_and_field(text: str, line: int, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_calendar_csv(text, "年.csv")
    assert (caught.value.line, caught.value.field, caught.value.file) == (line, field, "年.csv")


def test_file_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    from luoshi.directory.commands import decode

    text = "日期,性质,名称\r\n2027/1/1,放假,元旦\r\n".replace("/1/1", "/01/01")
    for encoding in ("utf-8-sig", "gb18030"):
        assert read_calendar_csv(decode(text.encode(encoding))) == [Day(date(2027, 1, 1), "holiday", "元旦")]
