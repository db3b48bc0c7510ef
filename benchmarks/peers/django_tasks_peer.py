"""The database worker of django-tasks doing what our clocks do: one row inserted per due task. Prints JSON.

Runs in an environment of its own that has Django, django-tasks, django-tasks-db and psycopg (LUOSHI_BENCH_PYTHON).
`python django_tasks_peer.py SQLITE_FILE|POSTGRES_URL DUE DONE`: DUE tasks wait, the worker is timed over DONE of them.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from datetime import timedelta
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.utils import timezone

target, waiting, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if target.startswith("postgres"):
    parts = urlsplit(target)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname,
        "PORT": parts.port or 5432,
        "CONN_MAX_AGE": 600,
    }
else:
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": target,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;",
        },
    }
settings.configure(
    SECRET_KEY="bench",
    USE_TZ=True,
    DATABASES={"default": database},
    INSTALLED_APPS=["django_tasks", "django_tasks_db"],
    TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGGING_CONFIG=None,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django_tasks import task  # noqa: E402


@task()
def effect(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_effect (clock_id) VALUES (%s)", [number])


if __name__ == "__main__":
    sys.modules["django_tasks_peer"] = sys.modules["__main__"]
    effect.func.__module__ = "django_tasks_peer"
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_effect (clock_id bigint)")
    due = effect.using(run_after=timezone.now() - timedelta(seconds=1))
    with transaction.atomic():
        for number in range(waiting):
            due.enqueue(number)
    began = time.perf_counter()
    with contextlib.suppress(SystemExit):
        call_command("db_worker", batch=True, interval=0, verbosity=0, startup_delay=False, max_tasks=wanted)
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT clock_id) FROM bench_effect")
        effects, distinct = cursor.fetchone()
    assert effects == distinct == wanted, (effects, distinct)
    print(json.dumps({"due": waiting, "tasks": wanted, "seconds": seconds, "per_s": round(wanted / seconds, 1)}))
