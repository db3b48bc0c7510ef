"""What is configured, missing or unsafe. Production does not start while anything here is unsafe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from luoshi.kernel.errors import Refused

OK, WARNING, MISSING, UNSAFE = "ok", "warning", "missing", "unsafe"
WORDS = {OK: "正常", WARNING: "注意", MISSING: "缺少", UNSAFE: "不安全"}


@dataclass(frozen=True, slots=True)
class Point:
    """One thing looked at. `code` is stable; `text` says it to people; `hint` what to do."""

    code: str
    status: str
    text: str
    hint: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def configuration() -> Iterator[Point]:
    """What can be seen without touching the database."""
    from django.conf import settings

    yield _environment(settings)
    yield _secret(settings)
    yield _hosts(settings)
    yield _tls(settings)
    yield _second_factor(settings)
    yield _fixed_clock(settings)


def _grade(settings: Any, code: str, good: bool, text: str, hint: str, *, else_: str = UNSAFE) -> Point:
    """`text` with OK when `good`; otherwise with the grade for production, or only a warning outside it."""
    if good:
        return Point(code, OK, text)
    return Point(code, else_ if settings.PRODUCTION else WARNING, text, hint)


def _environment(settings: Any) -> Point:
    if settings.ENV not in ("production", "development"):
        return Point("environment", UNSAFE, f"LUOSHI_ENV={settings.ENV} 无法识别", "只能是 production 或 development")
    if settings.PRODUCTION and settings.DEMO:
        return Point("environment", UNSAFE, "正式环境打开了演示模式", "去掉 LUOSHI_DEMO")
    text = "正式环境" if settings.PRODUCTION else ("演示环境" if settings.DEMO else "开发环境")
    hint = "" if settings.PRODUCTION else "正式使用时设 LUOSHI_ENV=production"
    return Point("environment", OK if settings.PRODUCTION else WARNING, text, hint)


def _secret(settings: Any) -> Point:
    long_enough = len(settings.SECRET_KEY) >= 40
    given = bool(os.environ.get("LUOSHI_SECRET_KEY"))
    if not long_enough:
        hint = "换成至少 40 个随机字符"
        return Point("secret", UNSAFE if settings.PRODUCTION else WARNING, "签名密钥太短", hint)
    kept = Path(settings.DATA) / "secret.key"
    if not given and kept.exists() and kept.stat().st_mode & 0o077:
        return Point("secret", UNSAFE, f"其他用户可以读取 {kept}", f"chmod 600 {kept}")
    return Point("secret", OK, "签名密钥来自 LUOSHI_SECRET_KEY" if given else f"签名密钥保存在 {kept}")


def _hosts(settings: Any) -> Point:
    named = bool(os.environ.get("LUOSHI_HOSTS")) and "*" not in settings.ALLOWED_HOSTS
    text = "网站地址：" + "、".join(h for h in settings.ALLOWED_HOSTS if h != "testserver")
    return _grade(settings, "hosts", named, text, "用 LUOSHI_HOSTS 写明网站域名，不能用 *")


def _tls(settings: Any) -> Point:
    if settings.TLS and not settings.TRUSTED_PROXIES:
        hint = "TLS 由前端代理终结时设 LUOSHI_PROXIES=1"
        return Point("tls", WARNING, "要求 HTTPS，但没有登记前端代理，访问会反复跳转", hint)
    text = "要求 HTTPS" if settings.TLS else "没有要求 HTTPS"
    return _grade(settings, "tls", settings.TLS, text, "不要设 LUOSHI_TLS=off")


def _second_factor(settings: Any) -> Point:
    from luoshi.accounts.roles import ROLES

    roles = sorted(settings.SECOND_FACTOR_ROLES)
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        text = f"LUOSHI_SECOND_FACTOR 里有不认识的角色：{'、'.join(unknown)}"
        return Point("second_factor", UNSAFE, text, "角色代码见 docs/security.md")
    text = "须使用动态口令：" + ("、".join(ROLES[role] for role in roles) or "没有角色")
    return _grade(settings, "second_factor", bool(roles), text, "不要设 LUOSHI_SECOND_FACTOR=off")


def _fixed_clock(settings: Any) -> Point:
    fixed = os.environ.get("LUOSHI_NOW")
    if fixed:
        return Point("clock", UNSAFE if settings.PRODUCTION else WARNING, f"时钟固定在 {fixed}", "去掉 LUOSHI_NOW")
    return Point("clock", OK, "使用系统时钟")


def data() -> Iterator[Point]:
    """What is in the database; each look stands alone, so that one failure hides nothing else."""
    from luoshi.kernel.errors import BadInput
    from luoshi.server import boot

    try:
        behind = boot.pending()
    except BadInput as error:
        yield Point("database", MISSING, f"连不上数据库：{error.reason}", "检查 LUOSHI_DATABASE_URL")
        return
    yield _database(boot.location(), boot.embedded())
    if behind:
        yield Point("migrations", MISSING, f"数据库缺 {behind} 项升级", "运行 luoshi init")
        return
    yield Point("migrations", OK, "数据库结构是最新的")
    looks: list[Callable[[], Point]] = [_pack, _calendar, _administrators, _channels]
    for look in looks:
        yield look()


def _database(place: str, embedded: bool) -> Point:
    from django.conf import settings

    if embedded and settings.PRODUCTION:
        hint = "多个单位同时办理时改用 PostgreSQL"
        return Point("database", WARNING, f"内嵌数据库 {place}", hint)
    return Point("database", OK, f"{'内嵌数据库' if embedded else 'PostgreSQL'} {place}")


def _pack() -> Point:
    from luoshi.norms.models import Instrument, Pack

    packs = [f"{p.id}（{Instrument.objects.filter(pack=p).count()} 件文件）" for p in Pack.objects.all()]
    if not packs:
        return Point("pack", MISSING, "没有载入任何规范包", "运行 luoshi init")
    return Point("pack", OK, "规范包：" + "、".join(packs))


def _calendar() -> Point:
    from luoshi.directory.models import CalendarYear
    from luoshi.kernel import when

    known, today = set(CalendarYear.objects.values_list("year", flat=True)), when.today()
    if today.year not in known:
        return Point("calendar", MISSING, f"没有 {today.year} 年放假安排，期限只能暂算", "luoshi calendar import FILE")
    if today.month >= 11 and today.year + 1 not in known:
        text = f"还没有 {today.year + 1} 年放假安排，跨年的期限只能暂算"
        return Point("calendar", WARNING, text, "国务院办公厅公布后导入：luoshi calendar import FILE")
    return Point("calendar", OK, f"放假安排 {min(known)}–{max(known)} 年")


def _administrators() -> Point:
    from luoshi.accounts import queries
    from luoshi.accounts.roles import ADMINISTRATORS, ROLES

    lacking = [ROLES[role] for role in ADMINISTRATORS if not queries.users_of(None, [role])]
    if lacking:
        text = "还没有" + "、".join(lacking)
        return Point("administrators", MISSING, text, "luoshi user create NAME --role sysadmin|secadmin|auditor")
    return Point("administrators", OK, "三员齐备")


def _channels() -> Point:
    from django.conf import settings

    if settings.DEMO:
        return Point("channels", OK, "演示模式：通知只进屏幕信箱")
    outside = [name for name in ("LUOSHI_APPRISE_URL", "LUOSHI_SMS_URL") if os.environ.get(name)]
    if not outside:
        return Point("channels", WARNING, "通知只进屏幕信箱，不发到手机", "见 docs/settings.md 的通知渠道")
    return Point("channels", OK, "通知渠道：" + "、".join(outside))


def refuse_unsafe() -> None:
    """In production, stop before serving anything under unsafe settings."""
    from django.conf import settings

    if settings.PRODUCTION:
        bad = [f"{point.code}: {point.text}（{point.hint}）" for point in configuration() if point.status == UNSAFE]
        if bad:
            raise Refused("正式环境不能这样启动。" + ";".join(bad))
