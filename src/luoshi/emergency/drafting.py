"""A report drafted from what the incident knows: the plan's five parts, then what is added, marked as such.

Nothing is made up: what nobody knows is written as not known. A person reads, changes and sends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from luoshi.emergency.live import Table
from luoshi.emergency.models import Report, Task
from luoshi.faces.papers import Paper
from luoshi.kernel import when

UNKNOWN = "尚不清楚，正在核实。"
_NUMBERS = "一二三四五六七八九十"
ADDED = "（增列）"  # beside what the plan does not list


def parts(table: Table) -> dict[str, str]:
    """Label → draft. Labels are those of the plan in play; additions follow."""
    slugs = list(table.running) or [slug for slug, case in table.cases.items() if case.chosen is not False]
    plan = table.plan(slugs[0] if slugs else next(iter(table.cases)))
    made = {row.what: _part(table, row.what) for row in plan.row.report_parts}
    return made | {f"{name}{ADDED}": _addition(table, name) for name in plan.row.report_additions}


def _part(table: Table, label: str) -> str:
    for word, draft in (("灾害", _disaster), ("原因", _cause), ("范围", _extent), ("措施", _planned)):
        if word in label:
            return draft(table) or UNKNOWN
    return UNKNOWN


def _disaster(table: Table) -> str:
    told = [str(table.facts["narrative"])] if table.facts.get("narrative") else []
    reports = table.incident.signals.exclude(state="dismissed").order_by("received_at", "pk")[:3]
    told += [f"{signal.reporter}报：{signal.text.splitlines()[0][:80]}" for signal in reports if signal.text.strip()]
    return _sentence(told or [table.incident.title])


def _cause(table: Table) -> str:
    cause, words = table.facts.get("cause"), table.desk.plans.vocabulary
    return "" if cause in (None, "unknown") else f"初步判断为{words.shown('cause', cause)}。"


def _extent(table: Table) -> str:
    facts, told = table.facts, []
    towns = facts.get("towns_affected") or table.incident.places
    for label, names in (("镇（街道）", towns), ("企业", facts.get("operators_affected")),
                         ("多点故障企业", facts.get("multi_point_operators"))):  # fmt: skip
        if names:
            told.append(f"涉及{label}{len(names)}个：{'、'.join(map(str, names))}")
    if facts.get("all_networks"):
        told.append("本区所有通信网络受影响")
    if facts.get("important_systems_full_business"):
        told.append(f"重要信息系统全部业务受影响{facts['important_systems_full_business']}家")
    spread = {True: "有扩散可能", False: "无扩散"}.get(facts.get("spread_in_district"))  # type: ignore[arg-type]
    return _sentence([*told, *([spread] if spread else [])])


def _planned(table: Table) -> str:
    rows = Task.objects.filter(incident=table.incident, state__in=("open", "acked")).order_by("pk")[:12]
    return _sentence(f"{task.group or task.by}：{task.what}" for task in rows)


def _addition(table: Table, name: str) -> str:
    incident = table.incident
    if name == "时间":
        told = f"{when.aware(incident.opened_at):%Y年%m月%d日%H时%M分}接报"
        happened = f"{when.aware(incident.occurred_at):%Y年%m月%d日%H时%M分}发生" if incident.occurred_at else ""
        return f"{happened}，{told}。" if happened else f"{told}；发生时间{UNKNOWN}"
    if name == "地点":
        return "、".join(map(str, incident.places)) or UNKNOWN
    if name == "报告单位":
        plan = table.plan(next(iter(table.running or table.cases)))
        return plan.row.office.name
    if name == "已采取措施":
        done = Task.objects.filter(incident=incident, state="done").order_by("done_at")[:12]
        started = [f"{slug}号{row.level}级响应已启动" for slug, row in table.running.items()]
        return _sentence([*started, *(f"{task.group or task.by}：{task.what}，已完成" for task in done)]) or UNKNOWN
    return ""


def _sentence(told: Iterable[Any]) -> str:
    text = "；".join(str(one).strip().rstrip("。；") for one in told if str(one).strip())
    return f"{text}。" if text else ""


def _unit(report: Report) -> str:
    """The unit the report goes out from: what the draft says, else the office of the plan that runs."""
    said = next((text for label, text in report.parts.items() if label.startswith("报告单位")), "")
    return said.strip() or _addition(Table(report.incident), "报告单位")


def paper(report: Report, title: str) -> bytes:
    """The report as .docx. Its digest, printed at the foot, is that of the words (SM3), kept in the ledger."""
    incident = report.incident
    marks = [text for text, on in (("演练", incident.exercise), ("演示数据", incident.demo)) if on]
    sheet = Paper(mark="  ".join(marks))
    sheet.title(f"关于{incident.title}的{title}")
    sheet.paragraph(f"{'、'.join(report.to)}：", indent=False)
    for number, (label, text) in enumerate(report.parts.items()):
        sheet.heading(f"{_NUMBERS[number]}、{label}" if 1 < len(report.parts) <= len(_NUMBERS) else label)
        for line in text.splitlines() or [text]:
            sheet.paragraph(line)
    if any(ADDED in label for label in report.parts):
        sheet.paragraph("注：标“增列”的各项不是预案列明的五项内容，由系统增加。", size=12)
    sheet.paragraph("")
    signed = [sheet.paragraph(text, right=True) for text in (_unit(report), f"报送人：{report.by}")]
    for line in signed:
        line.paragraph_format.keep_with_next = True
    sheet.paragraph(f"{when.aware(report.sent_at):%Y年%m月%d日%H时%M分}", right=True)
    how = f"报送方式：{report.channel}" + (f"（{report.channel_reason}）" if report.channel_reason else "")
    sheet.paragraph(f"{incident.number}　{title}　{how}", size=12, indent=False)
    sheet.paragraph(f"内容摘要（SM3）：{report.sm3}", size=9, indent=False)
    return sheet.bytes()
