"""Writes docs/api.md from the operations there are: `python -m tests.system.api`."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

HEAD = """# HTTP API

Under `/api/v1/`, described for programs at `/api/v1/openapi.json` and for people at `/api/v1/docs`: the same verbs as
the commands.

A request proves who it comes from with `Authorization: Bearer TOKEN` (我的账号 › 接口令牌, or `luoshi token create`) or
with the browser's session; operations marked *public* need neither, but there too a token acts as its user, and a token
that is not good is answered with 401. Errors are JSON: 401 `sign_in_needed`, 403 `forbidden` with the missing
permission, 404, 409 `refused` with reason and clause, 422 `bad_input` with file, line, field and reason, 500 `internal`
with the id under which the log keeps the fault. Times are ISO 8601 with offset, dates ISO, money an integer number of
fen unless the name says yuan.

This list is written by `python -m tests.system.api`; a test compares it with the operations.
"""


def listing() -> str:
    from tests.system.routes import is_public, operations

    lines = [HEAD]
    for tag, group in groupby(sorted(operations(), key=_key), key=lambda one: _key(one)[0]):
        lines += [f"## {tag}", "", "| operation | does |", "|---|---|"]
        for method, path, operation in group:
            public = " (*public*)" if is_public(operation) else ""
            lines.append(f"| `{method} {path}` | {operation.summary}{public} |")
        lines.append("")
    return "\n".join(lines)


def _key(one: tuple[str, str, object]) -> tuple[str, str, str]:
    method, path, operation = one
    tags = getattr(operation, "tags", None) or [path.split("/")[3]]
    return str(tags[0]), path, method


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")
    import django

    django.setup()
    (Path(__file__).resolve().parents[2] / "docs" / "api.md").write_text(listing())
