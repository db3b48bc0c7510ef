"""Deadlines, what they fired, drill timelines, and background jobs."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q

from luoshi.kernel import when

STATES = {
    "running": "计时中",
    "suspended": "已中止",
    "finished": "已办结",
    "broken": "已超时",
    "cancelled": "已撤销",
}
BASES = {"moment": "指定时刻", "minutes": "自然时间", "working_days": "工作日"}
EVENTS = {"warn": "预警", "break": "超时"}
JOB_STATES = {"queued": "排队", "running": "执行中", "done": "完成", "failed": "失败"}


class Lane(models.Model):
    """A timeline of its own, for a drill: its clocks move only when the lane is advanced."""

    name = models.CharField("名称", max_length=120)
    subject = models.CharField("对象", max_length=200, blank=True)
    now = models.DateTimeField("推演时刻")
    closed_at = models.DateTimeField("结束", null=True, blank=True)
    created_at = models.DateTimeField("建立", default=when.now)

    class Meta:
        verbose_name = "推演时间线"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Clock(models.Model):
    """A promise with a time. Due exactly at `due_at` is on time; the break comes strictly after.

    `next_event` is what happens next, `event_at` the moment it belongs to, `next_at` when a worker looks (later than
    `event_at` after a failed handler). While suspended `remaining` keeps the time left: microseconds, or working days.
    """

    kind = models.CharField("时限种类", max_length=80)
    subject = models.CharField("对象", max_length=200)
    name = models.CharField("名称", max_length=200)
    cite = models.CharField("依据", max_length=120, blank=True)
    basis = models.CharField("计时方式", max_length=16, choices=list(BASES.items()), default="moment")
    counted_from = models.DateTimeField("起算")  # later than started_at once it was resumed
    allowance = models.BigIntegerField("时限长度", null=True, blank=True)  # minutes or working days from counted_from
    started_at = models.DateTimeField("开始")
    due_at = models.DateTimeField("到期")
    provisional = models.BooleanField("暂定", default=False)  # counts on a year whose calendar is not published
    state = models.CharField("状态", max_length=16, choices=list(STATES.items()), default="running")
    warn_before = models.JSONField("提前预警（秒）", default=list, blank=True)
    suspended_at = models.DateTimeField("中止时间", null=True, blank=True)
    remaining = models.BigIntegerField("剩余", null=True, blank=True)
    broke_at = models.DateTimeField("超时时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束", null=True, blank=True)
    next_event = models.CharField("下一事件", max_length=16, choices=list(EVENTS.items()), blank=True)
    event_at = models.DateTimeField("下一事件时刻", null=True, blank=True)
    next_at = models.DateTimeField("下次查看", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("失败次数", default=0)
    error = models.TextField("错误", blank=True)
    data = models.JSONField("附注", default=dict, blank=True)
    lane = models.ForeignKey(Lane, models.CASCADE, null=True, blank=True, related_name="clocks")

    class Meta:
        verbose_name = "时限"
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["lane", "next_at", "id"], name="clocks_next", condition=Q(next_at__isnull=False)),
            models.Index(fields=["subject", "id"], name="clocks_subject"),
            models.Index(fields=["state", "due_at", "id"], name="clocks_state"),
            models.Index(fields=["kind", "due_at", "id"], name="clocks_kind"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def late(self) -> bool:
        """Whether the deadline was missed, however it ended."""
        return self.broke_at is not None

    @property
    def ref(self) -> str:
        """How the ledger names this clock."""
        return f"clock:{self.pk}"

    def warnings(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(seconds=s) for s in self.warn_before)


class Firing(models.Model):
    """That a clock's event happened, exactly once. Written in the same transaction as the handler's effect."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="firings")
    event = models.CharField("事件", max_length=16, choices=list(EVENTS.items()))
    moment = models.DateTimeField("应发生")
    fired_at = models.DateTimeField("实际发生")
    late_ms = models.BigIntegerField("滞后（毫秒）", default=0)

    class Meta:
        verbose_name = "时限事件"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["clock", "event", "moment"], name="clocks_firing_once")]

    def __str__(self) -> str:
        return f"{self.clock_id} {self.event} {self.moment}"


class Job(models.Model):
    """Work done in the background. `key` makes it idempotent: enqueuing the same key again finds the same job."""

    kind = models.CharField("种类", max_length=80)
    key = models.CharField("标识", max_length=200, unique=True)
    args = models.JSONField("参数", default=dict)
    state = models.CharField("状态", max_length=16, choices=list(JOB_STATES.items()), default="queued")
    by_name = models.CharField("提交人", max_length=150, blank=True)
    by_user = models.BigIntegerField("提交账号", null=True, blank=True)
    run_at = models.DateTimeField("最早执行", default=when.now)
    lease_until = models.DateTimeField("租约到期", null=True, blank=True)
    worker = models.CharField("执行者", max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    max_attempts = models.PositiveSmallIntegerField("最多尝试", default=5)
    progress = models.CharField("进度", max_length=300, blank=True)
    done = models.PositiveIntegerField("已完成", default=0)
    total = models.PositiveIntegerField("总数", default=0)
    result = models.JSONField("结果", null=True, blank=True)
    error = models.TextField("错误", blank=True)
    created_at = models.DateTimeField("提交", default=when.now)
    started_at = models.DateTimeField("开始", null=True, blank=True)
    ended_at = models.DateTimeField("结束", null=True, blank=True)

    class Meta:
        verbose_name = "后台任务"
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "run_at", "id"], name="clocks_job_next")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
