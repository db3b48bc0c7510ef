"""Verifying from the web: bounded in size, and itself recorded."""

from __future__ import annotations

from django.db import transaction

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger import actions, evidence, queries, reading
from luoshi.ledger.engine import Report
from luoshi.ledger.models import Entry

LARGEST = 300_000  # entries a web request may walk (a few seconds); longer ones from the command line


def verify_now(by: Actor) -> Report:
    """Verify the whole ledger against its head, triggers and kept seals; record that it was done and the answer."""
    if queries.head().seq > LARGEST:
        raise BadInput(f"台账已超过 {LARGEST} 条，请在服务器上运行 luoshi ledger verify")
    report = reading.verify(evidence.seals())
    found = {"ok": report.ok, "entries": report.entries, "problems": report.problem_count, "hash": report.head_hash}
    with transaction.atomic():
        actions.append("ledger.verified", by=by, subject=f"ledger:{report.head_seq}", data=found)
    return report


def last_verification() -> Entry | None:
    return Entry.objects.filter(kind="ledger.verified").order_by("-seq").first()
