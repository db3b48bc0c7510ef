"""What benefits reads from a pack: measures, and the facts, figures, terms and settings they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from luoshi.benefits import register_rows
from luoshi.benefits.register_rows import RegisterRow
from luoshi.kernel.canonical import sm3
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Context, Entry, Pack, Problem, Row
from luoshi.norms import packfile, packwords
from luoshi.rules.assemble import Assembly
from luoshi.rules.rows import FactRow, FigureRow, RuleRow, SettingRow, SharedRow, TermRow

SHIPPED = Path(__file__).resolve().parent.parent / "packs"
FILES: dict[str, type[Row]] = {
    "measure_facts.yaml": FactRow,
    "measure_figures.yaml": FigureRow,
    "measure_settings.yaml": SettingRow,
    "measure_terms.yaml": TermRow,
    "measure_conditions.yaml": SharedRow,
    "measures.yaml": RuleRow,
}
SECTIONS: dict[str, type[Row]] = {f"*/{name}": model for name, model in FILES.items()}
SECTIONS[f"*/{register_rows.FILE}"] = RegisterRow  # not part of a decision, so not under its digest


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one instrument, ready to decide. `digest` is that of the files they were read from.

    `questions`: what the settings ask, in the pack's words (options with labels, who must answer, what is at stake).
    """

    slug: str
    assembly: Assembly
    digest: str
    questions: Mapping[str, SettingRow] = field(default_factory=dict)


def check(pack: Pack) -> Iterator[Problem]:
    for slug in dict.fromkeys(entry.slug for entry in pack.of(RuleRow)):
        made = _assemble({model: pack.in_instrument(model, slug) for model in FILES.values()})
        yield from made.problems
        for row in pack.in_instrument(RegisterRow, slug):
            yield from register_rows.faults(row, made.scope.facts, pack.cites)
    for entry in pack.of(RuleRow):
        yield from _cites(pack, entry)
    for setting in pack.of(SettingRow):
        if setting.row.body and not pack.resolve(setting.row.body, setting.slug):
            yield setting.problem(f"没有名为“{setting.row.body}”的机构", "body")


def _cites(pack: Pack, entry: Entry[RuleRow]) -> Iterator[Problem]:
    for i, clause in enumerate(entry.row.clauses):
        if clause not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{clause}”", "clauses", i)
    for i, limb in enumerate(entry.row.limbs):
        if limb.cite not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{limb.cite}”", "limbs", i, "cite")


def load(pack: Pack, context: Context) -> None:
    """Puts the room's own settings (day counts of the procedure) where people set parameters, once."""
    if pack.of(RuleRow):
        from luoshi.benefits import rulebook  # needs the app registry; checking a pack does not

        rulebook.ensure_parameters()


def runs(pack: Pack) -> set[tuple[str, str]]:
    """The clauses that the pack's measures carry out."""
    return {(clause, "惠企措施") for entry in pack.of(RuleRow) for clause in entry.row.clauses}


def _assemble(rows: dict[type[Row], list[Entry[Any]]]) -> Assembly:
    made = Assembly()
    return made.declare(
        rows.get(FactRow, []),
        rows.get(FigureRow, []),
        rows.get(SettingRow, []),
        rows.get(TermRow, []),
        rows.get(SharedRow, []),
        rows.get(RuleRow, []),
    )


def folder_of(slug: str, pack: str = "jccq") -> Path:
    """Where the pack keeps the measures of instrument `slug`. Raises BadInput when it has none."""
    for place in (Path(pack), SHIPPED / pack):
        if (place / slug / "measures.yaml").is_file():
            return place / slug
    raise BadInput(f"规范包 {pack} 中没有文件 {slug} 的扶持措施", field="measure")


@lru_cache(maxsize=16)
def read(slug: str, pack: str = "jccq") -> Measures:
    """The measures of instrument `slug`, from the pack's files: no database. Raises BadInput at the first problem."""
    folder = folder_of(slug, pack)
    rows: dict[type[Row], list[Entry[Any]]] = {}
    problems: list[Problem] = []
    seal = []
    for name, model in FILES.items():
        if (folder / name).is_file():
            seal.append(f"{name}={sm3((folder / name).read_bytes())}")
            rows[model] = list(_rows(folder / name, slug, model, problems))
    made = _assemble(rows)
    for problem in sorted([*problems, *made.problems]):
        raise BadInput(problem.reason, file=problem.file, line=problem.line or None, field=problem.field)
    questions = {entry.row.key: entry.row for entry in rows.get(SettingRow, [])}
    return Measures(slug, made, sm3("\n".join(seal)), questions)


def _rows(path: Path, slug: str, model: type[Row], problems: list[Problem]) -> Iterator[Entry[Any]]:
    parsed = packfile.read(path)
    problems.extend(parsed.problems)
    for value, lines in parsed.rows:
        entry: Entry[Any] = Entry(value, str(path), lines, slug)
        try:
            yield Entry(model.model_validate(value), str(path), lines, slug)
        except ValidationError as error:
            problems.extend(packwords.problems(error, entry, model))
