"""A register of residents from a file: read, checked row by row, shown; what is found good is stored (register_store).

What is said about a row names its line and column, never what stands there: the report is read by people who have no
reason to know. The bytes are kept even when unusable, readable by the service alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from luoshi.directory.engine import check_digit
from luoshi.directory.models import Area, RegisterFile, Resident
from luoshi.kernel import later, sheets, when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append

HEADS = ("姓名", "性别", "出生日期", "身份证号", "电话", "住址", "户号", "村（社区）")
NEEDED = ("姓名", "村（社区）")
SPELLED = {
    "村(社区)": "村（社区）",
    "村社区": "村（社区）",
    "村": "村（社区）",
    "社区": "村（社区）",
    "身份证号码": "身份证号",
}
SEX_WORDS = {"": "", "男": "m", "女": "f", "男性": "m", "女性": "f"}
SHOWN_ERRORS = 500
AT_ONCE = 1024 * 1024  # bytes checked or stored while the person waits: some ten thousand residents
CHECK = "directory.register_check"
BATCH = 2000


@dataclass(slots=True)
class Report:
    """`errors`: the first (line, column, reason); `wrong`: how many there are. `areas`: usable rows by area name."""

    rows: int = 0
    wrong: int = 0
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    areas: dict[str, int] = field(default_factory=dict)

    def fault(self, line: int, column: str, reason: str) -> None:
        self.wrong += 1
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append((line, column, reason))


def receive(data: bytes, name: str, source: str, *, by: Actor) -> RegisterFile:
    """Keep a file and say what it would bring. A file that cannot be read at all is kept too, with the reason.

    A large file is checked in the background: it comes back `received`, and its page says how far the check is.
    """
    if not source.strip():
        raise BadInput("请写明来源，例如提供底册的单位和日期", field="source")
    sha256 = _keep(data)
    if RegisterFile.objects.filter(sha256=sha256, state=RegisterFile.State.STORED).exists():
        raise Refused("这个文件以前导入过，同一份底册不重复导入")
    with transaction.atomic():
        kept = RegisterFile.objects.create(
            name="".join(c for c in name if c.isprintable())[-255:] or "未命名",
            sha256=sha256,
            size=len(data),
            source=source.strip()[:120],
            state=RegisterFile.State.RECEIVED,
            by=by.name,
            at=when.now(),
        )
        append("directory.register_received", by=by, subject=f"register:{kept.pk}", data={"sha256": sha256})
    if len(data) > AT_ONCE:
        have_done(kept, CHECK, by=by)
    else:
        check(kept, by=by)
    return kept


def limit() -> int:
    """Bytes of one register: a whole district's rows are larger than any gazette."""
    return int(settings.UPLOAD_LIMIT) * 3


def have_done(kept: RegisterFile, kind: str, *, by: Actor) -> None:
    """Have a worker check or store the file; a new attempt when the last one failed."""
    tries = int(kept.report.get("tries", 0)) + 1
    RegisterFile.objects.filter(pk=kept.pk).update(report={**kept.report, "tries": tries, "job": _key(kept, tries)})
    later.start(kind, {"file": kept.pk, "by": asdict(by)}, by=by, key=_key(kept, tries))
    kept.refresh_from_db()


def _key(kept: RegisterFile, tries: int) -> str:
    return f"directory.register:{kept.pk}:{tries}"


def standing(kept: RegisterFile) -> later.Standing | None:
    """How far the worker is that has the file; None when none has."""
    return later.look(kept.report["job"]) if kept.report.get("job") else None


@later.work(CHECK)
def check_later(args: dict[str, Any], tell: later.Tell) -> dict[str, int]:
    kept = RegisterFile.objects.get(pk=args["file"])
    if kept.state == RegisterFile.State.RECEIVED:  # taken over after it was done: nothing is left to do
        check(kept, by=Actor(**args["by"]), tell=tell)
    return {"rows": kept.report.get("rows", 0), "wrong": kept.report.get("wrong", 0)}


def check(kept: RegisterFile, *, by: Actor, tell: later.Tell = lambda *_: None) -> None:
    """Read a kept file and note what it would bring and what is wrong with it."""
    data, report, failure = path_of(kept.sha256).read_bytes(), Report(), ""
    lines = data.count(b"\n") if data[:2] != b"PK" else 0
    try:
        for number, _ in enumerate(residents(data, kept.name, kept.source, report), 1):
            if number % BATCH == 0:
                tell("正在检查", number, lines)
    except BadInput as error:
        failure = error.reason
    fit = not failure and not report.wrong and report.rows > 0
    found = {"rows": report.rows, "wrong": report.wrong, "errors": report.errors, "areas": report.areas}
    with transaction.atomic():
        kept.state = RegisterFile.State.CHECKED if fit else RegisterFile.State.FAILED
        kept.report = {
            **kept.report,
            **found,
            "failure": failure or ("" if report.rows or report.wrong else "文件里没有任何一行"),
        }
        kept.save(update_fields=["state", "report"])
        data_ = {"sha256": kept.sha256, "rows": report.rows, "wrong": report.wrong, "failure": failure}
        append("directory.register_checked", by=by, subject=f"register:{kept.pk}", data=data_)


def path_of(sha256: str) -> Path:
    return Path(settings.MEDIA_ROOT) / "register" / sha256


def _keep(data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    place = path_of(sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        part = place.with_name(f".{sha256}.{os.getpid()}")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, place)  # whole or not at all
    return sha256


def residents(data: bytes, name: str, source: str, report: Report) -> Iterator[Resident]:
    """The usable rows of a file, unsaved; faults go to `report`. BadInput when the file as a whole cannot be used."""
    lines = _sheet(data, name)
    heads = [sheets.plain(cell) for cell in next(lines, ())]
    heads = [SPELLED.get(head, head) for head in (h.replace("(", "（").replace(")", "）") for h in heads)]
    missing = [head for head in NEEDED if head not in heads]
    if not {"出生日期", "身份证号"} & set(heads):
        missing.append("出生日期")
    if missing:
        raise BadInput(f"第一行缺少“{'”“'.join(missing)}”列，应为：{'、'.join(HEADS)}", file=name, line=1)
    reader = _Reader(report, source)
    numbered = ((n, {h: sheets.plain(c) for h, c in zip(heads, row, strict=False)}) for n, row in enumerate(lines, 2))
    filled = ((n, cells) for n, cells in numbered if any(cells.values()))
    while batch := list(islice(filled, BATCH)):
        yield from reader.batch(batch)


class _Reader:
    def __init__(self, report: Report, source: str) -> None:
        self.report, self.source, self.today = report, source.strip()[:120], when.today()
        self.seen: dict[tuple[str, ...], int] = {}
        self.places: dict[str, list[Area]] = {}
        for area in Area.objects.filter(sort__in=["community", "village"], valid_until__isnull=True):
            for word in {area.code, area.name}:
                self.places.setdefault(word, []).append(area)

    def batch(self, rows: list[tuple[int, dict[str, str]]]) -> Iterator[Resident]:
        numbers = {_id(cells) for _, cells in rows} - {""}
        known = set(Resident.objects.filter(id_number__in=numbers).values_list("id_number", flat=True))
        for line, cells in rows:
            before = self.report.wrong
            found = self._row(line, cells, known)
            if found is not None and self.report.wrong == before:
                self.report.rows += 1
                self.report.areas[found.area.name] = self.report.areas.get(found.area.name, 0) + 1
                yield found

    def _row(self, line: int, cells: dict[str, str], known: set[str]) -> Resident | None:
        fault, name, number = self.report.fault, cells.get("姓名", ""), _id(cells)
        if not name:
            fault(line, "姓名", "没有填")
        if any(sheets.broken(value) for value in cells.values()):
            fault(line, "", "有公式或公式出错，请改为数值")
        self._number(line, number, known)
        born = self._born(line, cells, number)
        area = self._area(line, cells.get("村（社区）", ""))
        sex = SEX_WORDS.get(cells.get("性别", ""))
        if sex is None:
            fault(line, "性别", "应为男或女")
        key = (number,) if number else (name, str(born), cells.get("户号", ""), cells.get("住址", ""))
        if (first := self.seen.setdefault(key, line)) != line:
            fault(line, "身份证号" if number else "姓名", f"与第 {first} 行重复")
        if born is None or area is None:
            return None
        return Resident(
            name=name[:80],
            sex=sex or ("" if len(number) != 18 else "fm"[int(number[16]) % 2] if number[16].isdigit() else ""),
            born=born,
            id_number=number[:18],
            phone=cells.get("电话", "")[:40],
            address=cells.get("住址", "")[:200],
            household=cells.get("户号", "")[:24],
            area=area,
            source=self.source,
            synthetic=bool(settings.DEMO),
        )

    def _number(self, line: int, number: str, known: set[str]) -> None:
        if not number:
            return
        if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
            self.report.fault(line, "身份证号", "应为 18 位")
        elif check_digit(number[:17]) != number[17]:
            self.report.fault(line, "身份证号", "末位校验不符，请核对")
        elif number.startswith("000000") and not settings.DEMO:
            self.report.fault(line, "身份证号", "是演示数据的号码，不能进入正式底册")
        elif number in known:
            self.report.fault(line, "身份证号", "底册里已有这个号码")

    def _born(self, line: int, cells: dict[str, str], number: str) -> date | None:
        given = cells.get("出生日期", "")
        carried = _date(number[6:14]) if len(number) == 18 else None
        born = _date(given) if given else carried
        if born is None or not date(1880, 1, 1) <= born <= self.today:
            self.report.fault(line, "出生日期", "不是一个可能的出生日期，应写成 1958-03-07" if given else "没有填")
            return None
        if given and carried and carried != born:
            self.report.fault(line, "出生日期", "与身份证号里的出生日期不一致")
        return born

    def _area(self, line: int, word: str) -> Area | None:
        found = self.places.get(word, [])
        if len(found) != 1:
            several = "不止一个区域叫这个名字，请填编码" if found else "区域表里没有这个村（社区）"
            self.report.fault(line, "村（社区）", several if word else "没有填")
            return None
        return found[0]


def _id(cells: dict[str, str]) -> str:
    return cells.get("身份证号", "").upper().replace(" ", "")


def _date(text: str) -> date | None:
    try:
        return sheets.day(text)
    except ValueError:
        return None


def _sheet(data: bytes, name: str) -> Iterator[tuple[Any, ...]]:
    return sheets.rows(data, name, limit=limit())
