"""来源分歧: sources that disagree are kept side by side until a person chooses, with a reason; corrections by hand.

Nothing is overwritten: a choice holds while the sources say what they said then, other values open the question again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from luoshi.benefits import cells, registers
from luoshi.benefits.assembling import said_of
from luoshi.benefits.models import Dispute, Matter, Record, RecordPast, Source, Subject
from luoshi.benefits.registers import Column, Register
from luoshi.benefits.resolving import HAND, HAND_NAME, Said, resolve
from luoshi.kernel import when
from luoshi.kernel.canonical import dumps, sm3
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording

Owner = tuple[int, int | None]  # subject, matter


def refresh(owners: Sequence[Owner]) -> dict[str, int]:
    """Bring the disputes about these subjects and events up to date. Inside the transaction that changed records.

    Returns how many are `opened` (new, or other values than were chosen from) and `gone` (the sources agree now).
    """
    counts = {"opened": 0, "gone": 0}
    if not owners:
        return counts
    records: dict[Owner, list[Said]] = {}
    for record in Record.objects.filter(_of(owners)).select_related("source"):
        records.setdefault((record.subject_id, record.matter_id), []).append(said_of(record))
    known = {(row.subject_id, row.matter_id, row.fact): row for row in Dispute.objects.filter(_of(owners))}
    fresh: list[Dispute] = []
    moved: list[Dispute] = []
    for owner in dict.fromkeys(owners):
        found = resolve(records.get(owner, []), {})
        for fact, those in found.disputed.items():
            row = known.pop((*owner, fact), None) or Dispute(subject_id=owner[0], matter_id=owner[1], fact=fact)
            if _tell(row, fact, those):
                (moved if row.pk else fresh).append(row)
                counts["opened"] += 1
    for (subject, matter, _), row in known.items():
        if (subject, matter) in records and row.state != Dispute.State.GONE:
            row.state = Dispute.State.GONE
            moved.append(row)
            counts["gone"] += 1
    Dispute.objects.bulk_create(fresh, batch_size=500)
    Dispute.objects.bulk_update(moved, ["values", "fingerprint", "state", "found_at"], batch_size=200)
    return counts


def _of(owners: Sequence[Owner]) -> Q:
    matters = [matter for _, matter in owners if matter is not None]
    subjects = [subject for subject, matter in owners if matter is None]
    return Q(matter__in=matters) | Q(matter__isnull=True, subject__in=subjects)


def _tell(row: Dispute, fact: str, those: Iterable[Said]) -> bool:
    """What each source says now; whether that is another question than the one known."""
    name = fact.partition("@")[0]
    told = [
        {"source": one.source, "name": one.source_name, "value": one.values[name], "as_of": one.as_of.isoformat(),
         "record": one.record}
        for one in those
    ]  # fmt: skip
    mark = sm3(dumps(sorted([one["source"], dumps(one["value"])] for one in told)))
    if row.pk and row.fingerprint == mark and row.state != Dispute.State.GONE:
        return False
    row.values, row.fingerprint, row.state, row.found_at = told, mark, Dispute.State.OPEN, when.now()
    return True


def settle(pk: int, value: Any, reason: str, user: Any, *, via: str = "web") -> Dispute:
    """核定: choose what one of the sources says. Refused when they have changed meanwhile to agree."""
    if len(reason.strip()) < 2:
        raise BadInput("请写明理由", field="reason")
    with recording():
        row = Dispute.objects.select_for_update(of=("self",)).select_related("subject", "matter").get(pk=pk)
        if row.state == Dispute.State.GONE:
            raise Refused("各来源已经一致，不用再核定")
        mark = dumps(value)
        said = next((one for one in row.values if dumps(one["value"]) == mark), None)
        if said is None:
            raise BadInput("没有一个来源是这样写的；都不对时，请用“人工核定”改正", field="value")
        _decide(row, value, said["source"], reason, user, via)
    return row


def _decide(row: Dispute, value: Any, source: str, reason: str, user: Any, via: str) -> None:
    row.state, row.chosen, row.reason = Dispute.State.DECIDED, value, reason.strip()
    row.chosen_source = Source.objects.filter(code=source).first()
    row.by, row.user_id, row.decided_at = str(user.as_actor(via).name), user.pk, when.now()
    row.save()
    _follow(row)
    append(
        "benefits.dispute_settled",
        by=user.as_actor(via),
        subject=row.subject.subject,
        data={"matter": row.matter_id, "fact": row.fact, "values": row.values, "chosen": value, "reason": row.reason},
    )


def _follow(row: Dispute) -> None:
    """An event stands on the day that was chosen for it."""
    column = column_of(row.matter.kind if row.matter else "", row.fact) if row.matter else None
    if row.matter is not None and column is not None and column[1].day and row.chosen:
        Matter.objects.filter(pk=row.matter.pk).update(date=row.chosen)


def correct(owner: Subject | Matter, fact: str, value: Any, reason: str, user: Any, *, via: str = "web") -> Record:
    """人工核定: a record of its own source with its reason; what the sources say stays beside it.

    `fact` as the registers know it, a figure of a year as `turnover_year_yuan@2024`.
    """
    if len(reason.strip()) < 2:
        raise BadInput("请写明理由", field="reason")
    matter = owner if isinstance(owner, Matter) else None
    subject = owner.subject if isinstance(owner, Matter) else owner
    found = column_of(matter.kind if matter else "", fact)
    if found is None or found[0].has_matter != (matter is not None):
        raise BadInput("这里没有这个事实", field="fact")
    register, column = found
    kept = _kept(column, value)
    if kept is None:
        raise BadInput("请填写核定的值", field="value")
    name, _, year = fact.partition("@")
    part = f"{register.key}/{year}" if year else register.key
    with recording():
        source, _ = Source.objects.get_or_create(
            code=HAND, defaults={"name": HAND_NAME, "priority": 1, "confidence": "official"}
        )
        rows = Record.objects.select_for_update().filter(source=source, part=part)
        row = (rows.filter(matter=matter) if matter else rows.filter(subject=subject, matter__isnull=True)).first()
        before = row.values.get(name) if row else None
        row = _write(row, subject, matter, source, part, {name: kept})
        refresh([(subject.pk, matter.pk if matter else None)])
        about = Dispute.objects.filter(subject=subject, matter=matter, fact=fact, state=Dispute.State.OPEN).first()
        append(
            "benefits.fact_corrected",
            by=user.as_actor(via),
            subject=subject.subject,
            data={"matter": matter.pk if matter else None, "fact": fact, "value": kept, "before": before,
                  "reason": reason.strip()},
        )  # fmt: skip
        if about is not None:
            _decide(about, kept, HAND, reason, user, via)
        elif matter is not None and column.day:
            Matter.objects.filter(pk=matter.pk).update(date=kept)
    return row


def _write(
    row: Record | None, subject: Subject, matter: Matter | None, source: Source, part: str, said: dict[str, Any]
) -> Record:
    now = when.now()
    if row is None:
        row = Record(subject=subject, matter=matter, source=source, part=part, confidence="official")
    else:
        RecordPast.objects.create(
            record=row, values=row.values, as_of=row.as_of, file=row.file, row_no=row.row_no, since=row.changed_at
        )
    row.values = {**row.values, **said}
    row.digest, row.as_of, row.changed_at = sm3(dumps(row.values)), when.today(), now
    row.save()
    return row


def _kept(column: Column, value: Any) -> Any:
    """A value as typed by a person in the spelling of records. BadInput when it does not fit the fact."""
    assert column.type is not None
    try:
        if isinstance(value, str) and not column.listed:
            value = column.words.get(value.strip(), value)
        return cells.kept(column.type, value)
    except ValueError as error:
        raise BadInput(str(error), field="value") from None


def column_of(kind: str, fact: str, pack: str = "jccq") -> tuple[Register, Column] | None:
    """The register and column that state a fact of an event of `kind`, or of a subject when `kind` is ""."""
    from luoshi.benefits import catalogue

    name = fact.partition("@")[0]
    for slug in catalogue.slugs(pack):
        for register in registers.read(slug, pack).values():
            kinds = set(register.matters.values()) | {register.matter} if register.has_matter else {""}
            if kind in kinds:
                for column in register.facts:
                    if column.fact == name and not column.part:
                        return register, column
    return None


def label_of(kind: str, fact: str) -> str:
    """What people call a fact: `营业额（2024 年）`."""
    found = column_of(kind, fact)
    year = fact.partition("@")[2]
    head = found[1].head if found else fact.partition("@")[0]
    return f"{head}（{year} 年）" if year else head


def outcomes(row: Dispute) -> list[dict[str, Any]]:
    """What each value would decide: per value, per event and measure, status and amount. Nothing is stored."""
    from luoshi.benefits import assembling, catalogue, deciding, engine, settling

    events = [row.matter] if row.matter else list(row.subject.matters.all()[:20])
    pack = catalogue.pack_in_use()
    found = []
    for rule, measures in catalogue.rules(pack):
        names = assembling.names_in(rule.key, pack)
        in_force = None
        for event in events:
            if event.kind not in assembling.kinds_of(rule):
                continue
            uses = [name for name in _uses(row.fact, event, measures.slug, pack) if name in names]
            if not uses:
                continue
            in_force = in_force or settling.in_force(measures.slug)
            facts, _, _ = deciding.facts_for(event, rule.key)
            for number, said in enumerate(row.values):
                given = {**facts, **dict.fromkeys(uses, said["value"])}
                result = engine.decide(rule.key, given, when.today(), in_force.given, pack=pack)
                found.append(
                    {"number": number, "measure": rule.key, "name": rule.name, "event": event, **_short(result)}
                )
    return found


def _short(result: dict[str, Any]) -> dict[str, Any]:
    amount = result["amount_yuan"]
    return {"status": result["status"], "amount_yuan": amount, "unit": result["unit"], "why": result["why"]}


def _uses(fact: str, event: Matter, slug: str, pack: str) -> list[str]:
    """The facts of the rules that a disputed fact is for this event."""
    from luoshi.benefits import assembling

    name, _, year = fact.partition("@")
    if not year:
        return [name]
    uses = assembling.yearly(slug, pack).get(name, {})
    return [rule for rule, offset in uses.items() if event.date and event.date.year - offset == int(year)]


def open_count() -> int:
    return Dispute.objects.filter(state=Dispute.State.OPEN).count()
