"""What a test may need of the machine is named by a marker and skipped by name, unless LUOSHI_REQUIRE insists."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("LUOSHI_DATA", tempfile.mkdtemp(prefix="luoshi-test-"))
os.environ.pop("LUOSHI_NOW", None)

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LUOSHI_SHARED", ROOT.parent / "shared"))


def _has(what: str) -> bool:
    if what == "browser":
        return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    if what == "postgres":
        return os.environ.get("LUOSHI_DATABASE_URL", "").startswith("postgres")
    if what == "shared":
        return (SHARED / "gazette").is_dir()
    if what == "spark":
        return shutil.which("java") is not None and importlib.util.find_spec("pyspark") is not None
    raise ValueError(f"unknown need: {what}")


def _knows_the_database(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    if item.get_closest_marker("once"):
        return False
    needs = [what for marker in item.iter_markers("needs") for what in marker.args]
    marked = item.get_closest_marker("django_db") is not None
    return marked or "postgres" in needs or bool(names & {"db", "transactional_db", "live_server", "client"})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _has("postgres"):  # the second pass of `make test`: what knows no database was tried in the first
        left = [item for item in items if not _knows_the_database(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if _knows_the_database(item)]
    required = set(filter(None, os.environ.get("LUOSHI_REQUIRE", "").split(",")))
    for item in items:
        for marker in item.iter_markers("needs"):
            for what in marker.args:
                if not _has(what) and (what not in required or what in ("postgres", "shared")):
                    item.add_marker(pytest.mark.skip(reason=f"needs {what}"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What collecting has built stays to the end: walking it again and again for garbage is a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests() -> None:
    """pytest-django has read the settings before this file could set the environment: set here what tests rely on."""
    from django.conf import settings

    data = Path(os.environ["LUOSHI_DATA"])
    (data / "static").mkdir(parents=True, exist_ok=True)
    settings.DATA, settings.MEDIA_ROOT, settings.STATIC_ROOT = data, data / "uploads", data / "static"
    settings.SECOND_FACTOR_ROLES = frozenset()  # tests of the second factor turn it on
    # Hashing passwords as slowly as production does would be half of the suite's time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


@pytest.fixture(scope="session")
def gazette_file(shared: Path) -> Path:
    return shared / "gazette" / "jccq-2024-03.txt"


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_the_ledgers_guard() -> Iterator[None]:
    """Tests with `transaction=True` empty every table afterwards; the ledger's triggers would (rightly) refuse."""
    from django.db.backends.base.operations import BaseDatabaseOperations

    from luoshi.ledger import guard

    plain = BaseDatabaseOperations.execute_sql_flush

    def unguarded(self: Any, sql_list: Any) -> Any:
        guard.remove(self.connection)
        try:
            return plain(self, sql_list)
        finally:
            guard.install(self.connection)

    BaseDatabaseOperations.execute_sql_flush = unguarded
    yield
    BaseDatabaseOperations.execute_sql_flush = plain
