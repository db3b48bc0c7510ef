"""The same register under a changed measure: who gains, who loses, what it costs, by month. And what each open
question is worth: the money between its answers. Pure: plain data in, plain data out, nothing is stored.

Money in fen. `sure` is what is payable without a person (eligible, the lower end); `most` is what a person may still
grant on top (human review counted, the upper end). A measure that pays by the month is compared by its monthly amount,
and costs it in every month it runs (`spreading`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

import polars as pl

from luoshi.benefits import engine, spreading
from luoshi.kernel.errors import BadInput
from luoshi.kernel.money import yuan
from luoshi.rules import days, register, screening
from luoshi.rules.answers import Answers
from luoshi.rules.rule import ELIGIBLE, HUMAN, STATUS, Limb, Rule
from luoshi.rules.tree import Node, Setting

LISTED = 1000  # subjects whose answer changed that are listed one by one; all are counted
_NAMES = ("name", "subject", "id")


@dataclass(frozen=True, slots=True)
class Side:
    """One way to decide: a pack (a name or a folder) and answers to the open questions."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    pack: str = "jccq"


@dataclass(frozen=True, slots=True)
class Money:
    """Subjects and fen under one way to decide."""

    eligible: int = 0
    person: int = 0  # those a person decides
    sure: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """One subject whose answer changes. `row` counts from 1."""

    row: int
    name: str
    before: str
    after: str
    sure: int  # fen, the difference
    most: int
    why_before: str
    why_after: str

    @property
    def gains(self) -> bool:
        return (self.sure, self.most) > (0, 0) if self.sure else self.most > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`months`: (YYYY-MM or "" when the date is unknown, before, after): the month each matter happened in; of a
    stipend every month it runs."""

    measure: str
    name: str
    unit: str
    rows: int
    before: Money
    after: Money
    gain: int
    lose: int
    moved: int  # another status, the same money
    moves: Mapping[tuple[str, str], int]
    months: Sequence[tuple[str, Money, Money]]
    changed: Sequence[Changed]


def compare(
    measure: str, frame: pl.DataFrame, as_of: date, before: Side, after: Side, *, file: str = "", first_line: int = 1
) -> Comparison:
    """Decides every row both ways. May raise BadInput (an unusable cell, setting or pack, named)."""
    old, new = (_decided(measure, frame, as_of, side, file, first_line) for side in (before, after))
    both = pl.concat([old.frame.rename(lambda n: f"b.{n}"), new.frame.rename(lambda n: f"a.{n}")], how="horizontal")
    d_sure, d_most = pl.col("a.sure") - pl.col("b.sure"), pl.col("a.most") - pl.col("b.most")
    both = both.with_columns(d_sure.alias("sure"), d_most.alias("most")).with_row_index("row", 1)
    both = both.with_columns(
        pl.when(pl.col("sure") != 0).then(pl.col("sure").sign()).otherwise(pl.col("most").sign()).alias("turn")
    )
    moves = both.group_by("b.status", "a.status").len().rows()
    return Comparison(
        measure=new.rule.key,
        name=new.rule.name,
        unit=new.rule.unit,
        rows=frame.height,
        before=_money(old.frame),
        after=_money(new.frame),
        gain=both.filter(pl.col("turn") > 0).height,
        lose=both.filter(pl.col("turn") < 0).height,
        moved=both.filter((pl.col("turn") == 0) & (pl.col("a.status") != pl.col("b.status"))).height,
        moves={(STATUS[b], STATUS[a]): n for b, a, n in sorted(moves)},
        months=_months(_internal(new.rule, frame, "", 1), as_of, old, new),
        changed=_listed(both, frame, old.rule, new.rule),
    )


@dataclass(frozen=True, slots=True)
class _Decided:
    rule: Rule
    in_force: Answers
    frame: pl.DataFrame  # status, sure, most, reason


def _decided(measure: str, frame: pl.DataFrame, as_of: date, side: Side, file: str, first_line: int) -> _Decided:
    rule, _ = engine.rule_of(measure, side.pack)
    in_force = engine.settings_of(rule, side.settings)
    return _Decided(rule, in_force, _screened(rule, in_force, _internal(rule, frame, file, first_line), as_of))


def _internal(rule: Rule, frame: pl.DataFrame, file: str, first_line: int) -> pl.DataFrame:
    facts = {name: fact for name, fact in rule.scope.facts.items() if name != "as_of"}
    return register.internal(frame, facts, file=file, first_line=first_line)


def _screened(rule: Rule, in_force: Answers, internal: pl.DataFrame, as_of: date) -> pl.DataFrame:
    result = screening.screen(rule, in_force, internal, days.to_int(as_of))
    status = pl.col("status.v")
    return result.select(
        status.cast(pl.Int64).alias("status"),
        pl.when(status == ELIGIBLE).then(pl.col("lo.v")).otherwise(0).cast(pl.Int64).alias("sure"),
        pl.when(status >= HUMAN).then(pl.col("hi.v")).otherwise(0).cast(pl.Int64).alias("most"),
        pl.col("reason.v").cast(pl.Int64).alias("reason"),
    )


def _money(frame: pl.DataFrame) -> Money:
    status = frame.get_column("status")
    sure, most = (int(frame.get_column(name).sum()) for name in ("sure", "most"))
    return Money(int((status == ELIGIBLE).sum()), int((status == HUMAN).sum()), sure, most)


def day_of(limb: Limb, rule: Rule) -> str:
    """The date a limb's conditions ask about most: the day its matter happened. Empty when it asks about none."""
    dates = {name for name, fact in rule.scope.facts.items() if fact.type.kind == "date" and name != "as_of"}
    asked = Counter(name for condition in limb.conditions for name in condition.facts if name in dates)
    return max(asked, key=lambda name: asked[name], default="")


def _months(internal: pl.DataFrame, as_of: date, old: _Decided, new: _Decided) -> list[tuple[str, Money, Money]]:
    """What each month costs: the month a matter happened in, or for a stipend every month it runs."""
    if new.rule.unit == "yuan_per_month":
        sides = [spreading.Side(one.rule, one.in_force, days.to_int(as_of), one.frame) for one in (old, new)]
        return spreading.by_month(internal, sides, _money)
    month = _happened(new.rule, internal)
    found = []
    for value in month.unique().sort(nulls_last=True).to_list():
        at = month == value if value is not None else month.is_null()
        one, other = _money(old.frame.filter(at)), _money(new.frame.filter(at))
        if one.most or other.most:
            found.append((spreading.spelt(value), one, other))
    return found


def _happened(rule: Rule, internal: pl.DataFrame) -> pl.Series:
    """yyyymm of each row's matter, null when its day is unknown."""
    wanted = dict.fromkeys(day_of(limb, rule) for limb in rule.limbs)
    known = [pl.col(name) for name in wanted if name in internal.columns]
    return internal.select((pl.coalesce(known) if known else pl.lit(None, pl.Int64)).alias("m")).to_series() // 100


def _listed(both: pl.DataFrame, frame: pl.DataFrame, old: Rule, new: Rule) -> list[Changed]:
    size = pl.max_horizontal(pl.col("sure").abs(), pl.col("most").abs())
    changed = both.filter((pl.col("turn") != 0) | (pl.col("a.status") != pl.col("b.status")))
    rows = changed.sort([size, "row"], descending=[True, False]).head(LISTED).to_dicts()
    names = next((frame.get_column(name) for name in _NAMES if name in frame.columns), None)
    why = [screening.reasons(old), screening.reasons(new)]

    def told(which: int, number: int) -> str:
        reason = why[which][number]
        return "" if reason is None else reason.told

    return [
        Changed(
            row["row"],
            "" if names is None else str(names[row["row"] - 1] or ""),
            STATUS[row["b.status"]],
            STATUS[row["a.status"]],
            row["sure"],
            row["most"],
            told(0, row["b.reason"]),
            told(1, row["a.reason"]),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to an open question: how many answers of subjects it changes, and the difference in fen."""

    value: Any
    label: str
    present: bool  # the answer in force
    subjects: int
    sure: int
    most: int


@dataclass(frozen=True, slots=True)
class Stake:
    """`options` is empty for a question without a list of answers: try one with `compare`."""

    key: str
    question: str
    options: Sequence[Option]

    @property
    def widest(self) -> int:
        """Fen between the dearest and the cheapest answer."""
        ends = [o.most for o in self.options] + [o.sure for o in self.options]
        return max(ends) - min(ends) if ends else 0


def stakes(
    measure: str, frame: pl.DataFrame, as_of: date, now: Side, *, keys: Iterable[str] | None = None, file: str = "",
    more: Mapping[str, Sequence[Any]] | None = None,
) -> list[Stake]:  # fmt: skip
    """What every open question of `measure` is worth in this register, dearest first.

    `more` names values to try for questions without a list (a last day, a table of ranks).
    """
    rule, _ = engine.rule_of(measure, now.pack)
    internal = _internal(rule, frame, file, 1)
    in_force = engine.settings_of(rule, now.settings)
    base = _screened(rule, in_force, internal, as_of)
    wanted = list(keys) if keys is not None else leaned(rule)
    found = []
    for key in wanted:
        if key not in rule.scope.settings:
            raise BadInput("没有这个口径", field=key)
        setting = rule.scope.settings[key]
        present = in_force.by_key[key].value
        options = []
        for value in answers_to(setting, (more or {}).get(key, ())):
            tried = engine.settings_of(rule, {**now.settings, key: value})
            same = tried.by_key[key].value == present
            other = _screened(rule, tried, internal, as_of)
            options.append(_option(setting, value, same, base, other))
        found.append(Stake(key, setting.label, options))
    return sorted(found, key=lambda stake: -stake.widest)


def _option(setting: Setting, value: Any, present: bool, base: pl.DataFrame, other: pl.DataFrame) -> Option:
    moved = (base.get_column("status") != other.get_column("status")) | (
        base.get_column("most") != other.get_column("most")
    )
    sure, most = (int(other.get_column(n).sum()) - int(base.get_column(n).sum()) for n in ("sure", "most"))
    return Option(value, spelt(setting, value), present, int(moved.sum()), sure, most)


def answers_to(setting: Setting, more: Sequence[Any] = ()) -> list[Any]:
    """The answers that can be tried: its options, yes and no, sets of words; `more` for what has no list."""
    if setting.kind == "bool":
        return [True, False]
    if setting.kind == "words" and 0 < len(setting.options) <= 4:
        sizes = range(1, len(setting.options) + 1)
        return [list(chosen) for size in sizes for chosen in combinations(setting.options, size)]
    if setting.kind == "word":
        return list(setting.options)
    return list(more)


def spelt(setting: Setting, value: Any) -> str:
    """An answer in words; the labels of options are the pack's, which the rule does not keep."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return "、".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else str(value)


def leaned(rule: Rule) -> list[str]:
    """The questions this measure's conditions and amounts ask, in the pack's order."""
    found = {rule.stack} if rule.stack else set()
    waiting = [node for node in _nodes(rule) if node is not None]
    seen: set[str] = set()
    while waiting:
        for part in waiting.pop().walk():
            if part.op in ("setting", "ruled", "lookup", "in_setting"):
                found.add(part.value)
            elif part.op == "term" and part.value not in seen:
                seen.add(part.value)
                waiting.append(rule.scope.terms[part.value].node)
    return [key for key in rule.scope.settings if key in found]


def _nodes(rule: Rule) -> Iterator[Node | None]:
    yield rule.deduct
    for limb in rule.limbs:
        yield from (condition.node for condition in rule.conditions(limb))
        yield from (limb.claimed, limb.amount, limb.upto, limb.uncapped, *limb.extras.values())


def as_json(found: Comparison) -> dict[str, Any]:
    """A comparison as plain data, money in fen."""
    return {
        "measure": found.measure,
        "name": found.name,
        "unit": found.unit,
        "rows": found.rows,
        "before": asdict(found.before),
        "after": asdict(found.after),
        "gain": found.gain,
        "lose": found.lose,
        "moved": found.moved,
        "moves": [{"before": b, "after": a, "rows": n} for (b, a), n in found.moves.items()],
        "months": [{"month": m or None, "before": asdict(b), "after": asdict(a)} for m, b, a in found.months],
        "changed": [asdict(one) for one in found.changed],
    }


def in_words(found: Comparison) -> str:
    """A comparison for whoever reads a terminal."""
    per = "／月" if found.unit == "yuan_per_month" else ""
    sure, most = found.after.sure - found.before.sure, found.after.most - found.before.most
    lines = [
        f"{found.measure} {found.name}：{found.rows} 项，增加 {found.gain}，减少 {found.lose}，只变结论 {found.moved}",
        f"自动应付 {yuan(found.before.sure)} → {yuan(found.after.sure)}（差 {yuan(sure)}{per}）",
        f"含须由人决定 {yuan(found.before.most)} → {yuan(found.after.most)}（差 {yuan(most)}{per}）",
    ]
    lines += [f"  {month or '日期未知'}：{yuan(b.most)} → {yuan(a.most)}" for month, b, a in found.months]
    lines += [f"  {one.name or f'第 {one.row} 项'}：{yuan(one.most)} {one.why_after}" for one in found.changed[:20]]
    return "\n".join(lines)
