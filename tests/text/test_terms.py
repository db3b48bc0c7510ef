"""One thing under several names, terms kept from the document a text was written from, words typed for others."""

from __future__ import annotations

from pathlib import Path

import pytest

from luoshi.text import Finding, read
from luoshi.text.terms import usual

SISTERS = Path(__file__).resolve().parent.parent / "conformance" / "text" / "sisters.txt"
PLAN = "青江市演示预案\n\n1 总则\n\n{}\n"


def codes(text: str) -> list[tuple[str, str]]:
    return [(f.code, f.raw) for f in read(PLAN.format(text)).findings if f.code in ("recognition_slip", "term_mixed")]


@pytest.mark.parametrize(
    ("words", "raw"),
    [
        ("造成全县供电终端。", "终端"),
        ("发生一个乡镇通信终端或受阻的情况。", "终端"),
        ("导致网络终端的事故。", "终端"),
        ("截止2025年6月,已经完成。", "截止"),
        ("截止目前,共受理三件。", "截止"),
        ("公布行政权利事项。", "权利"),
    ],
)
def test_a_word_typed_for_another_of_the_same_sound_is_questioned(words: str, raw: str) -> None:
    assert codes(words) == [("recognition_slip", raw)]


@pytest.mark.parametrize(
    "words",
    [
        "配备通信终端设备。", "推广自助终端和政务平板。", "电能占终端能源消费比重。", "造成通信终端设备损坏。",
        "通信终端和网络设备。", "报名截止时间为6月30日。", "6月30日截止。", "保障当事人行政权利救济渠道。",
    ],
)  # fmt: skip
def test_the_same_word_in_its_own_place_is_not(words: str) -> None:
    assert codes(words) == []


def test_the_name_of_an_event_is_the_one_anything_may_stand_before() -> None:
    texts = [f"{left}网络安全事故处置" for left in ("发生重大", "接到", "对", "属于", "造成的", "做好")]
    assert usual(texts) == "网络安全事故"
    assert usual(["突发事件"] * 20) == ""


def test_two_names_and_a_title_are_no_mixture() -> None:
    words = "".join(f"{left}供水安全事故。" for left in ("发生", "接到", "对", "属于", "做好"))
    assert codes(words + "参照《供水事件办法》《供水突发事件规定》。发生供水事故。") == []
    assert codes(words + "发生供水事故。发生供水突发事件。") == [("term_mixed", "供水事故、供水突发事件")]


def test_a_term_left_from_the_sister_document_is_found_in_each_direction() -> None:
    found = [(f.document[-4:], f.path, f.suggestion) for f in _carried(SISTERS.read_text(encoding="utf-8"))]
    assert found == [("〕12号", "2.3", "燃气泄漏事故"), ("〕11号", "4.1", "供水突发事件")]


def test_nothing_is_carried_where_the_term_was_replaced_or_the_other_document_is_absent() -> None:
    text = SISTERS.read_text(encoding="utf-8")
    mended = text.replace("根据供水突发事件应急处置工作需要", "根据本预案应急处置工作需要").replace(
        "事故信息报告", "信息报告"
    )
    assert _carried(mended) == []
    assert _carried(text[text.rindex("云陵政办发〔2025〕12号") :]) == []
    assert _carried(text[: text.rindex("云陵政办发〔2025〕12号")] * 2) == []


def _carried(text: str) -> list[Finding]:
    return [f for f in read(text).findings if f.code == "term_carried"]
