"""The score sheet as a document a commander would sign."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from luoshi.kernel.errors import BadInput

_HEAD = ("序号", "预案", "事项", "依据", "结论", "时间", "由谁", "用时", "说明")
MARK = "演练  Exercise  内容均为虚构"


def check(name: str) -> None:
    """Asked before the work, so that a wrong name costs nothing."""
    if not name:
        return
    path = Path(name)
    if path.suffix != ".docx":
        raise BadInput("评分表应存为 .docx", file=name, field="--out")
    if not path.parent.is_dir():
        raise BadInput("没有这个文件夹", file=name, field="--out")


def write(result: dict[str, Any], name: str) -> None:
    from docx import Document

    document = Document()
    document.sections[0].header.paragraphs[0].text = MARK
    document.add_heading(f"应急演练评分表：{result['drill']}", level=1)
    document.add_paragraph(f"{result['marked']}。预案：{'、'.join(result['plans'])}号。")
    score = result["score"]
    document.add_paragraph(f"应做 {score['of']} 项，完成或按时 {score['done']} 项。{score['note']}。")
    _starts(document, result)
    table = document.add_table(rows=1, cols=len(_HEAD))
    table.style = "Table Grid"
    _fill(table.rows[0].cells, _HEAD)
    for line in score["lines"]:
        _fill(table.add_row().cells, _cells(line))
    document.add_paragraph()
    document.add_paragraph("评估人：              总指挥：              日期：")
    try:
        document.save(name)
    except OSError as error:
        raise BadInput(f"写不了文件：{error.strerror or error}", file=name, field="--out") from None


def _starts(document: Any, result: dict[str, Any]) -> None:
    for event in (*result["warnings"], *result["starts"], *result["ends"]):
        told = {"start": "启动", "end": "结束", "warning": "预警"}[event["kind"]]
        state = f"({event['state']})" if event.get("state") else ""
        document.add_paragraph(f"{event['time']} {event['plan']}号 {told}{state} {event['level']}级 {event['by']}")


def _fill(cells: Any, texts: tuple[str, ...]) -> None:
    for cell, text in zip(cells, texts, strict=True):
        cell.text = text


def _cells(line: dict[str, Any]) -> tuple[str, ...]:
    note = f"按解释{line['interpretation']}" if line["interpretation"] else ""
    due = line["due"] or ""
    return (
        str(line["no"]), f"{line['plan']}号", line["what"], line["cite"], line["verdict"], line["done_at"] or "",
        line["by"] or "", _spent(line["seconds"]), ";".join(filter(None, (due, note))),
    )  # fmt: skip


def _spent(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds // 60}分{seconds % 60:02d}秒"
