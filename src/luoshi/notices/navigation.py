"""Where the screens of this room stand in the navigation, and what it adds to a person's to-do list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.urls import reverse

from luoshi.faces import nav, todo
from luoshi.kernel import when
from luoshi.kernel.acting import SIGNED_IN
from luoshi.ledger import subjects
from luoshi.notices import queries

nav.register("我的消息", "notices:mailbox", SIGNED_IN, "工作", 130)
nav.register("发件情况", "notices:outbox", "notices.outbox", "运行", 730)
nav.register("待电话通知", "notices:dial", "notices.confirm_for", "运行", 740)
nav.register("通知用语", "notices:wordings", "notices.wording", "运行", 750)
subjects.register("wording", "通知用语", "notices:wording")


@todo.register
def confirmations(user: Any) -> Iterable[todo.Todo]:
    """Messages that wait for this person's confirmation."""
    for delivery in queries.to_confirm(user):
        due = when.aware(delivery.notice.created_at) + timedelta(minutes=delivery.notice.confirm_minutes or 0)
        yield todo.Todo(
            title=f"确认收到：{delivery.notice.title}",
            url=reverse("notices:mail", args=[delivery.pk]),
            due=due,
            light="red" if due < when.now() else "yellow",
            source=delivery.notice.cite,
        )
