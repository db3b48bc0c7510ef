"""The index beside `SearchEntry`: an FTS5 table on SQLite, the folded text with its pairs in a GIN on PostgreSQL."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# `ascii` splits at spaces only: tokens hold no ASCII but letters and digits (see engine.encode), and nothing is folded
# that the engine did not fold. Contentless: the text is kept once, in norms_searchentry.
SQLITE = """
CREATE VIRTUAL TABLE norms_searchindex USING fts5(
    tokens, content='', columnsize=0, prefix='1', tokenize='ascii')
"""
POSTGRES = [
    # Every pair of neighbouring characters, and every character: what the index knows of a text.
    """
    CREATE FUNCTION norms_pairs(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT COST 100 AS $$
      SELECT array_agg(c || coalesce(d, '')) || string_to_array(t, NULL)
      FROM ROWS FROM (string_to_table(t, NULL), string_to_table(substr(t, 2), NULL)) AS s(c, d)
    $$""",
    "ALTER TABLE norms_searchentry ADD COLUMN folded text NOT NULL DEFAULT ''",
    # fastupdate=off: a search never has to walk a pending list left by the last import
    "CREATE INDEX norms_searchentry_pairs ON norms_searchentry USING gin (norms_pairs(folded)) WITH (fastupdate = off)",
]


def make(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in [SQLITE] if editor.connection.vendor == "sqlite" else POSTGRES:
        editor.execute(statement)


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "sqlite":
        editor.execute("DROP TABLE norms_searchindex")
    else:
        editor.execute("ALTER TABLE norms_searchentry DROP COLUMN folded")
        editor.execute("DROP FUNCTION norms_pairs(text)")


class Migration(migrations.Migration):
    dependencies = [("norms", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
