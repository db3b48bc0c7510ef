"""What the signed-in person may do in this room, as the templates ask for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

VERBS = ("drill", "resource", "review", "setup", "intake", "command")


def powers(request: HttpRequest) -> dict[str, bool]:
    """`perms_drill`, `perms_resource` …: whether to offer an act. The act asks again."""
    user: Any = request.user
    return {f"perms_{verb}": bool(user.is_authenticated and user.may(f"emergency.{verb}")) for verb in VERBS}
