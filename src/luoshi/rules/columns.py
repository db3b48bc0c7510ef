"""A whole register at once, in Polars: the steps of a rule, some hundred thousand rows after another.

Columns of that size stay near the processor, and a condition takes a bit per row. What is the same for all rows of such
a piece (nobody has an award yet; every licence is known) is one value, and what follows from it is not worked out
row by row. Pieces are decided side by side, by as many threads as Polars has.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import polars as pl

from luoshi.rules.joining import FLIP, TESTS
from luoshi.rules.steps import Program, Step
from luoshi.rules.tree import Type

PIECE = 262_144  # rows decided at once
_SEVERAL = 8  # up to so many listed values, or different texts, are compared one by one
_LOOK = 200  # texts looked at to see whether they repeat
_MATH = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}

# A value is a column, or one number, truth or text where it is the same in all rows of the piece.
Column = Any


class _Small(int):
    """A status or a reason: kept in 16 bits, never computed with."""


def run(frame: pl.DataFrame, program: Program, dtypes: Mapping[str, Any], size: int = PIECE) -> pl.DataFrame:
    """The results of the program, named and of the types of `dtypes`, one row per row of `frame` (facts in internal
    form, null = unknown)."""
    if not frame.height:
        return pl.DataFrame(schema=dict(dtypes))
    pieces = [frame.slice(at, size) for at in range(0, frame.height, size)]
    if len(pieces) == 1:
        return _piece(pieces[0], program, dtypes)
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        return pl.concat(pool.map(lambda piece: _piece(piece, program, dtypes), pieces))


def _piece(frame: pl.DataFrame, program: Program, dtypes: Mapping[str, Any]) -> pl.DataFrame:
    piece, steps = _Piece(frame, program.facts), program.steps
    values: list[Any] = [None] * len(steps)
    for number, step in enumerate(steps):
        if step.owner:
            values[number] = _each(piece.records(step.owner), program, step, values)
        elif step.op in _OVER:
            records, each = piece.records(step.held[0]), values[step.args[0]]
            each = each if steps[step.args[0]].owner else [each] * records.places
            values[number] = _OVER[step.op](records.there, each)
        elif step.args:
            values[number] = _WORK[step.op](*[values[arg] for arg in step.args], *step.held)
        else:
            values[number] = piece.take(step.op, step.held)
        for arg in step.done:
            values[arg] = None
    height = frame.height
    return pl.DataFrame([_whole(values[program.results[name]], name, dtypes[name], height) for name in dtypes])


def _each(records: _Records, program: Program, step: Step, values: list[Any]) -> list[Column]:
    """A step about the records of a list: a value for each place in it."""
    if not step.args:
        return [records.take(step.held[0], step.held[1], place) for place in range(records.places)]
    theirs = [bool(program.steps[arg].owner) for arg in step.args]
    return [
        _WORK[step.op](
            *[values[arg][place] if own else values[arg] for arg, own in zip(step.args, theirs, strict=True)],
            *step.held,
        )
        for place in range(records.places)
    ]


def _whole(value: Column, name: str, dtype: Any, height: int) -> pl.Series:
    if isinstance(value, pl.Series):
        return value.alias(name) if value.dtype == dtype else value.cast(dtype).alias(name)
    return pl.Series(name, [value], dtype=dtype).new_from_index(0, height)


class _Piece:
    """Some rows of the register: their facts and the records of their lists, looked at when a step first asks."""

    def __init__(self, frame: pl.DataFrame, facts: Mapping[str, Type]) -> None:
        self.frame, self.facts = frame, facts
        self._records: dict[str, _Records] = {}

    def records(self, owner: str) -> _Records:
        if owner not in self._records:
            self._records[owner] = _Records(self.frame, owner, self.facts[owner])
        return self._records[owner]

    def take(self, op: str, held: Any) -> Column:
        """A constant, or a part of a fact."""
        if op == "constant":
            return _Small(held[0]) if held[1] == "small" else held[0]
        name, part = held
        column = self.frame.get_column(name) if name in self.frame.columns else None
        return _part(column, self.facts[name], part)


def _part(column: pl.Series | None, kind: Type, part: str) -> Column:
    """`v`: the value, something harmless where it is unknown; `k`: whether it is known; `f`: whether surely false."""
    nulls = column.null_count() if column is not None else 0
    if column is None or nulls == len(column):
        return False if part in "kf" or kind.kind == "bool" else _filler(kind)
    if part == "k":
        return _settled(column.is_not_null()) if nulls else True
    if kind.kind == "bool":
        if nulls:
            return _settled(column.eq_missing(part == "v"))
        return _settled(column if part == "v" else ~column)
    if kind.kind == "text":
        return _texts(column, nulls)
    whole = column if column.dtype == pl.Int64 else column.cast(pl.Int64)
    return _alike(whole.fill_null(_filler(kind)) if nulls else whole)


def _texts(column: pl.Series, nulls: int) -> Column:
    """Texts; where unknown something harmless: the empty one, or one of the words."""
    if nulls:
        column = column.fill_null(column.dtype.categories[0] if isinstance(column.dtype, pl.Enum) else "")
    found = _alike(column)
    return _Texts(found) if isinstance(found, pl.Series) else found


def _filler(kind: Type) -> Any:
    return {"text": "", "word": 0}.get(kind.kind, max(kind.lo, min(0, kind.hi)))


def _alike(column: pl.Series) -> Column:
    """One value where all are the same; a look at three of them tells most columns that differ."""
    first = column[0]
    if first == column[-1] and first == column[len(column) // 2] and (column == first).all():
        return first
    return column


class _Records:
    """The records of one list by place: the first of every subject, the second …; `there`: which subjects have one.

    Where a subject has none, its value is some other record's, and never counted.
    """

    def __init__(self, frame: pl.DataFrame, owner: str, kind: Type) -> None:
        self.kinds, self.places = dict(kind.fields), 0
        self.there: list[Column] = []
        if owner not in frame.columns:
            return
        lists = frame.get_column(owner)
        sizes = lists.list.len().fill_null(0)
        self.places = int(sizes.max() or 0)  # type: ignore[arg-type]
        if not self.places:
            return
        flat = lists.drop_nulls().explode(empty_as_null=False).alias("it")
        wide = flat.struct.unnest() if isinstance(flat.dtype, pl.Struct) else flat.to_frame()
        self.fields = {column.name: column for column in wide}
        self.starts, self.last = (sizes.cum_sum() - sizes).cast(pl.UInt32), len(flat) - 1
        self.there = [_settled(sizes > place) for place in range(self.places)]
        self.found: dict[tuple[str, int], pl.Series] = {}
        self.at: dict[int, pl.Series] = {}

    def take(self, name: str, part: str, place: int) -> Column:
        if name not in self.fields:
            return _part(None, self.kinds[name], part)
        if place not in self.at:
            self.at[place] = (self.starts + pl.Series([place], dtype=pl.UInt32)).clip(0, self.last)
        if (name, place) not in self.found:
            self.found[name, place] = self.fields[name].gather(self.at[place])
        return _part(self.found[name, place], self.kinds[name], part)


# operations


def _settled(column: pl.Series) -> Column:
    """A condition, or what it is in all rows."""
    return False if not column.any() else True if column.all() else column


def _both(a: Column, b: Column) -> Column:
    if a is False or b is False:
        return False
    if a is True:
        return b
    if b is True:
        return a
    found = a & b
    return found if found.any() else False


def _either(a: Column, b: Column) -> Column:
    if a is True or b is True:
        return True
    if a is False:
        return b
    if b is False:
        return a
    found = a | b
    return True if found.all() else found


def _no(a: Column) -> Column:
    return ~a if isinstance(a, pl.Series) else not a


def _test(op: str) -> Callable[[Column, Column], Column]:
    straight, turned = TESTS[op], TESTS[FLIP[op]]

    def work(a: Column, b: Column) -> Column:
        if isinstance(a, pl.Series):
            return _settled(straight(a, b))
        return _settled(turned(b, a)) if isinstance(b, pl.Series) else straight(a, b)

    return work


@lru_cache(maxsize=4096)
def _kept(value: int, small: bool) -> pl.Series:
    return pl.Series([value], dtype=pl.Int16 if small else pl.Int64)


def _one(value: Column) -> pl.Series:
    """A number as a column of one row, which Polars stretches."""
    return value if isinstance(value, pl.Series) else _kept(int(value), isinstance(value, _Small))


def _math(op: str) -> Callable[[Column, Column], Column]:
    work = _MATH[op]
    return lambda a, b: work(_one(a), _one(b)) if isinstance(a, pl.Series) or isinstance(b, pl.Series) else work(a, b)


def _over(a: Column, b: Column) -> Column:
    return _one(a) // _one(b) if isinstance(a, pl.Series) or isinstance(b, pl.Series) else a // b


def _choose(test: Column, a: Column, b: Column) -> Column:
    if not isinstance(test, pl.Series):
        return a if test else b
    if not isinstance(a, pl.Series) and not isinstance(b, pl.Series) and a == b:
        return a
    return _one(a).zip_with(test, _one(b))


def _among(a: Column, values: Sequence[int]) -> Column:
    if not isinstance(a, pl.Series):
        return a in values
    if len(values) > _SEVERAL:
        return _settled(a.is_in(list(values)))
    found = a == values[0]
    for value in values[1:]:
        found = found | (a == value)
    return _settled(found)


class _Texts:
    """A column of texts, perhaps as numbers of a list of words. Where there are a few words, each is looked at once."""

    def __init__(self, column: pl.Series) -> None:
        self.column, self.words = column, list[str]()
        if isinstance(column.dtype, pl.Enum):
            self.column, self.words = column.to_physical(), column.dtype.categories.to_list()
        elif column.head(_LOOK).n_unique() <= _SEVERAL:
            words = column.unique().to_list()
            self.words = words if len(words) <= _SEVERAL else []

    def among(self, values: Sequence[str]) -> Column:
        return self._any([word in values for word in self.words]) if self.words else self.column.is_in(values)

    def containing(self, part: str) -> Column:
        if self.words:
            return self._any([part in word for word in self.words])
        return self.column.str.contains(part, literal=True)

    def _any(self, wanted: Sequence[bool]) -> Column:
        if all(wanted):
            return True
        names: Sequence[Any] = self.words if self.column.dtype == pl.String else range(len(self.words))
        chosen = [name for name, here in zip(names, wanted, strict=True) if here]
        if len(chosen) > _SEVERAL:
            return self.column.is_in(chosen)
        found: Column = False
        for name in chosen:
            found = _either(found, self.column == name)
        return found


def _text_among(a: Column, values: Sequence[str]) -> Column:
    return _told(a.among(list(values))) if isinstance(a, _Texts) else a in values


def _contains(a: Column, part: str) -> Column:
    return _told(a.containing(part)) if isinstance(a, _Texts) else part in a


def _told(found: Column) -> Column:
    return _settled(found) if isinstance(found, pl.Series) else found


def _total(there: Sequence[Column], each: Sequence[Column]) -> Column:
    whole: Column = 0
    for here, value in zip(there, each, strict=True):
        whole = _WORK["add"](whole, _choose(here, value, 0))
    return whole


def _some(there: Sequence[Column], each: Sequence[Column]) -> Column:
    found: Column = False
    for here, test in zip(there, each, strict=True):
        found = _either(found, _both(here, test))
    return found


def _every(there: Sequence[Column], each: Sequence[Column]) -> Column:
    found: Column = True
    for here, test in zip(there, each, strict=True):
        found = _both(found, _either(_no(here), test))
    return found


_OVER = {"total": _total, "some": _some, "every": _every}
_WORK: dict[str, Callable[..., Column]] = {
    "both": _both, "either": _either, "no": _no, "choose": _choose, "over": _over,
    "among": _among, "text_among": _text_among, "contains": _contains,
    **{op: _test(op) for op in TESTS},
    **{op: _math(op) for op in _MATH},
}  # fmt: skip
