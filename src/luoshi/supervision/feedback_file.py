"""Feedback from a workbook: read, checked row by row, shown, and only then stored, all rows or none."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from luoshi.kernel import sheets, when
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
MOST_ROWS = 20_000


Cells = dict[str, str]  # column → what stands there, as text


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
    """Read a workbook (or .csv) without storing anything. BadInput when the file as a whole cannot be used."""
    lines = sheets.rows(data, name, limit=LARGEST)
    report = Report(name, sm3(data))
    heads = [sheets.plain(v) for v in next(lines, ())]
    missing = [h for h in NEEDED if h not in heads]
    if missing:
        raise BadInput(f"缺少列“{'”“'.join(missing)}”，第一行应为：{'、'.join(FEEDBACK_HEADS)}", file=name, line=1)
    place = {h: heads.index(h) for h in FEEDBACK_HEADS if h in heads}
    raw: list[tuple[int, Cells]] = []
    for number, row in enumerate(lines, 2):
        if number > MOST_ROWS + 1:
            raise BadInput(f"超过 {MOST_ROWS} 行，请分成几个文件", file=name, line=number)
        if any(v not in (None, "") for v in row):
            cells = {h: sheets.plain(row[i]) if i < len(row) else "" for h, i in place.items()}
            raw.append((number, {**cells, "督办编号": cells["督办编号"].replace("：", ":", 1)}))
    _Checker(report, raw).all()
    if not report.rows and not report.errors:
        raise BadInput("表里没有要导入的行", file=name)
    return report


class _Checker:
    """Checks rows against the duties they name; everything they name is read in three queries."""

    def __init__(self, report: Report, raw: list[tuple[int, Cells]]) -> None:
        self.report, self.raw = report, raw
        found = Duty.objects.filter(key__in={cells["督办编号"] for _, cells in raw})
        self.duties = {d.key: d for d in found.prefetch_related("bodies__body", "targets")}

    def all(self) -> None:
        seen: dict[tuple[str, str, str], int] = {}
        for number, cells in self.raw:
            before = len(self.report.errors)
            line = self._line(number, cells)
            if line is None or len(self.report.errors) > before:
                continue
            mark = (line.key, str(line.body), str(line.target))
            if mark in seen:
                self._wrong(number, "督办编号", f"与第 {seen[mark]} 行重复")
                continue
            seen[mark] = number
            self.report.rows.append(line)

    def _line(self, number: int, cells: Cells) -> Line | None:
        broken = [(column, reason) for column, text in cells.items() if (reason := sheets.broken(text))]
        for column, reason in broken:
            self._wrong(number, column, reason)
        if broken:
            return None
        key = cells["督办编号"]
        duty = self.duties.get(key)
        if duty is None:
            self._wrong(number, "督办编号", f"没有编号为“{key}”的事项" if key else "没有填")
            return None
        if duty.status != Duty.Status.CONFIRMED or duty.state not in (State.RECEIVED, State.IN_PROGRESS):
            self._wrong(number, "督办编号", f"事项现为“{duty.get_state_display()}”，不能反馈（须已签收、未申请办结）")
        words = cells["进展情况"]
        if not words:
            self._wrong(number, "进展情况", "没有填")
        line = Line(number, duty.pk, key, duty.title, self._body(number, cells, duty), words)
        line.progress = self._progress(number, cells)
        line.covers_until = self._day(number, cells)
        self._measure(number, cells, duty, line)
        return line

    def _body(self, number: int, cells: Cells, duty: Duty) -> int | None:
        name = cells.get("报送单位", "")
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

    def _progress(self, number: int, cells: Cells) -> int | None:
        value = cells.get("完成百分比", "")
        if not value:
            return None
        try:
            figure = measures.number(value)
        except BadInput as error:
            self._wrong(number, "完成百分比", error.reason)
            return None
        percent = figure * 100 if "." in value and not value.endswith("%") and 0 < figure < 1 else figure
        if percent != percent.to_integral_value() or not 0 <= percent <= 100:
            self._wrong(number, "完成百分比", f"应为 0 到 100 的整数，现为“{value}”")
            return None
        return int(percent)

    def _day(self, number: int, cells: Cells) -> str | None:
        try:
            found = sheets.day(cells.get("反馈截至", ""))
        except ValueError as error:
            self._wrong(number, "反馈截至", str(error))
            return None
        if found is not None and found > when.today():
            self._wrong(number, "反馈截至", "不能晚于今天")
        return found.isoformat() if found else None

    def _measure(self, number: int, cells: Cells, duty: Duty, line: Line) -> None:
        name, value = cells.get("指标", ""), cells.get("指标数值", "")
        if not value and not name:
            return
        standing = [t for t in duty.targets.all() if t.removed_on is None]
        targets = [t for t in standing if not name or t.indicator_key == indicator_key(name)]
        if len(targets) != 1:
            self._wrong(number, "指标", f"本事项没有指标“{name}”" if name and not targets else "须写明是哪个指标")
            return
        line.source = cells.get("数据来源", "")
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
