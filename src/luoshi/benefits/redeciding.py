"""A claim is decided again: with what people stated, from today's facts, before every step that promises something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from luoshi.benefits import editions, opening
from luoshi.benefits.deciding import HUMAN, Decided, Line, decide
from luoshi.benefits.models import Claim, ClaimEvent
from luoshi.benefits.standing import keep
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import Refused
from luoshi.kernel.money import yuan


def said_of(claim: Claim) -> dict[str, Any]:
    """The facts people have stated on this claim, for deciding it again."""
    human = HUMAN.get(claim.measure)
    stated = human and next((row for row in claim.needs if row.get("done") and row.get("fact") == human.fact), None)
    said: dict[str, Any] = {}
    if human and stated:
        said[human.fact] = human.yes if stated["verdict"] else human.no
    if claim.approved_at:
        said["approval_date"] = when.aware(claim.approved_at).date().isoformat()
    return said


def redecide(claim: Claim) -> tuple[Decided, Line | None]:
    """The claim's matter decided as of today under the settings in force; the line of the claim's limb, if any."""
    decided = decide(claim.matter, claim.measure, when.today(), said=said_of(claim), claim=claim)
    return decided, next((line for line in decided.lines if line.limb == claim.limb), None)


def decide_again(claim: Claim) -> None:
    decided, line = redecide(claim)
    if line is None:
        raise Refused(f"按现在的事实不符合条件：{decided.why}", cite=claim.cite)
    opening.set_decision(claim, decided, line)


def go_back(claim: Claim, actor: Actor, words: str) -> ClaimEvent:
    for kind in (opening.PUBLICATION, opening.CONFIRM):
        opening.stop(claim, kind, actor)
    claim.published_at = claim.published_until = claim.published_by = None
    claim.doubt, claim.recognition = "", {}
    decided = decide(claim.matter, claim.measure, when.today(), claim=claim)
    line = next((line for line in decided.lines if line.limb == claim.limb), None)
    if line is None:
        opening.end(claim, "withdrawn", "withdraw", actor, f"{words}：{decided.why}", label="撤回")
        return claim.events.latest("id")
    claim.needs = [{"sort": n.sort, "cite": n.cite, "why": n.why, "fact": n.fact} for n in decided.needs]
    opening.set_decision(claim, decided, line)
    ruled = any(need.sort == "ruling" for need in decided.needs)
    event = keep(claim, "redo", actor, to="review" if ruled else "notified", words=words)
    if not ruled and opening.account_fresh(claim.payee):
        opening.accept_account(claim, actor, "账户确认过")
    return event


def make_sure(claim: Claim, before: tuple[int, int, int]) -> None:
    """Nothing is approved that is not eligible now, or was not ruled on by a person, or is not what was published."""
    ruled = any(row["sort"] == "ruling" and row.get("verdict") for row in claim.needs)
    if claim.status != "eligible" and not (claim.status == "human_review" and ruled):
        raise Refused(f"按现在的事实不能批准：{claim.why}", cite=claim.cite)
    if (claim.amount_fen, claim.lo_fen, claim.hi_fen) != before:
        raise Refused(
            f"重新核算的金额 {yuan(claim.amount_fen)} 与公示的 {yuan(before[0])} 不同，须重新核定后再公示",
            cite=claim.cite,
        )
    if claim.amount_fen <= 0:
        raise Refused("没有可以兑现的金额", cite=claim.cite)


def decision_data(claim: Claim) -> dict[str, Any]:
    """What lets an approval be decided again (see `replays`). A person's ruling stands beside the result."""
    found = decision_of(claim.measure, claim.limb, claim.decision)
    return found | {"provenance": claim.provenance, "recognition": claim.recognition, "needs": claim.needs}


def decision_of(measure: str, limb: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded decision as ledger entries carry it; the rules it names are kept, so that they can be found again."""
    if editions.archive(measure) != record["pack"]:
        raise Refused("规则刚刚换了版本，请重新核定", cite=measure)
    return {
        "measure": measure,
        "limb": limb,
        "as_of": record["as_of"],
        "pack": record["pack"],
        "facts": record["facts"],
        "settings": record["settings"],
        "decision": record["result"],
        "digest": record["digest"],
    }
