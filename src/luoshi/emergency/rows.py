"""The rows of a plan's files, as typed by people in a pack.

`reading` names the interpretation an item rests on; without it the item is what the text says. The two never look
alike: `source` of every item is computed from it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from luoshi.kernel.packing import Plain, Row
from luoshi.rules.rows import FactRow, FieldRow, TermRow

Words = Field(min_length=1)
Phase = Literal[
    "prevent", "intake", "triage", "analyse", "first_response", "warning_propose", "warning", "warning_lift", "propose",
    "response", "end", "after", "resource", "maintain",
]  # fmt: skip
Timing = Literal["立即", "同时", "及时", "迅速", "适时", "随时", "必要时", "需要时", "一般"]


class PlanFactRow(FactRow):
    """A decision fact of the plans of a pack; asked in the order of the file when nothing else decides.

    `fields`: given as a mapping, kept as `<name>` (is there one) and `<name>_<field>`; `unstated` says what leaving a
    field out means. `holds`: a list of operators or places is counted without repetition. `part_of`: whoever is in
    this list is in that one too.
    """

    holds: Literal["", "operators", "places"] = ""
    act: bool = False  # somebody's decision, not something to find out: asked last
    part_of: str = ""
    fields: dict[str, FieldRow] = {}
    unstated: dict[str, str] = {}


class PlanTermRow(TermRow):
    """A named part of a plan's conditions."""


class OperatorRow(Row):
    """A network operator. `counts`: as a 基础电信运营企业; with `reading` and `when`, only under that answer."""

    name: str = Words
    aliases: list[str] = []
    counts: bool = True
    reading: str = ""
    when: str = ""
    cite: str = ""


class CitedRow(Row):
    """Something a clause says. `clauses`: further clauses the item carries out."""

    cite: str = Words
    reading: str = ""
    clauses: list[str] = []

    @property
    def source(self) -> str:
        return "reading" if self.reading else "text"


class PostRow(CitedRow):
    """A post of the command. `meaning`: for a printed word without a definition, the posts by answer of `reading`."""

    title: str = Words
    rank: int = Field(default=0, ge=0)  # higher may end what lower started
    holders: list[str] = []
    count: int = Field(default=1, ge=0)
    meaning: dict[str, list[str]] = {}
    printed: str = ""


class DutyRow(CitedRow):
    what: str = Words


class BodyRow(CitedRow):
    name: str = Words
    short: str = Words
    aliases: list[str] = []
    duties: list[DutyRow] = []


class InternalRow(DutyRow):
    """A warning that may not leave a circle: whom the plan names, and `circle`; the answer `allowed` lifts it."""

    circle: list[str] = []
    allowed: str = ""


class TriageRow(CitedRow):
    outcome: Literal["true", "false_alarm", "unrelated"]
    by: str = Words
    what: str = Words
    needs_transferee: bool = False


class ScopeRow(CitedRow):
    """One limb of a plan's scope. The plan applies when any limb does."""

    text: str = Words
    test: str = Words


class ForbidRow(CitedRow):
    """What must not be done. `when`: an expression; `in_`: where it matters."""

    what: str = Words
    when: Literal["always", "warning", "response", "not_true", "before_start", "running"] = "always"


class ConfirmRow(CitedRow):
    """Who must confirm between proposal and start. `answer`: only when `reading` is answered so."""

    by: str = Words
    answer: str = ""


class ShownRow(CitedRow):
    """A condition that somebody must show to hold."""

    key: str = Words
    text: str = Words


class EndRow(ShownRow):
    """One condition of the end. `when`: an expression; absent = always. `blocking` false: ask, do not refuse."""

    when: str = ""
    blocking: bool = True


class LiftRow(ShownRow):
    """One condition of lifting a warning."""


class CarryRow(Row):
    """Measures of another level taken over under an answer: recommended or applied, never part of the level's text."""

    level: str = Words
    measures: list[str] = []
    reading: str = Words
    apply: str = Words
    recommend: str = Words


class GapRow(Row):
    """What to do when the facts are all known and fit no level: the answers that take the nearest one."""

    reading: str = Words
    up: str = ""
    down: str = ""


class NotifyRow(CitedRow):
    who: str = Words
    to: list[str] = []  # the recipients, when `who` names several
    members: bool = False  # every member unit of the command
    when: str = Words
    at: Literal["propose", "issue", "start", "need"] = "start"
    timing: Timing | None = None


class MeasureRow(CitedRow):
    what: str = Words
    by: str = Words
    timing: Timing | None = None
    on: str = ""  # needed only when this happens (an event of the course)


class PlanRow(Row):
    """`plan.yaml`: the command, its posts, what runs through every level, how the response ends."""

    SINGLE: ClassVar[bool] = True

    title: str = Words
    subject: str = Words
    hq: BodyRow
    office: BodyRow
    site_command: BodyRow
    posts: list[PostRow] = Field(min_length=1)
    member_rule: DutyRow
    member_count: int = 0
    group_count: int = 0
    scope: list[ScopeRow] = []
    scope_notes: list[ScopeRow] = []
    triage: list[TriageRow] = []
    gate: str = Words
    warning_issuer: str = ""
    warning_proposer: str = ""
    warning_reading: str = ""
    warning_signers: dict[str, list[str]] = {}  # by answer of `warning_reading`; none = any post of the command
    warning_confirms: ConfirmRow | None = None
    warning_notify: list[NotifyRow] = []
    warning_measures: list[MeasureRow] = []
    warning_internal: InternalRow | None = None
    warning_gaps: list[GapRow] = []
    response_gaps: list[GapRow] = []
    threat_reading: str = ""
    independent_reading: str = ""
    pair_answer: str = ""  # of `independent_reading`: a warning level brings its response level, and the other way
    pairs: dict[str, str] = {}  # warning level: response level
    standard_reading: str = ""
    standard_wait: str = ""  # of `standard_reading`: no response level from conditions until the standard is there
    confirms: list[ConfirmRow] = []
    mechanisms: list[str] = []
    mechanisms_cite: str = ""
    end: list[EndRow] = []
    end_by: DutyRow | None = None
    lift: list[LiftRow] = []
    lift_by: DutyRow | None = None
    report_parts: list[DutyRow] = []
    report_additions: list[str] = []
    record_fields: list[DutyRow] = []
    forbids: list[ForbidRow] = []
    sources: list[DutyRow] = []
    readings: dict[str, list[str]] = {}
    level_names: dict[str, str] = {}
    clauses: list[str] = []


class MemberRow(CitedRow):
    """A member unit and what it must do. `slot`: bound per incident. `names`: how it is printed elsewhere."""

    name: str = Words
    names: list[str] = []
    slot: bool = False
    duties: list[DutyRow] = []


class GroupRow(CitedRow):
    name: str = Words
    lead: str = Words
    members: list[str] = Field(min_length=1)
    duties: list[DutyRow] = Field(min_length=1)
    optional_members: list[str] = []
    optional_reading: str = ""


class PartRow(Row):
    """`context`: holds of many events (it has happened, nothing spreads); alone it brings no level near."""

    text: str = Words
    test: str = Words
    reading: str = ""
    context: bool = False


class LevelConditionRow(CitedRow):
    """One way to reach a level: every part must hold."""

    text: str = Words
    parts: list[PartRow] = Field(min_length=1)


class LevelRow(CitedRow):
    """A warning or response level. Order in the file: highest first."""

    kind: Literal["warning", "response"]
    level: str = Words
    title: str = ""
    conditions: list[LevelConditionRow] = Field(min_length=1)
    proposer: str = ""
    reports_to: str = ""
    procedure: str = ""
    starters: list[str] = []
    confirm: bool = False
    notify: list[NotifyRow] = []
    measures: list[MeasureRow] = []
    carry: list[CarryRow] = []


class ClockRow(CitedRow):
    """`minutes` null: measured and shown, never a verdict; `target` names minutes a user may set, not the plan."""

    name: str = Words
    starts: str = Words
    stops: str = Words
    minutes: int | None = Field(default=None, gt=0)
    word: str = ""
    applies: Literal["response", "warning", "always"] = "response"
    levels: list[str] = []
    target: str = ""
    on: str = ""  # event that starts it
    on_answers: dict[str, str] = {}  # with `on_reading`: the event by the answer in force
    on_reading: str = ""
    off: str = ""  # event that stops it
    from_label: str = Words
    years: int | None = None


class StepRow(CitedRow):
    """Something to be done in a phase, by whom. Steps of phase `resource` and `prevent` stand outside an incident."""

    phase: Phase
    what: str = Words
    by: str = Words
    to: str = ""
    timing: Timing | None = None
    act: str = ""  # the act of the course that does it
    data: dict[str, Plain] = {}


class ScenarioRow(Row):
    """A drill: synthetic, on virtual time. `timeline`: pairs (time, what happens)."""

    SINGLE: ClassVar[bool] = True

    name: str = Words
    exercise: Literal[True]
    note: str = ""
    date: str = ""
    plans: list[str] = []
    settings: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    places: list[str] = []
    timeline: list[Any] = Field(min_length=1)
    expect: dict[str, Any] = {}
