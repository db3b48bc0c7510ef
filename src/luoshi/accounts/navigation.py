"""Where the screens of this room stand in the navigation, and what it adds to a person's to-do list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Lower
from django.urls import reverse

from luoshi.accounts import queries
from luoshi.accounts.models import User
from luoshi.faces import nav, todo
from luoshi.kernel.acting import SIGNED_IN

nav.register("账号与授权", "accounts:users", "accounts.view", "管理", 910)
nav.register("审计", "accounts:audit", "accounts.audit", "管理", 920)
nav.register("我的账号", "accounts:me", SIGNED_IN, "我", 990)


@todo.register
def locked_accounts(user: Any) -> Iterable[todo.Todo]:
    """For the security administrator: accounts that wrong passwords locked, while they are."""
    if not user.may("accounts.manage"):
        return
    names = list(queries.locked_out())[:500]
    count = User.objects.annotate(low=Lower("username")).filter(low__in=names).count() if names else 0
    if count:
        yield todo.Todo(
            f"{count} 个账号因连续输错密码暂停登录，请核实",
            reverse("accounts:users") + "?is_active=locked",
            light="yellow",
            source="账号",
        )
