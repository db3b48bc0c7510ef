"""`luoshi ledger`: verify, seal, evidence."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from luoshi.kernel.data import ensure_data
from luoshi.kernel.errors import BadInput
from luoshi.ledger import package


@click.group()
def ledger() -> None:
    """台账：校验、封存、证据包。"""


@ledger.command()
@click.argument("file", required=False, metavar="[PACKAGE]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option(
    "--against", multiple=True, metavar="FILE", help="A published seal (or a folder of them) to compare with."
)
def verify(file: str | None, as_json: bool, against: tuple[str, ...]) -> int:
    """Verify the ledger, or an evidence PACKAGE without any database ("-" = standard input).

    Exit 0 when it is sound, 1 when it is not (the report names the entries), 2 when there is nothing to verify.
    """
    if file is not None:
        data = sys.stdin.buffer.read() if file == "-" else package.read_file(file)
        from luoshi.ledger.replays import load

        marks = [package.read_seal(package.read_file(one).decode("utf-8", "replace"), one) for one in against]
        return _say(package.check(data, name=file, seals=marks, replayers=load()).to_json(), as_json)
    ensure_data()
    from luoshi.ledger import evidence, reading

    report = reading.verify(evidence.seals(against), processes=os.cpu_count() or 1)
    return _say(report.to_json(), as_json)


@ledger.command()
@click.option("--out", metavar="FILE", help="Write the seal to FILE instead of standard output.")
def seal(out: str | None) -> None:
    """Print the ledger's present end for publication; keep a copy in the data folder and record that it was taken."""
    ensure_data()
    from luoshi.ledger import evidence

    line = json.dumps(evidence.seal(), ensure_ascii=False, sort_keys=True)
    evidence.take_seal(_operator())
    if out:
        Path(out).write_text(line + "\n", encoding="utf-8")
    else:
        click.echo(line)


@ledger.command("evidence")
@click.option("--subject", required=True, help='What it is about, as the ledger names it, for example "duty:17".')
@click.option("--out", required=True, metavar="FILE", help="The zip file to write.")
def make_evidence(subject: str, out: str) -> None:
    """Write an evidence package: entries, cited texts, facts, and the chain to the present end."""
    ensure_data()
    from luoshi.ledger import evidence

    data = evidence.export(subject, _operator())
    try:
        Path(out).write_bytes(data)
    except OSError as error:
        raise BadInput(f"无法写入：{error.strerror}", file=out) from None
    click.echo(f"{out}：{len(data)} 字节")


def _operator() -> Any:
    import getpass

    from luoshi.kernel.acting import Actor

    return Actor(f"{getpass.getuser()}（命令行）", via="cli")


def _say(report: Mapping[str, Any], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        click.echo(f"{'完好' if report['ok'] else '有问题'}：{report['entries']} 条，末端第 {report['head_seq']} 条")
        click.echo(f"末端摘要 {report['head_hash']}")
        for note in [*report.get("checks", []), *report.get("notes", [])]:
            click.echo(f"· {note}")
        for problem in report["problems"]:
            place = f"第 {problem['seq']} 条" if problem.get("seq") else problem.get("file", "")
            click.echo(f"✗ {place} {problem['message']}")
        if report.get("problem_count", 0) > len(report["problems"]):
            click.echo(f"……共 {report['problem_count']} 处，只列出前 {len(report['problems'])} 处")
    return 0 if report["ok"] else 1
