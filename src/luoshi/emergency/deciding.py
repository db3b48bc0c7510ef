"""What a decision leaves behind: facts, edition and answers it rested on, so that it can be decided again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.emergency import bundle, course, deciding_again, live, stating
from luoshi.emergency.models import Act, Case
from luoshi.emergency.people import Hand
from luoshi.emergency.plans import Plan
from luoshi.emergency.rows import LevelRow
from luoshi.emergency.sitting import Sitting
from luoshi.kernel import when
from luoshi.kernel.errors import Refused
from luoshi.ledger.actions import append

COLUMNS = {"确认": "confirmed", "启动": "started", "结束": "ended", "发布": "issued", "解除": "ended"}


def chosen(at: Sitting, case: Case) -> None:
    """A plan that was ruled out is not acted under; one nobody has decided on is chosen with this act."""
    if case.chosen is False:
        cite = at.table.plan(case.plan).row.hq.cite
        raise Refused(f"{case.plan}号已定为不适用（{case.choice_reason}）；请先重新选定预案", cite=cite)
    if case.chosen is None:
        if case.applies == "false" and not at.asked.reason.strip():
            cites = [row.cite for row in at.table.plan(case.plan).row.scope[:1]]
            raise Refused(f"{case.plan}号按现有事实不在适用范围；采用它须写明理由", cite=cites[0] if cites else "")
        stating.decide_plan(at, case, True, at.asked.reason.strip() or "提出建议时一并选定")


def record(at: Sitting, plan: str, made: Any, card: Mapping[str, Any], kind: str, hand: Hand) -> dict[str, Any]:
    """Fill the row of a proposal; returns what the ledger keeps of it."""
    made.proposed_at, made.proposed_post, made.proposed_name = when.now(), hand.post, hand.name
    made.proposed_by_id = None if hand.oral else getattr(at.user, "pk", None)
    made.snapshot = at.table.edition(plan)
    made.settings = live.spelt_settings(at.table.desk_of(plan))
    made.card = deciding_again.gist(card)
    made.leaned = [{"key": r["key"], "value": r["value"], "status": r["status"], "decides": r["decides"]}
                   for r in card["readings"]]  # fmt: skip
    keep_edition(at, made.snapshot)
    return sealed(at, plan, made.card)


def sealed(at: Sitting, plan: str, decision: Mapping[str, Any]) -> dict[str, Any]:
    """A decision as the ledger keeps it: with the facts, the edition by digest, the answers, and what it said."""
    desk = at.table.desk_of(plan)
    return {
        "facts": {
            "plan": plan,
            "given": at.table.given(plan).shown,
            "settings": live.spelt_settings(desk),
            "edition": desk.plans.digest,
        },
        "decision": dict(decision),
    }


def keep_edition(at: Sitting, snapshot: Any) -> None:
    """The edition itself enters the incident's record once, packed, so that its package verifies offline."""
    if Act.objects.filter(incident=at.incident, kind="edition", data__digest=snapshot.digest).exists():
        return
    text = f"留存预案版本 {snapshot.digest[:12]}"
    entry = append(
        "emergency.edition", by=at.actor, subject=at.incident.subject,
        data={"facts": {"packed": bundle.packed(snapshot.data)}, "decision": {"digest": snapshot.digest}, "text": text},
    )  # fmt: skip
    Act.objects.create(incident=at.incident, kind="edition", text=text, at=when.now(), actor=at.actor.name,
                       data={"digest": snapshot.digest, "pack": snapshot.pack}, entry=entry.seq)  # fmt: skip


def start_decision(at: Sitting, plan: str, row: LevelRow, hand: Hand) -> dict[str, Any]:
    """What a start is judged on again offline: the level as the facts gave it, and who was entitled."""
    return deciding_again.start(at.table.desk_of(plan), plan, at.table.given(plan).shown, row.level, hand.post)


def end_decision(at: Sitting, plan: str, made: Any, asked: course.End) -> dict[str, Any]:
    """What an end is judged on again offline: every condition with what showed it."""
    said = {
        "ended": made.level, "by": asked.by, "started_by": asked.starter, "shown": dict(asked.evidence),
        "acknowledged": sorted(asked.acknowledged), "stricter": sorted(asked.stricter), "assisting": asked.assisting,
        "superior_agreed": asked.superior_agrees, "same_person": asked.same_person,
    }  # fmt: skip
    return deciding_again.end(at.table.desk_of(plan), plan, at.table.given(plan).shown, said)


def post_reading(rules: Plan, row: LevelRow) -> str:
    """The reading by which a printed word (指挥长) names a post, if one was needed."""
    posts = [rules.post(title) for title in row.starters]
    return "、".join(dict.fromkeys(post.reading for post in posts if post is not None and post.meaning))


def flag_oral(made: Any, hand: Hand, what: str) -> None:
    """An oral order stands, and says on every screen that its giver has yet to sign."""
    if hand.oral:
        made.flags = [*made.flags, {"oral": hand.name, "what": what, "how": hand.ordered_how}]
