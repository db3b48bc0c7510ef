"""Where machines report from."""

from __future__ import annotations

from django.db import models

from luoshi.directory.models import Body
from luoshi.kernel import when

__all__ = ["Feed", "Unjoined"]


class Feed(models.Model):
    """接入渠道: one operator's monitoring system and the key it reports with. Only the key's digest is kept.

    `exercise`: everything it sends is a drill. `received`, `refused`: messages taken, turned away; both only grow.
    """

    name = models.CharField("系统", max_length=80, unique=True)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="所属单位")
    prefix = models.CharField("前缀", max_length=16)
    digest = models.CharField("摘要", max_length=64, unique=True)
    exercise = models.BooleanField("只作演练", default=False)
    received = models.PositiveBigIntegerField("收到来报", default=0)
    refused = models.PositiveIntegerField("被拒消息", default=0)
    last_at = models.DateTimeField("最近来报", null=True, blank=True)
    last_error = models.CharField("最近错误", max_length=300, blank=True)
    last_error_at = models.DateTimeField("最近错误时间", null=True, blank=True)
    created_at = models.DateTimeField("建立", default=when.now)
    created_by = models.CharField("建立人", max_length=150)
    revoked_at = models.DateTimeField("停用", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "接入渠道"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Unjoined(models.Model):
    """待归并: a call of a feed as it came, accepted and not yet joined. Gone with the transaction that joins it.

    `problem`: why joining it failed; such a row is passed over, shown, and tried again later.
    """

    feed = models.ForeignKey(Feed, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField("格式", max_length=12)  # a key of flood.READERS
    body = models.BinaryField("原文")
    reports = models.PositiveIntegerField("来报条数")
    received_at = models.DateTimeField("接报时间")
    problem = models.CharField("归并失败", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "待归并来报"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.received_at}"
