"""Ten rules of three shapes beside openfisca-core and hand-written numpy; one traced decision beside zen-engine's.

Gate, threshold and table; formula with rounding and cap; dates and table. Peers know no unknowns, so the common
subjects have none. All start from the same Polars frame.
"""

from __future__ import annotations

import importlib.util
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from luoshi.benefits import pack  # noqa: E402
from luoshi.rules import days, screening  # noqa: E402
from luoshi.rules.answers import answers  # noqa: E402
from luoshi.rules.deciding import Decider  # noqa: E402

AS_OF = 20250601
STARS = [(10_000_000 + 1_000_000 * i, 500_000 - i, 200_000 - i) for i in range(4)]  # threshold, five, four
LOANS = [(5_000_000 + i, 3 + i) for i in range(3)]  # cap, years
TERMS = [(6 + i, 5000 + i, 3000 + i) for i in range(3)]  # months insured, doctor, master

FACTS = """
- {name: inside, type: bool, label: 在区内}
- {name: lawful, type: bool, label: 依法}
- {name: star, type: int, min: 1, max: 5, label: 星级}
- {name: turnover, type: money, label: 营业额}
- {name: rated, type: date, label: 评定日}
- {name: credit, type: money, max: 1000000000, label: 贷款}
- {name: rate, type: rate, max: 0.1, label: 利率}
- {name: approved, type: bool, label: 同意}
- {name: degree, type: int, min: 0, max: 2, label: 学位}
- {name: start, type: date, label: 合同起}
- {name: end, type: date, label: 合同止}
- {name: insured, type: int, max: 600, label: 参保月}
"""
GATE = """        - {cite: "0:1", text: 在区内, test: inside}
        - {cite: "0:1", text: 依法, test: lawful}
"""


def _table(by: str, rows: dict[int, int]) -> str:
    lines = "".join(f"          - {{is: {value}, give: {given}}}\n" for value, given in rows.items())
    return f"      amount:\n        by: {by}\n        rows:\n{lines}        rest: 0\n"


def _rule(key: str, conditions: list[str], amount: str) -> str:
    head = f'- key: "0:{key}"\n  name: r\n  cite: "0:1"\n  limbs:\n'
    limb = f'    - key: a\n      name: a\n      cite: "0:1"\n      conditions:\n{GATE}'
    tests = "".join(f'        - {{cite: "0:1", text: c, test: "{test}"}}\n' for test in conditions)
    return head + limb + tests + amount


def rule_file() -> str:
    text, window = "", "date('2024-07-19') <= rated <= date('2027-07-18')"
    for i, (least, five, four) in enumerate(STARS):
        tests = ["star in {4, 5}", f"turnover >= {least}", window]
        text += _rule(f"s{i}", tests, _table("star", {5: five, 4: four}))
    for i, (cap, years) in enumerate(LOANS):
        amount = f'      amount: "min(round(credit * rate * {years}, 2), {cap})"\n'
        text += _rule(f"l{i}", ["approved", "credit > 0"], amount)
    for i, (months, doctor, master) in enumerate(TERMS):
        tests = ["degree > 0", "end >= years_after(start, 3)", f"insured >= {months}"]
        text += _rule(f"t{i}", tests, _table("degree", {2: doctor, 1: master}))
    return text


def subjects(count: int) -> pl.DataFrame:
    """Invented subjects in internal form: fen, yyyymmdd, millionths."""
    r = random.Random(1)
    first = days.ordinal(20240101)
    calendar = [days.from_ordinal(first + i) for i in range(2000)]
    base = min(count, 100_000)
    columns: dict[str, Callable[[], Any]] = {
        "inside": lambda: r.random() < 0.9,
        "lawful": lambda: r.random() < 0.95,
        "star": lambda: r.randint(1, 5),
        "turnover": lambda: r.randrange(2 * 10**9),
        "rated": lambda: calendar[r.randrange(1300)],
        "credit": lambda: r.randrange(10**10),
        "rate": lambda: r.choice([31000, 33500, 34500]),
        "approved": lambda: r.random() < 0.8,
        "degree": lambda: r.randint(0, 2),
        "start": lambda: calendar[r.randrange(500)],
        "end": lambda: calendar[r.randrange(1000, 2000)],
        "insured": lambda: r.randint(0, 24),
    }
    made = pl.DataFrame({name: [draw() for _ in range(base)] for name, draw in columns.items()})
    return pl.concat([made] * (count // base), rechunk=True)


def median(work: Callable[[], Any], times: int = 5) -> float:
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def ours_all(rules: dict[str, Any], frame: pl.DataFrame) -> list[int]:
    """The total of each rule over the whole register, in fen."""
    found = []
    for rule in rules.values():
        given = answers(rule.scope.settings, {})
        found.append(int(screening.screen(rule, given, frame, AS_OF, ["lo.v"])["lo.v"].sum()))
    return found


def numpy_all(frame: pl.DataFrame) -> list[int]:
    """By hand, exact integers, as a careful analyst would."""
    import numpy as np

    c = {name: frame[name].to_numpy() for name in frame.columns}
    gate = c["inside"] & c["lawful"]
    window = (c["rated"] >= 20240719) & (c["rated"] <= 20270718)
    found = []
    for least, five, four in STARS:
        amount = np.where(c["star"] == 5, five * 100, np.where(c["star"] == 4, four * 100, 0))
        found.append(int(np.where(gate & (c["star"] >= 4) & (c["turnover"] >= least * 100) & window, amount, 0).sum()))
    for cap, years in LOANS:
        raw = (c["credit"] * c["rate"] * years * 2 + 10**6) // (2 * 10**6)
        found.append(int(np.where(gate & c["approved"] & (c["credit"] > 0), np.minimum(raw, cap * 100), 0).sum()))
    later = c["start"] + 30000
    year = later // 10000
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    later = np.where((later % 10000 == 229) & ~leap, later - 1, later)
    for months, doctor, master in TERMS:
        amount = np.where(c["degree"] == 2, doctor * 100, np.where(c["degree"] == 1, master * 100, 0))
        met = gate & (c["degree"] > 0) & (c["end"] >= later) & (c["insured"] >= months)
        found.append(int(np.where(met, amount, 0).sum()))
    return found


def openfisca_system() -> Any:
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

    kinds = {"inside": bool, "lawful": bool, "approved": bool, "turnover": float, "credit": float, "rate": float}
    for name in (
        "inside",
        "lawful",
        "star",
        "turnover",
        "rated",
        "credit",
        "rate",
        "approved",
        "degree",
        "start",
        "end",
        "insured",
    ):
        variable(name, kinds.get(name, int))
    variable("gate", bool, lambda h, p: h("inside", p) * h("lawful", p))
    variable("window", bool, lambda h, p: (h("rated", p) >= 20240719) * (h("rated", p) <= 20270718))

    def long_enough(h: Any, p: Any) -> Any:
        later = h("start", p) + 30000
        year = later // 10000
        leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
        return h("end", p) >= np.where((later % 10000 == 229) & ~leap, later - 1, later)

    variable("long_enough", bool, long_enough)

    def stars(least: int, five: int, four: int) -> Any:
        def formula(h: Any, p: Any) -> Any:
            amount = np.where(h("star", p) == 5, five, np.where(h("star", p) == 4, four, 0))
            return h("gate", p) * (h("turnover", p) >= least) * h("window", p) * amount

        return formula

    def loan(cap: int, years: int) -> Any:
        def formula(h: Any, p: Any) -> Any:
            raw = np.floor(h("credit", p) * h("rate", p) * years * 100 + 0.5) / 100
            return h("gate", p) * h("approved", p) * np.minimum(raw, cap)

        return formula

    def term(months: int, doctor: int, master: int) -> Any:
        def formula(h: Any, p: Any) -> Any:
            amount = np.where(h("degree", p) == 2, doctor, np.where(h("degree", p) == 1, master, 0))
            return h("gate", p) * h("long_enough", p) * (h("insured", p) >= months) * amount

        return formula

    for letter, shape, figures in (("s", stars, STARS), ("l", loan, LOANS), ("t", term, TERMS)):
        for i, numbers in enumerate(figures):
            variable(f"{letter}{i}", float, shape(*numbers))
    return system


NAMES = [f"s{i}" for i in range(4)] + [f"l{i}" for i in range(3)] + [f"t{i}" for i in range(3)]


def openfisca_run(system: Any, frame: pl.DataFrame, names: list[str], trace: bool = False) -> list[float]:
    import numpy as np
    from openfisca_core.simulations import SimulationBuilder

    simulation = SimulationBuilder().build_default_simulation(system, count=frame.height)
    simulation.trace = trace
    for name in frame.columns:
        column = frame[name].to_numpy()
        if name in ("turnover", "credit"):
            column = column / 100
        simulation.set_input(name, "2025", column / 1e6 if name == "rate" else column)
    return [float(simulation.calculate(name, "2025").astype(np.float64).sum()) for name in names]


def zen_decision() -> Any:
    import zen

    least, five, four = STARS[0]
    table = f"star == 5 ? {five} : star == 4 ? {four} : 0"
    steps = {
        "inside": "inside", "lawful": "lawful", "stars": "star in [4, 5]", "sold": f"turnover >= {least}",
        "window": "rated >= 20240719 and rated <= 20270718",
        "amount": f"$.inside and $.lawful and $.stars and $.sold and $.window ? ({table}) : 0",
    }  # fmt: skip
    expressions = [{"id": key, "key": key, "value": value} for key, value in steps.items()]
    nodes = [
        {"id": "i", "name": "in", "type": "inputNode"},
        {"id": "e", "name": "rule", "type": "expressionNode", "content": {"expressions": expressions}},
        {"id": "o", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "1", "sourceId": "i", "targetId": "e", "type": "edge"},
        {"id": "2", "sourceId": "e", "targetId": "o", "type": "edge"},
    ]
    return zen.ZenEngine().create_decision(
        json.dumps({"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges})
    )


def has(module: str, name: str) -> bool:
    if importlib.util.find_spec(module) is None:
        print(f"SKIPPED {name}: not installed")
        return False
    return True


@dataclass(frozen=True, slots=True)
class Ratio:
    """A line of the closing table: our time as a share of a peer's (`most`), or how many times as fast we are."""

    what: str
    seen: float
    most: float = 0.0
    least: float = 0.0

    def held(self) -> bool:
        return self.seen <= self.most if self.most else self.seen >= self.least

    def line(self, counts: bool) -> str:
        bound = f"at most {self.most:g}" if self.most else f"at least {self.least:g}"
        verdict = ("held" if self.held() else "NOT HELD") if counts else ""
        return f"{self.what:<58} {self.seen:>6.2f}  {bound:<12} {verdict}".rstrip()


def common(count: int) -> tuple[dict[str, Any], pl.DataFrame, dict[str, float]]:
    """The ten rules, the subjects, and the seconds each contestant took for all ten."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "0").mkdir()
        (Path(folder) / "0" / "measure_facts.yaml").write_text(FACTS)
        (Path(folder) / "0" / "measures.yaml").write_text(rule_file())
        rules = pack.read("0", folder).assembly.rules
    frame = subjects(count)
    totals = ours_all(rules, frame)
    taken = median(lambda: ours_all(rules, frame))
    seconds = {"luoshi": taken}
    rate = 10 * count / taken / 1e6
    print(f"screening {count} subjects x 10 rules: luoshi {taken:.3f} s ({rate:.1f} M rule-subjects/s)")
    if has("numpy", "numpy"):
        assert numpy_all(frame) == totals, "numpy and luoshi must agree exactly"
        by_hand = seconds["numpy"] = median(lambda: numpy_all(frame))
        print(f"  numpy by hand {by_hand:.3f} s, equal; luoshi takes {taken / by_hand:.2f} x its time")
    if has("openfisca_core", "openfisca-core"):
        system = openfisca_system()
        found = openfisca_run(system, frame, NAMES)
        off = sum(abs(total / 100 - other) for total, other in zip(totals, found, strict=True))
        other = seconds["openfisca-core"] = median(lambda: openfisca_run(system, frame, NAMES), 3)
        print(f"  openfisca-core {other:.3f} s, off by {off:.2f} yuan (32-bit floats), {other / taken:.2f} x our time")
    return rules, frame, seconds


def traced(rules: dict[str, Any], frame: pl.DataFrame) -> list[Ratio]:
    rule, ratios = rules["0:s0"], []
    decider = Decider(rule, answers(rule.scope.settings, {}))
    rows = [{**row, "as_of": AS_OF} for row in frame.head(500).to_dicts()]
    taken = median(lambda: [decider.decide(row) for row in rows]) / len(rows) * 1e6
    print(f"one traced decision: luoshi {taken:.1f} us")
    if has("zen", "zen-engine"):
        decision = zen_decision()
        plain = [{**row, "turnover": row["turnover"] / 100} for row in rows]
        for row, mine in zip(plain, rows, strict=True):
            assert int(decision.evaluate(row)["result"]["amount"]) * 100 == decider.decide(mine).lo
        other = median(lambda: [decision.evaluate(row, {"trace": True}) for row in plain]) / len(rows) * 1e6
        ratios.append(Ratio("one traced decision: times as fast as zen-engine", other / taken, least=5))
        print(f"  zen-engine {other:.1f} us, equal")
    if has("openfisca_core", "openfisca-core"):
        system = openfisca_system()
        ones = [frame.slice(i, 1) for i in range(20)]
        other = median(lambda: [openfisca_run(system, one, ["s0"], trace=True) for one in ones], 3) / len(ones) * 1e6
        ratios.append(Ratio("one traced decision: times as fast as openfisca-core", other / taken, least=10))
        print(f"  openfisca-core {other:.1f} us")
    return ratios
