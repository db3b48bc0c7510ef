"""What norms read from a pack: the pack itself, its instruments, clauses, readings, parameters and known slips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, ClassVar, Literal

from pydantic import Field

from luoshi.kernel.packing import Context, Day, Entry, Facts, Pack, Plain, Problem, Row, repeated

GIST_LIMIT = 200  # characters; a gist that needs more is a copy of the sentence
RUN = 40  # characters in a row that our words may share with the document

Kind = Literal[
    "amendment", "amount", "area", "assessment", "authority", "body", "cap", "channel", "clock", "content_of_report",
    "deadline", "definition", "discipline", "duty", "eligibility", "entitlement", "exclusion", "facility", "feature",
    "finance", "governance", "incentive", "jurisdiction", "level", "measure", "membership", "penalty", "period",
    "principle", "prohibition", "publicity", "register", "resource", "role", "rule", "source", "target", "trigger",
    "validity", "visit",
]  # fmt: skip
DocumentKind = Literal[
    "决议", "决定", "命令", "公报", "公告", "通告", "意见", "通知", "通报", "报告", "请示", "批复", "议案", "函",
    "纪要", "法律", "条例", "规定", "办法", "方案", "预案",
]  # fmt: skip
Key = Field(min_length=1, max_length=160, pattern=r"^\S+$")
Words = Field(min_length=1)


class PackRow(Row):
    """`pack.yaml`: whose documents these are and in which order they are shown."""

    SINGLE: ClassVar[bool] = True

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    district: str = Words
    title: str = Words
    version: str = Words
    source: str = ""
    instruments: list[str] = Field(min_length=1)


class RelationRow(Row):
    """What this document says of another. `target` is a slug of this pack, else `number` or `title` names it."""

    kind: Literal["basis", "implements", "adjusts", "repeals", "replaces", "cites"]
    number: str = ""
    title: str = ""
    target: str = ""
    cite: str = Key
    note: str = ""


class InstrumentRow(Row):
    """`<slug>/instrument.yaml`. A date the text does not state stays empty; it is never worked out here."""

    SINGLE: ClassVar[bool] = True

    slug: str = Field(pattern=r"^[^\s:/]+$")
    number: str = Field(pattern=r"^\S+〔\d{4}〕\d+号$")
    title: str = Words
    kind: DocumentKind
    issuer: str = Words
    addressees: list[str] = []
    date: Day
    dates: list[Day] = []
    public: bool
    valid_from: Day | None = None
    valid_until: Day | None = None
    revision_due: Day | None = None
    interpreter: str = ""
    summary: str = Words
    relations: list[RelationRow] = []


class ClauseRow(Row):
    """One thing a sentence asks for: where, of which kind, in our words (`gist`) and figures (`facts`)."""

    key: str = Key
    path: str = Field(min_length=1, max_length=150)
    heading: str = Field(default="", max_length=200)
    kind: Kind
    gist: str = Words
    facts: Facts = {}


class OptionRow(Row):
    value: str = Words
    label: str = Words


class InterpretationRow(Row):
    """A question the text leaves open. `body`: who may answer, if the text says so; `money`: the answer moves money.

    `no_effect`: what an answer other than the default does not change in the software, in Chinese; users read it.
    """

    key: str = Key
    question: str = Words
    options: list[OptionRow] = Field(min_length=2)
    default: str | None = None
    cites: list[str] = Field(min_length=1)
    body: str = ""
    money: bool = False
    note: str = ""
    no_effect: str = Field(default="", max_length=400)


class ValueRow(Row):
    value: Plain
    valid_from: Day
    valid_until: Day | None = None
    source: str = Words


class ParameterRow(Row):
    """A dated value the text leaves to be set. No values: not configured (or 待下达, when `awaited_from` is named)."""

    key: str = Key
    label: str = Words
    kind: Literal["number", "integer", "fen", "date", "text", "flag", "list"] = "number"
    unit: str = ""
    cite: str = ""
    awaited_from: str = ""
    note: str = ""
    values: list[ValueRow] = []


class FindingRow(Row):
    """A slip or a contradiction a careful reader would question, and how we read it until someone decides."""

    key: str = Key
    code: Literal["slip", "numbering", "name", "date", "conflict", "missing", "wording"]
    cites: list[str] = Field(min_length=1)
    message: str = Words
    raw: str = ""
    reading: str = ""


SECTIONS: dict[str, type[Row]] = {
    "pack.yaml": PackRow,
    "*/instrument.yaml": InstrumentRow,
    "*/clauses.yaml": ClauseRow,
    "*/interpretations.yaml": InterpretationRow,
    "*/parameters.yaml": ParameterRow,
    "*/findings.yaml": FindingRow,
}

_STEP = re.compile(r"(/[^/]+|\([^()]*\)|[①-⑳]|\.?\d+|[一二三四五六七八九十百]+|.)$")


def ancestors(path: str) -> Iterator[str]:
    """`三(一)1` → `三(一)`, `三`: the provisions around a provision."""
    while (path := _STEP.sub("", path)) != "":
        yield path


def index(pack: Pack) -> None:
    """Say what citations may point to: clauses, the provisions they lie in, those around them, whole documents."""
    for instrument in pack.of(InstrumentRow):
        pack.cites.add(instrument.row.slug)
    for entry in pack.of(ClauseRow):
        pack.cites.add(entry.row.key)
        for path in (entry.row.path, *ancestors(entry.row.path)):
            pack.cites.add(f"{entry.slug}:{path}")


def check(pack: Pack) -> Iterator[Problem]:
    yield from _check_instruments(pack)
    yield from repeated(pack.of(ClauseRow), lambda row: row.key, "key")
    yield from repeated(pack.of(InterpretationRow), lambda row: row.key, "key")
    yield from repeated(pack.of(ParameterRow), lambda row: row.key, "key")
    yield from repeated(pack.of(FindingRow), lambda row: row.key, "key")
    for clause in pack.of(ClauseRow):
        yield from _check_clause(clause)
    for interpretation in pack.of(InterpretationRow):
        yield from _check_interpretation(pack, interpretation)
    for parameter in pack.of(ParameterRow):
        yield from _check_parameter(pack, parameter)
    for finding in pack.of(FindingRow):
        yield from dangling(pack, finding, finding.row.cites, "cites")
        if finding.row.cites[0].partition(":")[0] != finding.slug:
            yield finding.problem(f"第一处出处“{finding.row.cites[0]}”不是本文件的条款", "cites", 0)
        if pack.text and "…" not in finding.row.raw and squeeze(finding.row.raw) not in pack.text:
            yield finding.problem(f"原文中找不到“{finding.row.raw}”", "raw")
    if pack.text:
        yield from _check_own_words(pack)


def dangling(pack: Pack, entry: Entry[Any], cites: list[str], *loc: str | int) -> Iterator[Problem]:
    """A problem for each citation that no section of the pack defines."""
    for i, cite in enumerate(cites):
        if cite not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{cite}”", *loc, i)


def _check_instruments(pack: Pack) -> Iterator[Problem]:
    listed = next(iter(pack.of(PackRow)), None)
    order = listed.row.instruments if listed else []
    found = {entry.slug for entry in pack.of(InstrumentRow)}
    for i, slug in enumerate(order):
        if listed and slug not in found:
            yield listed.problem(f"缺少文件夹“{slug}”中的 instrument.yaml", "instruments", i)
    yield from repeated(pack.of(InstrumentRow), lambda row: row.number, "number")
    for entry in pack.of(InstrumentRow):
        row = entry.row
        if row.slug != entry.slug:
            yield entry.problem(f"slug 应与文件夹名“{entry.slug}”一致", "slug")
        elif listed and row.slug not in order:
            yield entry.problem("pack.yaml 的 instruments 没有列出本文件", "slug")
        if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
            yield entry.problem("有效期截止早于开始", "valid_until")
        if row.date not in (row.dates or [row.date]):
            yield entry.problem("dates 中没有成文日期", "dates")
        if row.interpreter and not pack.resolve(row.interpreter, entry.slug):
            yield entry.problem(f"没有名为“{row.interpreter}”的机构", "interpreter")
        yield from _check_relations(pack, entry, found)


def _check_relations(pack: Pack, entry: Entry[InstrumentRow], found: set[str]) -> Iterator[Problem]:
    for i, relation in enumerate(entry.row.relations):
        if relation.target and relation.target not in found:
            yield entry.problem(f"包内没有文件“{relation.target}”", "relations", i, "target")
        if not (relation.target or relation.number or relation.title):
            yield entry.problem("应写明 target、number 或 title 之一", "relations", i)
        if relation.cite not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{relation.cite}”", "relations", i, "cite")


def _check_clause(entry: Entry[ClauseRow]) -> Iterator[Problem]:
    if not entry.row.key.startswith(f"{entry.slug}:"):
        yield entry.problem(f"编号应以“{entry.slug}:”开头", "key")
    elif not entry.row.key.startswith((f"{entry.slug}:{entry.row.path}", f"{entry.slug}:0/")):
        yield entry.problem(f"编号“{entry.row.key}”与条款路径“{entry.row.path}”不一致", "path")
    if len(entry.row.gist) > GIST_LIMIT:
        yield entry.problem(f"要点过长（{len(entry.row.gist)} 字，上限 {GIST_LIMIT}）：应当概括，不抄原文", "gist")


def _check_interpretation(pack: Pack, entry: Entry[InterpretationRow]) -> Iterator[Problem]:
    row = entry.row
    values = [option.value for option in row.options]
    if len(set(values)) != len(values):
        yield entry.problem("选项的 value 有重复", "options")
    if row.default is not None and row.default not in values:
        yield entry.problem(f"缺省值“{row.default}”不在选项中", "default")
    if row.body and not pack.resolve(row.body, entry.slug):
        yield entry.problem(f"没有名为“{row.body}”的机构", "body")
    yield from dangling(pack, entry, row.cites, "cites")


def _check_parameter(pack: Pack, entry: Entry[ParameterRow]) -> Iterator[Problem]:
    row = entry.row
    if not row.cite:
        yield entry.problem("参数没有写明出处（cite）", "cite")
    else:
        if row.cite not in pack.cites:
            yield entry.problem(f"引用了不存在的条款“{row.cite}”", "cite")
    spans = sorted(row.values, key=lambda value: value.valid_from)
    for earlier, later in pairwise(spans):
        if earlier.valid_until is None or earlier.valid_until > later.valid_from:
            yield entry.problem(f"{earlier.valid_from} 起的值与 {later.valid_from} 起的值时间重叠", "values")


def _check_own_words(pack: Pack) -> Iterator[Problem]:
    text = pack.text
    runs = {text[i : i + RUN] for i in range(len(text) - RUN + 1)}
    for entry in pack.of(ClauseRow):
        ours = squeeze(entry.row.gist)
        for i in range(len(ours) - RUN + 1):
            if ours[i : i + RUN] in runs:
                yield entry.problem(f"与原文连续 {RUN} 字以上相同（“{ours[i : i + 12]}…”）：请用自己的话概括", "gist")
                break


def squeeze(text: str) -> str:
    """Text without blanks and quotation marks, half-width: what two printings of one sentence share."""
    text = re.sub(r"[\s“”‘’\"'「」]", "", text)
    return text.translate(str.maketrans("\uff0c\uff1b\uff1a\uff08\uff09", ",;:()"))


def runs(pack: Pack) -> Iterator[tuple[str, str]]:
    """What norms themselves make of a clause: validity dates, relations, readings with an owner, parameters, findings.

    A clause that is only shown with its text is encoded, not running, and is not named here.
    """
    for instrument in pack.of(InstrumentRow):
        for relation in instrument.row.relations:
            yield relation.cite, "文件关系"
    for clause in pack.of(ClauseRow):
        if "cycle_years" in clause.row.facts:
            yield clause.row.key, "修订时限"
    for interpretation in pack.of(InterpretationRow):
        for cite in interpretation.row.cites:
            yield cite, "解释"
    for parameter in pack.of(ParameterRow):
        yield parameter.row.cite, "参数"


def load(pack: Pack, context: Context) -> None:
    from luoshi.norms import packload  # needs the app registry; checking a pack does not

    packload.load(pack, context)
