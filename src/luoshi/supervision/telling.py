"""Who is told what about a duty. Every notice carries the citation and a link to the duty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.urls import reverse

from luoshi.accounts.models import User
from luoshi.accounts.queries import users_of
from luoshi.notices.kinds import Kind
from luoshi.notices.kinds import register as register_kind
from luoshi.supervision.models import Duty, DutyBody

DOERS = ("handler", "chief")
CHIEFS = ("chief",)

_DUTY = {"事项": "新建一处社区养老服务设施", "期限": "2024-12-31", "牵头单位": "区民政局", "出处": "23:三(一)1"}
_WORDS = {**_DUTY, "说明": "进展没有写清完成数量，请补充"}
_CLOCK = {**_DUTY, "时限": "首次反馈", "到期日": "2024-06-12"}


def register() -> None:
    """What the notices of this room say unless the district has written its own words (通知用语)."""
    for kind in _KINDS:
        register_kind(kind)


_TO_DOERS = "发给责任单位的承办员和负责人。"
_KINDS = (
    Kind(
        "supervision.assigned",
        "督办：分办",
        f"事项分办后，{_TO_DOERS}",
        "督办事项待签收：{事项}",
        "{责任}单位：{单位}。{办理要求}请签收。",
        {**_DUTY, "单位": "区民政局", "责任": "牵头", "办理要求": "期限 2024-12-31。"},
    ),
    Kind(
        "supervision.feedback_returned",
        "督办：反馈被退回",
        f"督查员退回反馈时，{_TO_DOERS}",
        "反馈被退回：{事项}",
        "{说明}",
        _WORDS,
    ),
    Kind(
        "supervision.completion_requested",
        "督办：申请办结",
        "牵头单位申请办结时，发给督查员。",
        "申请办结，待核验：{事项}",
        "{说明}",
        _WORDS,
    ),
    Kind(
        "supervision.completion_returned",
        "督办：办结申请被退回",
        f"核验不通过时，{_TO_DOERS}",
        "办结申请被退回：{事项}",
        "{说明}",
        _WORDS,
    ),
    Kind("supervision.accepted", "督办：销号", f"核验通过时，{_TO_DOERS}", "核验通过：{事项}", "{说明}", _WORDS),
    Kind(
        "supervision.stage_accepted",
        "督办：阶段性成效认定",
        f"持续推进的事项阶段性成效经核验认定时，{_TO_DOERS}",
        "阶段性成效已认定：{事项}",
        "{说明}",
        _WORDS,
    ),
    Kind("supervision.extended", "督办：延期", f"期限更改时，{_TO_DOERS}", "期限改为 {期限}：{事项}", "{说明}", _WORDS),
    Kind("supervision.urged", "督办：催办", f"督查员催办时，{_TO_DOERS}", "催办：{事项}", "{说明}", _WORDS),
    Kind(
        "supervision.due_soon",
        "督办：临期提醒",
        f"期限或报送期临近时，{_TO_DOERS}",
        "{提醒}：{事项}",
        "“{时限}”请于 {到期日} 前完成。",
        {**_CLOCK, "提醒": "临期"},
    ),
    Kind(
        "supervision.overdue",
        "督办：超时，报单位负责人",
        "签收、反馈或办理超时时，发给牵头单位负责人。",
        "{情况}：{事项}",
        "“{时限}”应于 {到期日} 前完成，现已超时。牵头单位：{牵头单位}。",
        {**_CLOCK, "情况": "逾期未首次反馈"},
    ),
    Kind(
        "supervision.chased",
        "督办：逾期催办",
        f"逾期后每隔数日，直到办结，{_TO_DOERS}",
        "逾期催办：{事项}",
        "已逾期 {逾期天数} 天，请尽快办结。",
        {**_DUTY, "逾期天数": "7"},
    ),
    Kind(
        "supervision.verification_missed",
        "督办：逾期未核验",
        "申请办结后督查机构没有按时核验时，发给督查员。",
        "逾期未核验：{事项}",
        "申请办结后没有在规定时间内核验，应于 {到期日} 前核验。",
        _CLOCK,
    ),
    Kind(
        "supervision.to_leader",
        "督办：报区领导",
        "提醒单位负责人后仍未办理时，发给区领导。",
        "{情况}，报区领导：{事项}",
        "已提醒单位负责人，仍未办理。牵头单位：{牵头单位}。",
        {**_DUTY, "情况": "逾期未办结"},
    ),
)


def assigned(duty: Duty) -> None:
    """To everyone who may sign for the duty, body by body."""
    for row in duty.bodies.filter(body__isnull=False).select_related("body"):
        words = {"单位": row.printed, "责任": row.get_role_display(), "办理要求": _deadline(duty)}
        send("assigned", _people(row, DOERS), duty, words)


def to_bodies(kind: str, duty: Duty, *, only: int | None = None, **fields: object) -> None:
    """To the handlers and chiefs of the duty's bodies (or of one)."""
    send(kind, people_of(duty, DOERS, only=only), duty, fields)


def to_chiefs(kind: str, duty: Duty, *, only: int | None = None, **fields: object) -> int:
    """To the chiefs of the lead bodies (or of one body). Returns how many people that is."""
    people = people_of(duty, CHIEFS, leads=True, only=only)
    send(kind, people, duty, fields)
    return len(people)


def to_leaders(kind: str, duty: Duty, **fields: object) -> int:
    people = users_of(None, ("leader",))
    send(kind, people, duty, fields)
    return len(people)


def to_supervisors(kind: str, duty: Duty, **fields: object) -> int:
    people = users_of(None, ("supervisor",))
    send(kind, people, duty, fields)
    return len(people)


def people_of(duty: Duty, roles: Iterable[str], *, leads: bool = False, only: int | None = None) -> list[User]:
    found: dict[int, User] = {}
    rows = duty.bodies.filter(body__isnull=False)
    if only is not None:
        rows = rows.filter(body_id=only)
    elif leads:
        rows = rows.filter(role=DutyBody.Role.LEAD)
    for row in rows:
        for user in _people(row, roles):
            found[user.pk] = user
    return list(found.values())


def send(kind: str, to: list[User], duty: Duty, fields: Mapping[str, object], dedupe: str = "") -> None:
    """One notice to several people; nobody to tell is no error (the history still shows what happened)."""
    if not to:
        return
    from luoshi.notices import actions as notices

    notices.send(
        f"supervision.{kind}",
        to=to,
        subject=duty.subject,
        fields={
            "事项": duty.title,
            "期限": duty.deadline or "未写",
            "牵头单位": leads_of(duty),
            "出处": duty.citation,
            **fields,
        },
        cite=duty.citation,
        link=link(duty),
        dedupe=dedupe,
    )


def leads_of(duty: Duty) -> str:
    return "、".join(b.printed for b in duty.bodies.all() if b.role == "lead") or "未列"


def link(duty: Duty) -> str:
    return reverse("supervision:duty", args=[duty.pk])


def _people(row: DutyBody, roles: Iterable[str]) -> list[User]:
    return users_of(row.body_id, roles)


def _deadline(duty: Duty) -> str:
    if duty.deadline:
        return f"期限 {duty.deadline:%Y-%m-%d}。"
    return "持续推进，按期反馈。" if duty.continuous else ""
