"""`luoshi benefits`: decide one subject, screen a register, replay a kept decision, try cases against the rules.

None of these needs a database or an `init`; what does is in `commands_registers`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from luoshi.benefits import cases, commands_registers, engine, files
from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput
from luoshi.kernel.when import parse_date
from luoshi.norms import factfile


@click.group()
def benefits() -> None:
    """扶持措施：谁符合、多少钱、还缺什么。"""


commands_registers.add_to(benefits)


_measure = click.option("--measure", required=True, help='措施，如 "25:二(一)"')
_as_of = click.option("--as-of", required=True, help="决定日期，如 2025-06-01")
_settings = click.option("--settings", "settings_file", default="", help="口径文件（JSON 或 YAML）；没有写的用缺省口径")
_pack = click.option("--pack", default="jccq", show_default=True, help="规范包（名称或文件夹）")
_json = click.option("--json", "as_json", is_flag=True, help="输出一份 JSON")


def _read_settings(settings_file: str) -> dict[str, Any]:
    return factfile.mapping(settings_file) if settings_file else {}


@benefits.command()
@_measure
@click.option("--facts", "facts_file", required=True, help="事实文件（JSON 或 YAML），- 为标准输入")
@_as_of
@_settings
@_pack
@click.option("--record", "record_file", default="", help="另存一份可重算的决定记录")
@_json
def decide(
    measure: str, facts_file: str, as_of: str, settings_file: str, pack: str, record_file: str, as_json: bool
) -> None:
    """对一个主体作出决定，逐条说明理由；不需要数据库。"""
    day, facts = parse_date(as_of, field="--as-of"), factfile.mapping(facts_file)
    settings = _read_settings(settings_file)
    # names what is wrong with the settings file before the facts are blamed
    engine.settings_of(engine.rule_of(measure, pack)[0], settings, file=settings_file)
    result = engine.decide(measure, facts, day, settings, pack=pack, file=facts_file)
    if record_file:
        kept = engine.recorded(measure, facts, day, settings, pack)
        files.write(record_file, dumps(kept) + "\n")
    print(factfile.to_json(result) if as_json else _plainly(result))


def _plainly(result: dict[str, Any]) -> str:
    marks = {True: "是", False: "否", "unknown": "未知"}
    steps = [f"  [{marks.get(s['value'], s['value'])}] {s['condition']}({s['cite']})" for s in result["trace"]]
    readings = [f"  {i['key']} = {i['value']}（{i['status']}）" for i in result["interpretations"]]
    return "\n".join([f"{result['measure']} {result['name']}：{result['why']}", *steps, "口径：", *readings])


@benefits.command()
@click.argument("register")
@_measure
@_as_of
@click.option("--out", "out_file", required=True, help="结果文件，.parquet 或 .csv")
@_settings
@_pack
@_json
def screen(
    register: str, measure: str, as_of: str, out_file: str, settings_file: str, pack: str, as_json: bool
) -> None:
    """对整份名册（.parquet 或 .csv）逐行决定，与单个决定结果相同。"""
    day = parse_date(as_of, field="--as-of")
    writer = files.table_writer(out_file)
    frame, first_line = files.table(register)
    settings = _read_settings(settings_file)
    result = engine.screen(measure, frame, day, settings, pack=pack, file=register, first_line=first_line)
    rule, _ = engine.rule_of(measure, pack)
    beside = [name for name in frame.columns if name not in rule.scope.facts]
    if not set(rule.scope.facts) & set(frame.columns):
        raise BadInput("没有一列是本措施的事实", file=register, field=",".join(frame.columns[:5]))
    writer(result)
    counts = {row["status"]: row["len"] for row in result.group_by("status").len().sort("status").to_dicts()}
    total = result.filter(result["eligible"])["amount_yuan"].sum()
    told = {
        "measure": rule.key,
        "rows": result.height,
        "statuses": counts,
        "eligible_total_yuan": total,
        "not_facts": beside,
        "out": out_file,
    }
    print(factfile.to_json(told) if as_json else _summary(told))
    if beside:
        print(f"luoshi: 这些列不是事实名，原样带出：{'、'.join(beside)}", file=sys.stderr)


def _summary(told: dict[str, Any]) -> str:
    counts = "、".join(f"{name} {count}" for name, count in told["statuses"].items())
    total = told["eligible_total_yuan"]
    return f"{told['measure']}：{told['rows']} 行，{counts}；符合条件合计 {total} 元；结果在 {told['out']}"


@benefits.command()
@click.argument("record_file", metavar="RECORD")
@_pack
@_json
def replay(record_file: str, pack: str, as_json: bool) -> None:
    """重算一份决定记录，核对摘要与结果；不符时退出码为 1。"""
    problems = engine.replay(factfile.mapping(record_file), pack)
    print(
        factfile.to_json({"holds": not problems, "problems": problems})
        if as_json
        else "\n".join(problems) or "与记录一致"
    )
    if problems:
        sys.exit(1)


@benefits.command()
@click.argument("folder")
@click.option("--engine", "command", default="", help="另一个引擎的命令：从标准输入读一个案例的 JSON，输出决定的 JSON")
@_pack
@_json
def conform(folder: str, command: str, pack: str, as_json: bool) -> None:
    """用文件夹中的案例核对本引擎或另一个引擎；有不符时退出码为 1。"""
    run = cases.other(command) if command else cases.ours(pack)
    outcomes = [cases.check(case, run) for case in cases.read(Path(folder))]
    failed = [outcome for outcome in outcomes if outcome["problems"]]
    if as_json:
        print(factfile.to_json({"cases": len(outcomes), "failed": failed}))
    else:
        for outcome in failed:
            print(f"{outcome['file']}:{outcome['line']} {outcome['case']}：{'；'.join(outcome['problems'])}")
        print(f"{len(outcomes)} 个案例，{len(failed)} 个不符")
    if failed:
        sys.exit(1)


@benefits.command()
@click.argument("register")
@_measure
@_as_of
@_settings
@click.option("--after-settings", "after_file", default="", help="改动后的口径文件；没有写的按 --settings")
@click.option("--after-pack", default="", help="改动后的规范包（名称或文件夹）；不写则不变")
@_pack
@_json
def whatif(
    register: str,
    measure: str,
    as_of: str,
    settings_file: str,
    after_file: str,
    after_pack: str,
    pack: str,
    as_json: bool,
) -> None:
    """同一份名册换一种口径或规则：谁增谁减、要多少钱、分月；不需要数据库。"""
    from luoshi.benefits import whatif as whatifs

    if not after_file and not after_pack:
        raise BadInput("请给出 --after-settings 或 --after-pack", field="--after-settings")
    day = parse_date(as_of, field="--as-of")
    frame, first_line = files.table(register)
    now = _read_settings(settings_file)
    after = whatifs.Side({**now, **_read_settings(after_file)}, after_pack or pack)
    found = whatifs.compare(measure, frame, day, whatifs.Side(now, pack), after, file=register, first_line=first_line)
    print(factfile.to_json(whatifs.as_json(found)) if as_json else whatifs.in_words(found))


@benefits.command()
@click.argument("register")
@_measure
@_as_of
@_settings
@_pack
@_json
def stakes(register: str, measure: str, as_of: str, settings_file: str, pack: str, as_json: bool) -> None:
    """每个未定口径的各种答案在这份名册里差多少钱，从差得最多的排起；不需要数据库。"""
    from dataclasses import asdict

    from luoshi.benefits import whatif as whatifs
    from luoshi.kernel.money import yuan

    day = parse_date(as_of, field="--as-of")
    frame, _ = files.table(register)
    found = whatifs.stakes(measure, frame, day, whatifs.Side(_read_settings(settings_file), pack), file=register)
    if as_json:
        print(factfile.to_json([{**asdict(one), "widest": one.widest} for one in found]))
        return
    for one in found:
        print(f"{one.key} {one.question}：最多差 {yuan(one.widest)}")
        for option in one.options:
            mark = "（现在）" if option.present else ""
            worth = f"自动应付差 {yuan(option.sure)}，含人工差 {yuan(option.most)}"
            print(f"  {option.label}{mark}：{option.subjects} 项改变，{worth}")
