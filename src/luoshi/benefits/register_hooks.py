"""What the registers tell the rooms below: background jobs, words of the ledger, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from luoshi.benefits import importing
from luoshi.benefits.models import LinkAsk, RegisterFile
from luoshi.faces import todo
from luoshi.ledger import subjects, words


def register() -> None:
    """Called once, when the app is ready. Importing `importing` registers its jobs."""
    words.register(
        {
            "benefits.source_added": "登记数据来源",
            "benefits.register_received": "上传名册",
            "benefits.register_confirmed": "确认导入名册",
            "benefits.register_stored": "导入名册",
            "benefits.register_discarded": "放弃名册文件",
            "benefits.dispute_settled": "核定来源分歧",
            "benefits.fact_corrected": "人工核定事实",
            "benefits.link_asked": "企业账号：申请认领单位",
            "benefits.link_declined": "企业账号：不同意认领",
            "benefits.linked": "企业账号：对上单位",
            "benefits.unlinked": "企业账号：解除",
        }
    )
    subjects.register("benefit_source", "数据来源")
    subjects.register("benefit_subject", "惠企主体", "benefits:subject")
    subjects.register("benefit_ask", "账号认领", "benefits:answer_link")
    subjects.register("register_file", "名册文件", "benefits:import")
    todo.register(waiting)


def waiting(user: Any) -> Iterable[todo.Todo]:
    """Accounts that ask for their business; files this person brought and nobody has stored or let go."""
    if user.may("benefits.link"):
        asks = LinkAsk.objects.filter(state=LinkAsk.State.OPEN).count()
        if asks:
            yield todo.Todo(f"{asks} 个账号申请认领单位", reverse("benefits:links"), light="yellow", source="免申即享")
    if not user.may("benefits.register"):
        return
    states = [RegisterFile.State.RECEIVED, RegisterFile.State.CHECKED]
    for found in RegisterFile.objects.filter(state__in=states, user=user.pk).order_by("-at")[:5]:
        yield todo.Todo(
            f"名册文件“{found.name}”{found.get_state_display()}",
            reverse("benefits:import", args=[found.pk]),
            source="名册",
        )


__all__ = ["importing", "register"]
