"""What happens by itself: a lockout leaves its mark in the ledger."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.dispatch import receiver


@receiver(user_locked_out, dispatch_uid="luoshi.accounts.locked_out")
def _locked_out(sender: object, request: Any, username: str, ip_address: str, **more: object) -> None:
    from luoshi.accounts.actions import note_lockout

    note_lockout(username or "", address=ip_address or "")
