"""The screens of this room in the navigation."""

from __future__ import annotations

from luoshi.benefits import queries
from luoshi.faces import finders, nav
from luoshi.kernel.acting import PUBLIC

GROUP = "免申即享"


def register() -> None:
    finders.register("惠企", queries.find, permission="benefits.read", order=30)
    nav.register("惠企措施", "benefits:measures", PUBLIC, nav.PORTAL, 25)
    for order, (label, name, permission) in enumerate(
        (
            ("我的政策", "benefits:mine", "benefits.own"),
            ("兑现事项", "benefits:claims", "benefits.read"),
            ("差一点符合", "benefits:nearly", "benefits.read"),
            ("筛查", "benefits:screenings", "benefits.read"),
            ("名册", "benefits:subjects", "benefits.read"),
            ("名册导入", "benefits:imports", "benefits.register"),
            ("企业账号", "benefits:links", "benefits.link"),
            ("来源分歧", "benefits:disputes", "benefits.read"),
            ("公示", "benefits:publication", "benefits.handle"),
            ("异议与追回", "benefits:objections", "benefits.read"),
            ("口径裁定", "benefits:settings", "benefits.read"),
            ("测算", "benefits:whatif", "benefits.read"),
            ("预算", "benefits:pots", "benefits.read"),
            ("付款批次", "benefits:batches", "benefits.read"),
            ("付款查询", "benefits:payments", "benefits.read"),
        )
    ):
        nav.register(label, name, permission, group=GROUP, order=40 + order)
