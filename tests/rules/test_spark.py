"""The Spark dialect on a local Spark, when the machine has one."""

from __future__ import annotations

from typing import Any

import pytest

from luoshi.rules.tree import Type

SCHEMA = {"bool": "boolean", "text": "string", "list": "boolean"}


@pytest.mark.needs("spark")
def test_spark_agrees_with_the_traced_decision(draw: Any, settle: Any, executions: Any) -> None:
    library = pytest.importorskip("pyspark.sql")
    build = library.SparkSession.builder.master("local[1]").config("spark.sql.shuffle.partitions", 1)
    spark = build.config("spark.sql.analyzer.maxIterations", 1000).getOrCreate()
    types = {name: fact.type for name, fact in executions.scope.facts.items() if name != "as_of"}
    for seed in range(20):
        random = draw(seed)
        source, node = random.expression(executions.scope)
        answers = settle(random, executions.scope)
        subjects = [random.subject(executions.scope) for _ in range(10)]
        _view(
            spark, "subjects", types, [[i, *(_cell(types[n], row[n]) for n in types)] for i, row in enumerate(subjects)]
        )
        for name, kind in types.items():
            if kind.kind == "list":
                fields = dict(kind.fields)
                rows = [[i, *(r[f] for f in fields)] for i, row in enumerate(subjects) for r in row[name] or ()]
                _view(spark, f"subjects_{name}", fields, rows)
        rows = sorted(tuple(row) for row in spark.sql(executions.query("spark", node, answers)).collect())
        got = [_value(node.type, row[1], row[2]) for row in rows]
        assert got == executions.traced(node, answers, subjects), source


def _view(spark: Any, name: str, types: dict[str, Type], rows: list[list[Any]]) -> None:
    schema = ", ".join(["id int", *(f"`{n}` {SCHEMA.get(kind.kind, 'bigint')}" for n, kind in types.items())])
    spark.createDataFrame(rows, schema).createOrReplaceTempView(name)


def _cell(kind: Type, value: Any) -> Any:
    return (value is not None or None) if kind.kind == "list" else value


def _value(kind: Type, first: Any, second: Any) -> Any:
    if kind.kind == "bool":
        return True if first else False if second else None
    return int(first) if second else None
