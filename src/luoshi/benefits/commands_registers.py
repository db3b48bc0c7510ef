"""`luoshi benefits import`, `sources`, `disputes`: the registers from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from luoshi.kernel.data import FIRST_PACK, ensure_data
from luoshi.kernel.errors import BadInput, quoted
from luoshi.kernel.when import parse_date
from luoshi.norms import factfile

SHOWN = 50


def add_to(group: click.Group) -> None:
    for command in (import_, sources, disputes):
        group.add_command(command)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--register", "kind", required=True, help="名册种类，如 25:hotels、25:stars")
@click.option("--source", "source", required=True, help="来源代码；没有登记过的用 --source-name 登记")
@click.option("--source-name", default="", help="新来源的名称，如 统计联网直报")
@click.option("--as-of", required=True, help="数据日期，如 2025-03-31")
@click.option("--map", "pairs", multiple=True, metavar="列=项", help="列对应，如 --map 所得=turnover_year_yuan；可重复")
@click.option("--dry-run", is_flag=True, help="只检查，不保存、不入册")
@click.option("--partial", is_flag=True, help="有错的行留出，其余入册；不写这一项时，有错就一行也不入册")
@click.option("--user", "username", default="", help="以哪个账号的名义导入（须有名册权限）")
@click.option("--json", "as_json", is_flag=True, help="输出一份 JSON")
def import_(
    file: Path, kind: str, source: str, source_name: str, as_of: str, pairs: tuple[str, ...], dry_run: bool,
    partial: bool, username: str, as_json: bool,
) -> None:  # fmt: skip
    """导入一份名册（.xlsx、.csv、.parquet）；同一文件重复导入不会重复入册。"""
    ensure_data(FIRST_PACK)
    from luoshi.benefits import importing
    from luoshi.benefits.models import Source

    day, mapping = parse_date(as_of, field="--as-of"), _pairs(pairs)
    known = Source.objects.filter(code=source).first()
    if dry_run:
        told = importing.preview(file.read_bytes(), file.name, kind, known, day, mapping)
        _say({"stored": None, **told}, file, as_json)
        return
    user = _user(username)
    if known is None:
        known = importing.add_source(source, source_name, by=user.as_actor("cli"))
    found = importing.receive(
        file.read_bytes(), file.name, kind, known, day, by=user.as_actor("cli"), limit=importing.FROM_FILES,
        inline=True, mapping=mapping or None,
    )  # fmt: skip
    if found.state in ("failed", "received"):
        raise BadInput(found.report.get("failure", "不能导入"), file=file)
    wrong = found.counts.get("wrong", 0)
    if wrong and not partial and found.state == "checked":
        first = found.errors[0]
        reason = f"{first['reason']}；共 {wrong} 行有错，没有入册（加 --partial 留出有错的行）"
        raise BadInput(reason, file=file, line=first["line"], field=first["column"])
    done = importing.confirm(found, by=user.as_actor("cli"), partial=partial, inline=True)
    told = {"stored": done.report.get("stored"), "mapping": done.mapping, "unused": done.report.get("unused", []),
            "counts": done.counts, "errors": done.errors, "file": done.pk}  # fmt: skip
    _say(told, file, as_json)


def _say(told: dict[str, Any], file: Path, as_json: bool) -> None:
    if as_json:
        click.echo(factfile.to_json(told))
        return
    for row in told["errors"][:SHOWN]:
        click.echo(f"{file}:{row['line']}: {row['column']}: {row['reason']}")
    counts, stored = told["counts"], told["stored"]
    lead = "已入册" if stored is not None else "只检查，未入册"
    now = stored if stored is not None else counts
    click.echo(
        f"{lead}：新的 {now['new']}，有变化 {now['changed']}，没有变化 {now['unchanged']}，比现有的旧 {now['older']}；"
        f"重复 {counts['duplicates']}，有错 {counts['wrong']}"
    )


def _pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        head, sign, name = pair.rpartition("=")
        if not sign or not head or not name:
            raise BadInput(f"应写成 列=项，现为 {quoted(pair)}", field="--map")
        found[head] = name
    return found


def _user(username: str) -> Any:
    from luoshi.accounts.models import User

    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or not user.may("benefits.register"):
        raise BadInput("请写明以哪个账号导入，该账号须有名册权限", field="--user")
    return user


@click.command("sources")
@click.option("--json", "as_json", is_flag=True, help="输出一份 JSON")
def sources(as_json: bool) -> None:
    """列出数据来源和可以导入的名册种类。"""
    ensure_data(FIRST_PACK)
    from luoshi.benefits import catalogue, register_queries

    rows = [register_queries.source_json(row) for row in register_queries.sources().order_by("priority", "code")]
    kinds = [
        {"register": key, "name": name} for key, name in register_queries.register_choices(catalogue.pack_in_use())
    ]
    if as_json:
        click.echo(factfile.to_json({"sources": rows, "registers": kinds}))
        return
    for row in rows:
        click.echo(f"{row['code']}\t{row['name']}\t{row['holder']}\t{row['records']} 条记录")
    click.echo("名册种类：" + "、".join(f"{kind['register']} {kind['name']}" for kind in kinds))


@click.command("disputes")
@click.option("--json", "as_json", is_flag=True, help="输出一份 JSON")
def disputes(as_json: bool) -> None:
    """列出等人核定的来源分歧。"""
    ensure_data(FIRST_PACK)
    from luoshi.benefits import register_queries

    rows = register_queries.open_disputes().filter(state="open").order_by("found_at", "id")
    found = [register_queries.dispute_json(row) for row in rows[:1000]]
    if as_json:
        click.echo(factfile.to_json(found))
        return
    for row in found:
        said = "；".join(f"{one['name']} {one['value']}" for one in row["values"])
        click.echo(f"{row['id']}\t{row['subject']['name']}\t{row['matter'] or ''}\t{row['label']}\t{said}")
    click.echo(f"共 {rows.count()} 项")
