"""Signing in: the words people read, the lock after wrong passwords, the second factor, the way back in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from luoshi.accounts import actions
from luoshi.accounts.engine import new_recovery_codes, second_factor_roles, tidy_code
from luoshi.accounts.models import User
from luoshi.kernel.acting import Actor
from luoshi.ledger.models import Entry

from .conftest import PASSWORD, Make

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/sign-in/"


def text(response: Any) -> str:
    return response.content.decode()


def code_of(device: TOTPDevice, drift: int = 0) -> str:
    clock = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift + drift)
    import time

    clock.time = time.time()
    return f"{clock.token():06d}"


def submit(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def test_clerk_signs_in_and_lands_where_the_link_pointed(make: Make) -> None:
    make("zhang", "handler")
    client = Client()
    first = client.get("/directory/")
    assert first.status_code == 302 and first["Location"] == "/accounts/sign-in/?next=/directory/"
    response = submit(client, "zhang", next="/directory/")
    assert response["Location"] == "/directory/"
    assert client.get("/directory/").status_code == 200
    assert Entry.objects.filter(kind="accounts.signed_in").count() == 1


def test_wrong_password_keeps_the_name_and_says_nothing_of_which_was_wrong(make: Make) -> None:
    make("zhang")
    known, unknown = submit(Client(), "zhang", "wrong"), submit(Client(), "nobody", "wrong")
    assert known.status_code == unknown.status_code == 422
    assert 'value="zhang"' in text(known) and "用户名或密码不对" in text(known)
    strip = lambda page: re.sub(r'csrf\w+" value="\w+"|zhang|nobody', "", text(page))  # noqa: E731
    assert strip(known) == strip(unknown)
    assert "wrong" not in text(known)


def test_link_to_another_site_is_not_followed(make: Make) -> None:
    make("zhang")
    for target in ("https://example.com/", "//example.com", "javascript:alert(1)"):
        assert submit(Client(), "zhang", next=target)["Location"] == "/console/"


def test_disabled_account_cannot_sign_in_and_its_session_ends(make: Make, by: Actor) -> None:
    user = make("zhang", "handler")
    client = Client()
    submit(client, "zhang")
    actions.set_active(user, False, by=by, reason="离职")
    assert client.get("/directory/").status_code == 302
    assert submit(Client(), "zhang").status_code == 422


def test_five_wrong_passwords_lock_the_name_with_a_clear_page(make: Make) -> None:
    make("zhang")
    client = Client()
    for _ in range(4):
        assert submit(client, "zhang", "wrong").status_code == 422
    locked = submit(client, "zhang", "wrong")
    assert locked.status_code == 429 and "暂停登录 30 分钟" in text(locked)
    assert submit(client, "zhang").status_code == 429, "the right password does not open it either"
    assert Entry.objects.filter(kind="accounts.locked_out").count() == 1, "trying on does not fill the ledger"
    make("li")
    assert submit(client, "li").status_code == 302, "others on the same machine can work"


def lock(client: Client, username: str) -> None:
    for _ in range(5):
        submit(client, username, "wrong")
    assert submit(client, username).status_code == 429


def test_the_security_administrator_releases_a_locked_account_with_a_reason(make: Make) -> None:
    user, locked, admin = make("zhang"), Client(), Client()
    admin.force_login(make("an", "secadmin"))
    lock(locked, "zhang")
    page = f"/accounts/users/{user.pk}/"
    assert "暂停登录至" in text(admin.get(page)) and "暂停登录" in text(admin.get("/accounts/users/"))
    assert "1 个账号因连续输错密码暂停登录" in text(admin.get("/console/"))
    assert "zhang" in text(admin.get("/accounts/users/?is_active=locked"))
    assert admin.post(f"{page}release/", {"reason": ""}).status_code == 422
    assert admin.post(f"{page}release/", {"reason": "本人来电，核对工号"}).status_code == 302
    assert "暂停登录至" not in text(admin.get(page))
    assert submit(locked, "zhang").status_code == 302
    assert "核对工号" in Entry.objects.get(kind="accounts.released").payload
    assert admin.post(f"{page}release/", {"reason": "再来一次"}).status_code == 409, "there is nothing to release"


def test_a_new_first_password_can_be_used_at_once(make: Make, by: Actor) -> None:
    user, client = make("zhang"), Client()
    lock(client, "zhang")
    assert submit(client, "zhang", actions.reset_password(user, by=by, reason="忘记密码")).status_code == 302


def test_an_auditor_sees_the_lock_but_does_not_lift_it(make: Make) -> None:
    user, auditor = make("zhang"), Client()
    auditor.force_login(make("shen", "auditor"))
    lock(Client(), "zhang")
    shown = text(auditor.get(f"/accounts/users/{user.pk}/"))
    assert "暂停登录至" in shown and "/release/" not in shown
    assert auditor.post(f"/accounts/users/{user.pk}/release/", {"reason": "x"}).status_code == 403


def test_signing_out_needs_a_form_and_ends_the_session(make: Make) -> None:
    make("zhang", "handler")
    client = Client()
    submit(client, "zhang")
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/").status_code == 302
    assert client.get("/directory/").status_code == 302


def test_form_without_token_is_refused(make: Make) -> None:
    make("zhang")
    client = Client(enforce_csrf_checks=True)
    assert submit(client, "zhang").status_code == 403


def test_first_password_must_be_changed_before_anything_opens(by: Actor) -> None:
    user, password = actions.create_user("zhang", by=by)
    actions.grant(user, "handler", by=by)
    client = Client()
    submit(client, "zhang", password)
    assert client.get("/directory/")["Location"].startswith("/accounts/password/")
    assert client.get("/api/v1/bodies").status_code == 401
    bad = client.post("/accounts/password/", {"old": password, "new": "1234567890", "again": "1234567890"})
    assert bad.status_code == 422
    assert client.post("/accounts/password/", {"old": "no", "new": PASSWORD, "again": PASSWORD}).status_code == 422
    assert client.post("/accounts/password/", {"old": password, "new": PASSWORD, "again": "x"}).status_code == 422
    good = client.post("/accounts/password/", {"old": password, "new": PASSWORD, "again": PASSWORD})
    assert good.status_code == 302
    assert client.get("/directory/").status_code == 200


def test_changed_password_ends_other_sessions_but_not_this_one(make: Make) -> None:
    make("zhang", "handler")
    here, elsewhere = Client(), Client()
    submit(here, "zhang")
    submit(elsewhere, "zhang")
    here.post("/accounts/password/", {"old": PASSWORD, "new": PASSWORD + "!", "again": PASSWORD + "!"})
    assert here.get("/directory/").status_code == 200
    assert elsewhere.get("/directory/").status_code == 302


def test_person_ends_sessions_on_other_machines(make: Make) -> None:
    make("zhang", "handler")
    here, elsewhere = Client(), Client()
    submit(here, "zhang")
    submit(elsewhere, "zhang")
    here.post("/accounts/sessions/end/")
    assert here.get("/directory/").status_code == 200
    assert elsewhere.get("/directory/").status_code == 302


@pytest.fixture
def guarded(settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = second_factor_roles("", demo=False)


def set_up(client: Client, user: User) -> tuple[TOTPDevice, list[str]]:
    page = client.get("/accounts/second-factor/")
    assert "<svg" in text(page)
    device = TOTPDevice.objects.get(user_id=user.pk)
    done = client.post("/accounts/second-factor/", {"code": code_of(device)})
    device.refresh_from_db()
    return device, re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", text(done))


@pytest.mark.usefixtures("guarded")
def test_administrator_sets_up_the_second_factor_before_anything_opens(make: Make) -> None:
    user = make("admin", "secadmin")
    client = Client()
    submit(client, "admin")
    assert client.get("/accounts/users/")["Location"].startswith("/accounts/second-factor/")
    assert client.get("/api/v1/accounts").status_code == 401
    wrong = client.post("/accounts/second-factor/", {"code": "000000"})
    assert wrong.status_code == 422 and client.get("/accounts/users/").status_code == 302
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    device, codes = set_up(client, user)
    assert device.confirmed and len(set(codes)) == 10
    assert client.get("/accounts/users/").status_code == 200
    assert not any(code in entry.payload for code in codes for entry in Entry.objects.all())


@pytest.mark.usefixtures("guarded")
def test_working_roles_are_not_asked_for_one() -> None:
    user = User.objects.create_user("zhang", password=PASSWORD)
    from luoshi.accounts.models import Grant

    Grant.objects.create(user=user, role="handler")
    client = Client()
    submit(client, "zhang")
    assert client.get("/directory/").status_code == 200


@pytest.fixture
def two_factors(make: Make) -> tuple[User, TOTPDevice, list[str]]:
    user = make("zhang", "handler")
    client = Client()
    submit(client, "zhang")
    device, codes = set_up(client, user)
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0)
    return user, device, codes


def test_who_set_one_up_is_asked_at_every_sign_in(two_factors: tuple[User, TOTPDevice, list[str]]) -> None:
    _, device, _ = two_factors
    client = Client()
    submit(client, "zhang")
    assert client.get("/directory/")["Location"] == "/accounts/verify/?next=%2Fdirectory%2F"
    assert client.get("/accounts/second-factor/")["Location"].startswith("/accounts/verify/"), "no way round"
    assert client.post("/accounts/second-factor/renew/", {"password": PASSWORD}).status_code == 302
    assert TOTPDevice.objects.filter(pk=device.pk, confirmed=True).exists(), "a password alone takes no phone off"
    answer = client.post("/accounts/verify/", {"code": code_of(device), "next": "/directory/"})
    assert answer["Location"] == "/directory/"
    assert client.get("/directory/").status_code == 200


def test_code_works_once(two_factors: tuple[User, TOTPDevice, list[str]]) -> None:
    _, device, _ = two_factors
    code = code_of(device)
    first, second = Client(), Client()
    for client in (first, second):
        submit(client, "zhang")
    assert first.post("/accounts/verify/", {"code": code}).status_code == 302
    assert second.post("/accounts/verify/", {"code": code}).status_code == 422


def test_guessing_codes_is_slowed_down(two_factors: tuple[User, TOTPDevice, list[str]]) -> None:
    _, device, _ = two_factors
    client = Client()
    submit(client, "zhang")
    client.post("/accounts/verify/", {"code": "000000"})
    blocked = client.post("/accounts/verify/", {"code": code_of(device)})
    assert blocked.status_code == 422 and "稍等" in text(blocked)


def test_lost_phone_recovery_code_works_once(two_factors: tuple[User, TOTPDevice, list[str]]) -> None:
    _, _, codes = two_factors
    client, again = Client(), Client()
    submit(client, "zhang")
    submit(again, "zhang")
    assert client.post("/accounts/recovery/", {"code": codes[0].lower().replace("-", " ")}).status_code == 302
    assert client.get("/directory/").status_code == 200
    assert again.post("/accounts/recovery/", {"code": codes[0]}).status_code == 422
    assert Entry.objects.filter(kind="accounts.recovery_code_used").count() == 1


def test_security_administrator_takes_off_a_lost_second_factor(
    two_factors: tuple[User, TOTPDevice, list[str]], make: Make, sign_in: Callable[[User], Client]
) -> None:
    user, _, _ = two_factors
    admin = sign_in(make("admin", "secadmin"))
    admin.post(f"/accounts/users/{user.pk}/second-factor-off/", {"reason": "手机丢失,当面核实"})
    assert not TOTPDevice.objects.filter(user_id=user.pk).exists()
    client = Client()
    submit(client, "zhang")
    assert client.get("/directory/").status_code == 200


def test_display_choice_follows_the_person(make: Make) -> None:
    make("zhang", "handler")
    client = Client()
    submit(client, "zhang")
    client.post("/accounts/preferences/", {"theme": "dark", "elder": "on"})
    other = Client()
    submit(other, "zhang")
    page = text(other.get("/accounts/"))
    assert 'data-theme="dark"' in page and "data-elder" in page


@pytest.mark.parametrize(
    ("setting", "demo", "roles"),
    [
        ("", False, {"sysadmin", "secadmin", "auditor"}),
        ("", True, set()),
        ("off", False, set()),
        ("leader", False, {"sysadmin", "secadmin", "auditor", "leader"}),
        ("leader", True, {"sysadmin", "secadmin", "auditor", "leader"}),
    ],
)
def test_who_needs_a_second_factor(setting: str, demo: bool, roles: set[str]) -> None:
    assert second_factor_roles(setting, demo) == roles


def test_recovery_codes_survive_being_copied_by_hand() -> None:
    for code in new_recovery_codes():
        assert tidy_code(f" {code.lower().replace('-', ' ')} ") == code
