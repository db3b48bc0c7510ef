"""The hotel measures in openfisca-core: the formulas are those by hand, the inputs yuan and fractions in 32-bit floats.

A measure's three answers come out of one formula, so that nothing is worked out three times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from openfisca_core.entities import build_entity
from openfisca_core.periods import YEAR
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from benchmarks import by_hand
from benchmarks.by_hand_parts import Given
from benchmarks.by_hand_register import Field

PERIOD = "2025"
PARTS = (("status", int), ("lo", float), ("hi", float))
MILLIONTHS = ("lpr_application_year", "loan_term_years")


class Peer:
    """One measure as a system; `screen` is one simulation from laid-out fields to the three answers."""

    def __init__(self, measure: str, fields: dict[str, Field], words: dict[str, list[str]], as_of: int) -> None:
        hotel = build_entity(key="hotel", plural="hotels", label="hotel", is_person=True)
        self.hotel, self.system = hotel, TaxBenefitSystem([hotel])
        for name, (value, _) in fields.items():
            kind = float if _scale(name) > 1 else bool if value.dtype == bool else int
            self._variable(_short(name), kind)
            self._variable(_short(name) + "_k", bool)
        for number, (part, kind) in enumerate(PARTS):
            self._variable(part, kind, _formula(measure, number, words, as_of))

    def _variable(self, name: str, kind: type, formula: Any = None) -> None:
        body = {"value_type": kind, "entity": self.hotel, "definition_period": YEAR, "label": name}
        self.system.add_variable(type(name, (Variable,), body | ({"formula": formula} if formula else {})))

    def screen(self, inputs: dict[str, Field], count: int) -> list[Any]:
        simulation = SimulationBuilder().build_default_simulation(self.system, count=count)
        for name, (value, known) in inputs.items():
            simulation.set_input(_short(name), PERIOD, value)
            simulation.set_input(_short(name) + "_k", PERIOD, known)
        return [simulation.calculate(part, PERIOD) for part, _ in PARTS]


def inputs(fields: dict[str, Field]) -> dict[str, Field]:
    """Fen as yuan and millionths as fractions."""
    return {
        name: (value / _scale(name) if _scale(name) > 1 else value, known) for name, (value, known) in fields.items()
    }


def _formula(measure: str, part: int, words: dict[str, list[str]], as_of: int) -> Any:
    def answer(h: Any, p: Any) -> Any:
        found: Sequence[Any] | None = h.simulation.__dict__.get("answered")
        if found is None:
            given = Given(
                lambda name: (h(_short(name), p), h(_short(name) + "_k", p)), words, as_of, yuan=1, exact=False
            )
            found = h.simulation.__dict__["answered"] = by_hand.MEASURES[measure](given)
        return found[part]

    return answer


def _short(name: str) -> str:
    return name.replace(".", "_")


def _scale(name: str) -> int:
    if name in MILLIONTHS:
        return 10**6
    money = (name.endswith("_yuan") and name != "contracts_yuan") or re.fullmatch(r"contract\d\.it", name)
    return 100 if money else 1
