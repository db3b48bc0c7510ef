"""Which indicators are the same, which of their values cannot both stand, and which duties may be one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_PREFIX = re.compile(r"^(?:到\d{4}年|年内|全年|力争|实现|确保|全区|全县|全市|我区|我县|本区|区内|辖区(?:内)?)+")
_SUFFIX = re.compile(r"(?:总数|数量|个数|家数|户数|数目|总量|数|达到|突破)+$")
_NOISE = re.compile(r"[\s,,。;;::、·“”\"'‘’《》()()\[\]【】〔〕-]+")


def indicator_key(name: str) -> str:
    """One spelling for one indicator: width, punctuation, district words and counting words do not matter."""
    text = _NOISE.sub("", unicodedata.normalize("NFKC", name)).lower()
    text = _PREFIX.sub("", text)
    return _SUFFIX.sub("", text) or text


@dataclass(frozen=True, slots=True)
class Claim:
    """A target as far as conflicts are concerned. `id` names it for the caller."""

    id: int
    indicator: str
    op: str
    value: Decimal | None
    unit: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """Claims about one indicator that cannot all stand; `why` in Chinese."""

    key: str
    indicator: str
    why: str
    members: tuple[int, ...]


def clashes(claims: Iterable[Claim]) -> list[Clash]:
    """Indicators with values that contradict: same due date, other value; or a later date asking less than an earlier.

    A value that rises with the years is a plan, not a conflict. A claim without a number is no part of one.
    """
    groups: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        if claim.value is not None:
            groups.setdefault((indicator_key(claim.indicator), claim.unit.strip()), []).append(claim)
    found = []
    for (key, _), group in sorted(groups.items()):
        reasons = _contradictions(group)
        if reasons:
            members = tuple(sorted(c.id for c in group))
            found.append(Clash(key, group[0].indicator, ";".join(reasons)[:400], members))
    return found


def _contradictions(group: Sequence[Claim]) -> list[str]:
    ordered = sorted(group, key=lambda c: (c.due or date.max, c.id))
    reasons: dict[str, None] = {}
    for index, first in enumerate(ordered):
        for second in ordered[index + 1 :]:
            reason = _contradiction(first, second)
            if reason:
                reasons[reason] = None
    return list(reasons)


def contradict(one: Claim, other: Claim) -> str | None:
    """Why two claims about one indicator cannot both stand, in Chinese; None when they can, or one has no number."""
    if one.value is None or other.value is None:
        return None
    first, second = sorted((one, other), key=lambda c: (c.due or date.max, c.id))
    return _contradiction(first, second)


def _contradiction(first: Claim, second: Claim) -> str | None:
    assert first.value is not None and second.value is not None
    if (first.op, first.value) == (second.op, second.value):
        return None
    if first.due == second.due or first.due is None or second.due is None:
        when = f"{first.due:%Y-%m-%d}" if first.due and first.due == second.due else "期限不明"
        return f"{when}：{_say(first)}与{_say(second)}不一致"
    if _asks_less(first, second):
        return f"{second.due:%Y-%m-%d} 的{_say(second)}反而比 {first.due:%Y-%m-%d} 的{_say(first)}要求低"
    return None


def _asks_less(earlier: Claim, later: Claim) -> bool:
    assert earlier.value is not None and later.value is not None
    if earlier.op[0] == ">" and later.op[0] == ">":
        return later.value < earlier.value
    if earlier.op[0] == "<" and later.op[0] == "<":
        return later.value > earlier.value
    return False


def _say(claim: Claim) -> str:
    assert claim.value is not None
    number = format(claim.value.normalize(), "f")
    words = {">=": "不低于", ">": "超过", "<=": "不高于", "<": "低于", "=": "等于"}
    return f"“{words.get(claim.op, '')}{number}{claim.unit}”"


def similarity(one: str, other: str) -> Decimal:
    """Share of common character pairs of two titles or sentences, 0 to 1 (Dice). 1 for equal texts."""
    a, b = _pairs(one), _pairs(other)
    if not a or not b:
        return Decimal(int(one.strip() == other.strip() and bool(one.strip())))
    return (Decimal(2 * len(a & b)) / Decimal(len(a) + len(b))).quantize(Decimal("0.001"))


def _pairs(text: str) -> set[str]:
    flat = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    return {flat[i : i + 2] for i in range(len(flat) - 1)}


def most_similar(text: str, others: Iterable[tuple[int, str]], least: Decimal = Decimal("0.6")) -> int | None:
    """The id of the most similar text of at least `least`, or None."""
    best: tuple[Decimal, int] | None = None
    for key, other in others:
        score = similarity(text, other)
        if score >= least and (best is None or score > best[0]):
            best = (score, key)
    return best[1] if best else None
