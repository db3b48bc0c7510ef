"""People who sign in, and what they may do. An account without a grant may do nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from luoshi.accounts.roles import ROLES
from luoshi.directory.models import Area, Body, Person
from luoshi.kernel import when
from luoshi.kernel.acting import Actor


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, email: str = "", password: str | None = None, **more: Any) -> User:
        user = self.model(username=username.strip(), email=email or "", **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account. What it may do comes from its grants alone; there is no superuser and no staff flag."""

    username = models.CharField(
        "用户名",
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[\w.@+-]+$", "用户名只能使用文字、数字和 . @ + - _")],
        error_messages={"unique": "这个用户名已经有人使用"},
    )
    display_name = models.CharField("姓名", max_length=80, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="accounts")
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    password_changed_at = models.DateTimeField("改密时间", null=True, blank=True)
    session_epoch = models.PositiveIntegerField("会话批次", default=0)  # raised to end all other sessions
    theme = models.CharField("显示", max_length=8, blank=True)  # "", light, dark
    elder = models.BooleanField("长辈版", default=False)
    synthetic = models.BooleanField("演示账号", default=False)
    date_joined = models.DateTimeField("创建时间", default=when.now)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "账号"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django asks this (also with previous signing keys): sessions end when the password or the epoch changes."""
        return salted_hmac(
            "luoshi.accounts.session", f"{self.password}:{self.session_epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()

    def may(self, permission: str, *, body: Body | int | None = None, area: Area | int | None = None) -> bool:
        """Whether a current grant allows `permission`, for `body` and in `area` where they are named.

        A grant bound to a body does not reach other bodies; one bound to an area reaches that area and those in it.
        """
        from luoshi.accounts.queries import may

        return may(self, permission, body=body, area=area)

    def areas(self, permission: str) -> frozenset[int] | None:
        """The areas (primary keys) in which `permission` is held; None = everywhere."""
        from luoshi.accounts.queries import areas_of

        return areas_of(self, permission)

    def as_actor(self, via: str = "web") -> Actor:
        from luoshi.accounts.queries import post_of

        return Actor(name=self.get_full_name(), user_id=self.pk, post=post_of(self), via=via)

    def bodies(self) -> list[Body]:
        """The bodies this account acts for: those its current grants are bound to."""
        from luoshi.accounts.queries import bodies_of

        return bodies_of(self)

    def roles(self) -> set[str]:
        """The role codes of this account's current grants."""
        from luoshi.accounts.queries import current_grants

        return {grant.role for grant in current_grants(self)}


class Grant(models.Model):
    """A role given to an account, for one body or area or (both empty) for the district, during a period."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField("角色", max_length=16, choices=list(ROLES.items()))
    body = models.ForeignKey(Body, models.CASCADE, null=True, blank=True, related_name="grants")
    area = models.ForeignKey(Area, models.CASCADE, null=True, blank=True, related_name="grants")
    since = models.DateField("自", default=when.today)
    until = models.DateField("至", null=True, blank=True)  # last day on which it holds
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="grants_given")
    reason = models.CharField("事由", max_length=200, blank=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        verbose_name = "授权"
        ordering = ["role", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="accounts_grant_order"
            ),
        ]
        indexes = [models.Index(fields=["role", "body"], name="accounts_grant_role")]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.user.__dict__.pop("_grants", None)  # the next question reads them again


class ApiToken(models.Model):
    """A key for programs acting as `user`. Only its digest is kept; the text is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField("用途", max_length=80)
    prefix = models.CharField("前缀", max_length=16)
    digest = models.CharField("摘要", max_length=64, unique=True)
    read_only = models.BooleanField("只读", default=False)
    created_at = models.DateTimeField("创建", default=when.now)
    expires_at = models.DateTimeField("到期", null=True, blank=True)
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)
    revoked_at = models.DateTimeField("撤销", null=True, blank=True)

    class Meta:
        verbose_name = "接口令牌"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class RecoveryCode(models.Model):
    """One of the codes that stand in for a lost phone, each usable once. Only digests are kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField("摘要", max_length=64)
    used_at = models.DateTimeField("使用时间", null=True, blank=True)

    class Meta:
        verbose_name = "恢复码"
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="accounts_recovery_once")]

    def __str__(self) -> str:
        return f"{self.user} {'已用' if self.used_at else '未用'}"
