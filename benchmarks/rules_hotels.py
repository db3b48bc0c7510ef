"""The six hotel measures of the pack beside the same in numpy and openfisca-core; a register against single decisions.

    python -m benchmarks rules_hotels [--subjects 1000000] [--agree 17000]

All work on the same register of 10⁴, 10⁵ … invented subjects with unknowns in every column, all ask the same conditions
(`by_hand`), and every subject's status and amounts are checked equal before anything is timed; where 32-bit floats make
openfisca differ, the subjects are counted. What the peers need is laid out for them beforehand: values beside what is
known, lists in places, texts as numbers of a list of words.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import time
from collections.abc import Callable
from typing import Any

import polars as pl

from benchmarks.rules import ROOT, median
from luoshi.benefits import engine
from luoshi.rules import days, register, screening, values
from luoshi.rules.answers import answers
from luoshi.rules.tree import Type

AS_OF = 20260725
DOUBT = 0.06  # of every column is unknown
ROUNDS = 7
ASKED = ("status.v", "lo.v", "hi.v")  # what all are asked for
MEASURES = ("25:二(一)", "25:二(二)", "25:二(三)", "25:二(四)", "25:二(五)", "25:二(六)")
ABSENT = {"business_address", "star_claim", "approval_date"}  # no column in this register
WORDS = {
    "certificate": ["有", "无", "X-1"],
    "standard": ["GB/T 41648-2022", "GB/T 41648-2026", "DB14/T 1"],
    "major": ["酒店管理", "旅游管理", "计算机"],
    "label": ["五叶级中国绿色饭店", "金树叶级绿色旅游饭店", "四叶级"],
}
NUMBERS = {  # in internal form: fen, millionths
    "star": [5, 5, 4, 4, 3],
    "turnover_prior_year_yuan": [999_999_999, 10**9, 1_200_000_000],
    "investment_yuan": [999_999_999, 10**9],
    "insured_months": [5, 6, 20, 40],
    "months_already_paid": [0, 12, 36],
    "lpr_application_year": [30_000, 31_000, 33_500],
    "loan_term_years": [2_000_000, 3_000_000, 3_000_000, 5_000_000],
    "already_granted_yuan": [0, 0, 0, 45_678_901, 500_000_000],
    "actual_interest_paid_yuan": [40_000_000, 12_345_678],
}
RARE = ("internship", "trainee_allowance_claim", "separate_review_decision")


def lodgings(count: int) -> pl.DataFrame:
    """Invented subjects in internal form; the first 100,000 again and again."""
    r, base = random.Random(2), min(count, 100_000)
    facts = engine.rule_of(MEASURES[0])[0].scope.facts
    made = []
    for name, fact in facts.items():
        if name not in ABSENT and name != "as_of":
            cells = [None if r.random() < DOUBT else _cell(r, name, fact.type) for _ in range(base)]
            made.append(register._worded(pl.Series(name, cells, dtype=register._dtype(fact.type))))
    return pl.concat([pl.DataFrame(made)] * (count // base), rechunk=True)


def _cell(r: random.Random, name: str, kind: Type) -> Any:
    if name in WORDS:
        return r.choice(WORDS[name])
    if name in NUMBERS:
        return r.choice(NUMBERS[name])
    if kind.kind == "bool":
        return r.random() < (0.2 if name in RARE else 0.9)
    if kind.kind == "word":
        return r.randrange(len(kind.values))
    if kind.kind == "date":
        return days.from_ordinal(days.ordinal(20240601) + r.randrange(1180))
    if kind.kind == "number":
        return r.randint(kind.lo, min(kind.hi, 3 * 10**8))
    if name == "prior_awards":
        return [_award(r) for _ in range(r.choice([0, 0, 0, 1, 2]))]
    if name == "green_labels_new":
        return [{"it": r.choice(WORDS["label"])} for _ in range(r.choice([0, 1, 2]))]
    return [{"it": r.randint(1, 5 * 10**9)} for _ in range(r.choice([0, 1, 2, 3]))]


def _award(r: random.Random) -> dict[str, Any]:
    return {
        "limb": r.randrange(8), "star": r.choice([4, 5, None]), "grade": r.choice([0, 1, None]),
        "amount_yuan": r.choice([10**7, 2 * 10**7, None]), "date": r.choice([20241001, 20260301, None]),
    }  # fmt: skip


def laid_out(frame: pl.DataFrame) -> dict[str, tuple[Any, Any]]:
    """The register as the peers have it: each field's values and where they are known."""
    from benchmarks.by_hand import AWARDS, CONTRACTS, LABELS

    made: dict[str, tuple[Any, Any]] = {}
    places = {
        "prior_awards": ("award", AWARDS),
        "green_labels_new": ("label", LABELS),
        "contracts_yuan": ("contract", CONTRACTS),
    }
    for name in frame.columns:
        column = frame[name]
        if name in places:
            made[name] = (column.is_not_null().to_numpy(), column.is_not_null().to_numpy())
            prefix, most = places[name]
            for place in range(most):
                one = column.list.get(place, null_on_oob=True)
                there = column.list.len().fill_null(0) > place
                made[f"{prefix}{place}"] = (there.to_numpy(), there.to_numpy())
                for field in one.struct.unnest():
                    made[f"{prefix}{place}.{field.name}"] = _arrays(field, prefix)
        elif not isinstance(column.dtype, pl.List):
            made[name] = _arrays(column, name)
    return made


def _arrays(column: pl.Series, words: str) -> tuple[Any, Any]:
    known = column.is_not_null().to_numpy()
    if words in WORDS and not column.dtype.is_integer():
        numbers = {word: number for number, word in enumerate(WORDS[words])}
        column = column.cast(pl.String).replace_strict(numbers, return_dtype=pl.Int64)
    filler: Any = False if column.dtype == pl.Boolean else 20250101 if "date" in column.name else 0
    if column.name in ("contract_start", "contract_end"):
        filler = 20250101
    return column.fill_null(filler).to_numpy(), known


def openfisca(fields: dict[str, tuple[Any, Any]]) -> tuple[Any, dict[str, Any]]:
    """A system with the six measures, the formulas being those by hand, and its inputs: yuan, fractions, 32-bit floats.

    A measure's three answers come out of one formula, so that nothing is worked out three times.
    """
    import numpy as np
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import YEAR
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    from benchmarks import by_hand

    hotel = build_entity(key="hotel", plural="hotels", label="hotel", is_person=True)
    system = TaxBenefitSystem([hotel])

    def variable(name: str, kind: type, formula: Any = None) -> None:
        body = {"value_type": kind, "entity": hotel, "definition_period": YEAR, "label": name}
        system.add_variable(type(name, (Variable,), body | ({"formula": formula} if formula else {})))

    inputs: dict[str, Any] = {}
    for name, (value, known) in fields.items():
        short = name.replace(".", "_")
        scale = (
            100
            if _money(name) and name != "contracts_yuan"
            else 10**6
            if name in ("lpr_application_year", "loan_term_years")
            else 1
        )
        inputs[short], inputs[f"{short}_k"] = value / scale if scale > 1 else value, known
        variable(short, float if scale > 1 else bool if value.dtype == np.bool_ else int)
        variable(f"{short}_k", bool)

    def formula(measure: str, part: int) -> Any:
        def answer(h: Any, p: Any) -> Any:
            found = h.simulation.__dict__.setdefault("luoshi_found", {})
            if measure not in found:

                def field(name: str) -> tuple[Any, Any]:
                    short = name.replace(".", "_")
                    return h(short, p), h(f"{short}_k", p)

                given = by_hand.Given(field, WORDS, AS_OF, yuan=1, exact=False)
                found[measure] = by_hand.MEASURES[measure](given)
            return found[measure][part]

        return answer

    for number, measure in enumerate(MEASURES):
        for part, (name, kind) in enumerate((("status", int), ("lo", float), ("hi", float))):
            variable(f"m{number}_{name}", kind, formula(measure, part))
    return system, inputs


def _money(name: str) -> bool:
    return name.endswith("_yuan") or (name.startswith("contract") and name.endswith(".it"))


def openfisca_screens(system: Any, inputs: dict[str, Any], needed: list[str], number: int, count: int) -> list[Any]:
    from openfisca_core.simulations import SimulationBuilder

    simulation = SimulationBuilder().build_default_simulation(system, count=count)
    for name in needed:
        simulation.set_input(name, "2025", inputs[name])
    return [simulation.calculate(f"m{number}_{part}", "2025") for part in ("status", "lo", "hi")]


class _Noted(dict):  # type: ignore[type-arg]
    """Fields, noting which were asked for."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields)
        self.asked: dict[str, None] = {}

    def __getitem__(self, name: str) -> Any:
        self.asked[name] = None
        return super().__getitem__(name)


def beside(count: int) -> None:
    """Every measure: equal first, then the best of several rounds in which all take turns."""
    if importlib.util.find_spec("numpy") is None:
        print("SKIPPED numpy, openfisca-core: not installed")
        return
    import numpy as np

    from benchmarks import by_hand

    frame = lodgings(count)
    fields = laid_out(frame)
    fisca = openfisca(fields) if importlib.util.find_spec("openfisca_core") else None
    whole: dict[str, float] = {}
    for number, measure in enumerate(MEASURES):
        rule, _ = engine.rule_of(measure)
        given = answers(rule.scope.settings, {})
        facts = frame.select([name for name in frame.columns if name in rule.scope.facts])
        noted = _Noted(fields)
        found = by_hand.MEASURES[measure](by_hand.Given(noted.__getitem__, WORDS, AS_OF))
        ours = screening.screen(rule, given, facts, AS_OF, ASKED)
        for name, array in zip(ASKED, found, strict=True):
            assert (ours[name].to_numpy() == array).all(), f"{measure}: {name} differs by hand and from the pack"
        plain = by_hand.Given(fields.__getitem__, WORDS, AS_OF)
        work: dict[str, Callable[[], Any]] = {
            "luoshi": lambda r=rule, g=given, f=facts: screening.screen(r, g, f, AS_OF, ASKED),
            "numpy": lambda m=measure, p=plain: by_hand.MEASURES[m](p),
        }
        off = ""
        if fisca:
            needed = [part for name in noted.asked for part in (name.replace(".", "_"), f"{name.replace('.', '_')}_k")]
            work["openfisca-core"] = lambda n=needed, i=number: openfisca_screens(*fisca, n, i, count)
            off = _off(found, work["openfisca-core"](), np)
        taken = _turns(work)
        for name, seconds in taken.items():
            whole[name] = whole.get(name, 0.0) + seconds
        verdicts = np.bincount(found[0], minlength=6)[1:]
        print(f"{measure} {count} subjects {verdicts.tolist()}: {_told(taken)}{off}", flush=True)
    print(f"all six, {count} subjects, {pl.thread_pool_size()} threads, peers one: {_told(whole, held=count >= 10**6)}")


def _off(found: Any, other: list[Any], np: Any) -> str:
    status, lo, hi = other
    wrong = (status != found[0]) | (np.abs(lo * 100.0 - found[1]) > 0.5) | (np.abs(hi * 100.0 - found[2]) > 0.5)
    return f"; openfisca differs for {int(wrong.sum())} subjects"


def _turns(work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, one in work.items():
            start = time.perf_counter()
            one()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def _told(taken: dict[str, float], held: bool = False) -> str:
    ours = taken["luoshi"]
    told = f"luoshi {ours * 1e3:.1f} ms, numpy {taken['numpy'] * 1e3:.1f} ms (ours is {ours / taken['numpy']:.2f} of it"
    told += "; target: at most 2)" if held else ")"
    if "openfisca-core" in taken:
        fisca = taken["openfisca-core"]
        told += f", openfisca-core {fisca * 1e3:.1f} ms (ours is {fisca / ours:.2f} x as fast"
        told += "; target: at least 2)" if held else ")"
    return told


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
