"""Duties (督办事项) and what becomes of them: bodies, events, evidence, targets, readings, conflicts, bulletins.

Columns that a list filters or sorts by (`light`, `due`, `changes_on`, `lead`) are materialised: every act and the
daily clock recompute them from the same pure rules that decide an `as_of` view, so a board never computes 100,000 rows.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.norms.models import Instrument, Provision
from luoshi.supervision.engine import STATE_LABELS, State
from luoshi.supervision.lights import GREY, LIGHT_LABELS
from luoshi.supervision.periods import PERIOD_LABELS
from luoshi.supervision.verdicts import plain

USER = settings.AUTH_USER_MODEL
OPS = {">=": "不低于", ">": "超过", "<=": "不高于", "<": "低于", "=": "等于", "between": "区间", "done": "完成"}


class Duty(models.Model):
    """One thing a document asks somebody to do. A `goal` is an indicator no body is named for."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "待立项"
        CONFIRMED = "confirmed", "已立项"
        MERGED = "merged", "已并入"
        REJECTED = "rejected", "不立项"

    class Source(models.TextChoices):
        PACK = "pack", "规范包"
        IMPORT = "import", "文本导入"
        MANUAL = "manual", "人工录入"

    class Grade(models.TextChoices):
        PLAN = "", "按文件期限"
        SIMPLE = "simple", "一般事项"
        COMPLEX = "complex", "复杂事项"

    key = models.CharField("编号", max_length=160, unique=True)
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="duties", verbose_name="文件")
    provision = models.ForeignKey(Provision, models.SET_NULL, null=True, blank=True, related_name="duties")
    citation = models.CharField("出处", max_length=160, db_index=True)
    clauses = models.JSONField("条目", default=list, blank=True)
    task_no = models.PositiveIntegerField("任务序号", null=True, blank=True)
    title = models.CharField("事项", max_length=400)
    gist = models.TextField("要点", blank=True)
    goal = models.BooleanField("目标", default=False)
    group = models.CharField("任务组", max_length=200, blank=True)
    division = models.CharField("分工", max_length=400, blank=True)
    no_lead_marked = models.BooleanField("未标牵头", default=False)
    joint_lead = models.BooleanField("共同牵头", default=False)
    open_list = models.BooleanField("“等”字开口", default=False)
    open_words = models.CharField("开口用语", max_length=120, blank=True)
    deadline = models.DateField("期限", null=True, blank=True)
    deadline_printed = models.DateField("文中期限", null=True, blank=True)
    deadline_words = models.CharField("期限用语", max_length=200, blank=True)
    deadline_note = models.CharField("期限说明", max_length=400, blank=True)
    stage_result = models.BooleanField("阶段性成效", default=False)
    continuous = models.BooleanField("持续推进", default=False)
    period = models.CharField("报送周期", max_length=8, choices=list(PERIOD_LABELS.items()), default="quarter")
    grade = models.CharField("办理类别", max_length=8, choices=Grade.choices, default=Grade.PLAN, blank=True)
    note = models.TextField("备注", blank=True)
    source = models.CharField("来源", max_length=8, choices=Source.choices)
    status = models.CharField("立项", max_length=10, choices=Status.choices, default=Status.PROPOSED)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    similar_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    decision_reason = models.TextField("立项意见", blank=True)

    state = models.CharField("状态", max_length=24, choices=list(STATE_LABELS.items()), default=State.ESTABLISHED)
    resume_to = models.CharField(max_length=24, blank=True)
    version = models.PositiveIntegerField(default=0)  # two people who act at once: the second is told
    assigned_on = models.DateField("分办日期", null=True, blank=True)
    stage_done_on = models.DateField("阶段成效认定", null=True, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)
    reported_until = models.DateField("已反馈至", null=True, blank=True)
    returned = models.BooleanField("反馈被退回", default=False)
    progress = models.PositiveSmallIntegerField("进度", null=True, blank=True)
    broken = models.JSONField("超时", default=list, blank=True)
    escalated = models.PositiveSmallIntegerField("升级", default=0)
    demo = models.BooleanField("演示数据", default=False)

    lead = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+")
    light = models.CharField("灯", max_length=6, choices=list(LIGHT_LABELS.items()), default=GREY)
    light_why = models.CharField("灯的理由", max_length=400, blank=True)
    due = models.DateField("下一期限", null=True, blank=True)
    month = models.CharField("期限月", max_length=7, blank=True)
    changes_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField("录入", default=when.now)
    updated_at = models.DateTimeField("更新", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "督办事项"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["status", "light", "due", "id"], name="supervision_light"),
            models.Index(fields=["status", "instrument", "due", "id"], name="supervision_document"),
            models.Index(fields=["status", "month", "due", "id"], name="supervision_month"),
            models.Index(fields=["status", "state", "id"], name="supervision_state"),
            models.Index(fields=["status", "due", "id"], name="supervision_due"),
            models.Index(fields=["changes_on"], name="supervision_changes"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="merged") | Q(merged_into__isnull=True), name="supervision_merged_is_merged"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_on__isnull=False), name="supervision_closed_has_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"

    @property
    def subject(self) -> str:
        """How the ledger, clocks and notices name this duty."""
        return f"duty:{self.pk}"


class DutyBody(models.Model):
    """A body of a duty, in printed order. `body` null: the printed name is not (yet) in the directory."""

    class Role(models.TextChoices):
        LEAD = "lead", "牵头"
        COOPERATE = "cooperate", "配合"

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="bodies")
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="duty_roles")
    printed = models.CharField("文中写法", max_length=200)
    role = models.CharField("角色", max_length=10, choices=Role.choices)
    position = models.PositiveSmallIntegerField("次序")
    received_at = models.DateTimeField("签收时间", null=True, blank=True)
    received_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "责任单位"
        ordering = ["duty", "position"]
        constraints = [models.UniqueConstraint(fields=["duty", "position"], name="supervision_body_position")]
        indexes = [models.Index(fields=["body", "role", "duty"], name="supervision_body_role")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.printed}"


class Event(models.Model):
    """One act on a duty, or one thing a clock did. Never changed, except that feedback may be marked returned."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="events")
    at = models.DateTimeField("时间")
    act = models.CharField("操作", max_length=24)
    label = models.CharField("操作名", max_length=24)
    from_state = models.CharField(max_length=24, blank=True)
    to_state = models.CharField(max_length=24, blank=True)
    by = models.CharField("经办", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+")
    words = models.TextField("内容", blank=True)
    progress = models.PositiveSmallIntegerField("进度", null=True, blank=True)
    covers_until = models.DateField("反馈期止", null=True, blank=True)
    returned = models.BooleanField("被退回", default=False)
    data = models.JSONField(default=dict, blank=True)
    entry = models.BigIntegerField("账本序号", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "办理记录"
        ordering = ["duty", "at", "id"]
        indexes = [
            models.Index(fields=["duty", "at"], name="supervision_event_at"),
            models.Index(fields=["act", "at"], name="supervision_event_act"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.label}"


class Evidence(models.Model):
    """A file that proves progress. The bytes lie under MEDIA_ROOT/evidence by their SM3; nothing overwrites them."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="evidence")
    event = models.ForeignKey(Event, models.CASCADE, related_name="evidence")
    name = models.CharField("文件名", max_length=255)
    size = models.PositiveBigIntegerField("字节数")
    sm3 = models.CharField("摘要", max_length=64, db_index=True)
    media_type = models.CharField(max_length=120, blank=True)
    added_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = verbose_name_plural = "佐证材料"
        ordering = ["duty", "added_at", "id"]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """A measurable aim of a duty. `value` null with `awaited_from` set: the slot is 待下达."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    citation = models.CharField("出处", max_length=160)
    indicator = models.CharField("指标", max_length=200)
    indicator_key = models.CharField(max_length=200, db_index=True)
    op = models.CharField("比较", max_length=8, choices=list(OPS.items()))
    value = models.DecimalField("数值", max_digits=24, decimal_places=6, null=True, blank=True)
    value_high = models.DecimalField("上限", max_digits=24, decimal_places=6, null=True, blank=True)
    unit = models.CharField("单位", max_length=40, blank=True)
    due = models.DateField("时限", null=True, blank=True)
    baseline = models.CharField("基期", max_length=120, blank=True)
    baseline_missing = models.BooleanField("缺基期", default=False)
    relative_to = models.CharField("参照", max_length=120, blank=True)
    fuzzy = models.CharField("模糊用语", max_length=40, blank=True)
    binding = models.BooleanField("约束性", default=True)
    stable = models.BooleanField("须稳定", default=False)
    implied = models.BooleanField("推定", default=False)
    awaited_from = models.CharField("待何级下达", max_length=120, blank=True)
    value_set_on = models.DateField("下达日期", null=True, blank=True)
    value_source = models.CharField("下达依据", max_length=400, blank=True)
    note = models.TextField("说明", blank=True)
    added_on = models.DateField("添加日期", null=True, blank=True)  # by a supervisor; else it came with the duty
    removed_on = models.DateField("移除日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "指标"
        ordering = ["duty", "position", "id"]

    def __str__(self) -> str:
        return self.indicator

    def stands(self, as_of: date) -> bool:
        """Whether the duty is judged by it on a day: already added by then, and not yet removed."""
        added = self.added_on is None or self.added_on <= as_of
        return added and (self.removed_on is None or as_of < self.removed_on)

    @property
    def removable(self) -> bool:
        """Added by hand, or read from a text by the machine; the targets of a pack are corrected in the pack."""
        return self.removed_on is None and (self.added_on is not None or self.duty.source != Duty.Source.PACK)


class Reading(models.Model):
    """A measured value of a target for a period. A later reading of the same period replaces an earlier one."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="readings")
    value = models.DecimalField("数值", max_digits=24, decimal_places=6)
    reference = models.DecimalField("参照值", max_digits=24, decimal_places=6, null=True, blank=True)
    period_start = models.DateField("期初", null=True, blank=True)
    period_end = models.DateField("期末")
    source = models.CharField("数据来源", max_length=200)
    document = models.CharField("依据文件", max_length=200, blank=True)
    note = models.TextField("说明", blank=True)
    entered_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    entered_at = models.DateTimeField("录入时间")
    verified_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField("核实时间", null=True, blank=True)
    demo = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "指标读数"
        ordering = ["target", "period_end", "entered_at", "id"]
        indexes = [models.Index(fields=["target", "period_end"], name="supervision_reading_period")]

    def __str__(self) -> str:
        return f"{self.target} {self.period_end}"

    @property
    def shown(self) -> str:
        """The value as people write it: no trailing zeros, no exponent."""
        return plain(self.value)


class Conflict(models.Model):
    """One indicator with values that do not go together, in one or several documents: needs a reasoned decision."""

    class State(models.TextChoices):
        OPEN = "open", "待裁定"
        DECIDED = "decided", "已裁定"
        OVER = "over", "已消除"  # a value was taken away: what is left goes together

    indicator_key = models.CharField(max_length=200, unique=True)
    indicator = models.CharField("指标", max_length=200)
    why = models.CharField("疑点", max_length=400)
    members = models.ManyToManyField(Target, related_name="conflicts")
    fingerprint = models.CharField(max_length=64)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    chosen = models.ForeignKey(Target, models.SET_NULL, null=True, blank=True, related_name="+")
    keep_all = models.BooleanField("并存", default=False)
    reason = models.TextField("理由", blank=True)
    decided_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField("裁定时间", null=True, blank=True)
    found_at = models.DateTimeField("发现时间")

    class Meta:
        verbose_name = verbose_name_plural = "指标冲突"
        ordering = ["-state", "indicator"]

    def __str__(self) -> str:
        return self.indicator


class Tally(models.Model):
    """Counts a board shows, kept as duties change: `axis` document|body|month|all, `ref` its key, `measure` what."""

    axis = models.CharField(max_length=10)
    ref = models.CharField(max_length=40)
    measure = models.CharField(max_length=20)
    count = models.IntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "统计"
        ordering = ["axis", "ref", "measure"]
        constraints = [models.UniqueConstraint(fields=["axis", "ref", "measure"], name="supervision_tally_once")]

    def __str__(self) -> str:
        return f"{self.axis} {self.ref} {self.measure}={self.count}"


class Bulletin(models.Model):
    """A bulletin (通报) as it went out: the .docx under MEDIA_ROOT/bulletins by its SM3, and the figures it printed."""

    month = models.CharField("月份", max_length=7, db_index=True)
    title = models.CharField("标题", max_length=200)
    figures = models.JSONField(default=dict)
    sm3 = models.CharField("摘要", max_length=64)
    issued_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField("印发时间")

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        ordering = ["-issued_at", "-id"]

    def __str__(self) -> str:
        return self.title


class FeedbackFile(models.Model):
    """A feedback workbook, kept as it came, with what was read from it. Nothing is stored until it is applied."""

    name = models.CharField("文件名", max_length=255)
    sm3 = models.CharField("摘要", max_length=64)
    size = models.PositiveBigIntegerField("字节数")
    report = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField("上传时间")
    applied_at = models.DateTimeField("入库时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "反馈导入"
        ordering = ["-uploaded_at", "-id"]
        indexes = [models.Index(fields=["sm3"], name="supervision_feedback_sm3")]

    def __str__(self) -> str:
        return self.name


class CalendarFeed(models.Model):
    """A private address of one person's calendar of deadlines. Only the token's digest is kept."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField("生成时间")
    revoked_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "日历订阅"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"
