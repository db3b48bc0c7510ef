"""One decision, explained: every condition with its citation, value and facts; what is missing, most decisive first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from luoshi.rules import ranking
from luoshi.rules.answers import Answers
from luoshi.rules.interpret import Env, Maker, Run
from luoshi.rules.rule import (
    ELIGIBLE,
    HUMAN,
    NOT_CLAIMED,
    PENDING,
    REFERRED,
    REFUSED,
    STATUS,
    Condition,
    Limb,
    Reason,
    Rule,
)


@dataclass(slots=True)
class Outcome:
    """One limb. `lo` and `hi` in fen; equal unless the text leaves a range. `why`: the conditions that decided."""

    limb: Limb
    status: int
    lo: int = 0
    hi: int = 0
    uncapped: int | None = None
    cite: str = ""
    extras: dict[str, Any] = field(default_factory=dict)
    why: list[Reason] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Decision:
    """Amounts in fen. `settings` are the open questions it leaned on."""

    rule: Rule
    status: int
    outcomes: list[Outcome]
    lo: int = 0
    hi: int = 0
    uncapped: int | None = None
    missing: list[str] = field(default_factory=list)
    trace: list[dict[str, Any]] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    why: list[Reason] = field(default_factory=list)
    deducted: int = 0

    @property
    def status_name(self) -> str:
        return STATUS[self.status]


@dataclass(frozen=True, slots=True)
class _Test:
    condition: Condition
    run: Run


@dataclass(frozen=True, slots=True)
class _Limb:
    limb: Limb
    claimed: Run
    tests: tuple[_Test, ...]
    amount: Run | None
    upto: Run | None
    uncapped: Run | None
    table_key: Run | None
    extras: tuple[tuple[str, Run], ...]


class Decider:
    """A rule under one set of answers, ready to decide one subject after another."""

    def __init__(self, rule: Rule, answers: Answers) -> None:
        self.rule, self.answers = rule, answers
        maker = Maker(rule.scope.terms, answers.values, answers.ruled)
        self._gate = tuple(_Test(condition, maker.make(condition.node)) for condition in rule.gate)
        self._limbs = tuple(self._prepare(limb, maker) for limb in rule.limbs)
        self._deduct = maker.make(rule.deduct) if rule.deduct else None
        self._highest = bool(rule.stack) and self._answered(rule.stack) == "highest"

    def _answered(self, key: str) -> str:
        found = self.rule.scope.settings[key]
        option: str = found.options[self.answers.by_key[key].value]
        return option

    def _prepare(self, limb: Limb, maker: Maker) -> _Limb:
        make = maker.make
        return _Limb(
            limb,
            make(limb.claimed),
            tuple(_Test(condition, make(condition.node)) for condition in limb.conditions),
            make(limb.amount) if limb.amount else None,
            make(limb.upto) if limb.upto else None,
            make(limb.uncapped) if limb.uncapped else None,
            make(limb.table.args[0]) if limb.table else None,
            tuple((name, make(node)) for name, node in limb.extras.items()),
        )

    def decide(self, facts: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> Decision:
        """`facts` in internal form; `shown`, as they were given, goes into the trace."""
        decision, e = self._run(facts, facts if shown is None else shown, True)
        decision.settings = list(e.used)
        if len(decision.missing) > 1:
            decision.missing = ranking.rank(decision.missing, facts, self.rule, self.answers, self.status)
        return decision

    def status(self, facts: Mapping[str, Any]) -> int:
        return self._run(facts, facts, False)[0].status

    def _run(self, facts: Mapping[str, Any], shown: Mapping[str, Any], traced: bool) -> tuple[Decision, Env]:
        e, trace = Env(facts), list[dict[str, Any]]()
        gate = _ask(self._gate, e, shown, trace if traced else None)
        outcomes = [self._limb(limb, gate, e, shown, trace if traced else None) for limb in self._limbs]
        decision = self._combine([outcome for outcome in outcomes if outcome.status != NOT_CLAIMED], gate, e)
        decision.trace = trace
        return decision, e

    def _limb(self, limb: _Limb, gate: _Asked, e: Env, shown: Mapping[str, Any], trace: list[Any] | None) -> Outcome:
        if limb.claimed(e) is False:
            return Outcome(limb.limb, NOT_CLAIMED)
        e.miss.clear()
        asked = _ask(limb.tests, e, shown, trace)
        outcome = _settle(limb.limb, gate, asked)
        if outcome.status in (ELIGIBLE, HUMAN):
            self._pay(limb, outcome, e, shown, trace)
        elif outcome.status == REFERRED:
            outcome.extras = {name: run(e) for name, run in limb.extras}
        return outcome

    def _pay(self, limb: _Limb, outcome: Outcome, e: Env, shown: Mapping[str, Any], trace: list[Any] | None) -> None:
        """The amount; unknown amounts are pending, whatever else was met."""
        e.miss.clear()
        lo = limb.amount(e) if limb.amount else 0
        hi = limb.upto(e) if limb.upto else lo
        if lo is None or hi is None:
            outcome.status = PENDING
            outcome.missing = list(dict.fromkeys([*outcome.missing, *e.miss]))
            return
        outcome.lo, outcome.hi = lo, hi
        outcome.cite = limb.limb.cite
        if limb.table_key is not None:
            key = limb.table_key(e)
            tests: Sequence[Any] = limb.limb.table.value if limb.limb.table else ()
            outcome.cite = next(
                (cite for test, cite in zip(tests, limb.limb.rows, strict=False) if test(key)), outcome.cite
            )
        outcome.uncapped = limb.uncapped(e) if limb.uncapped else None
        outcome.extras = {name: run(e) for name, run in limb.extras}
        if trace is not None:
            value: Any = [lo, hi] if lo != hi else lo
            text = f"{limb.limb.name}：金额"
            trace.append(
                {"cite": outcome.cite, "condition": text, "value": value, "amount": True, "formula": limb.limb.source,
                 "facts": _used(limb.limb.facts, shown, ())}
            )  # fmt: skip

    def _combine(self, outcomes: list[Outcome], gate: _Asked, e: Env) -> Decision:
        status = _overall([outcome.status for outcome in outcomes])
        if not outcomes:
            return self._nothing_claimed(gate)
        paying = [outcome for outcome in outcomes if outcome.status in (ELIGIBLE, HUMAN)]
        fold = max if self._highest else sum
        decision = Decision(self.rule, status, outcomes)
        if paying:
            decision.lo, decision.hi = fold(o.lo for o in paying), fold(o.hi for o in paying)
            uncapped = [o.uncapped for o in paying if o.uncapped is not None]
            decision.uncapped = sum(uncapped) if uncapped else None
            self._take_off(decision, e)
        decision.why = next((o.why for o in outcomes if o.status == status), [])
        open_ = (o for o in outcomes if o.status in (PENDING, HUMAN))
        decision.missing = list(dict.fromkeys([*decision.missing, *(name for o in open_ for name in o.missing)]))
        return decision

    def _take_off(self, decision: Decision, e: Env) -> None:
        if self._deduct is None:
            return
        e.miss.clear()
        deducted = self._deduct(e)
        if deducted is None:
            decision.status, decision.missing = PENDING, list(e.miss)
            decision.lo = decision.hi = 0
            return
        decision.deducted = min(deducted, decision.hi)
        decision.lo, decision.hi = max(0, decision.lo - deducted), max(0, decision.hi - deducted)

    def _nothing_claimed(self, gate: _Asked) -> Decision:
        if gate.refused:
            return Decision(self.rule, REFUSED, [], why=gate.refused)
        missing = [*gate.missing, *self.rule.asks]
        return Decision(self.rule, PENDING, [], missing=list(dict.fromkeys(missing)))


@dataclass(slots=True)
class _Asked:
    refused: list[Reason] = field(default_factory=list)
    unmet: list[tuple[Reason, int]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def _ask(tests: Iterable[_Test], e: Env, shown: Mapping[str, Any], trace: list[Any] | None) -> _Asked:
    asked = _Asked()
    miss = e.miss
    for test in tests:
        miss.clear()
        value, condition = test.run(e), test.condition
        for key in condition.leans:
            e.used[key] = None
        if trace is not None:
            trace.append(
                {
                    "cite": condition.cite,
                    "condition": condition.text,
                    "value": "unknown" if value is None else value,
                    "facts": _used(condition.facts, shown, miss if value is None else ()),
                }
            )
        if value is True:
            continue
        if value is None:
            if condition.unknown >= 0:
                asked.unmet.append((Reason(condition, True), condition.unknown))
                asked.missing.extend(miss)
        elif condition.fails == REFUSED:
            asked.refused.append(Reason(condition, False))
        else:
            asked.unmet.append((Reason(condition, False), condition.fails))
    return asked


def _used(names: Iterable[str], shown: Mapping[str, Any], miss: Iterable[str]) -> dict[str, Any]:
    """The facts a step looked at: those told, and those whose absence left it open."""
    found = {name: shown[name] for name in names if name in shown}
    return found | dict.fromkeys(miss) if miss else found


def _settle(limb: Limb, gate: _Asked, asked: _Asked) -> Outcome:
    refused = [*gate.refused, *asked.refused]
    if refused:
        return Outcome(limb, REFUSED, why=refused)
    unmet = asked.unmet if limb.lenient else [*gate.unmet, *asked.unmet]
    missing = asked.missing if limb.lenient else [*gate.missing, *asked.missing]
    missing = list(dict.fromkeys(missing))
    if unmet:
        status = unmet[0][1]
        why = [reason for reason, code in unmet if code == status]
        return Outcome(limb, status, why=why, missing=missing)
    return Outcome(limb, REFERRED if limb.refers else ELIGIBLE, missing=missing)


def _overall(statuses: list[int]) -> int:
    """A person looks when any limb needs one; else what can be paid is; else what is open; else who else decides."""
    return next((status for status in (HUMAN, ELIGIBLE, PENDING, REFERRED) if status in statuses), REFUSED)
