"""The same rule as one SQL query: SQLite, PostgreSQL, DuckDB, Spark.

The source table has one row per subject: its key, and one column per fact (boolean, integer in internal form, text;
NULL = unknown). A list fact is a table `<source>_<fact>` with the same key and one column per field; in the source
table, `<fact>` is then a boolean: true when the list is known to be complete.
"""

from __future__ import annotations

from dataclasses import dataclass

from luoshi.rules.lowering import Lowering, Stage
from luoshi.rules.tree import Type


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the four differ: quoting, integer quotient, the 64-bit type, finding a text in a text."""

    name: str
    quote: str = '"'
    quotient: str = "({a} / {b})"
    integer: str = "BIGINT"
    contains: str = "(position({part} in {a}) > 0)"
    escape_backslash: bool = False
    # Without it, some engines put every step's text into the next one's, again and again.
    step: str = "MATERIALIZED "


DIALECTS = {
    "sqlite": Dialect("sqlite", integer="INTEGER", contains="(instr({a}, {part}) > 0)"),
    "postgres": Dialect("postgres"),
    "duckdb": Dialect("duckdb", quotient="({a} // {b})"),
    "spark": Dialect(
        "spark",
        quote="`",
        quotient="({a} div {b})",
        contains="(instr({a}, {part}) > 0)",
        escape_backslash=True,
        step="",
    ),
}
_SIGN = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class SqlOps:
    """Expressions as text, never NULL; every number is a 64-bit integer."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def name(self, name: str) -> str:
        q = self.dialect.quote
        return f"{q}{name.replace(q, q + q)}{q}"

    def text(self, value: str) -> str:
        value = value.replace("\\", "\\\\") if self.dialect.escape_backslash else value
        return "'" + value.replace("'", "\\'" if self.dialect.escape_backslash else "''") + "'"

    def column(self, name: str) -> str:
        return self.name(name)

    def element(self, name: str) -> str:
        return self.name(f"it.{name}")

    def integer(self, value: int) -> str:
        return f"CAST({value} AS {self.dialect.integer})"

    def small(self, value: int) -> str:
        return self.integer(value)

    def boolean(self, value: bool) -> str:
        return "(1 = 1)" if value else "(1 = 0)"

    def add(self, a: str, b: str) -> str:
        return f"({a} + {b})"

    def sub(self, a: str, b: str) -> str:
        return f"({a} - {b})"

    def mul(self, a: str, b: str) -> str:
        return f"({a} * {b})"

    def over(self, a: str, b: str) -> str:
        return self.dialect.quotient.format(a=a, b=b)

    def compare(self, op: str, a: str, b: str) -> str:
        return f"({a} {_SIGN[op]} {b})"

    def both(self, a: str, b: str) -> str:
        return f"({a} AND {b})"

    def either(self, a: str, b: str) -> str:
        return f"({a} OR {b})"

    def no(self, a: str) -> str:
        return f"(NOT {a})"

    def choose(self, test: str, a: str, b: str) -> str:
        return f"(CASE WHEN {test} THEN {a} ELSE {b} END)"

    def among(self, a: str, values: list[int]) -> str:
        return f"({a} IN ({', '.join(str(value) for value in values)}))"

    def text_among(self, a: str, values: list[str]) -> str:
        return f"({a} IN ({', '.join(self.text(value) for value in values)}))"

    def contains(self, a: str, part: str) -> str:
        return self.dialect.contains.format(a=a, part=self.text(part))


def emit(low: Lowering[str], source: str, key: str, keep: list[str]) -> str:
    """The query that yields `key` and the columns `keep`, one row per row of `source`."""
    ops = low.ops
    assert isinstance(ops, SqlOps)
    table, at = ops.name(source), ops.name(key)
    parts = [f"b0 AS {ops.dialect.step}(SELECT {', '.join(_base(ops, low, at))} FROM {table})"]  # noqa: S608
    for number, stage in enumerate(low.stages):
        parts += _stage(ops, low, stage, number, source, at)
    columns = ", ".join([at, *(ops.name(name) for name in keep)])
    return "WITH " + ",\n".join(parts) + f"\nSELECT {columns} FROM b{len(low.stages)}"


def _base(ops: SqlOps, low: Lowering[str], at: str) -> list[str]:
    columns = [at]
    for name, kind in low.facts.items():
        if kind.kind == "list":
            columns.append(f"COALESCE({ops.name(name)}, {ops.boolean(False)}) AS {ops.name(f'{name}.k')}")
        else:
            columns += _split(ops, name, kind, ops.name(name), "")
    return columns


def _split(ops: SqlOps, name: str, kind: Type, column: str, prefix: str) -> list[str]:
    value, known, false = (ops.name(f"{prefix}{name}.{part}") for part in "vkf")
    here = f"({column} IS NOT NULL) AS {known}"
    if kind.kind == "bool":
        no = ops.boolean(False)
        return [f"COALESCE({column}, {no}) AS {value}", f"COALESCE(NOT {column}, {no}) AS {false}", here]
    if kind.kind == "text":
        return [f"COALESCE({column}, '') AS {value}", here]
    filler = 0 if kind.kind == "word" else max(kind.lo, min(0, kind.hi))
    return [f"COALESCE(CAST({column} AS {ops.dialect.integer}), {filler}) AS {value}", here]


def _stage(ops: SqlOps, low: Lowering[str], stage: Stage[str], number: int, source: str, at: str) -> list[str]:
    """The steps of a stage. Its columns may use its totals, so these come first."""
    before, columns, joins, steps = f"b{number}", ["s.*"], list[str](), list[str]()
    for index, owner in enumerate(dict.fromkeys(name for name, _, _ in stage.totals)):
        alias, of = f"t{index}", ops.name("key.of")
        named = [(column, x) for name, column, x in stage.totals if name == owner]
        sums = ", ".join(f"CAST(SUM({x}) AS {ops.dialect.integer}) AS {ops.name(column)}" for column, x in named)
        steps += _records(ops, low, owner, number, f"r{number}_{index}", (ops.name(f"{source}_{owner}"), at))
        last = steps[-1].partition(" ")[0]
        inner = f"SELECT {of}, {sums} FROM {last} r GROUP BY {of}"  # noqa: S608
        joins.append(f" LEFT JOIN ({inner}) {alias} ON {alias}.{of} = s.{at}")
        columns += [f"COALESCE({alias}.{ops.name(column)}, 0) AS {ops.name(column)}" for column, _ in named]
    origin = f"(SELECT {', '.join(columns)} FROM {before} s{''.join(joins)})" if joins else before  # noqa: S608
    return [*steps, _step(ops, f"b{number + 1}", stage.columns, origin)]


def _records(
    ops: SqlOps, low: Lowering[str], owner: str, number: int, name: str, table_key: tuple[str, str]
) -> list[str]:
    """A list's records beside their subject's columns, with what the totals need worked out level by level."""
    table, at = table_key
    fields = [
        part for field, kind in low.facts[owner].fields for part in _split(ops, field, kind, ops.name(field), "it.")
    ]
    key = ops.name("key.of")
    plain = f"(SELECT {at} AS {key}, {', '.join(fields)} FROM {table})"  # noqa: S608
    joined = f"(SELECT e.*, s.* FROM {plain} e JOIN b{number} s ON s.{at} = e.{key})"  # noqa: S608
    steps = [_step(ops, f"{name}_0", [], joined)]
    for level in low.records(owner, number):
        columns = [(column.name, column.x) for column in level]
        steps.append(_step(ops, f"{name}_{len(steps)}", columns, f"{name}_{len(steps) - 1}"))
    return steps


def _step(ops: SqlOps, name: str, columns: list[tuple[str, str]], origin: str) -> str:
    listed = ", ".join(["s.*", *(f"{x} AS {ops.name(column)}" for column, x in columns)])
    return f"{name} AS {ops.dialect.step}(SELECT {listed} FROM {origin} s)"  # noqa: S608
