"""名册导入: a file is kept, read and shown; a person confirms; only then do rows enter, thousands in one transaction.

An interrupted import goes on where it stopped, the same file again changes nothing, rows with errors are left out and
listed only when the person has said so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl
from django.conf import settings
from django.db import transaction

from luoshi.benefits import disputes, kept, reading, registers, sheet, storing
from luoshi.benefits.models import RegisterFile, Source
from luoshi.benefits.register_rows import spelt
from luoshi.benefits.registers import Register
from luoshi.clocks import jobs
from luoshi.directory.models import Area
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.limits import check_size
from luoshi.kernel.masking import mask_id, mask_name, mask_phone
from luoshi.ledger.actions import append, recording

State = RegisterFile.State
FOLDER = "registers"
CHECK, STORE = "benefits.register_check", "benefits.register_store"
AT_ONCE = 2 * 1024 * 1024  # bytes read while the person waits
SHOWN = 500  # faults kept with the file; the whole report is a file to download
SAMPLE = 8
FROM_FILES = 1024 * 1024 * 1024  # bytes a command reads from a disk
_CODE = re.compile(r"[a-z][a-z0-9_-]{1,39}")


def add_source(code: str, name: str, *, by: Actor, holder: Any = None, priority: int = 100,
               confidence: str = "official") -> Source:  # fmt: skip
    """登记来源: where facts come from. BadInput when the code is taken or not a code."""
    if not _CODE.fullmatch(code) or code == "hand":
        raise BadInput("代码应为小写字母开头，可含数字和连字符", field="code")
    if not name.strip():
        raise BadInput("请写来源名称", field="name")
    with recording():
        if Source.objects.filter(code=code).exists():
            raise BadInput("这个代码已经用过", field="code")
        made = Source.objects.create(
            code=code, name=name.strip()[:120], holder=holder, priority=priority, confidence=confidence,
            synthetic=bool(settings.DEMO),
        )  # fmt: skip
        append(
            "benefits.source_added", by=by, subject=f"benefit_source:{made.pk}", data={"code": code, "name": made.name}
        )
    return made


def receive(
    data: bytes, name: str, kind: str, source: Source, as_of: date, *, by: Actor, limit: int | None = None,
    inline: bool = False, mapping: Mapping[str, str] | None = None,
) -> RegisterFile:  # fmt: skip
    """Keep a file and say what it would bring. The same bytes for the same register find what is known of them.

    A file that cannot be read at all is kept too, with the reason. Refused when it has been stored before. `inline`: a
    large file is read while the caller waits. `mapping`: heading → column where the caller knows.
    """
    registers.get(kind)
    if as_of > when.today():
        raise BadInput("数据日期不能晚于今天", field="as_of")
    check_size(len(data), name, limit or settings.UPLOAD_LIMIT)
    digest = kept.keep(data, FOLDER)
    known = RegisterFile.objects.filter(sm3=digest, kind=kind, source=source, as_of=as_of)
    if known.filter(state=State.STORED).exists():
        raise Refused("这个文件以前导入过，同一份名册不重复导入")
    again = known.filter(state__in=[State.RECEIVED, State.CHECKED, State.STORING]).first()
    if again is not None:
        return again
    with recording():
        found = RegisterFile.objects.create(
            name="".join(c for c in name if c.isprintable())[-255:] or "未命名", sm3=digest, size=len(data), kind=kind,
            source=source, as_of=as_of, state=State.RECEIVED, by=by.name, user_id=by.user_id, at=when.now(),
        )  # fmt: skip
        told = {"name": found.name, "sm3": digest, "kind": kind, "source": source.code, "as_of": as_of}
        append("benefits.register_received", by=by, subject=found.subject, data=told)
    start_check(found, by=by, mapping=mapping, inline=inline)
    found.refresh_from_db()
    return found


def start_check(
    found: RegisterFile, *, by: Actor, mapping: Mapping[str, str] | None = None, inline: bool = False
) -> None:
    """Read the file: at once when it is small, else in the background. `mapping` as corrected by the person."""
    if found.state in (State.STORED, State.STORING, State.DISCARDED):
        raise Refused(f"这个文件{found.get_state_display()}，不能再核对列")
    found.report = {**found.report, "tries": found.report.get("tries", 0) + 1}
    if mapping is not None:
        found.mapping = dict(mapping)
        found.report["mapped"] = True
    found.state = State.RECEIVED
    found.save(update_fields=["report", "mapping", "state"])
    if inline or found.size <= AT_ONCE:
        check(found)
    else:
        jobs.enqueue(CHECK, {"file": found.pk}, by=by, key=f"{CHECK}:{found.pk}:{found.report['tries']}")


def check(found: RegisterFile, progress: Callable[[str, int, int], None] = lambda *_: None) -> None:
    """Read the kept file and note what it would bring. Safe to run again."""
    register, report = registers.get(found.kind), dict(found.report)
    report.pop("failure", None)
    try:
        progress("读取文件", 0, 0)
        table = open_sheet(found, register)
        report |= {"heads": list(table.heads), "rows": table.rows}
        if not report.get("mapped"):
            found.mapping = reading.propose(table.heads, register, remembered(found))
        report["sample"] = sample(table, register, found.mapping)
        made = _read(table, register, found.mapping)
        found.counts = _counts(made, _sent(found, register), progress)
        report |= {"unused": made.unused}
        found.errors = made.faults.head(SHOWN).to_dicts()
        found.state = State.CHECKED if made.records.height else State.FAILED
        if not made.records.height:
            report["failure"] = "文件里没有一行可以采用"
    except BadInput as error:
        found.counts, found.errors = {}, []
        found.state = State.RECEIVED if report.get("heads") else State.FAILED
        report["failure"] = error.reason + (f"（{error.hint}）" if error.hint else "")
    found.report = report
    with transaction.atomic():
        locked = RegisterFile.objects.select_for_update().get(pk=found.pk)
        if locked.state not in (State.STORED, State.STORING, State.DISCARDED):
            found.save(update_fields=["mapping", "counts", "errors", "report", "state"])


def preview(
    data: bytes, name: str, kind: str, source: Source | None, as_of: date, mapping: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What a file would bring, nothing kept and nothing stored: a dry run. BadInput when it cannot be used at all."""
    register = registers.get(kind)
    known = reading.known(register)
    table = sheet.read(data, name, limit=FROM_FILES, known=lambda head: spelt(head) in known)
    chosen = reading.propose(table.heads, register, mapping)
    made = _read(table, register, chosen)
    sent = storing.Delivery(register, source.pk if source else 0, as_of, source.confidence if source else "", None)
    counts = _counts(made, sent, lambda *_: None)
    return {"mapping": chosen, "unused": made.unused, "counts": counts, "errors": made.faults.to_dicts()}


def open_sheet(found: RegisterFile, register: Register) -> sheet.Sheet:
    known = reading.known(register)
    data = kept.read(FOLDER, found.sm3)
    return sheet.read(data, found.name, limit=FROM_FILES, known=lambda head: spelt(head) in known)


def remembered(found: RegisterFile) -> dict[str, str]:
    """How this source's columns were matched the last time a file of this register was stored."""
    last = RegisterFile.objects.filter(kind=found.kind, source=found.source, state=State.STORED).order_by("-id").first()
    return dict(last.mapping) if last else {}


def sample(table: sheet.Sheet, register: Register, mapping: Mapping[str, str]) -> list[list[str]]:
    """The first rows as they stand, personal data masked: what the person sees who matches the columns."""
    hide = [_mask(register, mapping.get(head, "")) for head in table.heads]
    rows = table.frame.head(SAMPLE).select(table.heads).rows()
    return [[cover(cell[:60]) for cover, cell in zip(hide, row, strict=True)] for row in rows]


def _mask(register: Register, name: str) -> Callable[[str], str]:
    if name == "bank_account":
        return mask_account
    if register.about == "person" and name in ("key", "name"):
        return mask_id if name == "key" else mask_name
    return _mask_numbers


def mask_account(account: str) -> str:
    """An account keeps its last four digits."""
    return "*" * max(0, len(account) - 4) + account[-4:] if len(account) > 4 else "*" * len(account)


def _mask_numbers(text: str) -> str:
    """Numbers that look like a person's, in a column nobody has named yet."""
    if re.fullmatch(r"\d{17}[\dXx]|\d{15}", text):
        return mask_id(text)
    return (
        mask_phone(text)
        if re.fullmatch(r"1\d{10}", text)
        else mask_account(text)
        if re.fullmatch(r"\d{16,19}", text)
        else text
    )


def _read(table: sheet.Sheet, register: Register, mapping: Mapping[str, str]) -> reading.Reading:
    """The pure reading, and what only the directory knows: which areas there are."""
    made = reading.read(table, register, mapping)
    names = made.records["area"].drop_nulls().unique().to_list()
    places = _areas(names)
    head = next((head for head, name in mapping.items() if name == "area"), "")
    made.records = made.records.with_columns(
        area_id=pl.col("area").replace_strict(places, default=None, return_dtype=pl.Int64)
    )
    lost = made.records.filter(pl.col("area").is_not_null() & pl.col("area_id").is_null())
    if lost.height:
        why = pl.format("区域表里没有“{}”，或不止一个", pl.col("area"))
        faults = lost.select("line", pl.lit(head).alias("column"), why.alias("reason"), pl.lit("wrong").alias("sort"))
        made.faults = pl.concat([made.faults, faults]).sort("line", maintain_order=True)
        made.records = made.records.join(lost.select("line"), on="line", how="anti", maintain_order="left")
    return made


def _areas(names: list[str]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for pk, name, code in Area.objects.filter(valid_until__isnull=True).values_list("pk", "name", "code"):
        for word in {name, code}:
            found.setdefault(word, []).append(pk)
    return {name: found[name][0] for name in names if len(found.get(name, [])) == 1}


def _sent(found: RegisterFile, register: Register) -> storing.Delivery:
    return storing.Delivery(register, found.source_id, found.as_of, found.source.confidence, found.pk)


def _counts(made: reading.Reading, sent: storing.Delivery, progress: Callable[[str, int, int], None]) -> dict[str, int]:
    total = dict.fromkeys(storing.COUNTS, 0)
    done = 0
    for rows in storing.chunks(made.records):
        with transaction.atomic():
            for name, number in storing.count(rows, sent).items():
                total[name] += number
        done += rows.height
        progress("与现有名册比较", done, made.records.height)
    return {
        "rows": made.rows, "records": made.records.height, "wrong": made.wrong, "duplicates": made.duplicates,
        "faults": made.faults.height, **total,
    }  # fmt: skip


def faults(found: RegisterFile) -> pl.DataFrame:
    """Everything wrong with a file, row by row: read again, so that nothing personal need be kept."""
    register = registers.get(found.kind)
    try:
        return _read(open_sheet(found, register), register, found.mapping).faults
    except BadInput as error:
        return pl.DataFrame(
            [{"line": error.line or 0, "column": error.field, "reason": error.reason, "sort": "wrong"}],
            schema=reading.FAULTS,
        )


def confirm(found: RegisterFile, *, by: Actor, partial: bool = False, inline: bool = False) -> RegisterFile:
    """导入: store what the check found good. `partial`: the person knows that rows with errors are left out.

    Small files are stored at once; a large one goes on in the background and can be left alone.
    """
    with recording():
        locked = RegisterFile.objects.select_for_update().get(pk=found.pk)
        if locked.state not in (State.CHECKED, State.STORING):
            raise Refused(f"这个文件{locked.get_state_display()}，不能导入")
        wrong = locked.counts.get("wrong", 0)
        if wrong and not partial and locked.state == State.CHECKED:
            raise Refused(f"有 {wrong} 行出错；改好后重新上传，或选择“只导入没有错的行”")
        fresh = locked.state == State.CHECKED
        if fresh:
            locked.state, locked.done = State.STORING, 0
            locked.report = {**locked.report, "partial": bool(wrong)}
            locked.save(update_fields=["state", "done", "report"])
            told = {"sm3": locked.sm3, "counts": locked.counts, "mapping": locked.mapping, "partial": bool(wrong)}
            append("benefits.register_confirmed", by=by, subject=locked.subject, data=told)
    if inline or locked.size <= AT_ONCE:
        store(locked, by=by)
    else:
        key = f"{STORE}:{locked.pk}:{locked.report.get('tries', 0)}"
        job = jobs.enqueue(STORE, {"file": locked.pk, "user": by.user_id, "by": by.name}, by=by, key=key)
        if job.state == "failed":  # the import stopped before: it goes on where it was
            jobs.retry(job, by)
    locked.refresh_from_db()
    return locked


def store(
    found: RegisterFile, *, by: Actor = SYSTEM, progress: Callable[[str, int, int], None] = lambda *_: None
) -> dict[str, int]:
    """Store a confirmed file from where it stopped. Each chunk and how far it got are one transaction."""
    register = registers.get(found.kind)
    made = _read(open_sheet(found, register), register, found.mapping)
    sent, total = _sent(found, register), made.records.height
    for at in range(found.done, total, storing.CHUNK):
        rows = made.records.slice(at, storing.CHUNK)
        if not _store_chunk(found, rows, at, sent):
            raise Refused("这个文件正由另一个任务导入")
        progress("导入", min(at + storing.CHUNK, total), total)
    with recording():
        locked = RegisterFile.objects.select_for_update().get(pk=found.pk)
        if locked.state != State.STORING or locked.done < total:
            return dict(locked.report.get("stored", {}))
        locked.state, locked.stored_at = State.STORED, when.now()
        locked.save(update_fields=["state", "stored_at"])
        stored = dict(locked.report.get("stored", {}))
        told = {"sm3": locked.sm3, "kind": locked.kind, "source": locked.source.code, "as_of": locked.as_of,
                "stored": stored, "left_out": locked.counts.get("wrong", 0)}  # fmt: skip
        append("benefits.register_stored", by=by, subject=locked.subject, data=told)
    return stored


def _store_chunk(found: RegisterFile, rows: pl.DataFrame, at: int, sent: storing.Delivery) -> bool:
    with transaction.atomic():
        locked = RegisterFile.objects.select_for_update().get(pk=found.pk)
        if locked.state != State.STORING or locked.done != at:
            return False
        counted, shared = storing.store(rows, sent)
        moved = disputes.refresh(shared)
        stored = dict(locked.report.get("stored", {}))
        for name, number in {**counted, "disputes": moved["opened"]}.items():
            stored[name] = stored.get(name, 0) + number
        locked.report = {**locked.report, "stored": stored}
        locked.done = at + rows.height
        locked.save(update_fields=["report", "done"])
    return True


def discard(found: RegisterFile, *, by: Actor) -> None:
    """放弃: nothing of a file that was not confirmed enters the registers. The bytes stay."""
    with recording():
        locked = RegisterFile.objects.select_for_update().get(pk=found.pk)
        if locked.state not in (State.RECEIVED, State.CHECKED, State.FAILED):
            raise Refused(f"这个文件{locked.get_state_display()}，不能放弃")
        locked.state = State.DISCARDED
        locked.save(update_fields=["state"])
        append("benefits.register_discarded", by=by, subject=locked.subject, data={"sm3": locked.sm3})


@jobs.job(CHECK)
def check_job(job: jobs.Running) -> dict[str, Any]:
    found = RegisterFile.objects.select_related("source").get(pk=job.args["file"])
    check(found, job.progress)
    return {"state": found.state, "counts": found.counts}


@jobs.job(STORE)
def store_job(job: jobs.Running) -> dict[str, Any]:
    found = RegisterFile.objects.select_related("source").get(pk=job.args["file"])
    by = Actor(job.args["by"], user_id=job.args["user"])
    return {"stored": store(found, by=by, progress=job.progress)}
