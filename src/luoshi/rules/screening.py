"""The whole rule as columns: the same statuses and amounts as `deciding`, for every row of a register at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from luoshi.rules import columns, sql, steps
from luoshi.rules.answers import Answers
from luoshi.rules.lowering import Cell, Lowering, Ops, Tri, Value
from luoshi.rules.rule import (
    ELIGIBLE,
    HUMAN,
    PENDING,
    REFERRED,
    REFUSED,
    Condition,
    Limb,
    Reason,
    Rule,
)  # fmt: skip

X = TypeVar("X")
# `reason` numbers a condition of `reasons(rule)`, 0 when none decided.
RESULT = ["status.v", "lo.v", "hi.v", "uncapped.v", "uncapped.k", "reason.v"]
_DTYPES = {
    "status.v": pl.Int16, "lo.v": pl.Int64, "hi.v": pl.Int64,
    "uncapped.v": pl.Int64, "uncapped.k": pl.Boolean, "reason.v": pl.Int16,
}  # fmt: skip


def screen(
    rule: Rule, answers: Answers, frame: pl.DataFrame, as_of: int | None, results: Sequence[str] = RESULT
) -> pl.DataFrame:
    """The RESULT columns, or some of them, for every row of `frame` (facts in internal form, null = unknown).

    `as_of` None: the day is a column of the frame, `as_of`.
    """
    wanted = {name: _DTYPES[name] for name in results}
    return columns.run(frame, _program(rule, answers, as_of, tuple(wanted)), wanted)


_programs: dict[Any, tuple[Rule, steps.Program]] = {}  # with its rule, so that no other rule has its id


def _program(rule: Rule, answers: Answers, as_of: int | None, results: tuple[str, ...]) -> steps.Program:
    """Making the steps takes milliseconds; a service screens many registers by one rule on one day."""
    key = (id(rule), as_of, results, repr(sorted(answers.values.items())), tuple(sorted(answers.ruled)))
    if key not in _programs:
        if len(_programs) >= 64:
            _programs.clear()
        _programs[key] = (rule, steps.program(lower(rule, answers, steps.StepOps(), as_of), results))
    return _programs[key][1]


def query(rule: Rule, answers: Answers, dialect: str, source: str, key: str, as_of: int) -> str:
    """The same as one SQL query over the table `source` (see `sql` for its shape)."""
    low = lower(rule, answers, sql.SqlOps(sql.DIALECTS[dialect]), as_of)
    return sql.emit(low, source, key, RESULT)


def reasons(rule: Rule) -> list[Reason | None]:
    """What the `reason` column's numbers mean: 0 none, then each condition as failed and as unknown."""
    found: list[Reason | None] = [None]
    for limb in rule.limbs:
        for condition in rule.conditions(limb):
            found += [Reason(condition, False), Reason(condition, True)]
    return found


def lower(rule: Rule, answers: Answers, ops: Ops[X], as_of: int | None) -> Lowering[X]:
    low = Lowering(ops, rule.scope.terms, answers.values, answers.ruled, as_of)
    _Rule(low, rule, answers).settle()
    return low


@dataclass(slots=True)
class _Masks:
    """Where a limb stands, as conditions: exactly one of them holds in each row where it is claimed."""

    status: dict[int, Cell[Any]]
    reason: Cell[Any]
    lo: Cell[Any]
    hi: Cell[Any]
    uncapped: Cell[Any]
    uncapped_known: Cell[Any]


class _Rule:
    """Statuses are kept as conditions, a bit per row, until the end; only amounts and reasons are numbers."""

    def __init__(self, low: Lowering[Any], rule: Rule, answers: Answers) -> None:
        self.low, self.rule = low, rule
        option = rule.scope.settings[rule.stack].options[answers.by_key[rule.stack].value] if rule.stack else ""
        self.highest = option == "highest"

    def settle(self) -> None:
        low, gate = self.low, [self._tri(condition) for condition in self.rule.gate]
        limbs, offset = list[_Masks](), 0
        for limb in self.rule.limbs:
            limbs.append(self._limb(limb, gate, offset + 1))
            offset += 2 * len(self.rule.conditions(limb))
        status, reason = self._overall(limbs, gate)
        lo = hi = free = low.whole(0)
        free_known = low.nope
        for made in limbs:
            lo, hi = self._fold(lo, made.lo), self._fold(hi, made.hi)
            free = low.math("add", free, made.uncapped)
            free_known = low.either(free_known, made.uncapped_known)
        status, lo, hi = self._take_off(status, lo, hi)
        for name, cell in (
            ("status.v", status),
            ("lo.v", lo),
            ("hi.v", hi),
            ("uncapped.v", free),
            ("reason.v", reason),
        ):
            low.keep(cell, name)
        low.keep(free_known, "uncapped.k")

    def _tri(self, condition: Condition) -> Tri[Any]:
        found = self.low.tri(condition.node)
        return Tri(self.low.keep(found.t), self.low.keep(found.f))

    def _fold(self, total: Cell[Any], amount: Cell[Any]) -> Cell[Any]:
        low = self.low
        if total.fixed == 0 or not self.highest:
            return amount if total.fixed == 0 else low.keep(low.math("add", total, amount))
        return low.keep(low.pick(low.test("gt", amount, total), amount, total))

    def _limb(self, limb: Limb, gate: list[Tri[Any]], first: int) -> _Masks:
        low = self.low
        tests = [(condition, tri, limb.lenient) for condition, tri in zip(self.rule.gate, gate, strict=True)]
        tests += [(condition, self._tri(condition), False) for condition in limb.conditions]
        claimed = low.keep(low.no(low.tri(limb.claimed).f))
        refused = low.nope
        for condition, tri, _ in tests:
            if condition.fails == REFUSED:
                refused = low.either(refused, tri.f)
        refused = low.keep(low.both(claimed, refused))
        still = low.keep(low.both(claimed, low.no(refused)))  # every condition so far is met
        status = dict.fromkeys((PENDING, REFERRED, HUMAN, ELIGIBLE), low.nope) | {REFUSED: refused}
        for condition, tri, skipped in tests:
            if skipped:
                continue
            met = tri.t if condition.unknown >= 0 else low.no(tri.f)
            if condition.unknown == condition.fails:
                self._falls(status, condition.fails, low.both(still, low.no(met)))
            else:
                if condition.unknown >= 0:
                    self._falls(status, condition.unknown, low.both(still, low.no(low.either(tri.t, tri.f))))
                if condition.fails != REFUSED:
                    self._falls(status, condition.fails, low.both(still, tri.f))
            still = low.keep(low.both(still, met))
        passed = REFERRED if limb.refers else ELIGIBLE
        status[passed] = low.either(status[passed], still)
        return self._paid(limb, status, self._reason(tests, first))

    def _falls(self, status: dict[int, Cell[Any]], code: int, where: Cell[Any]) -> None:
        status[code] = self.low.keep(self.low.either(status[code], where))

    def _reason(self, tests: list[tuple[Condition, Tri[Any], bool]], first: int) -> Cell[Any]:
        """The first condition that refuses, else the first that is not met. Backwards: the first has the last word."""
        low, reason = self.low, self.low.code(0)
        for number in range(len(tests) - 1, -1, -1):
            condition, tri, skipped = tests[number]
            if skipped:
                continue
            at = first + 2 * number
            if condition.unknown >= 0:
                reason = low.pick(low.no(low.either(tri.t, tri.f)), low.code(at + 1), reason)
            if condition.fails != REFUSED:
                reason = low.pick(tri.f, low.code(at), reason)
        for number in range(len(tests) - 1, -1, -1):
            condition, tri, _ = tests[number]
            if condition.fails == REFUSED:
                reason = low.pick(tri.f, low.code(first + 2 * number), reason)
        return low.keep(reason)

    def _paid(self, limb: Limb, status: dict[int, Cell[Any]], reason: Cell[Any]) -> _Masks:
        """Amounts; where one is unknown the limb is pending, whatever else was met."""
        low, zero = self.low, self.low.whole(0)
        if limb.amount is None:
            return _Masks(status, reason, zero, zero, zero, low.nope)
        low_end = low.value(limb.amount)
        high_end = low.value(limb.upto) if limb.upto else low_end
        known = low.keep(low.both(low_end.known, high_end.known))
        if known.fixed is not True:
            open_ = low.both(low.either(status[ELIGIBLE], status[HUMAN]), low.no(known))
            status[PENDING] = low.keep(low.either(status[PENDING], open_))
            status[ELIGIBLE] = low.keep(low.both(status[ELIGIBLE], known))
            status[HUMAN] = low.keep(low.both(status[HUMAN], known))
        pays = low.keep(low.either(status[ELIGIBLE], status[HUMAN]))
        lo = low.keep(low.pick(pays, low_end.v, zero))
        hi = low.keep(low.pick(pays, high_end.v, zero)) if limb.upto else lo
        if limb.uncapped is None:
            return _Masks(status, reason, lo, hi, zero, low.nope)
        free = low.value(limb.uncapped)
        there = low.keep(low.both(pays, free.known))
        return _Masks(status, reason, lo, hi, low.keep(low.pick(there, free.v, zero)), there)

    def _overall(self, limbs: list[_Masks], gate: list[Tri[Any]]) -> tuple[Cell[Any], Cell[Any]]:
        low, code_ = self.low, self.low.code
        shut, reason = low.nope, code_(0)
        for number in range(len(self.rule.gate) - 1, -1, -1):
            if self.rule.gate[number].fails == REFUSED:
                shut = low.either(shut, gate[number].f)
                reason = low.pick(gate[number].f, code_(1 + 2 * number), reason)
        status = low.pick(shut, code_(REFUSED), code_(PENDING))  # when nothing is claimed
        for code in (REFUSED, REFERRED, PENDING, ELIGIBLE, HUMAN):  # the weakest first: the last to match wins
            for limb in reversed(limbs):
                if limb.status[code].fixed is not False:
                    status = low.pick(limb.status[code], code_(code), status)
                    reason = low.pick(limb.status[code], limb.reason, reason)
        return low.keep(status), reason

    def _take_off(self, status: Cell[Any], lo: Cell[Any], hi: Cell[Any]) -> tuple[Cell[Any], Cell[Any], Cell[Any]]:
        if self.rule.deduct is None:
            return status, lo, hi
        low, zero = self.low, self.low.whole(0)
        off = low.value(self.rule.deduct)
        off = Value(low.keep(off.v), low.keep(off.known))
        pays = low.test("ge", status, low.code(HUMAN))
        status = low.pick(low.both(pays, low.no(off.known)), low.code(PENDING), status)
        ends = []
        for end in (lo, hi):
            less = low.keep(low.math("sub", end, off.v))
            more = low.both(off.known, low.test("gt", less, zero))
            ends.append(low.pick(more, less, zero))
        return status, ends[0], ends[1]
