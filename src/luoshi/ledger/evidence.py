"""Building an evidence package from the ledger, with what other rooms add to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from luoshi.kernel.acting import Actor
from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput
from luoshi.ledger import actions, package, queries
from luoshi.ledger.engine import Mark, digest
from luoshi.ledger.models import Entry, Head
from luoshi.ledger.reading import rows
from luoshi.ledger.replays import replayer

__all__ = ["attach", "build", "export", "norm_source", "replayer", "seal", "seals", "take_seal"]

NormSource = Callable[[Sequence[str], datetime], Iterable[Mapping[str, Any]]]
Attachment = Callable[[str], Mapping[str, Any]]
F = TypeVar("F", bound=Callable[..., Any])
_norm_sources: list[NormSource] = []
_attachments: dict[str, Attachment] = {}


def norm_source(function: F) -> F:
    """Register who knows the text behind citations: (cites, moment) -> [{"cite", "version", "text"}] as of then."""
    if function not in _norm_sources:
        _norm_sources.append(function)
    return function


def attach(sort: str) -> Callable[[F], F]:
    """Register what a room adds for its subjects: `attach("duty")` gets "duty:17", returns facts and decision."""

    def register(function: F) -> F:
        _attachments[sort] = function
        return function

    return register


def build(subject: str) -> bytes:
    """The package of `subject`: entries, the chain to the present head, cited texts, facts. BadInput when unknown."""
    with transaction.atomic():
        entries = queries.history(subject)
        head = Head.objects.order_by("pk").first()
        if not entries or head is None:
            raise BadInput("台账里没有这一对象的记录", field=subject)
        chain = ((row[0], digest(row[5])) for row in rows(entries[0].seq - 1, head.seq))
        held = [{"seq": e.seq, "payload": e.payload, "prev_hash": e.prev_hash, "hash": e.hash} for e in entries]
        provide = _attachments.get(subject.partition(":")[0])
        return package.write(
            subject,
            held,
            chain,
            Mark(head.seq, head.hash),
            norms=_norms(entries),
            facts=provide(subject) if provide else {},
        )


def export(subject: str, by: Actor) -> bytes:
    """`build`, recorded: who took the evidence, and its digest. The package itself ends before that record."""
    data = build(subject)
    with transaction.atomic():
        actions.append(
            "ledger.evidence", by=by, subject=subject, data={"bytes": len(data), "sm3": package_digest(data)}
        )
    return data


def package_digest(data: bytes) -> str:
    from luoshi.kernel.canonical import sm3

    return sm3(data)


def _norms(entries: Sequence[Entry]) -> list[Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        wanted = [cite for cite in entry.cites if cite not in found]
        for source in _norm_sources if wanted else ():
            for norm in source(wanted, entry.at):
                found.setdefault(str(norm["cite"]), norm)
    return [found[cite] for cite in sorted(found)]


def seal() -> dict[str, Any]:
    """The end of the ledger as it stands, for publication elsewhere (a notice board, a gazette, another server)."""
    head = Head.objects.order_by("pk").first()
    last = Entry.objects.filter(seq=head.seq).first() if head else None
    if head is None or last is None:
        raise BadInput("台账还是空的，没有可以封存的内容")
    return {"format": package.SEAL_FORMAT, "seq": head.seq, "hash": head.hash, "at": last.at.isoformat()}


def folder() -> Path:
    """Where this installation keeps its own seals."""
    return Path(settings.DATA) / "seals"


def take_seal(by: Actor) -> Path | None:
    """Keep a seal among the data's files, once per head; None when nothing was added since the last. Recorded."""
    if not Entry.objects.exclude(kind="ledger.sealed").filter(seq__gt=_last_sealed()).exists():
        return None
    said = seal()
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / f"{said['seq']:012d}.json"
    path.write_text(dumps(said) + "\n", encoding="utf-8")
    with transaction.atomic():
        actions.append(
            "ledger.sealed", by=by, subject=f"seal:{said['seq']}", data={"seq": said["seq"], "hash": said["hash"]}
        )
    return path


def _last_sealed() -> int:
    last = Entry.objects.filter(kind="ledger.sealed").order_by("-seq").first()
    return int(last.data["seq"]) if last else 0


def seals(against: Iterable[str | Path] = (), *, own: bool = True) -> list[Mark]:
    """Seals to verify against: those named (files or folders), and this installation's own."""
    files: list[Path] = []
    for one in against:
        path = Path(one)
        files += sorted(path.glob("*.json")) if path.is_dir() else [path]
    if own and folder().is_dir():
        files += sorted(folder().glob("*.json"))
    marks = []
    for file in files:
        try:
            text = package.read_file(file).decode()
        except UnicodeDecodeError:
            raise BadInput("不是封存文件", file=file) from None
        marks += [package.read_seal(line, str(file)) for line in text.splitlines() if line.strip()]
    return marks


def shown(entry: Entry) -> str:
    """An entry's data as people may read it: indented JSON with Chinese kept."""
    return json.dumps(entry.content, ensure_ascii=False, indent=2, sort_keys=True)
