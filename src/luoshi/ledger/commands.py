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
from luoshi.kernel.errors import BadInput, system_reason
from luoshi.ledger import package


@click.group()
def ledger() -> None:
    """台账：校验、封存、证据包。"""


@ledger.command()
@click.argument("file", required=False, metavar="[PACKAGE]")
@click.option("--json", "as_json", is_flag=True, help="一份 JSON，写到标准输出。")
@click.option("--against", multiple=True, metavar="FILE", help="与已公布的封条（或放封条的文件夹）比对。")
def verify(file: str | None, as_json: bool, against: tuple[str, ...]) -> int:
    """校验台账；给出证据包 PACKAGE（- 为标准输入）则脱库校验它。

    完好时退出码为 0，有问题为 1（报告写明是哪几条），没有可校验的为 2。
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
@click.option("--out", metavar="FILE", help="封条写到 FILE，不写到标准输出。")
def seal(out: str | None) -> None:
    """印出台账现在的末端，供公布；在数据文件夹留一份，并记入台账。"""
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
@click.option("--out", required=True, metavar="FILE", help="写到哪个 zip 文件。")
def make_evidence(subject: str, out: str) -> None:
    """写出证据包：台账条目、所引条文、事实，以及到现在末端的链。"""
    ensure_data()
    from luoshi.ledger import evidence

    data = evidence.export(subject, _operator())
    try:
        Path(out).write_bytes(data)
    except OSError as error:
        raise BadInput(f"无法写入：{system_reason(error)}", file=out) from None
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
