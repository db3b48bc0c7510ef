"""`luoshi gazette parse|import|search`: the gazette read, kept and searched from a shell."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

import click

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.data import FIRST_PACK, ensure_data
from luoshi.kernel.errors import BadInput, system_reason
from luoshi.kernel.limits import upload_limit

_STDIN = "标准输入"


@click.group()
def gazette() -> None:
    """读公报、存公报、查公报。"""


@gazette.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="一份 JSON，写到标准输出")
def parse(file: str, as_json: bool) -> None:
    """读出一期公报的文件、条款、责任、目标和核校问题。不存任何东西，不需要数据库。"""
    from luoshi import text

    with _open(file) as (stream, name):
        issue = text.read(stream.read(), name=name, limit=upload_limit())
    if as_json:
        _print(issue.to_json())
        return
    for document in issue.documents:
        numbered = sum(1 for _ in document.walk())
        click.echo(f"{document.number or '（无文号）'}  {document.title}")
        click.echo(
            f"    {document.kind or '文种未明'} · {document.issuer or '发文机关未明'} · {document.date or '日期未明'}"
            f" · 条款 {numbered} · 责任 {len(document.responsibilities)} · 目标 {len(document.targets)}"
        )
    click.echo(f"共 {len(issue.documents)} 份文件，核校问题 {len(issue.findings)} 个。")
    for finding in issue.findings:
        place = " ".join(part for part in (finding.document, finding.path) if part)
        click.echo(f"  [{finding.code}] {place} {finding.message}" + _raw(finding.raw, finding.suggestion))


def _raw(raw: str, suggestion: str | None) -> str:
    return (f"：“{raw}”" if raw else "") + (f" → “{suggestion}”" if suggestion else "")


@gazette.command("import")
@click.argument("file")
@click.option("--again", is_flag=True, help="同一份文件也重新识读（识读能力更新之后）")
@click.option("--json", "as_json", is_flag=True, help="一份 JSON，写到标准输出")
def import_(file: str, again: bool, as_json: bool) -> None:
    """存入一期公报：每份文件单独成一次事务，同样的文件再来一次什么也不变。"""
    _django()
    from luoshi.norms import gazette as room
    from luoshi.norms import uploads

    by = Actor("命令行", via="cli")
    with _open(file) as (stream, name):
        upload = uploads.receive(stream, name, by=by)
    report = room.import_upload(upload, by=by, again=again)
    if as_json:
        _print(report.to_json())
        return
    if report.again:
        click.echo(f"{report.name}：这份文件已经导入过，没有改动。要重新识读请加 --again。")
    for document in report.documents:
        _tell(document)
    click.echo(f"文件 {len(report.documents)} 份，核校问题 {report.findings} 个。")


# What other rooms add to an import's report, in the words of the screens; a name not listed is shown as it is.
_MORE = {"proposals": "建议立项", "duties_linked": "已立项事项对上正文", "conflicts": "指标冲突"}
_OUTCOMES = {
    "new": "新存入",
    "changed": "存为新版本",
    "unchanged": "没有变化",
    "reread": "重新识读",
    "refused": "没有存入",
}


def _tell(document: dict[str, Any]) -> None:
    click.echo(f"{document['number'] or '（无文号）'}  {document['title']}")
    line = f"    {_OUTCOMES.get(document['outcome'], document['outcome'])}，条款 {document['provisions']}"
    if document["known_to_pack"]:
        line += f"，条目对上 {document['linked']}/{document['clauses']}"
    elif document["outcome"] != "refused":
        line += "，没有规范包写到它"
    click.echo(line + "".join(f"，{_MORE.get(key, key)} {value}" for key, value in document["more"].items()))
    if document["reason"]:
        click.echo(f"    原因：{document['reason']}")
    if document["unmatched_clauses"]:
        click.echo("    没有对上正文的条目：" + "、".join(document["unmatched_clauses"]))
    if document["uncovered_provisions"]:
        click.echo("    没有条目写到的条款：" + "、".join(document["uncovered_provisions"]))


@gazette.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--as-of", "as_of", default=None, help="按某一天有效的文本查，如 2025-01-01")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 300))
@click.option("--json", "as_json", is_flag=True, help="一份 JSON，写到标准输出")
def search(words: tuple[str, ...], as_of: str | None, limit: int, as_json: bool) -> None:
    """查正文：任意一个字以上都能查到；空格分开的几个词须在同一条里。"""
    day = when.parse_date(as_of, field="--as-of") if as_of else None
    _django()
    from luoshi.norms.search import search as find

    hits = find(" ".join(words), as_of=day, limit=limit)
    if as_json:
        _print([hit.to_json() for hit in hits])
        return
    for hit in hits:
        note = "（要点，正文未导入）" if hit.gist else "（已失效）" if hit.expired else ""
        click.echo(f"{hit.citation}  {hit.document}{note}\n    {hit.snippet}")
    click.echo(f"共 {len(hits)} 处。" if hits else "没有查到。")


class _open:
    """A file or, for `-`, standard input, with the name it is called by. BadInput when it cannot be opened."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __enter__(self) -> tuple[BinaryIO, str]:
        if self.file == "-":
            self.stream: BinaryIO = io.BytesIO(sys.stdin.buffer.read())
            return self.stream, _STDIN
        path = Path(self.file)
        if not path.exists():
            raise BadInput("没有这个文件", file=self.file)
        if path.is_dir():
            raise BadInput("这是文件夹，请给出一个文件", file=self.file)
        try:
            self.stream = path.open("rb")
        except OSError as error:
            raise BadInput(f"打不开：{system_reason(error)}", file=self.file) from None
        return self.stream, path.name

    def __exit__(self, *_: object) -> None:
        self.stream.close()


def _django() -> None:
    """The data ready to be used; where there was none, it is made with the shipped pack in it."""
    ensure_data(FIRST_PACK)


def _print(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))
