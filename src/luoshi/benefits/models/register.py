"""What is known of the businesses and people a measure may reach: facts from sources, each with date and confidence."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from luoshi.directory.models import Area, Body
from luoshi.kernel import when

USER = settings.AUTH_USER_MODEL
SUBJECT_KINDS = {"hotel": "酒店", "homestay": "民宿", "person": "个人", "other": "其他"}
MATTER_KINDS = {
    "star": "星级评定",
    "review": "星级复核",
    "green": "绿色标识",
    "brand": "品牌落地",
    "homestay": "民宿评定",
    "interest": "改造贷款",
    "contest": "技能大赛",
    "talent": "人才就业",
}
CONFIDENCES = {"official": "权威来源", "reported": "单位申报", "inferred": "推断"}


class Source(models.Model):
    """Where facts come from (统计联网直报, 评定机构公告). The smaller `priority` is shown first; it decides nothing."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=120)
    holder = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="持有单位")
    priority = models.PositiveSmallIntegerField("次序", default=100)
    confidence = models.CharField("可信度", max_length=10, choices=list(CONFIDENCES.items()), default="official")
    synthetic = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "数据来源"
        ordering = ["priority", "code"]

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    """A lodging business or a person. `key`: 统一社会信用代码; for a person a digest of the identity number."""

    kind = models.CharField("类别", max_length=10, choices=list(SUBJECT_KINDS.items()))
    key = models.CharField("标识", max_length=64, unique=True)
    name = models.CharField("名称", max_length=200)
    employer = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="staff", verbose_name="单位"
    )
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="所在区域")
    bank_name = models.CharField("开户行", max_length=120, blank=True)
    bank_account = models.CharField("账号", max_length=64, blank=True)
    account_name = models.CharField("户名", max_length=200, blank=True)
    account_confirmed_at = models.DateTimeField("账户确认时间", null=True, blank=True)
    account_confirmed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    synthetic = models.BooleanField("演示数据", default=False)
    created_at = models.DateTimeField(default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "惠企主体"
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["kind", "name", "id"], name="benefits_subject_kind"),
            models.Index(fields=["area", "kind"], name="benefits_subject_area"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """How the ledger and notices name it."""
        return f"benefit_subject:{self.pk}"


class Membership(models.Model):
    """An account that acts for a subject (企业用户)."""

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="members")
    user = models.ForeignKey(USER, models.CASCADE, related_name="benefit_subjects")
    since = models.DateField(default=when.today)

    class Meta:
        verbose_name = verbose_name_plural = "主体账号"
        constraints = [models.UniqueConstraint(fields=["subject", "user"], name="benefits_member_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.subject}"


class LinkAsk(models.Model):
    """认领: an account asks to act for the business of a code. Nothing is open to it until the department agrees."""

    class State(models.TextChoices):
        OPEN = "open", "待核对"
        LINKED = "linked", "已对上"
        DECLINED = "declined", "未同意"

    user = models.ForeignKey(USER, models.CASCADE, related_name="benefit_asks")
    key = models.CharField("统一社会信用代码", max_length=18)
    words = models.CharField("说明", max_length=500, blank=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    answer = models.TextField("答复", blank=True)
    answered_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField("时间", default=when.now)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "账号认领"
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], condition=Q(state="open"), name="benefits_ask_once")
        ]
        indexes = [models.Index(fields=["state", "-at"], name="benefits_ask_state")]

    def __str__(self) -> str:
        return f"{self.user} {self.key}"

    @property
    def subject(self) -> str:
        return f"benefit_ask:{self.pk}"


class Matter(models.Model):
    """事项: one event that may entitle (a star rating, a loan, an employment). Nobody is paid twice for one of them."""

    subject = models.ForeignKey(Subject, models.PROTECT, related_name="matters", verbose_name="主体")
    kind = models.CharField("种类", max_length=10, choices=list(MATTER_KINDS.items()))
    key = models.CharField("标识", max_length=160, unique=True)
    title = models.CharField("名称", max_length=200, blank=True)
    date = models.DateField("日期", null=True, blank=True)
    created_at = models.DateTimeField(default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "事项"
        ordering = ["subject", "date", "id"]
        indexes = [models.Index(fields=["kind", "id"], name="benefits_matter_kind")]

    def __str__(self) -> str:
        return self.title or self.key


class RegisterFile(models.Model):
    """A register as somebody brought it in. The bytes are kept by their digest; rows enter when confirmed."""

    class State(models.TextChoices):
        RECEIVED = "received", "待核对列"
        CHECKED = "checked", "待确认"
        STORING = "storing", "导入中"
        FAILED = "failed", "不能导入"
        STORED = "stored", "已导入"
        DISCARDED = "discarded", "已放弃"

    name = models.CharField("文件名", max_length=255)
    sm3 = models.CharField("摘要", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField("字节数")
    kind = models.CharField("名册种类", max_length=40)
    mapping = models.JSONField("列对应", default=dict, blank=True)  # {column of the file: fact or field}
    source = models.ForeignKey(Source, models.PROTECT, related_name="files", verbose_name="来源")
    as_of = models.DateField("数据日期")
    state = models.CharField("状态", max_length=10, choices=State.choices)
    counts = models.JSONField("计数", default=dict, blank=True)
    errors = models.JSONField("错误", default=list, blank=True)  # [{line, column, reason}], the first of them
    report = models.JSONField("检查结果", default=dict, blank=True)
    by = models.CharField("经办", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField("时间", default=when.now)
    stored_at = models.DateTimeField("导入时间", null=True, blank=True)
    done = models.PositiveIntegerField("已导入行", default=0)  # rows stored so far: where an interrupted import goes on

    class Meta:
        verbose_name = verbose_name_plural = "名册文件"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        return f"register_file:{self.pk}"


class Record(models.Model):
    """One row of one source about one subject or matter; all its facts share source, day and confidence.

    `part` says which of the source's registers, and which year's row of it, the record comes from: `25:turnover/2024`.
    `values` {fact: value} as JSON (money in yuan as text, dates ISO). `changed_at` moves only when `digest` does.
    """

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="records")
    matter = models.ForeignKey(Matter, models.CASCADE, null=True, blank=True, related_name="records")
    source = models.ForeignKey(Source, models.PROTECT, related_name="records")
    part = models.CharField("底册", max_length=60, default="", blank=True)
    values = models.JSONField("事实", default=dict)
    as_of = models.DateField("数据日期")
    confidence = models.CharField("可信度", max_length=10, choices=list(CONFIDENCES.items()), default="official")
    file = models.ForeignKey(RegisterFile, models.SET_NULL, null=True, blank=True, related_name="records")
    row_no = models.PositiveIntegerField("行号", null=True, blank=True)
    digest = models.CharField("摘要", max_length=64)
    changed_at = models.DateTimeField("变化时间", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "名册记录"
        ordering = ["subject", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "part", "matter"],
                condition=Q(matter__isnull=False),
                name="benefits_record_matter",
            ),
            models.UniqueConstraint(
                fields=["source", "part", "subject"],
                condition=Q(matter__isnull=True),
                name="benefits_record_subject",
            ),
        ]
        indexes = [models.Index(fields=["changed_at"], name="benefits_record_changed")]

    def __str__(self) -> str:
        return f"{self.source} {self.subject}"


class RecordPast(models.Model):
    """What a record said before it was replaced: the history of its facts."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="past")
    values = models.JSONField("事实", default=dict)
    as_of = models.DateField("数据日期")
    file = models.ForeignKey(RegisterFile, models.SET_NULL, null=True, blank=True, related_name="+")
    row_no = models.PositiveIntegerField("行号", null=True, blank=True)
    since = models.DateTimeField("起")
    until = models.DateTimeField("止", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "以前的记录"
        ordering = ["-until", "-id"]

    def __str__(self) -> str:
        return f"{self.record} {self.until}"


class Dispute(models.Model):
    """Two sources disagree about one fact. Until a person chooses, with a reason, the fact is unknown."""

    class State(models.TextChoices):
        OPEN = "open", "待核定"
        DECIDED = "decided", "已核定"
        GONE = "gone", "已一致"

    subject = models.ForeignKey(Subject, models.CASCADE, related_name="disputes")
    matter = models.ForeignKey(Matter, models.CASCADE, null=True, blank=True, related_name="disputes")
    fact = models.CharField("事实", max_length=80)
    values = models.JSONField("各来源", default=list)  # [{source, value, as_of, record}]
    fingerprint = models.CharField(max_length=64, blank=True)  # digest of `values`: other values open it again
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    chosen = models.JSONField("核定值", null=True, blank=True)
    chosen_source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.CharField("核定人", max_length=150, blank=True)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.TextField("理由", blank=True)
    found_at = models.DateTimeField("发现", default=when.now)
    decided_at = models.DateTimeField("核定时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "来源分歧"
        ordering = ["-state", "-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "fact"], condition=Q(matter__isnull=False), name="benefits_dispute_matter"
            ),
            models.UniqueConstraint(
                fields=["subject", "fact"], condition=Q(matter__isnull=True), name="benefits_dispute_subject"
            ),
        ]
        indexes = [models.Index(fields=["state", "-found_at"], name="benefits_dispute_state")]

    def __str__(self) -> str:
        return f"{self.subject} {self.fact}"
