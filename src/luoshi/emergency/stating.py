"""Statements into rows: read as the vocabulary reads them, kept beside what others say, chosen with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from luoshi.emergency import course
from luoshi.emergency.knowing import replaces
from luoshi.emergency.knowing import spelt as spelling
from luoshi.emergency.live import Table
from luoshi.emergency.models import Case, Fact
from luoshi.emergency.sitting import Sitting
from luoshi.kernel import when
from luoshi.kernel.errors import BadInput, Refused

if TYPE_CHECKING:
    from luoshi.emergency.actions import Stated

UNKNOWN = "不知道"


def keep(at: Sitting, stated: Iterable[Stated]) -> list[Fact]:
    """The rows of these statements. The same reporter's earlier word is replaced; the same word again is not kept."""
    kept = []
    for one in stated:
        row = _keep(at, one)
        if row is not None:
            kept.append(row)
    return kept


def _keep(at: Sitting, one: Stated) -> Fact | None:
    value = read(at.table, one.name, one.value)
    _entitled(at, one.name, value)
    reporter = one.reporter.strip() or at.actor.name
    moment = one.at or when.now()
    if moment > when.now():
        raise BadInput("所指时间不能晚于现在", field="at")
    standing = at.incident.facts.filter(name=one.name, reporter=reporter, replaced=False)
    earlier, later = replaces(standing, moment)
    if any(spelling(row.value) == spelling(value) for row in earlier):
        return None
    for row in earlier:
        row.replaced = True
        row.save(update_fields=["replaced"])
    made: Fact = Fact.objects.create(
        incident=at.incident, name=one.name, value=value, source=one.source.strip() or "值班员核实", reporter=reporter,
        at=moment, entered_by_id=getattr(at.user, "pk", None), entered_name=at.actor.name, entered_at=when.now(),
        signal=one.signal, replaced=later,
    )  # fmt: skip
    return made


def read(table: Table, name: str, value: Any) -> Any:
    """The value as the plans' vocabulary reads it. BadInput for a name nobody knows or a value nobody can read."""
    if name == "triage":
        raise BadInput("分流由值班人员按预案分别作出，不是事实", field="triage")
    at = table.desk
    given = at.given({name: value})
    shown = given.shown.get(name)
    if name == "accident_grade" and isinstance(shown, dict) and not shown.get("by"):
        raise BadInput("事故等级由人录入，须写明来源（A26）", field="by")
    return shown


def _entitled(at: Sitting, name: str, value: Any) -> None:
    """指挥部的意见 is a decision of the command, with a reason; nobody else's statement becomes one."""
    row = at.table.desk.plans.vocabulary.facts[name]
    if not row.act or not isinstance(value, dict):
        return
    said = value.get("plan", "两者")
    slugs = [said] if said in at.table.cases else list(at.table.cases)
    for slug in slugs:
        plan = at.table.plan(slug)
        hand = at.hand(plan, fit=plan.command)
        if not course.is_hq(plan, hand.post):
            raise Refused(f"指挥部的意见由{plan.row.hq.short}作出，不是{hand.post or hand.name}", cite=plan.row.hq.cite)
        value.setdefault("by", f"{hand.name}（{hand.post}）")
    if not str(value.get("reason", "")).strip():
        raise BadInput("指挥部的意见须写明理由", field="reason")


def choose(at: Sitting, row: Fact, reason: str) -> None:
    at.incident.facts.filter(name=row.name, chosen=True).update(chosen=False)
    row.chosen, row.reason = True, reason
    row.save(update_fields=["chosen", "reason"])


def decide_plan(at: Sitting, case: Case, chosen: bool, reason: str) -> None:
    case.chosen, case.choice_reason = chosen, reason
    case.choice_name, case.choice_at = at.actor.name, when.now()
    case.save(update_fields=["chosen", "choice_reason", "choice_name", "choice_at"])


def cite_of(table: Table, name: str) -> str:
    row = table.desk.plans.vocabulary.facts.get(name)
    return row.cite if row else ""


def told(table: Table, row: Fact) -> str:
    words = table.desk.plans.vocabulary
    return f"{words.label(row.name)}：{words.shown(row.name, row.value)}（{row.reporter}，{when.aware(row.at):%H:%M}）"


def spelt(row: Fact) -> dict[str, Any]:
    """A statement as the ledger keeps it."""
    return {
        "name": row.name, "value": row.value, "source": row.source, "reporter": row.reporter, "at": row.at,
        "chosen": row.chosen, "reason": row.reason,
    }  # fmt: skip
