"""Incidents and their course: what was reported, what is known, what was decided under which plan, by whom.

An incident is one event; a case is that event under one plan; a response or a warning is one start or one issue of a
level in a case (a higher level is a new row that names its `previous`). Nothing is overwritten: two reporters may
disagree, a level may be raised, and what stood before stays.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from luoshi.clocks.models import Lane
from luoshi.kernel import when

USER = settings.AUTH_USER_MODEL
LIVE = ("running", "assisting")  # states of a response that runs
WAITING = ("proposed", "confirmed")  # states of a proposal nobody has acted on


class PlanSnapshot(models.Model):
    """The plans of a pack as plain data, with facts, operators, terms and readings: all that a grade rests on.

    `current` marks the one new incidents are judged by; a running response keeps its own, whatever the pack becomes.
    """

    digest = models.CharField("摘要", max_length=64, unique=True)
    pack = models.CharField("规范包", max_length=40)
    data = models.JSONField("内容")
    current = models.BooleanField("现行", default=False)
    taken_at = models.DateTimeField("留存时间", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "预案快照"
        ordering = ["-taken_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["pack"], condition=Q(current=True), name="emergency_snapshot_current")
        ]

    def __str__(self) -> str:
        return f"{self.pack} {self.digest[:12]}"


class Incident(models.Model):
    """One event somebody told of. `exercise`: a drill; nothing of it leaves the machine."""

    class State(models.TextChoices):
        OPEN = "open", "办理中"
        CLOSED = "closed", "已结案"

    number = models.CharField("编号", max_length=24, unique=True)
    title = models.CharField("事件", max_length=200)
    exercise = models.BooleanField("演练", default=False)
    demo = models.BooleanField("演示数据", default=False)
    lane = models.ForeignKey(Lane, models.PROTECT, null=True, blank=True, related_name="incidents")
    drill = models.ForeignKey("DrillRun", models.SET_NULL, null=True, blank=True, related_name="incidents")
    places = models.JSONField("事发地", default=list, blank=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    version = models.PositiveIntegerField(default=0)  # two officers who act at once: the second is told
    occurred_at = models.DateTimeField("发生时间", null=True, blank=True)
    opened_at = models.DateTimeField("接报时间", default=when.now)
    opened_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField("结案时间", null=True, blank=True)
    close_reason = models.TextField("结案说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "事件"
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(fields=["state", "exercise", "-opened_at"], name="emergency_incident_state")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def subject(self) -> str:
        """How the ledger, clocks and notices name this incident."""
        return f"incident:{self.pk}"


class Signal(models.Model):
    """来报: one report as it came in. The same report again raises `repeats`; a flood is one signal with many."""

    class State(models.TextChoices):
        NEW = "new", "待处理"
        JOINED = "joined", "已并入事件"
        DISMISSED = "dismissed", "不立案"

    source = models.CharField("来源", max_length=24)
    channel = models.CharField("渠道", max_length=60, blank=True)
    clause = models.CharField("信息来源条款", max_length=40, blank=True)
    reporter = models.CharField("报告人（单位）", max_length=120)
    contact = models.CharField("联系方式", max_length=80, blank=True)
    received_at = models.DateTimeField("接报时间", default=when.now)
    occurred_at = models.DateTimeField("发生时间", null=True, blank=True)
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    skewed = models.BooleanField("时钟不一致", default=False)
    external_id = models.CharField("外部编号", max_length=200, blank=True)
    fingerprint = models.CharField(max_length=64, db_index=True)  # of sender and what is said; one row per occurrence
    text = models.TextField("内容")
    raw = models.JSONField("原始内容", default=dict, blank=True)
    incident = models.ForeignKey(Incident, models.PROTECT, null=True, blank=True, related_name="signals")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.NEW)
    repeats = models.PositiveIntegerField("重复次数", default=0)
    last_at = models.DateTimeField("最近一次", default=when.now)
    resolved_at = models.DateTimeField("来报方称恢复", null=True, blank=True)
    dismissed_reason = models.TextField("不立案理由", blank=True)
    exercise = models.BooleanField("演练", default=False)
    by = models.CharField("录入", max_length=150, blank=True)
    feed = models.ForeignKey("Feed", models.PROTECT, null=True, blank=True, related_name="signals")
    group_key = models.CharField("归并依据", max_length=64, blank=True)
    status = models.CharField("来报方称", max_length=10, default="firing")  # firing | resolved | cancelled
    severity = models.CharField("来报方称程度", max_length=40, blank=True)
    places = models.JSONField("所称地点", default=list, blank=True)
    operators = models.JSONField("所称企业", default=list, blank=True)
    problems = models.JSONField("读取问题", default=list, blank=True)
    changes = models.JSONField("状态变化", default=list, blank=True)  # [[received, status, occurred]], the last 50

    class Meta:
        verbose_name = verbose_name_plural = "来报"
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["state", "-last_at", "id"], name="emergency_signal_state"),
            models.Index(fields=["incident", "received_at"], name="emergency_signal_incident"),
            models.Index(fields=["group_key", "last_at"], name="emergency_signal_group"),
        ]

    def __str__(self) -> str:
        return f"{self.reporter}：{self.text[:40]}"


class Fact(models.Model):
    """What somebody said of one fact. `value` null: asked, and not known. The same reporter's later word replaces.

    Two reporters may disagree: both rows stay, and the fact is unknown until one is `chosen` with a reason.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="facts")
    plan = models.CharField("预案", max_length=12, blank=True)
    name = models.CharField("事实", max_length=60)
    value = models.JSONField("值", null=True, blank=True)
    source = models.CharField("来源", max_length=120)
    reporter = models.CharField("报告人", max_length=120)
    at = models.DateTimeField("所指时间")
    entered_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    entered_name = models.CharField("录入", max_length=150)
    entered_at = models.DateTimeField("录入时间", default=when.now)
    signal = models.ForeignKey(Signal, models.SET_NULL, null=True, blank=True, related_name="facts")
    replaced = models.BooleanField("已被本人更新", default=False)
    chosen = models.BooleanField("采信", default=False)
    reason = models.TextField("采信理由", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "事实"
        ordering = ["name", "at", "id"]
        indexes = [models.Index(fields=["incident", "name", "at"], name="emergency_fact_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "name"], condition=Q(chosen=True), name="emergency_fact_chosen_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


class Case(models.Model):
    """An incident under one plan. `levels`, `ask`: what the rules said last, kept so that a list need not ask again."""

    class Triage(models.TextChoices):
        TRUE = "true", "真实"
        FALSE_ALARM = "false_alarm", "误报"
        UNRELATED = "unrelated", "无关"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="cases")
    plan = models.CharField("预案", max_length=12)
    triage = models.CharField("分流", max_length=12, choices=Triage.choices, blank=True)
    transferee = models.CharField("转交", max_length=120, blank=True)
    triage_reason = models.TextField("分流说明", blank=True)
    triaged_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    triaged_name = models.CharField("分流人", max_length=150, blank=True)
    triaged_at = models.DateTimeField("分流时间", null=True, blank=True)
    chosen = models.BooleanField("适用", null=True, blank=True)  # null: nobody has decided
    choice_reason = models.TextField("适用理由", blank=True)
    choice_name = models.CharField("决定人", max_length=150, blank=True)
    choice_at = models.DateTimeField("决定时间", null=True, blank=True)
    applies = models.CharField("规则判断", max_length=8, blank=True)  # true | false | unknown
    warning_level = models.CharField("建议预警", max_length=8, blank=True)
    response_level = models.CharField("建议响应", max_length=8, blank=True)
    ask = models.JSONField("待核实", default=list, blank=True)
    evidence = models.JSONField("结束、解除条件的依据", default=dict, blank=True)
    groups = models.JSONField("启用工作组", default=list, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "预案办理"
        ordering = ["incident", "plan"]
        constraints = [models.UniqueConstraint(fields=["incident", "plan"], name="emergency_case_once")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.plan}号"


class Signed(models.Model):
    """Who did a step, in which post, when."""

    case: models.ForeignKey[Any, Any]
    level = models.CharField("级别", max_length=8)
    proposed_at = models.DateTimeField("建议时间")
    proposed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    proposed_post = models.CharField("建议职务", max_length=80)
    proposed_name = models.CharField("建议人", max_length=150)
    proposed_reason = models.TextField("建议理由", blank=True)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    confirmed_post = models.CharField("确认职务", max_length=80, blank=True)
    confirmed_name = models.CharField("确认人", max_length=150, blank=True)
    snapshot = models.ForeignKey(PlanSnapshot, models.PROTECT, null=True, blank=True, related_name="+")
    card = models.JSONField("建议卡", default=dict, blank=True)  # as it stood when proposed
    leaned = models.JSONField("所依解释", default=list, blank=True)  # [{key, value, status}]
    settings = models.JSONField("所用口径", default=dict, blank=True)
    evidence = models.JSONField("条件依据", default=dict, blank=True)
    recipients = models.JSONField("告知对象", default=list, blank=True)
    flags = models.JSONField("提示", default=list, blank=True)
    reason = models.TextField("理由", blank=True)
    dropped_reason = models.TextField("撤回、不采纳理由", blank=True)

    class Meta:
        abstract = True


class Warning(Signed):
    """One issue of a warning level. Adjusting it is a new row that names its `previous`."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "已建议"
        CONFIRMED = "confirmed", "已核定"
        ISSUED = "issued", "已发布"
        ADJUSTED = "adjusted", "已调整"
        LIFTED = "lifted", "已解除"
        DROPPED = "dropped", "未发布"

    case = models.ForeignKey(Case, models.CASCADE, related_name="warnings")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="following")
    issued_at = models.DateTimeField("发布时间", null=True, blank=True)
    issued_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    issued_post = models.CharField("签发职务", max_length=80, blank=True)
    issued_name = models.CharField("签发人", max_length=150, blank=True)
    issuer = models.CharField("发布机构", max_length=120, blank=True)
    form = models.CharField("发布形式", max_length=40, blank=True)
    ended_at = models.DateTimeField("解除时间", null=True, blank=True)
    ended_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_post = models.CharField("解除职务", max_length=80, blank=True)
    ended_name = models.CharField("解除人", max_length=150, blank=True)
    vanished = models.TextField("威胁消失", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "预警"
        ordering = ["case", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="issued"), name="emergency_warning_one"),
            models.UniqueConstraint(fields=["case"], condition=Q(state__in=WAITING), name="emergency_warning_proposal"),
        ]

    def __str__(self) -> str:
        return f"{self.case} 预警{self.level}"


class Response(Signed):
    """One start of a response level. Raising is a new start (A29); `previous` is what ran before."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "已建议"
        CONFIRMED = "confirmed", "已确认"
        RUNNING = "running", "运行中"
        ASSISTING = "assisting", "运行（配合上级）"
        CHANGED = "changed", "已变更级别"
        ENDED = "ended", "已结束"
        DROPPED = "dropped", "未启动"

    case = models.ForeignKey(Case, models.CASCADE, related_name="responses")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PROPOSED)
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="following")
    started_at = models.DateTimeField("启动时间", null=True, blank=True)
    started_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    started_post = models.CharField("启动职务", max_length=80, blank=True)
    started_name = models.CharField("启动人", max_length=150, blank=True)
    taken_over_at = models.DateTimeField("上级接管", null=True, blank=True)
    taken_over_by = models.CharField("接管机构", max_length=120, blank=True)
    superior_agreed_at = models.DateTimeField("上级同意结束", null=True, blank=True)
    superior_agreed = models.CharField("上级同意的依据", max_length=200, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    ended_by = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    ended_post = models.CharField("结束职务", max_length=80, blank=True)
    ended_name = models.CharField("结束人", max_length=150, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "响应"
        ordering = ["case", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state__in=LIVE), name="emergency_response_one"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state__in=WAITING), name="emergency_response_proposal"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[*LIVE, "ended", "changed"]) | Q(started_at__isnull=False),
                name="emergency_response_started",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} 响应{self.level}"

    @property
    def live(self) -> bool:
        return self.state in LIVE


class Act(models.Model):
    """处置记录: one line of the incident's log, written with its ledger entry. Never changed.

    `once`: the key of the form it came from; the same form sent again finds this line and does nothing.
    """

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="acts")
    case = models.ForeignKey(Case, models.CASCADE, null=True, blank=True, related_name="acts")
    kind = models.CharField("事项", max_length=40)
    text = models.TextField("内容")
    at = models.DateTimeField("时间")
    actor = models.CharField("由谁", max_length=150)
    post = models.CharField("职务", max_length=120, blank=True)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    cite = models.CharField("依据", max_length=160, blank=True)
    reading = models.CharField("所依解释", max_length=40, blank=True)
    data = models.JSONField(default=dict, blank=True)
    once = models.CharField(max_length=64, null=True, blank=True, unique=True)
    entry = models.BigIntegerField("账本序号", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "处置记录"
        ordering = ["incident", "at", "id"]
        indexes = [
            models.Index(fields=["incident", "at", "id"], name="emergency_act_at"),
            models.Index(fields=["kind", "at"], name="emergency_act_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.text[:40]}"


from luoshi.emergency.models_after import *  # noqa: E402, F403 the tables of call-out, tasks, reports, resources, after
from luoshi.emergency.models_intake import *  # noqa: E402, F403 monitoring systems and their keys
from luoshi.emergency.models_measured import *  # noqa: E402, F403 delays that no number judges
from luoshi.emergency.models_ready import *  # noqa: E402, F403 scenarios, shapes, triggers of a revision
