"""Numbering families, paths of the text's own numbers, and what is said when they are out of order."""

from __future__ import annotations

import pytest

from luoshi.text import read

HEAD = "青江市人民政府\n关于演示的通知\n\n青政发〔2025〕1号\n\n各县人民政府:\n\n"
TAIL = "\n\n青江市人民政府\n2025年1月2日\n"


def paths(*lines: str) -> list[str]:
    return [p.path for p in read(HEAD + "\n\n".join(lines) + TAIL).documents[0].walk()]


def codes(*lines: str) -> list[tuple[str, str]]:
    found = read(HEAD + "\n\n".join(lines) + TAIL).findings
    return [(f.code, f.path) for f in found if f.code.startswith(("number_", "label_")) and f.path]


def test_five_families_nest_in_their_own_order() -> None:
    lines = (
        "一、甲",
        "(一)乙",
        "1.丙。内容。",
        "(1)丁;",
        "①戊;",
        "②己。",
        "(2)庚。",
        "2.辛。内容。",
        "(二)壬",
        "二、癸",
    )
    assert paths(*lines) == [
        "一", "一(一)", "一(一)1", "一(一)1(1)", "一(一)1(1)①", "一(一)1(1)②", "一(一)1(2)", "一(一)2", "一(二)", "二",
    ]  # fmt: skip
    assert codes(*lines) == []


def test_numbers_kept_across_sections_are_no_fault() -> None:
    lines = ("一、甲", "(一)乙", "1.丙。", "2.丁。", "(二)戊", "3.己。", "二、庚", "(三)辛", "4.壬。")
    assert paths(*lines) == ["一", "一(一)", "一(一)1", "一(一)2", "一(二)", "一(二)3", "二", "二(三)", "二(三)4"]
    assert codes(*lines) == []


def test_decimals_hold_their_own_path() -> None:
    lines = (
        "1总则",
        "1.1编制目的",
        "为了演示。",
        "2 组织",
        "2.1 机构",
        "2.1.1 职责",
        "(1)甲;",
        "①乙。",
        "2.2 分工",
        "3 附则",
    )
    assert paths(*lines) == ["1", "1.1", "2", "2.1", "2.1.1", "2.1.1(1)", "2.1.1(1)①", "2.2", "3"]
    assert codes(*lines) == []


def test_a_top_level_written_with_a_point_belongs_to_the_decimals() -> None:
    assert paths("1. 总则", "1.1 目的", "为了演示。", "1.2 范围", "2. 组织", "2.1 机构") == [
        "1",
        "1.1",
        "1.2",
        "2",
        "2.1",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "2024年12月底前完成。",
        "12345热线要畅通。",
        "30分钟内报告。",
        "1.5万元以上的项目。",
        "第三条第二款规定的情形。",
        "3个月内办结。",
    ],
)
def test_a_line_that_begins_with_a_figure_is_no_label(line: str) -> None:
    assert paths("一、甲。内容。", line) == ["一"]


@pytest.mark.parametrize(
    ("lines", "code", "path"),
    [
        (("一、甲", "三、乙"), "number_skip", "三"),
        (("一、甲", "一、乙"), "number_repeat", "一#2"),
        (("1.甲。", "2.乙。", "1.丙。"), "number_restart", "1#2"),
        (("一、甲", "二、乙", "四、丙", "三、丁"), "number_order", "三"),
        (("二、甲", "三、乙"), "number_skip", "二"),
        (("(1)甲:", "①乙;", "②丙;", "(3)丁。"), "label_form", "(1)③"),
    ],
)
def test_numbers_out_of_order_are_reported_with_their_place(lines: tuple[str, ...], code: str, path: str) -> None:
    assert (code, path) in codes(*lines)


def test_single_character_labels_are_read() -> None:
    assert paths("㈠甲", "⒈乙。内容。", "⑴丙;", "①丁。") == ["(一)", "(一)1", "(一)1(1)", "(一)1(1)①"]


def test_headings_part_from_their_text() -> None:
    document = read(
        HEAD + "一、目标\n\n(一)做好排查。全面排查,不留死角。\n\n(二)本办法自发布之日起施行。" + TAIL
    ).documents[0]
    assert [(p.heading, p.mark, p.text) for p in document.walk()] == [
        ("目标", "", ""), ("做好排查", "。", "全面排查,不留死角。"), ("", "", "本办法自发布之日起施行。"),
    ]  # fmt: skip


def test_paragraphs_of_an_article_are_counted() -> None:
    text = "演示条例\n\n第一条 甲。\n\n第二条 乙:\n\n(一)丙;\n\n(二)丁。\n\n前款规定的,从其规定。\n\n(一)戊。"
    document = read(text).documents[0]
    assert [p.path for p in document.walk()] == [
        "第一条", "第二条", "第二条(一)", "第二条(二)", "第二条第二款", "第二条第二款(一)",
    ]  # fmt: skip


def test_articles_that_begin_again_in_a_chapter_keep_apart() -> None:
    document = read("演示条例\n\n第一章 甲\n\n第一条 乙。\n\n第二章 丙\n\n第一条 丁。").documents[0]
    assert [p.path for p in document.walk()] == ["第一章", "第一条", "第二章", "第一条#2"]
    assert ("number_restart", "第一条#2") in [(f.code, f.path) for f in document.findings]


def test_a_page_break_inside_a_word_is_joined() -> None:
    lines = "一、甲\n\n(一)做好供水保障工作,及时调整应急措施和供水调度方\n\n- 12 -\n\n案,并报告。"
    document = read(HEAD + lines + TAIL).documents[0]
    assert document.provision("一(一)").text == "做好供水保障工作,及时调整应急措施和供水调度方案,并报告。"  # type: ignore[union-attr]
    assert [p.kind for p in document.furniture] == ["页码"]


def test_latin_words_keep_their_space_over_a_line_break() -> None:
    lines = (
        "一、总则",
        "　　推进互通互认和共建共享,做到应联尽联,各单位统一使用 open",
        "data 标准,接入本地系统和上级平台,逐年扩大共享的范围,做",
        "到数据常用常新,并定期公布共享的目录和使用的情况,方便群众办",
        "事。",
    )
    body = read(HEAD + "\n".join(lines) + TAIL).documents[0].provision("一")
    assert body is not None
    assert "使用open data标准,接入" in body.text
    assert "逐年扩大共享的范围,做到数据常用常新" in body.text
    assert body.text.endswith("方便群众办事。")
