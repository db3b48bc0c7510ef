"""Which account acts for which business (企业账号): asked for by the account, agreed by the department, or ended.

An account that acts for a business may name where its money goes, so nobody links an account to itself: the account
asks, or the desk names it; the department looks at proof, says in words what it saw, and the ledger keeps it.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from luoshi.accounts.models import User
from luoshi.benefits import cells, opening, queries, telling
from luoshi.benefits.models import Claim, LinkAsk, Membership, Subject
from luoshi.benefits.standing import must
from luoshi.kernel import sheets, when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording

MOST_OPEN = 5  # asks of one account that wait at the same time


def code_of(text: str) -> str:
    """The 统一社会信用代码 in what was typed (full-width letters, spaces and all). BadInput says what is wrong."""
    try:
        found = cells.credit(sheets.plain(text))
    except ValueError as error:
        raise BadInput(str(error), field="code") from None
    if not found:
        raise BadInput("请填写统一社会信用代码", field="code")
    return found


def business(code: str) -> Subject | None:
    """The business of a code in the registers; a person is never one."""
    return Subject.objects.filter(key=code).exclude(kind="person").first()


def ask(user: Any, code: str, words: str = "", *, via: str = "web") -> LinkAsk:
    """认领: an account asks to act for a business. It sees nothing until the department agrees."""
    must(user, "benefits.own")
    key = code_of(code)
    with recording():
        if Membership.objects.filter(user=user, subject__key=key).exists():
            raise Refused("这个单位已经和您的账号对上了")
        waiting = set(LinkAsk.objects.filter(user=user, state=LinkAsk.State.OPEN).values_list("key", flat=True))
        if key in waiting:
            raise Refused("已经申请过，区文旅局还没有答复")
        if len(waiting) >= MOST_OPEN:
            raise Refused(f"已有 {len(waiting)} 个单位在等答复，请等答复以后再申请")
        try:
            with transaction.atomic():
                made = LinkAsk.objects.create(user=user, key=key, words=words.strip()[:500])
        except IntegrityError:  # the same person in a second window
            raise Refused("已经申请过，区文旅局还没有答复") from None
        append(
            "benefits.link_asked", by=user.as_actor(via), subject=made.subject,
            data={"code": key, "account": user.username, "words": made.words},
        )  # fmt: skip
        found = business(key)
        fields = {"账号": str(user), "单位": found.name if found else "名册里没有", "代码": key, "说明": made.words}
        telling.about_account("link_asked", telling.staff(), made.subject, fields)
    return made


def answer(asked: LinkAsk, user: Any, *, agreed: bool, words: str, via: str = "web") -> LinkAsk:
    """核对: link the account as it asked, or say why not. `words`: what was looked at."""
    must(user, "benefits.link")
    _reason(words)
    with recording():
        found = LinkAsk.objects.select_for_update(of=("self",)).select_related("user").get(pk=asked.pk)
        if found.state != LinkAsk.State.OPEN:
            raise Refused("这个申请已经答复过，请看最新情况")
        if found.user_id == user.pk:
            raise Refused("自己的申请要由别人核对")
        subject = business(found.key)
        if agreed:
            if subject is None:
                raise Refused("名册里没有这个代码的单位。请先导入或补录名册，再对上账号")
            _join(subject, found.user, user.as_actor(via), words)
        found.state = LinkAsk.State.LINKED if agreed else LinkAsk.State.DECLINED
        found.answer, found.answered_by, found.answered_at = words.strip(), user, when.now()
        found.save()
        if not agreed:
            append(
                "benefits.link_declined", by=user.as_actor(via), subject=found.subject,
                data={"code": found.key, "account": found.user.username, "words": found.answer},
            )  # fmt: skip
            name = subject.name if subject else found.key
            fields = {"结果": "没有同意认领", "单位": name, "说明": found.answer}
            telling.about_account("link_answered", [found.user], found.subject, fields)
    return found


def link(subject: Subject, account: User, user: Any, *, words: str, via: str = "web") -> Membership:
    """对上: the desk links an account without being asked (a paper came in). `words`: what was looked at."""
    must(user, "benefits.link")
    _reason(words)
    with recording():
        made = _join(subject, account, user.as_actor(via), words)
        open_ = LinkAsk.objects.filter(user=account, key=subject.key, state=LinkAsk.State.OPEN)
        open_.update(state=LinkAsk.State.LINKED, answer=words.strip(), answered_by=user, answered_at=when.now())
    return made


def unlink(row: Membership, user: Any, *, words: str, via: str = "web") -> None:
    """解除: from now on the account sees and confirms nothing of the business. What it did stays as it was done."""
    must(user, "benefits.link")
    _reason(words)
    with recording():
        found = Membership.objects.select_for_update(of=("self",)).select_related("subject", "user").filter(pk=row.pk)
        held = found.first()
        if held is None:
            raise Refused("已经解除过了")
        subject, account = held.subject, held.user
        held.delete()
        append(
            "benefits.unlinked", by=user.as_actor(via), subject=subject.subject,
            data={"account": account.username, "code": subject.key, "words": words.strip()},
        )  # fmt: skip
        fields = {"结果": "已解除", "单位": subject.name, "说明": words.strip()}
        telling.about_account("link_answered", [account], subject.subject, fields)


def why_not(subject: Subject | None, account: User | None) -> tuple[str, str]:
    """(field, why) an account cannot be linked to a business; two empty texts when it can."""
    if subject is None or subject.kind == "person":
        return "code", "名册里没有这个代码的单位。请先导入名册，再对上账号"
    if account is None:
        return "username", "没有这个用户名的账号"
    if not account.is_active:
        return "username", "这个账号已经停用"
    if not account.may("benefits.own"):
        return "username", "这个账号不是企业用户。请先由安全管理员授予企业用户角色"
    if Membership.objects.filter(subject=subject, user=account).exists():
        return "username", "这个账号和单位已经对上了"
    return "", ""


def _join(subject: Subject, account: User, by: Actor, words: str) -> Membership:
    field, why = why_not(subject, account)
    if why:
        raise BadInput(why, field=field)
    if by.user_id == account.pk:
        raise Refused("不能把自己的账号和单位对上")
    made, new = Membership.objects.get_or_create(subject=subject, user=account)
    if not new:
        raise Refused("这个账号和单位已经对上了")
    append(
        "benefits.linked", by=by, subject=subject.subject,
        data={"account": account.username, "code": subject.key, "words": words.strip()},
    )  # fmt: skip
    fields = {"结果": "已对上", "单位": subject.name, "说明": "现在可以在“我的政策”里看到每一条为什么、还缺什么。"}
    telling.about_account("link_answered", [account], subject.subject, fields)
    _tell_waiting(subject, by)
    return made


def _tell_waiting(subject: Subject, by: Actor) -> None:
    """What was found, for the business or its people, while nobody could be told of it."""
    waiting = Claim.objects.select_for_update(of=("self",)).select_related("subject__employer", "payee")
    reach = queries.reach_of(subject) | Q(payee=subject)
    for claim in waiting.filter(reach, state="found", notified_at=None).order_by("id"):
        opening.tell_found(claim, by)


def _reason(words: str) -> None:
    if not words.strip():
        raise BadInput("请写明理由", field="reason")
