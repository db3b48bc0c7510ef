"""What hangs on an incident: call-out, tasks, queries, reports; resources and rosters; what comes after; drills."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from luoshi.clocks.models import Clock, Lane
from luoshi.directory.models import Area, Body, Person
from luoshi.kernel import when
from luoshi.notices.models import Delivery, Notice

USER = settings.AUTH_USER_MODEL

__all__ = [
    "Asset",
    "AssetMove",
    "CallNode",
    "CallOut",
    "Cost",
    "DrillRun",
    "Lesson",
    "LinkedPlan",
    "PlanDefect",
    "Query",
    "Report",
    "Review",
    "Shift",
    "Task",
    "TaskEntry",
]


class CallOut(models.Model):
    """One call-out: whom a start, a warning or a proposal tells. `purpose`: propose|issue|start|need."""

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="callouts")
    case = models.ForeignKey("emergency.Case", models.CASCADE, null=True, blank=True, related_name="callouts")
    response = models.ForeignKey("emergency.Response", models.CASCADE, null=True, blank=True, related_name="callouts")
    warning = models.ForeignKey("emergency.Warning", models.CASCADE, null=True, blank=True, related_name="callouts")
    notice = models.ForeignKey(Notice, models.SET_NULL, null=True, blank=True, related_name="+")
    purpose = models.CharField("事由", max_length=12)
    at = models.DateTimeField("时间", default=when.now)
    by = models.CharField("发起", max_length=150)
    exercise = models.BooleanField("演练", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "叫应"
        ordering = ["incident", "at", "id"]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.purpose}"


class CallNode(models.Model):
    """One recipient of a call-out; `roles`: everything it is told for, each with its clause (merged, one message)."""

    callout = models.ForeignKey(CallOut, models.CASCADE, related_name="nodes")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    printed = models.CharField("文中写法", max_length=200)
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    roles = models.JSONField("事由", default=list)  # [{plan, purpose, cite, source, groups}]
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, blank=True, related_name="call_nodes")
    state = models.CharField("状态", max_length=12, default="waiting")
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "叫应对象"
        ordering = ["callout", "id"]

    def __str__(self) -> str:
        return self.printed


class Task(models.Model):
    """A measure of a level as a task. `column`: 条文措施 or 建议沿用 (never the text of this level)."""

    class State(models.TextChoices):
        OPEN = "open", "待签收"
        ACKED = "acked", "已签收"
        DONE = "done", "已完成"
        DROPPED = "dropped", "不办"

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="tasks")
    case = models.ForeignKey("emergency.Case", models.CASCADE, related_name="tasks")
    response = models.ForeignKey("emergency.Response", models.CASCADE, null=True, blank=True, related_name="tasks")
    warning = models.ForeignKey("emergency.Warning", models.CASCADE, null=True, blank=True, related_name="tasks")
    what = models.CharField("事项", max_length=400)
    by = models.CharField("承担（文中写法）", max_length=200)
    group = models.CharField("工作组", max_length=60, blank=True)
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+")
    units = models.ManyToManyField(Body, related_name="+", verbose_name="可办理的单位")
    cite = models.CharField("依据", max_length=160, blank=True)
    cites = models.JSONField("合并的依据", default=list, blank=True)
    reading = models.CharField("所依解释", max_length=40, blank=True)
    column = models.CharField("性质", max_length=12, default="条文措施")
    timing = models.CharField("时限用语", max_length=12, blank=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    help_wanted = models.BooleanField("求助", default=False)
    created_at = models.DateTimeField("下达时间", default=when.now)
    acked_at = models.DateTimeField("签收时间", null=True, blank=True)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        ordering = ["incident", "id"]
        indexes = [models.Index(fields=["body", "state", "id"], name="emergency_task_body")]

    def __str__(self) -> str:
        return self.what


class TaskEntry(models.Model):
    """What became of a task: `kind` ack|feedback|help|done|drop."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="entries")
    kind = models.CharField("类别", max_length=10)
    text = models.TextField("内容", blank=True)
    at = models.DateTimeField("时间", default=when.now)
    by = models.CharField("由谁", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "任务记录"
        ordering = ["task", "at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.by}"


class Query(models.Model):
    """催报、核实: a superior asks; thirty minutes to an effective answer (4.1/p1s5)."""

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="queries")
    asked_by = models.CharField("要求方", max_length=120)
    text = models.TextField("要求")
    received_at = models.DateTimeField("收到时间", default=when.now)
    answered_at = models.DateTimeField("回应时间", null=True, blank=True)
    answer = models.TextField("回应", blank=True)
    answered_by = models.CharField("回应人", max_length=150, blank=True)
    entered_at = models.DateTimeField("登记时间", null=True, blank=True)
    answer_entered_at = models.DateTimeField("回应登记时间", null=True, blank=True)
    clock = models.ForeignKey(Clock, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "催报核实"
        ordering = ["incident", "received_at", "id"]

    def __str__(self) -> str:
        return f"{self.asked_by}：{self.text[:40]}"


class Report(models.Model):
    """初报、续报、终报. `secret`: only this stub is kept. `parts`: the five parts and additions as sent.

    `delivered_at` is what its clock goes by; `entered_at` is when somebody wrote it down here, which may be later.
    """

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="reports")
    case = models.ForeignKey("emergency.Case", models.CASCADE, null=True, blank=True, related_name="reports")
    kind = models.CharField("类别", max_length=12)  # oral | first | follow_up | final | answer
    number = models.PositiveIntegerField("序号", default=0)
    to = models.JSONField("报送对象", default=list)
    upward = models.BooleanField("向上级", default=False)
    channel = models.CharField("渠道", max_length=40)
    channel_reason = models.CharField("渠道理由", max_length=200, blank=True)
    parts = models.JSONField("内容", default=dict, blank=True)
    secret = models.BooleanField("涉密", default=False)
    sm3 = models.CharField("文件摘要", max_length=64, blank=True)
    sent_at = models.DateTimeField("报送时间", default=when.now)
    delivered_at = models.DateTimeField("送达时间", null=True, blank=True)
    entered_at = models.DateTimeField("登记时间", null=True, blank=True)
    by = models.CharField("报送人", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")
    clock = models.ForeignKey(Clock, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "信息报告"
        ordering = ["incident", "sent_at", "id"]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.kind} {self.number}"


class Asset(models.Model):
    """A resource: team|equipment|vehicle|permit|generator|customer|system. `synthetic`: 演示数据."""

    kind = models.CharField("类别", max_length=16)
    name = models.CharField("名称", max_length=120)
    owner = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="+")
    owner_name = models.CharField("归属", max_length=120, blank=True)
    area = models.ForeignKey(Area, models.SET_NULL, null=True, blank=True, related_name="+")
    place = models.CharField("地点", max_length=200, blank=True)
    quantity = models.PositiveIntegerField("数量", default=1)
    unit = models.CharField("单位", max_length=12, blank=True)
    state = models.CharField("状态", max_length=12, default="ready")
    contact = models.CharField("联系人", max_length=120, blank=True)
    checked_on = models.DateField("最近检查", null=True, blank=True)
    data = models.JSONField("其他", default=dict, blank=True)
    synthetic = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "应急资源"
        ordering = ["kind", "name", "id"]
        indexes = [models.Index(fields=["kind", "state", "id"], name="emergency_asset_kind")]

    def __str__(self) -> str:
        return self.name


class AssetMove(models.Model):
    """采购、调用、补充、报废、维护、征用、归还、补偿 of an asset."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="moves")
    incident = models.ForeignKey("emergency.Incident", models.SET_NULL, null=True, blank=True, related_name="moves")
    kind = models.CharField("类别", max_length=12)
    quantity = models.IntegerField("数量", default=0)
    at = models.DateTimeField("时间", default=when.now)
    by = models.CharField("由谁", max_length=150)
    cost_fen = models.BigIntegerField("金额（分）", null=True, blank=True)
    note = models.TextField("说明", blank=True)
    cite = models.CharField("依据", max_length=160, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "资源变动"
        ordering = ["asset", "at", "id"]

    def __str__(self) -> str:
        return f"{self.asset} {self.kind}"


class Shift(models.Model):
    """Who is on duty. `override`: replaces what the roster says for that time, with a reason."""

    role = models.CharField("岗位", max_length=60)
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(USER, models.CASCADE, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField("起")
    ends_at = models.DateTimeField("止")
    override = models.BooleanField("调班", default=False)
    reason = models.CharField("理由", max_length=200, blank=True)
    by = models.CharField("安排人", max_length=150, blank=True)
    synthetic = models.BooleanField("演示数据", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "值班"
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="emergency_shift_time")]

    def __str__(self) -> str:
        return f"{self.role} {self.starts_at:%m-%d %H:%M}"


class Cost(models.Model):
    """A cost of an incident. `payer` stays 待定 until the cause is settled (A17). Money in fen."""

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="costs")
    what = models.CharField("事项", max_length=200)
    amount_fen = models.BigIntegerField("金额（分）")
    payer = models.CharField("承担方", max_length=120, default="待定")
    settled = models.BooleanField("已定", default=False)
    cites = models.JSONField("依据", default=list, blank=True)
    reason = models.TextField("理由", blank=True)
    at = models.DateTimeField("时间", default=when.now)
    by = models.CharField("由谁", max_length=150)

    class Meta:
        verbose_name = verbose_name_plural = "费用"
        ordering = ["incident", "at", "id"]
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gte=0), name="emergency_cost_positive")]

    def __str__(self) -> str:
        return self.what


class Review(models.Model):
    """What comes after an end: `kind` losses|evaluation|investigation|restoration."""

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, related_name="reviews")
    case = models.ForeignKey("emergency.Case", models.CASCADE, null=True, blank=True, related_name="reviews")
    kind = models.CharField("类别", max_length=16)
    state = models.CharField("状态", max_length=12, default="open")
    responsible = models.CharField("承担", max_length=200, blank=True)
    cite = models.CharField("依据", max_length=160, blank=True)
    timing = models.CharField("时限用语", max_length=12, blank=True)
    data = models.JSONField("内容", default=dict, blank=True)
    opened_at = models.DateTimeField("开始", default=when.now)
    done_at = models.DateTimeField("完成", null=True, blank=True)
    by = models.CharField("由谁", max_length=150, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "后期处置"
        ordering = ["incident", "id"]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.kind}"


class PlanDefect(models.Model):
    """A defect of a plan, found by the checker, a lesson or a person: a candidate for revision (7.2)."""

    plan = models.CharField("预案", max_length=12)
    code = models.CharField("代码", max_length=40)
    message = models.TextField("缺陷")
    cites = models.JSONField("条款", default=list, blank=True)
    reading = models.CharField("解释", max_length=40, blank=True)
    major = models.BooleanField("重大", default=False)
    state = models.CharField("状态", max_length=12, default="open")
    source = models.CharField("来源", max_length=40, default="checker")
    found_at = models.DateTimeField("发现", default=when.now)
    decided_reason = models.TextField("处理意见", blank=True)
    decided_by = models.CharField("处理人", max_length=150, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "预案缺陷"
        ordering = ["plan", "-major", "id"]

    def __str__(self) -> str:
        return f"{self.plan}号 {self.code}"


class Lesson(models.Model):
    """A lesson of an incident or a drill; it may name a defect of the plan."""

    incident = models.ForeignKey("emergency.Incident", models.CASCADE, null=True, blank=True, related_name="lessons")
    drill = models.ForeignKey("emergency.DrillRun", models.CASCADE, null=True, blank=True, related_name="lessons")
    text = models.TextField("教训")
    action = models.TextField("改进", blank=True)
    defect = models.ForeignKey(PlanDefect, models.SET_NULL, null=True, blank=True, related_name="lessons")
    at = models.DateTimeField("时间", default=when.now)
    by = models.CharField("由谁", max_length=150)
    done_at = models.DateTimeField("落实", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "经验教训"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.text[:40]


class LinkedPlan(models.Model):
    """配套联动方案 of a member unit, on file with the office (7.2)."""

    plan = models.CharField("预案", max_length=12)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    printed = models.CharField("成员单位", max_length=120)
    title = models.CharField("方案", max_length=200, blank=True)
    sm3 = models.CharField("摘要", max_length=64, blank=True)
    name = models.CharField("文件名", max_length=255, blank=True)
    filed_at = models.DateTimeField("备案时间", null=True, blank=True)
    by = models.CharField("由谁", max_length=150, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "配套联动方案"
        ordering = ["plan", "printed", "id"]

    def __str__(self) -> str:
        return f"{self.plan}号 {self.printed}"


class DrillRun(models.Model):
    """A drill that was run: a scenario on virtual time, or a table-top with injects. Exercise everywhere."""

    name = models.CharField("演练", max_length=120)
    scenario = models.CharField("脚本", max_length=120, blank=True)
    text = models.TextField("脚本内容", blank=True)
    mode = models.CharField("方式", max_length=12, default="script")  # script | tabletop
    lane = models.ForeignKey(Lane, models.SET_NULL, null=True, blank=True, related_name="+")
    plans = models.JSONField("预案", default=list)
    state = models.CharField("状态", max_length=10, default="open")
    result = models.JSONField("全过程", default=dict, blank=True)
    score = models.JSONField("评分", default=dict, blank=True)
    cursor = models.PositiveIntegerField("已注入", default=0)  # entries of the timeline that have been shown
    said = models.JSONField("被拒的操作", default=list, blank=True)  # what players tried and a rule refused
    synthetic = models.BooleanField("演示数据", default=False)
    started_at = models.DateTimeField("开始", default=when.now)
    ended_at = models.DateTimeField("结束", null=True, blank=True)
    by = models.CharField("组织", max_length=150)
    user = models.ForeignKey(USER, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "演练"
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return self.name
