"""Accounts as the security administrator keeps them and the auditor reads them; tokens for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from luoshi.accounts import actions
from luoshi.accounts.models import ApiToken, Grant, User
from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.kernel.masking import mask_id, mask_name, mask_phone
from luoshi.ledger.models import Entry

from .conftest import PASSWORD, Make

pytestmark = pytest.mark.django_db
In = Callable[[User], Client]


def text(response: Any) -> str:
    return response.content.decode()


def test_security_administrator_makes_an_account_and_gives_it_a_role(make: Make, sign_in: In) -> None:
    Body.objects.create(name="区甲局", kind="department")
    admin = sign_in(make("admin", "secadmin"))
    page = text(admin.post("/accounts/users/new/", {"username": "zhang", "display_name": "张三"}))
    made = User.objects.get(username="zhang")
    assert made.must_change_password and "初始密码" in page and not made.roles()
    response = admin.post(f"/accounts/users/{made.pk}/grant/", {"role": "handler", "body": "区甲局", "reason": "任职"})
    assert response.status_code == 302
    assert [(g.role, g.body and g.body.name) for g in made.grants.all()] == [("handler", "区甲局")]
    assert "承办员" in text(admin.get(f"/accounts/users/{made.pk}/"))


def test_wrong_body_keeps_the_form_and_grants_nothing(make: Make, sign_in: In) -> None:
    user = make("zhang")
    admin = sign_in(make("admin", "secadmin"))
    response = admin.post(f"/accounts/users/{user.pk}/grant/", {"role": "handler", "body": "没有局", "reason": "任职"})
    assert (
        response.status_code == 422 and "没有叫“没有局”的机构" in text(response) and 'value="没有局"' in text(response)
    )
    assert not user.grants.exists()


def test_two_administrations_for_one_account_are_refused_on_screen(make: Make, sign_in: In) -> None:
    user, admin = make("zhang", "sysadmin"), sign_in(make("admin", "secadmin"))
    response = admin.post(f"/accounts/users/{user.pk}/grant/", {"role": "auditor", "reason": "兼任"})
    assert response.status_code == 422 and "三员分立" in text(response)


def test_administrator_cannot_change_the_own_account(make: Make, sign_in: In) -> None:
    me = make("admin", "secadmin")
    client = sign_in(me)
    assert client.post(f"/accounts/users/{me.pk}/grant/", {"role": "secadmin", "reason": "x"}).status_code == 422
    assert client.post(f"/accounts/users/{me.pk}/disable/", {"reason": "x"}).status_code == 409


@pytest.mark.parametrize("role", ["sysadmin", "auditor", "supervisor", "leader"])
def test_nobody_else_manages_accounts(make: Make, sign_in: In, role: str) -> None:
    user, other = make("zhang"), make("other", role)
    client = sign_in(other)
    for path in ("grant", "disable", "enable", "password", "second-factor-off"):
        assert client.post(f"/accounts/users/{user.pk}/{path}/", {"role": "sysadmin", "reason": "x"}).status_code == 403
    assert client.get("/accounts/users/new/").status_code == 403
    user.refresh_from_db()
    assert user.is_active and not user.grants.exists()


def test_auditor_reads_accounts_and_acts_and_changes_nothing(make: Make, sign_in: In, by: Actor) -> None:
    user = make("zhang")
    actions.grant(user, "handler", by=by, reason="任职")
    actions.read_personal(Actor("值班员"), "person:1", ["phone"], "通知启动")
    client = sign_in(make("shen", "auditor"))
    page = text(client.get("/accounts/audit/"))
    assert "授予角色" in page and "查看个人信息" in page and "通知启动" in page
    assert "查看个人信息" not in text(client.get("/accounts/audit/", {"actor": "命令行"})).split("<tbody>")[1]
    assert client.get("/accounts/users/").status_code == 200
    assert "撤销" not in text(client.get(f"/accounts/users/{user.pk}/")).split("<h2>记录")[0].split("<tbody>")[1]


def test_reset_password_ends_sessions_and_is_shown_once(make: Make, sign_in: In) -> None:
    user = make("zhang", "handler")
    theirs = sign_in(user)
    assert theirs.get("/directory/").status_code == 200
    admin = sign_in(make("admin", "secadmin"))
    page = text(admin.post(f"/accounts/users/{user.pk}/password/", {"reason": "忘记密码"}))
    assert "初始密码" in page
    assert theirs.get("/directory/").status_code == 302
    user.refresh_from_db()
    assert not user.check_password(PASSWORD) and user.must_change_password


def test_list_of_accounts_costs_the_same_for_ten_and_five_hundred(make: Make, sign_in: In) -> None:
    client = sign_in(make("admin", "secadmin"))
    with CaptureQueriesContext(connection) as few:
        client.get("/accounts/users/")
    users = User.objects.bulk_create(User(username=f"u{n}") for n in range(500))
    Grant.objects.bulk_create(Grant(user=user, role="handler") for user in users)
    with CaptureQueriesContext(connection) as many:
        assert client.get("/accounts/users/", {"role": "handler"}).status_code == 200
    assert len(many) <= len(few) + 2


@pytest.mark.parametrize("name", ["", "zh ang", "a" * 65, "张<三"])
def test_unusable_username_is_refused_with_its_field(by: Actor, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        actions.create_user(name, by=by)
    assert caught.value.field == "username"


def test_taken_username_is_refused(make: Make, by: Actor) -> None:
    make("zhang")
    with pytest.raises(BadInput, match="已经有人使用"):
        actions.create_user("zhang", by=by)


def bearer(text: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {text}"}


def test_program_acts_as_its_owner_until_the_token_is_revoked(make: Make, by: Actor) -> None:
    user = make("zhang", "handler")
    token, text_ = actions.create_token(user, "导出", by=by)
    assert Client().get("/api/v1/me", **bearer(text_)).json()["username"] == "zhang"
    assert Client().get("/api/v1/accounts", **bearer(text_)).status_code == 403
    assert text_ not in str(ApiToken.objects.values()) and text_ not in str(list(Entry.objects.values("payload")))
    actions.revoke_token(token, by=by)
    assert Client().get("/api/v1/me", **bearer(text_)).status_code == 401


def test_expired_foreign_or_disabled_tokens_open_nothing(make: Make, by: Actor) -> None:
    user = make("zhang", "handler")
    _, text_ = actions.create_token(user, "导出", by=by, expires_at=when.now() + timedelta(minutes=1))
    with when.at(when.now() + timedelta(minutes=2)):
        assert Client().get("/api/v1/me", **bearer(text_)).status_code == 401
    assert Client().get("/api/v1/me", **bearer("ls_" + "x" * 43)).status_code == 401
    assert Client().get("/api/v1/me", **bearer("")).status_code == 401
    actions.set_active(user, False, by=by, reason="离职")
    assert Client().get("/api/v1/me", **bearer(text_)).status_code == 401


def test_token_expiring_in_the_past_cannot_be_made(make: Make, by: Actor) -> None:
    with pytest.raises(BadInput):
        actions.create_token(make("zhang"), "导出", by=by, expires_at=when.now())


def test_person_makes_and_revokes_a_token_on_screen(make: Make, sign_in: In) -> None:
    user = make("zhang", "handler")
    client = sign_in(user)
    page = text(client.post("/accounts/tokens/", {"name": "每日导出", "days": "30", "read_only": "on"}))
    token = user.tokens.get()
    assert token.read_only and f"{token.prefix}" in page
    assert text(client.get("/accounts/tokens/")).count("ls_") == 1, "the whole token is shown once"
    other = sign_in(make("li", "handler"))
    assert other.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_session_writes_over_the_api_need_the_csrf_token(make: Make) -> None:
    make("zhang", "handler")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    assert client.get("/api/v1/me").status_code == 200
    assert client.post("/api/v1/me").status_code in (403, 405)


@pytest.mark.parametrize(
    ("mask", "plain", "shown"),
    [
        (mask_phone, "10012345678", "100****5678"),
        (mask_phone, "2012345", "*****45"),
        (mask_phone, "", ""),
        (mask_id, "14050219900101123X", "140502***********X"),
        (mask_id, "1405", "***5"),
        (mask_name, "张三", "张*"),
        (mask_name, "欧阳小明", "欧**明"),
        (mask_name, "张", "*"),
    ],
)
def test_masks(mask: Callable[[str], str], plain: str, shown: str) -> None:
    assert mask(plain) == shown


def test_first_administrators_come_from_the_shell(by: Actor) -> None:
    from click.testing import CliRunner

    from luoshi.cli import root

    run = CliRunner()
    made = run.invoke(root, ["user", "create", "an", "--role", "secadmin", "--json"])
    assert made.exit_code == 0 and '"password"' in made.output
    assert User.objects.get(username="an").roles() == {"secadmin"}
    refused = run.invoke(root, ["user", "create", "bo", "--role", "secadmin", "--role", "auditor"])
    assert refused.exit_code != 0 and not User.objects.filter(username="bo").exists()
    token = run.invoke(root, ["token", "create", "an", "--name", "巡检"]).output.strip()
    assert token.startswith("ls_") and ApiToken.objects.get().prefix == token[:8]
    assert "an" in run.invoke(root, ["user", "list"]).output
    assert run.invoke(root, ["token", "revoke", token[:8]]).exit_code == 0
