"""Reads of the registers for screens and the API: who there is, what is known of one, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from luoshi.benefits import disputes, registers
from luoshi.benefits.assembling import said_of
from luoshi.benefits.importing import mask_account
from luoshi.benefits.models import Dispute, Matter, Record, RecordPast, RegisterFile, Source, Subject
from luoshi.benefits.models.register import CONFIDENCES, MATTER_KINDS
from luoshi.benefits.resolving import named, resolve, year_of
from luoshi.kernel import money
from luoshi.kernel.errors import BadInput
from luoshi.kernel.masking import mask_name

WORDS = {
    "new": "新评定", "review": "复核", "pass": "通过", "fail": "不通过", "star": "星级评定", "green": "绿色标识",
    "brand": "品牌落地", "homestay": "民宿评定", "interest": "贷款贴息", "contest": "技能大赛", "talent": "人才补贴",
}  # fmt: skip
PERSONAL = {"name": "姓名", "bank_account": "银行账号"}


@dataclass(frozen=True, slots=True)
class Voice:
    """What one source says, or said until `until`."""

    source: str
    value: str
    as_of: Any
    confidence: str
    file: RegisterFile | None
    row_no: int | None
    until: Any = None


@dataclass(slots=True)
class FactLine:
    """A fact as the page shows it. `state`: known | unknown | disputed | settled."""

    fact: str
    label: str
    value: str
    state: str
    voices: list[Voice] = field(default_factory=list)
    past: list[Voice] = field(default_factory=list)
    dispute: Dispute | None = None


@dataclass(slots=True)
class Block:
    """The facts of the subject itself (`matter` None) or of one event."""

    matter: Matter | None
    title: str
    facts: list[FactLine]


def event_title(matter: Matter) -> str:
    """What people call an event; its key is for machines."""
    return matter.title or " ".join(
        filter(None, (MATTER_KINDS[matter.kind], f"{matter.date:%Y}" if matter.date else ""))
    )


def subjects() -> QuerySet[Subject]:
    open_ = Count("disputes", filter=Q(disputes__state=Dispute.State.OPEN), distinct=True)
    return Subject.objects.select_related("area", "employer").annotate(
        events=Count("matters", distinct=True), open_disputes=open_
    )


def shown_name(subject: Subject) -> str:
    return mask_name(subject.name) if subject.kind == "person" else subject.name


def shown_key(subject: Subject) -> str:
    """A person's key is a digest: its first letters tell two people of one name apart."""
    return f"编号 {subject.key[:8]}" if subject.kind == "person" else subject.key


def masked(subject: Subject) -> dict[str, str]:
    """Personal data as people see it who have not said why they need it. A business's name is public."""
    return {"name": shown_name(subject), "bank_account": mask_account(subject.bank_account)}


def blocks(subject: Subject) -> list[Block]:
    """Everything sources say of a subject and its events, with history. Five queries, whatever there is."""
    past = Prefetch("past", RecordPast.objects.select_related("file"))
    records = Record.objects.filter(subject=subject).select_related("source", "file").prefetch_related(past)
    rows = list(records.order_by("source__priority", "id"))
    settled = {(row.matter_id, row.fact): row for row in Dispute.objects.filter(subject=subject)}
    matters = list(subject.matters.order_by("-date", "-id"))
    made = [_block(None, "主体", [r for r in rows if r.matter_id is None], settled)]
    made += [_block(m, event_title(m), [r for r in rows if r.matter_id == m.pk], settled) for m in matters]
    return [block for block in made if block.facts or block.matter]


def _block(matter: Matter | None, title: str, rows: list[Record], settled: Mapping[Any, Dispute]) -> Block:
    owner = matter.pk if matter else None
    kind = matter.kind if matter else ""
    chosen = {fact: row.chosen for (m, fact), row in settled.items() if m == owner and row.state == "decided"}
    known = resolve([said_of(row) for row in rows], chosen)
    lines = []
    for name, value in known.values.items():
        torn = name in known.disputed
        state = "disputed" if torn else "settled" if name in known.settled else "unknown" if value is None else "known"
        line = FactLine(name, disputes.label_of(kind, name), spell(name, value), state)
        line.voices = [_voice(row, name) for row in rows if _says(row, name)]
        line.past = [old for row in rows if _says(row, name, past=True) for old in _earlier(row, name)]
        line.dispute = settled.get((owner, name))
        lines.append(line)
    return Block(matter, title, lines)


def _says(row: Record, name: str, past: bool = False) -> bool:
    fact = name.partition("@")[0]
    return named(fact, year_of(row.part)) == name and (past or fact in row.values)


def _voice(row: Record, name: str) -> Voice:
    value = spell(name, row.values[name.partition("@")[0]])
    return Voice(row.source.name, value, row.as_of, CONFIDENCES.get(row.confidence, ""), row.file, row.row_no)


def _earlier(row: Record, name: str) -> Iterable[Voice]:
    fact = name.partition("@")[0]
    after = row.values.get(fact)
    for old in row.past.all():  # newest first: only what differed from what came next is a change of this fact
        if fact in old.values and old.values[fact] != after:
            value = spell(name, old.values[fact])
            yield Voice(row.source.name, value, old.as_of, "", old.file, old.row_no, old.until)
        after = old.values.get(fact, after)


def spell(name: str, value: Any) -> str:
    """A kept value as people read it."""
    fact = name.partition("@")[0]
    if value is None:
        return "未知"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "；".join(_record(item) if isinstance(item, dict) else spell(fact, item) for item in value) or "没有"
    if isinstance(value, str) and fact.endswith("_yuan"):
        return money.yuan(money.fen(value))
    if isinstance(value, str) and fact.startswith("lpr"):
        return f"{(Decimal(value) * 100).normalize():f}%"
    return WORDS.get(value, value) if isinstance(value, str) else str(value)


def _record(item: Mapping[str, Any]) -> str:
    return " ".join(spell(name, value) for name, value in item.items() if value is not None)


def open_disputes() -> QuerySet[Dispute]:
    return Dispute.objects.select_related("subject", "matter", "chosen_source")


def files() -> QuerySet[RegisterFile]:
    return RegisterFile.objects.select_related("source")


def sources() -> QuerySet[Source]:
    return Source.objects.select_related("holder").annotate(facts=Count("records"))


def source_json(row: Source) -> dict[str, Any]:
    """A row of `sources()`."""
    return {
        "code": row.code,
        "name": row.name,
        "holder": row.holder.name if row.holder else "",
        "confidence": row.confidence,
        "records": getattr(row, "facts", 0),
    }


def register_choices(pack: str) -> list[tuple[str, str]]:
    """The registers of every document with measures: (key, name)."""
    from luoshi.benefits import catalogue

    return [
        (register.key, register.name)
        for slug in catalogue.slugs(pack)
        for register in registers.read(slug, pack).values()
    ]


def register_name(key: str) -> str:
    try:
        return registers.get(key).name
    except BadInput:  # a register of a pack no longer in use keeps its key
        return key


def what_of(row: Dispute) -> str:
    return disputes.label_of(row.matter.kind if row.matter else "", row.fact)


def status_word(status: str) -> str:
    from luoshi.benefits.models.claim import FINDING_STATUS

    return FINDING_STATUS.get(status, status)


def amount_word(outcome: Mapping[str, Any]) -> str:
    """The amount of a decision as people read it; a range with both ends."""
    amount = outcome["amount_yuan"]
    per = "／月" if outcome["unit"] == "yuan_per_month" else ""
    if amount is None:
        return "不在本文件计算"
    ends = amount if isinstance(amount, list) else [amount]
    return " 至 ".join(money.yuan(money.fen(str(end))) for end in ends) + per


def dispute_json(row: Dispute) -> dict[str, Any]:
    """One dispute for the API and the commands; people masked."""
    return {
        "id": row.pk,
        "subject": {"id": row.subject_id, "name": shown_name(row.subject)},
        "matter": event_title(row.matter) if row.matter else None,
        "fact": row.fact,
        "label": what_of(row),
        "state": row.state,
        "values": row.values,
        "chosen": row.chosen,
        "reason": row.reason,
        "by": row.by,
    }
