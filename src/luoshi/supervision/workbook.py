"""Workbooks: the ledger of duties (督办台账), and the empty form for feedback."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from luoshi.kernel import when
from luoshi.supervision import rulings
from luoshi.supervision.facts import judgements, target_words, verdict_words
from luoshi.supervision.lights import LIGHT_LABELS
from luoshi.supervision.models import Duty
from luoshi.supervision.queries import named_bodies
from luoshi.supervision.rulebook import on

HEADS = (
    ("编号", 20),
    ("文件", 24),
    ("出处", 16),
    ("事项", 40),
    ("要点", 60),
    ("牵头（负责）单位", 40),
    ("配合单位", 30),
    ("分工", 30),
    ("期限", 12),
    ("期限用语", 24),
    ("持续推进", 10),
    ("状态", 12),
    ("灯", 8),
    ("灯的理由", 36),
    ("进度（%）", 10),
    ("指标", 40),
    ("判定", 30),
    ("销号日期", 12),
    ("演示数据", 10),
)
FILLS = {"red": "F4C7C3", "yellow": "FCE8B2", "green": "D9EAD3", "grey": "E0E0E0"}
FEEDBACK_HEADS = ("督办编号", "事项", "报送单位", "进展情况", "完成百分比", "反馈截至", "指标", "指标数值", "数据来源")


def ledger(rows: QuerySet[Duty]) -> bytes:
    """The ledger of `rows` as .xlsx, streamed: memory does not grow with the number of duties."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("督办台账")
    sheet.freeze_panes = "E2"
    for index, (_, width) in enumerate(HEADS, 1):
        sheet.column_dimensions[_letter(index)].width = width
    sheet.append(_heads(sheet, [name for name, _ in HEADS]))
    rules, today = on(), when.today()
    found = rows.select_related("instrument").prefetch_related(
        named_bodies(), "targets__readings", rulings.of_targets()
    )
    count = 1
    for duty in found.order_by("id").iterator(chunk_size=500):
        sheet.append(_line(sheet, duty, judgements(duty, today, rules)))
        count += 1
    sheet.auto_filter.ref = f"A1:{_letter(len(HEADS))}{count}"
    return _bytes(book)


def _line(sheet: Any, duty: Duty, found: Sequence[Any]) -> list[Any]:
    bodies = list(duty.bodies.all())
    light = WriteOnlyCell(sheet, LIGHT_LABELS[duty.light])
    light.fill = PatternFill("solid", fgColor=FILLS[duty.light])
    values = [
        duty.key,
        duty.instrument.number,
        duty.citation,
        duty.title,
        duty.gist,
        "、".join(b.printed for b in bodies if b.role == "lead"),
        "、".join(b.printed for b in bodies if b.role != "lead"),
        duty.division,
        duty.deadline,
        duty.deadline_words,
        "是" if duty.continuous else "",
        duty.get_state_display(),
        light,
        duty.light_why,
        duty.progress,
        "\n".join(f"{t.indicator} {target_words(t)}" for t, _ in found),
        "\n".join(f"{j.label}：{verdict_words(j)}" for _, j in found),
        duty.closed_on,
        "演示数据" if duty.demo else "",
    ]
    return [text_cell(v) for v in values]


def text_cell(value: Any) -> Any:
    """A value no spreadsheet takes for a formula."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def template(rows: QuerySet[Duty]) -> bytes:
    """A feedback workbook with the open duties filled in, for the bodies to complete."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "反馈"
    sheet.append(list(FEEDBACK_HEADS))
    for cell in sheet[1]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True)
    for index, width in enumerate((20, 40, 20, 60, 12, 14, 30, 14, 30), 1):
        sheet.column_dimensions[_letter(index)].width = width
    sheet.freeze_panes = "D2"
    for duty in rows.order_by("id").prefetch_related(None).prefetch_related(named_bodies())[:5000]:
        lead = next((b.printed for b in duty.bodies.all() if b.role == "lead"), "")
        sheet.append([duty.key, text_cell(duty.title), text_cell(lead)])
    check = DataValidation(type="whole", operator="between", formula1="0", formula2="100", allow_blank=True)
    sheet.add_data_validation(check)
    check.add("E2:E6000")
    return _bytes(book)


def _heads(sheet: Any, names: list[str]) -> list[Any]:
    cells = []
    for name in names:
        cell = WriteOnlyCell(sheet, name)
        cell.font = Font(bold=True)
        cells.append(cell)
    return cells


def _letter(index: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(index))


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
