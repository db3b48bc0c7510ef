"""A proposal and a drill in plain words, for a terminal."""

from __future__ import annotations

from typing import Any


def proposal(result: dict[str, Any]) -> str:
    return "\n\n".join(_plan(plan) for plan in result["plans"]) + f"\n\n{result['decides']}"


def _plan(plan: dict[str, Any]) -> str:
    marks = {True: "适用", False: "不适用", "unknown": "是否适用不明"}
    lines = [f"{plan['plan']}号 {plan['title']}：{marks[plan['applies']]}。{plan['why']}"]
    lines += _grade("预警", plan["warning"])
    lines += _grade("响应", plan["response"])
    lines += [f"  不得：{item['what']}（{item['cite']}）" for item in plan["must_not"]]
    if plan["ask"]:
        lines.append("  先问：" + "、".join(plan["ask"]))
    if plan["interpretations"]:
        lines.append("  所依解释：" + "、".join(plan["interpretations"]))
    return "\n".join(lines)


def _grade(name: str, grade: dict[str, Any]) -> list[str]:
    if grade["level"] is None:
        lines = [f"  {name}：不提出级别"]
    else:
        mark = "" if grade["source"] == "text" else f" [按解释{grade['interpretation']}]"
        lines = [f"  {name}：建议 {grade['level']} 级{mark}（{'、'.join(grade['cites'])}）"]
        if grade.get("starters"):
            lines.append(f"    由{'、'.join(grade['starters'])}启动（{grade['starter_cite']}）")
    for near in grade["near"]:
        told = "、".join(near["missing"]) or "见逐项"
        lines.append(f"    接近 {near['level']} 级，未完全匹配：{told}")
    return lines


def drill(result: dict[str, Any]) -> str:
    lines = [f"演练：{result['drill']}（{result['status']}）"]
    lines += [f"{told['time']} {event_words(told)}" for told in result["events"] if told["kind"] != "set"]
    score = result["score"]
    lines.append(f"评分：应做 {score['of']} 项，完成或按时 {score['done']} 项")
    lines += [
        f"  {line['no']:>3} [{line['verdict']}] {line['plan']}号 {line['what']}（{line['cite']}）"
        for line in score["lines"]
        if line["verdict"] not in ("完成", "按时", "计量")
    ]
    return "\n".join(lines)


_KINDS = {
    "triage": "分流", "proposed": "提出建议", "confirmed": "确认", "start": "启动", "takeover": "接管",
    "notice": "通知", "clock": "时限", "task": "任务", "measure": "措施", "report": "报告", "refused": "被拒",
    "end": "结束", "warning": "预警", "evidence": "依据", "groups": "工作组", "done": "已办", "note": "说明",
    "inject": "注入", "prompt": "提示", "stub": "存根",
}  # fmt: skip
STATES = {
    "started": "开始", "late": "超时", "late_done": "超时完成", "in_time": "按时", "measured": "计量",
    "running": "在计", "proposed": "建议", "confirmed": "核定", "issued": "发布", "adjusted": "调整", "lifted": "解除",
    "assisting": "运行（配合）", "ended": "结束",
}  # fmt: skip
ACTS = {
    "propose": "提出建议", "confirm": "确认", "start": "启动", "end": "结束", "issue_warning": "发布预警",
    "lift_warning": "解除预警", "propose_warning": "建议预警", "triage": "分流", "answer_query": "回应上级",
    "oral_report": "口头报告", "written_report": "文字报告", "follow_up": "续报", "confirm_warning": "核定预警",
    "do": "落实措施",
    "groups": "启用工作组",
    "take_over": "上级接管",
    "superior_agrees": "上级同意结束",
    "evidence": "结束条件的依据",
    "reinforcement": "请求增援",
}  # fmt: skip
_SHOWN = ("clock", "level", "outcome", "act", "what", "purpose", "label", "by", "reason", "text", "key", "cite")


def event_words(event: dict[str, Any]) -> str:
    if event["kind"] == "proposal":
        warned, level = event["warning"]["level"] or "无", event["response"]["level"] or "无"
        return f"建议 {event['plan']}号：预警 {warned}，响应 {level}；先问 {'、'.join(event['ask'][:3]) or '无'}"
    parts = [_KINDS.get(event["kind"], event["kind"]), f"{event['plan']}号" if event.get("plan") else ""]
    parts += [STATES.get(str(event.get("state")), ""), *(_word(event, name) for name in _SHOWN if event.get(name))]
    if event.get("to"):
        parts.append(f"共{len(event['to'])}个" if len(event["to"]) > 3 else "、".join(event["to"]))
    return " ".join(part for part in parts if part)


def _word(event: dict[str, Any], name: str) -> str:
    return ACTS.get(str(event[name]), str(event[name])) if name == "act" else str(event[name])


_PHASES = {
    "prevent": "平时", "intake": "接报", "triage": "分流", "analyse": "分析", "first_response": "先期处置",
    "warning_propose": "预警建议", "warning": "预警", "warning_lift": "预警解除", "propose": "启动建议",
    "response": "响应", "end": "结束", "after": "后期", "resource": "保障", "maintain": "预案管理",
}  # fmt: skip


def plan(told: dict[str, Any]) -> str:
    """The whole plan as lines, each with its clause; what is a reading says so."""
    row = told["plan"]
    lines = [f"{told['slug']}号 {row['title']}"]
    lines += [f"指挥部 {row['hq']['short']}{_cited(row['hq'])}"]
    lines += [f"  {duty['what']}{_cited(duty)}" for duty in (*row["hq"]["duties"], *row["office"]["duties"])]
    lines += [f"职务 {post['title']}：{'、'.join(post['holders']) or '未定义'}{_cited(post)}" for post in row["posts"]]
    for member in told["members"]:
        lines.append(f"成员 {member['name']}{_cited(member)}")
        lines += [f"  {duty['what']}{_cited(duty)}" for duty in member["duties"]]
    for group in told["groups"]:
        lines.append(f"{group['name']} 牵头 {group['lead']}；{'、'.join(group['members'])}{_cited(group)}")
        lines += [f"  {duty['what']}{_cited(duty)}" for duty in group["duties"]]
    for level in told["levels"]:
        kind = "预警" if level["kind"] == "warning" else "响应"
        lines.append(f"{kind} {row['level_names'].get(level['level'], level['level'])}{_cited(level)}")
        lines += [f"  条件 {item['text']}{_cited(item)}" for item in level["conditions"]]
        lines += [f"  通知 {item['who']}（{item['when']}）{_cited(item)}" for item in level["notify"]]
        lines += [f"  措施 {item['what']} — {item['by']}{_cited(item)}" for item in level["measures"]]
    for clock in told["clocks"]:
        limit = f"{clock['minutes']}分钟" if clock["minutes"] else f"{clock['word']}（没有数字，只计量）"
        lines.append(f"时限 {clock['name']}：{limit}{_cited(clock)}")
    lines += [f"{_PHASES[s['phase']]} {s['what']} — {s['by']}{_cited(s)}" for s in told["steps"]]
    lines += [f"结束条件 {item['text']}{_cited(item)}" for item in row["end"]]
    lines += [f"不得 {item['what']}{_cited(item)}" for item in row["forbids"]]
    return "\n".join(lines)


def _cited(item: dict[str, Any]) -> str:
    return f"（{item['cite']}{'，按解释' + item['reading'] if item.get('reading') else ''}）"
