"""Storing a checked register: all rows or none, without anybody having to wait for it.

Rows are laid aside in chunks, each a transaction of its own, where no reader sees them (`Resident.objects`); when all
are there, one small transaction puts them in force. An attempt that breaks off leaves the register as it was; what it
laid aside is cleared by the next one.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction

from luoshi.directory import register_file
from luoshi.directory.models import RegisterFile, Resident
from luoshi.kernel import later
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append

STORE = "directory.register_store"
CHUNK = 500  # rows of one transaction: other writers wait for one of them at most
State = RegisterFile.State


class Overtaken(Refused):
    """Another worker stores the file now; what this one laid aside is the other's to clear."""


def confirm(kept: RegisterFile, *, by: Actor) -> int | None:
    """Store a checked file, a large one in the background (None). Returns how many residents were added."""
    with transaction.atomic():
        locked = RegisterFile.objects.select_for_update().get(pk=kept.pk)
        if locked.state != State.CHECKED and not (locked.state == State.STORING and _idle(locked)):
            raise Refused(f"这个文件{locked.get_state_display()}，不能再导入")
        if locked.size <= register_file.AT_ONCE:
            return store(locked, by=by)
        RegisterFile.objects.filter(pk=kept.pk).update(state=State.STORING)
    locked.refresh_from_db()
    register_file.have_done(locked, STORE, by=by)
    return None


@later.work(STORE)
def store_later(args: dict[str, Any], tell: later.Tell) -> dict[str, int]:
    kept = RegisterFile.objects.get(pk=args["file"])
    if kept.state == State.STORED:
        return {"rows": kept.report.get("rows", 0)}
    return {"rows": store(kept, by=Actor(**args["by"]), tell=tell)}


def store(kept: RegisterFile, *, by: Actor, tell: later.Tell = lambda *_: None) -> int:
    """Store a checked file, every row checked once more. Returns how many residents were added.

    BadInput or Refused when it no longer fits: the file is `checked` again and can be tried again.
    """
    attempt = _begin(kept)
    for left in RegisterFile.objects.filter(state__in=[State.CHECKED, State.STORING]):
        tried = attempt > 1 if left.pk == kept.pk else _attempt(left) > 0 and _idle(left)
        if tried:
            _clear(left.pk, _attempt(left))
    try:
        report = _lay_aside(kept, attempt, tell)
    except Overtaken:
        raise
    except (BadInput, Refused):
        _clear(kept.pk, attempt)
        RegisterFile.objects.filter(pk=kept.pk, state=State.STORING).update(state=State.CHECKED)
        raise
    with transaction.atomic():
        locked = _ours(kept.pk, attempt)
        locked.state = State.STORED
        locked.save(update_fields=["state"])
        told = {"sha256": locked.sha256, "rows": report.rows, "areas": report.areas, "source": locked.source}
        append("directory.register_imported", by=by, subject=f"register:{locked.pk}", data=told)
    return report.rows


def _idle(kept: RegisterFile) -> bool:
    """Whether no worker has the file, or one had it and stopped."""
    waits = register_file.standing(kept)
    return waits is None or waits.over


def _attempt(kept: RegisterFile) -> int:
    return int(kept.report.get("attempt", 0))


def _begin(kept: RegisterFile) -> int:
    """From here on this attempt alone may add rows of the file."""
    with transaction.atomic():
        locked = RegisterFile.objects.select_for_update().get(pk=kept.pk)
        if locked.state not in (State.CHECKED, State.STORING):
            raise Refused(f"这个文件{locked.get_state_display()}，不能再导入")
        locked.state = State.STORING
        locked.report = {**locked.report, "attempt": _attempt(locked) + 1}
        locked.save(update_fields=["state", "report"])
    return _attempt(locked)


def _ours(pk: int, attempt: int) -> RegisterFile:
    """The file, locked, while this attempt still has it."""
    locked = RegisterFile.objects.select_for_update().get(pk=pk)
    if locked.state == State.STORED or _attempt(locked) != attempt:
        raise Overtaken("这个文件已由另一个后台任务接着导入")
    return locked


def _lay_aside(kept: RegisterFile, attempt: int, tell: later.Tell) -> register_file.Report:
    data, report = register_file.path_of(kept.sha256).read_bytes(), register_file.Report()
    rows = register_file.residents(data, kept.name, kept.source, report)
    while batch := list(islice(rows, CHUNK)):
        with transaction.atomic():
            _add(batch, _ours(kept.pk, attempt))
        tell("正在导入", report.rows, int(kept.report.get("rows", 0)))
    if report.wrong:
        line, column, reason = report.errors[0]
        raise BadInput(f"检查以后底册有了变化：{reason}", file=kept.name, line=line, field=column)
    return report


def _add(batch: list[Resident], file: RegisterFile) -> None:
    for row in batch:
        row.file = file
    try:
        with transaction.atomic():
            Resident.everyone.bulk_create(batch)
    except IntegrityError:  # another import brought the same number at the same moment
        raise Refused("导入期间底册有了变化，请重新上传检查") from None


def _clear(pk: int, attempt: int) -> None:
    """Take away what an attempt that came to nothing laid aside; nothing when another one has begun."""
    cleared = False
    while not cleared:
        with transaction.atomic():
            try:
                _ours(pk, attempt)
            except Overtaken:
                return
            rows = Resident.everyone.filter(file=pk).order_by("-pk").values_list("pk", flat=True)
            gone = list(rows[:CHUNK])
            Resident.everyone.filter(pk__in=gone).delete()
            cleared = len(gone) < CHUNK
