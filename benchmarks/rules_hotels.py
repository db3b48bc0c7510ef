"""The hotel measures as the pack states them, beside the same by hand; then a register against single decisions.

    python -m benchmarks rules_hotels [--subjects 1000000] [--agree 17000]

Three measures at 10⁴, 10⁵ … subjects beside openfisca-core and numpy, answers checked equal before timing; then all
six on random subjects with unknowns, decided both ways.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
from collections.abc import Callable
from typing import Any

import polars as pl

from benchmarks.rules import AS_OF, ROOT, median
from luoshi.benefits import engine
from luoshi.rules import days, register, screening, values
from luoshi.rules.answers import answers


def lodgings(count: int) -> pl.DataFrame:
    """Subjects of the hotel measures without unknowns, in internal form: nobody paid before, no day at a boundary."""
    r = random.Random(2)
    first = days.ordinal(20240101)
    calendar = [days.from_ordinal(first + i) for i in range(900)]
    base = min(count, 100_000)
    columns: dict[str, Callable[[], Any]] = {
        "in_district": lambda: r.random() < 0.9,
        "lawful_operation": lambda: r.random() < 0.95,
        "star": lambda: r.randint(3, 5),
        "event_date": lambda: calendar[r.randrange(900)],
        "turnover_prior_year_yuan": lambda: r.randrange(2 * 10**9),
        "homestay_grade_new": lambda: r.randrange(3),
        "named": lambda: r.random() < 0.8,
        "in_support_plan": lambda: r.random() < 0.7,
        "investment_yuan": lambda: r.randrange(2 * 10**9),
        "cooperating_bank": lambda: r.random() < 0.9,
        "credit": lambda: r.randrange(1, 2 * 10**10),
        "lpr_application_year": lambda: r.choice([30000, 31000, 33500]),
        "human_approval": lambda: r.random() < 0.8,
    }
    made = pl.DataFrame({name: [draw() for _ in range(base)] for name, draw in columns.items()})
    return pl.concat([made] * (count // base), rechunk=True)


def _facts(measure: str, frame: pl.DataFrame) -> pl.DataFrame:
    """What the pack's rule is given: the same subjects, with what it presumes of those nobody paid before."""
    rule, _ = engine.rule_of(measure)
    zero = pl.lit(0, dtype=pl.Int64)
    star = rule.scope.facts["star_event"].type.values.index("new")
    kind = rule.scope.facts["project_kind"].type.values.index("改造")
    shaped = frame.with_columns(
        star_event=zero + star if measure == "25:二(一)" else pl.lit(None, dtype=pl.Int64),
        project_kind=zero + kind,
        licence_registered=pl.lit(True),
        application_date=pl.col("event_date"),
        standard=pl.when("named").then(pl.lit("GB/T 41648-2022")).otherwise(pl.lit("DB14/T 1")),
        contracts_yuan=pl.concat_list(pl.struct(pl.col("credit").alias("it"))),
    )
    known = {name: fact for name, fact in rule.scope.facts.items() if name != "as_of"}
    presumed = register.internal(
        pl.DataFrame({"in_district": [True] * frame.height}), {n: f for n, f in known.items() if f.presumed}
    )
    return pl.concat([shaped.select([n for n in shaped.columns if n in known]), presumed], how="horizontal")


BESIDE = {"25:二(一)": "star", "25:二(三)": "homestay", "25:二(四)": "interest"}


def by_hand(measure: str, c: dict[str, Any]) -> Any:
    """The amount of each subject in fen, as the text says, by hand."""
    import numpy as np

    day = c["event_date"]
    gate = c["in_district"] & c["lawful_operation"] & (day >= 20240719) & (day <= AS_OF)
    if measure == "25:二(一)":
        amount = np.where(c["star"] == 5, 50_000_000, np.where(c["star"] == 4, 20_000_000, 0))
        return np.where(gate & (c["turnover_prior_year_yuan"] >= 10**9), amount, 0)
    if measure == "25:二(三)":
        amount = np.where(
            c["homestay_grade_new"] == 0, 20_000_000, np.where(c["homestay_grade_new"] == 1, 10_000_000, 0)
        )
        return np.where(gate & c["named"], amount, 0)
    met = gate & c["in_support_plan"] & (c["investment_yuan"] >= 10**9) & c["cooperating_bank"] & c["human_approval"]
    raw = (c["credit"] * c["lpr_application_year"] * 36 * 2 + 12 * 10**6) // (24 * 10**6)
    return np.where(met, np.minimum(raw, 500_000_000), 0)


def openfisca_hotels() -> Any:
    """The same three as openfisca formulas; amounts in yuan, its floats of 32 bits."""
    import numpy as np
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import YEAR
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    hotel = build_entity(key="hotel", plural="hotels", label="hotel", is_person=True)
    system = TaxBenefitSystem([hotel])

    def variable(name: str, kind: type, formula: Any = None) -> None:
        body = {"value_type": kind, "entity": hotel, "definition_period": YEAR, "label": name}
        system.add_variable(type(name, (Variable,), body | ({"formula": formula} if formula else {})))

    floats = ("turnover_prior_year_yuan", "investment_yuan", "credit", "lpr_application_year")
    for name, dtype in lodgings(1).schema.items():
        variable(name, float if name in floats else bool if dtype == pl.Boolean else int)
    variable(
        "gate",
        bool,
        lambda h, p: (
            h("in_district", p)
            * h("lawful_operation", p)
            * (h("event_date", p) >= 20240719)
            * (h("event_date", p) <= AS_OF)
        ),
    )
    variable(
        "star_award",
        float,
        lambda h, p: (
            h("gate", p)
            * (h("turnover_prior_year_yuan", p) >= 10_000_000)
            * np.select([h("star", p) == 5, h("star", p) == 4], [500_000, 200_000], 0)
        ),
    )
    variable(
        "homestay_award",
        float,
        lambda h, p: (
            h("gate", p)
            * h("named", p)
            * np.select([h("homestay_grade_new", p) == 0, h("homestay_grade_new", p) == 1], [200_000, 100_000], 0)
        ),
    )
    variable(
        "interest_award",
        float,
        lambda h, p: (
            h("gate", p)
            * h("in_support_plan", p)
            * (h("investment_yuan", p) >= 10_000_000)
            * h("cooperating_bank", p)
            * h("human_approval", p)
            * np.minimum(np.floor(h("credit", p) * h("lpr_application_year", p) * 300 + 0.5) / 100, 5_000_000)
        ),
    )
    return system


def openfisca_awards(system: Any, frame: pl.DataFrame, name: str) -> float:
    import numpy as np
    from openfisca_core.simulations import SimulationBuilder

    simulation = SimulationBuilder().build_default_simulation(system, count=frame.height)
    scales = {"turnover_prior_year_yuan": 100, "investment_yuan": 100, "credit": 100, "lpr_application_year": 10**6}
    for column in frame.columns:
        values_ = frame[column].to_numpy()
        simulation.set_input(column, "2025", values_ / scales[column] if column in scales else values_)
    return float(simulation.calculate(name, "2025").astype(np.float64).sum())


def beside(count: int) -> None:
    """Three hotel measures from the pack, with every condition the pack has, beside the bare arithmetic of others."""
    frame = lodgings(count)
    system = openfisca_hotels() if importlib.util.find_spec("openfisca_core") else None
    for measure, name in BESIDE.items():
        rule, _ = engine.rule_of(measure)
        given, facts = answers(rule.scope.settings, {}), _facts(measure, frame)
        ours = screening.screen(rule, given, facts, AS_OF)["lo.v"]
        taken = median(lambda r=rule, g=given, f=facts: screening.screen(r, g, f, AS_OF), 3)
        told = f"{measure} {count} subjects: luoshi {taken:.3f} s"
        if importlib.util.find_spec("numpy"):
            columns = {column: frame[column].to_numpy() for column in frame.columns}
            assert (by_hand(measure, columns) == ours.to_numpy()).all(), f"{measure}: by hand and from the pack differ"
            hand = median(lambda m=measure, c=columns: by_hand(m, c), 3)
            told += f"; numpy by hand {hand:.3f} s, equal"
        if system is not None:
            needed = frame.select([c for c in frame.columns if c in _NEEDS[name]])
            off = abs(openfisca_awards(system, needed, f"{name}_award") - int(ours.sum()) / 100)
            other = median(lambda n=name, f=needed: openfisca_awards(system, f, f"{n}_award"), 3)
            told += f"; openfisca-core {other:.3f} s ({other / taken:.2f} x ours), off by {off:.2f} yuan"
        print(told, flush=True)


_GATE = {"in_district", "lawful_operation", "event_date"}
_NEEDS = {
    "star": _GATE | {"star", "turnover_prior_year_yuan"},
    "homestay": _GATE | {"homestay_grade_new", "named"},
    "interest": _GATE
    | {"in_support_plan", "investment_yuan", "cooperating_bank", "credit", "lpr_application_year", "human_approval"},
}


def hotels(count: int) -> None:
    """The six measures: the same answer from a register and one by one, on random subjects with unknowns."""
    spec = importlib.util.spec_from_file_location("cases", ROOT / "tests" / "benefits" / "test_screening.py")
    assert spec and spec.loader
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    each = max(1, count // 1000)
    for measure in cases.MEASURES:
        agreed = 0
        for seed in range(each):
            agreed += sum(
                cases.compare(measure, list(cases.subjects(1000 + seed, 1000)), cases.CHOICES[seed % 3]).values()
            )
        rule, _ = engine.rule_of(measure)
        facts = {name: fact for name, fact in rule.scope.facts.items() if name != "as_of"}
        rows = list(cases.subjects(1, 2000))
        frame = register.internal(pl.concat([cases.frame(rows)] * 50), facts)
        taken = median(
            lambda rule=rule, frame=frame: screening.screen(rule, answers(rule.scope.settings, {}), frame, AS_OF), 3
        )
        decider = engine.decider(measure, {})
        internal = [{**values.facts(rule.scope.facts, row), "as_of": AS_OF} for row in rows[:500]]
        one = (
            median(lambda decider=decider, internal=internal: [decider.decide(facts) for facts in internal], 3)
            / 500
            * 1e6
        )
        rate = frame.height / taken / 1e6
        print(f"{measure}: {agreed} subjects agree; register {rate:.2f} M subjects/s; one decision {one:.0f} us")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--agree", type=int, default=17_000, help="random subjects per measure decided both ways")
    options = parser.parse_args(argv)
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= options.subjects] or [options.subjects]
    for size in sizes:
        beside(size)
    if options.agree:
        hotels(options.agree)


if __name__ == "__main__":
    main()
