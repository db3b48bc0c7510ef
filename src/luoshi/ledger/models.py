"""The ledger's tables. Entries are only ever added: model, query set and database triggers refuse anything else."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.db import models

from luoshi.kernel.errors import Refused

APPEND_ONLY = "台账只能追加，不能修改或删除"


class AppendOnly(models.QuerySet["Entry"]):
    """A query set that can read and nothing else; rows come from `ledger.actions.append`."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Refused(APPEND_ONLY)

    update = delete = bulk_update = update_or_create = _refuse


class Entry(models.Model):
    """One act. `payload` is the canonical JSON of everything; the other columns repeat it so that it can be searched.

    `hash` = SM3 of `prev_hash` followed by the SM3 of `payload` (hex digits, as text); see `ledger.engine.seal`.
    """

    seq = models.BigIntegerField("序号", primary_key=True)
    at = models.DateTimeField("时间")
    kind = models.CharField("事项", max_length=80)
    subject = models.CharField("对象", max_length=200)
    actor = models.CharField("经办", max_length=150)
    payload = models.TextField("内容")
    prev_hash = models.CharField("前一条摘要", max_length=64)
    hash = models.CharField("本条摘要", max_length=64)

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name = "台账记录"
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["subject", "seq"], name="ledger_subject"),
            models.Index(fields=["kind", "seq"], name="ledger_kind"),
            models.Index(fields=["actor", "seq"], name="ledger_actor"),
            models.Index(fields=["at"], name="ledger_at"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Refused(APPEND_ONLY)
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Refused(APPEND_ONLY)

    @property
    def content(self) -> dict[str, Any]:
        """The payload as a mapping: seq, at, kind, subject, actor {name, post, user_id, via}, cites, data."""
        found: dict[str, Any] = json.loads(self.payload)
        return found

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.content.get("data", {})
        return found

    @property
    def cites(self) -> list[str]:
        found: list[str] = self.content.get("cites", [])
        return found


class Head(models.Model):
    """Where the ledger ends: number and hash of the last entry. One row; it only ever moves forward."""

    seq = models.BigIntegerField("最后一条序号", default=0)
    hash = models.CharField("最后一条摘要", max_length=64)

    class Meta:
        verbose_name = "台账末端"

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"
