"""Messages over HTTP: one's own mailbox, and the outbox for those who watch it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from luoshi.kernel.acting import require
from luoshi.notices import actions, kinds, queries, wordings
from luoshi.notices.models import Delivery, Notice

router = Router(tags=["notices"])
PAGE = 200


class NoticeOut(Schema):
    id: int
    kind: str
    subject: str
    title: str
    body: str
    cite: str
    link: str
    confirm_minutes: int | None
    exercise: bool
    by_name: str
    created_at: datetime


class MailOut(Schema):
    id: int
    state: str
    read_at: datetime | None
    confirmed_at: datetime | None
    notice: NoticeOut


class MailboxOut(Schema):
    unread: int
    mails: list[MailOut]
    next_before: int | None


class DeliveryOut(Schema):
    id: int
    recipient: str
    name: str
    channel: str
    state: str
    dial: bool
    error: str
    sent_at: datetime | None
    read_at: datetime | None
    confirmed_at: datetime | None
    confirmed_how: str
    stands_in_for_id: int | None


class NoticeDetail(NoticeOut):
    deliveries: list[DeliveryOut]

    @staticmethod
    def resolve_deliveries(notice: Notice) -> list[Any]:
        return list(notice.deliveries.order_by("id"))


@router.get("/notices/mailbox", response=MailboxOut, url_name="mailbox")
def mailbox(
    request: HttpRequest,
    before: Annotated[int | None, Field(description="Messages with a smaller id than this: the next page.")] = None,
    limit: Annotated[int, Field(ge=1, le=PAGE)] = 50,
) -> dict[str, Any]:
    """One's own messages, newest first."""
    user: Any = request.user
    rows = queries.mailbox(user).order_by("-id")
    found = list((rows.filter(pk__lt=before) if before is not None else rows)[: limit + 1])
    following = found[limit - 1].pk if len(found) > limit else None
    return {"unread": queries.unread(user), "mails": found[:limit], "next_before": following}


@router.post("/notices/mailbox/{int:pk}/confirm", response=MailOut, url_name="mail_confirm")
def confirm(request: HttpRequest, pk: int) -> Delivery:
    """Confirm a message of one's own."""
    user: Any = request.user
    found = get_object_or_404(Delivery.objects.select_related("notice"), pk=pk, user=user)
    return actions.confirm(found, user.as_actor("api"), "screen")


@router.get("/notices/{int:pk}", response=NoticeDetail, url_name="notice")
def notice(request: HttpRequest, pk: int) -> Notice:
    """A notice with every delivery. Permission notices.outbox."""
    require(request, "notices.outbox")
    return get_object_or_404(Notice, pk=pk)


class WordingOut(Schema):
    kind: str
    label: str
    occasion: str
    title: str
    body: str
    fields: dict[str, str]
    version: int
    changed: bool


class WordingIn(Schema):
    title: str
    body: str
    reason: str
    version: Annotated[int | None, Field(description="The version that was read: 409 when it changed since.")] = None


def _wording(now: wordings.InForce) -> dict[str, Any]:
    kind = now.kind
    facts = {"kind": kind.code, "label": kind.label, "occasion": kind.occasion}
    words = {"title": now.title, "body": now.body, "version": now.version, "changed": now.changed is not None}
    return {**facts, **words, "fields": dict(kind.fields)}


@router.get("/notices/wordings", response=list[WordingOut], url_name="wordings")
def list_wordings(request: HttpRequest) -> list[dict[str, Any]]:
    """Every kind of notice, the words it is sent with, and its fields with examples. Permission notices.wording."""
    require(request, "notices.wording")
    return [_wording(now) for now in wordings.all_in_force()]


@router.put("/notices/wordings/{str:kind}", response=WordingOut, url_name="wording")
def put_wording(request: HttpRequest, kind: str, given: WordingIn) -> dict[str, Any]:
    """Send this kind with other words from now on. Permission notices.wording."""
    user, found = require(request, "notices.wording"), _kind(kind)
    wordings.write(found, **given.dict(), by=user.as_actor("api"))
    return _wording(wordings.of(found))


@router.delete("/notices/wordings/{str:kind}", response=WordingOut, url_name="wording_reset")
def delete_wording(request: HttpRequest, kind: str, reason: str) -> dict[str, Any]:
    """Back to the words the product came with. Permission notices.wording."""
    user, found = require(request, "notices.wording"), _kind(kind)
    wordings.reset(found, reason=reason, by=user.as_actor("api"))
    return _wording(wordings.of(found))


def _kind(code: str) -> kinds.Kind:
    found = kinds.find(code)
    if found is None:
        raise Http404(code)
    return found
