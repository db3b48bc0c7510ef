"""What commands of rooms call before they touch stored data. The server knows how; rooms must not know the server."""

from __future__ import annotations

import importlib

FIRST_PACK = "jccq"  # what a new installation holds when nobody chose otherwise (`luoshi init --pack`)


def ensure_data(first_pack: str = "") -> None:
    """Django set up, and the embedded database created or upgraded; see `luoshi.server.boot.ensure_data`."""
    importlib.import_module("luoshi.server.boot").ensure_data(first_pack)


def setup_django() -> None:
    """Django set up, without looking at the database: for commands that only decide."""
    importlib.import_module("luoshi.server.boot").setup_django()
