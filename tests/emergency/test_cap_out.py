"""A warning goes out as CAP 1.2: the standard's order and words, never public where the plan says so, drills marked."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.emergency import actions, cap, cap_issue, cap_out, intake_cap
from luoshi.emergency.actions import Asked
from luoshi.emergency.cap_out import Message
from luoshi.emergency.models import Warning
from luoshi.kernel.errors import BadInput, Refused
from luoshi.kernel.when import SHANGHAI

MARK = "{" + cap.NAMESPACE + "}"
AT = datetime(2026, 3, 2, 3, 0, 0, 123456, tzinfo=SHANGHAI)


def problems(node: ElementTree.Element, block: str = "alert") -> list[str]:
    """What the schema of the standard would say: names, order, number and values of elements."""
    parts = {part.name: (n, part) for n, part in enumerate(cap.BLOCKS[block])}
    found, last = [], -1
    for child in node:
        name = child.tag.removeprefix(MARK)
        if name not in parts:
            found.append(f"{block}.{name} unknown")
            continue
        place, part = parts[name]
        found += [f"{block}.{name} out of order"] if place < last else []
        last = place
        if part.values and child.text not in part.values:
            found.append(f"{block}.{name} = {child.text}")
        if name in cap.MOMENTS and not cap.MOMENT.fullmatch(child.text or ""):
            found.append(f"{block}.{name} = {child.text}")
        found += problems(child, name) if name in cap.BLOCKS else []
    for name, (_, part) in parts.items():
        number = len(node.findall(MARK + name))
        if number < part.least or (part.most and number > part.most):
            found.append(f"{block}.{name} × {number}")
    return found


def said(xml: bytes, name: str) -> str:
    found = ElementTree.fromstring(xml).find(MARK + name)
    return "" if found is None else found.text or ""


def message(**more: Any) -> Message:
    told: dict[str, Any] = {
        "kind": "Alert", "identifier": "2026-0001-21-W1", "sender": "jccq@luoshi.local", "sent": AT, "exercise": False,
        "event": "通信保障突发事件", "level": "III级", "order": 2, "issuer": "区通信指挥部", "headline": "预警",
        "description": "x", "internal": "限内部", "recipients": ["移动城区分公司"], "stage": "threat",
    }  # fmt: skip
    return Message(**(told | more))


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)


@given(
    WORDS, WORDS, st.lists(WORDS.filter(lambda t: t.strip()), min_size=1, max_size=4), st.lists(WORDS, max_size=3),
    st.integers(-1, 9), st.sampled_from(["", "threat", "occurred", "task"]), st.booleans(),
)  # fmt: skip
def test_any_warning_is_valid_and_reads_back(
    headline: str, text: str, to: list[str], areas: list[str], order: int, stage: str, exercise: bool
) -> None:
    xml = cap_out.write(
        message(
            headline=headline, description=text, recipients=to, areas=areas, order=order, stage=stage, exercise=exercise
        )
    )
    assert problems(ElementTree.fromstring(xml)) == []
    read = intake_cap.read(xml)
    assert read.reality == ("exercise" if exercise else "actual") and read.unreadable == []
    assert said(xml, "scope") == "Restricted"


@pytest.mark.clause("21:3.3.2/p2s1")
def test_a_plan_that_keeps_its_warnings_inside_has_no_public_message() -> None:
    with pytest.raises(Refused) as refused:
        cap_out.write(message(public=True, internal_cite="21:3.3.2/p2s1"))
    assert refused.value.cite == "21:3.3.2/p2s1"
    assert said(cap_out.write(message(internal="", public=True)), "scope") == "Public"
    with pytest.raises(BadInput):
        cap_out.write(message(recipients=[]))


def test_what_the_plan_does_not_say_is_unknown() -> None:
    info = ElementTree.fromstring(cap_out.write(message(stage="", order=-1))).find(MARK + "info")
    assert info is not None
    assert {info.findtext(MARK + name) for name in ("urgency", "severity", "certainty")} == {"Unknown"}


@pytest.mark.django_db
def test_issue_adjust_and_lift_are_alert_update_and_cancel_of_one_chain(night: Any) -> None:
    night.opens()
    night.says(stage="threat", operators_affected=["移动城区分公司"], multi_point_operators=[],
               spread_in_district=False, spread_beyond_district=False)  # fmt: skip
    night.triages()
    actions.propose_warning(night.at, "21", night.duty, Asked(reason="研判"))
    with pytest.raises(Refused):
        cap_issue.message(Warning.objects.get())
    actions.issue_warning(night.at, "21", night.commander, Asked(), to=["移动城区分公司"])
    first = cap_issue.message(Warning.objects.get())
    assert (said(first, "msgType"), said(first, "status"), said(first, "scope")) == ("Alert", "Actual", "Restricted")
    assert "社会" in said(first, "restriction") and said(first, "addresses") == "移动城区分公司"
    night.says(multi_point_operators=["移动城区分公司", "联通城区分公司"], spread_in_district=True,
               operators_affected=["移动城区分公司", "联通城区分公司"])  # fmt: skip
    actions.propose_warning(night.at, "21", night.duty, Asked(reason="扩散"))
    actions.issue_warning(night.at, "21", night.commander, Asked(), to=["移动城区分公司", "联通城区分公司"])
    second = Warning.objects.get(state="issued")
    update = cap_issue.message(second)
    assert said(update, "msgType") == "Update" and said(first, "identifier") in said(update, "references")
    evidence = {"handled": "值班记录", "restored": "网管记录"}
    actions.lift_warning(night.at, "21", night.commander, Asked(), evidence=evidence)
    second.refresh_from_db()
    over = cap_issue.message(second)
    assert said(over, "msgType") == "Cancel" and len(said(over, "references").split()) == 2
    assert intake_cap.read(over).status == "cancelled"
    assert all(problems(ElementTree.fromstring(one)) == [] for one in (first, update, over))


@pytest.mark.django_db
def test_a_drills_warning_says_exercise(night: Any) -> None:
    night.opens(exercise=True)
    night.says(stage="threat", operators_affected=["移动城区分公司"], multi_point_operators=[],
               spread_in_district=False, spread_beyond_district=False)  # fmt: skip
    night.triages()
    actions.propose_warning(night.at, "21", night.duty, Asked(reason="研判"))
    actions.issue_warning(night.at, "21", night.commander, Asked(), to=["移动城区分公司"])
    xml = cap_issue.message(Warning.objects.get())
    assert (
        said(xml, "status") == "Exercise" and "演练" in said(xml, "note") and said(xml, "identifier").startswith("EX")
    )
