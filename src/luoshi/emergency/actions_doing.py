"""What is simply done in a case: groups, acts the plan's steps and clocks name, signing for an oral order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from luoshi.emergency import deciding
from luoshi.emergency.models import Act, Incident, Response
from luoshi.emergency.sitting import Asked, sitting
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused


def set_groups(incident: Incident, plan: str, groups: Sequence[str], user: Any, asked: Asked) -> Act:
    """启用工作组: any subset of the plan's groups, as the case needs."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        known = {group.name: group for group in rules.groups}
        for name in groups:
            if name not in known:
                raise BadInput(f"没有这个工作组：{name}", field="groups", hint="现有：" + "、".join(known))
        case.groups = list(dict.fromkeys(groups))
        case.save(update_fields=["groups"])
        cite = known[groups[0]].cite if groups else rules.row.site_command.cite
        act = at.log("groups", f"{plan}号：启用{'、'.join(groups) or '不设工作组'}", case=case, cite=cite,
                     data={"groups": {name: known[name].lead for name in groups}})  # fmt: skip
        at.move()
        at.emit("did", case, {"act": "groups", "groups": list(groups)})
    return act


def did(
    incident: Incident, plan: str, act: str, text: str, user: Any, asked: Asked, *, ref: str = "",
    data: Mapping[str, Any] | None = None,
) -> Act:  # fmt: skip
    """Something simply done that the plan's steps or clocks name (meeting, verified, dispatched …): noted, clocked."""
    with sitting(incident.pk, user, asked) as at:
        if at.before:
            return at.before
        case, rules = at.case(plan), at.table.plan(plan)
        step = next((step for step in rules.steps if step.act == act), None)
        clock = next((row for row in rules.clocks if act in (row.on, row.off, *row.on_answers.values())), None)
        if step is None and clock is None:
            raise BadInput(f"没有这个动作：{act}", field="act")
        cite = step.cite if step else clock.cite if clock else ""
        told = text.strip() or (step.what if step else act)
        line = at.log(act if act.isidentifier() else "did", f"{plan}号：{told}", case=case, cite=cite,
                      data={"act": act, "ref": ref} | dict(data or {}))  # fmt: skip
        at.emit("did", case, {"act": act, "ref": ref} | dict(data or {}))
        if act == "reinforcement" and at.table.context(plan).answer("A30") == "prompt":
            at.log("prompt", "请求增援：是否已超出企业能力、需指挥部协调？请核实后重新定级", case=case, reading="A30",
                   data={"ask": ["beyond_operator_capacity", "hq_coordination_needed"]})  # fmt: skip
    return line


def countersign(incident: Incident, response: Response, user: Any, asked: Asked) -> Act:
    """补签: who gave the oral order signs for it in person."""
    with sitting(incident.pk, user, asked, closed=True) as at:
        if at.before:
            return at.before
        row = Response.objects.select_for_update().get(pk=response.pk, case__incident=at.incident)
        mine = [flag for flag in row.flags if flag.get("oral") == user.get_full_name() and not flag.get("signed_at")]
        if not mine:
            raise Refused("没有待您补签的口头命令")
        for flag in mine:
            flag["signed_at"] = when.now().isoformat()
            if flag.get("what") in deciding.COLUMNS:
                setattr(row, f"{deciding.COLUMNS[flag['what']]}_by_id", user.pk)
        row.save()
        told = "、".join(str(flag["what"]) for flag in mine)
        return at.log("countersigned", f"{user.get_full_name()}补签口头命令：{told}{row.level}级响应", case=row.case,
                     data={"response": row.pk, "what": told})  # fmt: skip
