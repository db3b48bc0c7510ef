"""Full-text search: any substring of one character or more, found exactly, best documents first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from luoshi.kernel import when
from luoshi.norms import frequency, words
from luoshi.norms.models import Instrument, Provision

MOST = 300  # hits returned at most; a query with more is to be narrowed
MET = 100  # hits ranked when fewer are wanted (PostgreSQL): each is a page to be read
COMMON = 0.02  # share of texts above which a word is looked for among the best entries first (PostgreSQL)
SPARE_PROBE = 3  # times as many of them as should hold the hits wanted
_SPARE = 10  # pieces asked for beyond the hits wanted
_AROUND = 36  # characters of text shown on each side of the words


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the words stand. `snippet` is a piece of its text, `start`/`end` where the first word stands in it.

    `gist`: the full text is not imported, this is our own summary. `expired`: the document is no longer in force.
    """

    citation: str
    document: str
    title: str
    slug: str
    path: str
    snippet: str
    start: int
    end: int
    gist: bool = False
    expired: bool = False

    @property
    def place(self) -> str:
        """The path as a list shows it: the document's title, a part by its name, a provision by its number."""
        return self.path.removeprefix("0/").partition("#")[0] or "标题"

    @property
    def marked(self) -> tuple[str, str, str]:
        """The snippet before, at and after the words: what a page highlights."""
        return self.snippet[: self.start], self.snippet[self.start : self.end], self.snippet[self.end :]

    def to_json(self) -> dict[str, Any]:
        found = {"citation": self.citation, "document": self.document, "snippet": self.snippet}
        return found | {"title": self.title, "gist": self.gist, "expired": self.expired}


def search(words_: str, as_of: date | None = None, limit: int = 50, *, public_only: bool = False) -> list[Hit]:
    """Where `words_` stand in the texts in force now, or on `as_of`. Words apart by spaces must all stand in one place.

    Ranked by level of the document, then newest first, then place in it. At most `limit` hits, never above MOST.
    Nothing is found for a query of spaces alone.
    """
    wanted = [folded for word in words_.split() if (folded := words.fold(word))]
    if not wanted:
        return []
    limit = max(1, min(limit, MOST))
    left_out = _left_out(as_of, public_only)
    hits, full = _hits(wanted, as_of, limit + _SPARE, left_out)
    if full and len(hits) < limit:  # long provisions lie in several pieces, which fold into one hit
        hits, _ = _hits(wanted, as_of, limit * 4, left_out)
    return hits[:limit]


def _hits(wanted: list[str], as_of: date | None, most: int, left_out: list[int]) -> tuple[list[Hit], bool]:
    """Hits from at most `most` pieces of text, and whether there were that many pieces."""
    rows = _candidates(wanted, as_of, most, left_out)
    hits: dict[tuple[int, int | None, str], Hit] = {}
    check = any(len(word) > words.REACH for word in wanted)
    texts = _whole_texts(rows) if check else {}
    for row in rows:
        key, text = (row.instrument, row.version, row.path), row.text
        if check:
            text = texts.get((row.version, row.path), text)
        if key in hits or (check and not all(word in words.fold(text) for word in wanted)):
            continue
        hits[key] = _hit(row, text, wanted[0], as_of or when.today())
    return list(hits.values()), len(rows) == most


def _left_out(as_of: date | None, public_only: bool) -> list[int]:
    """Documents that a question must not see: not public, or not in force on the day asked about."""
    if as_of is None and not public_only:
        return []
    conditions = Q(pk__in=[])
    if public_only:
        conditions |= Q(public=False)
    if as_of is not None:
        conditions |= Q(valid_until__lt=as_of) | Q(valid_from__gt=as_of) | Q(valid_from=None, date__gt=as_of)
    return list(Instrument.objects.filter(conditions).values_list("pk", flat=True))


class Row(NamedTuple):
    """One piece of text that holds the words, with what is shown of its document."""

    instrument: int
    version: int | None
    path: str
    gist: bool
    text: str
    slug: str
    number: str
    title: str
    valid_until: date | str | None


def _candidates(wanted: list[str], as_of: date | None, most: int, left_out: list[int]) -> list[Row]:
    """At most `most` pieces of text that hold every word, best first."""
    conditions, parameters = _in_force(as_of, left_out)
    for word in wanted[1:]:  # another word of the same provision, perhaps in another piece of it
        sql, values = _other(word)
        conditions.append(sql)
        parameters += values
    if connection.vendor == "sqlite":
        source = "norms_searchindex f JOIN norms_searchentry e ON e.id = f.rowid"
        conditions.insert(0, "f.norms_searchindex MATCH %s")
        return _rows(source, conditions, [words.fts5_query(wanted[0]), *parameters], "f.rowid", most)
    word = wanted[0][: words.REACH]
    condition = " AND ".join(["strpos(e.folded, %s) > 0", *conditions])
    share = frequency.share(word)
    if share > COMMON:  # soon met among the best entries
        best = f"(SELECT * FROM norms_searchentry ORDER BY id LIMIT {round(SPARE_PROBE * most / share)}) e"  # noqa: S608
        rows = _met(f"{best} WHERE {condition}", [word, *parameters], most, most)
        if len(rows) == most:
            return rows
    found = f"norms_searchentry e WHERE norms_pairs(e.folded) @> %s AND {condition}"
    return _met(found, [frequency.rarest(word), word, *parameters], max(MET, most), most)


def _met(source: str, parameters: list[Any], met: int, most: int) -> list[Row]:
    """The best `most` of the first `met` entries met; documents are looked up for those alone."""
    first = f"(SELECT e.* FROM {source} LIMIT {met}) e"  # noqa: S608
    return _rows(f"(SELECT * FROM {first} ORDER BY id LIMIT {most}) e", ["TRUE"], parameters, "e.id", most)  # noqa: S608


def _in_force(as_of: date | None, left_out: list[int]) -> tuple[list[str], list[Any]]:
    conditions, parameters = ["e.valid_until IS NULL"], list[Any]()
    if as_of is not None:
        conditions = ["(e.valid_from IS NULL OR e.valid_from <= %s)", "(e.valid_until IS NULL OR e.valid_until > %s)"]
        parameters += [as_of, as_of]
    if left_out:
        conditions.append(f"e.instrument_id NOT IN ({', '.join(['%s'] * len(left_out))})")
        parameters += left_out
    return conditions, parameters


def _other(word: str) -> tuple[str, list[Any]]:
    """The condition that some piece of the same provision holds `word`."""
    if connection.vendor == "sqlite":
        holds = "o.id IN (SELECT rowid FROM norms_searchindex WHERE norms_searchindex MATCH %s)"
        value = words.fts5_query(word)
    else:
        holds, value = "strpos(o.folded, %s) > 0", word[: words.REACH]
    sql = (
        "EXISTS (SELECT 1 FROM norms_searchentry o WHERE o.instrument_id = e.instrument_id AND o.path = e.path"  # noqa: S608
        f" AND COALESCE(o.version_id, 0) = COALESCE(e.version_id, 0) AND {holds})"
    )
    return sql, [value]


def _rows(source: str, conditions: list[str], parameters: list[Any], order: str, most: int) -> list[Row]:
    statement = (
        "SELECT e.instrument_id, e.version_id, e.path, e.gist, e.text, i.slug, i.number, i.title, i.valid_until"  # noqa: S608
        f" FROM {source} JOIN norms_instrument i ON i.id = e.instrument_id"
        f" WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, most])
        return [Row(*row) for row in cursor.fetchall()]


def _whole_texts(rows: list[Row]) -> dict[tuple[int | None, str], str]:
    """The full text of the provisions hit, for words longer than one piece is sure to hold."""
    wanted = Provision.objects.filter(version__in={row.version for row in rows}, path__in={row.path for row in rows})
    found = wanted.values_list("version_id", "path", "heading", "mark", "text")
    return {(version, path): heading + mark + text for version, path, heading, mark, text in found}


def _hit(row: Row, text: str, word: str, day: date) -> Hit:
    snippet, start, end = snippet_of(text, word)
    return Hit(
        citation=f"{row.slug}:{row.path}" if row.path else row.slug,
        document=row.number,
        title=row.title,
        slug=row.slug,
        path=row.path,
        snippet=snippet,
        start=start,
        end=end,
        gist=bool(row.gist),
        expired=row.valid_until is not None and str(row.valid_until) < day.isoformat(),
    )


def snippet_of(text: str, word: str) -> tuple[str, int, int]:
    """A line of `text` around folded `word`, and where the word stands in that line (0, 0 when it does not)."""
    first, last = _place_of(word, text)
    if first < 0:
        return " ".join(text[: 2 * _AROUND].split()), 0, 0
    before = ("…" if first > _AROUND else "") + _one_line(text[max(0, first - _AROUND) : first])
    inside = _one_line(text[first:last])
    after = _one_line(text[last : last + _AROUND]) + ("…" if last + _AROUND < len(text) else "")
    return before + inside + after, len(before), len(before) + len(inside)


def _place_of(word: str, text: str) -> tuple[int, int]:
    """Where folded `word` stands in `text`; (-1, -1) when it does not. Mostly it stands there as it is."""
    at = text.find(word)
    if at >= 0:
        return at, at + len(word)
    folded, places = words.fold_places(text)
    at = folded.find(word)
    return (places[at], places[at + len(word) - 1] + 1) if at >= 0 else (-1, -1)


def _one_line(text: str) -> str:
    return text.replace("\n", "").replace("\t", " ")
