"""The registers as columns: one row per event, every fact a measure asks for. SQL brings the records, Polars the rest.

The same answer as `assembling.facts_of` for every event; a property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import connection

from luoshi.benefits import engine, registers
from luoshi.rules.tree import Fact, Type

_KEYS = {"subject": pl.Int64, "matter": pl.Int64, "employer": pl.Int64, "year": pl.Int64}
_RECORD = {"entity": pl.Int64, "record": pl.Int64, "priority": pl.Int64, "part": pl.String, "said": pl.String}
_HIGH = 10_000  # an entity of one year: entity × 10000 + year


def frame_of(
    measure: str,
    changed_since: datetime | None = None,
    *,
    matters: Sequence[int] | None = None,
    pack: str = "jccq",
) -> pl.DataFrame:
    """A row per event of the measure's kinds: `subject`, `matter`, and its facts as `engine.screen` takes them.

    `changed_since`: only events of which a record or a ruling on sources has changed since. `matters`: only these;
    with both, those of either sort.
    """
    from luoshi.benefits import assembling  # which offers this function beside its own

    rule, _ = engine.rule_of(measure, pack)
    slug = rule.key.partition(":")[0]
    wanted = assembling.names_in(rule.key, pack)
    where = _Where(assembling.kinds_of(rule), changed_since, matters)
    events = _read(where.events(), _KEYS)
    facts = {name: fact for name, fact in rule.scope.facts.items() if name in wanted}
    years = {fact: uses for fact, uses in assembling.yearly(slug, pack).items() if set(uses) & wanted}
    types = {name: fact.type for name, fact in facts.items()}
    types |= {fact: rule.scope.facts[next(iter(uses))].type for fact, uses in years.items()}
    wide = _Wide(types, {name for name, fact in facts.items() if fact.presumed}, _stated(slug, pack))
    own = wide.level(_read(where.own(), _RECORD), _settled(where.settled("own")))
    about = wide.level(_read(where.about(), _RECORD), _settled(where.settled("about")))
    columns: dict[str, pl.Series] = {}
    levels = [(own, events["matter"]), (about, events["subject"]), (about, events["employer"])]
    for name in facts:
        found = _nearest(name, [_at(level, name, keys) for level, keys in levels])
        if found is not None:
            columns[name] = found
    for fact_name, uses in years.items():
        for name, offset in uses.items():
            if name not in facts:
                continue
            stacked = [
                _at(about, f"{fact_name}@", keys * _HIGH + events["year"] - offset)
                for keys in (events["subject"], events["employer"])
            ]
            if (found := _nearest(name, [_at(level, name, keys) for level, keys in levels] + stacked)) is not None:
                columns[name] = found
    made = [_typed(columns[name].alias(name), facts[name]) for name in facts if name in columns]
    return pl.DataFrame([events["subject"], events["matter"], *made])


@dataclass(frozen=True, slots=True)
class _Where:
    """The SQL that says which events are wanted, once for each thing asked about them."""

    kinds: list[str]
    since: datetime | None
    matters: Sequence[int] | None

    def _events(self) -> tuple[str, list[Any]]:
        marks = ", ".join(["%s"] * len(self.kinds)) or "NULL"
        sql = "FROM benefits_matter m JOIN benefits_subject s ON s.id = m.subject_id WHERE m.kind IN (" + marks + ")"
        given: list[Any] = list(self.kinds)
        these = "m.id IN (" + (", ".join(str(int(pk)) for pk in self.matters or ()) or "NULL") + ")"
        if self.matters is not None and self.since is None:
            sql += f" AND {these}"
        if self.since is not None:
            moment = connection.ops.adapt_datetimefield_value(self.since)
            moved = (
                "SELECT subject_id FROM benefits_record WHERE changed_at > %s UNION "
                "SELECT subject_id FROM benefits_dispute WHERE found_at > %s OR decided_at > %s"
            )
            sql += f" AND (m.subject_id IN ({moved}) OR s.employer_id IN ({moved}) OR {these})"
            given += [moment] * 6
        return sql, given

    def events(self) -> tuple[str, list[Any]]:
        tail, given = self._events()
        year = "CAST(substr(CAST(m.date AS VARCHAR(10)), 1, 4) AS INTEGER)"
        return f"SELECT s.id, m.id, s.employer_id, {year} {tail} ORDER BY m.id", given

    def own(self) -> tuple[str, list[Any]]:
        tail, given = self._events()
        return f"{_select('r.matter_id')} WHERE r.matter_id IN (SELECT m.id {tail})", given

    def about(self) -> tuple[str, list[Any]]:
        whom, given = self._whom()
        return f"{_select('r.subject_id')} WHERE r.matter_id IS NULL AND r.subject_id IN ({whom})", given

    def _whom(self) -> tuple[str, list[Any]]:
        tail, given = self._events()
        return f"SELECT m.subject_id {tail} UNION SELECT s.employer_id {tail}", given * 2

    def settled(self, level: str) -> tuple[str, list[Any]]:
        column, (whom, given) = "matter_id", self._events()
        whom = f"SELECT m.id {whom}"
        if level == "about":
            column, (whom, given) = "subject_id", self._whom()
        still = "matter_id IS NULL AND " if level == "about" else ""
        sql = f"SELECT {column}, fact, {_text('chosen')} FROM benefits_dispute "  # noqa: S608 our own words
        return sql + f"WHERE {still}state = 'decided' AND {column} IN ({whom})", given


def _select(entity: str) -> str:
    said = _text('r."values"')
    return (
        f"SELECT {entity}, r.id, o.priority, r.part, {said} FROM benefits_record r "  # noqa: S608 our own words
        "JOIN benefits_source o ON o.id = r.source_id"
    )


def _text(column: str) -> str:
    return f"CAST({column} AS TEXT)" if connection.vendor == "postgresql" else column


def _read(query: tuple[str, list[Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(*query)
        rows = cursor.fetchall()
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _settled(query: tuple[str, list[Any]]) -> pl.DataFrame:
    return _read(query, {"entity": pl.Int64, "fact": pl.String, "chosen": pl.String})


def _stated(slug: str, pack: str) -> dict[str, frozenset[str]]:
    """Register → the facts it can state, so that no record is read for more than it can hold."""
    return {
        key: frozenset(column.fact for column in register.facts) for key, register in registers.read(slug, pack).items()
    }


@dataclass(slots=True)
class _Level:
    """Fact → (entity, value, `torn`: sources disagree and nobody has chosen), one row per entity that is spoken of."""

    facts: dict[str, pl.DataFrame] = field(default_factory=dict)


class _Wide:
    """Turns records into a column per fact."""

    def __init__(self, types: Mapping[str, Type], presumed: set[str], stated: Mapping[str, frozenset[str]]) -> None:
        self.types, self.presumed, self.stated = types, presumed, stated

    def level(self, records: pl.DataFrame, settled: pl.DataFrame) -> _Level:
        """What the records of one level say. Facts of a year are called `fact@`, their entities carry the year."""
        split = records.with_columns(
            base=pl.col("part").str.extract(r"^([^/]*)", 1),
            year=pl.col("part").str.extract(r"/(\d{4})$", 1).cast(pl.Int64),
        )
        pieces: dict[str, list[pl.DataFrame]] = {}
        for (base,), rows in split.partition_by("base", as_dict=True, maintain_order=True).items():
            can = self.stated.get(str(base), frozenset(self.types))
            names = [name for name in self.types if name in can]
            for name, piece in self._decoded(rows, names):
                pieces.setdefault(name, []).append(piece)
        level = _Level()
        for name, found in pieces.items():
            chosen = self._chosen(settled, name)
            level.facts[name] = _one_each(pl.concat(found) if len(found) > 1 else found[0], chosen)
        return level

    def _decoded(self, rows: pl.DataFrame, names: Sequence[str]) -> Iterable[tuple[str, pl.DataFrame]]:
        if not names or not rows.height:
            return
        dated = rows.get_column("year").null_count() < rows.height
        shape = pl.Struct({name: _dtype(self.types[name]) for name in names})
        whole = rows.get_column("said").str.json_decode(shape).struct.unnest()
        entity = rows.get_column("entity")
        if dated:
            entity = entity * _HIGH + rows.get_column("year")
        for name in names:
            spoken = rows.get_column("said").str.contains(f'"{name}":', literal=True)
            piece = pl.DataFrame([entity, rows["priority"], rows["record"], whole.get_column(name).alias("value")])
            yield f"{name}@" if dated else name, piece if spoken.all() else piece.filter(spoken)

    def _chosen(self, settled: pl.DataFrame, name: str) -> pl.DataFrame | None:
        """(entity, chosen) for the disputes about a fact that a person has settled."""
        if not settled.height:
            return None
        base, at, _ = name.partition("@")
        rows = settled.filter(pl.col("fact").str.starts_with(name) if at else pl.col("fact") == name)
        if not rows.height:
            return None
        wrapped = rows.select(pl.concat_str([pl.lit('{"v":'), "chosen", pl.lit("}")])).to_series()
        values = wrapped.str.json_decode(pl.Struct({"v": _dtype(self.types[base])})).struct.field("v")
        entity = rows.get_column("entity")
        if at:
            entity = entity * _HIGH + rows.get_column("fact").str.slice(len(name)).cast(pl.Int64)
        return pl.DataFrame([entity, values.alias("chosen")])


def _one_each(piece: pl.DataFrame, chosen: pl.DataFrame | None) -> pl.DataFrame:
    """One row per entity: what its sources agree on, what a person chose, or that they disagree."""
    if piece.get_column("entity").is_duplicated().any() is False or not piece.height:
        return piece.select("entity", "value", torn=pl.lit(False))
    alone = ~pl.col("entity").is_duplicated()
    single = piece.filter(alone).select("entity", "value", torn=pl.lit(False))
    several = piece.filter(~alone).sort("priority", "record")
    spelt = pl.struct("value").struct.json_encode() if several.schema["value"].is_nested() else pl.col("value")
    grouped = (
        several.with_columns(spelt=pl.when(pl.col("value").is_not_null()).then(spelt))
        .group_by("entity")
        .agg(pl.col("value").drop_nulls().first(), ways=pl.col("spelt").drop_nulls().n_unique())
    )
    if chosen is not None:
        grouped = grouped.join(chosen.with_columns(ruled=pl.lit(True)), on="entity", how="left")
        ruled = pl.col("ruled").fill_null(False) & (pl.col("ways") > 1)
        grouped = grouped.with_columns(
            value=pl.when(ruled).then("chosen").otherwise("value"),
            ways=pl.when(ruled).then(1).otherwise("ways"),
        )
    torn = pl.col("ways") > 1
    grouped = grouped.select("entity", pl.when(~torn).then("value").alias("value"), torn=torn)
    return pl.concat([single, grouped])


def _at(level: _Level, name: str, keys: pl.Series) -> pl.DataFrame | None:
    """A fact of the level for each of `keys`: `value`, `torn`, `spoken`; None when the level says nothing about it."""
    known = level.facts.get(name)
    if known is None:
        return None
    sought = pl.DataFrame([keys.cast(pl.Int64).alias("entity")])
    found = sought.join(known.with_columns(spoken=pl.lit(True)), on="entity", how="left", maintain_order="left")
    return found.select("value", pl.col("torn", "spoken").fill_null(False))


def _nearest(name: str, levels: Sequence[pl.DataFrame | None]) -> pl.Series | None:
    """The first level that knows, or disputes; null where none does. A struct of value and whether anybody spoke."""
    there = [level for level in levels if level is not None]
    if not there:
        return None
    frame = pl.concat(
        [level.rename({column: f"{column}{i}" for column in level.columns}) for i, level in enumerate(there)],
        how="horizontal",
    )
    value = pl.lit(None, dtype=there[0].schema["value"])
    for i in range(len(there) - 1, -1, -1):
        value = (
            pl.when(pl.col(f"torn{i}")).then(None).when(pl.col(f"value{i}").is_not_null()).then(f"value{i}")
            .otherwise(value)
        )  # fmt: skip
    spoken = pl.any_horizontal([f"spoken{i}" for i in range(len(there))])
    return frame.select(pl.struct(value.alias("value"), spoken.alias("spoken")).alias(name)).to_series()


def _dtype(kind: Type) -> Any:
    """How a fact is kept in a record: money, rates, days and words as text."""
    if kind.kind == "list":
        inner = dict(kind.fields)
        if set(inner) == {"it"}:
            return pl.List(_dtype(inner["it"]))
        return pl.List(pl.Struct({name: _dtype(field) for name, field in inner.items()}))
    if kind.kind == "bool":
        return pl.Boolean()
    return pl.Int64() if kind.kind == "number" and kind.scale == 0 else pl.String()


def _typed(column: pl.Series, fact: Fact) -> pl.Series:
    """The values as columns a screening reads fast, with what the rules presume where nobody spoke."""
    value, spoken = column.struct.field("value"), column.struct.field("spoken")
    kind = fact.type
    if kind.kind == "number" and kind.scale:
        value = value.cast(pl.Decimal(20, kind.scale))
    elif kind.kind == "date":
        value = value.str.to_date("%Y-%m-%d")
    if fact.presumed and not spoken.all():
        absent = _absent(fact, value.dtype)
        value = (
            pl.DataFrame([value.alias("v"), spoken.alias("s")])
            .select(pl.when("s").then("v").otherwise(absent))
            .to_series()
        )
    return value.alias(column.name)


def _absent(fact: Fact, dtype: Any) -> pl.Expr:
    raw = fact.absent
    if fact.type.kind == "list":
        return pl.lit(pl.Series([list(raw or [])], dtype=dtype)).first()
    if fact.type.kind == "date":
        return pl.lit(date.fromisoformat(str(raw)))
    if fact.type.kind == "number" and dtype != pl.Int64():
        return pl.lit(str(raw)).cast(dtype)
    return pl.lit(raw, dtype=dtype)
