"""What emergency reads from a pack: plans, and the facts, operators and terms they share; drills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from luoshi.emergency import plans, rows
from luoshi.kernel.packing import Context, Loc, Pack, Problem, Row
from luoshi.norms.pack import InterpretationRow, ParameterRow

SECTIONS: dict[str, type[Row]] = {
    **plans.SHARED,
    **{f"*/{name}": model for name, model in plans.FILES.items()},
    "drills/*.yaml": rows.ScenarioRow,
}


def assembled(pack: Pack) -> plans.Plans:
    """The plans of a pack that the loader has read."""
    shared: plans.Rows = {model: [e for e in pack.of(model) if not e.slug] for model in plans.SHARED.values()}
    slugs = list(dict.fromkeys(entry.slug for entry in pack.of(rows.PlanRow)))
    each: dict[str, plans.Rows] = {
        slug: {model: pack.in_instrument(model, slug) for model in plans.FILES.values()} for slug in slugs
    }
    readings = [entry.row for entry in pack.of(InterpretationRow) if entry.slug in slugs]
    parameters = [entry.row for entry in pack.of(ParameterRow) if entry.slug in slugs]
    return plans.assemble(pack.id, shared, each, readings, parameters, [], pack.folder)


def check(pack: Pack) -> Iterator[Problem]:
    """What makes a plan unusable: names nobody knows, expressions that cannot be read, citations that hang."""
    from luoshi.emergency import checking

    made = assembled(pack)
    yield from made.problems
    for plan in made.by_slug.values():
        yield from checking.unusable(made, plan)
        yield from _cites(pack, plan)
        yield from _members(pack, plan)


def _members(pack: Pack, plan: plans.Plan) -> Iterator[Problem]:
    """A member is a body the pack knows; whoever leads or joins a group is a member."""
    members = pack.in_instrument(rows.MemberRow, plan.slug)
    named = {name for entry in members for name in (entry.row.name, *entry.row.names)}
    for entry in members:
        if not pack.resolve(entry.row.name, plan.slug):
            yield entry.problem(f"没有名为“{entry.row.name}”的机构", "name")
    for group in pack.in_instrument(rows.GroupRow, plan.slug):
        each: list[tuple[Loc, str]] = [(("lead",), group.row.lead)]
        each += [(("members", i), name) for i, name in enumerate(group.row.members)]
        each += [(("optional_members", i), name) for i, name in enumerate(group.row.optional_members)]
        for loc, name in each:
            if name not in named:
                yield group.problem(f"“{name}”不在成员单位之中", *loc)


def _cites(pack: Pack, plan: plans.Plan) -> Iterator[Problem]:
    for entries in plan.entries.values():
        for entry in entries:
            for cite, loc in _cited(entry.row, ()):
                if cite not in pack.cites:
                    yield entry.problem(f"引用了不存在的条款“{cite}”", *loc)


def _cited(value: Any, loc: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every citation in a row, with its place."""
    if isinstance(value, rows.CitedRow):
        yield value.cite, (*loc, "cite")
        yield from ((clause, (*loc, "clauses", i)) for i, clause in enumerate(value.clauses))
    if isinstance(value, Row):
        for name in type(value).model_fields:
            yield from _cited(getattr(value, name), (*loc, name))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _cited(item, (*loc, i))


# What a user sees or is told by, in the words of the coverage report.
_CARRIES: dict[type[Row], str] = {
    rows.PlanRow: "预案·指挥体系",
    rows.MemberRow: "预案·成员单位",
    rows.GroupRow: "预案·工作组",
    rows.LevelRow: "预案·分级",
    rows.ClockRow: "预案·时限",
    rows.StepRow: "预案·步骤",
}


def runs(pack: Pack) -> Iterator[tuple[str, str]]:
    """The clauses that the elements of the pack's plans carry."""
    for model, what in _CARRIES.items():
        for entry in pack.of(model):
            for cite, _ in _cited(entry.row, ()):
                yield cite, what
            if isinstance(entry.row, rows.PlanRow):
                yield from ((clause, what) for clause in entry.row.clauses)
                yield from ((cite, what) for cite in filter(None, [entry.row.mechanisms_cite]))
            if isinstance(entry.row, rows.LevelRow) and entry.row.procedure:
                yield entry.row.procedure, what


def load(pack: Pack, context: Context) -> None:
    """The plans become the edition new incidents are judged by; running responses keep theirs."""
    made = assembled(pack)
    if made.by_slug and not made.problems:
        from luoshi.emergency import bundle, live, tuning  # needs the app registry; checking a pack does not

        live.keep(bundle.take(made))
        tuning.ensure()
        context.count("预案", len(made.by_slug))
