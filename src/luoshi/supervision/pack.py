"""What supervision reads from a pack: duties with who leads, by when, and the figures they are judged by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from luoshi.kernel.packing import Context, Day, Entry, Exact, Loc, Pack, Problem, Row, repeated

Words = Field(min_length=1)


class NamedRow(Row):
    """A body that a document prints under a name which does not tell which body it is: we say so, and that we infer."""

    printed: str = Words
    body: str = Words
    inferred: bool = True


class DeadlineRow(Row):
    """`printed` is the text's own words; `inferred` when the day is our reading of them (到2025年 → its last day)."""

    date: Day | None = None
    stage_result: bool = False
    continuous: bool = False
    printed: str = ""
    inferred: bool = False


class TargetRow(Row):
    """A figure. `value` is exact; two values for `between`; none when the city has yet to set it or nobody counted.

    `implied`: the figure follows from the words (覆盖所有 → 100 %) and is not printed. `binding` false: 力争.
    """

    indicator: str = Words
    clause: str = ""
    op: Literal[">=", "<=", ">", "<", "=", "between", "done"]
    value: Exact | list[Exact] | None = None
    unit: str = ""
    due: Day | None = None
    baseline: str = ""
    fuzzy: str = ""
    status: Literal["stated", "待下达", "未量化"] = "stated"
    awaited_from: str = ""
    implied: bool = False
    binding: bool = True


class DutyRow(Row):
    """One duty. `lead` and `cooperate` keep the printed names in printed order; `open_list`: the list ends with 等."""

    key: str = Field(min_length=1, max_length=160, pattern=r"^\S+$")
    clauses: list[str] = Field(min_length=1)
    provision: str = Words
    title: str = Field(min_length=1, max_length=120)
    group: str = ""
    task_no: int | None = None
    lead: list[str | NamedRow] = []
    cooperate: list[str | NamedRow] = []
    lead_marked: bool = False
    joint_lead: bool = False
    open_list: bool = False
    division: str = ""
    deadline: DeadlineRow
    targets: list[TargetRow] = []
    status: Literal["confirmed", "proposed"] = "confirmed"
    note: str = ""


SECTIONS: dict[str, type[Row]] = {"*/duties.yaml": DutyRow}


def check(pack: Pack) -> Iterator[Problem]:
    yield from repeated(pack.of(DutyRow), lambda row: row.key, "key")
    for entry in pack.of(DutyRow):
        yield from _check_bodies(pack, entry)
        yield from _check_cites(pack, entry)
        if not entry.row.deadline.date and not entry.row.deadline.continuous and entry.row.deadline.stage_result:
            yield entry.problem("阶段性成效须有日期", "deadline")
        for i, target in enumerate(entry.row.targets):
            for reason, field in _target_faults(target):
                yield entry.problem(reason, "targets", i, field)
            if pack.text and (missing := _not_in_text(target, pack.text)):
                yield entry.problem(f"原文中找不到“{missing}”；由文意推出的数请标 implied: true", "targets", i, "value")


def _check_bodies(pack: Pack, entry: Entry[DutyRow]) -> Iterator[Problem]:
    for field, names in (("lead", entry.row.lead), ("cooperate", entry.row.cooperate)):
        for i, name in enumerate(names):
            wanted = name if isinstance(name, str) else name.body
            found = pack.resolve(wanted, entry.slug)
            if not found:
                yield entry.problem(f"没有名为“{wanted}”的机构（bodies.yaml 的正式名、别称中都没有）", field, i)
            elif len(found) > 1:
                yield entry.problem(f"“{wanted}”可指 {'、'.join(found)}：请写明机构", field, i)
    if entry.row.joint_lead and len(entry.row.lead) < 2:
        yield entry.problem("标为共同牵头，却不足两个单位", "joint_lead")


def _check_cites(pack: Pack, entry: Entry[DutyRow]) -> Iterator[Problem]:
    cites: list[tuple[Loc, str]] = [(("clauses", i), cite) for i, cite in enumerate(entry.row.clauses)]
    cites.append((("provision",), f"{entry.slug}:{entry.row.provision}"))
    cites += [(("targets", i), target.clause) for i, target in enumerate(entry.row.targets) if target.clause]
    for loc, cite in cites:
        if cite not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{cite}”", *loc)
    yield from _check_key(entry)


def _check_key(entry: Entry[DutyRow]) -> Iterator[Problem]:
    """The key is where the duty stands: in its provision, and one of its clauses is that clause or lies in it."""
    row = entry.row
    if not row.key.startswith(f"{entry.slug}:{row.provision}"):
        yield entry.problem(f"编号“{row.key}”与所在条款“{entry.slug}:{row.provision}”不一致", "key")
    elif not any(clause.startswith(row.key) for clause in row.clauses):
        yield entry.problem(f"编号“{row.key}”与所列条款不一致：其中没有“{row.key}”或它之下的条款", "key")
    for i, clause in enumerate(row.clauses):
        if not clause.startswith(f"{entry.slug}:"):
            yield entry.problem(f"“{clause}”不是本文件的条款", "clauses", i)
    for i, target in enumerate(row.targets):
        if target.clause and target.clause not in row.clauses:
            yield entry.problem(f"指标的条款“{target.clause}”不在本事项所列条款之中", "targets", i, "clause")


def _target_faults(target: TargetRow) -> Iterator[tuple[str, str]]:
    two = isinstance(target.value, list)
    if target.op == "between" and not (isinstance(target.value, list) and len(target.value) == 2):
        yield "区间指标（between）应写两个数", "value"
    elif target.op != "between" and two:
        yield "只有区间指标（between）可以写两个数", "value"
    if target.op == "done" and target.value is not None:
        yield "完成类指标（done）没有数值", "value"
    if target.status == "stated" and target.value is None and target.op != "done":
        yield "没有数值的指标应标 status: 待下达 或 未量化", "status"
    if target.status != "stated" and target.value is not None:
        yield f"已有数值，不应标 {target.status}", "status"


def _not_in_text(target: TargetRow, text: str) -> str:
    """The figure with its unit when the document does not print it; "" when it does or need not."""
    if target.implied or target.value is None:
        return ""
    values = target.value if isinstance(target.value, list) else [target.value]
    for value in values:
        printed = format(value, "f") + (target.unit if value is values[-1] else "")
        if printed not in text:
            return printed
    return ""


def runs(pack: Pack) -> Iterator[tuple[str, str]]:
    """The clauses a duty carries, and those by which its targets are judged."""
    for entry in pack.of(DutyRow):
        for clause in entry.row.clauses:
            yield clause, "督办事项"
        for target in entry.row.targets:
            if target.clause:
                yield target.clause, "督办指标"


def load(pack: Pack, context: Context) -> None:
    """New duties are added, untouched ones brought up to date, those people have acted on left alone."""
    from luoshi.supervision.loading import load_duties  # needs the app registry; checking a pack does not

    load_duties(pack.of(DutyRow), context)
