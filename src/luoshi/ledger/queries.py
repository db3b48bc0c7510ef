"""Reading the ledger."""

from __future__ import annotations

from luoshi.ledger.engine import GENESIS, Mark
from luoshi.ledger.models import Entry, Head


def history(subject: str) -> list[Entry]:
    """Every entry about `subject`, oldest first. One query."""
    return list(Entry.objects.filter(subject=subject).order_by("seq"))


def head() -> Mark:
    """Where the ledger ends. One query."""
    found = Head.objects.order_by("pk").first()
    return Mark(found.seq, found.hash) if found else Mark(0, GENESIS)
