"""`luoshi coverage`: how many clauses of each document are encoded, run, and are shown running by a test."""

from __future__ import annotations

import json
from pathlib import Path

import click

from luoshi.norms import coverage as figures


@click.command()
@click.argument("name", default="jccq")
@click.option(
    "--tests", type=click.Path(path_type=Path, file_okay=False), help="测试文件夹（缺省：当前目录下的 tests）"
)
@click.option("--missing", is_flag=True, help="列出尚未运行的条目")
@click.option("--json", "as_json", is_flag=True, help="结果为一个 JSON 文档")
def coverage(name: str, tests: Path | None, missing: bool, as_json: bool) -> None:
    """各文件的条目：已编码、已运行、已测试。不需要数据库。"""
    report = figures.measure(name, tests)
    if as_json:
        click.echo(json.dumps(report.to_json(missing=missing), ensure_ascii=False))
        return
    click.echo(report.table())
    if missing:
        for row in report.documents:
            click.echo("\n".join(f"未运行 {key}" for key in row.missing))
