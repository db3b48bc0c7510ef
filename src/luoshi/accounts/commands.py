"""Accounts from a shell: the first administrators, and tokens for programs."""

from __future__ import annotations

import getpass
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from luoshi.kernel.acting import Actor

if TYPE_CHECKING:  # models need a configured Django; commands load it when called
    from luoshi.accounts.models import User
    from luoshi.directory.models import Body


def _operator() -> Actor:
    """Who runs the command on this machine: an act has a name even here."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "shell"
    return Actor(f"命令行（{name}）", via="cli")


@click.group()
def user() -> None:
    """账号：新建、授予角色、列出。供设立最初的管理员用，以后请在页面上办理。"""


@user.command()
@click.argument("username")
@click.option("--name", default="", help="姓名。")
@click.option("--role", "roles", multiple=True, help="角色代码，可写多次。")
@click.option("--body", default="", help="角色只在这个机构内有效（正式名或别称）。")
@click.option("--json", "as_json", is_flag=True)
def create(username: str, name: str, roles: tuple[str, ...], body: str, as_json: bool) -> None:
    """新建账号，印出初始密码；首次登录须修改。"""
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from django.db import transaction

    from luoshi.accounts import actions

    with transaction.atomic():
        made, password = actions.create_user(username, by=_operator(), display_name=name)
        for role in roles:
            actions.grant(made, role, by=_operator(), body=_body(body), reason="命令行建立")
    answer = {"username": made.username, "password": password, "roles": list(roles), "body": body or None}
    print(json.dumps(answer, ensure_ascii=False) if as_json else f"{made.username}  初始密码 {password}")


@user.command()
@click.argument("username")
@click.argument("role")
@click.option("--body", default="", help="角色只在这个机构内有效（正式名或别称）。")
@click.option("--reason", default="命令行授权")
def grant(username: str, role: str, body: str, reason: str) -> None:
    """给账号一个角色。"""
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from luoshi.accounts import actions

    actions.grant(_user(username), role, by=_operator(), body=_body(body), reason=reason)
    print(f"{username}: {role}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_(as_json: bool) -> None:
    """全部账号及其有效角色。"""
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from luoshi.accounts.models import User

    rows: list[dict[str, Any]] = [
        {"username": u.username, "name": u.get_full_name(), "active": u.is_active, "roles": sorted(u.roles())}
        for u in User.objects.prefetch_related("grants__body", "grants__area").iterator(chunk_size=1000)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        print(f"{row['username']}\t{row['name']}\t{'启用' if row['active'] else '停用'}\t{','.join(row['roles'])}")


@click.group()
def token() -> None:
    """接口令牌：供程序调用 HTTP 接口。"""


@token.command("create")
@click.argument("username")
@click.option("--name", required=True, help="令牌的用途。")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650))
@click.option("--read-only", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def create_token(username: str, name: str, days: int, read_only: bool, as_json: bool) -> None:
    """新建令牌，以 USERNAME 的名义办事；只印出一次。"""
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from luoshi.accounts import actions
    from luoshi.kernel import when

    expires = when.now() + timedelta(days=days)
    made, text = actions.create_token(_user(username), name, by=_operator(), read_only=read_only, expires_at=expires)
    answer = {"token": text, "prefix": made.prefix, "expires_at": expires.isoformat()}
    print(json.dumps(answer, ensure_ascii=False) if as_json else text)


@token.command("revoke")
@click.argument("prefix")
def revoke_token(prefix: str) -> None:
    """吊销以 PREFIX 开头的令牌。"""
    from luoshi.kernel.data import ensure_data

    ensure_data()
    from luoshi.accounts import actions
    from luoshi.accounts.models import ApiToken
    from luoshi.kernel.errors import BadInput

    found = ApiToken.objects.filter(prefix=prefix[:8], revoked_at__isnull=True).first()
    if found is None:
        raise BadInput(f"没有以“{prefix}”开头的有效令牌", field="PREFIX")
    actions.revoke_token(found, by=_operator())
    print(f"revoked {found.prefix}…")


def _user(username: str) -> User:
    from luoshi.accounts.models import User
    from luoshi.kernel.errors import BadInput

    found = User.objects.filter(username=username).first()
    if found is None:
        raise BadInput(f"没有名为“{username}”的账号", field="USERNAME")
    return found


def _body(name: str) -> Body | None:
    from luoshi.directory.queries import resolve
    from luoshi.kernel.errors import BadInput

    found = resolve(name) if name else None
    if name and found is None:
        raise BadInput(f"没有叫“{name}”的机构，或不止一个", field="--body")
    return found
