"""What the kinds of this room's entries are called in the ledger, and what an incident's evidence package holds."""

from __future__ import annotations

from typing import Any

from luoshi.emergency import live, wire
from luoshi.emergency.models import Incident
from luoshi.kernel.canonical import plain
from luoshi.ledger import evidence, words

ACTS = {
    "opened": "接报立案", "signal": "并入来报", "fact": "记录事实", "fact_chosen": "采信事实", "triaged": "分流",
    "plan_chosen": "选定预案", "places": "确定事发地", "note": "处置记事", "edition": "留存预案版本",
    "proposed": "建议启动响应", "confirmed": "指挥部确认", "started": "启动响应", "dropped": "不启动响应",
    "taken_over": "上级接管", "superior_agreed": "上级同意结束", "evidence": "结束条件的依据", "ended": "结束响应",
    "groups": "启用工作组", "countersigned": "补签口头命令", "prompt": "提示重新定级", "site_commander": "指定现场指挥",
    "warning_proposed": "建议预警", "warning_confirmed": "核定预警", "warning_issued": "发布预警",
    "warning_dropped": "不发布预警", "warning_lifted": "解除预警", "closed": "结案", "reopened": "恢复办理",
    "heard": "收到来报", "dismissed": "来报不立案", "feed_opened": "接入来报系统", "feed_closed": "停用来报系统",
    "called": "叫应", "overdue": "时限超时", "in_time": "按时更正", "oral_report": "电话快报",
    "written_report": "文字报告", "follow_up": "续报",
    "stub": "涉密报告存根", "superior_query": "上级催报、核实", "answer_query": "回应上级", "task_ack": "签收任务",
    "task_feedback": "任务反馈", "task_help": "任务求助", "task_done": "完成任务", "task_drop": "任务不办",
    "task_adopted": "下达建议沿用的措施", "reinforcement": "请求增援",
}  # fmt: skip


def register() -> None:
    words.register({f"emergency.{kind}": label for kind, label in ACTS.items()})
    evidence.attach("incident")(of_incident)


def of_incident(subject: str) -> dict[str, Any]:
    """What the package of an incident holds besides its entries: facts with everybody's word, and every decision."""
    found = Incident.objects.filter(pk=int(subject.partition(":")[2])).first()
    if found is None:
        return {}
    table = live.Table(found, list(found.cases.prefetch_related("responses__snapshot", "warnings")))
    told: dict[str, Any] = plain(
        {
            "incident": wire.head(found),
            "facts": table.facts,
            "statements": [wire.statement(row) | {"name": row.name} for row in found.facts.all()],
            "responses": [
                wire.response(row) | {"plan": c.plan} for c in table.cases.values() for row in c.responses.all()
            ],
            "warnings": [
                wire.warning(row) | {"plan": c.plan} for c in table.cases.values() for row in c.warnings.all()
            ],
        }
    )
    return told
