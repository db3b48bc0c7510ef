"""A small vocabulary, random rules and subjects over it, and every execution of a rule side by side."""

from __future__ import annotations

import os
import random
import sqlite3
from typing import Any

import pytest

from luoshi.kernel.errors import BadInput
from luoshi.rules import columns, days, sql, steps
from luoshi.rules.answers import Answers, answers
from luoshi.rules.interpret import Env, Maker
from luoshi.rules.lowering import Lowering
from luoshi.rules.reading import Macro, Scope, read
from luoshi.rules.tree import BOOL, DATE, TEXT, Fact, Node, Parameter, Place, Setting, Term, Type, number

AS_OF = 20250601
MONEY = number(0, 10**9, scale=2, unit="元")
LEVEL = Type("word", values=("低", "中", "高"), ordered=True)
KIND = Type("word", values=("甲", "乙", "丙"))


def scope() -> Scope:
    types = {
        "a": BOOL, "b": BOOL, "n": number(-50, 50), "p": number(1, 20), "m": MONEY, "r": number(0, 10**5, scale=6),
        "d": DATE, "e": DATE, "k": KIND, "v": LEVEL, "t": TEXT,
        "ms": Type("list", fields=(("it", MONEY),), most=5),
        "xs": Type("list", fields=(("k", KIND), ("n", number(-9, 9)), ("d", DATE), ("ok", BOOL)), most=5),
    }  # fmt: skip
    facts = {name: Fact(name, kind) for name, kind in types.items()}
    settings = {
        "s.mode": Setting("s.mode", "word", Type("word", values=("x", "y")), "x", ("x", "y")),
        "s.on": Setting("s.on", "bool", BOOL, False),
        "s.day": Setting("s.day", "date", DATE, "2025-01-01"),
        "s.kinds": Setting("s.kinds", "words", TEXT, ["甲"], ("甲", "乙", "丙")),
        "s.table": Setting(
            "s.table",
            "table",
            number(0, 10**8, scale=2, unit="元"),
            {"甲": {"低": 5}},
            keys=(KIND.values, LEVEL.values),
        ),
    }
    parameters = {"limit": Parameter("limit", MONEY, ((20240101, 20241231, 5000), (20250101, None, 70000)))}
    made = Scope(facts=facts, settings=settings, parameters=parameters)
    for name, source in {"late": "d > e", "size": "m * 2 + limit", "near": "years_after(d, 1)"}.items():
        made.terms[name] = Term(name, read(source, made, Place()))
    made.macros["between"] = Macro("between", ("x",), "date('2020-01-01') <= x <= s.day", Place())
    return made


class Draw:
    """Random expressions as people would type them."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)

    def one(self, *choices: Any) -> Any:
        return self.r.choice(choices)

    def bool(self, depth: int, inside: bool = False) -> str:
        if depth <= 0:
            plain = [
                "a",
                "b",
                "late",
                "s.on",
                "known(m)",
                "between(d)",
                "k in s.kinds",
                "t in {'x', 'xy'}",
                "contains(t, 'y')",
            ]
            return self.one(*plain, *(["it.ok", "it.n > n", "it.k == '甲'"] if inside else []))
        sub = depth - 1
        return self.one(
            lambda: f"({self.bool(sub, inside)} and {self.bool(sub, inside)})",
            lambda: f"({self.bool(sub, inside)} or {self.bool(sub, inside)})",
            lambda: f"(not {self.bool(sub, inside)})",
            lambda: f"({self.bool(sub, inside)} if {self.bool(sub, inside)} else {self.bool(sub, inside)})",
            lambda: f"({self.count(sub, inside)} {self.sign()} {self.count(sub, inside)})",
            lambda: f"({self.money(sub)} {self.sign()} {self.money(sub)})",
            lambda: f"({self.day(sub, inside)} {self.sign()} {self.day(sub, inside)})",
            lambda: f"(v {self.sign()} {self.one(repr('低'), repr('中'), repr('高'))})",
            lambda: f"(k in {{'甲', '{self.one('乙', '丙')}'}})",
            lambda: f"known({self.one(self.bool(sub, inside), self.money(sub))})",
            lambda: f"first_known({self.bool(sub, inside)}, {self.bool(sub, inside)})",
            lambda: (
                "(s.mode == 'x' or ruled(s.day))" if inside else f"{self.one('any', 'all')}(xs, {self.bool(sub, True)})"
            ),
        )()

    def sign(self) -> str:
        return self.one("<", "<=", ">", ">=", "==", "!=")

    def count(self, depth: int, inside: bool = False) -> str:
        if depth <= 0:
            return self.one("n", "p", "3", "-7", "year(d)", *(["it.n"] if inside else ["count(xs)", "count(ms)"]))
        sub = depth - 1
        return self.one(
            lambda: f"({self.count(sub, inside)} + {self.count(sub, inside)})",
            lambda: f"({self.count(sub, inside)} - {self.count(0, inside)})",
            lambda: f"({self.count(sub, inside)} * {self.one('3', '-2', 'n')})",
            lambda: f"{self.one('min', 'max')}({self.count(sub, inside)}, {self.count(sub, inside)})",
            lambda: f"div({self.count(sub, inside)}, {self.one('p', '7', '2')}, {self.one(0, 1)})",
            lambda: f"({self.count(sub, inside)} if {self.bool(sub, inside)} else {self.count(sub, inside)})",
            lambda: f"days_between({self.day(sub, inside)}, {self.day(sub, inside)})",
            lambda: f"months_between({self.day(sub, inside)}, {self.day(sub, inside)})",
            lambda: "n" if inside else f"count(xs, {self.bool(sub, True)})",
            lambda: "p" if inside else f"sum(xs, {self.count(sub, True)}, {self.bool(sub, True)})",
        )()

    def money(self, depth: int) -> str:
        if depth <= 0:
            return self.one("m", "limit", "at(limit, d)", "size", "1000", "12.34", "sum(ms)", "lookup(s.table, k, v)")
        sub = depth - 1
        return self.one(
            lambda: f"({self.money(sub)} + {self.money(sub)})",
            lambda: f"({self.money(sub)} - {self.money(0)})",
            lambda: f"(m * {self.one('r', 'p', '0.031', 'n')})",
            lambda: f"round({self.money(sub)} * {self.one('r', '0.5', 'p')}, 2)",
            lambda: f"{self.one('min', 'max')}({self.money(sub)}, {self.money(sub)})",
            lambda: f"div(m * {self.one('r', 'n', '7')}, {self.one('12', 'p', '0.3')}, 2)",
            lambda: f"({self.money(sub)} if {self.bool(sub)} else {self.money(sub)})",
            lambda: f"first_known({self.money(sub)}, {self.money(sub)})",
            lambda: f"sum(ms, it, it {self.sign()} m)",
        )()

    def day(self, depth: int, inside: bool = False) -> str:
        if depth <= 0:
            return self.one("d", "e", "as_of", "s.day", "date('2024-02-29')", "near", *(["it.d"] if inside else []))
        sub = depth - 1
        return self.one(
            lambda: f"years_after({self.day(sub, inside)}, {self.one('1', '3', '-1', 'p')})",
            lambda: f"months_after({self.day(sub, inside)}, {self.one('1', '6', '-13', 'n')})",
            lambda: f"days_after({self.day(sub, inside)}, {self.one('1', '-1', 'n', '400')})",
            lambda: f"{self.one('min', 'max')}({self.day(sub, inside)}, {self.day(0, inside)})",
            lambda: f"first_known({self.day(sub, inside)}, {self.day(0, inside)})",
        )()

    def expression(self, world: Scope) -> tuple[str, Node]:
        """One that reads; the reader refuses those that could never matter or would overflow."""
        while True:
            source = self.one(self.bool, self.bool, self.money, self.count, self.day)(self.r.randint(1, 4))
            try:
                return source, read(source, world, Place())
            except BadInput:
                continue

    def subject(self, world: Scope, doubt: float = 0.25) -> dict[str, Any]:
        facts = {name: self.value(fact.type, doubt) for name, fact in world.facts.items() if name != "as_of"}
        for name, value in facts.items():
            if isinstance(value, tuple):
                facts[name] = tuple({**record, "$list": name} for record in value)
        return facts

    def value(self, kind: Type, doubt: float) -> Any:
        if self.r.random() < doubt:
            return None
        if kind.kind == "bool":
            return self.r.random() < 0.5
        if kind.kind == "word":
            return self.r.randrange(len(kind.values))
        if kind.kind == "text":
            return self.one("", "x", "xy", "yyy", "it's", "甲\\乙")
        if kind.kind == "date":
            near = days.ordinal(20240229)
            return self.one(20240229, 20250228, 20241231, 20250601, days.from_ordinal(near + self.r.randint(-900, 900)))
        if kind.kind == "number":
            return self.one(
                kind.lo, kind.hi, self.r.randint(kind.lo, kind.hi), min(kind.hi, max(kind.lo, self.r.randint(-9, 9)))
            )
        count = self.r.choice([0, 0, 1, 2, 3])
        return tuple({name: self.value(inner, doubt / 2) for name, inner in kind.fields} for _ in range(count))


class Executions:
    """Every execution of one expression over the same subjects, each as a list of values with None for unknown."""

    def __init__(self) -> None:
        self.scope = scope()
        self.made: dict[str, Any] = {}

    def traced(self, node: Node, given: Answers, subjects: list[dict[str, Any]]) -> list[Any]:
        run = Maker(self.scope.terms, given.values, given.ruled).make(node)
        return [run(Env({**facts, "as_of": AS_OF})) for facts in subjects]

    def _lowered(self, ops: Any, node: Node, given: Answers) -> Lowering[Any]:
        low: Lowering[Any] = Lowering(ops, self.scope.terms, given.values, given.ruled, AS_OF)
        low.settle("x", node)
        return low

    def polars(self, node: Node, given: Answers, subjects: list[dict[str, Any]]) -> list[Any]:
        import polars as pl

        from luoshi.rules.register import _dtype

        schema = {name: _dtype(fact.type) for name, fact in self.scope.facts.items() if name != "as_of"}
        data = {name: [_unmarked(facts[name]) for facts in subjects] for name in schema}
        frame = pl.DataFrame(data, schema=schema)
        low = self._lowered(steps.StepOps(), node, given)
        kinds = {name: pl.Int64 if name == "x.v" else pl.Boolean for name in _names(node)}
        result = columns.run(frame, steps.program(low, kinds), kinds, size=9)
        return _join(node, [tuple(row) for row in result.rows()])

    def query(self, dialect: str, node: Node, given: Answers) -> str:
        low = self._lowered(sql.SqlOps(sql.DIALECTS[dialect]), node, given)
        return sql.emit(low, "subjects", "id", list(_names(node)))

    def in_database(
        self, dialect: str, connection: Any, node: Node, given: Answers, subjects: list[dict[str, Any]]
    ) -> list[Any]:
        load(dialect, connection, self.scope, subjects)
        found = connection.execute(self.query(dialect, node, given)).fetchall()
        return _join(node, [tuple(row[1:]) for row in sorted(found)])


def _unmarked(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{name: part for name, part in record.items() if name != "$list"} for record in value]
    return value


def _names(node: Node) -> tuple[str, str]:
    return ("x.t", "x.f") if node.type.kind == "bool" else ("x.v", "x.k")


def _join(node: Node, rows: list[tuple[Any, ...]]) -> list[Any]:
    if node.type.kind == "bool":
        return [True if t else False if f else None for t, f in rows]
    return [int(value) if known else None for value, known in rows]


def load(dialect: str, connection: Any, world: Scope, subjects: list[dict[str, Any]]) -> None:
    """Subjects as the tables the emitted SQL expects."""
    sqltypes = {"bool": "BOOLEAN", "text": "TEXT"}
    mark = "%s" if dialect == "postgres" else "?"
    types = {name: fact.type for name, fact in world.facts.items() if name != "as_of"}
    run = connection.execute

    def fill(table: str, names: list[str], kinds: list[str], rows: list[list[Any]]) -> None:
        run(f"DROP TABLE IF EXISTS {table}")
        temporary = "TEMPORARY " if dialect == "postgres" else ""
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
        run(f"CREATE {temporary}TABLE {table} (id INTEGER, {columns})")
        for row in rows:
            run(f"INSERT INTO {table} VALUES ({', '.join([mark] * len(row))})", row)

    plain = dict(types)
    fill(
        "subjects",
        list(plain),
        ["BOOLEAN" if kind.kind == "list" else sqltypes.get(kind.kind, "BIGINT") for kind in plain.values()],
        [[i, *(_cell(types[n], facts[n]) for n in plain)] for i, facts in enumerate(subjects)],
    )
    for name, kind in types.items():
        if kind.kind == "list":
            names = [field for field, _ in kind.fields]
            rows = [[i, *(r[f] for f in names)] for i, facts in enumerate(subjects) for r in facts[name] or ()]
            fill(f"subjects_{name}", names, [sqltypes.get(inner.kind, "BIGINT") for _, inner in kind.fields], rows)


def _cell(kind: Type, value: Any) -> Any:
    return (value is not None or None) if kind.kind == "list" else value


@pytest.fixture(scope="session")
def executions() -> Executions:
    return Executions()


@pytest.fixture(scope="session")
def draw() -> type[Draw]:
    return Draw


@pytest.fixture(scope="session")
def settle() -> Any:
    """Random answers to the vocabulary's settings."""

    def given(draw: Draw, world: Scope) -> Answers:
        chosen: dict[str, Any] = {}
        if draw.r.random() < 0.5:
            chosen = {"s.mode": draw.one("x", "y"), "s.on": draw.one(True, False), "s.day": "2025-06-01"}
            chosen |= {"s.kinds": draw.one([], ["乙"], ["甲", "丙"]), "s.table": {"乙": {"高": 9.5}, "甲": {"中": 1}}}
        return answers(world.settings, chosen)

    return given


@pytest.fixture
def sqlite() -> Any:
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


@pytest.fixture
def postgres() -> Any:
    import psycopg

    with psycopg.connect(os.environ["LUOSHI_DATABASE_URL"]) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def duckdb() -> Any:
    library = pytest.importorskip("duckdb")
    with library.connect() as connection:
        yield connection
