"""Tables that people send: .xlsx and .csv (UTF-8, GB18030) as rows of cells, and cells as text, days, yes and no.

Nothing is guessed: what cannot be read raises BadInput for the file, and ValueError for a cell.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from luoshi.kernel.errors import BadInput
from luoshi.kernel.limits import check_size

UNPACKED = 1024 * 1024 * 1024  # bytes; a small file that unpacks to more is an attack or a mistake
BROKEN = frozenset({"#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
UNCOMPUTED = "#没有算出的公式"  # a formula whose result the file does not hold: not the same as an empty cell
YES = frozenset({"是", "有", "已", "对", "√", "✓", "✔", "y", "yes", "true", "1"})
NO = frozenset({"否", "无", "未", "错", "×", "✗", "✘", "n", "no", "false", "0"})
# What people write into a cell of which they know nothing.
NOTHING = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "未知", "不详", "待定", "待核", "暂无数据", "null", "none", "n/a"}
)

WIDE = {chr(c + 0xFEE0): chr(c) for c in range(0x21, 0x7F) if chr(c).isalnum() or chr(c) in ".%-/+"}
WIDE["\u3000"] = WIDE["\u00a0"] = " "
_NARROW = str.maketrans(WIDE)
_DIGITS = {digit: str(i) for i, digit in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SPOKEN = re.compile(r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日?")
_KINDS = {b"\xd0\xcf\x11\xe0": ".xls", b"%PDF": "PDF", b"\x89PNG": "图片", b"\xff\xd8\xff": "图片", b"Rar!": "压缩包"}


def rows(data: bytes, name: str, *, limit: int) -> Iterator[tuple[Any, ...]]:
    """The rows of the first sheet, the heading first. BadInput when the file as a whole cannot be used."""
    refuse(data, name, limit=limit, movable=False)  # every kind of table has a limit of its own
    if data[:2] == b"PK":
        return _workbook(data, name)
    if name.lower().endswith(".xlsx"):
        raise BadInput("不是可以打开的 .xlsx 文件；.xls 请另存为 .xlsx", file=name)
    return _csv(data, name)


def refuse(data: bytes, name: str, *, limit: int, movable: bool = True) -> None:
    """BadInput for what cannot be a table: empty, too large (`movable`: a setting moves the limit), another kind."""
    if not data:
        raise BadInput("文件是空的", file=name)
    check_size(len(data), name, limit, movable=movable)
    kind = next((what for start, what in _KINDS.items() if data.startswith(start)), "")
    if kind:
        raise BadInput(f"这不是 CSV 或 .xlsx 文件，是 {kind}；请另存为 .xlsx 或 .csv", file=name)


def text_of(data: bytes, name: str) -> str:
    """The text of a .csv, UTF-8 or GB18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadInput("读不出文字，请另存为 UTF-8 编码的 CSV 或 .xlsx", file=name)
    if "\0" in text:
        raise BadInput("这不是 CSV 或 .xlsx 文件；.xls 请另存为 .xlsx", file=name)
    return text


def _csv(data: bytes, name: str) -> Iterator[tuple[Any, ...]]:
    text = text_of(data, name)
    try:
        yield from (tuple(row) for row in csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        raise BadInput("CSV 的引号或换行有错，读不下去", file=name) from None


def _workbook(data: bytes, name: str) -> Iterator[tuple[Any, ...]]:
    from openpyxl import load_workbook  # heavy, and most of what the kernel serves needs none
    from openpyxl.utils.exceptions import InvalidFileException

    unreadable = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, TypeError, SyntaxError)
    try:
        formulas = _has_formulas(data, name)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        typed = load_workbook(io.BytesIO(data), read_only=True) if formulas else None
    except unreadable:
        raise BadInput("不是可以打开的 .xlsx 文件；.xls 请另存为 .xlsx", file=name) from None
    if not book.worksheets:
        raise BadInput("文件里没有工作表", file=name)
    try:
        lines: Iterator[tuple[Any, ...]] = book.worksheets[0].iter_rows(values_only=True)
        if typed is None:
            yield from lines
            return
        for line, written in zip(lines, typed.worksheets[0].iter_rows(values_only=True), strict=False):
            yield tuple(_computed(value, text) for value, text in zip(line, written, strict=False))
    except unreadable:
        raise BadInput("工作表读到一半读不下去，文件可能不完整", file=name) from None


def _computed(value: Any, written: Any) -> Any:
    return UNCOMPUTED if value is None and isinstance(written, str) and written.startswith("=") else value


def _has_formulas(data: bytes, name: str) -> bool:
    """Whether any sheet holds formulas; also refuses what unpacks to more than UNPACKED."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(item.file_size for item in packed.infolist()) > UNPACKED:
            raise BadInput("文件解开后过大", file=name)
        for item in packed.infolist():
            if item.filename.startswith("xl/worksheets/"):
                with packed.open(item) as sheet:
                    tail = b""
                    while block := sheet.read(1 << 20):
                        if b"<f>" in tail + block or b"<f " in tail + block:
                            return True
                        tail = block[-3:]
    return False


def plain(value: Any) -> str:
    """A cell as text: full-width letters and digits made plain, brackets left as Chinese prints them, a day as ISO."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float):  # a spreadsheet keeps 15 digits; what follows is the machine's, not the writer's
        value = int(value) if value.is_integer() else format(value, ".15g")
    return str(value).translate(_NARROW).strip().removeprefix("'")


def broken(text: str) -> str:
    """Why a cell cannot be taken for what it shows, "" when it can."""
    if text in BROKEN:
        return f"公式出错（{text}），请改为数值"
    return "公式没有算出的值，请改为数值" if text == UNCOMPUTED or text.startswith("=") else ""


def day(text: str) -> date | None:
    """`2024-07-19`, `2024/7/19`, `2024年7月19日`, `20240719`, `二〇二四年七月十九日`; None when nothing stands there.

    ValueError for anything else: neither a missing day nor the order of `7/8/2024` is guessed.
    """
    flat = plain(text).replace(" ", "T", 1).split("T")[0].rstrip("号") if text else ""
    if flat.lower() in NOTHING:
        return None
    if len(flat) == 8 and flat.isdigit():
        flat = f"{flat[:4]}-{flat[4:6]}-{flat[6:]}"
    found = _DAY.fullmatch(flat) or _DAY.fullmatch(_spoken(flat))
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            raise ValueError(f"日历上没有“{text}”这一天") from None
    if flat.isdigit() and len(flat) == 5:
        raise ValueError(f"“{text}”像是表格软件的日期序号，请把这一列设为日期格式")
    raise ValueError(f"应为日期，如 2024-07-19，现为“{text}”")


def _spoken(text: str) -> str:
    """`二〇二四年七月十九日` → `2024年7月19日`."""
    found = re.fullmatch(
        r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日?", text
    )
    if not found:
        return text
    year = "".join(_DIGITS[c] for c in found[1])
    return f"{year}年{_counted(found[2])}月{_counted(found[3])}日"


def _counted(text: str) -> int:
    tens, ten, ones = text.partition("十")
    return (int(_DIGITS.get(tens, "1")) * 10 if ten else 0) + (int(_DIGITS[ones or tens]) if (ones or not ten) else 0)


def truth(text: str) -> bool | None:
    """是 or 否; None when nothing stands there: an empty cell is unknown, never no. ValueError for anything else."""
    word = plain(text).lower()
    if word in YES:
        return True
    if word in NO:
        return False
    if word in NOTHING:
        return None
    raise ValueError(f"应为 是 或 否，不知道就留空，现为“{text}”")
