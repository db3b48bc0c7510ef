"""No character of the original is lost: it is in a provision, in a part of the title block, or in named furniture."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luoshi.kernel.errors import BadInput
from luoshi.text import Issue, read
from luoshi.text.marks import SPACES

CASES = sorted((Path(__file__).resolve().parent.parent / "conformance" / "text").glob("*.txt"))
_LINES = [
    "一、总体要求",
    "二、重点任务",
    "（一）推进改造。逐项推进。",
    "(二)整治。整治30条。[区住建局牵头,区财政局配合〕",
    "1.排查。",
    "2．整改。",
    "1总则",
    "1.1 编制目的",
    "2 组织",
    "①属于的。",
    "(1)启动条件:",
    "第一章　总则",
    "第一条　为了示例，制定本法。",
    "（一）甲项；",
    "附件1",
    "清单",
    "青政发[2025]6号",
    "青江市人民政府",
    "关于开展演示活动的通知",
    "各县人民政府:",
    "青江市人民政府 2025年3月1日",
    "二〇二五年三月一日",
    "(此件公开发布)",
    "- 5 -",
    "12",
    "青江市人民政府公报",
    "目 录",
    "演示通知……(3)",
    "- (三)列表项目;",
    "<u> </u>",
    "PM_{2.5}浓度 35 以下",
    "到2025年,达到90%以上。",
    "没有标点的一行正文",
    "这一行正文,到页末还没有结",
    "束的句子。",
    "主办单位:演示",
    "电 话:0000",
    "印 刷:演示",
    "",
    "   ",
    "\t",
    "Ç]〔((",
    "APP use\tcase",
    "序号\t任务\t责任单位\t完成时限",
    "1\t改造管网\t区住建局、区水务局\t2025年底前",
    "\t新建\t\t长期",
    "|甲|乙|丙|",
    "——责任单位:区财政局",
    "由区民政局牵头,区财政局配合。",
]


def whole(issue: Issue) -> None:
    """Every character in exactly one span; what is nobody's is white space."""
    at = 0
    for start, end, what in issue.spans():
        assert start == at, f"{what} begins at {start}, {at} expected"
        assert end > start
        if what == "furniture:空白":
            assert not SPACES.sub("", issue.text[start:end])
        at = end
    assert at == len(issue.text)


def joined(issue: Issue) -> None:
    """label + heading + mark + text of a provision is its pieces of the original, white space apart."""
    for document in issue.documents:
        for provision in document.walk():
            printed = "".join(issue.text[a:b] for a, b in provision.pieces)
            held = provision.label + provision.heading + provision.mark + provision.text
            assert SPACES.sub("", printed) == SPACES.sub("", held), provision.path
        for part in (*document.parts, *document.furniture):
            assert SPACES.sub("", "".join(issue.text[a:b] for a, b in part.pieces)) == SPACES.sub("", part.text)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_nothing_of_a_made_up_document_is_lost(case: Path) -> None:
    issue = read(case.read_bytes())
    whole(issue)
    joined(issue)


@pytest.mark.needs("shared")
def test_nothing_of_the_gazette_is_lost(gazette_file: Path) -> None:
    issue = read(gazette_file.read_bytes())
    whole(issue)
    joined(issue)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_LINES), min_size=1, max_size=40), st.sampled_from(["\n", "\r\n", "\n\n", "\n　　"]))
def test_nothing_of_lines_in_any_order_is_lost(lines: list[str], ending: str) -> None:
    text = ending.join(lines)
    if not text.strip():
        with pytest.raises(BadInput):
            read(text)
        return
    issue = read(text)
    whole(issue)
    joined(issue)
    paths = [p.path for d in issue.documents for p in d.walk()]
    for document in issue.documents:
        own = [p.path for p in document.walk()]
        assert len(own) == len(set(own)), "a path names one provision"
    assert all(paths)


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        alphabet="一二三四1234567890()（）[]〔〕「」【】、，。：；.①②第条章"
        ' \n\r\t区局牵头负责配合年底前达到%家以上《》"',
        max_size=300,
    )
)
def test_nothing_of_arbitrary_text_is_lost(text: str) -> None:
    try:
        issue = read(text)
    except BadInput:
        assert not text.strip()
        return
    whole(issue)
    joined(issue)
    issue.to_json()
