"""Responsibilities in sentences, lines and tables; aims and limits in the words documents of other places use."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from luoshi.text import Document, Responsibility, read


def document(sentence: str, heading: str = "工作任务") -> Document:
    head = "青江市人民政府\n关于演示的通知\n\n青政发〔2025〕1号\n\n各县人民政府:\n\n"
    return read(head + f"一、{heading}\n\n(一)甲。{sentence}\n\n青江市人民政府\n2025年1月2日\n").documents[0]


def one(sentence: str) -> Responsibility:
    (item,) = document(sentence).responsibilities
    return item


@pytest.mark.parametrize(
    ("sentence", "lead", "cooperate", "division"),
    [
        ("由区民政局牵头,区财政局、区人社局配合。", ["区民政局"], ["区财政局", "区人社局"], "牵头"),
        ("改造由县发改局牵头负责,县财政局协助做好监管。", ["县发改局"], ["县财政局"], "牵头负责"),
        ("县住建局牵头,各街道办事处按职责分工负责。", ["县住建局"], ["各街道办事处"], "牵头;按职责分工负责"),
        ("县工信局会同县商务局、县市场监管局制定办法。", ["县工信局"], ["县商务局", "县市场监管局"], "会同"),
        ("县卫生健康委、县医保局等部门共同负责。", ["县卫生健康委", "县医保局"], [], "共同负责"),
        ("县水利局牵头,应急管理局、有关部门参与。", ["县水利局"], ["应急管理局", "有关部门"], "牵头"),
        ("市、县财政部门负责安排资金。", ["市、县财政部门"], [], "负责"),
        ("县教育局要牵头开展检查。", ["县教育局"], [], "牵头"),
        ("市水利局：负责水情监测。", ["市水利局"], [], "负责"),
        (
            "县水利局负责监管,县农业农村局按照各自职责做好工作。",
            ["县水利局"],
            ["县农业农村局"],
            "负责",
        ),
    ],
)
def test_a_sentence_says_who_leads_and_who_helps(
    sentence: str, lead: list[str], cooperate: list[str], division: str
) -> None:
    item = one(sentence)
    assert (item.lead, item.cooperate, item.division, item.sentence) == (lead, cooperate, division, True)
    assert item.bodies == lead + cooperate


@pytest.mark.parametrize(
    "sentence",
    [
        "主要负责人要亲自抓。",
        "坚持谁主管谁负责。",
        "各自负责,共同推进。",
        "由专人负责。",
        "建设单位负责现场管理。",
        "分管领导牵头。",
        "本办法由县水利局负责解释。",
        "压实各责任单位责任,牵头部门要加强调度。",
        "配合市级做好推广。",
        "对内部负责的事项不作调整。",
    ],
)
def test_a_sentence_that_names_no_body_gives_none(sentence: str) -> None:
    assert document(sentence).responsibilities == []


def test_a_sentence_that_only_repeats_its_bracket_adds_nothing() -> None:
    assert not one("由县住建局牵头。(责任单位:县住建局、县财政局)").sentence


@pytest.mark.parametrize(
    "lines",
    [
        "推进。\n责任单位:县交通局、县财政局\n完成时限:2025年10月底前\n责任领导:张某某",
        "推进。\n——责任单位:县交通局、县财政局\n完成时限:2025年10月底前\n责任人:张某某",
        "推进。\n【责任单位】县交通局、县财政局\n【完成时限】2025年10月底前\n【责任领导】张某某",
        "推进。责任单位:县交通局、县财政局;完成时限:2025年10月底前;责任领导:张某某。",
        "推进。(责任领导:张某某;责任单位:县交通局、县财政局;完成时限:2025年10月底前)",
    ],
)
def test_lines_and_brackets_of_every_fashion_say_the_same(lines: str) -> None:
    item = one(lines)
    assert (item.bodies, item.people) == (["县交通局", "县财政局"], ["张某某"])
    assert (item.deadline.date, item.sentence) == (date(2025, 10, 31), False)


def test_a_bracket_without_keys_may_end_in_its_limit() -> None:
    item = one("推进。(县住建局负责;2025年8月底前完成)")
    assert (item.lead, item.deadline.date) == (["县住建局"], date(2025, 8, 31))


@pytest.mark.parametrize("mark", ["\t", "|"])
def test_a_table_of_tasks_names_bodies_and_limits(mark: str) -> None:
    rows = [["序号", "任务", "责任单位", "完成时限"], ["1", "建成泵站3座", "县水务局", "年底前"]]
    text = "\n".join(mark.join(row) if mark == "\t" else f"|{mark.join(row)}|" for row in rows)
    found = document("清单如下:\n" + text)
    (item,) = found.responsibilities
    assert (item.path, item.bodies, item.deadline.date) == ("一(一)", ["县水务局"], date(2025, 12, 31))
    assert [(t.value, t.due) for t in found.targets] == [(3, date(2025, 12, 31))]


def test_a_table_of_something_else_states_nothing() -> None:
    found = document("分级如下:\n级别\t颜色\t标准\nI级\t红色\t100毫米以上")
    assert (found.responsibilities, found.targets) == ([], [])


@pytest.mark.parametrize(
    ("sentence", "targets"),
    [
        ("甲工程率和乙覆盖率分别达到45%和90%以上。", [("甲工程率", ">=", 45), ("乙覆盖率", ">=", 90)]),
        ("污水处理率和垃圾处理率均达到98%。", [("污水处理率", ">=", 98), ("垃圾处理率", ">=", 98)]),
        ("生产总值翻一番。", [("生产总值", ">=", 2)]),
        ("煤炭消费量实现零增长。", [("煤炭消费量", "<=", 0)]),
        ("综合排名进入全省前10名。", [("综合排名", "<=", 10)]),
        ("每年开展培训20场。", [("开展培训", ">=", 20)]),
        ("失业率下降1.2个百分点。", [("失业率下降率", ">=", Decimal("1.2"))]),
        ("举办招聘会20场次以上。", [("举办招聘会", ">=", 20)]),
    ],
)
def test_aims_in_other_words(sentence: str, targets: list[tuple[str, str, object]]) -> None:
    assert [(t.indicator, t.op, t.value) for t in document(sentence).targets] == targets


def test_a_day_that_opens_a_sentence_holds_for_those_after_it() -> None:
    found = document("到2026年,改造管网50公里。新增绿地20公顷。")
    assert [t.due for t in found.targets] == [date(2026, 12, 31)] * 2


def test_what_was_reached_before_and_what_is_a_condition_is_no_aim() -> None:
    assert document("“十三五”时期,产值年均增长6.1%。").targets == []
    assert document("人均住房面积低于15平方米。", heading="申请条件").targets == []


@pytest.mark.parametrize(
    ("sentence", "day", "raw", "assumed"),
    [
        ("自本办法印发之日起30日内公布。", None, "自本办法印发之日起30日内", False),
        ("收到材料后5个工作日内答复。", None, "5个工作日内", False),
        ("春节前兑付。", None, "春节前", False),
        ("上半年完成摸底。", date(2025, 6, 30), "上半年", True),
        ("三季度末完成主体。", date(2025, 9, 30), "三季度末", True),
        ("2026年第三季度完成。", date(2026, 9, 30), "2026年第三季度", False),
        ("十四五末建成。", date(2025, 12, 31), "十四五末", False),
        ("二〇二六年三月底前完成。", date(2026, 3, 31), "二〇二六年三月底前", False),
    ],
)
def test_limits_in_words_keep_them(sentence: str, day: date | None, raw: str, assumed: bool) -> None:
    ((path, limit),) = document(sentence).deadlines
    assert (path, limit.date, limit.raw, limit.assumed_year) == ("一(一)", day, raw, assumed)
