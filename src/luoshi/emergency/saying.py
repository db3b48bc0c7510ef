"""What the notices of this room say unless the district has written its own words (通知用语), and who is on duty."""

from __future__ import annotations

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from luoshi.accounts.models import User
from luoshi.emergency.models import Incident
from luoshi.kernel import when
from luoshi.notices.kinds import Kind
from luoshi.notices.kinds import register as register_kind

_EVENT = {"事件": "北石店镇基站退服（虚构）", "编号": "2026-0001", "地点": "北石店镇", "时间": "03-02 03:10"}
_LEVEL = {**_EVENT, "预案": "通信保障应急预案", "级别": "II级", "由谁": "张某（总指挥）"}
_CLOCK = {**_EVENT, "时限": "文字补报", "到期": "03:40", "依据": "21:4.1/p1s3"}
_WHERE = "地点：{地点}。事件编号 {编号}。"
KINDS = (
    Kind(
        "emergency.reported",
        "应急：新来报立案",
        "机器来报立案时，发给值班员。",
        "新来报，待分流：{事件}",
        "{时间}收到。" + _WHERE + "请分流：真实、误报或无关。",
        _EVENT,
    ),
    Kind(
        "emergency.propose",
        "应急：启动建议",
        "提出启动建议时，发给预案写明的人和单位。",
        "建议启动{级别}响应：{事件}",
        "{由谁}于{时间}建议启动《{预案}》{级别}响应。" + _WHERE,
        _LEVEL,
    ),
    Kind(
        "emergency.start",
        "应急：启动响应",
        "启动响应时，发给预案写明的单位。",
        "启动{级别}响应：{事件}",
        "{由谁}于{时间}启动《{预案}》{级别}响应。" + _WHERE + "请确认收到，按职责到位。",
        _LEVEL,
    ),
    Kind(
        "emergency.raise",
        "应急：变更响应级别",
        "变更级别时，发给预案写明的单位。",
        "响应变更为{级别}：{事件}",
        "{由谁}于{时间}将《{预案}》响应变更为{级别}。" + _WHERE + "请确认收到。",
        _LEVEL,
    ),
    Kind(
        "emergency.issue",
        "应急：发布预警",
        "发布、调整预警时，发给签发人确认的名单。",
        "{级别}预警：{事件}",
        "{由谁}于{时间}发布《{预案}》{级别}预警。" + _WHERE + "请确认收到，做好准备。",
        _LEVEL,
    ),
    Kind(
        "emergency.need",
        "应急：需要时告知",
        "响应期间按需要告知时。",
        "请知悉：{事件}",
        "{由谁}于{时间}告知：{理由}。《{预案}》{级别}响应。" + _WHERE,
        {**_LEVEL, "理由": "请做好增援准备"},
    ),
    Kind(
        "emergency.over",
        "应急：响应结束、预警解除",
        "结束响应、解除预警时，发给此前叫应过的单位。",
        "{理由}：{事件}",
        "{由谁}于{时间}宣布{理由}。事件编号 {编号}。",
        {**_EVENT, "理由": "21号II级响应结束", "由谁": "张某（总指挥）"},
    ),
    Kind(
        "emergency.due_soon",
        "应急：时限将到",
        "30 分钟时限将到时，发给值班员。",
        "{时限}将到期：{事件}",
        "“{时限}”应于 {到期} 前完成（{依据}）。" + _WHERE,
        _CLOCK,
    ),
    Kind(
        "emergency.overdue",
        "应急：时限超时",
        "30 分钟时限超时时，发给值班员和办公室主任。",
        "{时限}已超时：{事件}",
        "“{时限}”应于 {到期} 前完成（{依据}），现已超时。迟报留在记录中。" + _WHERE,
        _CLOCK,
    ),
    Kind(
        "emergency.help",
        "应急：任务求助",
        "承担单位对任务求助时，发给值班员和指挥员。",
        "{单位}求助：{事件}",
        "{单位}：{内容}。任务：{任务}。" + _WHERE,
        {**_EVENT, "单位": "移动城区分公司", "内容": "缺发电车", "任务": "恢复通信"},
    ),
    Kind(
        "emergency.revision_due",
        "应急：预案应当修订",
        "修订情形核实成立时，发给预案管理单位。",
        "{预案}预案应当修订",
        "{情形}：{说明}核实意见：{意见}",
        {"预案": "21号", "情形": "演练发现问题", "说明": "通信保障组名单已变。", "意见": "属实，应修订"},
    ),
)


def register() -> None:
    for kind in KINDS:
        register_kind(kind)


def fields(incident: Incident) -> dict[str, object]:
    """What every message about an incident may name."""
    now = when.aware(incident.lane.now) if incident.lane else when.now()
    places = "、".join(str(place) for place in incident.places) or "待核实"
    return {"事件": incident.title, "编号": incident.number, "时间": f"{now:%m-%d %H:%M}", "地点": places}


def link(incident: Incident) -> str:
    try:
        return reverse("emergency:incident", args=[incident.pk])
    except NoReverseMatch:
        return ""


def holders(*roles: str) -> list[User]:
    """Everybody who holds one of these roles today, for whatever body."""
    today = when.today()
    rows = User.objects.filter(
        Q(grants__until__isnull=True) | Q(grants__until__gte=today), is_active=True, grants__role__in=roles,
        grants__since__lte=today, grants__revoked_at__isnull=True,
    )  # fmt: skip
    return list(rows.distinct().order_by("pk"))
