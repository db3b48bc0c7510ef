"""One decision about one matter, from the register, the settings in force, our own payments and what people said.

The record it keeps (`engine.recorded`) can be decided again from itself. A fact two sources dispute is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from luoshi.benefits import engine
from luoshi.benefits.course import COMMITTED, Need
from luoshi.benefits.models import Claim, Matter, Subject
from luoshi.benefits.settling import InForce, in_force
from luoshi.kernel.canonical import plain
from luoshi.kernel.money import fen


@dataclass(frozen=True, slots=True)
class HumanFact:
    """A fact that only a person can state, because the text says 经认定 or 可."""

    sort: str
    fact: str
    cite: str
    yes: Any
    no: Any
    why: str


HUMAN = {
    "25:二(二)": HumanFact("recognition", "recognition", "25:二(二).5", "认定", "不予认定", "文件要求“经认定”"),
    "25:二(四)": HumanFact("grant", "human_approval", "25:二(四)", True, False, "文件用“可”，是否给予由人决定"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one limb gives: the whole entitlement in fen, from `lo` to `hi`; `extras` as the engine gave them."""

    limb: str
    name: str
    cite: str
    status: str
    lo: int
    hi: int
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as it stands, and what it would be if the person the text asks said yes (`lines`, `near`)."""

    record: Mapping[str, Any]
    status: str
    near: bool  # eligible, or for a person to rule on, as soon as the human fact is given
    lines: tuple[Line, ...]
    needs: tuple[Need, ...]
    provenance: Mapping[str, Any]
    disputed: tuple[str, ...]
    title: str
    why: str

    @property
    def result(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record["result"]
        return found

    @property
    def facts(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record["facts"]
        return found

    @property
    def payable(self) -> bool:
        return self.status == "eligible" and not self.needs


def facts_for(
    matter: Matter, measure: str, *, exclude: int | None = None
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Facts with what this office itself has committed to the subject; provenance; disputed names."""
    from luoshi.benefits import assembling

    facts, provenance, disputed = assembling.facts_of(matter, measure)
    facts = dict(plain(facts))
    known = engine.rule_of(measure)[0].scope.facts
    own = awards(matter.subject, exclude=exclude)
    if own and "prior_awards" in known and facts.get("prior_awards", []) is not None:
        facts["prior_awards"] = [*facts.get("prior_awards", []), *own]
    granted = sum((Decimal(award["amount_yuan"]) for award in own if award["limb"] == "interest"), Decimal(0))
    if granted and measure == "25:二(四)" and facts.get("already_granted_yuan", 0) is not None:
        facts["already_granted_yuan"] = _yuan(Decimal(str(facts.get("already_granted_yuan", 0))) + granted)
    return facts, dict(provenance), list(disputed)


def awards(subject: Subject, *, exclude: int | None = None) -> list[dict[str, Any]]:
    """What was approved for `subject` so far, as the rules' `prior_awards` want it. One query."""
    rows = Claim.objects.filter(subject=subject, state__in=COMMITTED).order_by("id")
    return [_award(row) for row in rows if row.pk != exclude]


def _award(claim: Claim) -> dict[str, Any]:
    facts = claim.decision.get("facts", {})
    award: dict[str, Any] = {"limb": claim.limb, "amount_yuan": _yuan(Decimal(claim.amount_fen) / 100)}
    if claim.event_date:
        award["date"] = claim.event_date.isoformat()
    if claim.limb in ("star", "review") and facts.get("star") is not None:
        award["star"] = facts["star"]
    if claim.limb == "homestay" and facts.get("homestay_grade_new"):
        award["grade"] = facts["homestay_grade_new"]
    return award


def _yuan(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.01")), "f")


def decide(
    matter: Matter,
    measure: str,
    as_of: date,
    settings: InForce | None = None,
    *,
    said: Mapping[str, Any] | None = None,
    claim: Claim | None = None,
) -> Decided:
    """Decide `matter` under `measure`. `said`: facts people stated (认定). `claim`: its own award is left out.

    Raises BadInput when a kept fact cannot be read by the rules.
    """
    frozen = settings or in_force(measure.partition(":")[0], as_of)
    facts, provenance, disputed = facts_for(matter, measure, exclude=claim.pk if claim else None)
    if claim is not None and claim.limb == "talent":
        facts["months_already_paid"] = claim.instalments.exclude(state="dropped").count()
    facts |= plain(dict(said or {}))
    return of_facts(measure, facts, as_of, frozen.given, provenance, disputed)


def of_facts(
    measure: str,
    facts: Mapping[str, Any],
    as_of: date,
    settings: Mapping[str, Any],
    provenance: Mapping[str, Any] | None = None,
    disputed: list[str] | None = None,
) -> Decided:
    """The same from facts at hand: for rechecks under the settings a claim was approved with."""
    record = engine.recorded(measure, facts, as_of, settings)
    result = record["result"]
    human = HUMAN.get(measure)
    needs: list[Need] = []
    likely = result
    if human and facts.get(human.fact) is None and result["status"] != "refused":
        likely = engine.decide(measure, {**facts, human.fact: human.yes}, as_of, settings)
        if likely["status"] in ("eligible", "human_review"):
            needs.append(Need(human.sort, human.cite, human.why, human.fact))
    if likely["status"] == "human_review":
        needs.insert(0, Need("ruling", _cite(likely), str(likely["why"])))
    near = bool(needs) and result["status"] != "eligible"
    return Decided(
        record=record,
        status=str(result["status"]),
        near=near,
        lines=tuple(lines(likely)) if likely["status"] in ("eligible", "human_review") else (),
        needs=tuple(needs),
        provenance=provenance or {},
        disputed=tuple(disputed or ()),
        title=str(result["name"]),
        why=str(result["why"]),
    )


def _cite(result: Mapping[str, Any]) -> str:
    found = next((line["cite"] for line in result["lines"] if line["status"] == "human_review"), "")
    return str(found or result["measure"])


def lines(result: Mapping[str, Any]) -> list[Line]:
    """What each limb of a decision gives. Deductions come off the first; where only the highest counts, it alone is."""
    found = [_line(line, result["unit"]) for line in result["lines"] if line["status"] in ("eligible", "human_review")]
    found = [line for line in found if line.hi > 0]
    if result["unit"] == "yuan_per_month" or not found:
        return found
    lo, hi = _span(result["amount_yuan"])
    if len(found) == 1:
        return [_with(found[0], lo, hi)]
    off = fen(plain(result["deducted_yuan"]))
    if sum(line.hi for line in found) - off != hi:  # only the highest is given
        return [_with(max(found, key=lambda line: line.hi), lo, hi)]
    kept = []
    for line in found:
        taken = min(off, line.hi)
        off -= taken
        kept.append(_with(line, max(0, line.lo - taken), line.hi - taken))
    return [line for line in kept if line.hi > 0]


def _with(line: Line, lo: int, hi: int) -> Line:
    return Line(line.limb, line.name, line.cite, line.status, lo, hi, line.extras)


def _line(line: Mapping[str, Any], unit: str) -> Line:
    extras = {name: plain(value) for name, value in line.items() if name not in _OWN}
    if unit == "yuan_per_month":
        whole = fen(str(extras.get("total_max_yuan", 0)))
        return Line(line["limb"], line["name"], line["cite"], line["status"], whole, whole, extras)
    lo, hi = _span(line["amount_yuan"])
    return Line(line["limb"], line["name"], line["cite"], line["status"], lo, hi, extras)


_OWN = ("limb", "name", "amount_yuan", "cite", "status")


def _span(amount: Any) -> tuple[int, int]:
    if amount is None:
        return 0, 0
    ends = amount if isinstance(amount, list) else [amount, amount]
    return fen(str(ends[0])), fen(str(ends[1]))
