"""From a screening to a settled claim: answers to open questions, findings, claims and what is done about them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from luoshi.benefits.course import LIVE, OBJECTION_STATES, RECOVERY_STATES, STATES
from luoshi.benefits.models.register import Matter, Subject
from luoshi.clocks.models import Job
from luoshi.kernel import when

USER = settings.AUTH_USER_MODEL
FINDING_STATUS = {
    "eligible": "符合条件",
    "pending": "尚缺事实",
    "refused": "不符合",
    "referred": "转其他部门",
    "human_review": "须由人决定",
}


class SettingAnswer(models.Model):
    """An answer to a question the text leaves open. Never changed: a new answer is a new row, the newest holds."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "待确认"  # waits for a second person; nothing is decided by it
        INFERRED = "inferred", "暂定"
        CONFIRMED = "confirmed", "已裁定"
        REJECTED = "rejected", "未采用"

    slug = models.CharField("文件", max_length=40)
    key = models.CharField("口径", max_length=80)
    value = models.JSONField("取值")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.CONFIRMED)
    valid_from = models.DateField("自")  # decisions as of an earlier day do not see it
    by = models.CharField("裁定人", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.TextField("理由")
    at = models.DateTimeField("时间", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "口径裁定"
        ordering = ["slug", "key", "-valid_from", "-id"]
        indexes = [models.Index(fields=["slug", "key", "valid_from"], name="benefits_setting_key")]

    def __str__(self) -> str:
        return f"{self.slug} {self.key}"


class Screening(models.Model):
    """One pass of one measure over the register, under a frozen copy of the settings in force when it began."""

    class State(models.TextChoices):
        RUNNING = "running", "进行中"
        DONE = "done", "已完成"
        STALE = "stale", "口径已变，作废"
        FAILED = "failed", "失败"

    measure = models.CharField("措施", max_length=80)
    as_of = models.DateField("决定日期")
    since = models.DateTimeField("只看此后变化", null=True, blank=True)
    settings = models.JSONField("口径", default=dict)
    settings_digest = models.CharField(max_length=64)
    pack_digest = models.CharField(max_length=64)
    counts = models.JSONField("计数", default=dict, blank=True)  # {status: rows, "claims": opened, …}
    ahead = models.JSONField("此后的变化", default=dict, blank=True)  # of a night: {until: day, turns: {day: [matter]}}
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.RUNNING)
    why = models.TextField("说明", blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.CharField("发起", max_length=150)
    started_at = models.DateTimeField("开始", default=when.now)
    ended_at = models.DateTimeField("结束", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "筛查"
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["measure", "-started_at"], name="benefits_screening_measure")]

    def __str__(self) -> str:
        return f"{self.measure} {self.as_of}"

    @property
    def subject(self) -> str:
        return f"screening:{self.pk}"


class Finding(models.Model):
    """What the last screening found about one matter (or subject) under one measure. One current row each.

    `key` is "m<matter>" or "s<subject>". Amounts in fen; for a monthly measure they are of one month.
    """

    measure = models.CharField("措施", max_length=80)
    key = models.CharField(max_length=24)
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="findings")
    matter = models.ForeignKey(Matter, models.CASCADE, null=True, blank=True, related_name="findings")
    status = models.CharField("结论", max_length=12, choices=list(FINDING_STATUS.items()))
    near = models.BooleanField("只差人的意见", default=False)  # eligible once a person recognises (经认定, 可)
    lo_fen = models.BigIntegerField("下限（分）", null=True, blank=True)
    hi_fen = models.BigIntegerField("上限（分）", null=True, blank=True)
    limbs = models.JSONField("各项", default=list, blank=True)
    missing = models.JSONField("尚缺", default=list, blank=True)
    why = models.TextField("理由", blank=True)
    facts_digest = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField("决定时间")
    changed_at = models.DateTimeField("结论变化")
    screening = models.ForeignKey(Screening, models.SET_NULL, null=True, blank=True, related_name="findings")

    class Meta:
        verbose_name = verbose_name_plural = "筛查结果"
        ordering = ["measure", "subject", "id"]
        constraints = [models.UniqueConstraint(fields=["measure", "key"], name="benefits_finding_once")]
        indexes = [
            models.Index(fields=["measure", "status", "id"], name="benefits_finding_status"),
            models.Index(fields=["status", "-changed_at"], name="benefits_finding_changed"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.subject} {self.status}"


class Claim(models.Model):
    """兑现事项: one matter under one limb of one measure, from found to reconciled.

    `amount_fen` is the whole entitlement (all instalments). `committed_fen` is what payments that may still arrive or
    have arrived add up to; the database keeps it within the entitlement. `decision` is `engine.recorded`.
    """

    number = models.CharField("编号", max_length=32, unique=True)
    measure = models.CharField("措施", max_length=80)
    limb = models.CharField("分项", max_length=40)
    title = models.CharField("名称", max_length=200)
    cite = models.CharField("依据", max_length=160)
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="claims", verbose_name="主体")
    payee = models.ForeignKey(Subject, models.PROTECT, related_name="payable", verbose_name="收款人")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="claims", verbose_name="事项")
    event_date = models.DateField("事项日期", null=True, blank=True)
    state = models.CharField("状态", max_length=20, choices=list(STATES.items()))
    version = models.PositiveIntegerField(default=0)  # two people who act at once: the second is told
    amount_fen = models.BigIntegerField("金额（分）", default=0)
    lo_fen = models.BigIntegerField("下限（分）", default=0)
    hi_fen = models.BigIntegerField("上限（分）", default=0)
    committed_fen = models.BigIntegerField("已安排（分）", default=0)
    paid_fen = models.BigIntegerField("已付（分）", default=0)
    recovered_fen = models.BigIntegerField("已追回（分）", default=0)
    decision = models.JSONField("决定记录", default=dict)
    provenance = models.JSONField("事实来源", default=dict, blank=True)
    status = models.CharField("结论", max_length=12, choices=list(FINDING_STATUS.items()))
    why = models.TextField("理由", blank=True)
    needs = models.JSONField("须由人", default=list, blank=True)  # [{sort, fact, cite, why}] (经认定, 可, 裁定)
    recognition = models.JSONField("认定", default=dict, blank=True)  # {verdict, reason, by, user, at, amount_fen}
    doubt = models.TextField("存疑", blank=True)  # facts or rules have moved since; nothing is paid while set
    checked_at = models.DateTimeField("最近复查", null=True, blank=True)
    found_at = models.DateTimeField("发现", default=when.now)
    notified_at = models.DateTimeField("通知", null=True, blank=True)
    confirmed_at = models.DateTimeField("账户确认", null=True, blank=True)
    published_at = models.DateTimeField("公示", null=True, blank=True)
    published_until = models.DateTimeField("公示至", null=True, blank=True)
    published_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField("批准", null=True, blank=True)
    approved_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField("办结", null=True, blank=True)
    updated_at = models.DateTimeField("更新", default=when.now)
    synthetic = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "兑现事项"
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "limb", "matter"], condition=Q(state__in=LIVE), name="benefits_claim_once"
            ),
            models.CheckConstraint(
                condition=Q(committed_fen__gte=0) & Q(committed_fen__lte=F("amount_fen")),
                name="benefits_claim_within",
            ),
            models.CheckConstraint(
                condition=Q(paid_fen__gte=0) & Q(paid_fen__lte=F("committed_fen")), name="benefits_claim_paid"
            ),
            models.CheckConstraint(
                condition=Q(recovered_fen__gte=0) & Q(recovered_fen__lte=F("paid_fen")), name="benefits_claim_recovered"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "measure", "id"], name="benefits_claim_state"),
            models.Index(fields=["measure", "state", "-found_at"], name="benefits_claim_measure"),
            models.Index(fields=["subject", "measure", "limb"], name="benefits_claim_subject"),
            models.Index(fields=["published_until", "id"], name="benefits_claim_published"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def ref(self) -> str:
        """How the ledger, clocks and notices name this claim."""
        return f"claim:{self.pk}"


class ClaimEvent(models.Model):
    """One act on a claim, or one thing a clock did. Never changed."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="events")
    at = models.DateTimeField("时间")
    act = models.CharField("操作", max_length=24)
    label = models.CharField("操作名", max_length=24)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    by = models.CharField("经办", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    words = models.TextField("内容", blank=True)
    data = models.JSONField(default=dict, blank=True)
    entry = models.BigIntegerField("账本序号", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "办理记录"
        ordering = ["claim", "at", "id"]
        indexes = [
            models.Index(fields=["claim", "at"], name="benefits_event_at"),
            models.Index(fields=["act", "at"], name="benefits_event_act"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.label}"


class Recovery(models.Model):
    """追回: money paid that should not stay. Proposed, told with the right to object, decided by another person."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="recoveries")
    amount_fen = models.BigIntegerField("应追回（分）")
    returned_fen = models.BigIntegerField("已退回（分）", default=0)
    reason = models.TextField("理由")
    cite = models.CharField("依据", max_length=160, blank=True)
    state = models.CharField("状态", max_length=12, choices=list(RECOVERY_STATES.items()), default="proposed")
    decision = models.JSONField("新决定", default=dict, blank=True)
    objection_until = models.DateTimeField("可异议至", null=True, blank=True)
    proposed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    proposed_by_name = models.CharField("提出", max_length=150, blank=True)
    decided_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_by_name = models.CharField("决定人", max_length=150, blank=True)
    decided_words = models.TextField("决定意见", blank=True)
    at = models.DateTimeField("提出时间", default=when.now)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "追回"
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim"],
                condition=Q(state__in=("proposed", "notified", "decided")),
                name="benefits_recovery_one_open",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0) & Q(returned_fen__gte=0) & Q(returned_fen__lte=F("amount_fen")),
                name="benefits_recovery_within",
            ),
        ]
        indexes = [models.Index(fields=["state", "-at"], name="benefits_recovery_state")]

    def __str__(self) -> str:
        return f"{self.claim} 追回"

    @property
    def ref(self) -> str:
        return f"recovery:{self.pk}"


class Objection(models.Model):
    """异议 to a published claim or a proposed recovery. While one is open, nothing is approved."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="objections")
    recovery = models.ForeignKey(Recovery, models.CASCADE, null=True, blank=True, related_name="objections")
    by = models.CharField("提出人", max_length=150)
    contact = models.CharField("联系方式", max_length=120, blank=True)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    subject = models.ForeignKey(Subject, models.SET_NULL, null=True, blank=True, related_name="+")
    words = models.TextField("异议内容")
    state = models.CharField("状态", max_length=10, choices=list(OBJECTION_STATES.items()), default="open")
    answer = models.TextField("答复", blank=True)
    answered_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_by_name = models.CharField("答复人", max_length=150, blank=True)
    at = models.DateTimeField("提出时间", default=when.now)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "异议"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["state", "-at"], name="benefits_objection_state")]

    def __str__(self) -> str:
        return f"{self.claim} 异议"
