"""Claims, payments, pots and settings as JSON: one shape for HTTP and the command line. Money in fen and in yuan."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from luoshi.benefits.models import (
    BankFile,
    Batch,
    Claim,
    ClaimEvent,
    Finding,
    Instalment,
    Objection,
    Payment,
    Pot,
    Recovery,
    Screening,
    SettingAnswer,
)
from luoshi.benefits.payfile import masked

Json = dict[str, Any]


def iso(moment: datetime | date | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def claim_json(claim: Claim) -> Json:
    return {
        "id": claim.pk,
        "number": claim.number,
        "measure": claim.measure,
        "limb": claim.limb,
        "title": claim.title,
        "cite": claim.cite,
        "subject": {"id": claim.subject_id, "name": claim.subject.name, "kind": claim.subject.kind},
        "payee": {"id": claim.payee_id, "name": claim.payee.name},
        "matter": {"id": claim.matter_id, "kind": claim.matter.kind, "date": iso(claim.matter.date)},
        "state": claim.state,
        "state_label": claim.get_state_display(),
        "version": claim.version,
        "status": claim.status,
        "amount_fen": claim.amount_fen,
        "range_fen": [claim.lo_fen, claim.hi_fen],
        "paid_fen": claim.paid_fen,
        "recovered_fen": claim.recovered_fen,
        "needs": claim.needs,
        "doubt": claim.doubt,
        "why": claim.why,
        "found_at": iso(claim.found_at),
        "published_until": iso(claim.published_until),
        "approved_at": iso(claim.approved_at),
        "synthetic": claim.synthetic,
    }


def event_json(event: ClaimEvent) -> Json:
    return {
        "at": iso(event.at),
        "act": event.act,
        "label": event.label,
        "from": event.from_state,
        "to": event.to_state,
        "by": event.by,
        "words": event.words,
        "data": event.data,
        "entry": event.entry,
    }


def instalment_json(part: Instalment) -> Json:
    return {
        "number": part.number,
        "label": part.label,
        "due_on": iso(part.due_on),
        "amount_fen": part.amount_fen,
        "state": part.state,
        "held": part.held,
        "needs_proof": part.needs_proof,
    }


def objection_json(row: Objection) -> Json:
    return {
        "id": row.pk,
        "claim": row.claim_id,
        "recovery": row.recovery_id,
        "by": row.by,
        "words": row.words,
        "state": row.state,
        "answer": row.answer,
        "at": iso(row.at),
        "answered_at": iso(row.answered_at),
    }


def recovery_json(row: Recovery) -> Json:
    return {
        "id": row.pk,
        "claim": row.claim_id,
        "amount_fen": row.amount_fen,
        "returned_fen": row.returned_fen,
        "reason": row.reason,
        "cite": row.cite,
        "state": row.state,
        "objection_until": iso(row.objection_until),
        "decided_at": iso(row.decided_at),
    }


def finding_json(row: Finding) -> Json:
    return {
        "id": row.pk,
        "measure": row.measure,
        "subject": {"id": row.subject_id, "name": row.subject.name},
        "matter": row.matter_id,
        "status": row.status,
        "near": row.near,
        "range_fen": [row.lo_fen, row.hi_fen],
        "missing": row.missing,
        "why": row.why,
        "decided_at": iso(row.decided_at),
    }


def screening_json(row: Screening) -> Json:
    return {
        "id": row.pk,
        "measure": row.measure,
        "as_of": iso(row.as_of),
        "state": row.state,
        "counts": row.counts,
        "why": row.why,
        "by": row.by,
        "started_at": iso(row.started_at),
        "ended_at": iso(row.ended_at),
    }


def pot_json(pot: Pot) -> Json:
    return {
        "id": pot.pk,
        "scope": pot.scope,
        "year": pot.year,
        "total_fen": pot.total_fen,
        "reserved_fen": pot.reserved_fen,
        "paid_fen": pot.paid_fen,
        "free_fen": pot.free_fen,
        "order_rule": pot.order_rule,
        "source": pot.source,
    }


def batch_json(batch: Batch) -> Json:
    return {
        "id": batch.pk,
        "number": batch.number,
        "state": batch.state,
        "version": batch.version,
        "count": batch.count,
        "total_fen": batch.total_fen,
        "made_by": batch.made_by_name,
        "released_by": batch.released_by_name,
        "sent_at": iso(batch.sent_at),
        "file_sm3": batch.file_sm3,
    }


def payment_json(row: Payment) -> Json:
    return {
        "id": row.pk,
        "reference": row.reference,
        "batch": row.batch.number,
        "claim": row.claim_id,
        "instalment": row.instalment.number,
        "attempt": row.attempt,
        "amount_fen": row.amount_fen,
        "payee": row.payee_name,
        "account": masked(row.bank_account),
        "state": row.state,
        "paid_on": iso(row.paid_on),
        "result": row.result,
    }


def bank_file_json(row: BankFile) -> Json:
    return {
        "id": row.pk,
        "name": row.name,
        "sm3": row.sm3,
        "state": row.state,
        "batch": row.batch.number if row.batch else None,
        "counts": row.counts,
        "errors": row.errors,
    }


def answer_json(row: SettingAnswer) -> Json:
    return {
        "id": row.pk,
        "key": row.key,
        "value": row.value,
        "state": row.state,
        "valid_from": iso(row.valid_from),
        "by": row.by,
        "reason": row.reason,
        "at": iso(row.at),
    }
