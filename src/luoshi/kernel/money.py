"""Money is an integer number of fen. Yuan exist only in what people type and read."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from luoshi.kernel.errors import BadInput, quoted


def fen(yuan: Decimal | int | str, *, field: str = "") -> int:
    """Fen of an amount in yuan with at most two decimals."""
    try:
        amount = Decimal(str(yuan).replace(",", "").replace("￥", "").strip()) * 100
    except InvalidOperation:
        raise BadInput(f"不是以元计的金额：{quoted(yuan)}", field=field) from None
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise BadInput(f"金额最多两位小数：{quoted(yuan)}", field=field)
    return int(amount)


def yuan(amount_fen: int) -> str:
    """`50000000` → `￥500,000.00`."""
    sign, whole = ("-" if amount_fen < 0 else ""), abs(amount_fen)
    return f"{sign}￥{whole // 100:,}.{whole % 100:02d}"
