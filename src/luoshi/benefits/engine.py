"""Decides measures: one subject with its reasons, or a register. Pure: plain data in, plain data out, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl

from luoshi.benefits import pack as packs
from luoshi.benefits import wording
from luoshi.kernel.canonical import dumps, plain
from luoshi.kernel.errors import BadInput
from luoshi.rules import days, record, register, screening, values
from luoshi.rules.answers import Answers, answers
from luoshi.rules.deciding import Decider, Decision, Outcome
from luoshi.rules.rule import ELIGIBLE, HUMAN, REFERRED, STATUS, Rule

# Names that may stand beside the facts of a subject without being facts.
BESIDE = ("settings", "subject", "name", "id", "note", "measure")
_WIDTH = str.maketrans("()：〇", "():0")


def rule_of(measure: str, pack: str = "jccq") -> tuple[Rule, packs.Measures]:
    """The rule of a measure like `25:二(一)`; brackets of either width. Raises BadInput when there is none."""
    key = measure.strip().translate(_WIDTH).replace(" ", "")
    found = packs.read(key.partition(":")[0] or "?", pack)
    if key not in found.assembly.rules:
        raise BadInput(f"没有这项措施：{measure}", field="measure", hint="现有：" + "、".join(found.assembly.rules))
    return found.assembly.rules[key], found


def settings_of(rule: Rule, given: Mapping[str, Any], *, file: str = "") -> Answers:
    return answers(rule.scope.settings, given, file=file)


@lru_cache(maxsize=64)
def _decider(measure: str, pack: str, spelt: str) -> Decider:
    """Building the closures takes milliseconds; a service decides many subjects under one set of answers."""
    rule, _ = rule_of(measure, pack)
    return Decider(rule, settings_of(rule, _prepared[spelt]))


_prepared: dict[str, Mapping[str, Any]] = {}


def decider(measure: str, settings: Mapping[str, Any], pack: str = "jccq") -> Decider:
    spelt = dumps(plain(_no_floats(settings)))
    if len(_prepared) > 1024:
        _prepared.clear()
    _prepared[spelt] = settings
    return _decider(measure, pack, spelt)


def _no_floats(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {str(key): _no_floats(inner) for key, inner in value.items()}
    return [_no_floats(inner) for inner in value] if isinstance(value, list | tuple) else value


def decide(
    measure: str,
    facts: Mapping[str, Any],
    as_of: date,
    settings: Mapping[str, Any] | None = None,
    *,
    pack: str = "jccq",
    file: str = "",
) -> dict[str, Any]:
    """One decision as in the stable interface. `facts["settings"]` overrides `settings`. May raise BadInput."""
    given = {**(settings or {}), **_inner_settings(facts, file)}
    made = decider(measure, given, pack)
    known = made.rule.scope.facts
    internal = values.facts(known, facts, file=file, ignore=BESIDE)
    internal["as_of"] = days.to_int(as_of)
    shown = {name: values.show(known[name].type, value) for name, value in internal.items()}
    return answer(made.decide(internal, shown), made.answers)


def _inner_settings(facts: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    inner = facts.get("settings") or {}
    if not isinstance(inner, Mapping):
        raise BadInput("settings 应写作 名称: 值", file=file, field="settings")
    return inner


def answer(decision: Decision, in_force: Answers) -> dict[str, Any]:
    """The decision as plain data: amounts in yuan, exact."""
    return {
        "measure": decision.rule.key,
        "name": decision.rule.name,
        "status": decision.status_name,
        "eligible": decision.status == ELIGIBLE,
        "amount_yuan": _amount(decision.status, decision.lo, decision.hi),
        "unit": decision.rule.unit,
        "lines": [_line(o, in_force) for o in decision.outcomes if o.status in (ELIGIBLE, HUMAN)],
        "uncapped_yuan": None if decision.uncapped is None else values.amount(decision.uncapped, 2),
        "deducted_yuan": values.amount(decision.deducted, 2),
        "missing": decision.missing,
        "limbs": [_limb(outcome) for outcome in decision.outcomes],
        "trace": [_traced(step) for step in decision.trace],
        "interpretations": [in_force.spell(key) for key in decision.settings],
        "why": wording.why(decision),
    }


def _amount(status: int, lo: int, hi: int) -> Any:
    if status == REFERRED:
        return None
    if status not in (ELIGIBLE, HUMAN):
        return 0
    return values.amount(lo, 2) if lo == hi else [values.amount(lo, 2), values.amount(hi, 2)]


def _line(outcome: Outcome, in_force: Answers) -> dict[str, Any]:
    limb = outcome.limb
    line = {
        "limb": limb.key,
        "name": limb.name,
        "amount_yuan": _amount(outcome.status, outcome.lo, outcome.hi),
        "cite": outcome.cite or limb.cite,
        "status": STATUS[outcome.status],
    }
    line |= {name: values.show(limb.extras[name].type, value) for name, value in outcome.extras.items()}
    payout = in_force.by_key.get("s4.payout")
    if limb.key == "interest" and payout is not None and payout.shown == "three_yearly_instalments":
        line["instalments_yuan"] = [values.amount(part, 2) for part in instalments(outcome.lo, 3)]
    return line


def instalments(fen: int, count: int) -> list[int]:
    """Equal parts that add up exactly; the odd fen go to the last."""
    part = fen // count
    return [part] * (count - 1) + [fen - part * (count - 1)]


def _limb(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"limb": outcome.limb.key, "name": outcome.limb.name, "status": STATUS[outcome.status]}
    if outcome.limb.refers:
        found["refer_to"] = outcome.limb.refers
        found |= {name: values.show(outcome.limb.extras[name].type, v) for name, v in outcome.extras.items()}
    return found | {"why": [reason.told for reason in outcome.why], "missing": outcome.missing}


def _traced(step: dict[str, Any]) -> dict[str, Any]:
    if "amount" not in step:
        return step
    value = step["value"]
    spelt = [values.amount(end, 2) for end in value] if isinstance(value, list) else values.amount(value, 2)
    return {name: part for name, part in step.items() if name != "amount"} | {"value": spelt}


def recorded(
    measure: str, facts: Mapping[str, Any], as_of: date, settings: Mapping[str, Any] | None = None, pack: str = "jccq"
) -> dict[str, Any]:
    """The decision with everything needed to decide it again, sealed by digests."""
    _, measures = rule_of(measure, pack)
    result = decide(measure, facts, as_of, settings, pack=pack)
    return record.make(
        rule=result["measure"], pack=measures.digest, as_of=as_of.isoformat(),
        facts=_no_floats(facts), settings=_no_floats(settings or {}), result=result,
    )  # fmt: skip


def replay(kept: Mapping[str, Any], pack: str = "jccq") -> list[str]:
    """What does not hold in a kept record; empty when it can be decided again with the same result."""

    def again(old: Mapping[str, Any]) -> tuple[str, Any]:
        _, measures = rule_of(str(old["rule"]), pack)
        return measures.digest, decide(
            old["rule"], old["facts"], date.fromisoformat(old["as_of"]), old["settings"], pack=pack
        )

    return record.verify(kept, again)


def screen(
    measure: str,
    register_: pl.DataFrame,
    as_of: date,
    settings: Mapping[str, Any] | None = None,
    *,
    pack: str = "jccq",
    file: str = "",
    first_line: int = 1,
) -> pl.DataFrame:
    """A whole register: its columns that are not facts, then status, amounts in yuan (exact decimals) and why.

    `amount_yuan` is null where the answer is a range (see `amount_min_yuan`, `amount_max_yuan`) or another body's.
    """
    rule, _ = rule_of(measure, pack)
    in_force = settings_of(rule, settings or {}, file=file)
    facts = {name: fact for name, fact in rule.scope.facts.items() if name != "as_of"}
    internal = register.internal(register_, facts, file=file, first_line=first_line)
    result = screening.screen(rule, in_force, internal, days.to_int(as_of))
    beside = register_.select([name for name in register_.columns if name not in facts and name not in wording.COLUMNS])
    return pl.concat([beside, wording.columns(rule, result)], how="horizontal")


def turns(
    measure: str,
    register_: pl.DataFrame,
    as_of: date,
    later: Sequence[date],
    settings: Mapping[str, Any] | None = None,
    *,
    pack: str = "jccq",
) -> pl.Series:
    """For each row the number of the first of the `later` days on which the answer is another than on `as_of`, or null.

    The facts stay as they are; only the day moves.
    """
    rule, _ = rule_of(measure, pack)
    in_force = settings_of(rule, settings or {})
    facts = register.internal(register_, {name: fact for name, fact in rule.scope.facts.items() if name != "as_of"})

    def answered(day: date) -> pl.DataFrame:
        given = facts.with_columns(as_of=pl.lit(days.to_int(day), dtype=pl.Int64))
        return screening.screen(rule, in_force, given, None)

    now = answered(as_of)
    first = pl.Series([None], dtype=pl.Int64).new_from_index(0, register_.height)
    for number in range(len(later) - 1, -1, -1):
        then = answered(later[number])
        other = pl.DataFrame([now[name] != then[name] for name in now.columns]).select(pl.any_horizontal(pl.all()))
        first = pl.Series([number]).zip_with(other.to_series(), first)
    return first
