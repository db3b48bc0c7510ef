"""Reads the plans of a pack, from its files: no database. A plan is data; nothing here knows plan 21 or 22."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from luoshi.emergency import rows, vocabulary
from luoshi.kernel.canonical import dumps, sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Entry, Problem, Row
from luoshi.norms import packfile, packwords
from luoshi.norms.pack import FindingRow, InterpretationRow, ParameterRow
from luoshi.rules.reading import Scope
from luoshi.rules.tree import Setting, Type

SHIPPED = Path(__file__).resolve().parent.parent / "packs"
SHARED: dict[str, type[Row]] = {
    "plan_facts.yaml": rows.PlanFactRow,
    "plan_operators.yaml": rows.OperatorRow,
    "plan_terms.yaml": rows.PlanTermRow,
}
FILES: dict[str, type[Row]] = {
    "plan.yaml": rows.PlanRow,
    "plan_members.yaml": rows.MemberRow,
    "plan_groups.yaml": rows.GroupRow,
    "plan_levels.yaml": rows.LevelRow,
    "plan_clocks.yaml": rows.ClockRow,
    "plan_steps.yaml": rows.StepRow,
    "plan_terms.yaml": rows.PlanTermRow,
}
R = TypeVar("R", bound=Row)
Rows = dict[type[Row], list[Entry[Any]]]


@dataclass(slots=True)
class Plan:
    """One plan as read. `entries` keep file and line for the checker; `scope` holds the names its conditions use."""

    slug: str
    row: rows.PlanRow
    entry: Entry[rows.PlanRow]
    members: list[rows.MemberRow]
    groups: list[rows.GroupRow]
    levels: list[rows.LevelRow]
    clocks: list[rows.ClockRow]
    steps: list[rows.StepRow]
    entries: Rows = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)

    def of_kind(self, kind: str) -> list[rows.LevelRow]:
        return [level for level in self.levels if level.kind == kind]

    def level(self, kind: str, name: str) -> rows.LevelRow | None:
        return next((level for level in self.of_kind(kind) if level.level == name), None)

    @property
    def command(self) -> list[str]:
        """The posts that act for the command."""
        return [post.title for post in self.row.posts if post.rank >= 2]

    def post(self, title: str) -> rows.PostRow | None:
        return next((post for post in self.row.posts if post.title == title), None)


@dataclass(slots=True, eq=False)
class Plans:
    """All plans of a pack, with the vocabulary they share. `digest` is that of every row that decides something.

    `shared` keeps the rows no single plan owns, so that the whole can be written down (`bundle`).
    """

    pack: str
    by_slug: dict[str, Plan]
    vocabulary: vocabulary.Vocabulary
    readings: dict[str, InterpretationRow]
    settings: dict[str, Setting]
    parameters: dict[str, ParameterRow]
    problems: list[Problem]
    digest: str = ""
    folder: Path = Path()
    shared: Rows = field(default_factory=dict)


def folder_of(pack: str) -> Path:
    for place in (Path(pack), SHIPPED / pack):
        if next(place.glob("*/plan.yaml"), None) or (place / "plan.yaml").is_file():
            return place
    raise BadInput("这里没有预案（缺 */plan.yaml）", file=pack)


@lru_cache(maxsize=16)
def read(pack: str = "jccq") -> Plans:
    """The plans of `pack` (name or folder). Raises BadInput at the first problem."""
    found = survey(pack)
    for problem in sorted(found.problems):
        raise BadInput(problem.reason, file=problem.file, line=problem.line or None, field=problem.field)
    return found


def survey(pack: str) -> Plans:
    """The same as far as it can be read; what could not be read is in `problems`."""
    folder = folder_of(pack)
    problems: list[Problem] = []
    shared = _read(folder, "", SHARED, problems)
    each = {path.parent.name: _read(path.parent, path.parent.name, FILES, problems) for path in _plans(folder)}
    readings = _shared_rows(folder, "interpretations.yaml", InterpretationRow, problems)
    parameters = _shared_rows(folder, "parameters.yaml", ParameterRow, problems)
    return assemble(pack, shared, each, readings, parameters, problems, folder)


def _plans(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/plan.yaml"))


def assemble(
    pack: str,
    shared: Rows,
    each: Mapping[str, Rows],
    readings: list[InterpretationRow],
    parameters: list[ParameterRow],
    problems: list[Problem],
    folder: Path = Path(),
) -> Plans:
    """Plans from rows already read (by the pack loader, or by `survey`)."""
    by_key = {row.key: row for row in readings}
    settings = {key: _setting(row) for key, row in by_key.items() if row.default is not None}
    words = vocabulary.make(shared.get(rows.PlanFactRow, []), shared.get(rows.OperatorRow, []), problems)
    made: dict[str, Plan] = {}
    for slug, found in each.items():
        plan = _plan(slug, found, words, settings, shared.get(rows.PlanTermRow, []), problems)
        if plan is not None:
            made[slug] = plan
    by_parameter = {row.key: row for row in parameters}
    every = _every(shared, each, readings)
    # Without the defaults, as a bundle keeps rows: a field that a later edition of the software adds to a row does not
    # change the digest of plans that do not use it, and a response that runs under them can still be read.
    seal = dumps([row_.model_dump(mode="json", exclude_defaults=True) for row_ in every])
    return Plans(pack, made, words, by_key, settings, by_parameter, problems, sm3(seal), folder, shared)


def _every(shared: Rows, each: Mapping[str, Rows], readings: list[InterpretationRow]) -> Iterator[Row]:
    """Every row that decides something, in a fixed order: what a digest of the plans is made of."""
    for found in (shared, *(each[slug] for slug in sorted(each))):
        for model in sorted(found, key=lambda model: model.__name__):
            yield from (entry.row for entry in found[model])
    yield from sorted(readings, key=lambda row: row.key)


def snapshot(plan: Plan) -> dict[str, Any]:
    """The plan as plain data: what a started response runs under, whatever becomes of the pack later."""
    parts: dict[str, Sequence[Row]] = {
        "members": plan.members,
        "groups": plan.groups,
        "levels": plan.levels,
        "clocks": plan.clocks,
    }
    told = {name: [row.model_dump(mode="json") for row in found] for name, found in parts.items()}
    steps = [row.model_dump(mode="json") for row in plan.steps]
    return {"slug": plan.slug, "plan": plan.row.model_dump(mode="json"), **told, "steps": steps}


def _setting(row: InterpretationRow) -> Setting:
    """A reading as a setting of the rules: its options are the words an expression may compare with."""
    options = tuple(option.value for option in row.options)
    return Setting(row.key, "word", Type("word", values=options), row.default, options, row.question, row.cites[0])


def _plan(
    slug: str,
    found: Rows,
    words: vocabulary.Vocabulary,
    settings: Mapping[str, Setting],
    terms: list[Entry[rows.PlanTermRow]],
    problems: list[Problem],
) -> Plan | None:
    heads: list[Entry[rows.PlanRow]] = found.get(rows.PlanRow, [])
    if not heads:
        return None
    scope = vocabulary.scope(words, settings, [*terms, *found.get(rows.PlanTermRow, [])], problems)

    def of(model: type[R]) -> list[R]:
        return [entry.row for entry in found.get(model, [])]

    return Plan(
        slug, heads[0].row, heads[0], of(rows.MemberRow), of(rows.GroupRow), of(rows.LevelRow), of(rows.ClockRow),
        of(rows.StepRow), found, scope,
    )  # fmt: skip


def _read(folder: Path, slug: str, files: Mapping[str, type[Row]], problems: list[Problem]) -> Rows:
    found: Rows = {}
    for name, model in files.items():
        if (folder / name).is_file():
            found[model] = list(_rows(folder / name, slug, model, problems))
    return found


def _shared_rows(folder: Path, name: str, model: type[R], problems: list[Problem]) -> list[R]:
    """Rows of every instrument that has a plan."""
    files = [path.parent / name for path in _plans(folder) if (path.parent / name).is_file()]
    return [entry.row for file in files for entry in _rows(file, file.parent.name, model, problems)]


def finding_rows(folder: Path) -> list[FindingRow]:
    """The slips of an instrument's text that are on record."""
    path = folder / "findings.yaml"
    return [entry.row for entry in _rows(path, folder.name, FindingRow, [])] if path.is_file() else []


def _rows(path: Path, slug: str, model: type[Row], problems: list[Problem]) -> Iterator[Entry[Any]]:
    parsed = packfile.read(path, single=model.SINGLE)
    problems.extend(parsed.problems)
    for value, lines in parsed.rows:
        entry: Entry[Any] = Entry(value, str(path), lines, slug)
        try:
            yield Entry(model.model_validate(value), str(path), lines, slug)
        except ValidationError as error:
            problems.extend(packwords.problems(error, entry, model))
