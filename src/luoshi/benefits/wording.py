"""What a decision says in plain words, for a notice, a screen or a register's column."""

from __future__ import annotations

import polars as pl

from luoshi.kernel.money import yuan
from luoshi.rules.deciding import Decision
from luoshi.rules.rule import ELIGIBLE, HUMAN, PENDING, REFERRED, REFUSED, STATUS, Rule
from luoshi.rules.screening import reasons

COLUMNS = ["status", "eligible", "amount_yuan", "amount_min_yuan", "amount_max_yuan", "uncapped_yuan", "unit", "why"]


def why(decision: Decision) -> str:
    """One or two sentences: the answer, and the clauses and facts behind it."""
    return {ELIGIBLE: _eligible, REFUSED: _refused, PENDING: _pending, REFERRED: _referred, HUMAN: _human}[
        decision.status
    ](decision)


def _money(decision: Decision) -> str:
    span = yuan(decision.lo) if decision.lo == decision.hi else f"{yuan(decision.lo)} 至 {yuan(decision.hi)}"
    return span + ("/月" if decision.rule.unit == "yuan_per_month" else "")


def _eligible(decision: Decision) -> str:
    parts = "、".join(f"{o.limb.name}({o.cite or o.limb.cite})" for o in decision.outcomes if o.status == ELIGIBLE)
    return f"符合条件：{parts}，{_money(decision)}。{_capped(decision)}{_still_open(decision)}"


def _capped(decision: Decision) -> str:
    if decision.uncapped is None or decision.uncapped == decision.lo:
        return ""
    return f"按公式为 {yuan(decision.uncapped)}，超过可给数额的部分不计。"


def _still_open(decision: Decision) -> str:
    open_ = [o.limb.name for o in decision.outcomes if o.status == PENDING]
    return f"{'、'.join(open_)}待补充：{_names(decision)}。" if open_ else ""


def _names(decision: Decision) -> str:
    facts, settings = decision.rule.scope.facts, decision.rule.scope.settings
    labels = [facts[n].label if n in facts else settings[n].label if n in settings else n for n in decision.missing]
    return "、".join(labels)


def _told(decision: Decision) -> str:
    return ";".join(dict.fromkeys(reason.told for reason in decision.why))


def _refused(decision: Decision) -> str:
    return f"不符合条件：{_told(decision)}。"


def _pending(decision: Decision) -> str:
    if not decision.missing:
        return f"暂不能决定：{_told(decision)}。"
    return f"暂不能决定，尚缺：{_names(decision)}。未知不作为不符合处理。"


def _referred(decision: Decision) -> str:
    bodies = "、".join(dict.fromkeys(o.limb.refers for o in decision.outcomes if o.limb.refers))
    return f"转{bodies}按其规定办理，本处不计算金额。"


def _human(decision: Decision) -> str:
    missing = f"尚缺：{_names(decision)}。" if decision.missing else ""
    return f"须由人决定：{_told(decision)}。拟定 {_money(decision)}。{missing}"


def columns(rule: Rule, result: pl.DataFrame) -> pl.DataFrame:
    """The screening's numbers as COLUMNS."""
    told = ["" if reason is None else reason.told for reason in reasons(rule)]
    status, lo, hi = pl.col("status.v"), pl.col("lo.v"), pl.col("hi.v")
    pays = status >= HUMAN

    def money(expr: pl.Expr) -> pl.Expr:
        return expr.cast(pl.Decimal(38, 2)) / pl.lit(100).cast(pl.Decimal(38, 2))

    return result.select(
        status.replace_strict(dict(enumerate(STATUS)), return_dtype=pl.String).alias("status"),
        (status == ELIGIBLE).alias("eligible"),
        money(pl.when(pays & (lo != hi)).then(None).when(status == REFERRED).then(None).otherwise(lo)).alias(
            "amount_yuan"
        ),
        money(pl.when(status == REFERRED).then(None).otherwise(lo)).alias("amount_min_yuan"),
        money(pl.when(status == REFERRED).then(None).otherwise(hi)).alias("amount_max_yuan"),
        money(pl.when(pl.col("uncapped.k")).then(pl.col("uncapped.v"))).alias("uncapped_yuan"),
        pl.lit(rule.unit).alias("unit"),
        pl.when((status == PENDING) & (pl.col("reason.v") == 0))
        .then(pl.lit("判断或计算金额所需的事实不全"))
        .otherwise(pl.col("reason.v").replace_strict(dict(enumerate(told)), return_dtype=pl.String))
        .alias("why"),
    )


def span_text(lo_fen: int, hi_fen: int) -> str:
    """`￥5,000.00 至 ￥15,000.00`, or one amount where both ends are the same. Fen."""
    return yuan(lo_fen) if lo_fen == hi_fen else f"{yuan(lo_fen)} 至 {yuan(hi_fen)}"
