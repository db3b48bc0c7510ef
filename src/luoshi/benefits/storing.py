"""Puts records into the registers, thousands at a time, in SQL that both databases understand.

Rows go into a temporary table and from there into the registers by key: the same rows again change nothing, an older
file never overwrites a newer one, what a record said before is kept as its past.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connection

from luoshi.benefits import registers
from luoshi.benefits.models.register import MATTER_KINDS
from luoshi.benefits.registers import Register
from luoshi.kernel import when

CHUNK = 20_000  # rows of one transaction
COUNTS = ("new", "changed", "unchanged", "older")
_COLUMNS = (
    "line", "key", "name", "kind", "area_id", "bank_name", "bank_account", "employer", "employer_name",
    "matter_kind", "matter_key", "title", "day", "part", "said", "digest",
)  # fmt: skip
_TYPES = {"line": "bigint", "area_id": "bigint"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What all rows of a file share."""

    register: Register
    source: int
    as_of: date
    confidence: str
    file: int | None


def chunks(records: pl.DataFrame, start: int = 0) -> Iterator[pl.DataFrame]:
    for at in range(start, records.height, CHUNK):
        yield records.slice(at, CHUNK)


def count(rows: pl.DataFrame, sent: Delivery) -> dict[str, int]:
    """How many of the rows are new, changed, unchanged, or older than what is known. Changes nothing."""
    with connection.cursor() as cursor:
        _stage(cursor, rows, sent)
        _places(cursor, sent)
        return _counted(cursor, sent)


def store(rows: pl.DataFrame, sent: Delivery) -> tuple[dict[str, int], list[tuple[int, int | None]]]:
    """Store the rows, inside the caller's transaction. Their counts; and the (subject, matter) other sources speak of
    too, where sources may now disagree."""
    with connection.cursor() as cursor:
        _stage(cursor, rows, sent)
        _subjects(cursor, sent)
        if sent.register.has_matter:
            _matters(cursor)
        _places(cursor, sent)
        _about(cursor, sent)
        counted = _counted(cursor, sent)
        _past(cursor, sent)
        _records(cursor, sent)
        if sent.register.has_matter:
            _dates(cursor, sent)
        return counted, _shared(cursor, sent)


def _stage(cursor: Any, rows: pl.DataFrame, sent: Delivery) -> None:
    """The rows in a table of this connection alone."""
    shape = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in _COLUMNS)
    cursor.execute(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS benefits_incoming ({shape}, subject_id bigint, matter_id bigint, "
        "record_id bigint)"
    )
    cursor.execute('CREATE INDEX IF NOT EXISTS benefits_incoming_key ON benefits_incoming ("key")')
    cursor.execute("CREATE INDEX IF NOT EXISTS benefits_incoming_event ON benefits_incoming (matter_key)")
    postgres = connection.vendor == "postgresql"
    cursor.execute("TRUNCATE benefits_incoming" if postgres else "DELETE FROM benefits_incoming")
    titled = rows.with_columns(
        title=pl.concat_str(
            [pl.col("matter_kind").replace_strict(MATTER_KINDS, default="", return_dtype=pl.String), pl.lit(" "),
             pl.col("title").fill_null("")]
        ).str.strip_chars()
    )  # fmt: skip
    lines = titled.select([name if name in titled.columns else pl.lit(None).alias(name) for name in _COLUMNS]).rows()
    names = ", ".join(_COLUMNS)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY benefits_incoming ({names}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
        cursor.execute("ANALYZE benefits_incoming")
    else:
        marks = ", ".join(["%s"] * len(_COLUMNS))
        cursor.executemany(f"INSERT INTO benefits_incoming ({names}) VALUES ({marks})", lines)  # noqa: S608 our words


def _counted(cursor: Any, sent: Delivery) -> dict[str, int]:
    cursor.execute(
        f"""SELECT COUNT(*), COUNT(r.id),
            COUNT(CASE WHEN r.digest <> i.digest AND r.as_of <= {_day("%s")} THEN 1 END),
            COUNT(CASE WHEN r.digest <> i.digest AND r.as_of > {_day("%s")} THEN 1 END)
        FROM benefits_incoming i LEFT JOIN benefits_record r ON r.id = i.record_id""",  # noqa: S608
        [sent.as_of.isoformat(), sent.as_of.isoformat()],
    )
    rows, known, changed, older = cursor.fetchone()
    return {"new": rows - known, "changed": changed, "unchanged": known - changed - older, "older": older}


def _subjects(cursor: Any, sent: Delivery) -> None:
    rest = f"'', '', '', {_bool(bool(settings.DEMO))}, {_moment(when.now())}"
    insert = (
        'INSERT INTO benefits_subject (kind, "key", name, bank_name, bank_account, account_name, synthetic, created_at'
    )
    person = sent.register.about == "person"
    if person:
        cursor.execute(
            f"""{insert}) SELECT 'hotel', employer, COALESCE(MAX(employer_name), employer), {rest}
            FROM benefits_incoming WHERE employer IS NOT NULL GROUP BY employer
            ON CONFLICT ("key") DO NOTHING"""  # noqa: S608
        )
        cursor.execute(
            f"""{insert}, employer_id) SELECT 'person', i.key, COALESCE(MAX(i.name), '未填姓名'), {rest}, MAX(e.id)
            FROM benefits_incoming i LEFT JOIN benefits_subject e ON e.key = i.employer WHERE true
            GROUP BY i.key ON CONFLICT ("key") DO UPDATE SET
            employer_id = COALESCE(excluded.employer_id, benefits_subject.employer_id)"""  # noqa: S608
        )
        return
    kind = "homestay" if sent.register.matter == "homestay" else "hotel"
    cursor.execute(
        f"""{insert}) SELECT COALESCE(MAX(kind), '{kind}'), key, COALESCE(MAX(name), key), {rest}
        FROM benefits_incoming WHERE true GROUP BY key ON CONFLICT ("key") DO NOTHING"""  # noqa: S608
    )


def _about(cursor: Any, sent: Delivery) -> None:
    """What the rows say of the subjects themselves: name, kind, area, account."""
    if sent.register.about == "person":
        return
    own = any(column.role == "kind" for column in sent.register.columns)  # the register of the subjects themselves
    _told(cursor, "name", "name", "true" if own else 's.name = s."key"')
    if own:
        _told(cursor, "kind", "kind")
        _told(cursor, "area_id", "area_id")
    if any(column.role == "bank_account" for column in sent.register.columns):
        open_ = "s.account_confirmed_at IS NULL"
        _told(cursor, "bank_name", "bank_name", open_)
        _told(cursor, "account_name", "name", f"{open_} AND i.bank_account IS NOT NULL")
        _told(cursor, "bank_account", "bank_account", open_)


def _told(cursor: Any, column: str, said: str, where: str = "true") -> None:
    """What the rows say of their subjects themselves, written only where it differs. A blank overwrites nothing."""
    cursor.execute(
        f"""UPDATE benefits_subject SET {column} =
        (SELECT MAX(i.{said}) FROM benefits_incoming i WHERE i."key" = benefits_subject."key")
        WHERE id IN (SELECT s.id FROM benefits_incoming i JOIN benefits_subject s ON s.id = i.subject_id
        WHERE i.{said} IS NOT NULL AND (s.{column} IS NULL OR s.{column} <> i.{said}) AND {where})"""  # noqa: S608
    )


def _matters(cursor: Any) -> None:
    cursor.execute(
        f"""INSERT INTO benefits_matter (subject_id, kind, "key", title, date, created_at)
        SELECT s.id, MAX(i.matter_kind), i.matter_key, MAX(i.title), {_day("MAX(i.day)")}, {_moment(when.now())}
        FROM benefits_incoming i CROSS JOIN benefits_subject s WHERE s."key" = i."key" GROUP BY s.id, i.matter_key
        ON CONFLICT ("key") DO NOTHING"""  # noqa: S608
    )


def _places(cursor: Any, sent: Delivery) -> None:
    """Which subject, event and record each row is about, looked up one by one in their indexes.

    A join would leave the way to the planner, which knows nothing of a table that was filled a moment ago.
    """
    subject = 'SELECT s.id FROM benefits_subject s WHERE s."key" = benefits_incoming."key"'
    cursor.execute(f"UPDATE benefits_incoming SET subject_id = ({subject})")  # noqa: S608
    owner = "r.matter_id IS NULL AND r.subject_id = benefits_incoming.subject_id"
    if sent.register.has_matter:
        event = 'SELECT m.id FROM benefits_matter m WHERE m."key" = benefits_incoming.matter_key'
        cursor.execute(f"UPDATE benefits_incoming SET matter_id = ({event})")  # noqa: S608
        owner = "r.matter_id = benefits_incoming.matter_id"
    cursor.execute(
        f"""UPDATE benefits_incoming SET record_id = (SELECT r.id FROM benefits_record r
        WHERE r.source_id = %s AND r.part = benefits_incoming.part AND {owner})""",  # noqa: S608
        [sent.source],
    )


def _past(cursor: Any, sent: Delivery) -> None:
    cursor.execute(
        f"""INSERT INTO benefits_recordpast (record_id, "values", as_of, file_id, row_no, since, until)
        SELECT r.id, r."values", r.as_of, r.file_id, r.row_no, r.changed_at, {_moment(when.now())}
        FROM benefits_incoming i JOIN benefits_record r ON r.id = i.record_id
        WHERE r.digest <> i.digest AND r.as_of <= {_day("%s")}""",  # noqa: S608
        [sent.as_of.isoformat()],
    )


def _records(cursor: Any, sent: Delivery) -> None:
    said = "CAST(i.said AS jsonb)" if connection.vendor == "postgresql" else "i.said"
    owner, only = ("matter_id", "NOT NULL") if sent.register.has_matter else ("subject_id", "NULL")
    which = "matter_id IS NOT NULL" if only == "NOT NULL" else "matter_id IS NULL"
    cursor.execute(
        f"""INSERT INTO benefits_record (subject_id, matter_id, source_id, part, "values", as_of, confidence, file_id,
        row_no, digest, changed_at) SELECT i.subject_id, i.matter_id, %s, i.part, {said}, {_day("%s")}, %s,
        {int(sent.file) if sent.file else "NULL"}, i.line, i.digest, {_moment(when.now())} FROM benefits_incoming i
        WHERE true ON CONFLICT (source_id, part, {owner}) WHERE {which} DO UPDATE SET "values" = excluded."values",
        as_of = excluded.as_of, confidence = excluded.confidence, file_id = excluded.file_id, row_no = excluded.row_no,
        digest = excluded.digest, changed_at = CASE WHEN benefits_record.digest = excluded.digest
        THEN benefits_record.changed_at ELSE excluded.changed_at END
        WHERE benefits_record.as_of <= excluded.as_of
        AND (benefits_record.digest <> excluded.digest OR benefits_record.as_of <> excluded.as_of)""",  # noqa: S608
        [sent.source, sent.as_of.isoformat(), sent.confidence],
    )


def _dates(cursor: Any, sent: Delivery) -> None:
    """An event follows the day its only source gives; where several speak, a person has the last word."""
    day = _day("i.day")
    cursor.execute(
        f"""UPDATE benefits_matter SET date =
        (SELECT MAX({day}) FROM benefits_incoming i WHERE i.matter_key = benefits_matter."key")
        WHERE id IN (SELECT m.id FROM benefits_incoming i JOIN benefits_matter m ON m.id = i.matter_id
        WHERE i.day IS NOT NULL AND (m.date IS NULL OR (m.date <> {day} AND NOT EXISTS
        (SELECT 1 FROM benefits_record r WHERE r.matter_id = m.id AND r.source_id <> %s))))""",  # noqa: S608
        [sent.source],
    )


def _shared(cursor: Any, sent: Delivery) -> list[tuple[int, int | None]]:
    """The (subject, event) of the rows of which another source states the same facts."""
    owner = "r.subject_id = i.subject_id AND r.matter_id IS NULL"
    if sent.register.has_matter:
        owner = "r.matter_id = i.matter_id"
    beside = ["", *registers.beside(sent.register)]
    marks = ", ".join(["%s"] * len(beside))
    cursor.execute(
        f"""SELECT DISTINCT i.subject_id, i.matter_id FROM benefits_incoming i
        WHERE (SELECT r.id FROM benefits_record r WHERE {owner} AND r.source_id <> %s
        AND (r.part = i.part OR r.part IN ({marks})) LIMIT 1) IS NOT NULL""",  # noqa: S608
        [sent.source, *beside],
    )
    return [(int(subject), matter) for subject, matter in cursor.fetchall()]


def _day(expression: str) -> str:
    return f"CAST({expression} AS date)" if connection.vendor == "postgresql" else expression


def _moment(moment: datetime) -> str:
    """A moment as SQL: our own clock's digits, no caller's."""
    text = str(connection.ops.adapt_datetimefield_value(moment))
    return f"CAST('{text}' AS timestamptz)" if connection.vendor == "postgresql" else f"'{text}'"


def _bool(value: bool) -> str:
    return ("true" if value else "false") if connection.vendor == "postgresql" else str(int(value))
