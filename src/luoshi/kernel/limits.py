"""How large a file may be: one rule and one sentence for every door a file comes in by."""

from __future__ import annotations

import os

from luoshi.kernel.errors import BadInput

UPLOAD = 64 * 1024 * 1024  # bytes of one file, unless LUOSHI_UPLOAD_LIMIT says otherwise


def upload_limit() -> int:
    """Bytes of the largest file that is read. BadInput when the setting is no whole number."""
    said = os.environ.get("LUOSHI_UPLOAD_LIMIT", "").strip()
    if said and not said.isdigit():
        raise BadInput(f"应为整数（字节），不是“{said}”", field="LUOSHI_UPLOAD_LIMIT")
    return int(said) if said else UPLOAD


def check_size(size: int, name: str, limit: int, *, movable: bool = True) -> None:
    """Raises BadInput, naming both sizes, when `size` bytes are more than `limit`. `movable`: a setting moves it."""
    if size > limit:
        or_ask = "，或由系统管理员调整 LUOSHI_UPLOAD_LIMIT" if movable else ""
        raise BadInput(f"文件太大：{shown(size)}，上限 {shown(limit)}；请拆开再用{or_ask}", file=name)


def shown(size: int) -> str:
    """`64 MB`, `1.5 MB`, `976 KB`, `0 KB`."""
    if size < 1 << 20:
        return f"{max(1 if size else 0, round(size / 1024))} KB"
    return f"{size / (1 << 20):.1f}".removesuffix(".0") + " MB"
