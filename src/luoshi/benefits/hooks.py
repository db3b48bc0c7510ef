"""What benefits tells the rooms below: how its subjects are called, what it adds to margins, to-do lists and tiles."""

from __future__ import annotations

from luoshi.ledger import subjects


def register() -> None:
    """Called once, when the app is ready."""
    for sort, label in (
        ("claim", "兑现事项"),
        ("batch", "付款批次"),
        ("pot", "预算"),
        ("screening", "筛查"),
        ("recovery", "追回"),
        ("benefit_subject", "惠企主体"),
        ("register_file", "名册文件"),
        ("setting", "口径"),
    ):
        subjects.register(sort, label)
