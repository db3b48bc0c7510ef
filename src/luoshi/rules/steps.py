"""A lowered rule as a list of steps: each thing worked out once, nothing worked out that no result needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from luoshi.rules.lowering import Lowering
from luoshi.rules.tree import Type

Expression = tuple[Any, ...]  # the operation, then expressions it is made of, or what it holds


class StepOps:
    """Expressions written down as nested tuples, to be made into steps by `program`."""

    def column(self, name: str) -> Expression:
        return ("column", name)

    def element(self, name: str) -> Expression:
        return ("element", name)

    def integer(self, value: int) -> Expression:
        return ("integer", value)

    def small(self, value: int) -> Expression:
        return ("small", value)

    def boolean(self, value: bool) -> Expression:
        return ("boolean", value)

    def add(self, a: Expression, b: Expression) -> Expression:
        return ("add", a, b)

    def sub(self, a: Expression, b: Expression) -> Expression:
        return ("sub", a, b)

    def mul(self, a: Expression, b: Expression) -> Expression:
        return ("mul", a, b)

    def over(self, a: Expression, b: Expression) -> Expression:
        return ("over", a, b)

    def compare(self, op: str, a: Expression, b: Expression) -> Expression:
        return (op, a, b)

    def both(self, a: Expression, b: Expression) -> Expression:
        return ("both", a, b)

    def either(self, a: Expression, b: Expression) -> Expression:
        return ("either", a, b)

    def no(self, a: Expression) -> Expression:
        return ("no", a)

    def choose(self, test: Expression, a: Expression, b: Expression) -> Expression:
        return ("choose", test, a, b)

    def among(self, a: Expression, values: list[int]) -> Expression:
        return ("among", a, tuple(values))

    def text_among(self, a: Expression, values: list[str]) -> Expression:
        return ("text_among", a, tuple(values))

    def contains(self, a: Expression, part: str) -> Expression:
        return ("contains", a, part)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation. `args`: earlier steps by number; `held`: what else it needs; `owner`: the list whose records it is
    about, "" for the subjects; `done`: steps nobody needs after this one.

    Besides those of `StepOps`: `constant`, `fact`, `field` of a record; over a list's records `total`, `some`, `every`.
    """

    op: str
    args: tuple[int, ...]
    held: tuple[Any, ...]
    owner: str
    done: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """Steps in an order in which they can be done, and which of them is each result."""

    steps: Sequence[Step]
    results: Mapping[str, int]
    facts: Mapping[str, Type]


def program(low: Lowering[Expression], keep: Iterable[str]) -> Program:
    """The steps that lead to the columns `keep` of `low`."""
    maker = _Maker(low)
    for stage in low.stages:
        for owner, name, x in stage.totals:
            maker.outer[name] = maker.step("total", (maker.made(x, owner),), (owner,), "")
        for name, x in stage.columns:
            maker.outer[name] = maker.made(x, "")
    return _needed(maker.steps, {name: maker.outer[name] for name in keep}, low.facts)


class _Maker:
    def __init__(self, low: Lowering[Expression]) -> None:
        self.steps: list[Step] = []
        self.outer: dict[str, int] = {}
        self.inner = {owner: {column.name: column.x for column in columns} for owner, columns in low.inner.items()}
        self.kept: dict[tuple[str, str], int] = {}
        self.known: dict[tuple[Any, ...], int] = {}

    def step(self, op: str, args: tuple[int, ...], held: tuple[Any, ...] = (), owner: str = "") -> int:
        key = (op, args, held, owner)
        if key not in self.known:
            self.known[key] = len(self.steps)
            self.steps.append(Step(op, args, held, owner))
        return self.known[key]

    def made(self, x: Expression, owner: str) -> int:
        op = x[0]
        if op == "column":
            return self._named(x[1], owner)
        if op == "element":
            return self.step("field", (), tuple(x[1].rsplit(".", 1)), owner)
        if op in ("integer", "small", "boolean"):
            return self.step("constant", (), (x[1], op))  # the op tells 0 from false
        own = 2 if op in ("among", "text_among", "contains") else len(x)  # where what is not an expression begins
        args = tuple(self.made(part, owner) for part in x[1:own])
        about = next((self.steps[arg].owner for arg in args if self.steps[arg].owner), "")
        return self._whether(op, args) or self.step(op, args, x[own:], about)

    def _whether(self, op: str, args: tuple[int, ...]) -> int | None:
        """Counting only to see whether there is one is asking whether there is one."""
        if op not in ("gt", "eq") or not self._is(args[1], 0) or self.steps[args[0]].op != "total":
            return None
        total = self.steps[args[0]]
        each = self.steps[total.args[0]]
        if each.op != "choose":
            return None
        test, one, other = each.args
        if op == "gt" and self._is(one, 1) and self._is(other, 0):
            return self.step("some", (test,), total.held)
        if op == "eq" and self._is(one, 0) and self._is(other, 1):
            return self.step("every", (test,), total.held)
        return None

    def _is(self, number: int, value: int) -> bool:
        return self.steps[number].op == "constant" and self.steps[number].held == (value, "integer")

    def _named(self, name: str, owner: str) -> int:
        if name in self.inner.get(owner, ()):
            if (owner, name) not in self.kept:
                self.kept[owner, name] = self.made(self.inner[owner][name], owner)
            return self.kept[owner, name]
        if name not in self.outer:
            self.outer[name] = self.step("fact", (), tuple(name.rsplit(".", 1)))
        return self.outer[name]


def _needed(steps: list[Step], results: dict[str, int], facts: Mapping[str, Type]) -> Program:
    """Without the steps no result needs, each with those it is the last to use."""
    last: dict[int, int] = dict.fromkeys(results.values(), len(steps))
    for number in range(len(steps) - 1, -1, -1):
        if number in last:
            for arg in steps[number].args:
                last.setdefault(arg, number)
    place = {old: new for new, old in enumerate(sorted(last))}
    made = []
    for old in sorted(last):
        step = steps[old]
        done = tuple(place[arg] for arg in dict.fromkeys(step.args) if last[arg] == old)
        made.append(Step(step.op, tuple(place[arg] for arg in step.args), step.held, step.owner, done))
    return Program(made, {name: place[number] for name, number in results.items()}, facts)
