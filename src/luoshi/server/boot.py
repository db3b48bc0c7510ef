"""Getting from nothing to data one can work with, for every command that needs it."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from luoshi.kernel.errors import BadInput, Refused, system_reason


def setup_django() -> None:
    """Configure Django; idempotent and fast. No database is touched."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luoshi.server.settings")
    import django
    from django.apps import apps
    from django.core.exceptions import ImproperlyConfigured

    if apps.ready:
        return
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise BadInput(str(error), file="settings") from None


def ensure_data(first_pack: str = "") -> None:
    """Data to work with: an embedded database is created or upgraded here (one line on stderr says so).

    `first_pack` is loaded into a database that this call makes, never into one that somebody set up otherwise.
    A server database is shared by several machines and upgraded on purpose, with `luoshi init`: BadInput until then.
    """
    setup_django()
    with _one_at_a_time():
        behind = pending()
        if not behind:
            return
        if not embedded():
            raise BadInput(f"数据库还差 {behind} 次升级，请先运行 luoshi init", file="LUOSHI_DATABASE_URL")
        new = not tables()
        migrate()
        seed()
        if new and first_pack:
            load_pack(first_pack)
        print(f"luoshi: {'已建立' if new else '已升级'} {location()}", file=sys.stderr)  # noqa: T201


def embedded() -> bool:
    from django.db import connection

    return connection.vendor == "sqlite"


def location() -> str:
    """Where the data is, without its password."""
    from django.db import connection

    settings: dict[str, Any] = connection.settings_dict
    if embedded():
        return str(settings["NAME"])
    return f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}/{settings['NAME']}"


def tables() -> list[str]:
    from django.db import connection

    return connection.introspection.table_names()


def pending() -> int:
    """How many migrations the database lacks. BadInput when it cannot be reached."""
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    if embedded():
        Path(str(connection.settings_dict["NAME"])).parent.mkdir(parents=True, exist_ok=True)
    try:
        executor = MigrationExecutor(connection)
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except OperationalError as error:
        raise BadInput(f"连不上数据库：{error}", file="LUOSHI_DATABASE_URL") from None


def migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    if embedded():  # hundreds of small commits: let the disk catch up once, at the end. WAL stays consistent meanwhile
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")
    call_command("migrate", verbosity=0, interactive=False)
    if embedded():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def seed() -> list[int]:
    """What every installation starts with: the published working calendars. Returns the years added."""
    from luoshi.directory.actions import seed_calendar

    return seed_calendar()


def load_pack(name: str) -> str:
    """Load a pack by name or folder; says what was loaded. Loading the same pack again changes nothing."""
    from luoshi.norms import packs

    place = packs.folder(name)
    loaded = packs.load(place)
    counts = "、".join(f"{kind} {number}" for kind, number in loaded.counts.items())
    return f"{loaded.id}：" + (f"已载入（{counts}）" if loaded.changed else "已是这一版")


def init(pack: str = "jccq") -> Iterator[str]:
    """Create or upgrade everything; yields one line per step. Safe to repeat."""
    setup_django()
    with _one_at_a_time():
        behind = pending()
        if behind:
            migrate()
        yield f"数据库 {location()}：" + (f"执行了 {behind} 项升级" if behind else "已是最新")
        years = seed()
        yield "放假安排：" + (f"载入 {years[0]}–{years[-1]} 年" if years else "已有")
        if pack != "none":
            yield f"规范包 {load_pack(pack)}"


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two commands started together on a new installation: the second waits for the first."""
    from django.conf import settings

    folder = Path(settings.DATA)
    try:
        (folder / "static").mkdir(parents=True, exist_ok=True)
        handle = open(folder / ".init.lock", "a")  # noqa: SIM115 closed below, with the lock
    except OSError as error:
        raise Refused(f"数据文件夹 {folder} 不能写入：{system_reason(error)}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        handle.close()
