"""A claim is opened when a decision gives something, kept up to date until it is promised, ended when it falls."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from luoshi.benefits import rulebook, standing, telling
from luoshi.benefits.course import BEFORE, LIVE, OVER
from luoshi.benefits.deciding import Decided, Line
from luoshi.benefits.models import Claim, Matter, Subject
from luoshi.benefits.settling import in_force
from luoshi.clocks import actions as clocks
from luoshi.clocks.models import Clock
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.ledger.actions import recording

CONFIRM = "benefits.confirm"
PUBLICATION = "benefits.publication"
ANSWER = "benefits.answer"
RECOVERY = "benefits.recovery"
KINDS = (CONFIRM, PUBLICATION, ANSWER, RECOVERY)


def open_claims(
    matter: Matter, measure: str, decided: Decided, by: Actor, *, boundary: str = "", words: str = ""
) -> list[Claim]:
    """Open what `decided` gives and is not open yet; bring up to date what is. `boundary`: why a person must rule.

    A claim a person refused or the subject gave up is not opened again while facts and settings are the same.
    """
    opened = []
    with recording():
        for line in decided.lines:
            live = Claim.objects.select_for_update().filter(
                measure=measure, limb=line.limb, matter=matter, state__in=LIVE
            )
            if found := live.first():
                refresh(found, decided, line, by)
            elif not _settled_against(matter, measure, line.limb, decided):
                made = _open(matter, measure, decided, line, by, boundary, words)
                if made is not None:
                    opened.append(made)
    return opened


def _settled_against(matter: Matter, measure: str, limb: str, decided: Decided) -> bool:
    last = Claim.objects.filter(measure=measure, limb=limb, matter=matter, state__in=OVER).order_by("-id").first()
    if last is None or not last.events.filter(act__in=("refuse", "give_up", "recognise")).exists():
        return False
    return _basis(last.decision) == _basis(decided.record)


def _basis(record: Any) -> tuple[Any, Any, Any]:
    digests = record.get("digests", {})
    facts = {name: value for name, value in record.get("facts", {}).items() if name not in _STATED}
    return facts, digests.get("settings"), digests.get("pack")


_STATED = ("recognition", "human_approval", "approval_date", "months_already_paid")


def _open(
    matter: Matter, measure: str, decided: Decided, line: Line, by: Actor, boundary: str, words: str
) -> Claim | None:
    needs = [_need(need.sort, need.cite, need.why, need.fact) for need in decided.needs]
    if boundary and not any(need["sort"] == "ruling" for need in needs):
        needs.insert(0, _need("ruling", "25:三(一)", boundary))
    claim = Claim(
        number=f"new-{matter.pk}-{line.limb}",
        measure=measure,
        limb=line.limb,
        title=f"{decided.title} {line.name}",
        cite=line.cite,
        subject=matter.subject,
        payee=_payee(matter.subject, measure),
        matter=matter,
        event_date=matter.date,
        state="review" if any(need["sort"] == "ruling" for need in needs) else "found",
        needs=needs,
        synthetic=matter.subject.synthetic,
        found_at=when.now(),
    )
    set_decision(claim, decided, line)
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError:  # another worker opened it between our look and our write
        return None
    claim.number = f"兑{when.today().year}{claim.pk:06d}"
    standing.keep(claim, "open", by, label="发现", words=words or decided.why, data=_told(claim))
    if claim.state == "found":
        announce(claim, by)
    return claim


def _need(sort: str, cite: str, why: str, fact: str = "") -> dict[str, Any]:
    return {"sort": sort, "cite": cite, "why": why, "fact": fact}


def _payee(subject: Subject, measure: str) -> Subject:
    """二(六): the person, or by setting s6.payee the hotel that passes it on; else the subject itself."""
    if subject.kind == "person" and subject.employer is not None:
        answer = in_force(measure.partition(":")[0]).value("s6.payee", "person")
        return subject.employer if answer == "hotel_passes_on" else subject
    return subject


def set_decision(claim: Claim, decided: Decided, line: Line) -> None:
    claim.decision, claim.provenance = dict(decided.record), dict(decided.provenance)
    claim.status, claim.why = decided.status, decided.why
    claim.lo_fen, claim.hi_fen = line.lo, line.hi
    said: int | None = (claim.recognition or {}).get("amount_fen")
    alike = line.hi if line.lo == line.hi else 0
    claim.amount_fen = said if said is not None and line.lo <= said <= line.hi else alike


def _told(claim: Claim) -> dict[str, Any]:
    digests = claim.decision.get("digests", {})
    return {
        "measure": claim.measure,
        "limb": claim.limb,
        "matter": claim.matter_id,
        "amount_fen": claim.amount_fen,
        "range_fen": [claim.lo_fen, claim.hi_fen],
        "status": claim.status,
        "digests": digests,
    }


def announce(claim: Claim, by: Actor) -> None:
    """Tell the subject (免申即享). With an account confirmed lately, nothing more is asked."""
    tell_found(claim, by)
    if account_fresh(claim.payee):
        accept_account(claim, by, "账户确认过，且未超过沿用期限")
    else:
        start(CONFIRM, claim, "确认账户", by, rulebook.on().confirm_days, {"round": 1})


def tell_found(claim: Claim, by: Actor) -> None:
    """The notice to the subject's accounts; without an account nobody is told, and the claim stays found."""
    more = "；".join(row["why"] for row in claim.needs if not row.get("done"))
    told = telling.to_subject("found", claim, f"{more}。" if more else "")
    if told:
        claim.notified_at = when.now()
        standing.keep(claim, "notify", by, to="notified", words=f"已通知 {told} 个账号")


def account_fresh(payee: Subject) -> bool:
    at = payee.account_confirmed_at
    return at is not None and at > when.now() - timedelta(days=rulebook.on().account_days)


def accept_account(claim: Claim, by: Actor, words: str) -> None:
    claim.confirmed_at = when.now()
    stop(claim, CONFIRM, by)
    standing.keep(claim, "confirm_account", by, to="confirmed", words=words)
    if standing.needs_of(claim):
        telling.to_staff("to_recognise", claim, "；".join(need.why for need in standing.needs_of(claim)))


def refresh(claim: Claim, decided: Decided, line: Line, by: Actor) -> bool:
    """Bring a claim up to date with what is known now. True when something changed.

    Before publication the new decision replaces the old one; once published, a different amount is a doubt.
    """
    if claim.state not in BEFORE or _same(claim, decided, line):
        return False
    if claim.state == "published":
        return doubt(claim, f"公示后事实或口径有变化，现在的决定：{decided.why}", by)
    was = claim.amount_fen
    set_decision(claim, decided, line)
    claim.needs = _merged(claim, decided)
    ruled = any(row["sort"] == "ruling" and not row.get("done") for row in claim.needs)
    to = "review" if ruled else "found" if claim.state == "review" else ""
    standing.keep(
        claim, "refresh", by, to=to, label="事实更新", words=decided.why, data=_told(claim) | {"was_fen": was}
    )
    if claim.state == "found" and claim.notified_at is None:
        announce(claim, by)
    return True


def _same(claim: Claim, decided: Decided, line: Line) -> bool:
    return _basis(claim.decision) == _basis(decided.record) and (claim.lo_fen, claim.hi_fen, claim.status) == (
        line.lo, line.hi, decided.status,
    )  # fmt: skip


def _merged(claim: Claim, decided: Decided) -> list[dict[str, Any]]:
    """The needs of the new decision. A ruling on other facts must be made anew; 认定 that was given stays given."""
    done = [row for row in claim.needs if row.get("done") and row["sort"] != "ruling"]
    have = {row["sort"] for row in done}
    return done + [_need(need.sort, need.cite, need.why, need.fact) for need in decided.needs if need.sort not in have]


def doubt(claim: Claim, words: str, by: Actor) -> bool:
    """Facts or rules have moved under a claim that was published or approved: nothing is paid until a person looks."""
    if claim.doubt == words:
        return False
    claim.doubt = words
    standing.keep(claim, "doubt", by, label="存疑", words=words)
    telling.to_staff("doubt", claim, words)
    return True


def end(claim: Claim, to: str, code: str, by: Actor, words: str, label: str = "") -> None:
    """Refuse or withdraw: clocks stop, the subject is told why and by which clause."""
    for kind in KINDS:
        stop(claim, kind, by)
    claim.closed_at, claim.doubt = when.now(), ""
    standing.keep(claim, code, by, to=to, label=label, words=words)
    telling.to_subject("refused", claim, words)


def start(kind: str, claim: Claim, name: str, by: Actor, days: int, data: dict[str, Any] | None = None) -> Clock:
    """A clock of this room, in working days."""
    return clocks.start(
        kind,
        subject=claim.ref,
        name=f"{name}：{claim.number}",
        cite=claim.cite,
        working_days=days,
        data={"claim": claim.pk, **(data or {})},
        by=by,
    )


def stop(claim: Claim, kind: str, by: Actor, **data: Any) -> None:
    """Finish the running clocks of `kind` about this claim."""
    for clock in Clock.objects.filter(subject=claim.ref, kind=kind, state__in=("running", "suspended")):
        if all(clock.data.get(name) == value for name, value in data.items()):
            clocks.finish(clock, by)


def closed_on(measure: str, as_of: date) -> tuple[str, str]:
    """("open" | "boundary" | "closed", words): how the validity of a measure stands on a day (25:三(一))."""
    slug = measure.partition(":")[0]
    settings = in_force(slug, as_of)
    ends = settings.value("valid_from"), settings.value("valid_to")
    if None in ends:  # a document without a term
        return "open", ""
    first, last = (date.fromisoformat(str(end)) for end in ends)
    edge = first.replace(year=first.year + 3, day=min(first.day, 28) if first.month == 2 else first.day)
    if as_of < first:
        return "closed", f"{slug} 号文件自 {first} 起施行，此前不发现事项（{slug}:三(一)）"
    if as_of == edge:
        return "boundary", f"{edge} 是有效期的边界日，是否仍在期内由人决定（{slug}:三(一)）"
    if as_of > last:
        return "closed", f"有效期已于 {last} 届满，不再发现新的事项；已开始的按口径 tail_policy 执行（{slug}:三(一)）"
    return "open", ""
