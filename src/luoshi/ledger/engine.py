"""The chain itself: how an entry is sealed to the one before, and how a broken chain is found. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from luoshi.kernel.canonical import dumps, sm3

GENESIS = "0" * 64
KEPT_PROBLEMS = 200  # a report stays readable when a whole ledger was rewritten; all are still counted


class Row(NamedTuple):
    """One stored entry, columns as stored. `at` is an aware datetime or ISO text with an offset."""

    seq: int
    at: datetime | str
    kind: str
    subject: str
    actor: str
    payload: str
    prev_hash: str
    hash: str


class Mark(NamedTuple):
    """A place in the chain that is known from elsewhere: the head row, or a seal published earlier."""

    seq: int
    hash: str
    origin: str = "head"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and at which entry. `sort`: edited | removed | reordered | inserted | head | seal."""

    seq: int
    sort: str
    message: str


@dataclass(slots=True)
class Report:
    """The answer of a verification. `problem_count` counts all; `problems` keeps the first `KEPT_PROBLEMS`."""

    entries: int = 0
    first_seq: int = 0
    head_seq: int = 0
    head_hash: str = GENESIS
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.problem_count == 0

    def add(self, seq: int, sort: str, message: str) -> None:
        self.problem_count += 1
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(Problem(seq, sort, message))

    def join(self, later: Report) -> None:
        """Add the report of the part that follows."""
        self.entries += later.entries
        self.head_seq, self.head_hash = later.head_seq, later.head_hash
        self.problem_count += later.problem_count
        self.problems = (self.problems + later.problems)[:KEPT_PROBLEMS]

    def to_json(self) -> dict[str, Any]:
        problems = [{"seq": p.seq, "sort": p.sort, "message": p.message} for p in self.problems]
        return {
            "ok": self.ok,
            "entries": self.entries,
            "first_seq": self.first_seq,
            "head_seq": self.head_seq,
            "head_hash": self.head_hash,
            "problem_count": self.problem_count,
            "problems": problems,
        }


def payload_of(seq: int, at: datetime, kind: str, subject: str, actor: Mapping[str, Any], **rest: Any) -> str:
    """Canonical JSON of a whole entry; `rest` is cites, data and, for virtual time, recorded_at."""
    return dumps({"seq": seq, "at": at, "kind": kind, "subject": subject, "actor": actor, **rest})


def seal(prev_hash: str, payload: str) -> str:
    """What joins an entry to the one before: SM3 of the previous hash followed by the payload's own SM3.

    The payload enters as its digest, so that a chain can be shown unbroken without showing what its other entries say.
    """
    return link(prev_hash, digest(payload))


def link(prev_hash: str, payload_digest: str) -> str:
    return digest(prev_hash + payload_digest)


def _digester() -> Callable[[str], str]:
    try:
        base = hashlib.new("sm3")
    except ValueError:  # an OpenSSL without SM3: the kernel knows another way
        return sm3

    def digest(text: str) -> str:
        copy = base.copy()  # a copy is cheaper than looking the algorithm up again
        copy.update(text.encode())
        return copy.hexdigest()

    return digest


digest = _digester()


def verify_chain(
    rows: Iterable[Row | tuple[Any, ...]],
    *,
    head: Mark | None = None,
    seals: Iterable[Mark] = (),
    start: Mark | None = None,
) -> Report:
    """Walk `rows` in stored order and name every entry that was edited, removed, reordered or inserted.

    `head`: the head row (finds removed last entries and added ones). `seals`: marks published earlier (find a chain
    that was re-computed as a whole). `start`: the mark before the first row of a part; None = from the beginning.
    """
    report = Report(head_seq=start.seq if start else 0, head_hash=start.hash if start else GENESIS)
    wanted = {mark.seq: mark for mark in seals}
    first = report.head_seq + 1
    previous_seq, previous_hash = report.head_seq, report.head_hash
    report.first_seq = first
    for row in rows:
        seq, _, _, _, _, payload, prev_hash, stored = row
        report.entries += 1
        if seq != previous_seq + 1:
            _misplaced(report, seq, previous_seq)
        if digest(prev_hash + digest(payload)) != stored:
            report.add(seq, "edited", "内容与摘要不符，已被改动")
        elif prev_hash != previous_hash and seq == previous_seq + 1:
            _unlinked(report, seq, first)  # it is itself sound: the one before is not the one it was chained to
        if (fault := _columns_differ(row)) is not None:
            report.add(seq, *fault)
        if seq in wanted and wanted.pop(seq).hash != stored:
            report.add(seq, "seal", "与先前公布的封存摘要不符，这一条或更早的记录已被改写")
        previous_seq, previous_hash = (seq if seq > previous_seq else previous_seq), stored
    report.head_seq, report.head_hash = previous_seq, previous_hash
    _check_end(report, head, wanted.values(), first)
    return report


def _misplaced(report: Report, seq: int, previous: int) -> None:
    if seq > previous:
        missing = f"{previous + 1}" if seq == previous + 2 else f"{previous + 1}—{seq - 1}"
        report.add(previous + 1, "removed", f"缺第 {missing} 条，已被删除")
    elif seq < 1:
        report.add(seq, "inserted", "序号不是台账的序号，是插入的")
    else:
        report.add(seq, "reordered", f"排在第 {previous} 条之后，次序被打乱")


def _unlinked(report: Report, seq: int, first: int) -> None:
    if seq == first:
        report.add(seq, "edited", "第一条没有接在起点上，起点之后的记录被替换")
    else:
        report.add(seq - 1, "inserted", f"第 {seq} 条当时不是接在这一条之后：这一条是替换或插入的")


def _columns_differ(row: Row | tuple[Any, ...]) -> tuple[str, str] | None:
    """The columns repeat the payload; a difference means that someone touched one of the two."""
    seq, at, kind, subject, actor, payload, _, _ = row
    # Canonical JSON has one spelling, so most rows are settled by comparing text: four times faster than parsing.
    ending = f'"kind":"{kind}","seq":{seq},"subject":"{subject}"}}'
    if payload.endswith(ending) and payload.startswith(f'{{"actor":{{"name":"{actor}","post":"'):
        start = payload.find('},"at":"') + 8
        try:
            if _same_time(payload[start : payload.index('"', start)], at):
                return None
        except ValueError:
            pass
    return _columns_differ_slowly(row)


def _columns_differ_slowly(row: Row | tuple[Any, ...]) -> tuple[str, str] | None:
    seq, at, kind, subject, actor, payload, _, _ = row
    try:
        said = json.loads(payload)
        if said["seq"] != seq:
            return "reordered", f"内容自称是第 {said['seq']} 条，次序被打乱或插入了记录"
        who = said["actor"]["name"]
        if (said["kind"], said["subject"], who) != (kind, subject, actor) or not _same_time(said["at"], at):
            return "edited", "检索列与内容不符，已被改动"
    except (ValueError, KeyError, TypeError):
        return "edited", "内容不是一条台账记录"
    return None


def _same_time(said: str, stored: datetime | str) -> bool:
    if isinstance(stored, str):
        return stored == said or datetime.fromisoformat(said) == datetime.fromisoformat(stored)
    return datetime.fromisoformat(said) == stored


def _check_end(report: Report, head: Mark | None, unseen: Iterable[Mark], first: int) -> None:
    last = report.head_seq
    for mark in unseen:
        if mark.seq > last:
            report.add(mark.seq, "seal", f"封存过第 {mark.seq} 条，台账却只到第 {last} 条：末尾被删除")
        elif mark.seq >= first:
            report.add(mark.seq, "seal", "封存过的记录不在台账里")
    if head is None:
        return
    if head.seq > last:
        report.add(last + 1, "removed", f"台账应到第 {head.seq} 条，只到第 {last} 条：末尾被删除")
    elif head.seq < last:
        report.add(head.seq + 1, "inserted", f"台账末端记为第 {head.seq} 条，其后的记录是插入的")
    elif head.hash != report.head_hash:
        report.add(last, "head", "末端摘要与最后一条不符，最后一条被替换")
