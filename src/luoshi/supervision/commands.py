"""`luoshi duties …`: the duties, the bulletin, the ledger and the feedback workbook from a shell."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import click

from luoshi.kernel.data import FIRST_PACK, ensure_data
from luoshi.kernel.errors import BadInput, system_reason


def _ready() -> None:
    """The database; where there was none, it is made with the shipped pack in it."""
    ensure_data(FIRST_PACK)


@click.group()
def duties() -> None:
    """督办事项：清单、通报、台账、反馈导入。"""


@duties.command("list")
@click.option("--document", default="", help="文号，如 城政发〔2024〕9号（各种括号都认）。")
@click.option("--body", default="", help="责任单位，正式名或别称。")
@click.option("--as-of", "as_of", default="", help="截至日期 YYYY-MM-DD，缺省为今天。")
@click.option("--state", default="", help="状态代码，如 established、in_progress、closed。")
@click.option("--light", default="", help="只列这种灯：red yellow green grey。")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 数组。")
def list_(document: str, body: str, as_of: str, state: str, light: str, as_json: bool) -> None:
    """列出督办事项，连同期限、灯、指标和判定。"""
    from luoshi.kernel import when
    from luoshi.supervision.engine import State
    from luoshi.supervision.lights import LIGHTS

    day = when.parse_date(as_of, field="--as-of") if as_of else None
    if state and state not in set(State):
        raise BadInput(f"没有“{state}”这种状态，可用：{'、'.join(State)}", field="--state")
    if light and light not in LIGHTS:
        raise BadInput(f"没有“{light}”这种灯，可用：{'、'.join(LIGHTS)}", field="--light")
    _ready()
    found = _listed(document, body, day or when.today(), state, light)
    _say_unknown(body)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    words = {"red": "红", "yellow": "黄", "green": "绿", "grey": "灰"}
    for row in found:
        lead = "、".join(row["lead"]) or "（未列责任单位）"
        print(f"{words[row['light']]} {row['citation']}\t{row['title']}\t{lead}\t{row['light_reason']}")
    print(f"共 {len(found)} 项")


def _say_unknown(body: str) -> None:
    """A name nobody bears gives an empty list, and a word on stderr, so that it is not taken for "nothing to do"."""
    from luoshi.supervision import queries

    if body and not queries.is_known(body):
        click.echo(f"luoshi: --body: 目录和督办事项里都没有“{body}”这个单位，所列为空", err=True)


def _listed(document: str, body: str, as_of: date, state: str, light: str) -> list[dict[str, Any]]:
    from luoshi.supervision import queries, rulebook
    from luoshi.supervision.wire import duty_json

    if document and not queries.documents(document).exists():
        raise BadInput(f"没有文号为“{document}”的文件", field="--document")
    rules = rulebook.on(as_of)
    found = [
        duty_json(duty, as_of, rules, replay=True)
        for duty in queries.as_of_rows(as_of, document=document, body=body, state=state)
    ]
    return [row for row in found if state in ("", row["state"]) and light in ("", row["light"])]


@duties.command("bulletin")
@click.option("--month", required=True, help="月份 YYYY-MM。")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="写到哪个 .docx。")
def bulletin_(month: str, out: Path) -> None:
    """写出一个月的督查通报（按 GB/T 9704 的版式）。"""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise BadInput(f"不是月份：“{month}”，应如 2024-12", field="--month")
    _ready()
    from luoshi.supervision import bulletin

    _write(out, bulletin.document(bulletin.figures(month)))
    print(str(out))


@duties.command("export")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="写到哪个 .xlsx。")
@click.option("--document", default="", help="只导出这个文件的事项。")
def export_(out: Path, document: str) -> None:
    """把督办台账导出为 .xlsx。"""
    _ready()
    from luoshi.supervision import queries, workbook

    rows = queries.confirmed()
    if document:
        rows = rows.filter(instrument__in=queries.documents(document))
    _write(out, workbook.ledger(rows))
    print(str(out))


@duties.command("import-feedback")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不入库。")
@click.option("--user", "username", default="", help="以哪个账号的名义入库（须有督办权限）。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def import_feedback(file: Path, dry_run: bool, username: str, as_json: bool) -> None:
    """从 .xlsx 导入反馈；任何一行有错就一行也不入库。"""
    _ready()
    from luoshi.accounts.models import User
    from luoshi.supervision import feedback_file

    report = feedback_file.check(file.read_bytes(), file.name)
    if not dry_run:
        if report.errors:
            first = report.errors[0]
            more = f"（共 {len(report.errors)} 处，用 --dry-run 全部列出）" if len(report.errors) > 1 else ""
            raise BadInput(first.reason + more, file=file, line=first.line, field=first.column)
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise BadInput("请写明以哪个账号的名义导入", field="--user")
        feedback_file.apply_file(feedback_file.keep(file.read_bytes(), file.name, user), user)
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False, indent=1))
        return
    for problem in report.errors:
        print(f"{file}:{problem.line}: {problem.column}: {problem.reason}")
    print(f"可用 {len(report.rows)} 行，有错 {len(report.errors)} 处，{'未入库' if dry_run else '已入库'}")


def _write(out: Path, data: bytes) -> None:
    try:
        out.write_bytes(data)
    except OSError as error:
        raise BadInput(f"写不了文件：{system_reason(error)}", file=out) from None
