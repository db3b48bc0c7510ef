"""Who may do what, when: the rules of a warning's and a response's course. Pure; every refusal names its clause.

The rules ask for a post (总指挥), not a person: the room above knows who holds it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from luoshi.emergency import items
from luoshi.emergency.items import Context
from luoshi.emergency.plans import Plan
from luoshi.emergency.rows import EndRow, LevelRow
from luoshi.kernel.errors import BadInput, Refused

# words that only say it arrived, alone or one after another (“好的，收到”)
NO_ANSWER = re.compile(r"(?:已经?|均|都)?(?:收到|收悉|知悉|知道了|明白|了解|好的?|遵命|谢谢|您好|领导|请放心)了?|\W+")
SECURE = "保密方式"
NOBODY = "没有预案所列职务的人"


def triage(plan: Plan, outcome: str, by: str, transferee: str = "") -> None:
    """Three outcomes, each by somebody named; what is unrelated goes to somebody."""
    row = next((row for row in plan.row.triage if row.outcome == outcome), None)
    if row is None:
        raise BadInput("分流结论应为 true、false_alarm 或 unrelated", field="outcome")
    if not by:
        raise Refused("分流须写明由谁作出", cite=row.cite)
    if row.needs_transferee and not transferee:
        raise Refused("无关信息须写明转交给谁", cite=row.cite)


def graded(plan: Plan, outcome: str | None) -> None:
    """Nothing is graded before triage, or when triage says it is not such an event."""
    if outcome == "true":
        return
    row = next((row for row in plan.row.triage if row.outcome == outcome), plan.row.triage[0])
    told = {None: "尚未分流，不得定级", "false_alarm": "误报不得定级", "unrelated": "与本预案无关的不得定级"}
    raise Refused(told[outcome], cite=row.cite)


def is_office(plan: Plan, by: str) -> bool:
    office = plan.row.office
    return by in {"办公室", "办公室主任", "值班人员", office.name, office.short, *office.aliases}


def is_hq(plan: Plan, by: str) -> bool:
    """The command itself, or a post that signs for it (A03)."""
    hq = plan.row.hq
    signs = {*plan.command, *(post.title for post in plan.row.posts if post.meaning)}
    return by in {"指挥部", hq.name, hq.short} | signs


def propose(plan: Plan, level: LevelRow, by: str, outcome: str | None) -> None:
    graded(plan, outcome)
    if not is_office(plan, by):
        raise Refused(f"启动建议由{level.proposer}提出，不是{by or NOBODY}", cite=level.procedure)


def confirm(ctx: Context, level: LevelRow, by: str) -> None:
    row = items.confirms(ctx, level)
    if row is None:
        raise Refused("本预案启动前不另设确认", cite=level.procedure)
    if not is_hq(ctx.plan, by):
        raise Refused(f"须由{row.by}确认，不是{by or NOBODY}", cite=level.procedure)


@dataclass(frozen=True, slots=True)
class Start:
    """What a start is judged on. `proposed`: the level proposed by the office, if any; `running`: the level now."""

    level: str
    by: str
    proposed: str | None
    confirmed: str | None
    outcome: str | None
    running: str | None = None
    reason: str = ""


def start(ctx: Context, asked: Start) -> LevelRow:
    """The level to be started, or Refused: wrong starter, not proposed, not confirmed, not triaged, already running."""
    plan = ctx.plan
    level = plan.level("response", asked.level)
    if level is None:
        known = "、".join(row.level for row in plan.of_kind("response"))
        raise BadInput(f"{plan.slug}号没有响应级别 {asked.level}", field="level", hint=f"现有：{known}")
    graded(plan, asked.outcome)
    if asked.by not in {*level.starters, *items.entitled(ctx, level)}:
        who = "、".join(items.printed(ctx, title) for title in level.starters)
        raise Refused(f"{level.level}级响应由{who}启动，{asked.by or NOBODY}不能启动", cite=level.procedure)
    if asked.proposed is None:
        raise Refused(f"{level.proposer}尚未提出启动建议", cite=level.procedure)
    if asked.proposed != asked.level and not asked.reason:
        raise Refused(f"办公室建议的是{asked.proposed}级；启动{asked.level}级须写明理由", cite=level.procedure)
    confirmer = items.confirms(ctx, level)
    if confirmer and asked.confirmed != asked.level:
        raise Refused(f"{confirmer.by}尚未确认{level.level}级响应", cite=level.procedure)
    _change(ctx, level, asked)
    return level


def _change(ctx: Context, level: LevelRow, asked: Start) -> None:
    """While one level runs: a higher one is a new start; a lower one needs a reason from the command (A29)."""
    if asked.running is None:
        return
    order = [row.level for row in ctx.plan.of_kind("response")]
    if asked.running == asked.level:
        raise Refused(f"{level.level}级响应已在运行", cite=level.procedure)
    lower = order.index(asked.level) > order.index(asked.running)
    if lower and not asked.reason and ctx.answer("A29") != "free":
        raise Refused("预案没有响应降级的规定：结束后再启动，或由指挥部写明理由决定（A29）", cite=level.procedure)


def end_conditions(ctx: Context, conditions: Mapping[str, Any]) -> list[EndRow]:
    """The end conditions that stand in this case. `conditions`: key → whether its own condition holds."""
    return [row for row in ctx.plan.row.end if not row.when or conditions.get(row.key) is not False]


@dataclass(frozen=True, slots=True)
class End:
    """`starter`: the post that started; `evidence`: condition → what shows it; `stricter`: keys another plan adds."""

    by: str
    starter: str
    evidence: Mapping[str, str]
    acknowledged: Collection[str] = ()
    stricter: Collection[str] = ()
    assisting: bool = False
    superior_agrees: bool = False
    same_person: bool = True  # of one post: two people may hold it


def end(ctx: Context, asked: End, standing: list[EndRow]) -> None:
    """谁启动、谁终止 with every condition evidenced, or Refused naming what is open."""
    plan, rule = ctx.plan, ctx.plan.row.end_by
    cite = rule.cite if rule else ""
    if is_office(plan, asked.by) or not _may_end(ctx, asked):
        raise Refused(f"响应由{asked.starter}启动，{asked.by or NOBODY}不能宣布结束", cite=cite)
    for row in standing:
        shown = bool(str(asked.evidence.get(row.key, "")).strip())
        blocking = row.blocking or row.key in asked.stricter
        if shown or (not blocking and row.key in asked.acknowledged):
            continue
        told = "还没有依据" if row.blocking else "须有依据，或确认知悉后结束"
        if blocking and not row.blocking:
            told = f"须有依据，不能只确认知悉：另一份预案也已启动时按较严的条件，或口径如此（{row.reading}）"
        raise Refused(f"结束条件“{row.text}”{told}", cite=row.cite)
    if asked.assisting and not asked.superior_agrees:
        raise Refused("上级已接管，须上级同意后由本级启动人结束（A38）", cite=cite)


def _may_end(ctx: Context, asked: End) -> bool:
    """The starter; a higher post of the same command too, unless A04 is answered otherwise."""
    if asked.by == asked.starter or asked.by in items.posts_of(ctx, asked.starter):
        return asked.same_person
    rule = ctx.plan.row.end_by
    if rule is None or ctx.answer(rule.reading) == "starter_only":
        return False
    return _rank(ctx, asked.by) > _rank(ctx, asked.starter)


def _rank(ctx: Context, title: str) -> int:
    ranks = [post.rank for name in items.posts_of(ctx, title) if (post := ctx.plan.post(name))]
    return max(ranks, default=-1)


def propose_warning(plan: Plan, level: str, by: str, outcome: str | None) -> LevelRow:
    row = plan.level("warning", level)
    if row is None:
        known = "、".join(r.level for r in plan.of_kind("warning"))
        raise BadInput(f"{plan.slug}号没有预警级别 {level}", field="level", hint=f"现有：{known}")
    graded(plan, outcome)
    if not is_office(plan, by):
        raise Refused(f"预警建议由{plan.row.warning_proposer}提出", cite=row.cite)
    return row


def confirm_warning(plan: Plan, by: str) -> None:
    rule = plan.row.warning_confirms
    if rule is None:
        raise Refused("本预案的预警不另设核定", cite=plan.row.office.cite)
    if not is_hq(plan, by):
        raise Refused(f"预警情形由{rule.by}核定，不是{by or NOBODY}", cite=rule.cite)


def signers(ctx: Context) -> list[str]:
    """The posts that sign a warning under the answer to who does (A02); empty: whichever post of the command."""
    row = ctx.plan.row
    return list(row.warning_signers.get(ctx.answer(row.warning_reading), []))


def _sign(ctx: Context, by: str, cite: str, doing: str) -> None:
    """谁发布、谁解除: the command, by the hand that the reading names, or Refused with the clause and the reading."""
    row, named, who = ctx.plan.row, signers(ctx), by or NOBODY
    if named and by not in named:
        told = f"预警由{row.warning_issuer}发布，按口径{row.warning_reading}由{'、'.join(named)}签发"
        raise Refused(f"{told}，{who}不能{doing}", cite=cite)
    if not named and not is_hq(ctx.plan, by):
        rule = "谁发布、谁解除：" if doing == "解除" else ""
        raise Refused(f"{rule}预警由{row.warning_issuer}发布，{who}不能{doing}", cite=cite)


def issue_warning(
    ctx: Context, by: str, proposed: str | None, confirmed: bool, recipients: Collection[str],
    circle: Collection[str] = (),
) -> None:  # fmt: skip
    """By the command's hand, on a proposal, to nobody beyond the circle. `circle`: who else is known to be inside."""
    plan, cite = ctx.plan, _issuing(ctx.plan)
    _sign(ctx, by, cite, "发布")
    if proposed is None:
        raise Refused("还没有预警发布建议", cite=cite)
    if plan.row.warning_confirms and not confirmed:
        raise Refused("指挥部尚未核定达到预警情形", cite=plan.row.warning_confirms.cite)
    inside = plan.row.warning_internal
    if inside and ctx.answer(inside.reading) != inside.allowed:
        known = {*inside.circle, *circle, *_named(ctx)}
        if outside := [name for name in recipients if name not in known]:
            raise Refused(f"{inside.what}；{'、'.join(outside)}不在其列，或没有登记在机构名录", cite=inside.cite)


def _named(ctx: Context) -> set[str]:
    """Whom the plan itself names inside: command, members, groups, operators, those its warnings go to."""
    plan, row = ctx.plan, ctx.plan.row
    found = {name for body in (row.hq, row.office, row.site_command) for name in (body.name, body.short, *body.aliases)}
    found |= {name for member in plan.members if not member.slot for name in (member.name, *member.names)}
    found |= {post.title for post in row.posts} | {group.name for group in plan.groups}
    found |= {name for one in ctx.plans.vocabulary.operators for name in (one.name, *one.aliases)}
    return found | {name for told in row.warning_notify for name in (told.to or [told.who])}


def _issuing(plan: Plan) -> str:
    steps = [step for step in plan.steps if step.phase == "warning" and step.act == "issue_warning"]
    return steps[0].cite if steps else plan.row.hq.cite


def lift_warning(ctx: Context, by: str, evidence: Mapping[str, str], vanished: str = "") -> bool:
    """True when lifted because the threat has vanished, which the text does not foresee (A33) and is flagged."""
    plan, rule = ctx.plan, ctx.plan.row.lift_by
    _sign(ctx, by, rule.cite if rule else "", "解除")
    open_ = [row for row in plan.row.lift if not str(evidence.get(row.key, "")).strip()]
    if not open_:
        return False
    if vanished and ctx.answer("A33") != "no":
        return True
    raise Refused(f"解除条件“{open_[0].text}”还没有依据", cite=open_[0].cite)


def answer_query(plan: Plan, content: str, cite: str) -> None:
    """A superior's query wants an effective answer; that it was received is none."""
    if not NO_ANSWER.sub("", content):
        raise Refused("“收到”不是有效回应，30 分钟时限继续计", cite=cite)


def report(ctx: Context, *, upward: bool, channel: str, reason: str, secret: bool) -> None:
    """State secrets never enter; an upward report goes by a secure channel, or says why not (A32)."""
    forbids = {row.cite: row for row in ctx.plan.row.forbids}
    slug = ctx.plan.slug
    if secret:
        cite = next((cite for cite in forbids if cite.endswith("4.1/p1s6")), f"{slug}:4.1/p1s6")
        raise Refused("涉密内容不进入本系统，只留存根", cite=cite)
    secure = next((row for row in ctx.plan.row.forbids if row.reading == "A32"), None)
    if secure and upward and channel != SECURE and not reason and ctx.answer("A32") == "secure_default":
        raise Refused(f"向上级报告默认用保密方式；用“{channel}”须写明理由", cite=secure.cite)
