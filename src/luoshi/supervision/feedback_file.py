"""Feedback from a workbook: read, checked row by row, shown, and only then stored, all rows or none."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from luoshi.kernel import when
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording
from luoshi.supervision import actions, evidence, measures
from luoshi.supervision.actions import Asked
from luoshi.supervision.engine import State
from luoshi.supervision.likeness import indicator_key
from luoshi.supervision.models import Duty, FeedbackFile, Target
from luoshi.supervision.workbook import FEEDBACK_HEADS

NEEDED = ("督办编号", "进展情况")
LARGEST = 20 * 1024 * 1024  # bytes
UNPACKED = 200 * 1024 * 1024  # a small file that unpacks to more is an attack or a mistake
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Line:
    """One usable row: what will be stored."""

    line: int
    duty: int
    key: str
    title: str
    body: int | None
    words: str
    progress: int | None = None
    covers_until: str | None = None
    target: int | None = None
    value: str | None = None
    source: str = ""


@dataclass(slots=True)
class Report:
    name: str
    sm3: str
    rows: list[Line] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        return cls(
            data["name"], data["sm3"], [Line(**row) for row in data["rows"]], [RowError(**e) for e in data["errors"]]
        )


def check(data: bytes, name: str) -> Report:
    """Read a workbook without storing anything. BadInput when the file as a whole cannot be used."""
    values, formulas = _sheets(data, name)
    report = Report(name, sm3(data))
    heads = [_text(v) for v in next(values, ())]
    next(formulas, ())
    missing = [h for h in NEEDED if h not in heads]
    if missing:
        raise BadInput(f"缺少列“{'”“'.join(missing)}”，第一行应为：{'、'.join(FEEDBACK_HEADS)}", file=name, line=1)
    place = {h: heads.index(h) for h in FEEDBACK_HEADS if h in heads}
    raw = []
    for number, (row, formula) in enumerate(zip(values, formulas, strict=False), 2):
        if number > MOST_ROWS + 1:
            raise BadInput(f"超过 {MOST_ROWS} 行，请分成几个文件", file=name, line=number)
        if any(v not in (None, "") for v in row):
            raw.append((number, row, formula))
    _Checker(report, place, [_cell(row, place, "督办编号") for _, row, _ in raw]).all(raw)
    if not report.rows and not report.errors:
        raise BadInput("表里没有要导入的行", file=name)
    return report


def _sheets(data: bytes, name: str) -> tuple[Any, Any]:
    if len(data) > LARGEST:
        raise BadInput(f"文件超过 {LARGEST // 1024 // 1024} MB", file=name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(item.file_size for item in packed.infolist()) > UNPACKED:
                raise BadInput("文件解开后过大", file=name)
        shown = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        written = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise BadInput("不是可以打开的 .xlsx 文件；.xls 请另存为 .xlsx", file=name) from None
    if not shown.worksheets:
        raise BadInput("文件里没有工作表", file=name)
    return (
        shown.worksheets[0].iter_rows(values_only=True),
        written.worksheets[0].iter_rows(values_only=True),
    )


class _Checker:
    """Checks rows against the duties they name; everything they name is read in three queries."""

    def __init__(self, report: Report, place: dict[str, int], keys: list[str]) -> None:
        self.report, self.place = report, place
        found = Duty.objects.filter(key__in=set(keys)).prefetch_related("bodies__body", "targets")
        self.duties = {d.key: d for d in found}

    def all(self, raw: list[tuple[int, Any, Any]]) -> None:
        seen: dict[tuple[str, str, str], int] = {}
        for number, row, formula in raw:
            before = len(self.report.errors)
            line = self._line(number, row, formula)
            if line is None or len(self.report.errors) > before:
                continue
            mark = (line.key, str(line.body), str(line.target))
            if mark in seen:
                self._wrong(number, "督办编号", f"与第 {seen[mark]} 行重复")
                continue
            seen[mark] = number
            self.report.rows.append(line)

    def _line(self, number: int, row: Any, formula: Any) -> Line | None:
        self._formulas(number, row, formula)
        key = _cell(row, self.place, "督办编号")
        duty = self.duties.get(key)
        if duty is None:
            self._wrong(number, "督办编号", f"没有编号为“{key}”的事项" if key else "没有填")
            return None
        if duty.status != Duty.Status.CONFIRMED or duty.state not in (State.RECEIVED, State.IN_PROGRESS):
            self._wrong(number, "督办编号", f"事项现为“{duty.get_state_display()}”，不能反馈（须已签收、未申请办结）")
        words = _cell(row, self.place, "进展情况")
        if not words:
            self._wrong(number, "进展情况", "没有填")
        line = Line(number, duty.pk, key, duty.title, self._body(number, row, duty), words)
        line.progress = self._progress(number, row)
        line.covers_until = self._day(number, row)
        self._measure(number, row, duty, line)
        return line

    def _formulas(self, number: int, row: Any, formula: Any) -> None:
        for column, index in self.place.items():
            shown = row[index] if index < len(row) else None
            written = formula[index] if index < len(formula) else None
            if isinstance(shown, str) and shown.startswith("#") and shown.rstrip("!?").isupper():
                self._wrong(number, column, f"公式出错（{shown}）")
            elif isinstance(written, str) and written.startswith("=") and shown is None:
                self._wrong(number, column, "公式没有算出结果，请在表格软件里打开保存一次，或改填数值")

    def _body(self, number: int, row: Any, duty: Duty) -> int | None:
        name = _cell(row, self.place, "报送单位")
        signed = [b for b in duty.bodies.all() if b.body_id and b.received_at]
        if name:
            match = [b for b in signed if name in (b.printed, b.body.name if b.body else "")]
            if not match:
                self._wrong(number, "报送单位", f"“{name}”不是本事项已签收的责任单位")
                return None
            return match[0].body_id
        if len(signed) != 1:
            self._wrong(number, "报送单位", "本事项不止一个单位签收，须填报送单位" if signed else "还没有单位签收")
            return None
        return signed[0].body_id

    def _progress(self, number: int, row: Any) -> int | None:
        index = self.place.get("完成百分比")
        value = row[index] if index is not None and index < len(row) else None
        if value in (None, ""):
            return None
        try:
            figure = measures.number(value)
        except BadInput as error:
            self._wrong(number, "完成百分比", error.reason)
            return None
        percent = figure * 100 if isinstance(value, float) and 0 < figure < 1 else figure
        if percent != percent.to_integral_value() or not 0 <= percent <= 100:
            self._wrong(number, "完成百分比", f"应为 0 到 100 的整数，现为“{value}”")
            return None
        return int(percent)

    def _day(self, number: int, row: Any) -> str | None:
        index = self.place.get("反馈截至")
        value = row[index] if index is not None and index < len(row) else None
        if value in (None, ""):
            return None
        found = _date(value)
        if found is None:
            self._wrong(number, "反馈截至", f"“{value}”不是日期，应写成 2024-12-31")
        elif found > when.today():
            self._wrong(number, "反馈截至", "不能晚于今天")
        return found.isoformat() if found else None

    def _measure(self, number: int, row: Any, duty: Duty, line: Line) -> None:
        name, value = _cell(row, self.place, "指标"), _cell(row, self.place, "指标数值")
        if not value and not name:
            return
        targets = [t for t in duty.targets.all() if not name or t.indicator_key == indicator_key(name)]
        if len(targets) != 1:
            self._wrong(number, "指标", f"本事项没有指标“{name}”" if name and not targets else "须写明是哪个指标")
            return
        line.source = _cell(row, self.place, "数据来源")
        if not value:
            self._wrong(number, "指标数值", "没有填")
        elif not line.source:
            self._wrong(number, "数据来源", "有指标数值就要写数据来源")
        else:
            try:
                line.value, line.target = format(measures.number(value), "f"), targets[0].pk
            except BadInput as error:
                self._wrong(number, "指标数值", error.reason)

    def _wrong(self, line: int, column: str, reason: str) -> None:
        self.report.errors.append(RowError(line, column, reason))


def _cell(row: Any, place: dict[str, int], column: str) -> str:
    index = place.get(column)
    return _text(row[index]) if index is not None and index < len(row) else ""


def _text(value: Any) -> str:
    """A cell as text: full-width letters and digits made plain, brackets of citations left as Chinese prints them."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    wide: dict[str, str | int | None] = {}
    for letter in text:
        narrow = unicodedata.normalize("NFKC", letter)
        if narrow.isascii() and (narrow.isalnum() or narrow in ".%-:"):
            wide[letter] = narrow
    return text.translate(str.maketrans(wide)).removeprefix("'")


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    flat = _text(value).replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-").replace("日", "")
    try:
        return date(*(int(part) for part in flat.split("-")))
    except (ValueError, TypeError):
        return None


def keep(data: bytes, name: str, user: Any) -> FeedbackFile:
    """Keep an uploaded workbook with what was read from it, for the preview. The same file again finds its preview.

    A file that cannot be used as a whole is kept too, with the reason; BadInput then says it.
    """
    digest = sm3(data)
    evidence.keep(data, "feedback", digest)
    try:
        report = check(data, name)
    except BadInput as error:
        _note(Report(name, digest, errors=[RowError(error.line or 0, error.field, error.reason)]), len(data), user)
        raise
    return _note(report, len(data), user)


def _note(report: Report, size: int, user: Any) -> FeedbackFile:
    found = FeedbackFile.objects.filter(sm3=report.sm3, applied_at__isnull=True).first() or FeedbackFile(sm3=report.sm3)
    found.name, found.size, found.report = report.name[:255], size, report.to_json()
    found.uploaded_by_id, found.uploaded_at = user.pk, when.now()
    found.save()
    return found


def apply_file(kept: FeedbackFile, user: Any, *, via: str = "web") -> int:
    """Store a previewed workbook: checked once more, all rows in one transaction."""
    with recording():
        locked = FeedbackFile.objects.select_for_update().get(pk=kept.pk)
        if locked.applied_at is not None:
            raise Refused("这个文件已经入库")
        data = evidence.path_of("feedback", locked.sm3).read_bytes()
        report = check(data, locked.name)
        count = apply(report, user, via=via)
        locked.applied_at = when.now()
        locked.save(update_fields=["applied_at"])
    return count


def apply(report: Report, user: Any, *, via: str = "web") -> int:
    """Store every row of a report without errors, as feedback entered by `user` for the bodies named."""
    if report.errors:
        first = report.errors[0]
        raise BadInput(first.reason, file=report.name, line=first.line, field=first.column)
    if not user.may("supervision.supervise"):
        raise Refused("反馈表由督查员导入")
    known = FeedbackFile.objects.filter(sm3=report.sm3, applied_at__isnull=False).exists()
    if known:
        raise Refused("这个文件以前导入过，同一份反馈不重复入库")
    with recording():
        for row in report.rows:
            _store(row, user, via)
        append(
            "supervision.feedback_imported",
            by=user.as_actor(via),
            subject=f"file:{report.sm3[:16]}",
            data={"file": report.name, "sm3": report.sm3, "rows": len(report.rows)},
        )
    return len(report.rows)


def _store(row: Line, user: Any, via: str) -> None:
    duty = Duty.objects.get(pk=row.duty)
    asked = Asked(
        words=row.words,
        body=row.body,
        progress=row.progress,
        covers_until=date.fromisoformat(row.covers_until) if row.covers_until else None,
        via=via,
        data={"file_line": row.line},
    )
    actions.feedback_for(duty, user, asked)
    if row.target is not None and row.value is not None:
        end = date.fromisoformat(row.covers_until) if row.covers_until else when.today()
        given = measures.Measured(measures.number(row.value), end, row.source, document="反馈表")
        measures.enter(Target.objects.get(pk=row.target), user, given, via=via)
