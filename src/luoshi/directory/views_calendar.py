"""The working calendar on screen: a year at a glance, one day set, a year imported."""

from __future__ import annotations

import calendar as weeks
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from luoshi.directory import actions
from luoshi.directory.commands import decode
from luoshi.directory.engine import read_calendar_csv
from luoshi.directory.models import CalendarDay, CalendarYear
from luoshi.directory.queries import calendar as working_calendar
from luoshi.faces.forms import attempt
from luoshi.kernel import when
from luoshi.kernel.acting import access

FIRST, LAST = 1950, 2200


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the year view. `works` is None when the year is unknown; `special` says how it departs from the week."""

    date: date
    works: bool | None
    special: str = ""
    name: str = ""
    today: bool = False


@require_safe
@access("directory.view")
def calendar(request: HttpRequest, year: int | None = None) -> HttpResponse:
    return _page(request, year if year is not None else when.today().year, None)


def _page(request: HttpRequest, year: int, form: SetDay | None) -> HttpResponse:
    if not FIRST <= year <= LAST:
        raise Http404("year")
    user: Any = request.user
    known = CalendarYear.objects.filter(year=year).first()
    special = {day.date: day for day in CalendarDay.objects.filter(date__year=year)} if known else {}
    context = {
        "year": year,
        "known": known,
        "months": [(month, _weeks(year, month, special)) for month in range(1, 13)],
        "special": list(special.values()),
        "years": CalendarYear.objects.values_list("year", flat=True),
        "working": _working(year) if known else None,
        "may_edit": user.may("directory.calendar"),
        "form": form or SetDay(initial={"date": when.today() if year == when.today().year else date(year, 1, 1)}),
        "weekdays": "一二三四五六日",
    }
    return render(request, "directory/calendar.html", context, status=422 if form and form.errors else 200)


def _weeks(year: int, month: int, special: dict[date, CalendarDay]) -> list[list[Cell | None]]:
    today, days = when.today(), working_calendar()
    return [
        [_cell(day, special.get(day), days.is_working(day), today) if day.month == month else None for day in week]
        for week in weeks.Calendar(0).monthdatescalendar(year, month)
    ]


def _cell(day: date, row: CalendarDay | None, works: bool | None, today: date) -> Cell:
    return Cell(day, works, row.sort if row else "", row.name if row else "", day == today)


def _working(year: int) -> int | None:
    return working_calendar().working_days_between(date(year - 1, 12, 31), date(year, 12, 31))


class SetDay(forms.Form):
    date = forms.DateField(label="日期", widget=forms.DateInput({"type": "date"}))
    sort = forms.ChoiceField(
        label="性质", choices=[("holiday", "放假"), ("makeup", "调休上班"), ("ordinary", "平常日")]
    )
    name = forms.CharField(label="名称", max_length=40, required=False)
    source = forms.CharField(label="依据", max_length=200, help_text="例如：国务院办公厅通知的文号。")


class ImportDays(forms.Form):
    file = forms.FileField(label="日历文件", help_text="CSV 文件，表头“日期,性质,名称”，性质写“放假”或“调休上班”。")
    source = forms.CharField(label="依据", max_length=200, help_text="例如：国务院办公厅通知的文号。")


@require_http_methods(["POST"])
@access("directory.calendar")
def set_day(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = SetDay(request.POST)
    year = when.today().year
    if form.is_valid():
        given = form.cleaned_data
        year = given["date"].year
        attempt(
            form,
            lambda: actions.set_day(given["date"], given["sort"], given["name"], given["source"], by=user.as_actor()),
        )
    if not form.is_valid():
        return _page(request, min(max(year, FIRST), LAST), form)
    messages.success(request, f"{form.cleaned_data['date']} 已保存")
    return redirect("directory:calendar-year", year=year)


@require_http_methods(["GET", "HEAD", "POST"])
@access("directory.calendar")
def import_days(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ImportDays(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, source = form.cleaned_data["file"], form.cleaned_data["source"]

        def act() -> list[int]:
            days = read_calendar_csv(decode(file.read(1024 * 1024 + 1), file.name), file.name)
            return actions.import_calendar(days, source, by=user.as_actor())

        years = attempt(form, act)
        if years:
            messages.success(request, f"已导入 {'、'.join(map(str, years))} 年放假安排")
            return redirect("directory:calendar-year", year=years[-1])
    context = {
        "form": form,
        "title": "导入放假安排",
        "lead": "文件里出现的年份整年替换，其他年份不变。",
        "button": "导入",
    }
    return render(request, "directory/calendar_import.html", context, status=422 if form.errors else 200)
