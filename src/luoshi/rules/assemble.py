"""Turns the rows of rule files into rules: names declared once, expressions read, every mistake with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Entry, Loc, Problem
from luoshi.rules import days, tables, values
from luoshi.rules.reading import Macro, Scope, read
from luoshi.rules.rows import (
    ConditionRow,
    FactRow,
    FieldRow,
    FigureRow,
    LimbRow,
    LineRow,
    RuleRow,
    SettingRow,
    SharedRow,
    TableRow,
    TermRow,
    UseRow,
)  # fmt: skip
from luoshi.rules.rule import CODE, Condition, Limb, Rule, named
from luoshi.rules.tree import (
    BOOL,
    DATE,
    TEXT,
    Fact,
    Node,
    Parameter,
    Place,
    Setting,
    Term,
    Type,
    const,
    decimal,
    number,
    rescale,
)  # fmt: skip

YUAN = 100
MONEY = (0, 10**12)  # yuan
RATE_SCALE = 6
T = TypeVar("T")


class Assembly:
    """A set of rules over one vocabulary. `problems` holds what could not be read; such parts are left out."""

    def __init__(self) -> None:
        self.scope, self.rules, self.problems = Scope(), dict[str, Rule](), list[Problem]()

    def declare(
        self,
        facts: Sequence[Entry[FactRow]],
        figures: Sequence[Entry[FigureRow]],
        settings: Sequence[Entry[SettingRow]],
        terms: Sequence[Entry[TermRow]],
        shared: Sequence[Entry[SharedRow]],
        rules: Sequence[Entry[RuleRow]],
    ) -> Assembly:
        for fact in facts:
            self._declare(fact, fact.row.name, self.scope.facts, _fact)
        for figure in figures:
            self._declare(figure, figure.row.key, self.scope.parameters, _figure)
        for setting in settings:
            self._declare(setting, setting.row.key, self.scope.settings, lambda e: _setting(e, self.scope))
        for term in terms:
            self._term(term)
        groups: dict[str, list[Entry[SharedRow]]] = {}
        for row in shared:
            groups.setdefault(row.row.group, []).append(row)
        for rule in rules:
            found = self._try(lambda entry=rule: _Reading(entry, self.scope, groups).rule())  # type: ignore[misc]
            if found is not None and found.key in self.rules:
                self.problems.append(rule.problem(f"“{found.key}”写了两次", "key"))
            elif found is not None:
                self.rules[found.key] = found
        return self

    def _try(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except BadInput as error:
            self.problems.append(Problem(error.file, error.line or 0, error.field, _with_hint(error)))
            return None

    def _declare(self, entry: Entry[Any], name: str, into: dict[str, T], make: Callable[[Entry[Any]], T]) -> None:
        if self.scope.taken(name):
            self.problems.append(entry.problem(f"名称“{name}”已用过"))
            return
        made = self._try(lambda: make(entry))
        if made is not None:
            into[name] = made

    def _term(self, entry: Entry[TermRow]) -> None:
        row = entry.row
        if row.of:
            place = _place(entry, "is")
            if isinstance(row.value, str):
                made = Macro(row.name, tuple(row.of), row.value.strip(), place)
                self._declare(entry, row.name, self.scope.macros, lambda _: made)
            else:
                self.problems.append(entry.problem("带参数的名称应写 is", "is"))
            return
        self._declare(entry, row.name, self.scope.terms, lambda e: _read_term(e, self.scope))


def _with_hint(error: BadInput) -> str:
    return error.reason + (f"（{error.hint}）" if error.hint else "")


def _place(entry: Entry[Any], *loc: str | int) -> Place:
    problem = entry.problem("", *loc)
    return Place(problem.file, problem.line or None, problem.field)


def _type(row: FieldRow | FactRow, place: Place) -> Type:
    if row.type == "word":
        if not row.values or len(set(row.values)) != len(row.values):
            raise place.error("word 应有不重复的 values")
        return Type("word", values=tuple(row.values), ordered=row.ordered)
    if row.type in ("bool", "text", "date"):
        return {"bool": BOOL, "text": TEXT, "date": DATE}[row.type]
    scale = {"int": 0, "money": 2, "rate": RATE_SCALE}[row.type]
    unit = "元" if row.type == "money" else ""
    default = {"int": (0, 10**9), "money": MONEY, "rate": (0, 1)}[row.type]
    low, high = (_scaled(given if given is not None else other, scale, place)
                 for given, other in zip((row.min, row.max), default, strict=True))  # fmt: skip
    if low > high:
        raise place.error("min 大于 max")
    return number(low, high, scale=scale, unit=unit)


def _scaled(value: Any, scale: int, place: Place) -> int:
    exact = Decimal(str(value)).scaleb(scale)
    if exact != exact.to_integral_value():
        raise place.error(f"小数位过多：{value}")
    return int(exact)


def _fact(entry: Entry[FactRow]) -> Fact:
    row, place = entry.row, _place(entry, "type")
    if row.type == "list":
        if row.of is None:
            raise place.error("list 应写明 of")
        of = (
            {"it": FieldRow(type=row.of, min=row.min, max=row.max, values=row.values)}
            if isinstance(row.of, str)
            else row.of
        )
        kind = Type("list", fields=tuple((name, _type(inner, place)) for name, inner in of.items()), most=row.most)
    else:
        kind = _type(row, place)
    if row.presumed:
        try:
            values.convert(kind, row.absent, row.spellings)
        except ValueError as error:
            raise _place(entry, "absent").error(str(error)) from None
    return Fact(row.name, kind, row.label, row.cite, row.absent, row.presumed, row.spellings)


def _figure(entry: Entry[FigureRow]) -> Parameter:
    row, spans = entry.row, []
    kind = _type(FieldRow(type=row.type), _place(entry, "type"))
    for i, span in enumerate(row.spans):
        place = _place(entry, "spans", i)
        try:
            value = values.convert(kind, span.value)
        except ValueError as error:
            raise place.error(str(error)) from None
        until = days.to_int(span.until) if span.until else None
        spans.append((days.to_int(span.since), until, value))
    for (_, last, _), (first, _, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
        if last is None or last >= first:
            raise _place(entry, "spans").error("各段时间有重叠")
    low, high = (min(v for *_, v in spans), max(v for *_, v in spans)) if spans else (kind.lo, kind.hi)
    return Parameter(row.key, replace(kind, lo=low, hi=high), tuple(spans), row.label, row.cite)


def _setting(entry: Entry[SettingRow], scope: Scope) -> Setting:
    row, place = entry.row, _place(entry, "default")
    options = tuple(option.value for option in row.options)
    keys: tuple[tuple[str, ...], ...] = ()
    if row.type == "word" and len(options) < 2:
        raise place.error("至少要有两个选项")
    if row.type == "table":
        if len(row.keys) != 2 or any(
            key not in scope.facts or scope.facts[key].type.kind != "word" for key in row.keys
        ):
            raise _place(entry, "keys").error("表应有两个选项型的事实作表头")
        keys = tuple(scope.facts[key].type.values for key in row.keys)
    kind = {
        "bool": BOOL, "date": DATE, "int": number(0, 10**6), "word": Type("word", values=options), "words": TEXT,
        "table": number(0, 10**10, scale=2, unit="元"),
    }[row.type]  # fmt: skip
    made = Setting(
        row.key, row.type, kind, row.default, () if row.open else options, row.question, row.cite, row.spellings, keys
    )
    try:
        values.setting(made, row.default)
    except BadInput as error:
        raise place.error(f"缺省值：{error.reason}") from None
    return made


def _read_term(entry: Entry[TermRow], scope: Scope) -> Term:
    row = entry.row
    if row.table is not None:
        node = _table(row.table, scope, entry, ("table",))
        return Term(row.name, node, row.cite, row.text, row.table.by)
    if row.value is None:
        raise _place(entry).error("应写 is 或 table")
    return Term(row.name, read(row.value, scope, _place(entry, "is")), row.cite, row.text, str(row.value))


def _table(row: TableRow, scope: Scope, entry: Entry[Any], loc: tuple[str | int, ...]) -> Node:
    key = read(row.by, scope, _place(entry, *loc, "by"))
    lines = [_line(key, line, scope, entry, (*loc, "rows", i)) for i, line in enumerate(row.rows)]
    if row.rest is not None:
        place = _place(entry, *loc, "rest")
        lines.append(tables.Line(read(row.rest, scope, place), place, rest=True))
    return tables.build(key, lines, _place(entry, *loc))


def _line(key: Node, row: LineRow, scope: Scope, entry: Entry[Any], loc: tuple[str | int, ...]) -> tables.Line:
    place = _place(entry, *loc)
    given = read(row.give, scope, _place(entry, *loc, "give"))
    if row.equals is not None:
        listed = row.equals if isinstance(row.equals, list) else [row.equals]
        return tables.Line(given, place, listed=tuple(_literal(key, item, place) for item in listed))
    ends = [None if end is None else _literal(key, end, place) for end in (row.since, row.below)]
    if ends == [None, None]:
        raise place.error("表的一行应写 is，或 since、below")
    return tables.Line(given, place, first=ends[0], end=ends[1])


def _literal(key: Node, value: Any, place: Place) -> Node:
    if key.type.kind == "date":
        try:
            day = days.to_int(date.fromisoformat(str(value)))
        except ValueError:
            raise place.error(f"应为日期：{value}") from None
        return Node("const", Type("date", lo=day, hi=day), value=day)
    if key.type.kind == "word":
        return Node("text", TEXT, value=str(value))
    return const(value) if isinstance(value, int) else decimal(Decimal(str(value)))


def _amount(
    given: Any, after: str, scope: Scope, entry: Entry[Any], loc: tuple[str | int, ...]
) -> tuple[Node | None, Node | None]:
    """The amount, and the table it started from. Money with at most two decimals: rounding is written, not implied."""
    if given is None:
        return None, None
    if isinstance(given, TableRow):
        table: Node | None = _table(given, scope, entry, loc)
        node = table
    else:
        table, node = None, read(given, scope, _place(entry, *loc))
    assert node is not None
    if after:
        with_base = replace(scope, bound={**scope.bound, "base": node})
        node = read(after, with_base, _place(entry, *loc[:-1], "after" if loc[-1] == "amount" else "after_upto"))
    return _in_fen(node, _place(entry, *loc)), table


def _in_fen(node: Node, place: Place) -> Node:
    if node.type.kind != "number" or node.type.scale > 2:
        raise place.error("金额应为最多两位小数的数；需要取舍时写明 round(…, 2)")
    return rescale(node, 2, place)


class _Reading:
    """One rule row being read."""

    def __init__(self, entry: Entry[RuleRow], scope: Scope, groups: Mapping[str, list[Entry[SharedRow]]]) -> None:
        self.entry, self.scope, self.groups = entry, scope, groups

    def place(self, *loc: str | int) -> Place:
        return _place(self.entry, *loc)

    def rule(self) -> Rule:
        row, scope = self.entry.row, self.scope
        if row.stack and (row.stack not in scope.settings or "highest" not in scope.settings[row.stack].options):
            raise self.place("stack").error("叠加口径应为含 highest 选项的口径")
        for i, name in enumerate(row.asks):
            if name not in scope.facts:
                raise self.place("asks", i).error(f"没有这个事实：{name}")
        keys = [limb.key for limb in row.limbs]
        if len(set(keys)) != len(keys):
            raise self.place("limbs").error("limbs 的 key 有重复")
        gate = tuple(c for i, name in enumerate(row.gate) for c in self.group(UseRow(use=name), ("gate", i)))
        limbs = tuple(self.limb(limb, ("limbs", i)) for i, limb in enumerate(row.limbs))
        place = self.place("deduct")
        deduct = _in_fen(read(row.deduct, scope, place), place) if row.deduct else None
        return Rule(
            row.key,
            row.name,
            row.cite,
            row.unit,
            scope,
            gate,
            limbs,
            row.stack,
            deduct,
            tuple(row.asks),
            tuple(row.clauses),
        )

    def group(self, use: UseRow, loc: Loc) -> Iterator[Condition]:
        if use.use not in self.groups:
            raise self.place(*loc).error(f"没有这组条件：{use.use}", "现有：" + "、".join(self.groups))
        given = [read(source, self.scope, self.place(*loc, "of", i)) for i, source in enumerate(use.of)]
        for entry in self.groups[use.use]:
            if len(entry.row.of) != len(given):
                raise self.place(*loc).error(f"{use.use} 应有 {len(entry.row.of)} 个参数")
            bound = replace(self.scope, bound=dict(zip(entry.row.of, given, strict=True)))
            yield self.condition(entry.row, bound, _place(entry, "test"))

    def condition(self, row: ConditionRow, scope: Scope, place: Place) -> Condition:
        node = read(row.test, scope, place, BOOL)
        for key in row.leans:
            if key not in scope.settings:
                raise place.error(f"没有这个口径：{key}")
        facts, leans = named(node, scope), tuple(row.leans)
        return Condition(row.cite, row.text, node, row.test, CODE[row.fails], CODE[row.unknown], row.why, facts, leans)

    def conditions(self, limb: LimbRow, loc: Loc) -> Iterator[Condition]:
        for i, row in enumerate(limb.conditions):
            at = (*loc, "conditions", i)
            if isinstance(row, UseRow):
                yield from self.group(row, at)
            else:
                yield self.condition(row, self.scope, self.place(*at, "test"))

    def limb(self, row: LimbRow, loc: Loc) -> Limb:
        scope, entry = self.scope, self.entry
        amount, table = _amount(row.amount, row.after, scope, entry, (*loc, "amount"))
        upto, _ = _amount(row.upto, row.after_upto, scope, entry, (*loc, "upto"))
        uncapped, _ = _amount(row.uncapped or None, "", scope, entry, (*loc, "uncapped"))
        extras = {name: read(source, scope, self.place(*loc, "extras", name)) for name, source in row.extras.items()}
        rows: tuple[str, ...] = ()
        if isinstance(row.amount, TableRow):
            rows = (*(line.cite or row.cite for line in row.amount.rows), row.cite)
        if amount is None and not row.refers:
            raise self.place(*loc).error("应写 amount，或写 refers 转由其他部门")
        source = row.after or (row.amount.by if isinstance(row.amount, TableRow) else str(row.amount or ""))
        claimed = read(row.claimed, scope, self.place(*loc, "claimed"), BOOL)
        facts = named(amount, scope) if amount else ()
        parts = (tuple(self.conditions(row, loc)), amount, upto, uncapped, source, rows, table, extras)
        return Limb(row.key, row.name, row.cite, claimed, *parts, row.refers, row.lenient, facts)
