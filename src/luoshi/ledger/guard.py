"""Database triggers that keep the ledger append-only even for someone with a database prompt."""

from __future__ import annotations

from typing import Any

NAMES = ("ledger_entry_no_update", "ledger_entry_no_delete", "ledger_head_forward", "ledger_head_no_delete")

_SQLITE = {
    NAMES[0]: "BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END",
    NAMES[1]: "BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger is append-only'); END",
    NAMES[2]: "BEFORE UPDATE ON ledger_head WHEN NEW.seq <= OLD.seq OR NEW.id <> OLD.id "
    "BEGIN SELECT RAISE(ABORT, 'ledger head only moves forward'); END",
    NAMES[3]: "BEFORE DELETE ON ledger_head BEGIN SELECT RAISE(ABORT, 'ledger head only moves forward'); END",
}
_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'ledger is append-only'; END $$
"""
_POSTGRES = {
    NAMES[0]: "BEFORE UPDATE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    NAMES[1]: "BEFORE DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    NAMES[2]: "BEFORE UPDATE ON ledger_head FOR EACH ROW WHEN (NEW.seq <= OLD.seq OR NEW.id <> OLD.id) "
    "EXECUTE FUNCTION ledger_refuse()",
    NAMES[3]: "BEFORE DELETE ON ledger_head FOR EACH ROW EXECUTE FUNCTION ledger_refuse()",
    "ledger_entry_no_truncate": "BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
    "ledger_head_no_truncate": "BEFORE TRUNCATE ON ledger_head FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
}


def install(connection: Any) -> None:
    """Create the triggers; harmless when they are there."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgres:
            cursor.execute(_FUNCTION)
        for name, body in (_POSTGRES if postgres else _SQLITE).items():
            if postgres:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {_table(name)}")
            cursor.execute(f"CREATE TRIGGER {'' if postgres else 'IF NOT EXISTS '}{name} {body}")


def remove(connection: Any) -> None:
    """Drop the triggers: for tests that reset their database, never for a running installation."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for name in _POSTGRES if postgres else _SQLITE:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {_table(name)}" if postgres else ""))


def missing(connection: Any) -> list[str]:
    """Names of triggers that should be there and are not (or are switched off)."""
    if connection.vendor == "postgresql":
        wanted, query = _POSTGRES, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        wanted, query = _SQLITE, "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {name for (name,) in cursor.fetchall()}
    return [name for name in wanted if name not in found]


def _table(name: str) -> str:
    return "ledger_entry" if name.startswith("ledger_entry") else "ledger_head"
