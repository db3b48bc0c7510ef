"""The two ways a request fails that are the caller's to mend; everything else is our defect."""

from __future__ import annotations

import errno
from pathlib import Path

_SYSTEM = {
    errno.ENOENT: "没有这个文件", errno.EACCES: "没有权限", errno.EPERM: "没有权限", errno.EISDIR: "这是文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹", errno.ENOSPC: "磁盘已满", errno.EROFS: "磁盘只读",
    errno.ENAMETOOLONG: "文件名过长",
}  # fmt: skip


def system_reason(error: OSError) -> str:
    """Why the system would not read or write, in Chinese where we have words for it."""
    return _SYSTEM.get(error.errno or 0, error.strerror or str(error))


def quoted(raw: object) -> str:
    """A value that cannot be used, as a Chinese message quotes it: “九”; its beginning when it is long."""
    text = "null" if raw is None else str(raw).lower() if isinstance(raw, bool) else str(raw)
    return f"“{text[:60]}……”" if len(text) > 60 else f"“{text}”"


class BadInput(Exception):
    """The input cannot be used. Names file, line, field and reason, in that order, as far as they are known."""

    def __init__(
        self, reason: str, *, file: str | Path = "", line: int | None = None, field: str = "", hint: str = ""
    ) -> None:
        self.reason, self.file, self.line, self.field, self.hint = reason, str(file), line, field, hint
        super().__init__(reason)

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.line is not None else "")
        parts = [p for p in (place, self.field, self.reason) if p]
        return ": ".join(parts) + (f"（{self.hint}）" if self.hint else "")


class Refused(Exception):
    """A rule says no: the act is not open to this person, now, in this state. `cite` names the clause."""

    def __init__(self, reason: str, *, cite: str = "") -> None:
        self.reason, self.cite = reason, cite
        super().__init__(f"{reason}[{cite}]" if cite else reason)
