"""One rule source, several executions: equal on random rules and random subjects, unknowns included."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

seeds = st.integers(0, 10**9)
many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def _round(seed: int, draw: Any, settle: Any, executions: Any, count: int) -> tuple[Any, ...]:
    random = draw(seed)
    source, node = random.expression(executions.scope)
    subjects = [random.subject(executions.scope, random.one(0.0, 0.2, 0.6)) for _ in range(count)]
    return source, node, settle(random, executions.scope), subjects


@many
@given(seed=seeds)
def test_register_columns_agree_with_the_traced_decision(seed: int, draw: Any, settle: Any, executions: Any) -> None:
    source, node, answers, subjects = _round(seed, draw, settle, executions, 25)
    assert executions.polars(node, answers, subjects) == executions.traced(node, answers, subjects), source


@some
@given(seed=seeds)
def test_sqlite_agrees_with_the_traced_decision(
    seed: int, draw: Any, settle: Any, executions: Any, sqlite: Any
) -> None:
    source, node, answers, subjects = _round(seed, draw, settle, executions, 15)
    assert executions.in_database("sqlite", sqlite, node, answers, subjects) == executions.traced(
        node, answers, subjects
    ), source


@some
@given(seed=seeds)
def test_duckdb_agrees_with_the_traced_decision(
    seed: int, draw: Any, settle: Any, executions: Any, duckdb: Any
) -> None:
    source, node, answers, subjects = _round(seed, draw, settle, executions, 15)
    assert executions.in_database("duckdb", duckdb, node, answers, subjects) == executions.traced(
        node, answers, subjects
    ), source


@pytest.mark.needs("postgres")
@some
@given(seed=seeds)
def test_postgres_agrees_with_the_traced_decision(
    seed: int, draw: Any, settle: Any, executions: Any, postgres: Any
) -> None:
    source, node, answers, subjects = _round(seed, draw, settle, executions, 15)
    assert executions.in_database("postgres", postgres, node, answers, subjects) == executions.traced(
        node, answers, subjects
    ), source
