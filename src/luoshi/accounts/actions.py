"""What is done to accounts: one function per act, one transaction, one ledger entry."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from luoshi.accounts.engine import CODE_ALPHABET, conflict, digest, new_recovery_codes, new_token, tidy_code
from luoshi.accounts.models import ApiToken, Grant, RecoveryCode, User
from luoshi.accounts.queries import forget_grants, locked_out
from luoshi.accounts.roles import ROLES
from luoshi.directory.actions import read_personal
from luoshi.directory.models import Area, Body, Person
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append
from luoshi.ledger.models import Entry

__all__ = ["create_user", "grant", "read_personal", "revoke"]  # read_personal is part of this room's contract


def create_user(
    username: str,
    *,
    by: Actor,
    display_name: str = "",
    email: str = "",
    person: Person | None = None,
    password: str | None = None,
    synthetic: bool = False,
) -> tuple[User, str]:
    """A new account without any role, and its password. One that was made up here must be changed at first sign-in."""
    made_up = password is None
    password = password or new_password()
    user = User(username=username.strip(), display_name=display_name.strip(), email=email, person=person)
    user.synthetic, user.must_change_password = synthetic, made_up
    user.set_password(password)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise BadInput(messages[0], field=field) from None
    with transaction.atomic():
        user.save()
        append("accounts.created", by=by, subject=f"user:{user.pk}", data={"username": user.username})
    return user, password


def new_password() -> str:
    """A first password: 60 random bits in letters that can be read aloud."""
    return "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(3)).lower()


def grant(
    user: User,
    role: str,
    *,
    by: Actor,
    body: Body | None = None,
    area: Area | None = None,
    since: date | None = None,
    until: date | None = None,
    reason: str = "",
) -> Grant:
    """Give `user` a role. Refused to oneself, and where the three administrators would fall together."""
    if role not in ROLES:
        raise BadInput(f"没有“{role}”这个角色", field="role")
    since = since or when.today()
    if until is not None and until < since:
        raise BadInput("截止日期早于开始日期", field="until")
    if by.user_id is not None and by.user_id == user.pk:
        raise Refused("不能给自己授权，请由另一位安全管理员办理")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two grants at once must not slip past each other
        held = user.grants.filter(revoked_at__isnull=True).exclude(until__lt=since)
        against = conflict({g.role for g in held}, role)
        if against:
            raise Refused(against)
        if held.filter(role=role, body=body, area=area, until__isnull=True).exists():
            raise Refused(f"这个账号已有“{ROLES[role]}”的同一授权")
        given = Grant.objects.create(
            user=user,
            role=role,
            body=body,
            area=area,
            since=since,
            until=until,
            granted_by_id=by.user_id,
            reason=reason,
        )
        data = {
            "role": role,
            "body": body.name if body else None,
            "area": area.name if area else None,
            "since": since,
            "until": until,
            "reason": reason,
        }
        append("accounts.granted", by=by, subject=f"user:{user.pk}", data=data)
    forget_grants(user)
    return given


def revoke(given: Grant, *, by: Actor, reason: str) -> None:
    """End a grant now. The row stays: who could do what on a past day must remain answerable."""
    _must(reason, "请写明撤销事由", "reason")
    with transaction.atomic():
        changed = Grant.objects.filter(pk=given.pk, revoked_at__isnull=True).update(revoked_at=when.now())
        if not changed:
            raise Refused("这项授权已经撤销")
        data = {"grant": given.pk, "role": given.role, "body": given.body_id, "area": given.area_id, "reason": reason}
        append("accounts.revoked", by=by, subject=f"user:{given.user_id}", data=data)
    given.refresh_from_db()
    forget_grants(given.user)


def set_active(user: User, active: bool, *, by: Actor, reason: str) -> None:
    """Disable an account (its sessions and tokens stop at once) or enable it again."""
    _must(reason, "请写明事由", "reason")
    if by.user_id == user.pk:
        raise Refused("不能停用自己的账号")
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, is_active=not active).update(is_active=active)
        if not changed:
            raise Refused("这个账号已经是启用状态" if active else "这个账号已经停用")
        kind = "accounts.enabled" if active else "accounts.disabled"
        append(kind, by=by, subject=f"user:{user.pk}", data={"reason": reason})
    user.refresh_from_db()


def reset_password(user: User, *, by: Actor, reason: str) -> str:
    """A new first password, to be changed at sign-in; ends every session of the account."""
    _must(reason, "请写明重置事由", "reason")
    password = new_password()
    user.set_password(password)
    user.must_change_password, user.password_changed_at = True, when.now()
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password", "password_changed_at"])
        _forget_failures(user)  # who gets a new password must be able to use it
        append("accounts.password_reset", by=by, subject=f"user:{user.pk}", data={"reason": reason})
    return password


def release(user: User, *, by: Actor, reason: str) -> None:
    """Let an account that was locked after wrong passwords sign in again before its time."""
    _must(reason, "请写明事由", "reason")
    with transaction.atomic():
        if user.username.lower() not in locked_out([user.username]):
            raise Refused("这个账号没有被暂停登录")
        _forget_failures(user)
        append("accounts.released", by=by, subject=f"user:{user.pk}", data={"reason": reason})


def _forget_failures(user: User) -> None:
    from axes.models import AccessAttempt

    AccessAttempt.objects.filter(username__iexact=user.username).delete()


def change_password(user: User, old: str, new: str, *, by: Actor) -> None:
    """The person's own change. Every other session of the account ends."""
    if not user.check_password(old):
        raise BadInput("现在的密码不对", field="old")
    if old == new:
        raise BadInput("新密码不能与现在的密码相同", field="new")
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise BadInput(";".join(error.messages), field="new") from None
    user.set_password(new)
    user.must_change_password, user.password_changed_at = False, when.now()
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password", "password_changed_at"])
        append("accounts.password_changed", by=by, subject=f"user:{user.pk}")


def end_sessions(user: User, *, by: Actor) -> None:
    """Sign the account out everywhere (the caller may renew its own session)."""
    user.session_epoch += 1
    with transaction.atomic():
        user.save(update_fields=["session_epoch"])
        append("accounts.sessions_ended", by=by, subject=f"user:{user.pk}")


def note_sign_in(user: User, *, address: str) -> None:
    with transaction.atomic():
        append("accounts.signed_in", by=user.as_actor(), subject=f"user:{user.pk}", data={"address": address})


def note_sign_out(user: User) -> None:
    with transaction.atomic():
        append("accounts.signed_out", by=user.as_actor(), subject=f"user:{user.pk}")


def note_lockout(username: str, *, address: str) -> None:
    """Repeated wrong passwords, once per lockout however often is tried. The name is what was typed: maybe nobody's."""
    shown = "".join(c for c in username[:64] if c.isprintable()) or "-"
    subject, since = f"sign_in:{shown}", when.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    if Entry.objects.filter(subject=subject, kind="accounts.locked_out", at__gte=since).exists():
        return
    with transaction.atomic():
        append("accounts.locked_out", by=Actor("登录保护"), subject=subject, data={"address": address})


def create_token(
    user: User, name: str, *, by: Actor, read_only: bool = False, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A key for programs acting as `user`; the text is returned once and only its digest kept."""
    _must(name, "请写明令牌的用途", "name")
    if expires_at is not None and expires_at <= when.now():
        raise BadInput("到期时间必须在将来", field="expires_at")
    text = new_token()
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name.strip()[:80],
            prefix=text[:8],
            digest=digest(text),
            read_only=read_only,
            expires_at=expires_at,
        )
        data = {"token": token.prefix, "name": token.name, "read_only": read_only, "expires_at": expires_at}
        append("accounts.token_created", by=by, subject=f"user:{user.pk}", data=data)
    return token, text


def revoke_token(token: ApiToken, *, by: Actor) -> None:
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=when.now()):
            raise Refused("这个令牌已经撤销")
        append("accounts.token_revoked", by=by, subject=f"user:{token.user_id}", data={"token": token.prefix})


def confirm_second_factor(user: User, *, by: Actor) -> list[str]:
    """The second factor now protects the account. Returns ten recovery codes, shown once; old ones lapse."""
    codes = new_recovery_codes()
    with transaction.atomic():
        user.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=digest(code)) for code in codes)
        append("accounts.second_factor_on", by=by, subject=f"user:{user.pk}", data={"codes": len(codes)})
    return codes


def remove_second_factor(user: User, *, by: Actor, reason: str) -> None:
    """Take the second factor off (a lost phone); the next sign-in sets up a new one where it is required."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    _must(reason, "请写明事由", "reason")
    with transaction.atomic():
        gone, _ = TOTPDevice.objects.filter(user_id=user.pk).delete()
        user.recovery_codes.all().delete()
        if not gone:
            raise Refused("这个账号没有启用动态口令")
        append("accounts.second_factor_off", by=by, subject=f"user:{user.pk}", data={"reason": reason})


def use_recovery_code(user: User, typed: str, *, by: Actor) -> bool:
    """Whether `typed` is an unused recovery code of `user`; if so it is used up."""
    with transaction.atomic():
        unused = user.recovery_codes.filter(digest=digest(tidy_code(typed)), used_at__isnull=True)
        if not unused.update(used_at=when.now()):
            return False
        left = user.recovery_codes.filter(used_at__isnull=True).count()
        append("accounts.recovery_code_used", by=by, subject=f"user:{user.pk}", data={"left": left})
        return True


def _must(text: str, message: str, field: str) -> None:
    if not text.strip():
        raise BadInput(message, field=field)
