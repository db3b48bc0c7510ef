"""What a rule is once read: gates, limbs, conditions in the text's order, amounts, how limbs add up.

Status of a limb: refused when any condition that refuses is surely false; otherwise the first condition, in order, that
is not surely met says what it is (pending, referred, human review); otherwise eligible, or pending when its amount is
unknown. Unknown alone never refuses and never pays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from luoshi.rules.reading import Scope
from luoshi.rules.tree import Node

NOT_CLAIMED, REFUSED, PENDING, REFERRED, HUMAN, ELIGIBLE = range(6)
STATUS = ("not_claimed", "refused", "pending", "referred", "human_review", "eligible")
CODE = {name: code for code, name in enumerate(STATUS)} | {"pass": -1}


@dataclass(frozen=True, slots=True)
class Condition:
    """`fails`: the status when surely false; `unknown`: when not known (-1: then it does not matter)."""

    cite: str
    text: str
    node: Node
    source: str = ""
    fails: int = REFUSED
    unknown: int = PENDING
    why: str = ""
    facts: tuple[str, ...] = ()
    leans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A condition that decided, either because it was surely false or because it is not known."""

    condition: Condition
    unknown: bool

    @property
    def told(self) -> str:
        condition = self.condition
        words = f"还不清楚是否{condition.text}" if self.unknown else condition.why or condition.text
        return f"{words}({condition.cite})"


@dataclass(frozen=True, slots=True)
class Limb:
    key: str
    name: str
    cite: str
    claimed: Node
    conditions: tuple[Condition, ...]
    amount: Node | None = None
    upto: Node | None = None
    uncapped: Node | None = None
    source: str = ""
    # cites of the rows of the amount's table, in order, and the table itself
    rows: tuple[str, ...] = ()
    table: Node | None = None
    extras: Mapping[str, Node] = field(default_factory=dict)
    refers: str = ""
    lenient: bool = False  # an unknown gate does not hold this limb up
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    key: str
    name: str
    cite: str
    unit: str
    scope: Scope
    gate: tuple[Condition, ...]
    limbs: tuple[Limb, ...]
    stack: str = ""  # setting whose answer "highest" pays only the best limb
    deduct: Node | None = None
    asks: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()

    def conditions(self, limb: Limb) -> tuple[Condition, ...]:
        return (*self.gate, *limb.conditions)


def named(node: Node, scope: Scope, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Every fact an expression may look at, through its terms, in order of mention."""
    found: dict[str, None] = {}
    for part in node.walk():
        if part.op == "fact" and part.value != "as_of":
            found[part.value] = None
        elif part.op == "term" and part.value not in seen:
            found.update(dict.fromkeys(named(scope.terms[part.value].node, scope, seen | {part.value})))
    return tuple(found)
