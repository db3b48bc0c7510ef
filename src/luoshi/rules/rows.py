"""The rows of a rule file, as typed by people in a pack."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from luoshi.kernel.packing import Day, Plain, Row
from luoshi.rules.values import spoken

Words = Field(min_length=1)
Name = Field(pattern=r"^[^\W\d]\w*$")
Kind = Literal["bool", "int", "money", "rate", "date", "word", "text"]


class FieldRow(Row):
    """What a value may be. Bounds of money are in yuan; they make overflow impossible and absurd input visible."""

    type: Kind
    min: Plain = None
    max: Plain = None
    values: list[str] = []
    ordered: bool = False


class FactRow(Row):
    """One thing that may be known of a subject. `of`: what a list holds. `absent`: presumed when nobody mentions it."""

    name: str = Name
    type: Literal["bool", "int", "money", "rate", "date", "word", "text", "list"]
    label: str = Words
    cite: str = ""
    min: Plain = None
    max: Plain = None
    values: list[str] = []
    ordered: bool = False
    of: Kind | dict[str, FieldRow] | None = None
    most: int = Field(default=50, ge=1, le=1000)
    absent: Plain = None
    presumed: bool = False
    spellings: dict[str, str] = {}
    note: str = ""

    def say(self, code: str) -> str:
        """A code as people say it: the first spelling that stands for it."""
        return spoken(code, self.spellings)


class SettingOptionRow(Row):
    value: str = Words
    label: str = Words


class SettingRow(Row):
    """A question the text leaves open, with the answer used until the named body decides. `stake`: money at stake."""

    key: str = Words
    type: Literal["bool", "int", "date", "word", "words", "table"]
    question: str = Words
    default: Plain = None
    options: list[SettingOptionRow] = []
    keys: list[str] = []  # of a table: the facts its rows and columns name
    open: bool = False  # words that need not be among options
    spellings: dict[str, Plain] = {}
    cite: str = Words
    body: str = ""
    stake: str = ""
    note: str = ""


class SpanRow(Row):
    """`until` is the last day."""

    since: Day
    until: Day | None = None
    value: Plain
    source: str = Words


class FigureRow(Row):
    """A dated parameter of the rules. No spans: the standard is not configured, and nothing is computed from it."""

    key: str = Name
    type: Kind
    label: str = Words
    cite: str = Words
    spans: list[SpanRow] = []


class LineRow(Row):
    """One row of a table: `is` a value or values, or `since` (included) and `below` (not)."""

    equals: Plain = Field(default=None, alias="is")
    since: Plain = None
    below: Plain = None
    give: Plain
    cite: str = ""


class TableRow(Row):
    by: str = Words
    rows: list[LineRow] = Field(min_length=1)
    rest: Plain = None


class TermRow(Row):
    """A named part of the rules, written once. With `of` it takes values, and is expanded where it is used."""

    name: str = Name
    of: list[str] = []
    value: str | bool | int | None = Field(default=None, alias="is")
    table: TableRow | None = None
    text: str = ""
    cite: str = ""


class ConditionRow(Row):
    cite: str = Words
    text: str = Words
    test: str = Words
    fails: Literal["refused", "pending", "referred", "human_review"] = "refused"
    unknown: Literal["pending", "human_review", "pass"] = "pending"
    why: str = ""
    leans: list[str] = []


class UseRow(Row):
    """The conditions of a shared group, asked about `of`."""

    use: str = Words
    of: list[str] = []


class SharedRow(ConditionRow):
    """A condition several rules share. `of`: the names its test uses for what it is asked about."""

    group: str = Words
    of: list[str] = []


AskedRow = Annotated[
    Annotated[ConditionRow, Tag("condition")] | Annotated[UseRow, Tag("group")],
    Discriminator(lambda row: "group" if isinstance(row, dict) and "use" in row else "condition"),
]


class LimbRow(Row):
    """A part that adds up by itself. `after` works on the figure `base`; `refers`: another body decides."""

    key: str = Words
    name: str = Words
    cite: str = Words
    claimed: str = "true"
    lenient: bool = False
    conditions: list[AskedRow] = []
    amount: str | int | TableRow | None = None
    after: str = ""
    upto: str | int | TableRow | None = None
    after_upto: str = ""
    uncapped: str = ""
    extras: dict[str, str] = {}
    refers: str = ""


class RuleRow(Row):
    key: str = Words
    name: str = Words
    cite: str = Words
    clauses: list[str] = []
    unit: Literal["yuan", "yuan_per_month"] = "yuan"
    gate: list[str] = []
    limbs: list[LimbRow] = Field(min_length=1)
    stack: str = ""
    deduct: str = ""
    asks: list[str] = []
