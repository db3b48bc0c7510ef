"""What is kept between incidents: scenarios somebody wrote, shapes of areas, triggers of a revision."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from luoshi.directory.models import Area
from luoshi.kernel import when

__all__ = ["AreaShape", "Scenario", "Trigger"]


class Scenario(models.Model):
    """A drill scenario written here. Editing makes a new text under the same name; runs keep the text they ran."""

    name = models.SlugField("名称", max_length=80, unique=True)
    title = models.CharField("演练", max_length=200)
    text = models.TextField("脚本")
    digest = models.CharField("摘要", max_length=64)
    plans = models.JSONField("预案", default=list, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    by = models.CharField("编写", max_length=150)
    at = models.DateTimeField("时间", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "演练脚本"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title


class AreaShape(models.Model):
    """The outline of an area, imported by somebody from a source that is named. Rings in millionths of a degree."""

    area = models.OneToOneField(Area, models.CASCADE, related_name="shape")
    rings = models.JSONField("轮廓")  # [[[lon, lat], …], …]
    source = models.CharField("来源", max_length=200)
    by = models.CharField("导入", max_length=150)
    at = models.DateTimeField("时间", default=when.now)

    class Meta:
        verbose_name = verbose_name_plural = "行政区轮廓"

    def __str__(self) -> str:
        return str(self.area)


class Trigger(models.Model):
    """Something that may make a plan due for revision (7.2). `unverified`: a person must look before it counts.

    The fourth reason of 7.2, three years, is a date: `norms.deadlines.revision_due` knows it and its clock runs there.
    """

    class Kind(models.TextChoices):
        LAW = "law", "依据的法律法规有重大改变"
        ORGANISATION = "organisation", "机构职责有重大调整"
        DEFECT = "defect", "执行中发现重大缺陷"

    class State(models.TextChoices):
        UNVERIFIED = "unverified", "待核实"
        FIRED = "fired", "已触发"
        DISMISSED = "dismissed", "核实后不构成"
        REVISED = "revised", "已修订"

    plan = models.CharField("预案", max_length=12)
    kind = models.CharField("情形", max_length=16, choices=Kind.choices)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.UNVERIFIED)
    text = models.TextField("情况")
    source = models.CharField("来源", max_length=200, blank=True)
    cite = models.CharField("依据", max_length=160, blank=True)
    defect = models.ForeignKey("emergency.PlanDefect", models.SET_NULL, null=True, blank=True, related_name="triggers")
    key = models.CharField(max_length=120, unique=True)  # what fires it; the same thing is noted once
    at = models.DateTimeField("提出", default=when.now)
    by = models.CharField("由谁", max_length=150)
    decided_at = models.DateTimeField("核实时间", null=True, blank=True)
    decided_by = models.CharField("核实人", max_length=150, blank=True)
    decided_reason = models.TextField("核实意见", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "预案修订情形"
        ordering = ["plan", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="unverified") | ~Q(decided_by=""),
                name="emergency_trigger_decided",
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}号 {self.get_kind_display()}"
