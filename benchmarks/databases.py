"""Where benchmarks stand: an empty database of either kind, gone afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

POSTGRES = os.environ.get("LUOSHI_BENCH_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")


@contextmanager
def empty(url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """An empty database, dropped afterwards: its address, and the environment that makes luoshi use it."""
    import psycopg

    name = f"luoshi_bench_{os.getpid()}"
    with tempfile.TemporaryDirectory() as data:
        target = urlunsplit(urlsplit(url)._replace(path="/" + name)) if url else f"{data}/bench.sqlite3"
        environment = {k: v for k, v in os.environ.items() if k != "LUOSHI_NOW"}
        environment |= {"LUOSHI_DATA": data, "DJANGO_SETTINGS_MODULE": "luoshi.server.settings"}
        environment["LUOSHI_DATABASE_URL"] = target if url else f"sqlite:///{target}"
        if url:
            with psycopg.connect(url, autocommit=True) as server:
                server.execute(f"CREATE DATABASE {name}")
        try:
            yield target, environment
        finally:
            if url:
                with psycopg.connect(url, autocommit=True) as server:
                    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def reachable(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True
