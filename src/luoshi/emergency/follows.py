"""What an act brings about, said before it is done: who is told by which clause, which clocks start, what is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from luoshi.emergency import course, items
from luoshi.emergency.live import Table
from luoshi.emergency.queries import starters


@dataclass(slots=True)
class Follows:
    """`lines`: in a sentence each. The lists are items with `cite`, `source` and perhaps `interpretation`."""

    lines: list[str] = field(default_factory=list)
    starters: list[dict[str, Any]] = field(default_factory=list)
    notify: list[dict[str, Any]] = field(default_factory=list)
    clocks: list[dict[str, Any]] = field(default_factory=list)  # that this act starts
    later: list[dict[str, Any]] = field(default_factory=list)  # that something during the response starts
    needed: list[dict[str, Any]] = field(default_factory=list)  # who is told when the need arises
    measures: list[dict[str, Any]] = field(default_factory=list)
    carried: list[dict[str, Any]] = field(default_factory=list)
    must_not: list[dict[str, Any]] = field(default_factory=list)
    mechanisms: list[str] = field(default_factory=list)
    mechanisms_cite: str = ""
    cite: str = ""


_LINES = {
    "triage": ["分流后才定级；误报、无关的不定级", "只对这一份预案有效，另一份预案单独分流"],
    "drop": ["启动建议不再有效，理由留在处置记录里"],
    "take_over": ["本级响应改为“运行（配合上级）”，上级同意后由本级启动人结束（A38）"],
    "close": ["事件不再接收事实和来报", "处置记录、台账和证据包保留"],
    "choose": ["定为不适用的预案不再提示；适用的可以建议预警、启动响应", "正在运行的响应不受影响"],
    "confirm": ["确认时间单独留存；确认后由有权的人启动"],
    "opinion": ["作为指挥部的裁量，成为定级的一个条件；由指挥部作出，须写理由"],
    "places": ["通知和任务里的“事发地镇政府（街道办事处）”按它确定"],
}  # fmt: skip


def of(code: str, table: Table, slug: str, level: str = "") -> Follows:
    """What follows from `code` under plan `slug`; `level` for a proposal or a start."""
    made = Follows(list(_LINES.get(code, [])))
    if not slug:
        return made
    rules, ctx = table.plan(slug), table.context(slug)
    if code in ("propose", "start", "confirm") and (row := rules.level("response", level)):
        _response(made, code, table, slug, row, ctx)
    if code == "issue_warning":
        made.notify = [items._notify(row) for row in rules.row.warning_notify]
        made.measures = [items._measure(row, "条文措施") for row in rules.row.warning_measures]
        made.clocks = items.clocks(ctx, "warning", "")
        made.lines.append(f"以{rules.row.warning_issuer}名义发布；谁发布、谁解除")
        if named := course.signers(ctx):
            made.lines.append(f"由{'、'.join(named)}签发（{rules.row.warning_reading}）")
        made.must_not = items.must_not(ctx, "true", "issued", None)
    if code == "end":
        made.clocks = [told for told in items.clocks(ctx, "response", "") if told["from"] in ("响应结束",)]
        steps = [step for step in rules.steps if step.phase in ("end", "after") and step.act != "end"]
        made.measures = [
            items.marked(step, {"what": step.what, "by": step.by, "timing": step.timing}) for step in steps
        ]
        made.lines.append("启动时叫应过的单位和人都会收到结束的通知；没有结束的时限停止计时")
        made.lines.append("响应结束，后期处置开始；结束的时间、人和每一条依据留存")
    return made


_NOT_NOW = ("ended", "happened", "received", "effective", "assessed", "meeting", "warning_issued", "warning_received")


def _response(made: Follows, code: str, table: Table, slug: str, row: Any, ctx: items.Context) -> None:
    made.cite = row.procedure
    made.starters = starters(table, slug, row.level)
    if code == "propose":
        made.notify = [items._notify(item) for item in row.notify if item.at == "propose"]
        confirm = items.confirms(ctx, row)
        made.lines.append("只是建议，由有权的人决定是否启动" + (f"；启动前须{confirm.by}确认" if confirm else ""))
        return
    if code == "confirm":
        return
    made.notify = [items._notify(item) for item in row.notify if item.at == "start"]
    made.needed = [items._notify(item) for item in row.notify if item.at == "need"]
    started = {clock.name for clock in ctx.plan.clocks if clock.on == "started"}
    before = {clock.name for clock in ctx.plan.clocks if clock.on in _NOT_NOW}
    told_clocks = items.clocks(ctx, "response", row.level)
    made.clocks = [item for item in told_clocks if item["name"] in started]
    made.later = [item for item in told_clocks if item["name"] not in started | before]
    made.lines += [
        f"{'、'.join(posts)}的姓名、职务、时间和依据记入处置记录和台账"
        for posts in [list(dict.fromkeys(one["post"] for one in made.starters))]
    ]
    made.lines.append("按现在的预案版本和口径运行；预案以后修订，不影响这次响应")
    made.lines.append("叫应预案写明的单位，按条文措施下达任务" + ("" if made.clocks else "；没有启动即开始的时限"))
    told = items.measures(ctx, row)
    made.measures = [item for item in told if item["column"] == "条文措施"]
    made.carried = [item for item in told if item["column"] != "条文措施"]
    made.mechanisms, made.mechanisms_cite = ctx.plan.row.mechanisms, ctx.plan.row.mechanisms_cite
    made.must_not = items.must_not(ctx, "true", None, row.level)
