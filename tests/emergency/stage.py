"""What drills of the tests share: events, evidence, and short ways to run a timeline."""

from __future__ import annotations

from typing import Any

from luoshi.emergency import drilling

SERIOUS = {
    "stage": "occurred", "cause": "external_emergency", "beyond_district_capacity": True,
    "towns_affected": ["演练甲街道", "演练乙街道"],
}  # fmt: skip
ONE_OPERATOR = {
    "stage": "occurred", "cause": "external_emergency", "multi_point_operators": ["移动"],
    "operators_affected": ["移动"], "spread_in_district": False, "spread_beyond_district": False,
}  # fmt: skip
CYBER = {
    "stage": "occurred", "cause": "cyber", "operators_affected": ["联通"], "spread_in_district": False,
    "spread_beyond_district": False, "risk_major": False,
}  # fmt: skip
END_21 = {"controlled": "单", "secondary_cleared": "单", "stable": "单"}
END_22 = {"rescue_done": "单", "scene_controlled": "单", "secondary_cleared": "单"}


def run(*timeline: Any, plans: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return drilling.run({"name": "演练", "plans": plans or ["21"], "timeline": [list(e) for e in timeline], **more})


def opened(facts: dict[str, Any], *rest: Any, plans: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A true event, triaged and proposed by the office at 09:02."""
    return run(
        ("09:00", {"set": facts}),
        ("09:01", {"act": "triage", "outcome": "true", "by": "值班人员"}),
        ("09:02", {"act": "propose", "by": "办公室"}),
        *rest,
        plans=plans,
        **more,
    )


def refusals(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(event["act"], event["cite"]) for event in result["refused"]]
