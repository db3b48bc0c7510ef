"""Budgets and payments. What must never happen (paying twice, overdrawing a pot) the database itself refuses."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from luoshi.benefits.course import (
    ARRIVABLE,
    BATCH_STATES,
    INSTALMENT_STATES,
    ORDER_RULES,
    PAYMENT_STATES,
)
from luoshi.benefits.models.claim import Claim
from luoshi.kernel import when

USER = settings.AUTH_USER_MODEL


class Pot(models.Model):
    """预算: the money of one year for a measure ("25:二(一)") or a whole instrument ("25"), shared by its claims."""

    scope = models.CharField("措施或文件", max_length=80)
    year = models.PositiveSmallIntegerField("年度")
    total_fen = models.BigIntegerField("总额（分）")
    reserved_fen = models.BigIntegerField("已预留（分）", default=0)
    paid_fen = models.BigIntegerField("已支付（分）", default=0)
    order_rule = models.CharField("先后规则", max_length=16, choices=list(ORDER_RULES.items()), default="approved")
    source = models.CharField("预算依据", max_length=200, blank=True)
    by = models.CharField("编列", max_length=150, blank=True)
    at = models.DateTimeField(default=when.now)
    synthetic = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "预算"
        ordering = ["-year", "scope"]
        constraints = [
            models.UniqueConstraint(fields=["scope", "year"], name="benefits_pot_once"),
            models.CheckConstraint(
                condition=Q(reserved_fen__gte=0)
                & Q(paid_fen__gte=0)
                & Q(total_fen__gte=F("reserved_fen") + F("paid_fen")),
                name="benefits_pot_never_overdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.year}"

    @property
    def ref(self) -> str:
        return f"pot:{self.pk}"

    @property
    def free_fen(self) -> int:
        return self.total_fen - self.reserved_fen - self.paid_fen


class Batch(models.Model):
    """付款批次: made by one person, released by another, sent once, answered by the bank, reconciled."""

    number = models.CharField("批次号", max_length=32, unique=True)
    state = models.CharField("状态", max_length=12, choices=list(BATCH_STATES.items()), default="draft")
    version = models.PositiveIntegerField(default=0)
    count = models.PositiveIntegerField("笔数", default=0)
    total_fen = models.BigIntegerField("金额（分）", default=0)
    file_sm3 = models.CharField("付款文件摘要", max_length=64, blank=True)
    made_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    made_by_name = models.CharField("编制", max_length=150)
    made_at = models.DateTimeField("编制时间", default=when.now)
    released_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    released_by_name = models.CharField("复核", max_length=150, blank=True)
    released_at = models.DateTimeField("复核时间", null=True, blank=True)
    sent_at = models.DateTimeField("送出时间", null=True, blank=True)
    sent_by_name = models.CharField("送出", max_length=150, blank=True)
    closed_at = models.DateTimeField("办结", null=True, blank=True)
    note = models.TextField("说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "付款批次"
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.number

    @property
    def ref(self) -> str:
        return f"batch:{self.pk}"


class Instalment(models.Model):
    """One part of a claim that becomes due: the whole of it, one year's interest, one month of a stipend.

    `pot` is set while money is reserved or spent for it.
    """

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField("期次")
    label = models.CharField("说明", max_length=80, blank=True)
    due_on = models.DateField("到期")
    amount_fen = models.BigIntegerField("金额（分）")
    state = models.CharField("状态", max_length=10, choices=list(INSTALMENT_STATES.items()), default="planned")
    pot = models.ForeignKey(Pot, models.PROTECT, null=True, blank=True, related_name="instalments")
    needs_proof = models.BooleanField("须有付息凭证", default=False)
    proof = models.JSONField("凭证", default=dict, blank=True)  # {words, interest_fen, by, at}
    reserved_at = models.DateTimeField("预留", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "分期"
        ordering = ["claim", "number"]
        constraints = [
            models.UniqueConstraint(fields=["claim", "number"], name="benefits_instalment_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="benefits_instalment_positive"),
            models.CheckConstraint(
                condition=Q(state__in=("planned", "dropped")) | Q(pot__isnull=False), name="benefits_instalment_pot"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="benefits_instalment_due"),
            models.Index(fields=["pot", "state"], name="benefits_instalment_pot_state"),
        ]

    def __str__(self) -> str:
        return f"{self.claim} 第{self.number}期"

    @property
    def held(self) -> str:
        """Why it is not paid although due; empty when it is, or is not due yet."""
        if self.state != "planned" or self.due_on > when.today():
            return ""
        return "待付息凭证" if self.needs_proof and not self.proof else "等待预算"


class Payment(models.Model):
    """One attempt to pay one instalment. A failed or returned one is over; paying again is a new attempt.

    `key` claim-instalment-attempt. `reference` is what the file to the bank says; all payments of one claim in one
    batch share it and stand on one line of the file.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="payments")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="payments")
    instalment = models.ForeignKey(Instalment, models.PROTECT, related_name="payments")
    attempt = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(max_length=64, unique=True)
    reference = models.CharField("付款编号", max_length=64, db_index=True)
    amount_fen = models.BigIntegerField("金额（分）")
    payee_name = models.CharField("户名", max_length=200)
    bank_name = models.CharField("开户行", max_length=120)
    bank_account = models.CharField("账号", max_length=64)
    state = models.CharField("状态", max_length=12, choices=list(PAYMENT_STATES.items()), default="queued")
    result = models.CharField("银行说明", max_length=200, blank=True)
    answered_at = models.DateTimeField("回单时间", null=True, blank=True)
    paid_on = models.DateField("支付日期", null=True, blank=True)
    file = models.ForeignKey("BankFile", models.SET_NULL, null=True, blank=True, related_name="payments")

    class Meta:
        verbose_name = verbose_name_plural = "付款"
        ordering = ["batch", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instalment"], condition=Q(state__in=ARRIVABLE), name="benefits_payment_never_twice"
            ),
            models.UniqueConstraint(fields=["instalment", "attempt"], name="benefits_payment_attempt"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="benefits_payment_positive"),
        ]
        indexes = [
            models.Index(fields=["batch", "state"], name="benefits_payment_batch"),
            models.Index(fields=["claim", "state"], name="benefits_payment_claim"),
        ]

    def __str__(self) -> str:
        return self.key


class BankFile(models.Model):
    """A result file of the bank. The same bytes are taken once; what could not be used is said row by row."""

    class State(models.TextChoices):
        TAKEN = "taken", "已入账"
        REFUSED = "refused", "未采用"

    name = models.CharField("文件名", max_length=255)
    sm3 = models.CharField("摘要", max_length=64, unique=True)
    size = models.PositiveBigIntegerField("字节数")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="files")
    state = models.CharField("状态", max_length=8, choices=State.choices)
    counts = models.JSONField("计数", default=dict, blank=True)
    errors = models.JSONField("问题", default=list, blank=True)
    by = models.CharField("经办", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField("时间", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "银行回单"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.name
