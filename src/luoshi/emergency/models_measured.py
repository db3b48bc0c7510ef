"""What the plans ask for without a number (立即, 同时, 及时, 迅速, 随时): measured and shown, never judged."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from luoshi.kernel import when

__all__ = ["Measured"]


class Measured(models.Model):
    """计量: from one event to another of an incident. `target_minutes`: 目标值，非预案规定; never a verdict of late."""

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="measured")
    plans = models.JSONField("预案", default=list)
    name = models.CharField("名称", max_length=80)
    word = models.CharField("时限用语", max_length=12, blank=True)
    cites = models.JSONField("依据", default=list)
    reading = models.CharField("所依解释", max_length=40, blank=True)
    from_label = models.CharField("起算", max_length=80, blank=True)
    off = models.CharField("何事止", max_length=40, blank=True)
    ref = models.CharField("所指", max_length=80, blank=True)
    target_minutes = models.PositiveIntegerField("目标值（分钟）", null=True, blank=True)
    started_at = models.DateTimeField("开始")
    stopped_at = models.DateTimeField("完成", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "计量"
        ordering = ["incident", "started_at", "id"]

    def __str__(self) -> str:
        return self.name

    def seconds(self, now: datetime | None = None) -> int:
        """How long it took, or has taken so far."""
        return max(0, int(((self.stopped_at or now or when.now()) - self.started_at).total_seconds()))
