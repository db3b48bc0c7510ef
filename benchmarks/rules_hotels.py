"""The six hotel measures of the pack beside the same in numpy and openfisca-core; a register against single decisions.

All ask the same conditions (`by_hand`) of the same 10⁴, 10⁵ … invented subjects with unknowns in every column, and
every subject's status and amounts are checked equal before anything is timed; where 32-bit floats make openfisca
differ, the subjects are counted. All start from the same register as it is stored: a Polars frame with list columns,
text columns as numbers of a list of words, null where a fact is unknown. What each makes of it is in its time: ours its
steps, numpy its arrays of values and of what is known (`by_hand_register`), openfisca these arrays as yuan and
fractions and as the inputs of a simulation. Only the fields a measure asks for are laid out. What the peers take when
they find these arrays ready is told beside it, for information.
"""

from __future__ import annotations

import importlib.util
import random
import time
from collections.abc import Callable
from typing import Any

import polars as pl

from benchmarks.rules_ten import ROOT, median
from luoshi.benefits import engine
from luoshi.rules import days, register, screening, values
from luoshi.rules.answers import answers
from luoshi.rules.tree import Type

AS_OF = 20260725
DOUBT = 0.06  # of every column is unknown
ROUNDS = 7
ASKED = ("status.v", "lo.v", "hi.v")  # what all are asked for
FISCA, BARE = "openfisca-core", " laid out"
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


class Beside:
    """What a measure took at one size in milliseconds, laying out included; of the peers also without."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self.off = 0

    def add(self, other: Beside) -> None:
        for name, seconds in other.taken.items():
            self.taken[name] = self.taken.get(name, 0.0) + seconds
        self.off += other.off

    def told(self) -> str:
        said = [f"luoshi {self.taken['luoshi'] * 1e3:.1f} ms"]
        for name in ("numpy", FISCA):
            if name in self.taken:
                laid, bare = self.taken[name] * 1e3, self.taken[name + BARE] * 1e3
                said.append(f"{name} {laid:.1f} ms ({bare:.1f} from arrays laid out beforehand)")
        ours = self.taken["luoshi"]
        said.append(f"ours takes {ours / self.taken['numpy']:.2f} of numpy's time")
        if FISCA in self.taken:
            said.append(
                f"is {self.taken[FISCA] / ours:.2f} x as fast as openfisca, which differs for {self.off} subjects"
            )
        return ", ".join(said)


def beside(count: int) -> dict[str, float]:
    """Every measure: equal first, then the best of several rounds in which all take turns. The seconds each took for
    all six; nothing without numpy."""
    if importlib.util.find_spec("numpy") is None:
        print("SKIPPED numpy, openfisca-core: not installed")
        return {}
    frame, whole = lodgings(count), Beside()
    for measure in MEASURES:
        one, verdicts = _measure(measure, frame)
        whole.add(one)
        print(f"{measure} {count} subjects {verdicts}: {one.told()}", flush=True)
    print(f"all six, {count} subjects, {pl.thread_pool_size()} threads, peers' formulas one: {whole.told()}")
    return whole.taken


def _measure(measure: str, frame: pl.DataFrame) -> tuple[Beside, list[int]]:
    """All start from `facts`, the columns this measure looks at."""
    import numpy as np

    from benchmarks.by_hand import MEASURES as BY_HAND
    from benchmarks.by_hand_parts import Given
    from benchmarks.by_hand_register import Register

    rule, _ = engine.rule_of(measure)
    given = answers(rule.scope.settings, {})
    facts = frame.select([name for name in frame.columns if name in rule.scope.facts])
    laid = Register(facts)
    words = laid.words()
    found = BY_HAND[measure](Given(laid.field, words, AS_OF))
    ours = screening.screen(rule, given, facts, AS_OF, ASKED)
    for name, array in zip(ASKED, found, strict=True):
        assert (ours[name].to_numpy() == array).all(), f"{measure}: {name} differs by hand and from the pack"
    work: dict[str, Callable[[], Any]] = {
        "luoshi": lambda: screening.screen(rule, given, facts, AS_OF, ASKED),
        "numpy": lambda: BY_HAND[measure](Given(Register(facts).field, words, AS_OF)),
        "numpy" + BARE: lambda: BY_HAND[measure](Given(laid.field, words, AS_OF)),
    }
    made = Beside()
    if importlib.util.find_spec("openfisca_core"):
        from benchmarks import by_hand_openfisca as fisca

        peer, names = fisca.Peer(measure, laid.fields, words, AS_OF), list(laid.fields)
        inputs = fisca.inputs(laid.fields)

        def with_laying_out() -> list[Any]:
            fresh = Register(facts)
            return peer.screen(fisca.inputs({name: fresh.field(name) for name in names}), facts.height)

        work[FISCA], work[FISCA + BARE] = with_laying_out, lambda: peer.screen(inputs, facts.height)
        made.off = _off(found, with_laying_out(), np)
    made.taken = _turns(work)
    return made, np.bincount(found[0], minlength=6)[1:].tolist()


def _off(found: Any, other: list[Any], np: Any) -> int:
    """Subjects for whom 32-bit floats give another status or amount."""
    status, lo, hi = other
    wrong = (status != found[0]) | (np.abs(lo * 100.0 - found[1]) > 0.5) | (np.abs(hi * 100.0 - found[2]) > 0.5)
    return int(wrong.sum())


def _turns(work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, one in work.items():
            start = time.perf_counter()
            one()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


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
