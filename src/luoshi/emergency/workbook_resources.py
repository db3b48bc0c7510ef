"""Resources as a workbook: the sheet to fill in, what is there now, and one brought back, checked row by row."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from luoshi.emergency import resources
from luoshi.emergency.models import Asset
from luoshi.emergency.stock import KINDS
from luoshi.kernel import sheets
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.ledger.actions import append, recording

LARGEST, MOST = 10 * 1024 * 1024, 5000
COMMON = (
    ("name", "名称"),
    ("owner_name", "归属单位"),
    ("place", "存放地点"),
    ("quantity", "数量"),
    ("unit", "计量单位"),
    ("state", "状态"),
    ("contact", "联系人"),
    ("checked_on", "最近检查"),
)
_STATE = {label: code for code, label in resources.STATES.items()}


@dataclass(frozen=True, slots=True)
class Wrong:
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Found:
    """What a workbook would store: rows by line, and what is wrong."""

    kind: str
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    errors: list[Wrong] = field(default_factory=list)


def columns(kind: str) -> list[tuple[str, str]]:
    return [*COMMON, *KINDS[kind].extra]


def export(kind: str, rows: Iterable[Asset]) -> bytes:
    """The register of a sort as .xlsx; with no rows, the sheet to fill in."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet: Any = book.active
    sheet.title = KINDS[kind].label
    heads = columns(kind)
    sheet.append([label for _, label in heads])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([_cell(row, name) for name, _ in heads])
    sheet.freeze_panes = "B2"
    for i in range(1, len(heads) + 1):
        sheet.column_dimensions[sheet.cell(1, i).column_letter].width = 18
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(row: Asset, name: str) -> Any:
    if name == "state":
        return resources.STATES.get(row.state, row.state)
    value = getattr(row, name) if name in dict(COMMON) else row.data.get(name)
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def check(kind: str, data: bytes, name: str) -> Found:
    """Read a workbook or CSV without storing anything. BadInput when the file as a whole cannot be used."""
    lines = sheets.rows(data, name, limit=LARGEST)
    heads = [sheets.plain(value) for value in next(lines, ())]
    known = {label: key for key, label in columns(kind)}
    if "名称" not in heads:
        raise BadInput(f"第一行应为列名，至少有“名称”；可用的列：{'、'.join(known)}", file=name, line=1, field="file")
    found, seen = Found(kind), dict[tuple[str, str], int]()
    for number, line in enumerate(lines, 2):
        if number > MOST + 1:
            raise BadInput(f"超过 {MOST} 行，请分成几个文件", file=name, line=number, field="file")
        cells = {known[head]: sheets.plain(value) for head, value in zip(heads, line, strict=False) if head in known}
        if any(cells.values()):
            _row(found, number, cells, seen)
    if not found.rows and not found.errors:
        raise BadInput("表里没有要导入的行", file=name, field="file")
    return found


def _row(found: Found, number: int, cells: dict[str, str], seen: dict[tuple[str, str], int]) -> None:
    before = len(found.errors)
    labels = dict(columns(found.kind))

    def wrong(key: str, reason: str) -> None:
        found.errors.append(Wrong(number, labels[key], reason))

    made: dict[str, Any] = {name: cells.get(name, "") for name in ("name", "owner_name", "place", "unit", "contact")}
    for key, text in cells.items():
        if reason := sheets.broken(text):
            wrong(key, reason)
    if not made["name"]:
        wrong("name", "不能为空")
    if found.kind == "system" and not made["owner_name"]:
        wrong("owner_name", "须写明归属单位，按“家”计数（A24）")
    made["quantity"] = _quantity(cells.get("quantity", ""), wrong)
    made["state"] = _STATE.get(cells.get("state") or "可用", "")
    if not made["state"]:
        wrong("state", f"应为 {'、'.join(_STATE)} 之一，现为“{cells['state']}”")
    try:
        made["checked_on"] = sheets.day(cells.get("checked_on", ""))
    except ValueError as error:
        wrong("checked_on", str(error))
    made["data"] = {key: cells[key] for key, _ in KINDS[found.kind].extra if cells.get(key)}
    mark = (made["name"], made["owner_name"])
    if mark in seen:
        wrong("name", f"与第 {seen[mark]} 行重复")
    seen.setdefault(mark, number)
    if len(found.errors) == before:
        found.rows.append((number, made))


def _quantity(text: str, wrong: Any) -> int:
    if not text:
        return 1
    if not text.isdigit() or int(text) > 1_000_000:
        wrong("quantity", f"应为整数，现为“{text}”")
        return 0
    return int(text)


def store(kind: str, data: bytes, name: str, user: Any, *, via: str = "web") -> tuple[int, int]:
    """Bring the rows in, all or none: (added, changed). The same name and owner: changed, its number stays."""
    found = check(kind, data, name)
    if found.errors:
        first = found.errors[0]
        raise BadInput(f"{first.column}：{first.reason}", file=name, line=first.line, field="file")
    with recording():
        have = {(row.name, row.owner_name): row for row in Asset.objects.filter(kind=kind)}
        added = 0
        for _, given in found.rows:
            old = have.get((given["name"], given["owner_name"]))
            resources.save(kind, given, user, asset=old, via=via)
            added += old is None
        counted = {"kind": kind, "file": name, "sm3": sm3(data), "added": added, "changed": len(found.rows) - added}
        append("emergency.assets_imported", by=user.as_actor(via), subject=f"assets:{kind}", data=counted)
    return added, len(found.rows) - added


__all__: Sequence[str] = ("Found", "Wrong", "check", "columns", "export", "store")
