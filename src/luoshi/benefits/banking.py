"""银行回单: the bank's answer to a batch. A file is taken whole or not at all; the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from luoshi.benefits import budget, kept, opening, payfile, telling
from luoshi.benefits.models import BankFile, Batch, Claim, Instalment, Payment, Subject
from luoshi.benefits.payfile import Answer
from luoshi.benefits.standing import actor_of, keep, must
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.money import yuan
from luoshi.ledger.actions import append, recording

FOLDER = "bank"  # where the bank's files are kept
# (what we know, what the file says) -> what to do; what is not here contradicts and goes to a person.
_STEPS = {
    ("sent", "paid"): "paid",
    ("sent", "failed"): "failed",
    ("sent", "returned"): "returned",
    ("paid", "returned"): "returned",
    ("reconciled", "returned"): "returned",
    ("paid", "paid"): "",
    ("reconciled", "paid"): "",
    ("failed", "failed"): "",
    ("returned", "returned"): "",
    ("returned", "failed"): "",
    ("failed", "returned"): "",
}
_WORDS = {"paid": "已付款", "failed": "付款失败", "returned": "退票"}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the file as it would be entered: `to` empty means it was known already."""

    answer: Answer
    payments: tuple[Payment, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What taking a file would do; with errors, nothing. `clashes`: claims the bank contradicts itself about."""

    batch: Batch | None
    steps: tuple[Step, ...]
    errors: tuple[dict[str, Any], ...]
    clashes: tuple[tuple[int, str], ...]

    @property
    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for step in self.steps:
            name = step.to or "repeated"
            found[name] = found.get(name, 0) + 1
        return found


def preview(data: bytes, name: str) -> Reading:
    """What the file says and would do, without doing it. BadInput when the file itself is unusable."""
    answers, errors = payfile.read(data, name)
    return _compare(answers, errors)


def take_bank_file(data: bytes, name: str, user: Any, *, via: str = "web") -> BankFile:
    """Take a result file. With any error the file is kept as 未采用 with its errors, and no payment is touched.

    The same bytes again return what was taken before. BadInput when the file itself is unusable.
    """
    must(user, "benefits.batch")
    sm3, actor = payfile.digest(data), actor_of(user, via)
    answers, errors = payfile.read(data, name)
    with recording():
        row = BankFile.objects.select_for_update().filter(sm3=sm3).first()
        if row is not None and row.state == BankFile.State.TAKEN:
            return row
        reading = _compare(answers, errors, lock=True)
        row = row or BankFile(sm3=sm3)
        row.name, row.size, row.batch = Path(name).name[:255], len(data), reading.batch
        row.by, row.user_id, row.at = actor.name, actor.user_id, when.now()
        row.counts, row.errors = reading.counts, list(reading.errors[: payfile.KEPT])
        row.state = BankFile.State.REFUSED if reading.errors else BankFile.State.TAKEN
        kept.keep(data, FOLDER)  # whoever takes it: the bytes stay, so that anybody may look at what the bank said
        row.save()
        if reading.errors:
            _contradicted(reading.clashes, actor)
        else:
            _apply(reading, row, actor)
        said = {"file": row.name, "sm3": sm3, "state": row.state, "counts": row.counts, "errors": len(reading.errors)}
        subject = reading.batch.ref if reading.batch else f"bank_file:{row.pk}"
        append("benefits.bank_file", by=actor, subject=subject, data=said)
    return row


def _compare(answers: Iterable[Answer], errors: Iterable[dict[str, Any]], *, lock: bool = False) -> Reading:
    found, wrong = list(answers), list(errors)
    payments = _payments([answer.reference for answer in found], lock)
    batches = {payment.batch_id: payment.batch for rows in payments.values() for payment in rows}
    steps: list[Step] = []
    clashes: list[tuple[int, str]] = []
    if len(batches) > 1:
        numbers = "、".join(sorted(batch.number for batch in batches.values()))
        wrong.append({"line": 0, "column": "付款编号", "reason": f"一份回单只能答复一个批次，本文件涉及 {numbers}"})
    done: set[str] = set()
    for answer in found:
        mine = payments.get(answer.reference, [])
        problem, to = _step(answer, mine)
        if problem:
            wrong.append({"line": answer.line, "column": problem[0], "reason": problem[1]})
            if problem[0] == "结果":
                clashes.append((mine[0].claim_id, f"银行回单前后不一致：{problem[1]}"))
        else:
            steps.append(Step(answer, tuple(mine), "" if answer.reference in done else to))
            done.add(answer.reference)
    batch = next(iter(batches.values()), None) if len(batches) == 1 else None
    return Reading(batch, tuple(steps), tuple(sorted(wrong, key=lambda row: row["line"])), tuple(clashes))


def _payments(references: list[str], lock: bool) -> dict[str, list[Payment]]:
    rows = Payment.objects.filter(reference__in=references).exclude(state="cancelled").select_related("batch")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: dict[str, list[Payment]] = {}
    for payment in rows.order_by("id"):
        found.setdefault(payment.reference, []).append(payment)
    return found


def _step(answer: Answer, mine: list[Payment]) -> tuple[tuple[str, str] | None, str]:
    """((column, reason) when the row cannot be used, what the row does)."""
    if not mine:
        return ("付款编号", f"没有“{answer.reference}”这笔付款，可能不是本系统的批次"), ""
    if mine[0].state == "queued":
        return ("付款编号", f"批次 {mine[0].batch.number} 还没有送出，不会有银行结果"), ""
    asked = sum(payment.amount_fen for payment in mine)
    if asked != answer.amount_fen:
        return ("金额", f"应为 {yuan(asked)}，回单为 {yuan(answer.amount_fen)}"), ""
    to = _STEPS.get((mine[0].state, answer.result))
    if to is None:
        known, told = mine[0].get_state_display(), _WORDS[answer.result]
        return ("结果", f"“{answer.reference}”已记为“{known}”，回单又说“{told}”，须向银行查明后由人处理"), ""
    return None, to


def _apply(reading: Reading, file: BankFile, actor: Actor) -> None:
    for step in reading.steps:
        if step.to:
            enter(step.payments, step.to, actor, on=step.answer.on, why=step.answer.why, file=file)
    if reading.batch is not None:
        batch = Batch.objects.select_for_update().get(pk=reading.batch.pk)
        if batch.state == "sent" and not batch.payments.filter(state="sent").exists():
            batch.state = "answered"
            batch.version += 1
            batch.save()


def enter(
    payments: Iterable[Payment], to: str, actor: Actor, *, on: Any = None, why: str = "", file: BankFile | None = None
) -> None:
    """Enter one result for the payments of one claim in one batch: payments, instalments, pot, claim, notice."""
    mine = list(payments)
    claim = Claim.objects.select_for_update(of=("self",)).select_related("subject", "payee").get(pk=mine[0].claim_id)
    amount = sum(payment.amount_fen for payment in mine)
    was_paid = mine[0].state in ("paid", "reconciled")
    now = when.now()
    Payment.objects.filter(pk__in=[payment.pk for payment in mine]).update(
        state=to, result=why, answered_at=now, paid_on=(on or now.date()) if to == "paid" else None, file=file
    )
    parts = Instalment.objects.select_for_update(of=("self",)).select_related("pot")
    for part in parts.filter(pk__in=[payment.instalment_id for payment in mine]):
        if to == "paid":
            budget.spend(part)
        elif was_paid:
            budget.unspend(part)
        Instalment.objects.filter(pk=part.pk).update(state="paid" if to == "paid" else "reserved")
    _into_claim(claim, mine, to, amount, was_paid, actor, why)


def _into_claim(
    claim: Claim, mine: list[Payment], to: str, amount: int, was_paid: bool, actor: Actor, why: str
) -> None:
    if to == "paid":
        claim.paid_fen += amount
    else:
        claim.committed_fen -= amount
        claim.paid_fen -= amount if was_paid else 0
        Subject.objects.filter(pk=claim.payee_id).update(account_confirmed_at=None)  # it must be looked at again
    state = claim.state if claim.state in ("recovering", "recovered") else budget.settle_state(claim)
    keep(
        claim, to, actor, to=state, label=_WORDS[to], words=f"{yuan(amount)}{f'，银行说明：{why}' if why else ''}",
        data={"batch": mine[0].batch_id, "reference": mine[0].reference, "amount_fen": amount, "why": why,
              "payments": [payment.key for payment in mine], "paid_fen": claim.paid_fen},
    )  # fmt: skip
    if to == "paid":
        telling.to_subject("paid", claim, f"付款编号 {mine[0].reference}。", fen=amount)
    else:
        words = f"银行说明：{why or '没有说明'}。"
        telling.to_subject("payment_failed", claim, words, fen=amount)
        telling.to_staff("payment_failed", claim, words)


def _contradicted(clashes: Iterable[tuple[int, str]], actor: Actor) -> None:
    """The bank says one thing and then another: nothing more is paid on that claim until a person has looked."""
    for pk, words in dict(clashes).items():
        opening.doubt(Claim.objects.select_for_update(of=("self",)).get(pk=pk), words, actor)


def overrule(payment: Payment, user: Any, *, paid: bool, words: str, via: str = "web") -> None:
    """What the bank answered was wrong, as a person found out: enter the other result, with the reason.

    Refused while another payment of the same instalment has arrived or may still arrive.
    """
    if not words.strip():
        raise BadInput("请写明查明的情况和依据", field="words")
    must(user, "benefits.batch")
    actor = actor_of(user, via)
    with recording():
        mine = _payments([payment.reference], lock=True).get(payment.reference, [])
        if not mine or mine[0].state not in ("paid", "failed", "returned", "reconciled"):
            raise Refused("这笔付款还没有银行结果")
        is_paid = mine[0].state in ("paid", "reconciled")
        if is_paid == paid:
            raise Refused(f"这笔付款已经记为“{mine[0].get_state_display()}”")
        if not paid:
            enter(mine, "returned", actor, why=f"更正：{words.strip()}"[:200])
            return
        others = Payment.objects.filter(instalment__in=[one.instalment_id for one in mine])
        if others.filter(state__in=("queued", "sent", "paid", "reconciled")).exists():
            raise Refused("同一期已有另一笔付款，先撤销或查明那一笔，以免重复付款")
        claim = Claim.objects.select_for_update().get(pk=mine[0].claim_id)
        claim.committed_fen += sum(one.amount_fen for one in mine)
        claim.save(update_fields=["committed_fen"])
        enter(mine, "paid", actor, why=f"更正：{words.strip()}"[:200])
