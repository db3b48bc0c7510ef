"""The search index, kept in the transaction that changes the text. One spelling per database, one test suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Max

from luoshi.kernel.errors import BadInput
from luoshi.norms import engine, words
from luoshi.norms.models import Instrument, InstrumentVersion, Provision, SearchEntry

BATCH = 500
STRAYED = 0.9  # correlation of rank and place on disk below which rows are laid anew (PostgreSQL)
_PLACE_MASK = engine.PLACES - 1
_POSTGRES_INSERT = """
INSERT INTO norms_searchentry (id, instrument_id, version_id, path, gist, text, valid_from, valid_until, folded)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""


def index_version(version: InstrumentVersion) -> int:
    """Make a version findable: its title and every provision. The instrument's gists give way to the full text."""
    instrument = version.instrument
    remove(SearchEntry.objects.filter(instrument=instrument, gist=True))
    pieces = [("", f"{instrument.title}{instrument.number}")]
    rows = Provision.objects.filter(version=version).order_by("order")
    pieces += [(p.path, p.heading + p.mark + p.text) for p in rows.only("path", "heading", "mark", "text")]
    return add(instrument, version, pieces)


def close_version(version: InstrumentVersion) -> None:
    """The version is no longer in force: its entries answer only questions about the days it was."""
    SearchEntry.objects.filter(version=version).update(valid_until=version.valid_until)


def drop_version(version: InstrumentVersion) -> None:
    """Forget a version's entries, before they are written anew."""
    remove(SearchEntry.objects.filter(version=version))


def index_gists(instrument: Instrument) -> int:
    """Before the full text is here, the clauses' gists are searched instead, and marked as gists."""
    remove(SearchEntry.objects.filter(instrument=instrument, gist=True))
    if instrument.versions.exists():
        return 0
    pieces = [("", f"{instrument.title}{instrument.number}")]
    rows = instrument.clauses.order_by("order", "id").values_list("path", "heading", "gist")
    pieces += [(path, f"{heading}：{gist}" if heading else gist) for path, heading, gist in rows]
    return add(instrument, None, pieces)


def add(instrument: Instrument, version: InstrumentVersion | None, pieces: Iterable[tuple[str, str]]) -> int:
    """Index (path, text) pieces in order; returns how many entries were written."""
    place = _next_place(instrument)
    since = version.valid_from if version else instrument.valid_from or instrument.date
    entries = []
    for path, text in pieces:
        for chunk in words.chunks(text):
            key = engine.entry_id(instrument.issuer, instrument.date, instrument.pk, place)
            entries.append(
                SearchEntry(
                    id=key,
                    instrument=instrument,
                    version=version,
                    path=path,
                    gist=version is None,
                    text=chunk,
                    valid_from=since,
                    valid_until=version.valid_until if version else None,
                )
            )
            place += 1
    if place >= engine.PLACES:
        raise BadInput(f"文件过长，检索最多容纳 {engine.PLACES} 段", field=instrument.number or instrument.title)
    write(entries)
    return len(entries)


def _next_place(instrument: Instrument) -> int:
    """The first free place: entries of one instrument share all higher bits unless its date or issuer changed."""
    used = SearchEntry.objects.filter(instrument=instrument).values_list("id", flat=True)
    if used.count() == 0:
        return 0
    top = used.aggregate(top=Max("id"))["top"]
    return max(int(top) & _PLACE_MASK, used.count()) + 1


def write(entries: Sequence[SearchEntry]) -> None:
    """Store entries with their tokens. Must be called inside the transaction that stores their text."""
    if connection.vendor == "sqlite":
        SearchEntry.objects.bulk_create(entries, batch_size=BATCH)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO norms_searchindex (rowid, tokens) VALUES (%s, %s)",
                [(e.pk, words.fts5_tokens(e.text)) for e in entries],
            )
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            _POSTGRES_INSERT,
            [
                (e.pk, e.instrument_id, e.version_id, e.path, e.gist, e.text, e.valid_from, e.valid_until,
                 words.fold(e.text))
                for e in entries
            ],
        )  # fmt: skip


def tidy() -> None:
    """What many small imports leave untidy. Done every night by the clocks; mostly a matter of seconds.

    SQLite: the index's segments become one. PostgreSQL: rows are counted, and laid anew in the order of their rank when
    they have strayed from it, so that the first hits met are the best. That locks the table while it lasts.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO norms_searchindex (norms_searchindex) VALUES ('optimize')")
        else:
            cursor.execute("ANALYZE norms_searchentry, norms_instrument")
            cursor.execute(
                "SELECT correlation FROM pg_stats WHERE tablename = 'norms_searchentry' AND attname = 'id'"
                " AND schemaname = current_schema()"
            )
            found = cursor.fetchone()
            if found and found[0] is not None and found[0] < STRAYED:
                cursor.execute("CLUSTER norms_searchentry USING norms_searchentry_pkey")


def remove(entries: Iterable[SearchEntry]) -> None:
    """Take entries out of the index. A contentless FTS5 table must be told the tokens it is to forget."""
    gone = list(entries)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO norms_searchindex (norms_searchindex, rowid, tokens) VALUES ('delete', %s, %s)",
                [(e.pk, words.fts5_tokens(e.text)) for e in gone],
            )
    SearchEntry.objects.filter(pk__in=[e.pk for e in gone]).delete()
