"""`luoshi plan`: what the plans propose, a drill on virtual time, a plan's defects. No database, no `init`."""

from __future__ import annotations

import click

from luoshi.emergency import desk, proposing
from luoshi.kernel.errors import BadInput
from luoshi.norms import factfile

_pack = click.option("--pack", default="jccq", show_default=True, help="规范包（名称或文件夹）")
_json = click.option("--json", "as_json", is_flag=True, help="输出一份 JSON")


@click.group()
def plan() -> None:
    """应急预案：建议、演练、检查；软件只提建议，由人决定。"""


@plan.command()
@click.option("--facts", "facts_file", required=True, help="事实文件（JSON 或 YAML），- 为标准输入")
@click.option("--plan", "slug", default="", help="只看一份预案，如 21")
@click.option("--settings", "settings_file", default="", help="口径文件（JSON 或 YAML）；没有写的用缺省口径")
@_pack
@_json
def propose(facts_file: str, slug: str, settings_file: str, pack: str, as_json: bool) -> None:
    """按现有事实分别判断各预案的预警与响应，列出缺的事实；不需要数据库。"""
    settings = factfile.mapping(settings_file) if settings_file else {}
    desk.desk(settings, pack, file=settings_file)  # names the settings file before the facts are blamed
    result = proposing.propose(
        factfile.mapping(facts_file), settings, plan=slug, pack=pack, file=factfile.shown(facts_file)
    )
    print(factfile.to_json(result) if as_json else _card(result))


def _card(result: dict[str, object]) -> str:
    from luoshi.emergency import wording

    return wording.proposal(result)


@plan.command()
@click.argument("scenario")
@click.option("--out", "out_file", default="", help="另存评分表（.docx）")
@_pack
@_json
def drill(scenario: str, out_file: str, pack: str, as_json: bool) -> None:
    """在虚拟时间上演练一个脚本（文件、- 或自带脚本名），给出全过程和评分表；不外发任何内容。"""
    from luoshi.emergency import drilling, paper, wording

    paper.check(out_file)
    given, file = drilling.load(scenario)
    result = drilling.run(given, pack=pack, file=file)
    if out_file:
        paper.write(result, out_file)
    print(factfile.to_json(result) if as_json else wording.drill(result))


@plan.command()
@_json
def drills(as_json: bool) -> None:
    """自带的演练脚本。"""
    from luoshi.emergency import drilling

    found = [{"name": path.stem, "title": str(factfile.mapping(str(path))["name"])} for path in drilling.shipped()]
    print(factfile.to_json({"drills": found}) if as_json else "\n".join(f"{d['name']}  {d['title']}" for d in found))


@plan.command()
@click.option("--plan", "which", default="jccq", show_default=True, help="预案号（如 21）、规范包名或文件夹")
@_json
def check(which: str, as_json: bool) -> None:
    """检查预案的缺陷：未定义的职务、重复的级别、空当与重叠、没有数字的时限等；适用于任何规范包的预案。"""
    from luoshi.emergency import checking

    found = checking.defects(which)
    if as_json:
        print(factfile.to_json({"plans": found}))
        return
    for told in found:
        print(f"{told['plan']}号 {told['title']}：{len(told['defects'])} 处")
        for defect in told["defects"]:
            where = "、".join(defect["cites"]) or defect.get("where", "")
            print(f"  [{defect['code']}] {defect['message']}（{where}）")


@plan.command()
@click.option("--plan", "slug", required=True, help="预案号，如 21")
@_pack
@_json
def show(slug: str, pack: str, as_json: bool) -> None:
    """一份预案的全部内容：指挥体系、成员、工作组、级别、时限、各阶段要做的事，逐项注明依据。"""
    from luoshi.emergency import plans, wording

    found = plans.read(pack)
    if slug not in found.by_slug:
        raise BadInput(f"没有预案 {slug}", field="--plan", hint="现有：" + "、".join(found.by_slug))
    told = plans.snapshot(found.by_slug[slug]) | {"digest": found.digest}
    print(factfile.to_json(told) if as_json else wording.plan(told))
