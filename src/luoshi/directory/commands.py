"""The working calendar from a shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, system_reason

if TYPE_CHECKING:
    from luoshi.directory.models import CalendarDay

LARGEST = 1024 * 1024  # a year has 366 lines; anything larger is another file


@click.group()
def calendar() -> None:
    """工作日历：查看一年的安排，导入公布的放假安排。"""


@calendar.command()
@click.argument("year", type=click.IntRange(1950, 2200))
@click.option("--json", "as_json", is_flag=True)
def show(year: int, as_json: bool) -> None:
    """列出 YEAR 年的放假和调休。没有数据的年份是“未知”，不按平常年份算。"""
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from luoshi.directory.models import CalendarDay, CalendarYear

    known = CalendarYear.objects.filter(year=year).first()
    days = list(CalendarDay.objects.filter(date__year=year)) if known else []
    if as_json:
        rows = [{"date": d.date.isoformat(), "sort": d.sort, "name": d.name, "source": d.source} for d in days]
        answer = {"year": year, "known": known is not None, "source": known.source if known else None, "days": rows}
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    if known is None:
        click.echo(f"{year} 年没有放假安排：期限只能按星期暂算。导入：luoshi calendar import FILE --source 依据")
        return
    click.echo(f"{year} 年 来源：{known.source}")
    for day in days:
        click.echo(_line(day))


def _line(day: CalendarDay) -> str:
    return f"{day.date} 周{'一二三四五六日'[day.date.weekday()]} {day.get_sort_display()} {day.name}"


@calendar.command("import")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--source", required=True, help="依据，如公布放假安排的文号。")
@click.option("--json", "as_json", is_flag=True)
def import_(file: str, source: str, as_json: bool) -> None:
    """以 FILE 替换其中各年的安排（CSV，表头“日期,性质,名称”；- 为标准输入）。"""
    from luoshi.directory.engine import read_calendar_csv

    days = read_calendar_csv(_read(file), file)
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from luoshi.directory.actions import import_calendar

    years = import_calendar(days, source, by=Actor("命令行", via="cli"))
    answer = {"years": years, "days": len(days)}
    click.echo(json.dumps(answer) if as_json else f"已导入 {'、'.join(map(str, years))} 年，共 {len(days)} 天")


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read(LARGEST + 1) if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise BadInput(system_reason(error), file=file) from None
    return decode(data, file)


def decode(data: bytes, file: str = "") -> str:
    """A small CSV as text: UTF-8, else GB18030 (what spreadsheets here save)."""
    if len(data) > LARGEST:
        raise BadInput("文件太大，不像一份日历", file=file)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("读不出文字，请另存为 UTF-8 编码的 CSV", file=file)
