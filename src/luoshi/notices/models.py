"""Who must be told what, by which channel, and who has said that they know."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from luoshi.accounts.models import User
from luoshi.directory.models import Body, Person
from luoshi.kernel import when

STATES = {
    "queued": "待发送",
    "sending": "发送中",
    "sent": "已送达",
    "failed": "未送达",
    "receipt": "已阅",
    "confirmed": "已确认",
}
CHANNELS = {"mailbox": "站内信", "apprise": "消息平台", "sms": "短信"}
HOWS = {"screen": "本人在系统确认", "link": "本人点链接确认", "phone": "电话报码确认", "behalf": "值班员代为确认"}


class Notice(models.Model):
    """One message to several recipients. Its deliveries are written with it, in the transaction of the act."""

    kind = models.CharField("种类", max_length=80)
    subject = models.CharField("对象", max_length=200)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("正文")
    cite = models.CharField("依据", max_length=120, blank=True)
    link = models.CharField("链接", max_length=300, blank=True)
    confirm_minutes = models.PositiveIntegerField("须确认（分钟）", null=True, blank=True)
    exercise = models.BooleanField("演练", default=False)
    dedupe = models.CharField("去重标识", max_length=200, null=True, blank=True, unique=True)
    by_name = models.CharField("发出人", max_length=150)
    created_at = models.DateTimeField("发出时间", default=when.now)

    class Meta:
        verbose_name = "通知"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject", "id"], name="notices_subject"),
            models.Index(fields=["kind", "id"], name="notices_kind"),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """A notice on its way to one recipient: an account, else a person without one, else a body nobody answers for.

    `recipient` is its key ("user:7", "person:3", "body:9"), unique within a notice: whoever is addressed through
    several bodies gets one message. `groups` are the addressees it answers for: one confirmation settles each of them.
    `plan` lists [channel, address] in order of failover; `step` is where it stands. `own`: what this recipient alone
    is told after the common text.
    """

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    recipient = models.CharField("收件标识", max_length=40)
    name = models.CharField("收件人", max_length=200)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    body = models.ForeignKey(Body, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    groups = models.JSONField("代表", default=list)
    own = models.TextField("只给此人的内容", blank=True)
    plan = models.JSONField("渠道次序", default=list)
    step = models.PositiveSmallIntegerField("当前渠道", default=0)
    channel = models.CharField("渠道", max_length=16, choices=list(CHANNELS.items()), blank=True)
    address = models.CharField("地址", max_length=300, blank=True)
    state = models.CharField("状态", max_length=16, choices=list(STATES.items()), default="queued")
    attempts = models.PositiveSmallIntegerField("本渠道尝试", default=0)
    next_try_at = models.DateTimeField("下次尝试", null=True, blank=True)
    handing_at = models.DateTimeField("正在交付", null=True, blank=True)  # set while a channel has it in hand
    error = models.TextField("错误", blank=True)
    dial = models.BooleanField("须电话通知", default=False)
    sent_at = models.DateTimeField("送达", null=True, blank=True)
    read_at = models.DateTimeField("阅读", null=True, blank=True)
    confirmed_at = models.DateTimeField("确认", null=True, blank=True)
    confirmed_by = models.CharField("确认人", max_length=150, blank=True)
    confirmed_how = models.CharField("确认方式", max_length=16, choices=list(HOWS.items()), blank=True)
    stands_in_for = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="stand_ins", verbose_name="代替"
    )

    class Meta:
        verbose_name = "送达"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["notice", "recipient"], name="notices_once_each")]
        indexes = [
            models.Index(fields=["next_try_at", "id"], name="notices_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["user", "-id"], name="notices_mailbox"),
            models.Index(fields=["state", "id"], name="notices_state"),
            models.Index(fields=["id"], name="notices_dial", condition=Q(dial=True)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_state_display()}"

    @property
    def waits_for_confirmation(self) -> bool:
        return self.notice.confirm_minutes is not None and self.confirmed_at is None


class Attempt(models.Model):
    """One try to hand a message to a channel."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    channel = models.CharField("渠道", max_length=16, choices=list(CHANNELS.items()))
    at = models.DateTimeField("时间", default=when.now)
    ok = models.BooleanField("成功")
    error = models.TextField("错误", blank=True)

    class Meta:
        verbose_name = "发送尝试"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.channel} {'成功' if self.ok else self.error}"


class Wording(models.Model):
    """The district's own words for one kind of notice; empty ones stand for the words the product came with."""

    kind = models.CharField("种类", max_length=80, primary_key=True)
    title = models.CharField("标题", max_length=200, blank=True)
    body = models.TextField("正文", blank=True)
    version = models.PositiveIntegerField("第几次改动", default=0)
    by_name = models.CharField("改动人", max_length=150)
    at = models.DateTimeField("改动时间", default=when.now)

    class Meta:
        verbose_name = "通知用语"
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
