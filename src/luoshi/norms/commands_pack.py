"""`luoshi pack check|load|schema`: a district's documents as data, checked and brought into the database."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import click

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, system_reason
from luoshi.kernel.packing import Problem
from luoshi.norms import packs

LARGEST_TEXT = 60_000_000


@click.group()
def pack() -> None:
    """规范包：把一个区的文件写成数据，检查、装载。"""


@pack.command()
@click.argument("folders", nargs=-1, required=True)
@click.option(
    "--text", "text_file", type=click.Path(path_type=Path), help="文件原文：检查要点是否照抄、数字是否见于原文"
)
@click.option("--json", "as_json", is_flag=True, help="结果为一个 JSON 文档")
@click.pass_context
def check(ctx: click.Context, folders: tuple[str, ...], text_file: Path | None, as_json: bool) -> int:
    """检查规范包；给两个包时，还指出它们对同一机构的不同写法。

    The answer is the list of problems; the exit code is 2 when there is one, so that a script can stop.
    """
    text = _text(text_file)
    found = [problem for folder in folders for problem in packs.check(folder, text)]
    found += [p for i, one in enumerate(folders) for two in folders[i + 1 :] for p in packs.compare(one, two)]
    if as_json:
        click.echo(json.dumps({"problems": [_plain(p) for p in found]}, ensure_ascii=False))
    else:
        for problem in found:
            click.echo(str(problem))
        grave = sum(p.grave for p in found)
        click.echo(f"发现 {grave} 处问题" if grave else "检查通过，没有问题")
    return 2 if any(p.grave for p in found) else 0


@pack.command()
@click.argument("folder", default="jccq")
@click.option("--json", "as_json", is_flag=True, help="结果为一个 JSON 文档")
def load(folder: str, as_json: bool) -> None:
    """装载规范包（给文件夹，或自带包的名字）。同一内容再装一次不做任何事；人工答复和录入的内容保留。"""
    _ready()
    loaded = packs.load(folder, by=Actor("命令行", via="cli"))
    if as_json:
        answer = {"pack": loaded.id, "digest": loaded.digest, "changed": loaded.changed, "counts": loaded.counts}
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif loaded.changed:
        click.echo(f"已装载 {loaded.id}：" + "、".join(f"{what} {n}" for what, n in loaded.counts.items()))
    else:
        click.echo(f"{loaded.id} 已是这个内容，没有变动")


def _ready() -> None:
    """The data, created when it is not there yet. The roof is asked by name: a room does not lean on what is above."""
    importlib.import_module("luoshi.server.boot").ensure_data()


@pack.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="把每个文件的 JSON Schema 写进这个文件夹")
def schema(out: Path | None) -> None:
    """导出各文件的 JSON Schema，供编辑器边写边查。"""
    schemas = packs.schema()
    if out is None:
        click.echo(json.dumps(schemas, ensure_ascii=False, indent=2))
        return
    out.mkdir(parents=True, exist_ok=True)
    for file, content in schemas.items():
        name = Path(file).name.replace(".yaml", ".schema.json")
        (out / name).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    click.echo(f"已写出 {len(schemas)} 个文件：{out}")


def _plain(problem: Problem) -> dict[str, Any]:
    place = {"file": problem.file, "line": problem.line, "field": problem.field}
    return place | {"reason": problem.reason, "grave": problem.grave}


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"读不了：{system_reason(error)}", file=path) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("不是文本文件（UTF-8 或 GB18030）", file=path)
