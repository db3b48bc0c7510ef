"""Who is told what about a claim, a batch or a recovery. Every notice carries the clause and a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.urls import NoReverseMatch, reverse

from luoshi.accounts.models import User
from luoshi.accounts.queries import users_of
from luoshi.benefits.models import Claim, Subject
from luoshi.kernel.money import yuan
from luoshi.notices.kinds import Kind
from luoshi.notices.kinds import register as register_kind

_CLAIM = {
    "主体": "山泉酒店（虚构）",
    "措施": "酒店评星评绿奖励 星级新评定",
    "金额": "￥500,000.00",
    "编号": "兑2025000017",
    "出处": "25:二(一).1",
}
_WORDS = {**_CLAIM, "说明": "评定公告与酒店名称不一致，请核对"}
_RIGHT = "如有异议，可在事项页面提出。"


def register() -> None:
    """What the notices of this room say unless the district has written its own words (通知用语)."""
    for kind in (*_KINDS, *_ACCOUNT_KINDS):
        register_kind(kind)


_KINDS = (
    Kind(
        "benefits.found",
        "惠企：发现可享受的措施",
        "筛查发现主体符合条件时，发给主体的账号。",
        "可享受“{措施}”：{金额}",
        "{主体}符合条件，不需要申请。请确认收款账户；确认后公示。{说明}" + _RIGHT,
        {**_CLAIM, "说明": "还须经认定。"},
    ),
    Kind(
        "benefits.remind",
        "惠企：提醒确认账户",
        "通知后没有按时确认账户时，发给主体的账号。",
        "请确认收款账户：{措施}",
        "{主体}的“{措施}”（{金额}）还没有确认收款账户，确认后才能公示和拨付。",
        _CLAIM,
    ),
    Kind(
        "benefits.unconfirmed",
        "惠企：多次提醒仍未确认账户",
        "多次提醒后仍未确认账户时，发给文旅局经办。",
        "{主体}仍未确认收款账户：{措施}",
        "已提醒数次，请电话联系或代为登记。",
        _CLAIM,
    ),
    Kind(
        "benefits.to_recognise",
        "惠企：待认定",
        "账户确认后文件要求认定时，发给文旅局经办和负责人。",
        "待认定：{主体} {措施}",
        "{说明}",
        _WORDS,
    ),
    Kind(
        "benefits.published",
        "惠企：公示",
        "公示开始时，发给主体的账号。",
        "“{措施}”已公示：{金额}",
        "{说明}。" + _RIGHT,
        {**_CLAIM, "说明": "公示至 2025-06-12"},
    ),
    Kind(
        "benefits.publication_over",
        "惠企：公示期满",
        "公示期满时，发给文旅局经办。",
        "公示期满：{主体} {措施}",
        "{说明}",
        {**_CLAIM, "说明": "没有收到异议，可以批准。"},
    ),
    Kind(
        "benefits.objection",
        "惠企：收到异议",
        "收到异议时，发给文旅局经办。",
        "收到异议：{主体} {措施}",
        "{说明}",
        _WORDS,
    ),
    Kind(
        "benefits.objection_late",
        "惠企：异议逾期未答复",
        "异议没有按时答复时，发给单位负责人。",
        "异议逾期未答复：{主体} {措施}",
        "{说明}",
        _WORDS,
    ),
    Kind("benefits.answered", "惠企：异议已答复", "异议答复后，发给提出人。", "异议答复：{措施}", "{说明}", _WORDS),
    Kind("benefits.approved", "惠企：已批准", "批准后，发给主体的账号。", "已批准“{措施}”：{金额}", "{说明}", _WORDS),
    Kind(
        "benefits.refused",
        "惠企：不予兑现",
        "不予兑现或撤回时，发给主体的账号。",
        "不予兑现：{措施}",
        "{说明} 依据：{出处}。如有不同意见，可以向区文旅局提出。",
        _WORDS,
    ),
    Kind(
        "benefits.paid", "惠企：已付款", "银行确认付款后，发给主体的账号。", "已付款：{措施} {金额}", "{说明}", _WORDS
    ),
    Kind(
        "benefits.payment_failed",
        "惠企：付款没有成功",
        "银行退回或付款失败时，发给主体的账号和文旅局经办。",
        "付款没有成功：{措施} {金额}",
        "{说明} 请核对收款账户后重新确认。",
        {**_CLAIM, "说明": "银行说明：户名不符。"},
    ),
    Kind(
        "benefits.doubt",
        "惠企：存疑",
        "事实变化使已开始的事项存疑时，发给文旅局经办。",
        "存疑，已暂停付款：{主体} {措施}",
        "{说明}",
        _WORDS,
    ),
    Kind(
        "benefits.recovery",
        "惠企：拟追回",
        "拟追回已付款项时，发给主体的账号。",
        "拟追回“{措施}”款项：{金额}",
        "{说明} 可在期限内陈述意见、提出异议。",
        {**_CLAIM, "说明": "评定公告已撤销。可异议至 2025-09-12。"},
    ),
    Kind(
        "benefits.recovery_decided",
        "惠企：追回决定",
        "追回决定或不再追回时，发给主体的账号。",
        "追回“{措施}”款项的决定：{金额}",
        "{说明} 对决定不服的，可以依法申请行政复议或者提起行政诉讼。",
        _WORDS,
    ),
)

_ACCOUNT_KINDS = (
    Kind(
        "benefits.link_asked",
        "惠企：账号申请认领单位",
        "企业账号申请认领单位时，发给文旅局经办。",
        "账号申请认领单位：{单位}",
        "账号“{账号}”申请代表“{单位}”（{代码}）办理。核对以后对上；在这之前它什么也看不到。{说明}",
        {"账号": "演示企业用户", "单位": "山泉酒店（虚构）", "代码": "91140502MA0Y000011", "说明": "我是本店财务。"},
    ),
    Kind(
        "benefits.link_answered",
        "惠企：认领单位的答复",
        "账号和单位对上、不同意或解除时，发给该账号。",
        "{结果}：{单位}",
        "{说明}",
        {"结果": "已对上", "单位": "山泉酒店（虚构）", "说明": "现在可以在“我的政策”里办理。"},
    ),
)


def members(subject: Subject) -> list[User]:
    """The accounts that act for a subject; for a person without one, those of the employer."""
    found = [row.user for row in subject.members.select_related("user") if row.user.is_active]
    if not found and subject.employer is not None:
        found = [row.user for row in subject.employer.members.select_related("user") if row.user.is_active]
    return found


def staff(*roles: str) -> list[User]:
    """Everyone holding one of `roles` (文旅局经办 unless said), whether for a body or the whole district."""
    from django.db.models import Q

    from luoshi.kernel import when

    today = when.today()
    return list(
        User.objects.filter(
            Q(grants__until__isnull=True) | Q(grants__until__gte=today),
            is_active=True,
            grants__role__in=list(roles or ("culture",)),
            grants__since__lte=today,
            grants__revoked_at__isnull=True,
        )
        .distinct()
        .order_by("pk")
    )


def chiefs() -> list[User]:
    """The chiefs of 区文旅局, which interprets the document (25:三(二)); without a directory, nobody."""
    from luoshi.directory.models import Body

    body = Body.objects.filter(name="区文旅局").first()
    return users_of(body, ("chief",)) if body else []


def to_subject(kind: str, claim: Claim, words: str = "", *, fen: int | None = None, dedupe: str = "") -> int:
    """To the accounts of the claim's subject (and payee). Returns how many were told."""
    people = {user.pk: user for user in [*members(claim.subject), *members(claim.payee)]}
    return send(kind, people.values(), claim, words, fen=fen, dedupe=dedupe)


def to_staff(kind: str, claim: Claim, words: str = "", *, dedupe: str = "") -> int:
    return send(kind, staff(), claim, words, dedupe=dedupe)


def send(
    kind: str, to: Iterable[User], claim: Claim, words: str = "", *, fen: int | None = None, dedupe: str = ""
) -> int:
    """One notice to several people; nobody to tell is no error (the history still shows what happened)."""
    people = list(to)
    if not people:
        return 0
    from luoshi.notices import actions as notices

    notices.send(
        f"benefits.{kind}",
        to=people,
        subject=claim.ref,
        fields={
            "主体": claim.subject.name,
            "措施": claim.title,
            "金额": yuan(claim.amount_fen if fen is None else fen),
            "编号": claim.number,
            "出处": claim.cite,
            "说明": words,
        },
        cite=claim.cite,
        link=link(claim),
        dedupe=dedupe,
    )
    return len(people)


def about_account(kind: str, to: Iterable[User], subject: str, fields: Mapping[str, str]) -> None:
    """A notice about an account and its business; the link leads each to where it acts."""
    people = list(to)
    if people:
        from luoshi.notices import actions as notices

        where = reverse("benefits:links" if kind == "link_asked" else "benefits:mine")
        notices.send(f"benefits.{kind}", to=people, subject=subject, fields=fields, link=where)


def link(claim: Claim) -> str:
    try:
        return reverse("benefits:claim", args=[claim.pk])
    except NoReverseMatch:  # the screens of this room are not mounted
        return ""
