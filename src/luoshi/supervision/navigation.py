"""The screens of this room in the navigation."""

from __future__ import annotations

from luoshi.faces import nav

GROUP = "督办"


def register() -> None:
    for order, (label, name, permission) in enumerate(
        (
            ("督办看板", "supervision:board", "supervision.read"),
            ("我的事项", "supervision:mine", "supervision.read"),
            ("全部事项", "supervision:duties", "supervision.read"),
            ("立项台", "supervision:proposals", "supervision.supervise"),
            ("冲突台", "supervision:conflicts", "supervision.read"),
            ("期限日历", "supervision:calendar", "supervision.read"),
            ("考评", "supervision:scoreboard", "supervision.read"),
            ("通报", "supervision:bulletins", "supervision.read"),
            ("反馈导入", "supervision:feedback_files", "supervision.supervise"),
        )
    ):
        nav.register(label, name, permission, group=GROUP, order=10 + order)
