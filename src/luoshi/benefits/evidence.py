"""What an evidence package of a claim holds besides its ledger entries: facts, sources, payments, the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.benefits import editions
from luoshi.benefits.models import Claim
from luoshi.benefits.payfile import masked
from luoshi.ledger import evidence
from luoshi.ledger.models import Entry

DECIDED = ("benefits.approve", "benefits.grow", "benefits.fell")  # entries that hold a decision


def register() -> None:
    """Packages about "claim:…" carry `of_claim`."""
    evidence.attach("claim")(of_claim)


def of_claim(subject: str) -> Mapping[str, Any]:
    """Facts with their sources, the decision's record, every payment (accounts masked), the rules of then."""
    claim = Claim.objects.select_related("subject", "payee", "matter").get(pk=int(subject.partition(":")[2]))
    return {
        "claim": {
            "number": claim.number,
            "measure": claim.measure,
            "limb": claim.limb,
            "cite": claim.cite,
            "subject": {"name": claim.subject.name, "key": claim.subject.key, "synthetic": claim.synthetic},
            "matter": claim.matter.key,
            "state": claim.state,
            "amount_fen": claim.amount_fen,
            "paid_fen": claim.paid_fen,
            "recovered_fen": claim.recovered_fen,
        },
        "record": claim.decision,
        "provenance": claim.provenance,
        "needs": claim.needs,
        "payments": [
            {
                "key": row.key,
                "reference": row.reference,
                "batch": row.batch.number,
                "amount_fen": row.amount_fen,
                "payee": row.payee_name,
                "account": masked(row.bank_account),
                "state": row.state,
                "paid_on": row.paid_on,
                "result": row.result,
                "bank_file": row.file.sm3 if row.file else "",
            }
            for row in claim.payments.select_related("batch", "file").order_by("id")
        ],
        "rules": rules_of(subject),
    }


def rules_of(subject: str) -> dict[str, Any]:
    """Every edition of the rules that the subject's entries were decided by, by digest."""
    entries = Entry.objects.filter(subject=subject, kind__in=DECIDED).order_by("seq")
    digests = dict.fromkeys(str(entry.data["pack"]) for entry in entries)
    return {digest: found for digest in digests if (found := editions.load(digest))}
