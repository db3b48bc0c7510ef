"""底册: which registers a document's measures are decided from, and what their columns are called. Pure.

A register is data in the pack (`<document>/registers.yaml`). What a column states is a fact of the measures, so that
its type, bounds and words are those the rules know. Key and name columns are the same in every register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pydantic import ValidationError

from luoshi.benefits import pack as packs
from luoshi.benefits.register_rows import FILE, ColumnRow, RegisterRow
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Entry
from luoshi.norms import packfile, packwords
from luoshi.rules.tree import Fact, Type


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is read. `name` is the role, or the fact with its part; `type` None for a role."""

    name: str
    head: str
    also: tuple[str, ...] = ()
    role: str = ""
    fact: str = ""
    part: str = ""
    needed: bool = False
    day: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    each_year: Mapping[str, int] = field(default_factory=dict)
    type: Type | None = None  # of the cell; of a list fact, of one record's field
    listed: bool = False  # part of a list fact: the rows of one subject or matter make up its records
    presumed: bool = False
    total: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    key: str  # "25:stars"
    name: str
    cite: str
    about: str
    matter: str
    by: str
    matters: Mapping[str, str]
    yearly: bool
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def listed(self) -> bool:
        """Several rows of it make up what one record says."""
        return any(column.listed for column in self.columns)

    @property
    def facts(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.fact)

    @property
    def needed(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.needed)

    @property
    def has_matter(self) -> bool:
        return bool(self.matter or self.by)

    @property
    def dated(self) -> Column | None:
        """The column that holds the matter's date."""
        return next((column for column in self.columns if column.day), None)


_KEY = ("社会信用代码", "信用代码", "统一信用代码", "企业代码", "税号", "纳税人识别号")
_BUSINESS = (
    Column("key", "统一社会信用代码", _KEY, "key", needed=True),
    Column("name", "主体名称", ("企业名称", "单位名称", "酒店名称", "饭店名称", "民宿名称", "主体", "名称"), "name"),
)
_PERSON = (
    Column("key", "身份证号", ("身份证号码", "公民身份号码", "证件号码"), "key", needed=True),
    Column("name", "姓名", ("人员姓名", "员工姓名", "名字"), "name"),
    Column("employer", "统一社会信用代码", ("用人单位代码", "单位代码", *_KEY), "employer", needed=True),
    Column("employer_name", "用人单位", ("单位名称", "企业名称", "酒店名称", "单位"), "employer_name"),
)


@lru_cache(maxsize=8)
def read(slug: str, pack: str = "jccq") -> dict[str, Register]:
    """The registers of a document by key (`25:stars`), from the pack's files. BadInput at the first problem."""
    facts = packs.read(slug, pack).assembly.scope.facts
    path = packs.folder_of(slug, pack) / FILE
    found: dict[str, Register] = {}
    if not path.is_file():
        return found
    parsed = packfile.read(path)
    for problem in parsed.problems:
        raise BadInput(problem.reason, file=problem.file, line=problem.line or None, field=problem.field)
    for value, lines in parsed.rows:
        entry: Entry[RegisterRow] = Entry(value, str(path), lines, slug)
        try:
            row = RegisterRow.model_validate(value)
        except ValidationError as error:
            worst = next(iter(packwords.problems(error, entry, RegisterRow)))
            raise BadInput(worst.reason, file=worst.file, line=worst.line or None, field=worst.field) from None
        made = _register(slug, row, facts)
        found[made.key] = made
    return found


def get(key: str, pack: str = "jccq") -> Register:
    """The register of a key like `25:stars`."""
    slug = key.partition(":")[0]
    found = read(slug, pack) if slug else {}
    if key not in found:
        raise BadInput(f"没有这种名册：{key}", field="kind", hint="现有：" + "、".join(found) if found else "")
    return found[key]


@lru_cache(maxsize=64)
def _facts(key: str, pack: str) -> frozenset[str]:
    return frozenset(column.fact for column in read(key.partition(":")[0], pack)[key].facts)


def beside(register: Register, pack: str = "jccq") -> list[str]:
    """The other registers of the same document that can state one of its facts."""
    own = _facts(register.key, pack)
    rest = [key for key in read(register.key.partition(":")[0], pack) if key != register.key]
    return [key for key in rest if _facts(key, pack) & own]


def _register(slug: str, row: RegisterRow, facts: Mapping[str, Fact]) -> Register:
    own = tuple(_column(column, facts) for column in row.columns)
    standard = _PERSON if row.about == "person" else _BUSINESS
    return Register(
        f"{slug}:{row.register_}", row.name, row.cite, row.about, row.matter, row.by, row.matters, row.yearly,
        (*standard, *own),
    )  # fmt: skip


def _column(row: ColumnRow, facts: Mapping[str, Fact]) -> Column:
    made = Column(
        row.role or (f"{row.fact}.{row.part}" if row.part else row.fact), row.head, tuple(row.also), row.role,
        row.fact, row.part, row.needed, row.day, row.words, row.each_year,
        total=row.total,
    )  # fmt: skip
    if not row.fact:
        return made
    fact = facts[next(iter(row.each_year), row.fact)]
    kind, listed = fact.type, fact.type.kind == "list"
    if listed:
        kind = dict(fact.type.fields)[row.part or "it"]
    words = {**(fact.spellings or {}), **row.words}
    return replace(made, type=kind, listed=listed, words=words, presumed=fact.presumed)
