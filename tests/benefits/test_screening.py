"""A register and a single decision give the same subject the same status and amount."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from luoshi.benefits import engine
from luoshi.benefits.pack import read
from luoshi.rules import screening, sql, values
from luoshi.rules.tree import Type

AS_OF = date(2027, 7, 25)
MEASURES = list(read("25").assembly.rules)
CHOICES: list[dict[str, Any]] = [
    {},
    {
        "s1.upgrade_policy": "difference", "s1.green_both": "each_label", "stacking.higher_level": "difference",
        "s4.years": "min(3, loan_term)", "tail_policy": "stop_at_valid_to", "full_year_rule": "day_after",
        "s5.rank_table": {"省(市)级": {"一等奖": 15000, "其他": 5000}, "国家级": {"一等奖": 30000}},
        "s5.unit": "per_winner",
        "s2.entry_in_window": "anniversary_in_window", "s6.contract_in_window": "allow",
        "s3.upgrade_policy": "difference",
    },
    {
        "s1.review_kinds": ["评定性复核", "年度复核"], "s1.rerating": "allow", "stacking.within_s1": "highest",
        "s4.rate_mode": "reset_each_year", "stacking.s1_s3": "add", "s5.city_level": "province_only",
        "window_event": "approval_date",
        "s4.cap_by_actual_interest": False, "stacking.higher_level": "exclude",
        "s1.turnover_basis": "rating_calendar_year",
    },
]  # fmt: skip
LIKELY: dict[str, list[Any]] = {
    "business_address": ["晋城市城区某街1号", "晋城市泽州县某路2号"],
    "certificate": ["有", "无", "X-1"],
    "star_claim": ["按五星标准建设", "无"],
    "standard": ["GB/T 41648-2022", "GB/T 41648-2026", "DB14/T 1"],
    "major": ["酒店管理", "旅游管理", "计算机"],
    "star": [5, 5, 4, 4, 3],
    "turnover_prior_year_yuan": [Decimal("9999999.99"), 10000000, 12000000],
    "investment_yuan": [Decimal("9999999.99"), 10000000],
    "insured_months": [5, 6, 20, 40],
    "lpr_application_year": [Decimal("0.031"), Decimal("0.0335")],
    "loan_term_years": [2, Decimal("1.5"), 3, 5],
    "months_already_paid": [0, 12, 36],
    "green_labels_new": [[], ["五叶级中国绿色饭店"], ["金树叶级绿色旅游饭店", "五叶级中国绿色饭店"], ["四叶级"]],
    "brand_tier": ["中端", "中高端", "奢华"],
    "higher_level_award_yuan": [0, 0, 0, 50000],
    "actual_interest_paid_yuan": [400000, Decimal("123456.78")],
}


def subjects(seed: int, count: int, doubt: float = 0.06) -> Iterator[dict[str, Any]]:
    """Random lodging businesses (演示数据). Facts are mostly what an applicant for something would have."""
    r, facts = random.Random(seed), read("25").assembly.scope.facts
    for _ in range(count):
        yield {n: None if r.random() < doubt else _value(r, n, f.type) for n, f in facts.items() if n != "as_of"}


def _value(r: random.Random, name: str, kind: Type) -> Any:
    if name in LIKELY:
        return r.choice(LIKELY[name])
    if kind.kind == "bool":
        return r.random() < (
            0.9 if name not in ("internship", "trainee_allowance_claim", "separate_review_decision") else 0.2
        )
    if kind.kind == "word":
        return r.choice(kind.values)
    if kind.kind == "date":
        near = r.choice([date(2024, 7, 18), date(2024, 7, 19), date(2027, 7, 18), date(2027, 7, 19), date(2026, 7, 19)])
        return (r.choice([near, date(2024, 8, 1) + timedelta(r.randrange(1100))])).isoformat()
    if kind.kind == "number":
        top = min(kind.hi, 3 * 10 ** (6 + kind.scale))
        return values.amount(r.randint(kind.lo, top), kind.scale)
    if name == "prior_awards":
        return [_award(r, kind) for _ in range(r.choice([0, 0, 0, 1, 2]))]
    return [
        values.amount(r.randint(inner.lo or 1, min(inner.hi, 5 * 10**9)), inner.scale)
        for _, inner in kind.fields
        for _ in range(r.choice([1, 2, 3]))
    ]


def _award(r: random.Random, kind: Type) -> dict[str, Any]:
    return {
        "limb": r.choice(dict(kind.fields)["limb"].values), "star": r.choice([4, 5, None]),
        "grade": r.choice(["甲级", "乙级", None]),
        "amount_yuan": r.choice([100000, 200000, 50000]), "date": r.choice(["2024-10-01", "2026-03-01", None]),
    }  # fmt: skip


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    facts = read("25").assembly.scope.facts
    dtypes = {"bool": pl.Boolean, "word": pl.String, "text": pl.String, "date": pl.String, "number": pl.Decimal(38, 6)}

    def dtype(kind: Type) -> Any:
        if kind.kind != "list":
            return dtypes[kind.kind]
        inner = {name: dtypes[field.kind] for name, field in kind.fields}
        return pl.List(inner["it"] if "it" in inner else pl.Struct(inner))

    return pl.DataFrame(
        [_exact(row) for row in rows],
        schema={name: dtype(fact.type) for name, fact in facts.items() if name != "as_of"},
    )


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def compare(measure: str, rows: list[dict[str, Any]], settings: dict[str, Any]) -> dict[str, int]:
    screened = engine.screen(measure, frame(rows), AS_OF, settings).to_dicts()
    seen: dict[str, int] = {}
    for row, got in zip(rows, screened, strict=True):
        one = engine.decide(measure, row, AS_OF, settings)
        amount = one["amount_yuan"]
        low, high = amount if isinstance(amount, list) else (amount, amount)
        expected = (one["status"], low, high, one["uncapped_yuan"])
        assert (got["status"], got["amount_min_yuan"], got["amount_max_yuan"], got["uncapped_yuan"]) == expected, row
        assert got["amount_yuan"] == (None if isinstance(amount, list) else amount)
        assert got["eligible"] == one["eligible"]
        seen[one["status"]] = seen.get(one["status"], 0) + 1
    return seen


@pytest.mark.parametrize("measure", MEASURES)
def test_screening_and_single_decisions_agree(measure: str) -> None:
    total: dict[str, int] = {}
    for number, settings in enumerate(CHOICES):
        for name, count in compare(measure, list(subjects(number, 600)), settings).items():
            total[name] = total.get(name, 0) + count
    assert {"eligible", "refused", "pending"} <= set(total), "the subjects must exercise the measure"


@pytest.mark.parametrize("measure", MEASURES)
def test_an_empty_register_is_answered_with_no_rows(measure: str) -> None:
    assert engine.screen(measure, frame([]), AS_OF).height == 0


@pytest.mark.parametrize("measure", MEASURES)
def test_the_day_an_answer_turns_is_the_day_a_screening_says_otherwise(measure: str) -> None:
    register, first = frame(list(subjects(5, 300))), date(2027, 7, 10)
    days = [first + timedelta(n) for n in (1, 4, 9, 10)]
    now, then = engine.screen(measure, register, first), [engine.screen(measure, register, day) for day in days]
    expected = [
        next((number for number, screened in enumerate(then) if screened.row(row) != now.row(row)), None)
        for row in range(register.height)
    ]
    assert engine.turns(measure, register, first, days).to_list() == expected
    assert measure == "25:二(六)" or set(expected) > {None}, "the day must matter to somebody"


def test_a_register_without_unknowns_is_screened_the_same() -> None:
    rows = list(subjects(9, 300, doubt=0.0))
    assert compare("25:二(二)", rows, {})["eligible"] > 0


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_measures_as_sql_agree_with_the_register(measure: str, dialect: str) -> None:
    import sqlite3

    rule, _ = engine.rule_of(measure)
    connection: Any = sqlite3.connect(":memory:") if dialect == "sqlite" else pytest.importorskip("duckdb").connect()
    rows = list(subjects(3, 120))
    internal = [values.facts(rule.scope.facts, row) for row in rows]
    load(connection, rule.scope.facts, internal)
    query = screening.query(rule, engine.settings_of(rule, CHOICES[1]), dialect, "hotels", "id", 20270725)
    found = sorted(connection.execute(query).fetchall())
    screened = engine.screen(measure, frame(rows), AS_OF, CHOICES[1]).to_dicts()
    assert [(screening_status(row[1]), row[2], row[3]) for row in found] == [
        (row["status"], int((row["amount_min_yuan"] or 0) * 100), int((row["amount_max_yuan"] or 0) * 100))
        for row in screened
    ]


def screening_status(code: int) -> str:
    from luoshi.rules.rule import STATUS

    return STATUS[code]


def load(connection: Any, facts: Any, internal: list[dict[str, Any]]) -> None:
    kinds = {name: fact.type for name, fact in facts.items() if name != "as_of"}
    sqltype = {"bool": "BOOLEAN", "text": "TEXT", "list": "BOOLEAN"}
    columns = ", ".join(f"{name} {sqltype.get(kind.kind, 'BIGINT')}" for name, kind in kinds.items())
    connection.execute(f"CREATE TABLE hotels (id INTEGER, {columns})")
    marks = ", ".join("?" * (len(kinds) + 1))
    cell = {
        name: (lambda v: (v is not None) or None) if kind.kind == "list" else (lambda v: v)
        for name, kind in kinds.items()
    }
    connection.executemany(
        f"INSERT INTO hotels VALUES ({marks})",
        [[i, *(cell[n](row[n]) for n in kinds)] for i, row in enumerate(internal)],
    )
    for name, kind in kinds.items():
        if kind.kind == "list":
            fields = [field for field, _ in kind.fields]
            types = ", ".join(f"{field} {sqltype.get(inner.kind, 'BIGINT')}" for field, inner in kind.fields)
            connection.execute(f"CREATE TABLE hotels_{name} (id INTEGER, {types})")
            records = [
                [i, *(record[f] for f in fields)] for i, row in enumerate(internal) for record in row[name] or ()
            ]
            if records:
                connection.executemany(
                    f"INSERT INTO hotels_{name} VALUES ({', '.join('?' * (len(fields) + 1))})", records
                )


def test_every_dialect_is_emitted() -> None:
    rule, _ = engine.rule_of("25:二(一)")
    for dialect in sql.DIALECTS:
        query = screening.query(rule, engine.settings_of(rule, {}), dialect, "hotels", "id", 20250601)
        assert query.startswith("WITH b0 AS") and query.count("(") == query.count(")")
