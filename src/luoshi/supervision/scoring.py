"""The scoreboard's formula. Pure. Its weights are settings; what is unknown is left out, not lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each share counts. Only the ratios matter."""

    on_time: Decimal = Decimal(50)
    receipt: Decimal = Decimal(20)
    report: Decimal = Decimal(30)


@dataclass(frozen=True, slots=True)
class Score:
    """`points` of 100 with one decimal, or None when nothing can be judged. Shares are 0 to 1 or None."""

    points: Decimal | None
    on_time: Decimal | None
    receipt: Decimal | None
    report: Decimal | None
    counts: Mapping[str, int]

    @property
    def on_time_words(self) -> str:
        return _words(self.on_time)

    @property
    def receipt_words(self) -> str:
        return _words(self.receipt)

    @property
    def report_words(self) -> str:
        return _words(self.report)


def score(counts: Mapping[str, int], weights: Weights = Weights()) -> Score:
    """Counts: red yellow green grey receipt_ok receipt_late report_ok report_late."""

    def n(name: str) -> int:
        return max(counts.get(name, 0), 0)

    parts = (
        (weights.on_time, _share(n("green") + n("yellow"), n("red"))),
        (weights.receipt, _share(n("receipt_ok"), n("receipt_late"))),
        (weights.report, _share(n("report_ok"), n("report_late"))),
    )
    known = [(weight, share) for weight, share in parts if share is not None]
    total = sum((weight for weight, _ in known), Decimal(0))
    points = None
    if total > 0:
        raw = sum((weight * share for weight, share in known), Decimal(0)) / total * 100
        points = raw.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Score(points, parts[0][1], parts[1][1], parts[2][1], dict(counts))


def _share(good: int, bad: int) -> Decimal | None:
    return Decimal(good) / Decimal(good + bad) if good + bad else None


def _words(share: Decimal | None) -> str:
    return "—" if share is None else f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def formula(weights: Weights) -> str:
    """The formula in words, as printed above the board."""
    return (
        f"得分 = 100 ×（{weights.on_time}×按期率 + {weights.receipt}×按时签收率 + {weights.report}×按时反馈率）"
        "÷ 可判定各项的权重之和"
    )
