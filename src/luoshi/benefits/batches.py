"""付款批次: made from what is reserved, released by another person, sent as one file, answered by the bank, reconciled.

    draft → released → sent → answered → reconciled        draft | released → cancelled

Every step is one transaction. A step that died half-way left nothing; doing it again is safe: an instalment has at
most one payment that may still arrive, and the database holds that (`benefits_payment_never_twice`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, Max, Sum

from luoshi.benefits import budget, course, payfile
from luoshi.benefits.models import Batch, Claim, Instalment, Payment
from luoshi.benefits.standing import actor_of, keep, must
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.money import yuan
from luoshi.ledger.actions import append, recording

LARGEST = 2000  # lines of one batch: a file a person can still check


def payable(measure: str = "") -> Any:
    """Instalments a batch may take up now: reserved, undoubted, the payee's account confirmed."""
    rows = Instalment.objects.filter(
        state="reserved",
        claim__state__in=("approved", "failed", "returned", "in_batch", "paid", "reconciled"),
        claim__doubt="",
        claim__payee__account_confirmed_at__isnull=False,
    )
    return (rows.filter(claim__measure=measure) if measure else rows).order_by("reserved_at", "claim_id", "number")


def make_batch(
    user: Any, *, measure: str = "", claims: Sequence[int] | None = None, note: str = "", via: str = "web"
) -> Batch:
    """编制批次 from everything payable (of one measure, or of the named claims), at most `LARGEST` instalments."""
    must(user, "benefits.batch")
    actor = actor_of(user, via)
    with recording():
        rows = payable(measure)
        if claims is not None:
            rows = rows.filter(claim__in=list(claims))
        parts = list(rows.select_for_update(of=("self",)).select_related("claim__payee")[:LARGEST])
        if not parts:
            raise Refused("没有可以付款的事项：须已批准、已预留预算、账户已确认、没有存疑")
        batch = Batch.objects.create(
            number=f"new-{when.now():%Y%m%d%H%M%S%f}", made_by_id=actor.user_id, made_by_name=actor.name,
            made_at=when.now(), note=note.strip(),
        )  # fmt: skip
        batch.number = f"FK{when.today().year}{batch.pk:05d}"
        payments = _payments(batch, parts)
        batch.count = len({payment.reference for payment in payments})
        batch.total_fen = sum(payment.amount_fen for payment in payments)
        batch.save()
        by_claim = _by_claim(payments)
        for claim, mine in by_claim.items():
            _into(claim, batch, mine, actor)
        append("benefits.batch", by=actor, subject=batch.ref, data=_told(batch, payments) | {"note": batch.note})
    return batch


def _payments(batch: Batch, parts: Sequence[Instalment]) -> list[Payment]:
    attempts = dict(
        Payment.objects.filter(instalment__in=[part.pk for part in parts])
        .values_list("instalment_id")
        .annotate(last=Max("attempt"))
    )
    made = []
    for part in parts:
        attempt = attempts.get(part.pk, 0) + 1
        payee = part.claim.payee
        made.append(
            Payment(
                batch=batch,
                claim=part.claim,
                instalment=part,
                attempt=attempt,
                key=f"{part.claim_id}-{part.number}-{attempt}",
                reference=f"{batch.number}-{part.claim_id:06d}",
                amount_fen=part.amount_fen,
                payee_name=payee.account_name or payee.name,
                bank_name=payee.bank_name,
                bank_account=payee.bank_account,
            )
        )
    return Payment.objects.bulk_create(made)


def _by_claim(payments: Iterable[Payment]) -> dict[Claim, list[Payment]]:
    found: dict[int, list[Payment]] = {}
    claims: dict[int, Claim] = {}
    for payment in payments:
        found.setdefault(payment.claim_id, []).append(payment)
        claims.setdefault(payment.claim_id, payment.claim)
    locked = Claim.objects.select_for_update(of=("self",)).select_related("subject", "payee")
    return {claim: found[claim.pk] for claim in locked.filter(pk__in=list(claims)).order_by("pk")}


def _into(claim: Claim, batch: Batch, mine: Sequence[Payment], actor: Actor) -> None:
    amount = sum(payment.amount_fen for payment in mine)
    Instalment.objects.filter(pk__in=[payment.instalment_id for payment in mine]).update(state="paying")
    claim.committed_fen += amount
    keep(
        claim, "batch", actor, to="in_batch", label="编入付款批次", words=f"{batch.number}，{yuan(amount)}",
        data={"batch": batch.pk, "payments": [payment.key for payment in mine], "amount_fen": amount,
              "account": payfile.masked(mine[0].bank_account)},
    )  # fmt: skip


def _told(batch: Batch, payments: Iterable[Payment]) -> dict[str, Any]:
    return {
        "number": batch.number,
        "count": batch.count,
        "total_fen": batch.total_fen,
        "payments": [[payment.key, payment.amount_fen] for payment in payments],
    }


def release_batch(batch: Batch, user: Any, *, version: int | None = None, words: str = "", via: str = "web") -> Batch:
    """复核: another person than the maker releases the batch. What has become doubtful meanwhile stops it."""
    with recording():
        found, actor = _locked(batch, user, "release", version, via)
        doubtful = found.payments.exclude(claim__doubt="").values_list("claim__number", flat=True).distinct()[:5]
        if doubtful:
            raise Refused(f"有存疑的事项：{'、'.join(doubtful)}。请撤销本批次后重新编制")
        found.state, found.released_by_id, found.released_by_name = "released", actor.user_id, actor.name
        found.released_at = when.now()
        return _save(batch, found, "benefits.release", actor, {"words": words.strip()})


def send_batch(batch: Batch, user: Any, *, version: int | None = None, via: str = "web") -> tuple[str, bytes]:
    """送出: the file for 财政局 (name, bytes). Sent once; `file_of` gives the same bytes again."""
    with recording():
        found, actor = _locked(batch, user, "send", version, via)
        if found.payments.exclude(claim__doubt="").exists():
            raise Refused("批次中有存疑的事项，不能送出；请撤销后重新编制")
        name, data = payfile.csv_file(found)
        found.state, found.sent_at, found.sent_by_name = "sent", when.now(), actor.name
        found.file_sm3 = payfile.digest(data)
        found.payments.filter(state="queued").update(state="sent")
        _save(batch, found, "benefits.send", actor, {"file": name, "sm3": found.file_sm3})
    return name, data


def file_of(batch: Batch, kind: str = "csv") -> tuple[str, bytes]:
    """The payment file of a released or sent batch, .csv (the one whose digest is kept) or .xlsx."""
    if batch.state in ("draft", "cancelled"):
        raise Refused(f"批次“{batch.get_state_display()}”，没有付款文件")
    return payfile.workbook(batch) if kind == "xlsx" else payfile.csv_file(batch)


def cancel_batch(batch: Batch, user: Any, *, words: str, version: int | None = None, via: str = "web") -> Batch:
    """撤销 before it was sent: the instalments are payable again."""
    if not words.strip():
        raise BadInput("请写明理由", field="words")
    with recording():
        found, actor = _locked(batch, user, "cancel", version, via)
        payments = list(found.payments.select_related("claim"))
        found.payments.update(state="cancelled", result=words.strip()[:200])
        Instalment.objects.filter(pk__in=[payment.instalment_id for payment in payments]).update(state="reserved")
        for claim, mine in _by_claim(payments).items():
            claim.committed_fen -= sum(payment.amount_fen for payment in mine)
            keep(claim, "unbatch", actor, to=budget.settle_state(claim), label="撤出付款批次", words=words.strip(),
                 data={"batch": found.pk, "payments": [payment.key for payment in mine]})  # fmt: skip
        found.state, found.closed_at = "cancelled", when.now()
        return _save(batch, found, "benefits.cancel_batch", actor, {"words": words.strip()})


def reconcile(
    batch: Batch, user: Any, *, statement_fen: int, words: str = "", version: int | None = None, via: str = "web"
) -> Batch:
    """对账: the statement of the account must show exactly what the bank said it paid for this batch."""
    with recording():
        found, actor = _locked(batch, user, "reconcile", version, via)
        open_ = found.payments.filter(state="sent").count()
        if open_:
            raise Refused(f"还有 {open_} 笔没有银行答复")
        paid = found.payments.filter(state__in=("paid", "reconciled")).aggregate(total=Sum("amount_fen"))["total"] or 0
        if statement_fen != paid:
            raise Refused(f"对账单 {yuan(statement_fen)} 与回单合计 {yuan(paid)} 不符，差 {yuan(statement_fen - paid)}")
        payments = list(found.payments.filter(state="paid").select_related("claim"))
        found.payments.filter(state="paid").update(state="reconciled")
        for claim, mine in _by_claim(payments).items():
            amount = sum(payment.amount_fen for payment in mine)
            keep(claim, "reconcile", actor, to=_after(claim), label="对账", words=f"{found.number} 相符",
                 data={"batch": found.pk, "amount_fen": amount})  # fmt: skip
        found.state, found.closed_at = "reconciled", when.now()
        return _save(
            batch, found, "benefits.reconcile", actor, {"statement_fen": statement_fen, "words": words.strip()}
        )


def _after(claim: Claim) -> str:
    """A claim being recovered stays so, whatever its payments do."""
    return claim.state if claim.state in ("recovering", "recovered") else budget.settle_state(claim)


def _locked(batch: Batch, user: Any, code: str, version: int | None, via: str) -> tuple[Batch, Actor]:
    must(user, "benefits.release" if code == "release" else "benefits.batch")
    actor = actor_of(user, via)
    found = Batch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if version is not None and version != found.version:
        raise Refused(f"本批次刚刚有变化，现在“{found.get_state_display()}”。请看过最新情况再办")
    why_not = course.batch_refusal(found.state, code, actor.user_id, found.made_by_id)
    if why_not:
        raise Refused(why_not)
    return found, actor


def _save(given: Batch, found: Batch, kind: str, actor: Actor, data: Mapping[str, Any]) -> Batch:
    found.version += 1
    found.save()
    append(kind, by=actor, subject=found.ref, data={"number": found.number, "total_fen": found.total_fen, **data})
    given.refresh_from_db()
    return found


def totals(batch: Batch) -> dict[str, tuple[int, int]]:
    """{state: (count, fen)} of a batch, counted as the bank does: one payee, one claim, one line."""
    lines = Count("reference", distinct=True)
    rows = batch.payments.order_by().values("state").annotate(n=lines, fen=Sum("amount_fen"))
    return {row["state"]: (row["n"], row["fen"]) for row in rows}
