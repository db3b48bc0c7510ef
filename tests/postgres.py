"""Run the command given on PostgreSQL, or say by name that it is skipped.

The server is LUOSHI_TEST_POSTGRES (default: the local one, role and database `postgres`).
"""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg

URL = os.environ.get("LUOSHI_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")

try:
    psycopg.connect(URL, connect_timeout=3).close()
except psycopg.OperationalError as error:
    print(f"SKIPPED the suite on PostgreSQL: needs postgres ({str(error).splitlines()[0]})")  # noqa: T201
    sys.exit("postgres" in os.environ.get("LUOSHI_REQUIRE", "").split(","))
sys.exit(subprocess.run(sys.argv[1:], env=os.environ | {"LUOSHI_DATABASE_URL": URL}, check=False).returncode)
