"""Whether a target is met, missed, or cannot be judged. Pure, exact Decimals, every leaning named.

Fuzzy words stay visible. Each has a named interpretation with a default that is ours, not the document's; a district
settles it by setting the parameter of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"


VERDICT_LABELS: dict[str, str] = {Verdict.MET: "达到", Verdict.MISSED: "未达到", Verdict.UNKNOWN: "不能判定"}
AWAITED = "待下达"


@dataclass(frozen=True, slots=True)
class Aim:
    """A target as its document states it. `value` None: the document gives no number."""

    indicator: str
    op: str
    value: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    due: date | None = None
    baseline: str = ""
    baseline_missing: bool = False
    relative_to: str = ""
    fuzzy: str = ""
    binding: bool = True
    stable: bool = False
    awaited_from: str = ""
    since: date | None = None  # the document's date: 稳定 is judged from here


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading. `reference` is the value it is compared with where the aim is relative (上年同期, 全市平均)."""

    value: Decimal
    period_end: date
    reference: Decimal | None = None
    source: str = ""
    document: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Leanings:
    """How fuzzy words are read: settings, none of them from a document."""

    about_tolerance: Decimal = Decimal("0.05")  # 左右: share of the value
    stable_every_period: bool = True  # 稳定: every reading since the document, not only the last
    basically_share: Decimal | None = None  # 基本实现: the share that counts as basically; None = not settled


@dataclass(frozen=True, slots=True)
class Leaning:
    """An interpretation a verdict leaned on."""

    key: str
    value: str
    status: str = "inferred"


@dataclass(frozen=True, slots=True)
class Instead:
    """A decision replaced the target's own value: it is judged by `words` of `citation` since `on`.

    `conflict` names the decision. `public`: whether the document the chosen value stands in is one residents read.
    """

    conflict: int
    citation: str
    words: str
    value: Decimal | None
    on: date
    public: bool = True

    @property
    def text(self) -> str:
        return f"已由裁定取代，按 {self.citation} 的“{self.words}”判定"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`why` in Chinese. `latest` is the reading shown; `awaited` marks a slot nobody has set: never green.

    `binding` is that of the value judged by: of the chosen one where a decision replaced the target's own (`instead`).
    """

    verdict: Verdict
    why: str
    latest: Measured | None = None
    awaited: bool = False
    leanings: tuple[Leaning, ...] = field(default=())
    binding: bool = True
    instead: Instead | None = None

    @property
    def label(self) -> str:
        return AWAITED if self.awaited else VERDICT_LABELS[self.verdict]


_TESTS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": lambda v, aim: v >= aim,
    ">": lambda v, aim: v > aim,
    "<=": lambda v, aim: v <= aim,
    "<": lambda v, aim: v < aim,
    "=": lambda v, aim: v == aim,
}
ABOUT = ("左右", "约", "上下")
BASICALLY = ("基本", "大体")


def judge(aim: Aim, readings: Sequence[Measured], as_of: date, leanings: Leanings = Leanings()) -> Judgement:
    """The verdict on `as_of`, from readings whose period has ended by then. Order of `readings`: oldest entry first."""
    known = sorted((r for r in readings if r.period_end <= as_of), key=lambda r: r.period_end)
    latest = known[-1] if known else None
    blocked = _cannot(aim, latest)
    if blocked is not None:
        return blocked
    used = _decisive(aim, known, as_of)
    if used is None:
        return Judgement(Verdict.UNKNOWN, "没有读数", latest)
    if aim.op != "done" and aim.value is None and used.reference is None:
        return Judgement(Verdict.UNKNOWN, f"缺{aim.baseline or aim.relative_to}的参照值", latest)
    leaned = _leaned(aim, leanings)
    if aim.stable and leanings.stable_every_period:
        return _stable(aim, known, used, latest, leanings, leaned, as_of)
    return _single(aim, used, latest, leanings, leaned, as_of)


def _cannot(aim: Aim, latest: Measured | None) -> Judgement | None:
    if aim.op == "done":
        return None
    if aim.value is None and aim.awaited_from:
        return Judgement(Verdict.UNKNOWN, f"{aim.awaited_from}尚未下达数值", latest, awaited=True)
    if aim.value is None and not (aim.baseline or aim.relative_to):
        word = f"文中只写“{aim.fuzzy}”，没有数值" if aim.fuzzy else "文中没有数值"
        return Judgement(Verdict.UNKNOWN, word, latest)
    if aim.baseline_missing and not aim.baseline:
        return Judgement(Verdict.UNKNOWN, "文中没有写基期，缺基期", latest)
    return None


def _decisive(aim: Aim, known: list[Measured], as_of: date) -> Measured | None:
    """Before the due date the newest reading; after it the newest reading that does not run past the due date."""
    if not known:
        return None
    if aim.due is None or as_of <= aim.due:
        return known[-1]
    within = [r for r in known if r.period_end <= aim.due]
    return within[-1] if within else None


def holds(aim: Aim, reading: Measured, leanings: Leanings) -> bool | None:
    """Whether one reading satisfies the aim; None when the words leave it open."""
    goal = aim.value if aim.value is not None else reading.reference
    if aim.relative_to and reading.reference is not None and aim.value is not None:
        goal = aim.value * reading.reference  # 达到全市平均水平: value 1 times the average
    if aim.op == "done":
        return reading.value >= 1  # 1 done, 0 not
    if goal is None:
        return None
    if aim.op == "between":
        return reading.value >= goal  # 5-10 个: the lower bound makes it; more than the upper bound is not a failure
    strict = _TESTS[aim.op](reading.value, goal)
    if strict or not aim.fuzzy:
        return strict
    if any(word in aim.fuzzy for word in ABOUT):
        return abs(reading.value - goal) <= abs(goal) * leanings.about_tolerance
    if any(word in aim.fuzzy for word in BASICALLY):
        if leanings.basically_share is None:
            return None
        return aim.op in (">=", "=") and goal > 0 and reading.value >= goal * leanings.basically_share
    return strict


def _single(
    aim: Aim,
    used: Measured,
    latest: Measured | None,
    leanings: Leanings,
    leaned: tuple[Leaning, ...],
    as_of: date,
) -> Judgement:
    good = holds(aim, used, leanings)
    day = f"{used.period_end:%Y-%m-%d}"
    if good:
        return Judgement(Verdict.MET, f"{day} 读数 {plain(used.value)}{aim.unit}", latest, leanings=leaned)
    if good is None:
        return Judgement(Verdict.UNKNOWN, f"“{aim.fuzzy}”没有确定的尺度", latest, leanings=leaned)
    if aim.due and as_of <= aim.due:
        return Judgement(
            Verdict.UNKNOWN, f"{day} 读数 {plain(used.value)}{aim.unit}，尚未到期", latest, leanings=leaned
        )
    if aim.due and used.period_end < aim.due:
        return Judgement(Verdict.UNKNOWN, f"只有 {day} 的读数，缺到期日的读数", latest, leanings=leaned)
    return Judgement(Verdict.MISSED, f"{day} 读数 {plain(used.value)}{aim.unit}", latest, leanings=leaned)


def _stable(
    aim: Aim,
    known: list[Measured],
    used: Measured,
    latest: Measured | None,
    leanings: Leanings,
    leaned: tuple[Leaning, ...],
    as_of: date,
) -> Judgement:
    spans = [r for r in known if r.period_end <= used.period_end and (aim.since is None or r.period_end >= aim.since)]
    bad = [r for r in _last_of_each(spans) if holds(aim, r, leanings) is False]
    if bad:
        when = "、".join(f"{r.period_end:%Y-%m-%d}" for r in bad[:3])
        return Judgement(Verdict.MISSED, f"要求稳定，{when} 的读数没有达到", latest, leanings=leaned)
    return _single(aim, used, latest, leanings, leaned, as_of)


def _last_of_each(readings: list[Measured]) -> list[Measured]:
    return list({r.period_end: r for r in readings}.values())


def _leaned(aim: Aim, leanings: Leanings) -> tuple[Leaning, ...]:
    found = []
    if any(word in aim.fuzzy for word in ABOUT):
        found.append(Leaning("督办·左右", f"±{plain(leanings.about_tolerance * 100)}%"))
    if any(word in aim.fuzzy for word in BASICALLY):
        share = leanings.basically_share
        found.append(Leaning("督办·基本", "未定" if share is None else f"≥{plain(share * 100)}%"))
    if aim.stable:
        found.append(Leaning("督办·稳定", "每期均达到" if leanings.stable_every_period else "最近一期达到"))
    if not aim.binding:
        found.append(Leaning("督办·力争", "照常判定，不作约束"))
    if aim.op in ("<=", ">=") and not aim.fuzzy:
        found.append(Leaning("督办·以上以下", "含本数"))
    if aim.op == "between":
        found.append(Leaning("督办·区间", "达到下限即为达到"))
    return tuple(found)


def plain(value: Decimal) -> str:
    """`98.500000` → `98.5`; never an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
