"""What ledger, clocks and notices are about ("duty:17"): what people call it, and where it is shown."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

# sort -> (what people call it, the screen that shows one). A room may add its own; an unknown sort shows as stored.
_sorts: dict[str, tuple[str, str]] = {
    "duty": ("任务", "supervision:duty"),
    "conflict": ("冲突", "supervision:conflict"),
    "bulletin": ("通报", "supervision:bulletin_file"),
    "clock": ("时限", "clocks:clock"),
    "job": ("后台任务", "clocks:job"),
    "lane": ("推演", ""),
    "notice": ("通知", "notices:notice"),
    "user": ("账号", "accounts:user"),
    "body": ("机构", "directory:body"),
    "area": ("区域", "directory:area"),
    "person": ("人员", ""),
    "upload": ("导入文件", "norms:upload"),
    "interpretation": ("解释", "norms:interpretation"),
    "parameter": ("参数", "norms:parameter"),
    "instrument": ("文件", ""),
    "pack": ("规范包", ""),
    "calendar": ("工作日历", ""),
    "seal": ("封存", ""),
    "ledger": ("台账", ""),
}


def register(sort: str, label: str, url_name: str = "") -> None:
    """Say what subjects "sort:…" are called and which screen shows one (its only argument is the part after ":")."""
    _sorts[sort] = (label, url_name)


def named(subject: str) -> str:
    """`duty:17` → `任务 17`."""
    sort, _, key = subject.partition(":")
    return f"{_sorts[sort][0]} {key}" if sort in _sorts else subject


def url(subject: str) -> str:
    """The screen of a subject, empty when there is none."""
    sort, _, key = subject.partition(":")
    name = _sorts.get(sort, ("", ""))[1]
    if not name:
        return ""
    try:
        return reverse(name, args=[int(key) if key.isdigit() else key])
    except NoReverseMatch:
        return ""
